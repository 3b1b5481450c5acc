/* fork_budget.h - how many forks a crash loop may cost. */
#ifndef PART3_FORK_BUDGET_H
#define PART3_FORK_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { FORK_BUDGET_MS = 1000 }; // after which there is one more

/* At first one for each member of the family and a few more, then one more
 * every second: a crash loop does not eat the machine, and yet heals by
 * itself. */
struct fork_budget {
    int64_t left;
    int64_t since; // it counts from this moment; monotonic milliseconds
};

/* A budget of which nothing was taken yet. */
struct fork_budget fork_budget_full(int64_t now);

/* May a family of so many fork once more after a failure? Then it is
 * counted. */
bool fork_budget_take(struct fork_budget *budget, int members, int64_t now);

/* To one that may not: when there is another to be had. */
int64_t fork_budget_next(const struct fork_budget *budget);

#endif
