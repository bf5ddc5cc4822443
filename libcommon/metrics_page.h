/* GET /metrics of a program, on its loop: one small HTTP server beside what the program is there for, on an address
 * that only the operators' network sees (YB_METRICS_BIND, YB_METRICS_PORT). Any other path is 404. */
#ifndef YB_METRICS_PAGE_H
#define YB_METRICS_PAGE_H

#include <uv.h>
#include "arena.h"
#include "conf.h"
#include "err.h"

#define YB_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

typedef struct yb_metrics_page yb_metrics_page_t;

/* `text` gives the page, in the arena or constant; called on the loop. *ret_page stays NULL when YB_METRICS_PORT is 0:
 * no page. YB_E_CONFIG: the address cannot be had; `detail` says which and why. */
YB_CHECK yb_err_t yb_metrics_page_open(uv_loop_t *loop, const yb_conf_t *conf,
                                       const char *(*text)(void *ctx, yb_arena_t *arena), void *ctx,
                                       yb_metrics_page_t **ret_page, char *detail, size_t detail_cap);
unsigned yb_metrics_page_port(const yb_metrics_page_t *page);
/* Freed once libuv has closed its handles: run the loop after it. NULL-safe. */
void yb_metrics_page_close(yb_metrics_page_t **page);

#endif
