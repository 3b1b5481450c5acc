/* others.h - everyone below this process, whoever started them. */
#ifndef PART3_OTHERS_H
#define PART3_OTHERS_H

/* Let our orphans come to us, as they would come to process 1. */
void others_adopt(void);

/* Send them all a signal: as process 1, to everyone there is; elsewhere to
 * our descendants. Who is born meanwhile may be missed: repeat it. */
void others_signal(int number);

/* They are to end, even those that are stopped. */
void others_ask_to_end(void);

/* End all that are left, at once. Returns when they are buried; gives up
 * after 5 seconds those whom nothing ends. */
void others_kill(void);

/* The same, but first let them end by themselves, for so long. */
void others_end(int grace_ms);

#endif
