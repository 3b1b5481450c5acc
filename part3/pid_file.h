/* pid_file.h - a file that tells others whom to send signals. */
#ifndef PART3_PID_FILE_H
#define PART3_PID_FILE_H

/* Let the file hold our pid: in one step, so that no reader sees half of it,
 * whatever it held before. Returns 0, or -1 with errno. */
int pid_file_write(const char *path);

/* Remove it, unless it holds another pid by now. */
void pid_file_remove(const char *path);

#endif
