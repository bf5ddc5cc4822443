/* The replicas behind an RPC client's endpoints: connected, looked up, picked by key, away and back. */
#include "libcommon/rpc_core_impl.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* ---- which one ---- */

static bool usable(const replica_t *r, int64_t now_us)
{
    return r->socket && r->up && r->avoid_until_us <= now_us;
}

/* With several keys (its service's pair is being changed) the wrong one shows only as silence: each gets some time in
 * turn. */
int64_t yb_rpc_replica_revive_us(const yb_rpc_core_t *c, const replica_t *r, int64_t now_us)
{
    char key[YB_KEY_TEXT];
    if (!c->keys || !yb_keys_public(c->keys, c->name, 1, key))
        return now_us + REVIVE_US;
    return now_us + (r->key_tries < REVIVE_KEYS_FAST ? REVIVE_KEYS_US : REVIVE_KEYS_SLOW_US);
}

/* libzmq gives up for good on a peer after a protocol error (a frame over the limit, a key refused):
 * session_base_t::engine_error. What is wrong today may be mended tomorrow, so we begin again, with the next of its
 * keys. */
static void revive(const yb_rpc_core_t *c, replica_t *r, int64_t now_us)
{
    if (!r->socket || r->up || r->revive_us > now_us)
        return;
    (void)zmq_disconnect(r->socket, r->endpoint);
    if (c->keys) {
        bool changed;
        (void)!yb_keys_refresh(c->keys, &changed, NULL, 0);                      /* what it could read counts */
        (void)!yb_keys_client(c->keys, r->socket, c->name, ++r->key_turn);       /* none now: as before */
        r->key_tries++;
    }
    r->revive_us = yb_rpc_replica_revive_us(c, r, now_us);
    (void)zmq_connect(r->socket, r->endpoint);   /* was good at create; if not now, at the next turn */
}

uint32_t yb_rpc_replica_pick(yb_rpc_core_t *c, uint64_t route_key, uint32_t except, int64_t now_us)
{
    uint64_t key = route_key ? route_key : yb_rpc_mix(++c->turn), best_score = 0;
    uint32_t best = NOWHERE;
    for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        if (i == except || !usable(&c->replicas[i], now_us)) {
            revive(c, &c->replicas[i], now_us);
            continue;
        }
        uint64_t score = yb_rpc_mix(key ^ c->replicas[i].hash);
        if (best == NOWHERE || score > best_score) {
            best = i;
            best_score = score;
        }
    }
    if (best == NOWHERE && except != NOWHERE && usable(&c->replicas[except], now_us))
        best = except;
    return best;
}

/* ---- sockets ---- */

int yb_rpc_replica_events(void *socket)
{
    int ev = 0;
    size_t len = sizeof(ev);
    return zmq_getsockopt(socket, ZMQ_EVENTS, &ev, &len) == 0 ? ev : 0;
}

bool yb_rpc_core_may_sleep(const yb_rpc_core_t *core)
{
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        const replica_t *r = &core->replicas[i];
        int ev = r->socket ? yb_rpc_replica_events(r->socket) : 0;
        if (r->socket && ((ev & ZMQ_POLLIN) != 0 || ((ev & ZMQ_POLLOUT) != 0) != r->up))
            return false;
    }
    return true;
}

void *yb_rpc_core_socket(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].socket;
}

int yb_rpc_core_fd(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].fd;
}

bool yb_rpc_core_is_up(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].up;
}

void *yb_rpc_core_take_socket(yb_rpc_core_t *core, size_t replica)
{
    replica_t *r = &core->replicas[replica];
    void *socket = r->socket;
    core->stats.replicas_up -= r->up;
    *r = (replica_t){ .fd = -1 };
    return socket;
}

bool yb_rpc_core_all_away(const yb_rpc_core_t *core)
{
    return core->stats.replicas_up == 0;
}

int64_t yb_rpc_core_resolve_every_us(const yb_rpc_core_t *core)
{
    return yb_rpc_core_all_away(core) ? YB_RPC_RESOLVE_AWAY_US : YB_RPC_RESOLVE_US;
}

size_t yb_rpc_core_host_count(const yb_rpc_core_t *core)
{
    return core->host_count;
}

const yb_rpc_host_t *yb_rpc_core_host(const yb_rpc_core_t *core, size_t index)
{
    return &core->hosts[index];
}

/* ---- endpoints ---- */

static yb_err_t socket_open(yb_rpc_core_t *c, const char *endpoint, void **ret_socket)
{
    yb_random_t random = yb_random_real();
    uint8_t id[16];
    void *s = zmq_socket(c->zmq_ctx, ZMQ_DEALER);
    yb_err_t err = s ? yb_socket_setup(s, false) : YB_E_IO;
    if (!err && c->keys)
        err = yb_keys_client(c->keys, s, c->name, 0);
    if (!err)
        err = yb_random_fill(&random, id, sizeof(id));
    /* A name of its own, so that an answer finds the way back after a reconnect; it must not begin with a
     * zero byte. */
    id[0] = 1;
    if (!err && (zmq_setsockopt(s, ZMQ_ROUTING_ID, id, sizeof(id)) != 0 || zmq_connect(s, endpoint) != 0))
        err = zmq_errno() == EINVAL || zmq_errno() == EPROTONOSUPPORT ? YB_E_CONFIG : YB_E_IO;
    if (err) {
        if (s)
            zmq_close(s);
        return err;
    }
    *ret_socket = s;
    return YB_OK;
}

static yb_err_t replica_add(yb_rpc_core_t *c, const char *endpoint, uint32_t host)
{
    replica_t *r = NULL;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        if (c->replicas[i].socket && strcmp(c->replicas[i].endpoint, endpoint) == 0)
            return YB_OK;
        if (!c->replicas[i].socket && !r)
            r = &c->replicas[i];
    }
    if (!r)
        return YB_E_CONFIG;
    void *socket = NULL;
    yb_err_t err = socket_open(c, endpoint, &socket);
    if (err)
        return err;
    size_t len = sizeof(r->fd);
    *r = (replica_t){ .socket = socket, .fd = -1, .hash = yb_route_key(endpoint), .host = host };
    r->revive_us = yb_rpc_replica_revive_us(c, r, yb_rpc_core_now_us(c));
    snprintf(r->endpoint, sizeof(r->endpoint), "%s", endpoint);
    YB_ASSERT(zmq_getsockopt(socket, ZMQ_FD, &r->fd, &len) == 0);
    return YB_OK;
}

static bool is_numeric(const char *host)
{
    struct in_addr v4;
    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static yb_err_t endpoint_add(yb_rpc_core_t *c, const char *text, size_t len)
{
    char endpoint[YB_RPC_ENDPOINT_MAX];
    if (len == 0 || len >= sizeof(endpoint))
        return YB_E_CONFIG;
    memcpy(endpoint, text, len);
    endpoint[len] = '\0';
    if (strncmp(endpoint, "ipc://", 6) == 0)
        return replica_add(c, endpoint, NOWHERE);
    if (strncmp(endpoint, "tcp://", 6) != 0)
        return YB_E_CONFIG;
    char *colon = strrchr(endpoint, ':');
    if (colon < endpoint + 7 || strlen(colon + 1) == 0 || strlen(colon + 1) > 5)
        return YB_E_CONFIG;
    *colon = '\0';
    bool numeric = is_numeric(endpoint + 6);
    if (numeric) {
        *colon = ':';
        return replica_add(c, endpoint, NOWHERE);
    }
    yb_rpc_host_t *h = &c->hosts[c->host_count++];
    snprintf(h->name, sizeof(h->name), "%s", endpoint + 6);
    snprintf(h->port, sizeof(h->port), "%.5s", colon + 1);
    return YB_OK;
}

yb_err_t yb_rpc_replica_connect(yb_rpc_core_t *c, const char *list)
{
    for (size_t count = 0; count < YB_RPC_REPLICA_MAX; count++) {
        size_t len = strcspn(list, ",");
        yb_err_t err = endpoint_add(c, list, len);
        if (err)
            return err;
        if (!list[len])
            return YB_OK;
        list += len + 1;
    }
    return YB_E_CONFIG;
}

static bool address_text(const struct addrinfo *a, const char *port, char *out, size_t cap)
{
    char host[INET6_ADDRSTRLEN];
    const void *addr =
        a->ai_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;
    if (!inet_ntop(a->ai_family, addr, host, sizeof(host)))
        return false;
    int n = snprintf(out, cap, a->ai_family == AF_INET ? "tcp://%s:%s" : "tcp://[%s]:%s", host, port);
    return n > 0 && (size_t)n < cap;
}

uint32_t yb_rpc_core_resolved(yb_rpc_core_t *core, size_t host, const struct addrinfo *list)
{
    char found[YB_RPC_REPLICA_MAX][YB_RPC_ENDPOINT_MAX];
    size_t count = 0;
    uint32_t superfluous = 0;
    bool has_v4 = false;
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        has_v4 = has_v4 || a->ai_family == AF_INET;
    for (const struct addrinfo *a = list; a && count < YB_RPC_REPLICA_MAX; a = a->ai_next)
        if (a->ai_family == (has_v4 ? AF_INET : AF_INET6))
            count += address_text(a, core->hosts[host].port, found[count], sizeof(found[count]));
    if (count == 0)
        return 0;                        /* the name server has nothing just now: keep what we knew */
    for (size_t i = 0; i < count; i++)
        (void)replica_add(core, found[i], (uint32_t)host);   /* no slot free: at the next look-up */
    for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        const replica_t *r = &core->replicas[i];
        bool known = !r->socket || r->up || r->host != host;
        for (size_t j = 0; j < count && !known; j++)
            known = strcmp(found[j], r->endpoint) == 0;
        superfluous |= known ? 0 : 1u << i;
    }
    return superfluous;
}
