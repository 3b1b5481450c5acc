/* c_app.h - an application in C, as the gateway knows it. */
#ifndef PART2_C_APP_H
#define PART2_C_APP_H

#include "app.h"

/* What --app loads: a mount's `program`. */
struct c_app {
    const char *who; // in the log: "app hello", for ./hello.so
    app_fn *answer;
};

#endif
