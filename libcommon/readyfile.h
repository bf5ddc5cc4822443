/* The file <RUN_DIR>/<service>[-<NODE>].ready: there while the process serves, its line is the process id. Who starts a
 * platform waits for it. The first replica's (NODE 0) bears the service's name alone. */
#ifndef YB_READYFILE_H
#define YB_READYFILE_H

#include "conf.h"

/* Written beside it and moved into place: who sees the file reads a whole number. YB_E_IO: `detail` says which file and
 * why; none is left behind. */
YB_CHECK yb_err_t yb_readyfile_put(const yb_conf_t *conf, const char *service, char *detail, size_t detail_cap);
/* Takes it away; none there is no error. */
void yb_readyfile_drop(const yb_conf_t *conf, const char *service);

#endif
