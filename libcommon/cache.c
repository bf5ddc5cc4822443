#include "libcommon/cache.h"

#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "libcommon/text.h"

#define CONNECT_MS 1000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 1000
#define SENTINELS_MAX 8

/* A command in flight. They all have the same time, so the first in the list is the first to run out. */
typedef struct op {
    yb_cache_t *cache;
    yb_cache_cb cb;
    void *ctx;
    uint64_t due_ms;
    struct op *prev, *next;
} op_t;

/* hiredis tells what it wants to wait for; libuv waits. Lives until libuv has closed the handle, longer than its
 * context. */
typedef struct watch {
    uv_poll_t poll;
    redisAsyncContext *ac;               /* NULL = hiredis has let go */
    int events;
} watch_t;

typedef struct address {
    char host[256], port[8];
} address_t;

struct yb_cache {
    uv_loop_t *loop;
    char path[108]; /* "" = at */
    address_t at;
    char master[64]; /* its name at the Sentinels, "" = we were told where Redis is */
    address_t sentinels[SENTINELS_MAX];
    size_t sentinel_count, sentinel;     /* sentinel = the one asked next */
    size_t asked;                        /* Sentinels since the last pause: it comes after a round of them */
    bool told;                           /* `at` is what a Sentinel answered, and not tried yet */
    size_t misses;                       /* tries in vain: which of a name's addresses comes next, after a round of the Sentinels */
    redisAsyncContext *ac;               /* NULL = not even connecting */
    bool up, closing, resolving;
    uv_timer_t retry;                    /* while not up: the next try, or the end of this one */
    uv_timer_t overdue;                  /* while commands are in flight: the first one's end */
    int handles;                         /* of the two timers, to be closed */
    uv_getaddrinfo_t resolver;
    uint64_t backoff_ms;
    op_t *ops;
    size_t pending;
};

static void try_connect(yb_cache_t *c);

/* ---- hiredis on libuv ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    watch_t *w = poll->data;
    /* A broken connection shows when it is read; either handler may end the context. */
    if (w->ac != NULL && (status < 0 || (events & UV_READABLE) != 0))
        redisAsyncHandleRead(w->ac);
    if (w->ac != NULL && status >= 0 && (events & UV_WRITABLE) != 0)
        redisAsyncHandleWrite(w->ac);
}

static void want(watch_t *w, int events)
{
    if (w->events == events)
        return;
    w->events = events;
    if (events == 0)
        uv_poll_stop(&w->poll);
    else
        uv_poll_start(&w->poll, events, on_poll);
}

static void add_read(void *w) { want(w, ((watch_t *)w)->events | UV_READABLE); }
static void del_read(void *w) { want(w, ((watch_t *)w)->events & ~UV_READABLE); }
static void add_write(void *w) { want(w, ((watch_t *)w)->events | UV_WRITABLE); }
static void del_write(void *w) { want(w, ((watch_t *)w)->events & ~UV_WRITABLE); }
static void on_watch_closed(uv_handle_t *handle) { free(handle->data); }

/* Before hiredis closes the descriptor. */
static void clean_up(void *arg)
{
    watch_t *w = arg;
    w->ac = NULL;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static bool attach(uv_loop_t *loop, redisAsyncContext *ac)
{
    watch_t *w = calloc(1, sizeof *w);
    YB_ASSERT(w != NULL);
    if (uv_poll_init(loop, &w->poll, ac->c.fd) != 0) {
        free(w);
        return false;
    }
    w->poll.data = w;
    w->ac = ac;
    ac->ev.data = w;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = clean_up;
    return true;
}

/* ---- connection ---- */

static void on_retry(uv_timer_t *timer);

/* The connection is no more; hiredis has freed its context, or is about to. */
static void lost(yb_cache_t *c)
{
    c->ac = NULL;
    c->up = false;
    if (c->closing)
        return;
    if (c->told || c->asked < c->sentinel_count) { /* to the master it named, or the next one may know better */
        uv_timer_start(&c->retry, on_retry, 0, 0);
        return;
    }
    c->asked = 0;
    uv_timer_start(&c->retry, on_retry, c->backoff_ms, 0);
    c->backoff_ms = c->backoff_ms * 2 < BACKOFF_MAX_MS ? c->backoff_ms * 2 : BACKOFF_MAX_MS;
}

/* What was tried cannot be reached: whom a Sentinel named is asked for anew, a Sentinel that is away passed over. */
static void missed(yb_cache_t *c)
{
    if (c->sentinel_count > 0 && !c->told)
        c->sentinel = (c->sentinel + 1) % c->sentinel_count;
    c->told = false;
    c->misses++;
}

/* Ends the connection from our side: its commands come back without a reply. Never from within a hiredis callback. */
static void drop(yb_cache_t *c)
{
    redisAsyncContext *ac = c->ac;
    if (ac == NULL)
        return;
    lost(c);
    ac->data = NULL;
    redisAsyncFree(ac);
}

static void on_retry(uv_timer_t *timer)
{
    yb_cache_t *c = timer->data;
    if (c->ac != NULL) {
        missed(c);
        drop(c);                         /* this try took too long */
    } else {
        try_connect(c);
    }
}

static void is_up(yb_cache_t *c)
{
    c->up = true;
    c->backoff_ms = BACKOFF_MIN_MS;
    uv_timer_stop(&c->retry);
}

/* Of a Sentinel: host and port of the master. Nothing, or none: the next one is asked. */
static void on_told(redisAsyncContext *ac, void *reply, void *privdata)
{
    yb_cache_t *c = privdata;
    const redisReply *r = reply;
    if (r == NULL)
        return;
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[0]->type == REDIS_REPLY_STRING &&
        r->element[1]->type == REDIS_REPLY_STRING && r->element[0]->len < (int)sizeof c->at.host &&
        r->element[1]->len < (int)sizeof c->at.port) {
        yb_text_copy(c->at.host, sizeof c->at.host, r->element[0]->str);
        yb_text_copy(c->at.port, sizeof c->at.port, r->element[1]->str);
        c->told = true;
    }
    redisAsyncDisconnect(ac);
}

/* Of the one it named: what it was told to be may not have reached it yet, or no longer be so. */
static void on_role(redisAsyncContext *ac, void *reply, void *privdata)
{
    const redisReply *r = reply;
    if (r == NULL)
        return;
    if (r->type == REDIS_REPLY_ARRAY && r->elements > 0 && r->element[0]->type == REDIS_REPLY_STRING &&
        strcmp(r->element[0]->str, "master") == 0)
        is_up(privdata);
    else
        redisAsyncDisconnect(ac);
}

/* Through Sentinels a connection is one of two: to ask where the master is, or to the master itself. */
static void on_connected_by_name(yb_cache_t *c)
{
    if (c->told) {
        c->told = false;
        redisAsyncCommand(c->ac, on_role, c, "ROLE");
    } else {
        c->sentinel = (c->sentinel + 1) % c->sentinel_count;
        redisAsyncCommand(c->ac, on_told, c, "SENTINEL get-master-addr-by-name %s", c->master);
    }
}

static void on_connected(const redisAsyncContext *ac, int status)
{
    yb_cache_t *c = ac->data;
    if (c == NULL)
        return;
    if (status != REDIS_OK) {
        missed(c);
        lost(c);                         /* hiredis frees the context after this */
        return;
    }
    if (c->sentinel_count > 0)
        on_connected_by_name(c);
    else
        is_up(c);
}

static void on_disconnected(const redisAsyncContext *ac, int status)
{
    (void)status;
    if (ac->data != NULL)
        lost(ac->data);
}

static void begin(yb_cache_t *c, redisAsyncContext *ac)
{
    YB_ASSERT(ac != NULL);
    if (ac->err != 0 || !attach(c->loop, ac)) {
        redisAsyncFree(ac);
        missed(c);
        lost(c);
        return;
    }
    ac->data = c;
    c->ac = ac;
    redisAsyncSetConnectCallback(ac, on_connected);
    redisAsyncSetDisconnectCallback(ac, on_disconnected);
    uv_timer_start(&c->retry, on_retry, CONNECT_MS, 0);
}

static void free_if_closed(yb_cache_t *c)
{
    if (c->handles == 0 && !c->resolving)
        free(c);
}

static const address_t *target(const yb_cache_t *c)
{
    return c->sentinel_count > 0 && !c->told ? &c->sentinels[c->sentinel] : &c->at;
}

/* A name may have addresses at which nobody listens, as "localhost" without IPv6: number `turn` of them, and round. */
static void address_text(const struct addrinfo *list, size_t turn, char *out, size_t cap)
{
    size_t count = 0;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        count++;
    for (turn = count > 0 ? turn % count : 0; turn > 0; turn--)
        list = list->ai_next;
    out[0] = '\0';
    if (count > 0 && list->ai_family == AF_INET)
        uv_ip4_name((struct sockaddr_in *)(void *)list->ai_addr, out, cap);
    else if (count > 0 && list->ai_family == AF_INET6)
        uv_ip6_name((struct sockaddr_in6 *)(void *)list->ai_addr, out, cap);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    yb_cache_t *c = req->data;
    char address[64];
    c->resolving = false;
    const size_t rounds = c->misses / (c->sentinel_count > 0 ? c->sentinel_count : 1);
    address_text(status == 0 ? list : NULL, rounds, address, sizeof address);
    uv_freeaddrinfo(list);
    if (c->closing) {
        free_if_closed(c);
    } else if (address[0] == '\0') {
        missed(c);
        lost(c);
    } else {
        begin(c, redisAsyncConnect(address, (int)strtol(target(c)->port, NULL, 10)));
    }
}

/* Names are looked up by libuv's threads: hiredis would block. */
static void try_connect(yb_cache_t *c)
{
    if (c->resolving)
        return;
    if (c->path[0] != '\0') {
        begin(c, redisAsyncConnectUnix(c->path));
        return;
    }
    if (c->sentinel_count > 0 && !c->told)
        c->asked++;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
    c->resolver.data = c;
    c->resolving = uv_getaddrinfo(c->loop, &c->resolver, on_resolved, target(c)->host, target(c)->port, &hints) == 0;
    if (!c->resolving) {
        missed(c);
        lost(c);
    }
}

/* ---- commands ---- */

static void on_overdue(uv_timer_t *timer)
{
    yb_cache_t *c = timer->data;
    uint64_t now_ms = uv_now(c->loop);
    if (c->ops != NULL && c->ops->due_ms <= now_ms)
        drop(c);                         /* answers come in order: what is behind the late one would be late as well */
    else if (c->ops != NULL)
        uv_timer_start(&c->overdue, on_overdue, c->ops->due_ms - now_ms, 0);
}

static void end(op_t *op, yb_cache_outcome_t outcome, const char *value, size_t len)
{
    yb_cache_t *c = op->cache;
    DL_DELETE(c->ops, op);
    c->pending--;
    if (c->ops == NULL && !c->closing)
        uv_timer_stop(&c->overdue);
    if (op->cb != NULL)
        op->cb(op->ctx, outcome, value, len);
    free(op);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *privdata)
{
    const redisReply *r = reply;
    if (r == NULL)
        end(privdata, YB_CACHE_UNKNOWN, NULL, 0);
    else if (r->type == REDIS_REPLY_STRING)
        end(privdata, YB_CACHE_YES, r->str, (size_t)r->len);
    else if (r->type == REDIS_REPLY_STATUS)
        end(privdata, strcmp(r->str, "OK") == 0 ? YB_CACHE_YES : YB_CACHE_UNKNOWN, NULL, 0);
    else if (r->type == REDIS_REPLY_NIL)
        end(privdata, YB_CACHE_NO, NULL, 0);
    else if (r->type == REDIS_REPLY_INTEGER)
        end(privdata, r->integer > 0 ? YB_CACHE_YES : YB_CACHE_NO, NULL, 0);
    else
        end(privdata, YB_CACHE_UNKNOWN, NULL, 0);
    /* A master that was put back may say so before it ends our connection. */
    if (r != NULL && r->type == REDIS_REPLY_ERROR && strncmp(r->str, "READONLY", 8) == 0 && ac->data != NULL)
        redisAsyncDisconnect(ac);
}

static void command(yb_cache_t *c, int argc, const char **argv, const size_t *lens, yb_cache_cb cb, void *ctx)
{
    if (!c->up || c->closing || c->pending >= YB_CACHE_PENDING_MAX) {
        if (cb != NULL)
            cb(ctx, YB_CACHE_UNKNOWN, NULL, 0);
        return;
    }
    op_t *op = calloc(1, sizeof *op);
    YB_ASSERT(op != NULL);
    *op = (op_t){ .cache = c, .cb = cb, .ctx = ctx, .due_ms = uv_now(c->loop) + YB_CACHE_TIMEOUT_MS };
    DL_APPEND(c->ops, op);
    if (c->pending++ == 0)
        uv_timer_start(&c->overdue, on_overdue, YB_CACHE_TIMEOUT_MS, 0);
    if (redisAsyncCommandArgv(c->ac, on_reply, op, argc, argv, lens) != REDIS_OK)
        end(op, YB_CACHE_UNKNOWN, NULL, 0);     /* on its way down */
}

void yb_cache_get(yb_cache_t *c, const char *key, yb_cache_cb cb, void *ctx)
{
    command(c, 2, (const char *[]){ "GET", key }, (const size_t[]){ 3, strlen(key) }, cb, ctx);
}

void yb_cache_del(yb_cache_t *c, const char *key, yb_cache_cb cb, void *ctx)
{
    command(c, 2, (const char *[]){ "DEL", key }, (const size_t[]){ 3, strlen(key) }, cb, ctx);
}

static void store(yb_cache_t *c, const char *key, const void *value, size_t len, unsigned ttl_s, bool only_new,
                  yb_cache_cb cb, void *ctx)
{
    char ttl[16];
    int ttl_len = snprintf(ttl, sizeof ttl, "%u", ttl_s);
    YB_ASSERT(ttl_s > 0 && ttl_len > 0);
    command(c, only_new ? 6 : 5, (const char *[]){ "SET", key, value, "EX", ttl, "NX" },
            (const size_t[]){ 3, strlen(key), len, 2, (size_t)ttl_len, 2 }, cb, ctx);
}

void yb_cache_set(yb_cache_t *c, const char *key, const void *value, size_t len, unsigned ttl_s, yb_cache_cb cb,
                  void *ctx)
{
    store(c, key, value, len, ttl_s, false, cb, ctx);
}

void yb_cache_add(yb_cache_t *c, const char *key, const void *value, size_t len, unsigned ttl_s, yb_cache_cb cb,
                  void *ctx)
{
    store(c, key, value, len, ttl_s, true, cb, ctx);
}

bool yb_cache_up(const yb_cache_t *cache)
{
    return cache->up;
}

/* ---- life ---- */

/* "host:port", "[::1]:port"; `len` of it. */
static bool parse_address(const char *text, size_t len, address_t *ret_address)
{
    char where[sizeof ret_address->host + 8];
    if (len >= sizeof where)
        return false;
    yb_text_copy_n(where, sizeof where, text, len);
    const char *colon = strrchr(where, ':');
    if (colon == NULL || colon == where || strlen(colon + 1) > 5 || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    bool brackets = where[0] == '[' && colon[-1] == ']';
    size_t host = (size_t)(colon - where) - (brackets ? 2 : 0);
    if (host == 0 || host >= sizeof ret_address->host)
        return false;
    yb_text_copy_n(ret_address->host, sizeof ret_address->host, where + (brackets ? 1 : 0), host);
    yb_text_copy(ret_address->port, sizeof ret_address->port, colon + 1);
    return true;
}

/* "name@host:port,host:port" */
static bool parse_sentinels(yb_cache_t *c, const char *list)
{
    size_t len = strcspn(list, "@ ");
    if (len == 0 || len >= sizeof c->master || list[len] != '@')
        return false;
    yb_text_copy_n(c->master, sizeof c->master, list, len);
    for (const char *p = list + len + 1;; p++) {
        len = strcspn(p, ",");
        if (c->sentinel_count == SENTINELS_MAX || !parse_address(p, len, &c->sentinels[c->sentinel_count]))
            return false;
        c->sentinel_count++;
        p += len;
        if (*p == '\0')
            return true;
    }
}

static bool parse(yb_cache_t *c, const char *where)
{
    if (strncmp(where, "sentinel:", 9) == 0)
        return parse_sentinels(c, where + 9);
    if (strncmp(where, "unix:", 5) != 0)
        return parse_address(where, strlen(where), &c->at);
    yb_text_copy(c->path, sizeof c->path, where + 5);
    return where[5] == '/' && strlen(where + 5) < sizeof c->path;
}

yb_err_t yb_cache_create(uv_loop_t *loop, const char *where, yb_cache_t **ret_cache)
{
    yb_cache_t *c = calloc(1, sizeof *c);
    YB_ASSERT(c != NULL);
    if (!parse(c, where)) {
        free(c);
        return YB_E_CONFIG;
    }
    c->loop = loop;
    c->backoff_ms = BACKOFF_MIN_MS;
    uv_timer_init(loop, &c->retry);
    uv_timer_init(loop, &c->overdue);
    c->handles = 2;
    c->retry.data = c->overdue.data = c;
    uv_timer_start(&c->retry, on_retry, 0, 0);
    *ret_cache = c;
    return YB_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    yb_cache_t *c = handle->data;
    c->handles--;
    free_if_closed(c);
}

void yb_cache_close(yb_cache_t **cache)
{
    yb_cache_t *c = *cache;
    if (c == NULL)
        return;
    c->closing = true;
    drop(c);
    uv_close((uv_handle_t *)&c->retry, on_timer_closed);
    uv_close((uv_handle_t *)&c->overdue, on_timer_closed);
    *cache = NULL;
}
