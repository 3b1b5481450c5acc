/* cgi.c - the conversation with a program: request in, answer out.
 *
 *      request's body ------------------> program's input
 *      status, headers <-- cgi_header <-- program's output, its beginning
 *      response's body <----------------- program's output, the rest
 *
 * One poll() loop does all of it at the same time. A gateway that first wrote
 * all and then read all would fall asleep for ever when both pipes are full,
 * and the program with it. A program may also answer with a local redirect:
 * then there is no answer yet, and the request asks for another path. */
#include "cgi_header.h"
#include "cgi_options.h"
#include "cgi_process.h"
#include "cgi_program.h"
#include "common/log.h"
#include "environ.h"
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536, // what a pipe holds
    FEED_BYTES = 16384, // of the body at a time
    EXIT_MS = 2000,     // for a program to exit after its output has ended
    PROBE_MS = 1000,    // until the first probe; then twice as long, and so on
};
static const int64_t NEVER = INT64_MAX;

enum ending {
    NOT_YET,
    OUTPUT_ENDED,
    OUTPUT_CLOSED, // it ended, but the program did not exit
    BAD_HEADER,
    NOT_ALONE, // a body beside a local redirect
    TOO_LONG,  // more than its Content-Length
    NO_PROGRESS,
    OUT_OF_TIME,
    CLIENT_GONE
};

struct conversation {
    struct exchange *exchange;
    const struct cgi_program *program;
    struct cgi_process process;
    struct cgi_header header;
    size_t fed;  // of the request's body, so far
    bool exited; // so what the pipe holds now is all that counts
    enum ending ending;

    /* Instants of net_now(). */
    int64_t stalled_at; // NO_PROGRESS; progress moves it on
    int64_t over_at;    // OUT_OF_TIME
    int64_t probe_at;   // NEVER until the client has stopped sending
    int probe_ms;       // between the last probe and this one
};

/* --- Towards the program --- */

static void feed_input(struct conversation *talk)
{
    const struct body *body = &talk->exchange->request.body;
    char bytes[FEED_BYTES];
    ssize_t left = body_read(body, bytes, sizeof bytes, talk->fed);
    if (left < 0)
        log_errno("cgi %s: read its input", talk->program->name);
    if (left > 0) {
        ssize_t put = write(talk->process.input, bytes, (size_t)left);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        /* EPIPE: it wants no more, as it may (RFC 3875 4.2). */
        talk->fed = put < 0 ? body->len : talk->fed + (size_t)put;
    }
    if (left <= 0 || talk->fed == body->len)
        cgi_process_close_input(&talk->process);
}

/* --- Towards the client --- */

static void start_answer(struct conversation *talk)
{
    struct response *response = &talk->exchange->response;
    response_start(response, talk->header.status);
    for (size_t i = 0; i < talk->header.count; i++) {
        const struct header *line = &talk->header.lines[i];
        /* Leaves out what is not the program's to say: Connection, Date. */
        (void)response_header(response, line->name, line->value);
    }
}

/* What the program wrote goes on at once: it may be a while until there is
 * more, and the client shall not wait for what is already here. */
static void pass_on(struct conversation *talk, const char *bytes, size_t len)
{
    if (!talk->header.complete) {
        size_t used = cgi_header_feed(&talk->header, bytes, len);
        if (talk->header.fault)
            talk->ending = BAD_HEADER;
        if (!talk->header.complete)
            return;
        if (!talk->header.local)
            start_answer(talk);
        bytes += used;
        len -= used;
    }
    if (talk->header.local) { // RFC 3875 6.2.2: no body
        if (len > 0)
            talk->ending = NOT_ALONE;
        return;
    }
    struct response *response = &talk->exchange->response;
    if ((len > 0 && response_write(response, bytes, len) < 0) ||
        response_flush(response) < 0)
        talk->ending = errno == EMSGSIZE ? TOO_LONG : CLIENT_GONE;
}

static void take_output(struct conversation *talk)
{
    char bytes[READ_BYTES];
    ssize_t got = read(talk->process.output, bytes, sizeof bytes);
    if (got > 0) {
        pass_on(talk, bytes, (size_t)got);
        return;
    }
    /* A process it left behind may hold the pipe open for a long time. */
    bool more_may_come =
        got < 0 && (errno == EINTR || (errno == EAGAIN && !talk->exited));
    if (!more_may_come)
        talk->ending = OUTPUT_ENDED;
}

/* --- Both at once --- */

enum { OUTPUT, INPUT, EXIT, CLIENT, ENDS };

static void watch(const struct conversation *talk, struct pollfd ends[ENDS])
{
    ends[OUTPUT] = (struct pollfd){talk->process.output, POLLIN, 0};
    ends[INPUT] = (struct pollfd){talk->process.input, POLLOUT, 0};
    ends[EXIT] = (struct pollfd){talk->process.pidfd, POLLIN, 0};
    /* That it is gone is always told; that it sends no more, once. */
    short stops = talk->probe_at == NEVER ? POLLRDHUP : 0;
    ends[CLIENT] = (struct pollfd){talk->exchange->client, stops, 0};
}

static int wait_ms(const struct conversation *talk)
{
    int64_t next = talk->stalled_at;
    if (talk->over_at < next)
        next = talk->over_at;
    if (talk->probe_at < next)
        next = talk->probe_at;
    int64_t left = next - net_now();
    return left > 0 ? (int)left : 0;
}

/* Who sends no more still gets its answer, if it is there; for who is not,
 * nobody shall work for long. */
static void hear_client(struct conversation *talk, short events)
{
    if (events & ~POLLRDHUP) {
        talk->ending = CLIENT_GONE;
    } else if (events) {
        talk->probe_ms = PROBE_MS;
        talk->probe_at = net_now() + PROBE_MS;
    }
}

/* Progress moves the time-out on: but what comes for an answer that has no
 * body goes to nobody, so that nobody would notice if the client left. */
static bool is_progress(const struct conversation *talk)
{
    return !talk->header.complete ||
           response_has_body(&talk->exchange->response);
}

static void hear_program(struct conversation *talk,
                         const struct pollfd ends[ENDS])
{
    if (ends[EXIT].revents)
        talk->exited = true;
    if (ends[INPUT].revents)
        feed_input(talk);
    if (ends[OUTPUT].revents || talk->exited)
        take_output(talk);
    /* Time that a slow client took for it is not the program's. */
    if ((ends[INPUT].revents || ends[OUTPUT].revents) && is_progress(talk))
        talk->stalled_at = net_now() + cgi_options.timeout_ms;
}

static void mind_the_time(struct conversation *talk)
{
    int64_t now = net_now();
    if (now >= talk->over_at) {
        talk->ending = OUT_OF_TIME;
    } else if (now >= talk->stalled_at) {
        talk->ending = NO_PROGRESS;
    } else if (now >= talk->probe_at) {
        if (response_probe(&talk->exchange->response) < 0)
            talk->ending = CLIENT_GONE;
        talk->probe_ms *= 2;
        talk->probe_at = now + talk->probe_ms;
    }
}

static void start_clocks(struct conversation *talk)
{
    int64_t now = net_now();
    talk->stalled_at = now + cgi_options.timeout_ms;
    talk->over_at = cgi_options.time_ms ? now + cgi_options.time_ms : NEVER;
    talk->probe_at = NEVER;
}

static void converse(struct conversation *talk)
{
    start_clocks(talk);
    while (talk->ending == NOT_YET) {
        struct pollfd ends[ENDS];
        watch(talk, ends);
        if (net_poll(ends, ENDS, wait_ms(talk)) < 0)
            continue; // EINTR
        hear_client(talk, ends[CLIENT].revents);
        if (talk->ending == NOT_YET)
            hear_program(talk, ends);
        if (talk->ending == NOT_YET)
            mind_the_time(talk);
    }
}

/* --- The end --- */

/* Make sure that the program ends, and reap it. Returns its wait status; 0 if
 * it was us who ended it. */
static int settle(struct conversation *talk)
{
    if (talk->ending == OUTPUT_ENDED &&
        !cgi_process_exits(&talk->process, EXIT_MS))
        talk->ending = OUTPUT_CLOSED;
    if (talk->ending == OUTPUT_ENDED)
        return cgi_process_bury(&talk->process);
    cgi_process_stop(&talk->process);
    cgi_process_bury(&talk->process);
    return 0;
}

static void log_exit(const struct conversation *talk, int status,
                     const char *when)
{
    const char *name = talk->program->name;
    if (status == CGI_STATUS_LOST)
        log_line("cgi %s: its status was taken by somebody else's wait %s",
                 name, when);
    else if (WIFSIGNALED(status))
        log_line("cgi %s: killed by signal %d (%s) %s", name, WTERMSIG(status),
                 strsignal(WTERMSIG(status)), when);
    else if (WEXITSTATUS(status) != 0 || !talk->header.complete)
        log_line("cgi %s: exited with status %d %s", name, WEXITSTATUS(status),
                 when);
}

static void log_ending(const struct conversation *talk, int status)
{
    static const char *const reasons[] = {
        [OUTPUT_CLOSED] = "closed its output but did not exit, ended",
        [NOT_ALONE] = "wrote more than its local redirect, ended",
        [TOO_LONG] = "wrote more than its Content-Length, ended",
        [NO_PROGRESS] = "neither read nor wrote for too long, ended",
        [OUT_OF_TIME] = "ran for too long, ended",
        [CLIENT_GONE] = "lost its client, ended",
    };
    const char *name = talk->program->name;
    const char *when =
        talk->header.complete ? "after its header" : "before a header";
    if (talk->ending == OUTPUT_ENDED)
        log_exit(talk, status, when);
    else if (talk->ending == BAD_HEADER)
        log_line("cgi %s: %s", name, talk->header.fault);
    else
        log_line("cgi %s: %s %s", name, reasons[talk->ending], when);
}

/* An exit status other than 0 is logged, but makes no answer worse: a shell
 * script ends with the status of its last command, whatever that meant. */
static bool is_whole(const struct conversation *talk, int status)
{
    return talk->ending == OUTPUT_CLOSED ||
           (talk->ending == OUTPUT_ENDED && WIFEXITED(status));
}

static void finish_answer(struct conversation *talk, int status)
{
    struct response *response = &talk->exchange->response;
    if (!is_whole(talk, status))
        response->broken = true; // too late for a status: cut it off
    else if (response_end(response) < 0)
        log_line("cgi %s: its answer could not be completed",
                 talk->program->name);
}

/* Let the request ask for what the program named, if it named something. */
static bool is_redirected(struct conversation *talk, int status)
{
    const char *local = talk->header.local;
    if (!talk->header.complete || !local || !is_whole(talk, status))
        return false;
    int fault = request_redirect(&talk->exchange->request, local);
    if (fault)
        log_line("cgi %s: its Location is none of ours (%d): %s",
                 talk->program->name, fault, local);
    return fault == 0;
}

static void apologize(struct conversation *talk)
{
    bool took_too_long =
        talk->ending == NO_PROGRESS || talk->ending == OUT_OF_TIME;
    response_error(&talk->exchange->response, took_too_long ? 504 : 502, NULL);
}

static enum gateway_outcome conclude(struct conversation *talk, int status)
{
    log_ending(talk, status);
    if (talk->exchange->response.status)
        finish_answer(talk, status);
    else if (is_redirected(talk, status))
        return GATEWAY_REDIRECTED;
    else
        apologize(talk);
    return GATEWAY_ANSWERED;
}

/* What CGI adds to the variables that all gateways share. */
static char *const *make_environ(struct environ *env,
                                 const struct exchange *exchange,
                                 const struct cgi_program *program,
                                 const char *document_root)
{
    const char *path = getenv("PATH");
    const char *path_info = exchange->request.path + program->script_len;
    environ_make(env, exchange, program->script_len);
    environ_add(env, "GATEWAY_INTERFACE", "CGI/1.1");
    environ_add(env, "PATH", path ? path : "/usr/local/bin:/usr/bin:/bin");
    environ_add(env, "DOCUMENT_ROOT", document_root);
    environ_add(env, "SCRIPT_FILENAME", program->file);
    if (*path_info)
        environ_add_joined(env, "PATH_TRANSLATED", document_root, path_info);
    return environ_variables(env);
}

static enum gateway_outcome run(struct exchange *exchange,
                                const struct cgi_program *program,
                                const char *document_root)
{
    struct environ env;
    struct conversation talk = {.exchange = exchange, .program = program};
    enum gateway_outcome outcome = GATEWAY_ANSWERED;
    char *const *variables =
        make_environ(&env, exchange, program, document_root);
    if (!variables || cgi_process_start(&talk.process, program, variables,
                                        &cgi_options.limits)) {
        log_errno("cgi %s: could not be started", program->name);
        response_error(&exchange->response, 502, NULL);
    } else {
        converse(&talk);
        outcome = conclude(&talk, settle(&talk));
    }
    environ_free(&env);
    return outcome;
}

/* Would it speak HTTP to the client itself (RFC 3875 5)? Then the framing, and
 * with it the next answer on this connection, would be in its hands. */
static bool is_nph(const struct cgi_program *program)
{
    return strncmp(program->name, "nph-", strlen("nph-")) == 0;
}

/* Blocks until the program has exited and is reaped, but not while it neither
 * reads nor writes for the time-out. The caller ignores SIGPIPE, and does not
 * reap children behind our back. */
static enum gateway_outcome answer(struct exchange *exchange,
                                   const struct mount *mount,
                                   const struct service *service)
{
    struct cgi_program program;
    enum gateway_outcome outcome = GATEWAY_ANSWERED;
    int status =
        cgi_program_find(&program, mount->program, exchange->request.path,
                         strlen(mount->prefix));
    if (status) {
        response_error(&exchange->response, status, NULL);
        return GATEWAY_ANSWERED;
    }
    if (is_nph(&program)) {
        log_line("cgi %s: NPH programs are not offered", program.name);
        response_error(&exchange->response, 501, NULL);
    } else if (exchange->request.complete) { // else its body is wanted first
        outcome = run(exchange, &program, service->document_root);
    }
    cgi_program_free(&program);
    return outcome;
}

static void load(struct mount *mount, const struct service *service)
{
    (void)service;
    mount->program = cgi_directory_open(mount->target);
}

const struct gateway cgi_gateway = {
    .argp = &cgi_options_argp,
    .load = load,
    .answer = answer,
};
