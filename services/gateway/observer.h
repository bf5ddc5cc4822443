/* What the gateway tells of its transactions: metrics by transaction number and code, a line for each, and of a slow
 * one where its time went. */
#ifndef YB_GATEWAY_OBSERVER_H
#define YB_GATEWAY_OBSERVER_H

#include "services/gateway/gateway.h"

yb_observer_t *yb_observer_create(yb_gateway_t *gateway);
void yb_observer_destroy(yb_observer_t **observer);
void yb_observer_take(yb_observer_t *observer, const yb_observed_t *seen);
/* Prometheus text, in the arena. */
const char *yb_observer_text(yb_observer_t *observer, yb_arena_t *arena);
/* Disks, certificates and the like, by the clock. */
void yb_observer_look(yb_observer_t *observer);

#endif
