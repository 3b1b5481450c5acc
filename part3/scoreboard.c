/* scoreboard.c - a file in memory, mapped by all of the family. */
#include "scoreboard.h"

#include "common/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t size_for(size_t seats)
{
    return sizeof(struct scoreboard) + seats * sizeof(struct seat);
}

struct scoreboard *scoreboard_make(size_t seats)
{
    int file = memfd_create("scoreboard", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)size_for(seats)) < 0)
        die("make a scoreboard");
    struct scoreboard *board = mmap(
        NULL, size_for(seats), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (board == MAP_FAILED)
        die("share a scoreboard");
    board->file = file;
    board->seat_count = seats;
    for (size_t i = 0; i < seats; i++)
        board->seats[i].number = i;
    return board;
}

/* The same file, for reading: what is mapped from it can never be made
 * writable again, as it could after mprotect(2). */
static int open_for_reading(int file)
{
    char path[sizeof "/proc/self/fd/" + 3 * sizeof file];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* In the place of what was mapped there, at the same address. */
static void map_over(void *place, size_t size, int allowed, int file,
                     off_t offset)
{
    int how = MAP_SHARED | MAP_FIXED;
    // cppcheck-suppress leakReturnValNotUsed
    if (mmap(place, size, allowed, how, file, offset) != place)
        die("take a seat on the scoreboard");
}

void scoreboard_take_seat(struct scoreboard *board, struct seat *seat)
{
    int file = board->file;
    int to_read = open_for_reading(file);
    if (to_read < 0)
        die("open the scoreboard for reading");
    off_t offset = (off_t)((char *)seat - (char *)board);
    map_over(board, size_for(board->seat_count), PROT_READ, to_read, 0);
    map_over(seat, sizeof *seat, PROT_READ | PROT_WRITE, file, offset);
    close(to_read);
    close(file);
}

void scoreboard_clear_seat(struct seat *seat, unsigned generation, int64_t now)
{
    seat->generation = generation;
    seat->born = now;
    seat->beat = now;
    seat->has_client = false;
    seat->busy_since = 0;
    seat->requests = 0;
}
