/* Redis on a libuv loop, for what can be rebuilt or asked again: never the only keeper of anything. Nothing waits for
 * it: each command has a short time, a lost connection or a late answer is "unknown" and the caller goes on without.
 * Reconnects by itself, with pauses of 0.1 to 1 s between two tries. One per loop, on its thread. */
#ifndef YB_CACHE_H
#define YB_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include "err.h"

#define YB_CACHE_TIMEOUT_MS 250       /* per command */
#define YB_CACHE_PENDING_MAX 1024     /* commands in flight; more = unknown at once */

typedef struct yb_cache yb_cache_t;

typedef enum yb_cache_outcome {
    YB_CACHE_UNKNOWN, /* away, too late, too much to do, or an error: it may or may not have been done */
    YB_CACHE_YES,     /* get: there; set: stored; add: was not there, stored; del: was there */
    YB_CACHE_NO,      /* get, del: not there; add: there already */
} yb_cache_outcome_t;

/* Exactly once per command, at once or later. `value` of a get that found something, borrowed until it returns; else
 * NULL, 0. */
typedef void (*yb_cache_cb)(void *ctx, yb_cache_outcome_t outcome, const char *value, size_t len);

/* where: "unix:/path", "host:port" ("[::1]:6379"), or "sentinel:name@host:port,host:port": the Redis Sentinels (up to
 * eight) are asked in turn where the master of that name is, again after each lost connection, with a pause only
 * after a round of all. A name's addresses are tried in turn. Connects later: a server that is away is no error.
 * YB_E_CONFIG: not of that form. */
YB_CHECK yb_err_t yb_cache_create(uv_loop_t *loop, const char *where, yb_cache_t **ret_cache);
/* Commands in flight end as unknown; frees when libuv has closed its handles: run the loop after it. */
void yb_cache_close(yb_cache_t **cache);
/* Keys and values are copied. ttl_s >= 1. */
void yb_cache_get(yb_cache_t *cache, const char *key, yb_cache_cb cb, void *ctx);
void yb_cache_set(yb_cache_t *cache, const char *key, const void *value, size_t len, unsigned ttl_s, yb_cache_cb cb,
                  void *ctx);
void yb_cache_add(yb_cache_t *cache, const char *key, const void *value, size_t len, unsigned ttl_s, yb_cache_cb cb,
                  void *ctx);
void yb_cache_del(yb_cache_t *cache, const char *key, yb_cache_cb cb, void *ctx);
bool yb_cache_up(const yb_cache_t *cache);

#endif
