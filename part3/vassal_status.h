/* vassal_status.h - how the vassals are, for people and for programs.
 *
 * What the emperor hands out is lines of fields with tabs between: a vassal
 * "NAME STATE WANTED UP HELD", then its instances, each after a tab of its
 * own, "NUMBER STATE PID SINCE RESTARTS". Whoever asked renders them. */
#ifndef PART3_VASSAL_STATUS_H
#define PART3_VASSAL_STATUS_H

#include "vassal.h"

#include <stdio.h>

void vassals_write(FILE *to, const struct vassal *vassal);

/* Render such lines as a table, or as JSON. */
void vassals_show_table(FILE *from, FILE *to);
void vassals_show_json(FILE *from, FILE *to);

#endif
