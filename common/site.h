/* site.h - what every stage from 1c on answers with. */
#ifndef COMMON_SITE_H
#define COMMON_SITE_H

#include "exchange.h"

/* A handler; `context` is the stage's struct options. Answers /slow?ms=N with
 * a line of text after N milliseconds (1000 if not said, 60000 at most), for
 * experiments; everything else with the files of the document root; OPTIONS
 * with what is allowed, and any other method but GET and HEAD with 405. */
void site_answer(struct exchange *exchange, const void *context);

#endif
