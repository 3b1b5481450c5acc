/* last_words.h - when a program within this process ends it, the log says
 * which one. */
#ifndef PART2_LAST_WORDS_H
#define PART2_LAST_WORDS_H

/* From now on the process says a last line whenever it dies of SIGSEGV,
 * SIGBUS, SIGFPE, SIGILL or SIGABRT, or ends by exit(3), while somebody is to
 * blame for it; then it dies as it would have. For start-up; may be repeated. */
void last_words_prepare(void);

/* Until the next call, what happens in this thread is the doing of `who`,
 * "app hello"; NULL: of nobody. The text is kept, not copied. */
void last_words_blame(const char *who);

#endif
