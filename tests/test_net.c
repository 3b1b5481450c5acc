/* test_net.c - listening, accepting, and reads and writes that end. */
#include "common/net.h"
#include "tests/testing.h"

#include <linux/tcp.h> // whose tcp_info is longer than netinet/tcp.h's
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

enum {
    SOON_MS = 30,        // a deadline that is to pass
    LARGE = 4 << 20,     // more than any socket buffers
    STDERR_BYTES = 4096, // of a captured line
};

/* Of any rate. */
#define PACE(ms) (&(struct net_pace){.progress_ms = (ms)})

static void do_nothing(int signal)
{
    (void)signal;
}

struct tcp {
    int listener, client, server;
};

/* Both ends of a TCP connection. */
static struct tcp make_tcp(void)
{
    struct tcp tcp = {.listener = net_listen("127.0.0.1", "0")};
    tcp.client = connect_to(tcp.listener);
    tcp.server = net_accept(tcp.listener);
    ck_assert_int_ge(tcp.server, 0);
    return tcp;
}

/* --- accept4(2) as it may be --- */

static const int *accept_errors; // of the next calls, then 0

int accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict len,
            int flags)
{
    if (!accept_errors || !*accept_errors)
        return (int)syscall(SYS_accept4, listener, address.__sockaddr__, len,
                            flags);
    errno = *accept_errors++;
    return -1;
}

/* --- Listening --- */

START_TEST(port_0_takes_a_free_one)
{
    int one = net_listen("127.0.0.1", "0");
    int other = net_listen("127.0.0.1", "0");
    ck_assert_int_gt(net_port(one), 0);
    ck_assert_int_gt(net_port(other), 0);
    ck_assert_int_ne(net_port(one), net_port(other));
    ck_assert(closes_on_exec(one));
    close(connect_to(one));
}
END_TEST

START_TEST(a_client_is_accepted_non_blocking_and_close_on_exec)
{
    struct tcp tcp = make_tcp();
    ck_assert(closes_on_exec(tcp.server));
    ck_assert(fcntl(tcp.server, F_GETFL) & O_NONBLOCK);
    int on = 0;
    socklen_t len = sizeof on;
    ck_assert_int_eq(
        getsockopt(tcp.server, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    ck_assert_int_ne(on, 0);
}
END_TEST

START_TEST(a_peer_has_a_name)
{
    char name[NET_NAME_BYTES];
    struct tcp tcp = make_tcp();
    net_peer(tcp.server, name, sizeof name);
    ck_assert_str_eq(name, "127.0.0.1");
    int ends[2];
    make_pair(ends);
    net_peer(ends[0], name, sizeof name);
    ck_assert_str_eq(name, "unix");
    net_peer(tcp.listener, name, sizeof name);
    ck_assert_str_eq(name, "unknown");
}
END_TEST

static bool have_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool have =
        probe >= 0 && bind(probe, (void *)&address, sizeof address) == 0;
    close(probe);
    return have;
}

START_TEST(it_listens_on_ipv6_too)
{
    if (!have_ipv6())
        return;
    int listener = net_listen("::1", "0");
    ck_assert_int_gt(net_port(listener), 0);
    close(connect_to(listener));
    char name[NET_NAME_BYTES];
    net_peer(net_accept(listener), name, sizeof name);
    ck_assert_str_eq(name, "::1");
}
END_TEST

static void announce(const void *context)
{
    const int *listener = context;
    net_announce(*listener);
}

START_TEST(it_announces_a_url_and_the_pid_in_one_line)
{
    char said[STDERR_BYTES], url[64];
    int listener = net_listen("127.0.0.1", "0");
    ck_assert_int_eq(said_by(announce, &listener, said, sizeof said), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", net_port(listener));
    ck_assert_msg(strstr(said, url), "%s", said);
    ck_assert_ptr_nonnull(strstr(said, "pid "));
    ck_assert_uint_eq(count_lines(said), 1);
    if (!have_ipv6())
        return;
    listener = net_listen("::1", "0");
    ck_assert_int_eq(said_by(announce, &listener, said, sizeof said), 0);
    ck_assert_msg(strstr(said, "http://[::1]:"), "%s", said);
}
END_TEST

START_TEST(a_unix_socket_is_announced_by_its_path)
{
    char said[STDERR_BYTES];
    int listener = net_listen(own_path("announced"), "ignored");
    ck_assert_int_eq(said_by(announce, &listener, said, sizeof said), 0);
    ck_assert_msg(strstr(said, own_path("announced")), "%s", said);
}
END_TEST

/* --- Not listening --- */

struct place {
    const char *host, *port;
};

static void listen_there(const void *context)
{
    const struct place *place = context;
    net_listen(place->host, place->port);
}

/* It ends with status 1 and one line that names `operand`. */
static void check_refused(const char *host, const char *port,
                          const char *operand)
{
    char said[STDERR_BYTES];
    struct place place = {host, port};
    ck_assert_int_eq(said_by(listen_there, &place, said, sizeof said), 1);
    ck_assert_msg(strstr(said, operand), "no %s in: %s", operand, said);
    ck_assert_uint_eq(count_lines(said), 1);
}

START_TEST(a_taken_port_ends_the_program_in_one_line)
{
    char port[16];
    int taken = net_listen("127.0.0.1", "0");
    snprintf(port, sizeof port, "%d", net_port(taken));
    check_refused("127.0.0.1", port, port);
    check_refused("127.0.0.1", port, strerror(EADDRINUSE));
}
END_TEST

START_TEST(a_bad_address_ends_the_program_in_one_line)
{
    check_refused("127.0.0.1", "no-such-port", "no-such-port");
    check_refused("/no/such/directory/socket", "0", "/no/such/directory");
    char path[200];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    check_refused(path, "0", strerror(ENAMETOOLONG));
}
END_TEST

START_TEST(a_unix_socket_can_be_listened_on)
{
    int listener = net_listen(own_path("plain"), "0");
    ck_assert_int_eq(net_port(listener), 0);
    ck_assert(closes_on_exec(listener));
    close(connect_to(listener));
    int client = net_accept(listener);
    ck_assert_int_ge(client, 0);
    ck_assert(closes_on_exec(client));
}
END_TEST

START_TEST(a_stale_unix_socket_is_replaced)
{
    close(net_listen(own_path("stale"), "0"));
    ck_assert_int_eq(access(own_path("stale"), F_OK), 0);
    int listener = net_listen(own_path("stale"), "0");
    close(connect_to(listener));
}
END_TEST

START_TEST(a_live_unix_socket_is_not_replaced)
{
    int alive = net_listen(own_path("alive"), "0");
    check_refused(own_path("alive"), "0", own_path("alive"));
    close(connect_to(alive));
}
END_TEST

/* A server that is busy must not make the next one wait for ever. */
START_TEST(a_live_unix_socket_with_a_full_queue_is_not_replaced)
{
    int alive = net_listen(own_path("full"), "0");
    struct sockaddr_un address;
    socklen_t len = sizeof address;
    ck_assert_int_eq(getsockname(alive, (void *)&address, &len), 0);
    ck_assert_int_eq(listen(alive, 0), 0); // now the queue is short
    for (int i = 0; i < 8; i++) {
        int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
        int client = socket(AF_UNIX, type, 0);
        (void)connect(client, (void *)&address, len);
    }
    check_refused(own_path("full"), "0", own_path("full"));
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_not_deleted)
{
    write_file("precious", "data", 4);
    check_refused(own_path("precious"), "0", own_path("precious"));
    ck_assert_int_eq(access(own_path("precious"), F_OK), 0);
}
END_TEST

/* --- Accepting --- */

static void start_timer(int first_ms, int then_ms)
{
    struct itimerval timer = {
        .it_value.tv_usec = first_ms * 1000,
        .it_interval.tv_usec = then_ms * 1000,
    };
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void on_alarm(void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
}

START_TEST(accept_returns_when_a_signal_says_so)
{
    int listener = net_listen("127.0.0.1", "0");
    on_alarm(do_nothing, 0);
    start_timer(10, 10);
    ck_assert_int_eq(net_accept(listener), -1);
    ck_assert_int_eq(errno, EINTR);
}
END_TEST

static int spare; // closed by give_back()

static void give_back(int signal)
{
    (void)signal;
    close(spare);
}

START_TEST(accept_survives_a_shortage_of_descriptors)
{
    int listener = net_listen("127.0.0.1", "0");
    int client = connect_to(listener);
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    spare = dup(client);
    struct rlimit before, few;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)spare + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);

    int kept = dup2(ends[1], STDERR_FILENO);
    ck_assert_int_eq(kept, STDERR_FILENO);
    close(ends[1]);
    int filler = dup(client); // the number that ends[1] had
    ck_assert_int_ge(filler, 0);
    ck_assert_int_eq(dup(client), -1);

    on_alarm(give_back, SA_RESTART);
    start_timer(150, 0);
    clock_t started = clock();
    int accepted = net_accept(listener);
    clock_t spent = clock() - started;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(accepted, spare);
    ck_assert_msg(spent < CLOCKS_PER_SEC / 20, "it spins");

    char said[STDERR_BYTES];
    ssize_t len = read(ends[0], said, sizeof said - 1);
    ck_assert_int_gt(len, 0);
    said[len] = '\0';
    ck_assert_uint_eq(count_lines(said), 1);
    ck_assert_ptr_nonnull(strstr(said, strerror(EMFILE)));
}
END_TEST

/* Not the listener's: either of a client that has gone, or it will pass. */
START_TEST(accept_survives_every_error_of_the_moment)
{
    static const int errors[] = {
        ECONNABORTED, EPROTO, ENETDOWN,     ENOPROTOOPT,
        EHOSTDOWN,    ENONET, EHOSTUNREACH, ENETUNREACH,
        EPERM,        EMFILE, ENFILE,       ENOMEM,
        ENOBUFS,      0};
    int listener = net_listen("127.0.0.1", "0");
    int client = connect_to(listener);
    accept_errors = errors;
    int64_t before = net_now();
    int server = net_accept(listener);
    ck_assert_int_ge(server, 0);
    ck_assert_int_eq(*accept_errors, 0);
    ck_assert_int_ge(net_now() - before, 4 * 50); // it did not spin
    close(client);
}
END_TEST

START_TEST(accept_reports_what_will_not_pass)
{
    int ends[2];
    make_pair(ends);
    ck_assert_int_eq(net_accept(ends[0]), -1);
    ck_assert_int_eq(net_accept(-1), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* --- Reading and writing --- */

START_TEST(read_gives_what_is_there_even_when_it_is_late)
{
    int ends[2];
    char bytes[16];
    make_pair(ends);
    write_all(ends[1], "abc", 3);
    ck_assert_int_eq(net_read(ends[0], bytes, sizeof bytes, net_now() - 1), 3);
    ck_assert_mem_eq(bytes, "abc", 3);
}
END_TEST

START_TEST(read_ends_at_its_deadline)
{
    int ends[2];
    char bytes[16];
    make_pair(ends);
    on_alarm(do_nothing, 0); // nor does a signal end it earlier
    start_timer(5, 5);
    int64_t before = net_now();
    ck_assert_int_eq(net_read(ends[0], bytes, sizeof bytes, before + SOON_MS),
                     -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_ge(net_now() - before, SOON_MS);
    ck_assert_int_lt(net_now() - before, PATIENCE_MS);
}
END_TEST

static void write_soon(const void *context)
{
    const int *end = context;
    poll(NULL, 0, SOON_MS);
    write_all(*end, "late", 4);
}

START_TEST(read_waits_for_what_comes_before_its_deadline)
{
    int ends[2];
    char bytes[16];
    make_pair(ends);
    pid_t child = start(write_soon, &ends[1]);
    ssize_t got =
        net_read(ends[0], bytes, sizeof bytes, net_now() + PATIENCE_MS);
    ck_assert_int_eq(got, 4);
    ck_assert_int_eq(status_of(child), 0);
}
END_TEST

START_TEST(read_tells_the_end_of_input)
{
    int ends[2];
    char bytes[16];
    make_pair(ends);
    close(ends[1]);
    ck_assert_int_eq(net_read(ends[0], bytes, sizeof bytes, net_now()), 0);
}
END_TEST

static char *large_bytes(void)
{
    static char bytes[LARGE];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return bytes;
}

/* Expect the large bytes, then the end; `context`: from where. */
static void receive_large(const void *context)
{
    const int *end = context;
    static char received[LARGE + 2];
    size_t len;
    int error = read_all(*end, received, sizeof received, &len);
    if (error || len != LARGE || memcmp(received, large_bytes(), LARGE) != 0)
        _exit(1);
}

START_TEST(write_writes_everything)
{
    int ends[2];
    make_pair(ends);
    pid_t child = start(receive_large, &ends[1]);
    ck_assert_int_eq(
        net_write(ends[0], large_bytes(), LARGE, PACE(PATIENCE_MS)), 0);
    shutdown(ends[0], SHUT_WR);
    ck_assert_int_eq(status_of(child), 0);
}
END_TEST

START_TEST(write_ends_when_nobody_reads)
{
    int ends[2];
    make_pair(ends);
    int64_t before = net_now();
    ck_assert_int_eq(net_write(ends[0], large_bytes(), LARGE, PACE(SOON_MS)),
                     -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_ge(net_now() - before, SOON_MS);
    ck_assert_int_lt(net_now() - before, PATIENCE_MS);
}
END_TEST

enum { STEPS = 25, STEP_MS = 20, STEP_PATIENCE_MS = 350 };

/* Slow, but moving: longer in all than the writer waits at a time. */
static void receive_slowly(const void *context)
{
    const int *end = context;
    static char bytes[LARGE / STEPS + 1];
    for (;;) {
        poll(NULL, 0, STEP_MS);
        size_t want = sizeof bytes;
        while (want > 0) {
            wait_for_events(*end, POLLIN);
            ssize_t got = read(*end, bytes, want);
            if (got == 0)
                return;
            want -= got > 0 ? (size_t)got : 0;
        }
    }
}

START_TEST(write_is_patient_while_something_moves)
{
    int ends[2];
    make_pair(ends);
    pid_t child = start(receive_slowly, &ends[1]);
    int64_t before = net_now();
    ck_assert_int_eq(
        net_write(ends[0], large_bytes(), LARGE, PACE(STEP_PATIENCE_MS)), 0);
    ck_assert_int_gt(net_now() - before, STEP_PATIENCE_MS);
    shutdown(ends[0], SHUT_WR);
    ck_assert_int_eq(status_of(child), 0);
}
END_TEST

static int large_file(void)
{
    write_file("large", large_bytes(), LARGE);
    int file = open(own_path("large"), O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    return file;
}

static void write_at_rate(const void *context)
{
    const int *end = context;
    struct net_pace pace = {.progress_ms = STEP_PATIENCE_MS, .min_rate = 1000};
    if (net_write(*end, large_bytes(), LARGE, &pace) < 0)
        _exit(1);
}

START_TEST(write_is_patient_while_enough_moves)
{
    int ends[2];
    make_pair(ends);
    pid_t child = start(write_at_rate, &ends[0]);
    close(ends[0]);
    receive_slowly(&ends[1]);
    ck_assert_int_eq(status_of(child), 0);
}
END_TEST

/* It never stops, but nobody could read so fast. */
static const struct net_pace impatient = {.progress_ms = STEP_PATIENCE_MS,
                                          .min_rate = 1000000000};

START_TEST(write_ends_when_too_little_moves)
{
    int ends[2];
    make_pair(ends);
    start(receive_slowly, &ends[1]);
    int64_t before = net_now();
    struct net_pace pace = impatient;
    ck_assert_int_eq(net_write(ends[0], large_bytes(), LARGE, &pace), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_ge(net_now() - before, STEP_PATIENCE_MS);
}
END_TEST

START_TEST(send_file_ends_when_too_little_moves)
{
    int ends[2], file = large_file();
    make_pair(ends);
    start(receive_slowly, &ends[1]);
    struct net_pace pace = impatient;
    ck_assert_int_eq(net_send_file(ends[0], file, 0, LARGE, &pace), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
}
END_TEST

/* What the client may send until net_read_on() has enough of it. */
static void drip_for_ever(const void *context)
{
    const int *end = context;
    signal(SIGPIPE, SIG_IGN);
    while (write(*end, "a", 1) == 1)
        poll(NULL, 0, STEP_MS);
}

/* Also when it was fast before: there is no credit. */
START_TEST(reading_on_ends_when_too_little_comes)
{
    int ends[2];
    char bytes[STDERR_BYTES] = "";
    make_pair(ends);
    struct net_pace pace = {.progress_ms = STEP_PATIENCE_MS, .min_rate = 2000};
    for (int i = 0; i < 100; i++) {
        write_all(ends[1], bytes, sizeof bytes);
        ck_assert_int_eq(net_read_on(ends[0], bytes, sizeof bytes, &pace),
                         sizeof bytes);
    }
    start(drip_for_ever, &ends[1]);
    int64_t before = net_now();
    ssize_t got;
    do
        got = net_read_on(ends[0], bytes, sizeof bytes, &pace);
    while (got > 0 && net_now() - before < PATIENCE_MS);
    ck_assert_int_eq(got, -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_ge(net_now() - before, STEP_PATIENCE_MS);
}
END_TEST

START_TEST(reading_on_is_as_slow_as_it_likes_without_a_rate)
{
    int ends[2];
    char bytes[16];
    make_pair(ends);
    start(drip_for_ever, &ends[1]);
    struct net_pace pace = {.progress_ms = STEP_PATIENCE_MS};
    int64_t before = net_now();
    while (net_now() - before < 3 * STEP_PATIENCE_MS)
        ck_assert_int_gt(net_read_on(ends[0], bytes, sizeof bytes, &pace), 0);
}
END_TEST

START_TEST(write_tells_that_the_client_has_gone)
{
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    make_pair(ends);
    close(ends[1]);
    ck_assert_int_eq(net_write(ends[0], "a", 1, PACE(PATIENCE_MS)), -1);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(send_file_sends_everything_and_moves_no_position)
{
    int ends[2], file = large_file();
    make_pair(ends);
    ck_assert_int_eq(lseek(file, 7, SEEK_SET), 7);
    pid_t child = start(receive_large, &ends[1]);
    ck_assert_int_eq(net_send_file(ends[0], file, 0, LARGE, PACE(PATIENCE_MS)),
                     0);
    shutdown(ends[0], SHUT_WR);
    ck_assert_int_eq(status_of(child), 0);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 7);
}
END_TEST

START_TEST(send_file_sends_the_part_that_was_asked_for)
{
    int ends[2], file = large_file();
    char bytes[64];
    make_pair(ends);
    ck_assert_int_eq(net_send_file(ends[0], file, 1000, 5, PACE(PATIENCE_MS)),
                     0);
    ck_assert_int_eq(read(ends[1], bytes, sizeof bytes), 5);
    ck_assert_mem_eq(bytes, large_bytes() + 1000, 5);
    ck_assert_int_eq(net_send_file(ends[0], file, 0, 0, PACE(PATIENCE_MS)), 0);
}
END_TEST

START_TEST(send_file_tells_that_the_file_became_shorter)
{
    int ends[2], file = large_file();
    make_pair(ends);
    ck_assert_int_eq(ftruncate(file, 1000), 0);
    ck_assert_int_eq(net_send_file(ends[0], file, 900, 200, PACE(PATIENCE_MS)),
                     -1);
    ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(send_file_ends_when_nobody_reads)
{
    int ends[2], file = large_file();
    make_pair(ends);
    int64_t before = net_now();
    ck_assert_int_eq(net_send_file(ends[0], file, 0, LARGE, PACE(SOON_MS)), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_ge(net_now() - before, SOON_MS);
}
END_TEST

/* --- Closing --- */

/* Answers before it has read all, and closes. */
static void answer_early(const void *context)
{
    const int *listener = context;
    int server = net_accept(*listener);
    char bytes[100];
    if (net_read(server, bytes, sizeof bytes, net_now() + PATIENCE_MS) <= 0 ||
        net_write(server, "the answer", 10, PACE(PATIENCE_MS)) < 0)
        _exit(1);
    net_close(server, PATIENCE_MS);
}

/* Send `len` bytes some times, only then read: is the answer there, and the end? */
static void check_answer_arrives(size_t len, int times)
{
    signal(SIGPIPE, SIG_IGN);
    int listener = net_listen("127.0.0.1", "0");
    pid_t child = start(answer_early, &listener);
    int client = connect_to(listener);
    for (int i = 0; i < times; i++)
        write_all(client, large_bytes(), len);
    shutdown(client, SHUT_WR);
    char answer[64];
    size_t got;
    ck_assert_int_eq(read_all(client, answer, sizeof answer, &got), 0);
    ck_assert_str_eq(answer, "the answer");
    close(client);
    ck_assert_int_eq(status_of(child), 0);
}

START_TEST(an_answer_survives_bytes_that_were_not_read)
{
    check_answer_arrives(1000, 1);
}
END_TEST

START_TEST(an_answer_survives_a_client_that_sends_on_and_on)
{
    check_answer_arrives(LARGE, 4); // no buffer takes so much
}
END_TEST

START_TEST(close_waits_no_longer_than_it_is_told)
{
    struct tcp tcp = make_tcp();
    int64_t before = net_now();
    net_close(tcp.server, SOON_MS);
    ck_assert_int_ge(net_now() - before, SOON_MS);
    ck_assert_int_lt(net_now() - before, PATIENCE_MS);
    ck_assert_int_eq(fcntl(tcp.server, F_GETFD), -1);
}
END_TEST

static void send_for_ever(const void *context)
{
    const struct tcp *tcp = context;
    close(tcp->server); // or its end would stay open here
    signal(SIGPIPE, SIG_IGN);
    while (write(tcp->client, large_bytes(), 65536) > 0)
        continue;
}

START_TEST(close_ends_though_the_client_sends_for_ever)
{
    struct tcp tcp = make_tcp();
    pid_t child = start(send_for_ever, &tcp);
    close(tcp.client);
    int64_t before = net_now();
    net_close(tcp.server, SOON_MS);
    ck_assert_int_lt(net_now() - before, PATIENCE_MS);
    ck_assert_int_eq(status_of(child), 0);
}
END_TEST

START_TEST(close_does_not_wait_for_a_client_that_has_closed)
{
    struct tcp tcp = make_tcp();
    close(tcp.client);
    int64_t before = net_now();
    net_close(tcp.server, 10 * PATIENCE_MS);
    ck_assert_int_lt(net_now() - before, PATIENCE_MS);
}
END_TEST

/* How many segments a client gets whom `say` says something before the close. */
static uint32_t segments_of(int say(int, const void *, size_t,
                                    struct net_pace *))
{
    struct tcp tcp = make_tcp();
    ck_assert_int_eq(say(tcp.server, "bye", 3, PACE(PATIENCE_MS)), 0);
    net_close(tcp.server, 0);
    char bytes[16];
    size_t len;
    ck_assert_int_eq(read_all(tcp.client, bytes, sizeof bytes, &len), 0);
    ck_assert_str_eq(bytes, "bye");
    struct tcp_info info;
    socklen_t size = sizeof info;
    ck_assert_int_eq(
        getsockopt(tcp.client, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    close(tcp.client);
    close(tcp.listener);
    return info.tcpi_segs_in;
}

START_TEST(the_last_bytes_and_the_end_are_one_segment)
{
    ck_assert_uint_eq(segments_of(net_write_last) + 1, segments_of(net_write));
}
END_TEST

START_TEST(the_last_bytes_do_not_wait_for_the_close)
{
    struct tcp tcp = make_tcp();
    ck_assert_int_eq(net_write_last(tcp.server, "a", 1, PACE(PATIENCE_MS)), 0);
    char bytes[16];
    size_t len;
    ck_assert_int_eq(read_all(tcp.client, bytes, sizeof bytes, &len), 0);
    ck_assert_str_eq(bytes, "a");
    close(tcp.client);
    net_close(tcp.server, PATIENCE_MS);
}
END_TEST

START_TEST(a_reset_is_an_error_for_the_client)
{
    struct tcp tcp = make_tcp();
    net_reset(tcp.server);
    char bytes[16];
    size_t len;
    ck_assert_int_eq(read_all(tcp.client, bytes, sizeof bytes, &len),
                     ECONNRESET);
    ck_assert_int_eq(fcntl(tcp.server, F_GETFD), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net");
    TCase *listening = new_case(suite, "listening");
    tcase_add_unchecked_fixture(listening, make_own_directory,
                                remove_own_directory);
    tcase_add_test(listening, port_0_takes_a_free_one);
    tcase_add_test(listening,
                   a_client_is_accepted_non_blocking_and_close_on_exec);
    tcase_add_test(listening, a_peer_has_a_name);
    tcase_add_test(listening, it_listens_on_ipv6_too);
    tcase_add_test(listening, it_announces_a_url_and_the_pid_in_one_line);
    tcase_add_test(listening, a_unix_socket_is_announced_by_its_path);
    tcase_add_test(listening, a_taken_port_ends_the_program_in_one_line);
    tcase_add_test(listening, a_bad_address_ends_the_program_in_one_line);
    tcase_add_test(listening, a_unix_socket_can_be_listened_on);
    tcase_add_test(listening, a_stale_unix_socket_is_replaced);
    tcase_add_test(listening, a_live_unix_socket_is_not_replaced);
    tcase_add_test(listening,
                   a_live_unix_socket_with_a_full_queue_is_not_replaced);
    tcase_add_test(listening, a_file_that_is_no_socket_is_not_deleted);
    TCase *accepting = new_case(suite, "accepting");
    tcase_add_test(accepting, accept_returns_when_a_signal_says_so);
    tcase_add_test(accepting, accept_survives_a_shortage_of_descriptors);
    tcase_add_test(accepting, accept_survives_every_error_of_the_moment);
    tcase_add_test(accepting, accept_reports_what_will_not_pass);
    TCase *moving = new_case(suite, "moving");
    tcase_add_unchecked_fixture(moving, make_own_directory,
                                remove_own_directory);
    tcase_add_test(moving, read_gives_what_is_there_even_when_it_is_late);
    tcase_add_test(moving, read_ends_at_its_deadline);
    tcase_add_test(moving, read_waits_for_what_comes_before_its_deadline);
    tcase_add_test(moving, read_tells_the_end_of_input);
    tcase_add_test(moving, write_writes_everything);
    tcase_add_test(moving, write_ends_when_nobody_reads);
    tcase_add_test(moving, write_is_patient_while_something_moves);
    tcase_add_test(moving, write_is_patient_while_enough_moves);
    tcase_add_test(moving, write_ends_when_too_little_moves);
    tcase_add_test(moving, send_file_ends_when_too_little_moves);
    tcase_add_test(moving, reading_on_ends_when_too_little_comes);
    tcase_add_test(moving, reading_on_is_as_slow_as_it_likes_without_a_rate);
    tcase_add_test(moving, write_tells_that_the_client_has_gone);
    tcase_add_test(moving, send_file_sends_everything_and_moves_no_position);
    tcase_add_test(moving, send_file_sends_the_part_that_was_asked_for);
    tcase_add_test(moving, send_file_tells_that_the_file_became_shorter);
    tcase_add_test(moving, send_file_ends_when_nobody_reads);
    TCase *closing = new_case(suite, "closing");
    tcase_add_test(closing, an_answer_survives_bytes_that_were_not_read);
    tcase_add_test(closing, an_answer_survives_a_client_that_sends_on_and_on);
    tcase_add_test(closing, close_waits_no_longer_than_it_is_told);
    tcase_add_test(closing, close_ends_though_the_client_sends_for_ever);
    tcase_add_test(closing, close_does_not_wait_for_a_client_that_has_closed);
    tcase_add_test(closing, the_last_bytes_and_the_end_are_one_segment);
    tcase_add_test(closing, the_last_bytes_do_not_wait_for_the_close);
    tcase_add_test(closing, a_reset_is_an_error_for_the_client);
    return run_suite(suite);
}
