/*
 * 3f - one that looks after any programs.
 *
 * New here:    process 1 of a container; a directory of services kept alive.
 * Still wrong: what runs below serves one client at a time, however idle.
 * See it:      scripts/compare-init.sh
 */
#include "init.h"
#include "init_options.h"
#include "signals.h"
#include "vassals.h"

int main(int argc, char **argv)
{
    int signals = signals_open();
    struct emperor_options options = emperor_options_parse(argc, argv);
    switch (options.task) {
    case RUN_COMMAND: return init_run(&options.init, signals);
    case RUN_VASSALS: return vassals_run(&options.vassals, signals);
    case SHOW_TABLE: return vassals_status_table(options.where);
    case SHOW_JSON: return vassals_status_json(options.where);
    }
    return 64; // nothing is to be done
}
