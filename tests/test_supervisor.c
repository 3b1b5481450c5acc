/* test_supervisor.c - a family of workers that do as a test tells them, good
 * or evil, and what the supervisor makes of it. */
#include "common/log.h"
#include "part3/channel.h"
#include "part3/events.h"
#include "part3/signals.h"
#include "part3/supervisor.h"
#include "tests/descriptors.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* --- Workers that do as they are told --- */

enum conduct {
    GOOD,
    DIES_YOUNG,          // just after it was ready
    DIES_BEFORE_READY,   // every time
    NEVER_READY,         // and it does not die either
    FIRST_FAILS,         // as the one before, but only the very first
    FAILS_LATER,         // after script->good have started
    FAILS_IF_NEW,        // from generation 2 on
    LOADS_LONG,          // for longer than it may be without a beat
    STOPS,               // by SIGSTOP, once
    HAS_A_STUCK_REQUEST, // while it goes on beating
    HAS_A_REQUEST,       // that has just begun
    HAS_A_CLIENT,        // that asks for nothing
    SCRIBBLES,           // the first of them, on its seat
    SCRIBBLES_ON_OTHERS,
    SENDS_DESCRIPTORS, // two at a time, instead of a word
    GROWS,             // by GROWTH_MIB, the first that is told to
    HANGS,             // once, and dies when it is released
    IS_DEAF,           // to being told to go
};

enum { GROWTH_MIB = 128 };

/* Shared by the test and the whole family. */
static struct script {
    _Atomic int conduct;
    _Atomic int forks;
    _Atomic int good; // forks of FAILS_LATER
    _Atomic int busy; // workers that have a request
    _Atomic int sent; // messages with descriptors
    _Atomic bool released;
} * script;

static void scribble(struct seat *seat, int with)
{
    memset((char *)seat + offsetof(struct seat, state), with,
           sizeof *seat - offsetof(struct seat, state));
}

static void send_two(int channel)
{
    const int two[] = {STDERR_FILENO, STDERR_FILENO};
    if (send_two_descriptors(channel, '?', two))
        script->sent++;
}

static void grow(void)
{
    const int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    void *much = mmap(NULL, (size_t)GROWTH_MIB << 20, PROT_READ | PROT_WRITE,
                      how, -1, // cppcheck-suppress invalidFunctionArg
                      0);
    ck_assert_ptr_ne(much, MAP_FAILED);
}

static void hang(void)
{
    signal(SIGABRT, SIG_IGN);
    while (!script->released)
        poll(NULL, 0, 5);
    _exit(0);
}

static void misbehave(const struct post *post)
{
    static int turn;
    struct seat *next = post->seat + 1;
    switch ((enum conduct)script->conduct) {
    case STOPS:
        script->conduct = GOOD;
        raise(SIGSTOP);
        break;
    case HAS_A_STUCK_REQUEST: post->seat->busy_since = 1; break;
    case HAS_A_REQUEST:
        if (post->seat->busy_since == 0) {
            post->seat->busy_since = milliseconds();
            script->busy++;
        }
        break;
    case HAS_A_CLIENT: post->seat->has_client = true; break;
    case SCRIBBLES:
        if (post->seat->number == 0)
            scribble(post->seat, ++turn % 256);
        break;
    case SENDS_DESCRIPTORS: send_two(post->channel); break;
    case GROWS:
        script->conduct = GOOD;
        grow();
        break;
    case HANGS:
        script->conduct = GOOD;
        hang();
        break;
    case SCRIBBLES_ON_OTHERS: scribble(next, 0); break;
    default: break;
    }
}

/* Returns false when it is told to go. */
static bool hear(const struct post *post)
{
    int descriptor;
    switch (channel_hear(post->channel, &descriptor)) {
    case CHANNEL_DRAIN:
    case CHANNEL_EMPTY: return script->conduct == IS_DEAF;
    case CHANNEL_CLOSED: return false;
    default: return true;
    }
}

static void let_pass(int ms)
{
    for (int64_t until = milliseconds() + ms; milliseconds() < until;)
        poll(NULL, 0, 20);
}

/* --- The family --- */

static struct supervisor_options options;
static pid_t family;
static int listener;

static bool fails(enum conduct conduct, int fork, unsigned generation)
{
    return conduct == DIES_BEFORE_READY ||
           (conduct == FIRST_FAILS && fork == 1) ||
           (conduct == FAILS_LATER && fork > script->good) ||
           (conduct == FAILS_IF_NEW && generation > 1);
}

static int be_a_worker(const struct post *post, void *context)
{
    (void)context;
    enum conduct conduct = (enum conduct)script->conduct;
    int fork = ++script->forks;
    if (fails(conduct, fork, post->seat->generation))
        return 9;
    if (conduct == LOADS_LONG || conduct == FIRST_FAILS)
        let_pass(options.beat_ms * 3 / 2);
    while (script->conduct == NEVER_READY)
        poll(NULL, 0, 5);
    channel_say(post->channel, CHANNEL_READY, -1);
    if (conduct == DIES_YOUNG)
        return 7;
    if (conduct == LOADS_LONG)
        let_pass(options.beat_ms / 2);
    while (hear(post)) {
        if (script->conduct != SCRIBBLES || post->seat->number > 0)
            post->seat->beat = milliseconds();
        misbehave(post);
        post->seat->requests++;
        poll(NULL, 0, 5);
    }
    return 0;
}

static void supervise_family(const void *context)
{
    (void)context;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ck_assert_int_eq(events_open(own_path("events")), 0);
    ck_assert_int_eq(log_open(own_path("log")), 0);
    exit(supervise(&options, signals_open(), listener, be_a_worker, NULL));
}

static void make_script(void)
{
    make_own_directory();
    script = mmap(NULL, sizeof *script, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS,
                  -1, // cppcheck-suppress invalidFunctionArg
                  0);
    ck_assert_ptr_ne(script, MAP_FAILED);
    write_file("events", "", 0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    options = (struct supervisor_options){
        .workers = 3,
        .max_workers = 3,
        .beat_ms = 2000,
        .request_ms = 3000,
        .rights = rights_unchanged,
        .times = slot_default_times,
    };
    options.times.abort_ms = 200;
}

static void end_family(void)
{
    if (family > 0 && kill(family, SIGKILL) == 0)
        waitpid(family, NULL, 0);
    family = 0;
    remove_own_directory();
}

/* --- What it writes down --- */

static char written[1 << 20];

static const char *read_written(const char *name)
{
    int file = open(own_path(name), O_RDONLY | O_CLOEXEC);
    ssize_t got = read(file, written, sizeof written - 1);
    close(file);
    written[got > 0 ? got : 0] = '\0';
    return written;
}

static const char *events(void)
{
    return read_written("events");
}

static bool has_logged(const void *text)
{
    return strstr(read_written("log"), text) != NULL;
}

static void expect_log(const char *text)
{
    wait_until(has_logged, text);
}

/* How many lines hold all that, of which `b` may be NULL? */
static int count_events(const char *a, const char *b)
{
    int count = 0;
    char *rest;
    (void)events();
    for (char *line = strtok_r(written, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        count += strstr(line, a) && (!b || strstr(line, b));
    return count;
}

struct expectation {
    const char *a, *b;
    int count;
};

static bool holds(const void *context)
{
    const struct expectation *expected = context;
    return count_events(expected->a, expected->b) >= expected->count;
}

/* Wait until so many lines hold that. */
static void expect_events(int count, const char *a, const char *b)
{
    const struct expectation expected = {a, b, count};
    int64_t deadline = milliseconds() + PATIENCE_MS;
    while (!holds(&expected) && milliseconds() < deadline)
        poll(NULL, 0, 5);
    ck_assert_msg(holds(&expected), "no %d of %s %s in:\n%s", count, a,
                  b ? b : "", events());
}

/* The number behind "name": in the last line that holds `what`. */
static int field_of(const char *what, const char *name)
{
    int value = -1;
    char *rest;
    (void)events();
    for (char *line = strtok_r(written, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *field = strstr(line, what) ? strstr(line, name) : NULL;
        if (field)
            value = atoi(field + strlen(name));
    }
    return value;
}

#define SPAWN "\"event\":\"spawn\""
#define READY "\"event\":\"ready\""
#define DRAIN "\"event\":\"drain\""
#define EXIT "\"event\":\"exit\""
#define KILL "\"event\":\"kill\""
#define SUSPECT "\"event\":\"suspect\""
#define BACKOFF "\"event\":\"backoff\""
#define UNKILLABLE "\"event\":\"unkillable\""

static void start_family(enum conduct conduct)
{
    script->conduct = conduct;
    family = start(supervise_family, NULL);
}

static void start_good_family(void)
{
    start_family(GOOD);
    expect_events(options.workers, READY, NULL);
}

/* How many lines of the log hold that? */
static int count_logged(const char *text)
{
    int count = 0;
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(own_path("log"), "re");
    ck_assert_ptr_nonnull(file);
    while (getline(&line, &size, file) > 0)
        count += strstr(line, text) != NULL;
    fclose(file);
    free(line);
    return count;
}

static int end_of_family(void)
{
    pid_t ended = family;
    family = 0;
    return status_of(ended);
}

enum { CHILDREN_MOST = 16 };

/* The children of the supervisor, however they are. Returns how many. */
static int look_at_children(pid_t children[CHILDREN_MOST])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", family, family);
    FILE *file = fopen(path, "re");
    int count = 0;
    while (file && count < CHILDREN_MOST &&
           fscanf(file, "%d", &children[count]) == 1)
        count++;
    if (file)
        fclose(file);
    return count;
}

static bool has_children(const void *count)
{
    pid_t children[CHILDREN_MOST];
    return look_at_children(children) == *(const int *)count;
}

static void expect_children(int count)
{
    wait_until(has_children, &count);
}

/* --- Deaths --- */

START_TEST(a_worker_that_is_killed_is_replaced_in_its_place)
{
    start_good_family();
    int pid = field_of(READY, "\"pid\":");
    int slot = field_of(READY, "\"slot\":");
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    expect_events(1, EXIT, "\"signal\":9");
    expect_events(options.workers + 1, READY, NULL);
    ck_assert_int_eq(field_of(READY, "\"slot\":"), slot);
    ck_assert_int_ne(field_of(READY, "\"pid\":"), pid);
    ck_assert_int_lt(kill(pid, 0), 0); // buried
    ck_assert_int_eq(count_events(BACKOFF, NULL), 0);
}
END_TEST

/* The mask of a process that /proc calls `name`, as hexadecimal digits. */
static const char *mask_of(pid_t pid, const char *name)
{
    static char line[256];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) &&
           strncmp(line, name, strlen(name)) != 0)
        ;
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return line + strcspn(line, "0123456789abcdef");
}

START_TEST(a_worker_inherits_no_blocked_signal)
{
    start_good_family();
    ck_assert_str_ne(mask_of(family, "SigBlk:"), "0000000000000000");
    ck_assert_str_eq(mask_of(field_of(READY, "\"pid\":"), "SigBlk:"),
                     "0000000000000000");
}
END_TEST

/* What the process itself, without its children, has used. */
static int64_t processor_ms(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    long long user = 0, kernel = 0;
    ck_assert_int_eq(fscanf(file,
                            "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
                            "%*u %*u %lld %lld",
                            &user, &kernel),
                     2);
    fclose(file);
    return (user + kernel) * 1000 / sysconf(_SC_CLK_TCK);
}

START_TEST(workers_that_die_young_do_not_make_a_fork_storm)
{
    int64_t before = milliseconds();
    start_family(DIES_YOUNG);
    let_pass(4000);
    ck_assert_int_lt(processor_ms(family), (milliseconds() - before) / 5);
    /* Each once; then one more for each and four; then one a second. */
    int seconds = (int)((milliseconds() - before) / 1000);
    int forks = script->forks;
    ck_assert_int_le(forks, 2 * options.workers + 4 + seconds + 1);
    ck_assert_int_gt(forks, 2 * options.workers);
    ck_assert_int_ge(count_events(BACKOFF, "\"delay\":0.1"), 1);
    script->conduct = GOOD; // it heals by itself
    expect_events(forks + 1, READY, NULL);
}
END_TEST

START_TEST(workers_that_cannot_start_at_all_end_it_with_a_status)
{
    start_family(DIES_BEFORE_READY);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_NO_START);
    ck_assert_int_ge(count_events(EXIT, "\"code\":9"), 1);
}
END_TEST

START_TEST(one_that_dies_before_any_was_ready_is_only_replaced)
{
    options.beat_ms = 400;
    start_family(FIRST_FAILS);
    expect_events(1, EXIT, "\"code\":9");
    expect_events(options.workers, READY, NULL);
}
END_TEST

START_TEST(neither_is_a_lonely_one_whose_death_proves_nothing)
{
    options.workers = options.max_workers = 1;
    options.beat_ms = 400;
    start_family(FIRST_FAILS);
    expect_events(1, READY, NULL);
}
END_TEST

START_TEST(workers_that_are_never_ready_are_killed_and_end_it_too)
{
    options.times.ready_ms = 300;
    start_family(NEVER_READY);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_NO_START);
    ck_assert_int_ge(count_events(KILL, "not ready in time"), 1);
}
END_TEST

/* As a plain user: root may fork in spite of the limit. */
static void become_a_plain_user(void)
{
    enum { PLAIN_USER = 61235 };
    if (geteuid() == 0)
        ck_assert(setgid(PLAIN_USER) == 0 && setuid(PLAIN_USER) == 0);
}

static void supervise_as_a_plain_user(const void *context)
{
    ck_assert_int_eq(chmod(own_path("events"), 0666), 0);
    ck_assert_int_eq(chmod(own_directory, 0777), 0);
    become_a_plain_user();
    supervise_family(context);
}

static void supervise_without_forks(const void *context)
{
    struct rlimit none;
    getrlimit(RLIMIT_NPROC, &none);
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    supervise_as_a_plain_user(context);
}

/* Only the same user may change it, or somebody with more than root has in
 * some containers. */
static void allow_forks(const void *allowed)
{
    become_a_plain_user();
    struct rlimit many;
    ck_assert_int_eq(prlimit(family, RLIMIT_NPROC, NULL, &many), 0);
    many.rlim_cur = *(const bool *)allowed ? many.rlim_max : 0;
    ck_assert_int_eq(prlimit(family, RLIMIT_NPROC, &many, NULL), 0);
}

static void let_fork(bool allowed)
{
    ck_assert_int_eq(status_of(start(allow_forks, &allowed)), 0);
}

START_TEST(a_failed_fork_is_tried_again_and_never_an_end)
{
    family = start(supervise_without_forks, NULL);
    let_pass(1000);
    ck_assert_int_eq(waitpid(family, NULL, WNOHANG), 0);
    ck_assert_int_eq(script->forks, 0);
    ck_assert_int_ge(count_events(BACKOFF, strerror(EAGAIN)), 2);
    let_fork(true);
    expect_events(options.workers, READY, NULL);
}
END_TEST

/* From now on that system call, if its second argument is `second`, does
 * nothing and returns so: -errno, or 0. */
static void take_away(unsigned call, unsigned second, unsigned error)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(instructions), instructions};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* As kernels before 5.3, and some containers. */
static void supervise_without_pidfds(const void *context)
{
    take_away(SYS_pidfd_open, 0, ENOSYS);
    supervise_family(context);
}

/* A family supervised like that has to kill all of its workers. */
static void stop_the_deaf(void (*supervise_it)(const void *context))
{
    options.times.drain_ms = 300;
    family = start(supervise_it, NULL);
    expect_events(options.workers, READY, NULL);
    script->conduct = IS_DEAF;
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_CUT);
}

START_TEST(workers_can_be_killed_where_there_are_no_pidfds)
{
    stop_the_deaf(supervise_without_pidfds);
}
END_TEST

/* By its pid nobody can be killed: he might be a stranger. */
static void supervise_by_pidfd(const void *context)
{
    take_away(SYS_kill, SIGKILL, 0);
    supervise_family(context);
}

START_TEST(nobody_is_killed_by_his_pid_where_there_are_pidfds)
{
    stop_the_deaf(supervise_by_pidfd);
    ck_assert_int_eq(count_events(UNKILLABLE, NULL), 0);
}
END_TEST

/* As if whoever it kills were hanging in the kernel. */
static void supervise_the_unkillable(const void *context)
{
    take_away(SYS_pidfd_send_signal, SIGKILL, 0);
    supervise_family(context);
}

START_TEST(another_place_takes_over_from_one_that_cannot_be_killed)
{
    options.beat_ms = 1500;
    options.times.kill_ms = 200;
    family = start(supervise_the_unkillable, NULL);
    expect_events(options.workers, READY, NULL);
    script->conduct = HANGS;
    expect_events(1, UNKILLABLE, "no heart-beat");
    int lost = field_of(UNKILLABLE, "\"slot\":");
    expect_events(options.workers + 1, READY, NULL);
    ck_assert_int_ne(field_of(READY, "\"slot\":"), lost);
    script->released = true;
    expect_events(1, EXIT, "no heart-beat");
    let_pass(300);
    ck_assert_int_eq(count_events(SPAWN, NULL), options.workers + 1);
}
END_TEST

START_TEST(an_heir_that_cannot_be_killed_ends_its_reload)
{
    options.times.ready_ms = 1500;
    options.times.kill_ms = 300;
    family = start(supervise_the_unkillable, NULL);
    expect_events(options.workers, READY, NULL);
    script->conduct = NEVER_READY;
    kill(family, SIGHUP);
    expect_events(1, UNKILLABLE, "not ready in time");
    script->conduct = GOOD;
    kill(family, SIGHUP);
    expect_events(options.workers, EXIT, "reload");
}
END_TEST

START_TEST(nor_does_a_stop_wait_for_it)
{
    options.times.kill_ms = 200;
    stop_the_deaf(supervise_the_unkillable);
    ck_assert_int_eq(count_events(UNKILLABLE, "stop"), options.workers);
}
END_TEST

/* --- Stuck workers --- */

START_TEST(who_took_long_to_load_has_all_the_time_for_its_first_beat)
{
    options.beat_ms = 1600;
    start_family(LOADS_LONG);
    expect_events(options.workers, READY, NULL);
    let_pass(options.beat_ms);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 0);
}
END_TEST

START_TEST(a_stopped_worker_is_found_and_replaced)
{
    start_good_family();
    script->conduct = STOPS;
    expect_events(1, SUSPECT, "no heart-beat");
    expect_events(1, EXIT, "no heart-beat");
    expect_events(options.workers + 1, READY, NULL);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 1); // nobody else
}
END_TEST

START_TEST(a_request_that_takes_too_long_costs_its_worker)
{
    options.request_ms = 500;
    start_good_family();
    script->conduct = HAS_A_STUCK_REQUEST;
    expect_events(1, SUSPECT, "request takes too long");
    script->conduct = GOOD;
    expect_events(1, EXIT, "request takes too long");
}
END_TEST

START_TEST(requests_may_take_any_time_if_that_is_said)
{
    options.request_ms = 0;
    options.beat_ms = 1000;
    start_good_family();
    script->conduct = HAS_A_STUCK_REQUEST;
    let_pass(1500);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 0);
}
END_TEST

/* All of them sleep for longer than a beat may take, as in a suspended
 * machine: that is no reason to kill anybody. */
static void freeze_all_for(int ms)
{
    pid_t workers[CHILDREN_MOST];
    kill(family, SIGSTOP);
    int count = look_at_children(workers);
    for (int i = 0; i < count; i++)
        kill(workers[i], SIGSTOP);
    let_pass(ms);
    kill(family, SIGCONT); // the worst order: it sees them stopped
    let_pass(100);
    for (int i = 0; i < count; i++)
        kill(workers[i], SIGCONT);
}

START_TEST(a_family_that_was_frozen_as_a_whole_kills_nobody)
{
    options.beat_ms = 1500;
    start_good_family();
    freeze_all_for(3000);
    let_pass(1500);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 0);
    ck_assert_int_eq(count_events(EXIT, NULL), 0);
}
END_TEST

static bool all_are_busy(const void *context)
{
    (void)context;
    return script->busy == options.workers;
}

START_TEST(a_request_takes_no_time_while_all_are_frozen)
{
    options.beat_ms = 1500;
    options.request_ms = 4000;
    start_good_family();
    script->conduct = HAS_A_REQUEST;
    wait_until(all_are_busy, NULL);
    freeze_all_for(5000);
    let_pass(1500);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 0);
    expect_events(1, SUSPECT, "request takes too long"); // but then it has
}
END_TEST

static bool all_were_forked(const void *context)
{
    (void)context;
    return script->forks == options.workers;
}

START_TEST(neither_does_a_start)
{
    options.times.ready_ms = 3000;
    start_family(NEVER_READY);
    wait_until(all_were_forked, NULL);
    freeze_all_for(4000);
    script->conduct = GOOD;
    expect_events(options.workers, READY, NULL);
    ck_assert_int_eq(count_events(KILL, NULL), 0);
}
END_TEST

/* --- Hostile workers --- */

START_TEST(a_worker_that_scribbles_on_its_seat_harms_no_other)
{
    start_good_family();
    script->conduct = SCRIBBLES;
    let_pass(2500);
    /* The worst it may come to is that it is replaced itself. */
    ck_assert_int_eq(count_events(EXIT, "\"slot\":1,"), 0);
    ck_assert_int_eq(count_events(EXIT, "\"slot\":2,"), 0);
    script->conduct = GOOD;
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_DRAINED);
}
END_TEST

static bool many_were_sent(const void *context)
{
    (void)context;
    return script->sent > 100;
}

START_TEST(what_a_worker_sends_along_is_not_kept)
{
    start_good_family();
    int before = count_descriptors(family);
    script->conduct = SENDS_DESCRIPTORS;
    wait_until(many_were_sent, NULL);
    script->conduct = GOOD;
    let_pass(300); // it reads what it was sent
    ck_assert_int_eq(count_descriptors(family), before);
}
END_TEST

START_TEST(a_worker_cannot_write_on_the_seat_of_another)
{
    start_good_family();
    script->conduct = SCRIBBLES_ON_OTHERS;
    expect_events(1, EXIT, "\"signal\":11");
    script->conduct = GOOD;
    expect_events(options.workers + 1, READY, NULL);
    ck_assert_int_eq(count_events(SUSPECT, NULL), 0);
}
END_TEST

/* --- The end --- */

START_TEST(term_drains)
{
    start_good_family();
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_DRAINED);
    ck_assert_int_eq(count_events(DRAIN, NULL), options.workers);
    ck_assert_int_eq(count_events(EXIT, "\"code\":0"), options.workers);
}
END_TEST

START_TEST(who_does_not_go_is_killed_at_the_deadline_and_the_status_tells)
{
    options.times.drain_ms = 300;
    start_good_family();
    script->conduct = IS_DEAF;
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_CUT);
    ck_assert_int_eq(count_events(KILL, NULL), options.workers);
}
END_TEST

START_TEST(a_second_term_is_quick)
{
    start_good_family();
    script->conduct = IS_DEAF;
    kill(family, SIGTERM);
    expect_events(options.workers, DRAIN, NULL);
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), 128 + SIGTERM);
}
END_TEST

static const int quick[] = {SIGINT, SIGQUIT};

START_TEST(int_and_quit_end_at_once)
{
    start_good_family();
    script->conduct = IS_DEAF;
    kill(family, quick[_i]);
    ck_assert_int_eq(end_of_family(), 128 + quick[_i]);
    ck_assert_int_eq(count_events(EXIT, "\"signal\":9"), options.workers);
}
END_TEST

/* --- Changes --- */

START_TEST(a_reload_replaces_everyone_new_ones_first)
{
    start_good_family();
    kill(family, SIGHUP);
    expect_events(options.workers, EXIT, "reload");
    ck_assert_int_eq(count_events(READY, "\"generation\":2"), options.workers);
    const char *first_drain = strstr(events(), DRAIN);
    const char *first_new = strstr(written, "\"generation\":2");
    ck_assert(first_new && first_drain && first_new < first_drain);
}
END_TEST

START_TEST(a_hundred_reloads_in_a_row_are_one_and_one_again)
{
    start_good_family();
    kill(family, SIGSTOP);
    for (int i = 0; i < 100; i++)
        kill(family, SIGHUP);
    kill(family, SIGCONT);
    expect_events(1, READY, "\"generation\":2");
    for (int i = 0; i < 100; i++)
        kill(family, SIGHUP);
    expect_events(options.workers, EXIT, "\"generation\":2");
    let_pass(500);
    ck_assert_int_le(count_events(SPAWN, NULL), 4 * options.workers);
    ck_assert_int_eq(count_logged("is the limit too low?"), 0);
}
END_TEST

START_TEST(a_generation_that_cannot_start_is_given_up)
{
    start_good_family();
    script->conduct = FAILS_IF_NEW;
    kill(family, SIGHUP);
    expect_events(2, EXIT, "\"code\":9");
    let_pass(1000);
    ck_assert_int_eq(count_events(DRAIN, NULL), 0); // nobody had to go
    ck_assert_int_eq(count_events(EXIT, NULL), 2);
    script->conduct = GOOD;
    kill(family, SIGHUP);
    expect_events(options.workers, EXIT, "reload");
}
END_TEST

/* A service manager that hears what it is told. */
static int listen_as_manager(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const char *path = own_path("manager");
    ck_assert_uint_lt(strlen(path), sizeof name.sun_path);
    memcpy(name.sun_path, path, strlen(path));
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(manager, (const struct sockaddr *)&name, sizeof name),
                     0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name.sun_path, 1), 0);
    return manager;
}

static void expect_told(int manager, const char *what)
{
    char text[256] = "";
    while (strncmp(text, what, strlen(what)) != 0) {
        wait_for_events(manager, POLLIN);
        ssize_t got = recv(manager, text, sizeof text - 1, 0);
        ck_assert_int_gt(got, 0);
        text[got] = '\0';
    }
}

START_TEST(a_reload_that_fails_half_way_ends_and_both_halves_stay)
{
    int manager = listen_as_manager();
    options.times.young_ms = 300; // then it would try again
    start_good_family();
    expect_told(manager, "READY=1");
    script->good = options.workers + 1;
    script->conduct = FAILS_LATER;
    kill(family, SIGHUP);
    expect_told(manager, "RELOADING=1");
    expect_events(2, EXIT, "\"code\":9");
    expect_told(manager, "READY=1");
    let_pass(1500);
    ck_assert_int_eq(count_events(EXIT, "\"code\":9"), 2);
    ck_assert_int_eq(count_events(DRAIN, NULL), 1);
    ck_assert_int_eq(count_logged("going on with who is there (reload)"), 1);
    /* The next one is for all of them, and its number is new. */
    script->conduct = GOOD;
    kill(family, SIGHUP);
    expect_told(manager, "RELOADING=1");
    expect_told(manager, "READY=1");
    ck_assert_int_eq(count_events(READY, "\"generation\":3"), options.workers);
}
END_TEST

START_TEST(a_place_that_dies_meanwhile_is_not_said_to_be_reloaded)
{
    start_good_family();
    script->conduct = NEVER_READY;
    kill(family, SIGHUP);
    expect_events(1, SPAWN, "\"generation\":2");
    pid_t children[CHILDREN_MOST];
    ck_assert_int_eq(look_at_children(children), options.workers + 1);
    for (int i = 0; i < options.workers; i++)
        kill(children[i], SIGKILL);
    expect_events(options.workers, EXIT, "\"signal\":9");
    ck_assert_int_eq(count_events(EXIT, "reload"), 0);
}
END_TEST

START_TEST(ttin_and_ttou_change_the_number)
{
    options.max_workers = 4;
    start_good_family();
    kill(family, SIGTTIN);
    expect_events(4, READY, NULL);
    kill(family, SIGTTIN); // no more are allowed
    kill(family, SIGTTOU);
    expect_events(1, EXIT, "too many workers");
    ck_assert_int_eq(count_events(SPAWN, NULL), 4);
}
END_TEST

static void connect_to_family(void)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    struct sockaddr *name = (struct sockaddr *)&address;
    ck_assert_int_eq(getsockname(listener, name, &len), 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(client, name, len), 0);
}

START_TEST(ttin_counts_those_that_the_load_has_called)
{
    options.max_workers = 4;
    start_good_family();
    script->conduct = HAS_A_CLIENT;
    connect_to_family();
    connect_to_family();
    expect_events(4, READY, NULL); // one for the load
    kill(family, SIGTTIN);         // it may stay
    let_pass(1500);
    ck_assert_int_eq(count_events(SPAWN, NULL), 4);
}
END_TEST

START_TEST(enough_requests_are_enough_and_the_next_comes_first)
{
    options.max_requests = 100;
    options.times.young_ms = 100; // shorter than those take
    start_good_family();
    expect_events(6, EXIT, "enough requests");
    ck_assert_int_eq(count_logged("is the limit too low?"), 0);
    /* Line by line: who is ready and not told to go are never fewer than
     * were asked for, once they all had been. */
    int there = 0;
    bool all = false;
    char *rest;
    (void)events();
    for (char *line = strtok_r(written, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        there += strstr(line, READY) != NULL;
        there -= strstr(line, DRAIN) != NULL;
        all = all || there == options.workers;
        ck_assert(!all || there >= options.workers);
    }
}
END_TEST

/* Nobody is spared for ever: they go in the order in which they came. But of
 * the first, who come together, any may be ready first. */
static void expect_the_oldest_to_go_first(void)
{
    enum { PIDS_MOST = 64 };
    int there[PIDS_MOST];
    int count = 0, gone = 0;
    char *rest;
    (void)events();
    for (char *line = strtok_r(written, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        static const char name[] = "\"pid\":";
        const char *field = strstr(line, name);
        int pid = field ? atoi(field + sizeof name - 1) : 0;
        if (strstr(line, SPAWN) && count < PIDS_MOST)
            there[count++] = pid;
        if (!strstr(line, DRAIN))
            continue;
        int i = 0;
        while (i < count && there[i] != pid)
            i++;
        ck_assert_int_lt(i, count);
        ck_assert(i == 0 || gone < options.workers);
        memmove(there + i, there + i + 1,
                (size_t)(--count - i) * sizeof *there);
        gone++;
    }
}

START_TEST(workers_that_soon_had_enough_are_replaced_more_and_more_slowly)
{
    options.max_requests = 1;
    int64_t began = milliseconds();
    start_good_family();
    /* After 0, 0, 0.1, 0.3, 0.7, 1.5 and 3.1 seconds, or a tenth less. */
    expect_events(options.workers + 7, READY, NULL);
    ck_assert_int_ge(milliseconds() - began, 2700);
    ck_assert_int_eq(count_logged("is the limit too low?"), 1);
    expect_the_oldest_to_go_first();
    /* That is no reason to make a reload wait. */
    kill(family, SIGHUP);
    expect_events(options.workers, EXIT, "reload");
}
END_TEST

START_TEST(who_cannot_be_replaced_goes_on)
{
    options.max_requests = 100;
    script->good = options.workers;
    start_family(FAILS_LATER);
    expect_events(2, EXIT, "\"code\":9");
    let_pass(500);
    ck_assert_int_eq(count_events(DRAIN, NULL), 0);
    ck_assert_int_eq(count_events(EXIT, NULL), 2);
    ck_assert_int_eq(
        count_logged("going on with who is there (enough requests)"), 1);
}
END_TEST

static int resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;
    ck_assert_int_eq(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return (int)(pages * sysconf(_SC_PAGESIZE) >> 20);
}

START_TEST(too_much_memory_is_a_reason_as_well)
{
    options.max_memory = resident_mib() + GROWTH_MIB / 2;
    start_good_family();
    script->conduct = GROWS;
    expect_events(1, EXIT, "too much memory");
    expect_events(options.workers + 1, READY, NULL);
    ck_assert_int_eq(count_events(EXIT, NULL), 1); // nobody else
}
END_TEST

/* --- The next binary --- */

static bool is_there(const void *path)
{
    return access(path, F_OK) == 0;
}

static void start_family_of_next(const char *command)
{
    static char script_text[600];
    static const char *argv[] = {"sh", "-c", script_text, NULL};
    snprintf(script_text, sizeof script_text, ">%s; %s", own_path("started"),
             command);
    options.argv = (char *const *)(uintptr_t)argv;
    start_good_family();
    kill(family, SIGUSR2);
    wait_until(is_there, own_path("started"));
}

START_TEST(a_trial_that_is_slow_keeps_nobody_from_anything)
{
    start_family_of_next("exec sleep 20");
    kill(field_of(READY, "\"pid\":"), SIGKILL);
    expect_events(options.workers + 1, READY, NULL);
    kill(family, SIGTERM);
    ck_assert_int_eq(end_of_family(), SUPERVISOR_DRAINED);
}
END_TEST

START_TEST(a_trial_that_is_not_ready_in_time_is_given_up)
{
    options.times.ready_ms = 300;
    options.times.drain_ms = options.times.kill_ms = 200;
    start_family_of_next("exec sleep 20");
    expect_log("is not ready in time");
    expect_log("going on as we are");
    expect_children(options.workers);
    ck_assert_int_eq(count_events(DRAIN, NULL), 0);
}
END_TEST

START_TEST(a_trial_that_hangs_up_is_given_up)
{
    options.times.drain_ms = options.times.kill_ms = 200;
    start_family_of_next("exec sleep 20 4>&-");
    expect_log("will never be ready");
    expect_log("going on as we are");
}
END_TEST

START_TEST(a_trial_that_does_not_go_is_killed_in_the_end)
{
    options.times.drain_ms = options.times.kill_ms = 200;
    start_family_of_next("trap '' TERM; printf 1 >&4; sleep 20 & wait");
    expect_log("is ready, and may go");
    expect_log("(killed by signal 9), going on as we are");
    expect_events(options.workers, READY, NULL);
    ck_assert_int_eq(count_events(DRAIN, NULL), 0);
}
END_TEST

START_TEST(a_quick_end_waits_for_no_trial)
{
    start_family_of_next("trap '' TERM INT; exec sleep 20");
    int64_t told = milliseconds();
    kill(family, SIGQUIT);
    ck_assert_int_eq(end_of_family(), 128 + SIGQUIT);
    ck_assert_int_lt(milliseconds() - told, options.times.drain_ms);
}
END_TEST

START_TEST(a_trial_is_not_late_because_all_were_frozen)
{
    options.times.ready_ms = 1000;
    start_family_of_next("exec sleep 20");
    freeze_all_for(3500);
    let_pass(500);
    ck_assert(!has_logged("is not ready in time"));
    expect_log("is not ready in time"); // but then it is
}
END_TEST

START_TEST(without_a_fork_nothing_is_tried_and_nothing_spins)
{
    static const char *argv[] = {"true", NULL};
    options.argv = (char *const *)(uintptr_t)argv;
    family = start(supervise_as_a_plain_user, NULL);
    expect_log("ready, with");
    let_fork(false);
    kill(family, SIGUSR2);
    expect_log("upgrading: try ");
    int64_t used = processor_ms(family);
    let_pass(1000);
    ck_assert_int_lt(processor_ms(family) - used, 200);
    let_fork(true);
    kill(family, SIGUSR2);
    expect_log("going on as we are");
}
END_TEST

/* --- Without a supervisor --- */

static bool nobody_is_left(const void *context)
{
    const pid_t *workers = context;
    for (int i = 0; i < 3; i++)
        if (kill(workers[i], 0) == 0)
            return false;
    return true;
}

START_TEST(workers_do_not_outlive_their_supervisor)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1); // they come to us, to be buried
    start_good_family();
    pid_t workers[CHILDREN_MOST];
    ck_assert_int_eq(look_at_children(workers), 3);
    kill(family, SIGKILL);
    ck_assert_int_eq(end_of_family(), 128 + SIGKILL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(status_of(workers[i]), 128 + SIGKILL);
    wait_until(nobody_is_left, workers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supervisor");
    TCase *deaths = new_case(suite, "deaths");
    tcase_add_checked_fixture(deaths, make_script, end_family);
    tcase_add_test(deaths, a_worker_that_is_killed_is_replaced_in_its_place);
    tcase_add_test(deaths, workers_that_die_young_do_not_make_a_fork_storm);
    tcase_add_test(deaths,
                   workers_that_cannot_start_at_all_end_it_with_a_status);
    tcase_add_test(deaths,
                   workers_that_are_never_ready_are_killed_and_end_it_too);
    tcase_add_test(deaths, a_worker_inherits_no_blocked_signal);
    tcase_add_test(deaths, one_that_dies_before_any_was_ready_is_only_replaced);
    tcase_add_test(deaths, neither_is_a_lonely_one_whose_death_proves_nothing);
    tcase_add_test(deaths,
                   another_place_takes_over_from_one_that_cannot_be_killed);
    tcase_add_test(deaths, an_heir_that_cannot_be_killed_ends_its_reload);
    tcase_add_test(deaths, nor_does_a_stop_wait_for_it);
    tcase_add_test(deaths, a_failed_fork_is_tried_again_and_never_an_end);
    tcase_add_test(deaths, nobody_is_killed_by_his_pid_where_there_are_pidfds);
    tcase_add_test(deaths, workers_can_be_killed_where_there_are_no_pidfds);
    tcase_add_test(deaths, workers_do_not_outlive_their_supervisor);

    TCase *stuck = new_case(suite, "stuck");
    tcase_add_checked_fixture(stuck, make_script, end_family);
    tcase_add_test(stuck,
                   who_took_long_to_load_has_all_the_time_for_its_first_beat);
    tcase_add_test(stuck, what_a_worker_sends_along_is_not_kept);
    tcase_add_test(stuck, a_stopped_worker_is_found_and_replaced);
    tcase_add_test(stuck, a_request_that_takes_too_long_costs_its_worker);
    tcase_add_test(stuck, requests_may_take_any_time_if_that_is_said);
    tcase_add_test(stuck, a_family_that_was_frozen_as_a_whole_kills_nobody);
    tcase_add_test(stuck, a_request_takes_no_time_while_all_are_frozen);
    tcase_add_test(stuck, neither_does_a_start);
    tcase_add_test(stuck, a_worker_that_scribbles_on_its_seat_harms_no_other);
    tcase_add_test(stuck, a_worker_cannot_write_on_the_seat_of_another);

    TCase *end = new_case(suite, "end");
    tcase_add_checked_fixture(end, make_script, end_family);
    tcase_add_test(end, term_drains);
    tcase_add_test(
        end, who_does_not_go_is_killed_at_the_deadline_and_the_status_tells);
    tcase_add_test(end, a_second_term_is_quick);
    tcase_add_loop_test(end, int_and_quit_end_at_once, 0, COUNT(quick));

    TCase *changes = new_case(suite, "changes");
    tcase_add_checked_fixture(changes, make_script, end_family);
    tcase_add_test(changes, a_reload_replaces_everyone_new_ones_first);
    tcase_add_test(changes, a_hundred_reloads_in_a_row_are_one_and_one_again);
    tcase_add_test(changes, a_generation_that_cannot_start_is_given_up);
    tcase_add_test(changes,
                   a_reload_that_fails_half_way_ends_and_both_halves_stay);
    tcase_add_test(changes,
                   a_place_that_dies_meanwhile_is_not_said_to_be_reloaded);
    tcase_add_test(changes, ttin_and_ttou_change_the_number);
    tcase_add_test(changes, ttin_counts_those_that_the_load_has_called);
    tcase_add_test(
        changes,
        workers_that_soon_had_enough_are_replaced_more_and_more_slowly);
    tcase_add_test(changes, who_cannot_be_replaced_goes_on);
    tcase_add_test(changes, too_much_memory_is_a_reason_as_well);
    tcase_add_test(changes,
                   enough_requests_are_enough_and_the_next_comes_first);

    TCase *next = new_case(suite, "next");
    tcase_add_checked_fixture(next, make_script, end_family);
    tcase_add_test(next, a_trial_that_is_slow_keeps_nobody_from_anything);
    tcase_add_test(next, a_trial_that_is_not_ready_in_time_is_given_up);
    tcase_add_test(next, a_trial_that_hangs_up_is_given_up);
    tcase_add_test(next, a_trial_that_does_not_go_is_killed_in_the_end);
    tcase_add_test(next, a_quick_end_waits_for_no_trial);
    tcase_add_test(next, a_trial_is_not_late_because_all_were_frozen);
    tcase_add_test(next, without_a_fork_nothing_is_tried_and_nothing_spins);
    return run_suite(suite);
}
