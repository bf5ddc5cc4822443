/* What identity knows of institutions, kept for a few seconds so that not every message asks. Bounded; a change at
 * identity (blocked, another secret) takes effect when the entry is older than YB_REGISTRY_FRESH_US. */
#ifndef YB_GATEWAY_REGISTRY_H
#define YB_GATEWAY_REGISTRY_H

#include "services/gateway/edge/edge.h"

typedef struct yb_gateway yb_gateway_t;
typedef struct yb_registry yb_registry_t;

#define YB_REGISTRY_FRESH_US 3000000LL
#define YB_REGISTRY_MAX 16384

yb_registry_t *yb_registry_create(yb_gateway_t *gateway);
void yb_registry_destroy(yb_registry_t **registry);
/* For yb_edge_conf_t.find: from memory, or asked of identity. Questions for the same code share one call. */
void yb_registry_find(void *app, const char *code, yb_edge_find_t *waiting);

#endif
