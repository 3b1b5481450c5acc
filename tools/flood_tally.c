/* flood_tally.c - counts outcomes and prints them. */
#include "flood_tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tally_init(struct tally *tally, uint64_t requests, enum outcome wanted)
{
    memset(tally, 0, sizeof *tally);
    tally->requests = requests;
    tally->wanted = wanted;
    tally->goal = wanted == ABORTED            ? "aborted"
                  : wanted == CLOSED_BY_SERVER ? "closed by server"
                                               : "answered";
    tally->times = calloc((size_t)requests, sizeof *tally->times);
    return tally->times == NULL ? -1 : 0;
}

void tally_free(struct tally *tally)
{
    free(tally->times);
    tally->times = NULL;
}

void tally_count(struct tally *tally, enum outcome outcome, int64_t took)
{
    tally->outcomes[outcome]++;
    if (outcome == tally->wanted)
        tally->times[tally->time_count++] = took;
}

void tally_explain(struct tally *tally, const char *reason)
{
    if (tally->first_error[0] == '\0')
        snprintf(tally->first_error, sizeof tally->first_error, "%s", reason);
}

static uint64_t count_unfinished(const struct tally *tally)
{
    uint64_t finished = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        finished += tally->outcomes[i];
    return tally->requests - finished;
}

static double seconds(const struct tally *tally)
{
    return (double)(tally->ended - tally->began) / 1e6;
}

static double per_second(const struct tally *tally)
{
    double s = seconds(tally);
    return s > 0 ? (double)tally->outcomes[tally->wanted] / s : 0;
}

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort_times(struct tally *tally)
{
    qsort(tally->times, tally->time_count, sizeof *tally->times, compare_times);
}

/* The time within which `percent` of the requests were done (nearest rank):
 * one that was really measured, never a mean of two. */
static double percentile_ms(const struct tally *tally, unsigned percent)
{
    size_t rank = (tally->time_count * percent + 99) / 100;
    return (double)tally->times[rank - 1] / 1000;
}

static const struct {
    const char *label;
    unsigned percent;
} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};

enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

static void print_times(const struct tally *tally)
{
    for (size_t i = 0; i < PERCENTILES; i++) {
        printf("%s%s ", i > 0 ? "  " : "", percentiles[i].label);
        if (tally->time_count == 0) {
            printf("-");
            continue;
        }
        double ms = percentile_ms(tally, percentiles[i].percent);
        printf("%.*f ms", ms < 10 ? 2 : 1, ms);
    }
    printf("\n");
}

void tally_print_table(struct tally *tally)
{
    const uint64_t *n = tally->outcomes;
    printf("%s %" PRIu64 "  refused %" PRIu64 "  reset %" PRIu64
           "  closed early %" PRIu64 "  timed out %" PRIu64,
           tally->goal, n[tally->wanted], n[REFUSED], n[RESET], n[CLOSED_EARLY],
           n[TIMED_OUT]);
    if (n[FAILED] > 0)
        printf("  errors %" PRIu64, n[FAILED]);
    if (count_unfinished(tally) > 0)
        printf("  unfinished %" PRIu64, count_unfinished(tally));
    printf("\n");

    sort_times(tally);
    print_times(tally);
    printf("2xx %" PRIu64 "  3xx %" PRIu64 "  4xx %" PRIu64 "  5xx %" PRIu64
           "\n",
           tally->by_class[2], tally->by_class[3], tally->by_class[4],
           tally->by_class[5]);
    printf("sent %" PRIu64 "  connections %" PRIu64 "  received %" PRIu64
           " bytes  of body %" PRIu64 "\n",
           tally->sent, tally->connections, tally->bytes_received,
           tally->body_bytes);
    if (tally->held > 0)
        printf("held %" PRIu64 "  closed by server %" PRIu64 "\n", tally->held,
               tally->held_closed);
    printf("%.3f s  %.0f requests/s\n", seconds(tally), per_second(tally));
    if (n[FAILED] > 0)
        printf("first error: %s\n", tally->first_error);
}

static void print_json_times(const struct tally *tally)
{
    for (size_t i = 0; i < PERCENTILES; i++) {
        printf(",\"%s_ms\":", percentiles[i].label);
        if (tally->time_count == 0)
            printf("null");
        else
            printf("%.3f", percentile_ms(tally, percentiles[i].percent));
    }
}

void tally_print_json(struct tally *tally)
{
    const struct {
        const char *name;
        uint64_t count;
    } fields[] = {
        {"requests", tally->requests},
        {"sent", tally->sent},
        {"answered", tally->outcomes[ANSWERED]},
        {"status_2xx", tally->by_class[2]},
        {"status_3xx", tally->by_class[3]},
        {"status_4xx", tally->by_class[4]},
        {"status_5xx", tally->by_class[5]},
        {"refused", tally->outcomes[REFUSED]},
        {"reset", tally->outcomes[RESET]},
        {"closed_early", tally->outcomes[CLOSED_EARLY]},
        {"timed_out", tally->outcomes[TIMED_OUT]},
        {"errors", tally->outcomes[FAILED]},
        {"unfinished", count_unfinished(tally)},
        {"aborted", tally->outcomes[ABORTED]},
        {"closed_by_server", tally->outcomes[CLOSED_BY_SERVER]},
        {"held", tally->held},
        {"held_closed_by_server", tally->held_closed},
        {"connections", tally->connections},
        {"bytes_received", tally->bytes_received},
        {"body_bytes", tally->body_bytes},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        printf("%c\"%s\":%" PRIu64, i == 0 ? '{' : ',', fields[i].name,
               fields[i].count);
    printf(",\"seconds\":%.6f,\"requests_per_second\":%.1f", seconds(tally),
           per_second(tally));
    sort_times(tally);
    print_json_times(tally);
    /* Reasons are texts of ours and of strerror(): nothing to escape. */
    if (tally->first_error[0] == '\0')
        printf(",\"first_error\":null}\n");
    else
        printf(",\"first_error\":\"%s\"}\n", tally->first_error);
}
