/* family.c - reads /proc into a family: a process and all it has forked.
 * Top to bottom: signal names, the text of stat, who belongs, then the files
 * of /proc themselves. Only the last part makes system calls. */

#include "family.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- signal names ---- */

static const char *const names[] = {
    [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",       [SIGQUIT] = "SIGQUIT",
    [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT",
    [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",       [SIGKILL] = "SIGKILL",
    [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV",     [SIGUSR2] = "SIGUSR2",
    [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM",
    [SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT",     [SIGSTOP] = "SIGSTOP",
    [SIGTSTP] = "SIGTSTP", [SIGTTIN] = "SIGTTIN",     [SIGTTOU] = "SIGTTOU",
    [SIGURG] = "SIGURG",   [SIGXCPU] = "SIGXCPU",     [SIGXFSZ] = "SIGXFSZ",
    [SIGPROF] = "SIGPROF", [SIGVTALRM] = "SIGVTALRM", [SIGSYS] = "SIGSYS",
    [SIGIO] = "SIGIO",     [SIGPWR] = "SIGPWR",       [SIGWINCH] = "SIGWINCH",
};

const char *signal_name(int number)
{
    static char numbered[16];

    if (number > 0 && (size_t)number < sizeof names / sizeof names[0] &&
        names[number] != NULL)
        return names[number];
    (void)snprintf(numbered, sizeof numbered, "SIG%d", number);
    return numbered;
}

const char *signal_names(uint64_t mask, char *text, size_t size)
{
    size_t len = 0;

    (void)snprintf(text, size, "-");
    for (int number = 1; number <= 64; number++) {
        if (!(mask >> (number - 1) & 1))
            continue;
        int added = snprintf(text + len, size - len, "%s%s", len ? "," : "",
                             signal_name(number));
        if (added < 0 || (size_t)added >= size - len)
            break;
        len += (size_t)added;
    }
    return text;
}

/* ---- the text of stat ---- */

/* Fields by their number in proc(5). */
enum {
    STAT_PPID = 4,
    STAT_UTIME = 14,
    STAT_STIME = 15,
    STAT_CUTIME = 16,
    STAT_CSTIME = 17,
    STAT_STARTTIME = 22,
    STAT_RSS = 24,
    STAT_EXIT_CODE = 52,
    STAT_FIELDS
};

/* Numbers from field 4 on. Returns the number of the first one missing. */
static int parse_numbers(const char *text, uint64_t field[STAT_FIELDS])
{
    int number = STAT_PPID;

    while (number < STAT_FIELDS) {
        char *end;
        field[number] = strtoull(text, &end, 10);
        if (end == text)
            break;
        text = end;
        number++;
    }
    return number;
}

bool process_parse(struct process *process, const char *stat_text)
{
    uint64_t field[STAT_FIELDS] = {0};
    char *after_pid;
    long pid = strtol(stat_text, &after_pid, 10);
    /* The name is whatever the process likes, `) Z 1 (` included; only the
     * last parenthesis is the kernel's. */
    const char *open = strchr(stat_text, '(');
    const char *close = strrchr(stat_text, ')');

    if (pid <= 0 || open == NULL || close == NULL || close < open ||
        after_pid > open || close[1] != ' ' ||
        !isalpha((unsigned char)close[2]))
        return false;
    if (parse_numbers(close + 3, field) <= STAT_RSS)
        return false;

    memset(process, 0, sizeof *process);
    process->pid = (pid_t)pid;
    process->parent = (pid_t)field[STAT_PPID];
    (void)snprintf(process->name, sizeof process->name, "%.*s",
                   (int)(close - open - 1), open + 1);
    process->state = close[2];
    process->cpu_ticks = field[STAT_UTIME] + field[STAT_STIME];
    process->buried_cpu_ticks = field[STAT_CUTIME] + field[STAT_CSTIME];
    process->started = field[STAT_STARTTIME];
    process->rss_pages = field[STAT_RSS];
    process->wait_status = (int)field[STAT_EXIT_CODE];
    return true;
}

bool process_is_zombie(const struct process *process)
{
    return process->state == 'Z';
}

/* ---- who belongs ---- */

static int by_pid(const void *a, const void *b)
{
    const struct process *left = a;
    const struct process *right = b;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

static struct process *find(struct process *list, size_t count, pid_t pid)
{
    struct process key = {.pid = pid};

    if (count == 0)
        return NULL;
    return bsearch(&key, list, count, sizeof *list, by_pid);
}

const struct process *family_find(const struct family *family, pid_t pid)
{
    return find(family->all, family->count, pid);
}

void family_begin(struct family *family, pid_t root)
{
    *family = (struct family){
        .root = root,
        .port = UNKNOWN,
        .pss_kb = UNKNOWN,
        .private_kb = UNKNOWN,
        .private_dirty_kb = UNKNOWN,
        .paced_at = UNKNOWN,
    };
}

void family_end(struct family *family)
{
    free(family->all);
    free(family->before);
    if (family->proc != NULL)
        closedir(family->proc);
    family_begin(family, family->root);
}

void family_look(struct family *family)
{
    struct process *list = family->before;
    size_t room = family->before_room;

    family->before = family->all;
    family->before_count = family->count;
    family->before_room = family->all_room;
    family->all = list;
    family->all_room = room;
    family->count = 0;
}

static void add(struct family *family, const struct process *process)
{
    if (family->count == family->all_room) {
        size_t room = family->all_room ? family->all_room * 2 : 512;
        struct process *list = realloc(family->all, room * sizeof *list);
        if (list == NULL)
            abort();
        family->all = list;
        family->all_room = room;
    }
    family->all[family->count++] = *process;
}

bool family_see(struct family *family, const char *stat_text, int64_t now)
{
    struct process process;

    if (!process_parse(&process, stat_text))
        return false;
    process.depth = STRANGER;
    process.read_at = now;
    process.times_read = 1;
    process.examined_at = UNKNOWN;
    process.wait_status_known = process.wait_status != 0;

    const struct process *old =
        find(family->before, family->before_count, process.pid);
    if (old != NULL && old->started == process.started) {
        process.times_read = old->times_read + 1;
        process.died = old->died;
        process.dead_on_arrival = old->dead_on_arrival;
        process.wait_status_known |= old->wait_status_known;
        if (process_is_zombie(old) || !process_is_zombie(&process))
            process.examined_at = old->examined_at;
        process.switches = old->switches;
        process.fds = old->fds;
    }
    if (process_is_zombie(&process) &&
        (old == NULL || old->started != process.started ||
         !process_is_zombie(old))) {
        process.died = now;
        process.dead_on_arrival = family->rounds == 0;
    }
    add(family, &process);
    return true;
}

/* How far below the root, by following parents; STRANGER when it is not. */
static int measure_depth(const struct family *family,
                         const struct process *process)
{
    int depth = 0;

    while (process != NULL && (size_t)depth <= family->count) {
        if (process->pid == family->root)
            return depth;
        process = family_find(family, process->parent);
        depth++;
    }
    return STRANGER;
}

static void add_up_ages(struct family *family, const struct process *zombie,
                        int64_t now)
{
    int64_t age = now - zombie->died;

    family->zombies++;
    if (family->zombies == 1 || age > family->oldest_ms) {
        family->oldest_ms = age;
        family->oldest_at_least = zombie->dead_on_arrival;
    }
}

void family_settle(struct family *family, int64_t now)
{
    uint64_t ticks = 0;
    uint64_t pages = 0;

    qsort(family->all, family->count, sizeof *family->all, by_pid);
    family->alive = family->zombies = 0;
    family->oldest_ms = 0;
    family->oldest_at_least = false;
    for (size_t i = 0; i < family->count; i++) {
        struct process *process = &family->all[i];
        process->depth = measure_depth(family, process);
        if (process->depth == STRANGER)
            continue;
        ticks += process->cpu_ticks + process->buried_cpu_ticks;
        pages += process->rss_pages;
        if (process->depth == 0)
            continue;
        if (process_is_zombie(process))
            add_up_ages(family, process, now);
        else
            family->alive++;
    }
    family->cpu_ms = (int64_t)ticks * 1000 / sysconf(_SC_CLK_TCK);
    family->rss_kb = (int64_t)pages * sysconf(_SC_PAGESIZE) / 1024;

    const struct process *root = family_find(family, family->root);
    family->gone = root == NULL || process_is_zombie(root);
    family->rounds++;
}

/* ---- the files of /proc ---- */

/* Read a whole small file of /proc. False when the process has vanished or
 * the file is not ours to read. */
static bool read_text(int proc, const char *path, char *text, size_t size)
{
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;

    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    text[len] = '\0';
    return len > 0;
}

static bool read_file(const struct family *family, pid_t pid, const char *name,
                      char *text, size_t size)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    return read_text(dirfd(family->proc), path, text, size);
}

/* The number after `label` at the start of a line of status or smaps_rollup,
 * or 0. Names cannot forge one: there the kernel escapes their newlines. */
static uint64_t labelled_number(const char *text, const char *label, int base)
{
    size_t len = strlen(label);

    while (text != NULL) {
        if (strncmp(text, label, len) == 0)
            return strtoull(text + len, NULL, base);
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return 0;
}

/* What is known about this pid may be old news. A stranger is asked three
 * times, since its parent may have been missed when it was first seen; a
 * zombie no longer changes, but may be left to another parent. */
static bool needs_reading(const struct family *family,
                          const struct process *known, int64_t now)
{
    if (known == NULL)
        return true;
    if (known->depth == STRANGER && known->times_read >= 3)
        return known->parent != 0 &&
               !find(family->before, family->before_count, known->parent);
    if (process_is_zombie(known) && known->depth > 0)
        return now - known->read_at >= 1000 ||
               !find(family->before, family->before_count, known->parent);
    return true;
}

static void see_everyone(struct family *family, int64_t now)
{
    char stat_text[2048];
    struct dirent *entry;

    while ((entry = readdir(family->proc)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        const struct process *known =
            find(family->before, family->before_count, pid);
        if (!needs_reading(family, known, now))
            add(family, known);
        else if (read_file(family, pid, "stat", stat_text, sizeof stat_text))
            (void)family_see(family, stat_text, now);
    }
}

/* Since Linux 6.2 the size of the directory is the count; before, it is 0. */
static int count_fds(const struct family *family, pid_t pid)
{
    char path[64];
    struct stat st;

    (void)snprintf(path, sizeof path, "%d/fd", (int)pid);
    if (fstatat(dirfd(family->proc), path, &st, 0) == 0 && st.st_size > 0)
        return (int)st.st_size;
    int fd =
        openat(dirfd(family->proc), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return UNKNOWN;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return UNKNOWN;
    }
    int count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2; // . and ..
}

/* An exit code of 0 in stat is either the truth or "not for you". Reading a
 * link in ns/ asks for the same permission, and answers plainly. */
static bool may_know_exit_code(const struct family *family, pid_t pid)
{
    char path[64];
    char link[64];

    (void)snprintf(path, sizeof path, "%d/ns/pid", (int)pid);
    return readlinkat(dirfd(family->proc), path, link, sizeof link) >= 0 ||
           errno == ENOENT;
}

static void examine_the_dead(const struct family *family,
                             struct process *zombie)
{
    zombie->fds = 0;
    if (!zombie->wait_status_known)
        zombie->wait_status_known = may_know_exit_code(family, zombie->pid);
}

static void examine_the_living(struct family *family, struct process *process)
{
    char status[4096];

    process->fds = count_fds(family, process->pid);
    if (!read_file(family, process->pid, "status", status, sizeof status))
        return;

    uint64_t switches =
        labelled_number(status, "voluntary_ctxt_switches:", 10) +
        labelled_number(status, "nonvoluntary_ctxt_switches:", 10);
    if (switches > process->switches) {
        family->switches += (int64_t)(switches - process->switches);
        process->switches = switches;
    }
    if (process->depth == 0)
        family->pending = labelled_number(status, "SigPnd:", 16) |
                          labelled_number(status, "ShdPnd:", 16);
}

/* What stat does not say. The dead are examined once, the watched process at
 * every look, the others a little more often than a picture moves. */
static void examine(struct family *family, struct process *process, int64_t now)
{
    enum { EXAMINE_MS = 80 };
    bool dead = process_is_zombie(process);

    if (process->examined_at != UNKNOWN && process->depth > 0 &&
        (dead || now - process->examined_at < EXAMINE_MS))
        return;
    process->examined_at = now;
    if (dead)
        examine_the_dead(family, process);
    else
        examine_the_living(family, process);
}

bool family_read(struct family *family, int64_t now)
{
    if (family->proc == NULL)
        family->proc = opendir("/proc");
    else
        rewinddir(family->proc);
    if (family->proc == NULL)
        return false;

    family_look(family);
    see_everyone(family, now);
    family_settle(family, now);

    family->fds = 0;
    family->pending = 0;
    for (size_t i = 0; i < family->count; i++) {
        struct process *process = &family->all[i];
        if (process->depth == STRANGER)
            continue;
        examine(family, process, now);
        if (process->fds > 0)
            family->fds += process->fds;
    }
    return true;
}

/* ---- once a second ---- */

static void read_memory(struct family *family)
{
    int64_t pss = UNKNOWN;
    int64_t clean = 0;
    int64_t dirty = 0;
    char text[4096];

    for (size_t i = 0; i < family->count; i++) {
        const struct process *process = &family->all[i];
        if (process->depth == STRANGER || process_is_zombie(process) ||
            !read_file(family, process->pid, "smaps_rollup", text, sizeof text))
            continue;
        pss = pss == UNKNOWN ? 0 : pss;
        pss += (int64_t)labelled_number(text, "Pss:", 10);
        clean += (int64_t)labelled_number(text, "Private_Clean:", 10);
        dirty += (int64_t)labelled_number(text, "Private_Dirty:", 10);
    }
    family->pss_kb = pss;
    family->private_kb = pss == UNKNOWN ? UNKNOWN : clean + dirty;
    family->private_dirty_kb = pss == UNKNOWN ? UNKNOWN : dirty;
}

/* The kernel keeps 15 letters of a name; the command line may know the rest. */
static void read_name(struct family *family, const struct process *root)
{
    char command[4096];

    (void)snprintf(family->name, sizeof family->name, "%s", root->name);
    if (!read_file(family, root->pid, "cmdline", command, sizeof command))
        return;
    const char *slash = strrchr(command, '/');
    const char *base = slash ? slash + 1 : command;
    if (strncmp(base, root->name, strlen(root->name)) == 0)
        (void)snprintf(family->name, sizeof family->name, "%.*s",
                       (int)strcspn(base, " "), base);
    /* A name must not speak to the terminal. */
    for (char *c = family->name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

/* Is this socket among the descriptors of the process? */
static bool holds_socket(const struct family *family, pid_t pid,
                         unsigned long inode)
{
    char wanted[32];
    char path[64];
    bool found = false;

    (void)snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    (void)snprintf(path, sizeof path, "%d/fd", (int)pid);
    int fd =
        openat(dirfd(family->proc), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct dirent *entry;
    while (!found && (entry = readdir(dir)) != NULL) {
        char target[64] = "";
        ssize_t len = readlinkat(fd, entry->d_name, target, sizeof target - 1);
        found = len > 0 && strcmp(target, wanted) == 0;
    }
    closedir(dir);
    return found;
}

/* The port of the first listening socket of net/tcp or net/tcp6 that is held
 * by the watched process. */
static int find_port(const struct family *family, const char *table)
{
    enum { LISTENING = 0x0A };
    char path[64];
    char line[512];
    int port = UNKNOWN;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)family->root, table);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UNKNOWN;
    while (port == UNKNOWN && fgets(line, sizeof line, file) != NULL) {
        unsigned local_port;
        unsigned state;
        unsigned long inode;
        if (sscanf(line, // NOLINT(cert-err34-c): the kernel wrote it
                   " %*d: %*[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s %lu",
                   &local_port, &state, &inode) == 3 &&
            state == LISTENING && holds_socket(family, family->root, inode))
            port = (int)local_port;
    }
    (void)fclose(file);
    return port;
}

static void measure_pace(struct family *family, int64_t now)
{
    int64_t elapsed = now - family->paced_at;

    if (family->paced_at != UNKNOWN && elapsed > 0) {
        double seconds = (double)elapsed / 1000;
        family->cpu_percent =
            (double)(family->cpu_ms - family->paced_cpu_ms) / seconds / 10;
        family->switches_per_s =
            (double)(family->switches - family->paced_switches) / seconds;
    }
    family->paced_at = now;
    family->paced_cpu_ms = family->cpu_ms;
    family->paced_switches = family->switches;
}

void family_read_slowly(struct family *family, int64_t now)
{
    const struct process *root = family_find(family, family->root);

    if (root == NULL || family->proc == NULL)
        return;
    read_name(family, root);
    read_memory(family);
    measure_pace(family, now);
    if (family->port == UNKNOWN)
        family->port = find_port(family, "net/tcp");
    if (family->port == UNKNOWN)
        family->port = find_port(family, "net/tcp6");
}
