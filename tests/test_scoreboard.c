/* test_scoreboard.c - who can write where in memory that a family shares. */
#include "part3/scoreboard.h"
#include "tests/testing.h"

#include <sys/mman.h>

enum { SEATS = 3 };

static struct scoreboard *board;

static void make_board(void)
{
    board = scoreboard_make(SEATS);
}

/* Asked of the kernel, which says EFAULT and kills nobody. */
static bool can_write(void *place)
{
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    char kept = *(volatile char *)place;
    ssize_t got = read(zero, place, 1);
    close(zero);
    if (got == 1)
        *(volatile char *)place = kept;
    return got == 1;
}

START_TEST(a_new_one_is_empty_and_numbers_its_seats)
{
    ck_assert_uint_eq(board->seat_count, SEATS);
    for (size_t i = 0; i < SEATS; i++) {
        ck_assert_uint_eq(board->seats[i].number, i);
        ck_assert_uint_eq(board->seats[i].requests, 0);
        ck_assert_int_eq(board->seats[i].pid, 0);
        /* Each by itself, so that one can be protected and another not. */
        ck_assert_uint_eq((uintptr_t)&board->seats[i] % SEAT_BYTES, 0);
    }
}
END_TEST

static void take_the_middle(void)
{
    scoreboard_take_seat(board, &board->seats[1]);
}

START_TEST(what_a_worker_writes_on_its_seat_all_can_read)
{
    pid_t worker = fork();
    if (worker == 0) {
        take_the_middle();
        board->seats[1].requests = 42;
        _exit(board->seats[1].number == 1 ? 0 : 1);
    }
    ck_assert_int_eq(status_of(worker), 0);
    ck_assert_uint_eq(board->seats[1].requests, 42);
}
END_TEST

START_TEST(a_worker_can_write_to_its_own_seat_alone)
{
    pid_t worker = fork();
    if (worker == 0) {
        take_the_middle();
        bool mine = can_write(&board->seats[1].beat) &&
                    can_write((char *)&board->seats[1] + SEAT_BYTES - 1);
        bool others = can_write(&board->wanted) ||
                      can_write((char *)&board->seats[1] - 1) ||
                      can_write(&board->seats[0].pid) ||
                      can_write(&board->seats[2]);
        _exit(mine && !others ? 0 : 1);
    }
    ck_assert_int_eq(status_of(worker), 0);
}
END_TEST

START_TEST(a_worker_cannot_take_back_what_it_gave_up)
{
    pid_t worker = fork();
    if (worker == 0) {
        int file = board->file;
        take_the_middle();
        bool is_refused = mprotect(&board->seats[2], SEAT_BYTES,
                                   PROT_READ | PROT_WRITE) < 0 &&
                          errno == EACCES;
        bool is_closed = fcntl(file, F_GETFD) < 0;
        _exit(is_refused && is_closed ? 0 : 1);
    }
    ck_assert_int_eq(status_of(worker), 0);
}
END_TEST

START_TEST(a_worker_reads_what_the_supervisor_writes_later)
{
    int go[2];
    ck_assert_int_eq(pipe(go), 0);
    pid_t worker = fork();
    if (worker == 0) {
        char byte;
        take_the_middle();
        _exit(read(go[0], &byte, 1) == 1 ? board->wanted : 0);
    }
    board->wanted = 7;
    write_all(go[1], "", 1);
    ck_assert_int_eq(status_of(worker), 7);
}
END_TEST

START_TEST(a_cleared_seat_knows_nothing_of_the_last_worker)
{
    struct seat *seat = &board->seats[2];
    memset((char *)seat + sizeof seat->number, 0xff,
           sizeof *seat - sizeof seat->number);
    scoreboard_clear_seat(seat, 5, 1000);
    ck_assert_uint_eq(seat->generation, 5);
    ck_assert_int_eq(seat->born, 1000);
    ck_assert_int_eq(seat->beat, 1000);
    ck_assert_int_eq(seat->busy_since, 0);
    ck_assert_uint_eq(seat->requests, 0);
    ck_assert(!seat->has_client);
    ck_assert_uint_eq(board->seats[1].generation, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scoreboard");
    TCase *tests = new_case(suite, "scoreboard");
    tcase_add_checked_fixture(tests, make_board, NULL);
    tcase_add_test(tests, a_new_one_is_empty_and_numbers_its_seats);
    tcase_add_test(tests, what_a_worker_writes_on_its_seat_all_can_read);
    tcase_add_test(tests, a_worker_can_write_to_its_own_seat_alone);
    tcase_add_test(tests, a_worker_cannot_take_back_what_it_gave_up);
    tcase_add_test(tests, a_worker_reads_what_the_supervisor_writes_later);
    tcase_add_test(tests, a_cleared_seat_knows_nothing_of_the_last_worker);
    return run_suite(suite);
}
