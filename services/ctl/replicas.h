/* The replicas behind a service's endpoints, as one address each: what a caller's client spreads its calls over, `status` asks one by one. */
#ifndef CTL_REPLICAS_H
#define CTL_REPLICAS_H

#include <stddef.h>

#define YB_REPLICAS_MAX 16   /* of one service; more are not looked at */
#define YB_REPLICA_TEXT 300

/* Fills `found` with one endpoint per address, at most `cap`, in the order of their text; returns how many. `endpoints` is a list as in
 * YB_SETTLEMENT; a name that has no address just now, and an ipc path, stay as they are. Waits for the name server. */
size_t yb_replicas_find(const char *endpoints, char found[][YB_REPLICA_TEXT], size_t cap);

#endif
