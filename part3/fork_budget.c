/* fork_budget.c - a bucket of tokens that fills by one a second. */
#include "fork_budget.h"

enum { SPARE_FORKS = 4 }; // above one for each member

/* Cut down to what it may be when the first is taken. */
struct fork_budget fork_budget_full(int64_t now)
{
    return (struct fork_budget){INT64_MAX, now};
}

bool fork_budget_take(struct fork_budget *budget, int members, int64_t now)
{
    int64_t most = members + SPARE_FORKS;
    while (budget->left < most && now - budget->since >= FORK_BUDGET_MS) {
        budget->left++;
        budget->since += FORK_BUDGET_MS;
    }
    if (budget->left >= most)
        *budget = (struct fork_budget){most, now};
    if (budget->left == 0)
        return false;
    budget->left--;
    return true;
}

int64_t fork_budget_next(const struct fork_budget *budget)
{
    return budget->since + FORK_BUDGET_MS;
}
