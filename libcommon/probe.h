/* `yibao-NAME --health`: a service asked by a process beside it, with the same settings, whether it is ready. For the
 * health checks of containers: as short as a command line, and through worker and database as everybody's question. */
#ifndef YB_PROBE_H
#define YB_PROBE_H

#include <stdbool.h>
#include <stdio.h>
#include "err.h"

/* Asks Frame/Health of `service` at the first endpoint of YB_LISTEN (0.0.0.0 is asked at 127.0.0.1), with the service's
 * own CURVE pair when it has keys. One line to `out`: "ready", or what is missing. Exit code: 0 ready, 1 not, 2 the
 * settings are wrong. Takes 3 s at most. */
int yb_probe_service(const char *service, FILE *out);
/* The same of the gateway: its page /health/ready. */
int yb_probe_gateway(FILE *out);
/* The endpoint to ask for the list of those listened on; false: none, or longer than `cap`. Exposed for tests. */
YB_CHECK bool yb_probe_endpoint(const char *listen, char *out, size_t cap);

#endif
