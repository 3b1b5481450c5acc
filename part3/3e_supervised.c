/*
 * 3e - a family that looks after itself.
 *
 * New here:    a supervisor that fills every place again; signals as data.
 * Still wrong: a worker serves one client at a time, however idle it is.
 * See it:      scripts/curl/3e.sh
 */
#include "common/net.h"
#include "handover.h"
#include "part2/service.h"
#include "signals.h"
#include "supervisor.h"
#include "supervisor_options.h"

int main(int argc, char **argv)
{
    struct supervisor_options options = supervisor_default_options();
    options.argv = argv;
    const struct own_options own = {&supervisor_argp, &options};
    struct service service =
        service_parse_with(argc, argv, "3e - a family that looks after itself",
                           all_gateways, &own);
    int signals = signals_open();
    int listener = handover_take();
    if (listener < 0)
        listener = net_listen(service.options.host, service.options.port);
    net_announce(listener);
    return supervise(&options, signals, listener, worker_serve, &service);
}
