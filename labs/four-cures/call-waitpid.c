/* call-waitpid.c - makes another process bury its dead, as a debugger can.
 *
 * A process that sleeps in a system call has just executed a syscall
 * instruction. We stop it there, let it step over that instruction again with
 * the registers of waitpid(-1, NULL, WNOHANG), and put everything back; the
 * kernel then takes up its first call anew. Status 77: not on this machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __x86_64__
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { SYSCALL = 0x050f, SYSCALL_BYTES = 2 }; // 0f 05 in memory

static void fail(pid_t pid, const char *what)
{
    perror(what);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    exit(EXIT_FAILURE);
}

/* Over one instruction; signals that come meanwhile are passed on. */
static void step(pid_t pid)
{
    int status, signal = 0;
    do {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)signal) < 0 ||
            waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
            fail(pid, "step");
        signal = WSTOPSIG(status);
    } while (signal != SIGTRAP);
}

/* One waitpid() in the process. Returns what it returned there. */
static long long bury_one(pid_t pid, const struct user_regs_struct *kept)
{
    struct user_regs_struct registers = *kept;
    registers.rip -= SYSCALL_BYTES;
    registers.orig_rax = (unsigned long long)-1; // nothing to take up anew
    registers.rax = SYS_wait4;
    registers.rdi = (unsigned long long)-1; // any child
    registers.rsi = 0;                      // its status is not wanted
    registers.rdx = WNOHANG;
    registers.r10 = 0;
    if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
        fail(pid, "set registers");
    step(pid);
    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
        fail(pid, "get registers");
    return (long long)registers.rax;
}

static int bury_all(pid_t pid)
{
    struct user_regs_struct kept;
    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0) {
        perror("attach");
        return EXIT_FAILURE;
    }
    int status;
    if (waitpid(pid, &status, 0) < 0 ||
        ptrace(PTRACE_GETREGS, pid, NULL, &kept) < 0)
        fail(pid, "stop");
    errno = 0;
    long code = ptrace(PTRACE_PEEKTEXT, pid, kept.rip - SYSCALL_BYTES, NULL);
    if (errno || (code & 0xffff) != SYSCALL)
        fail(pid, "it is not in a system call");
    int buried = 0;
    while (bury_one(pid, &kept) > 0)
        buried++;
    if (ptrace(PTRACE_SETREGS, pid, NULL, &kept) < 0)
        fail(pid, "restore registers");
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    printf("buried %d\n", buried);
    return EXIT_SUCCESS;
}
#else
static int bury_all(pid_t pid)
{
    fprintf(stderr, "call-waitpid %d: knows x86-64 only; try gdb\n", (int)pid);
    return 77;
}
#endif

int main(int argc, char **argv)
{
    int pid = argc == 2 ? atoi(argv[1]) : 0;
    if (pid <= 0) {
        fprintf(stderr, "Usage: call-waitpid PID\n");
        return 64;
    }
    return bury_all(pid);
}
