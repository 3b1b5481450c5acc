/* fork_budget.c - a bucket of tokens that fills by one a second. */
#include "fork_budget.h"

bool fork_budget_take(struct fork_budget *budget, int64_t most, int64_t now)
{
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
