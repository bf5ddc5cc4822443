/* Is the platform able to serve? The services are asked (Frame/Health: worker and database) when somebody asks the
 * gateway, and not oftener than once in YB_HEALTH_FRESH_US. */
#ifndef YB_GATEWAY_HEALTH_H
#define YB_GATEWAY_HEALTH_H

#include "services/gateway/gateway.h"

#define YB_HEALTH_FRESH_US 1000000
#define YB_HEALTH_WAIT_US 1000000        /* a service that does not answer within it is away */

/* NULL when out of memory. The gateway must outlive it. */
yb_health_t *yb_health_create(yb_gateway_t *gateway);
/* Only when nobody waits (asserted): after the edge is drained. */
void yb_health_destroy(yb_health_t **health);
/* For yb_edge_conf_t.ready; `app` is the yb_gateway_t. Never blocks. */
void yb_health_ask(void *app, yb_edge_find_t *waiting);

#endif
