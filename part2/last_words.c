/* last_words.c - a handler that names who is to blame, and saves nobody.
 *
 * After a wrong access nothing in this process can be relied upon, so nothing
 * of it goes on: one line is written by calls that are safe in a handler
 * (signal-safety(7)), then the signal does what it does to anybody, so that
 * the parent learns the true status. */
#include "last_words.h"

#include "common/log.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { STACK_BYTES = 32768 }; // log.c keeps its line there

#define DIGITS_OF(number) DIGITS(number)
#define DIGITS(number) #number
#define SIGNAL(name)                                                           \
    {                                                                          \
        name, ": killed by signal " DIGITS_OF(name) " (" #name ")"             \
    }

static const struct {
    int signal;
    const char *words;
} deadly[] = {SIGNAL(SIGSEGV), SIGNAL(SIGBUS), SIGNAL(SIGFPE), SIGNAL(SIGILL),
              SIGNAL(SIGABRT)};
enum { DEADLY = sizeof deadly / sizeof *deadly };

/* Written by its thread only, outside of the handler. */
static _Thread_local const char *blamed;

/* SA_RESETHAND: the signal raised here waits until this returns, and is then
 * deadly. A fault comes back by itself, but what kill(2) sent does not. */
static void speak_and_die(int signal)
{
    for (size_t i = 0; i < DEADLY && blamed; i++)
        if (deadly[i].signal == signal)
            log_from_handler(
                (const char *const[]){blamed, deadly[i].words, NULL});
    raise(signal);
}

static void speak_of_exit(void)
{
    if (blamed)
        log_line("%s: called exit", blamed);
}

void last_words_prepare(void)
{
    static bool prepared; // written here only
    if (prepared)
        return;
    prepared = true;
    struct sigaction action = {.sa_handler = speak_and_die,
                               .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i].signal, &action, NULL);
    atexit(speak_of_exit);
}

/* A stack that has overflown cannot carry a handler: each thread has another
 * one for it, unless somebody has seen to that, as sanitizers do. */
static void have_another_stack(void)
{
    static _Thread_local char bytes[STACK_BYTES];
    static _Thread_local bool has_one;
    stack_t stack;
    if (has_one || sigaltstack(NULL, &stack) < 0)
        return;
    has_one = true;
    if (stack.ss_flags & SS_DISABLE)
        sigaltstack(&(stack_t){.ss_sp = bytes, .ss_size = sizeof bytes}, NULL);
}

void last_words_blame(const char *who)
{
    have_another_stack();
    blamed = who;
}
