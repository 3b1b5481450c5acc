/* test_children.c - what the fork stages owe to their children and clients.
 *
 * Zombies are test_stages.c's; here it is what else fork copies: the buffers
 * of stdio, and the connection. Stages are found in $BUILD (build). */
#include "tests/testing.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/prctl.h>

enum { FEW = 5 };

static const char *const stages[] = {"3a_fork_no_wait", "3b_fork_one_wait",
                                     "3c_fork_wait_loop"};

struct server {
    pid_t pid;
    int port;
};

/* All it has said so far, on standard output and standard error. */
static const char *said(void)
{
    static char text[TEXT_BYTES];
    int file = open(own_path("said"), O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? 0 : read(file, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    if (file >= 0)
        close(file);
    return text;
}

static bool listens(const void *context)
{
    (void)context;
    return strstr(said(), ", pid ");
}

static struct server run_stage(const char *stage)
{
    char path[256];
    const char *build = getenv("BUILD");
    snprintf(path, sizeof path, "%s/%s", build ? build : "build", stage);
    write_file("said", "", 0);
    struct server server = {.pid = fork()};
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a failed test leaves nothing
        int file = open(own_path("said"), O_WRONLY | O_APPEND);
        dup2(file, STDOUT_FILENO);
        dup2(file, STDERR_FILENO);
        execl(path, path, "--port", "0", "--root", "www", (char *)NULL);
        _exit(127);
    }
    wait_until(listens, NULL);
    server.port = atoi(strstr(said(), "127.0.0.1:") + strlen("127.0.0.1:"));
    return server;
}

static void stop_stage(const struct server *server)
{
    kill(server->pid, SIGTERM);
    ck_assert_int_eq(status_of(server->pid), 128 + SIGTERM);
}

/* A client that has sent this request. */
static int ask(const struct server *server, const char *request)
{
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)server->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    ck_assert_int_eq(
        connect(client, (struct sockaddr *)&address, sizeof address), 0);
    ssize_t len = (ssize_t)strlen(request);
    ck_assert_int_eq(send(client, request, (size_t)len, MSG_NOSIGNAL), len);
    do_not_block(client);
    return client;
}

/* The first child found in `state`; 0 if there is none. */
static pid_t child_of(const struct server *server, char state)
{
    pid_t found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; !found && (entry = readdir(proc));) {
        char path[300], stat[512] = "";
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0 || read(file, stat, sizeof stat - 1) < 0)
            stat[0] = '\0';
        if (file >= 0)
            close(file);
        const char *behind_name = strrchr(stat, ')');
        char is;
        int parent;
        if (behind_name && sscanf(behind_name, ") %c %d", &is, &parent) == 2 &&
            parent == server->pid && is == state)
            found = atoi(entry->d_name);
    }
    closedir(proc);
    return found;
}

static bool has_sleeping_child(const void *server)
{
    return child_of(server, 'S') != 0;
}

static bool has_no_child_alive(const void *server)
{
    return !child_of(server, 'S') && !child_of(server, 'R') &&
           !child_of(server, 'D');
}

/* A line kept in a buffer at fork would be written by every child. */
START_TEST(each_request_leaves_one_line_in_the_log)
{
    struct server server = run_stage(stages[_i]);
    for (int i = 0; i < FEW; i++) {
        int client = ask(&server, "GET /hello.txt HTTP/1.0\r\n\r\n");
        char answer[TEXT_BYTES];
        size_t len;
        ck_assert_int_eq(read_all(client, answer, sizeof answer, &len), 0);
        close(client);
    }
    wait_until(has_no_child_alive, &server);
    ck_assert_msg(count_lines(said()) == 1 + FEW, "the log is:\n%s", said());
    stop_stage(&server);
}
END_TEST

/* Its connection ends with it, for the parent keeps no copy. */
START_TEST(a_client_whose_child_is_killed_is_told)
{
    struct server server = run_stage(stages[_i]);
    int client = ask(&server, "GET /slow?ms=60000 HTTP/1.0\r\n\r\n");
    wait_until(has_sleeping_child, &server);
    kill(child_of(&server, 'S'), SIGKILL);
    char answer[TEXT_BYTES];
    size_t len;
    read_all(client, answer, sizeof answer, &len); // to the end, or a reset
    ck_assert_str_eq(answer, "");
    close(client);
    stop_stage(&server);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *suite = suite_create("children");
    TCase *copies = new_case(suite, "what fork copies");
    tcase_add_unchecked_fixture(copies, make_own_directory,
                                remove_own_directory);
    tcase_add_loop_test(copies, each_request_leaves_one_line_in_the_log, 0,
                        COUNT(stages));
    tcase_add_loop_test(copies, a_client_whose_child_is_killed_is_told, 0,
                        COUNT(stages));
    return run_suite(suite);
}
