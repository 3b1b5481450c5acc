/*
 * 3f - one that looks after any programs.
 *
 * New here:    process 1 of a container: everyone's parent in the end.
 * Still wrong: what runs below serves one client at a time, however idle.
 * See it:      scripts/compare-init.sh
 */
#include "init.h"
#include "init_options.h"
#include "signals.h"

int main(int argc, char **argv)
{
    int signals = signals_open();
    struct init_options options = init_options_parse(argc, argv);
    return init_run(&options, signals);
}
