/*
 * 3e - a family that looks after itself.
 *
 * New here:    a supervisor that fills every place again; signals as data.
 * Still wrong: a worker serves one client at a time, however idle it is.
 * See it:      scripts/curl/3e.sh
 */
#include "common/net.h"
#include "family_options.h"
#include "handover.h"
#include "listener.h"
#include "signals.h"
#include "supervisor.h"
#include "worker.h"

int main(int argc, char **argv)
{
    int signals = signals_open();
    struct family_options options = family_default_options(argv);
    const struct own_options own = {
        .argp = &family_argp, .values = &options, .keeps_signals = true};
    static struct job job; // for as long as there is a process
    job = (struct job){
        .service = service_parse_with(argc, argv,
                                      "3e - a family that looks after itself",
                                      all_gateways, &own),
        .status = options.status,
        .loaded = options.preload,
    };
    int listener = handover_take();
    handover_close_others();
    if (listener < 0)
        listener =
            net_listen(job.service.options.host, job.service.options.port);
    listener_prefer_speakers(listener, job.service.options.limits.head_ms);
    if (options.preload)
        service_load(&job.service, MANY_PROCESSES);
    net_announce(listener);
    return supervise(&options.supervisor, signals, listener, worker_serve,
                     &job);
}
