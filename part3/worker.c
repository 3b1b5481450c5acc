/* worker.c - answers one connection after the other.
 *
 * Two threads: the main one serves and may be blocked for as long as a client
 * or an application takes; the other beats, which shows that the process is
 * not stopped, and hears what the supervisor says. */
#include "worker.h"

#include "channel.h"
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BEAT_MS = 250,
    LOOK_MS = 500,        // the longest that a client waits for a dead worker
    LAST_REQUEST_MS = 500 // for one that is on its way when we are to leave
};

/* Whom we serve. Written by the serving thread, read by the listening one. */
struct visit {
    atomic_int client;      // the connection, or -1
    _Atomic int64_t since;  // it came, or had its last answer
    _Atomic uint64_t heard; // so many bytes were read by then
};

struct worker {
    const struct post *post;
    const struct job *job;
    struct visit *visit;
    int arrivals; // epoll: a client, or `wake`
    int wake;     // eventfd: look at `leaving`
    /* Written by the listening thread, read by the serving one. */
    atomic_bool leaving;
    atomic_bool emptying; // then all who wait at the listener come first
};

/* --- The listening thread --- */

/* A long answer to a slow client is no stuck request, nor is one whose program
 * takes its time: as long as bytes are written, or waited for with a limit, it
 * is as if it had just begun. What the client does meanwhile is no sign of
 * life of ours. */
static void note_movement(struct seat *seat, uint64_t *last)
{
    int64_t since = seat->busy_since;
    uint64_t said = net_traffic.said;
    if (since != 0 && (said != *last || net_traffic.waits > 0))
        atomic_compare_exchange_strong(&seat->busy_since, &since, net_now());
    *last = said;
}

static void start_to_leave(struct worker *worker, bool emptying)
{
    worker->emptying = emptying;
    worker->leaving = true;
    eventfd_write(worker->wake, 1);
}

/* Nobody knows whether a kept connection would carry another request. Having
 * waited a little, read no more from it: what is there already is answered.
 * But a request that has begun to come is waited for. */
static void leave_idle_client(struct worker *worker, int64_t leaving_since)
{
    const struct visit *visit = worker->visit;
    if (visit->client < 0 || worker->post->seat->busy_since != 0)
        return;
    int64_t since = visit->since;
    if (since < leaving_since)
        since = leaving_since;
    bool has_begun = net_traffic.heard != visit->heard;
    if (!has_begun && net_now() - since >= LAST_REQUEST_MS)
        shutdown(visit->client, SHUT_RD);
}

static void log_to(int descriptor)
{
    if (descriptor >= 0)
        dup2(descriptor, STDERR_FILENO);
}

/* Hear all that the supervisor says; without one there is no use in going
 * on. */
static void hear_supervisor(struct worker *worker)
{
    for (;;) {
        int descriptor;
        switch (channel_hear(worker->post->channel, &descriptor)) {
        case CHANNEL_NOTHING: return;
        case CHANNEL_CLOSED: _exit(0);
        case CHANNEL_DRAIN: start_to_leave(worker, false); break;
        case CHANNEL_EMPTY: start_to_leave(worker, true); break;
        case CHANNEL_LOG: log_to(descriptor); break;
        case CHANNEL_READY:
        case CHANNEL_STATUS: break; // not for us
        }
        if (descriptor >= 0)
            close(descriptor);
    }
}

static void *beat_and_listen(void *context)
{
    struct worker *worker = context;
    uint64_t said = 0;
    int64_t leaving_since = 0;
    for (;;) {
        worker->post->seat->beat = net_now();
        note_movement(worker->post->seat, &said);
        struct pollfd channel = {.fd = worker->post->channel, .events = POLLIN};
        if (poll(&channel, 1, BEAT_MS) > 0)
            hear_supervisor(worker);
        if (worker->leaving && leaving_since == 0)
            leaving_since = net_now();
        if (worker->leaving)
            leave_idle_client(worker, leaving_since);
    }
    return NULL;
}

/* Signals are for the serving thread: here they could only interrupt. */
static void start_listening(struct worker *worker)
{
    sigset_t all, kept;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept);
    pthread_t thread;
    errno = pthread_create(&thread, NULL, beat_and_listen, worker);
    if (errno)
        die("start the thread that beats");
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
}

/* --- The serving thread --- */

/* By itself the family takes no page from an application. */
static bool shows_status(struct exchange *exchange, const struct post *post,
                         const struct job *job)
{
    return (job->status.is_wish ||
            !service_find(&job->service, exchange->request.path)) &&
           status_answer(exchange, post->board, &job->status);
}

static void note_silence(struct visit *visit)
{
    visit->heard = net_traffic.heard;
    visit->since = net_now();
}

static void answer(struct exchange *exchange, const void *context)
{
    const struct worker *worker = context;
    struct seat *seat = worker->post->seat;
    seat->busy_since = net_now();
    if (worker->leaving)
        exchange->response.keep_alive = false;
    if (!shows_status(exchange, worker->post, worker->job))
        service_answer(exchange, &worker->job->service);
    if (exchange->response.keep_alive)
        note_silence(worker->visit);
    if (exchange->response.status != 0) // or its body must come first
        seat->requests++;
    seat->busy_since = 0;
}

static void serve(struct worker *worker, int client)
{
    note_silence(worker->visit);
    worker->visit->client = client;
    worker->post->seat->has_client = true;
    connection_serve(client, &worker->job->service.options.limits, answer,
                     worker);
    worker->post->seat->has_client = false;
    worker->visit->client = -1;
}

/* EPOLLEXCLUSIVE: a client wakes one worker, not all of them. */
static void watch_for_arrivals(struct worker *worker)
{
    struct epoll_event client = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    struct epoll_event wake = {.events = EPOLLIN};
    worker->arrivals = epoll_create1(EPOLL_CLOEXEC);
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->arrivals < 0 || worker->wake < 0 ||
        epoll_ctl(worker->arrivals, EPOLL_CTL_ADD, worker->post->listener,
                  &client) < 0 ||
        epoll_ctl(worker->arrivals, EPOLL_CTL_ADD, worker->wake, &wake) < 0)
        die("wait for clients");
}

/* Serve who is at the listener, if anyone still is. Returns whether. */
static bool serve_next(struct worker *worker)
{
    int client = net_accept(worker->post->listener);
    if (client < 0)
        return false;
    serve(worker, client);
    return true;
}

/* A client wakes one worker. If that one was stopped or killed before it could
 * accept, nobody else would ever hear of it: so we look from time to time. */
static void serve_until_told(struct worker *worker)
{
    while (!worker->leaving) {
        struct epoll_event event;
        int ready = epoll_wait(worker->arrivals, &event, 1, LOOK_MS);
        if (ready < 0 && errno != EINTR)
            die("wait for clients");
        if (!worker->leaving)
            serve_next(worker);
    }
}

/* Nobody new is let in, but some may be at the door, and have not spoken yet:
 * until it is shut, as that of a unix socket is at once. */
static bool may_come(int listener, int64_t until)
{
    int64_t left = until - net_now();
    struct pollfd door = {.fd = listener, .events = POLLIN | POLLRDHUP};
    return left > 0 && poll(&door, 1, (int)left) > 0 &&
           !(door.revents & POLLRDHUP);
}

static void empty_queue(struct worker *worker)
{
    int64_t until = net_now() + LAST_REQUEST_MS;
    while (serve_next(worker) || may_come(worker->post->listener, until))
        continue;
}

/* --- What an application forks --- */

static const struct worker *self; // written by worker_serve()

/* In the child, which is no worker: it shall not keep the port when we have
 * gone, nor our supervisor's word, nor the client. Should it return to where
 * we wait for the next one, it will end there. */
static void leave_the_family(void)
{
    close(self->post->listener);
    close(self->post->channel);
    close(self->arrivals);
    if (self->visit->client >= 0)
        close(self->visit->client);
}

int worker_serve(const struct post *post, void *context)
{
    struct job *job = context;
    /* The other thread goes on with them until the process has ended. */
    static struct visit visit = {.client = -1};
    static struct worker worker;
    worker = (struct worker){.post = post, .job = job, .visit = &visit};
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    if (!job->loaded)
        service_load(&job->service, MANY_PROCESSES);
    watch_for_arrivals(&worker);
    self = &worker;
    pthread_atfork(NULL, NULL, leave_the_family);
    start_listening(&worker);
    channel_say(post->channel, CHANNEL_READY, -1);

    serve_until_told(&worker);
    if (worker.emptying)
        empty_queue(&worker);
    else
        serve_next(&worker); // it may have woken only us
    return 0;
}
