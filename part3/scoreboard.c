/* scoreboard.c - one anonymous shared mapping. */
#include "scoreboard.h"

#include "common/log.h"

#include <sys/mman.h>

struct scoreboard *scoreboard_make(size_t seats)
{
    size_t size = sizeof(struct scoreboard) + seats * sizeof(struct seat);
    struct scoreboard *board =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, // cppcheck-suppress invalidFunctionArg
             0);
    if (board == MAP_FAILED)
        die("share a scoreboard");
    board->seat_count = seats;
    for (size_t i = 0; i < seats; i++)
        board->seats[i].number = i;
    return board;
}

void scoreboard_seat_worker(struct seat *seat, int pid, unsigned generation,
                            int64_t now)
{
    seat->pid = pid;
    seat->generation = generation;
    seat->born = now;
    seat->beat = now;
    seat->busy_since = 0;
    seat->requests = 0;
}
