/* notify.h - tells the service manager how we are, as sd_notify(3) does. */
#ifndef PART3_NOTIFY_H
#define PART3_NOTIFY_H

/* Send "READY=1" or the like to NOTIFY_SOCKET; does nothing without one.
 * Never blocks, and a manager that does not listen is no error. */
__attribute__((format(printf, 1, 2))) void notify(const char *format, ...);

/* How often, in milliseconds, WATCHDOG=1 must be sent at the latest so that
 * the manager does not believe us stuck: half of WATCHDOG_USEC; 0: never. */
int notify_watchdog_ms(void);

#endif
