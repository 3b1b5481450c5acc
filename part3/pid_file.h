/* pid_file.h - a file that tells others whom to send signals. */
#ifndef PART3_PID_FILE_H
#define PART3_PID_FILE_H

#include <sys/types.h>

/* The process that holds the file, 0 if none does: then it is not there, or is
 * left over from one that was killed. */
pid_t pid_file_holder(const char *path);

/* Let the file hold our pid: in one step, so that no reader sees half of it,
 * whatever it held before. It is held from then on, by a lock that ends with
 * this process. Returns 0, or -1 with errno. */
int pid_file_write(const char *path);

/* Remove it, unless it holds another pid by now. */
void pid_file_remove(const char *path);

/* In a child: keep nothing of it. Its parent's lock stays. */
void pid_file_leave(void);

#endif
