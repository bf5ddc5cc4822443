/* CURVE keys of services and the ZAP allow-list. A key folder (0700) holds <name>.key (secret, 0600, Z85) and
 * <name>.pub; every .pub in it is allowed in. `yibaoctl keys make NAME` and `keys show` work on it. Names are
 * [a-z0-9_-], at most 32 characters. */
#ifndef YB_KEYS_H
#define YB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"

typedef struct yb_keys yb_keys_t;            /* immutable once loaded: threads may share it */
#define YB_KEY_TEXT 41                       /* Z85 with NUL */
#define YB_KEY_NAME_MAX 32
#define YB_KEYS_MAX 1024                     /* public keys in one folder */

/* Makes a pair for `name` in `dir` (made 0700 when absent); refuses to overwrite (YB_E_ROW_EXISTS). Other errors:
 * YB_E_FIELD_FORM (name), YB_E_IO, YB_E_UNSUPPORTED (libzmq without CURVE). */
YB_CHECK yb_err_t yb_keys_make(const char *dir, const char *name);
/* Loads our own pair and the public keys of all others. Errors: YB_E_CONFIG (absent, malformed, secret readable or
 * folder writable by others: detail says which file). */
YB_CHECK yb_err_t yb_keys_load(const char *dir, const char *name, yb_keys_t **ret_keys, char *detail,
                               size_t detail_cap);
/* Clears the secret, frees. NULL-safe, nulls *keys. */
void yb_keys_destroy(yb_keys_t **keys);
const char *yb_keys_public(const yb_keys_t *keys, const char *name);   /* Z85, or NULL; borrowed */
size_t yb_keys_count(const yb_keys_t *keys);
const char *yb_keys_name_at(const yb_keys_t *keys, size_t index);      /* in order of name; borrowed */
/* Whose public key this is (Z85), or NULL: not on the list. Borrowed. */
const char *yb_keys_find(const yb_keys_t *keys, const char *public_z85);

/* Sets the options every socket of the house has: ROUTER_MANDATORY (ROUTER), IMMEDIATE, heartbeats (1 s, 3 s),
 * handshake 3 s, MAXMSGSIZE, SNDHWM/RCVHWM 10 000, LINGER 0 (set again at stop), reconnect 100 ms → 1 s, HANDOVER
 * (ROUTER). */
YB_CHECK yb_err_t yb_socket_setup(void *zmq_socket, bool is_router);
/* CURVE server side (ZAP domain "yibao", enforced) / client side towards the service `peer` (YB_E_CONFIG: no public key
 * of that name). Before bind or connect. */
YB_CHECK yb_err_t yb_keys_server(const yb_keys_t *keys, void *zmq_socket);
YB_CHECK yb_err_t yb_keys_client(const yb_keys_t *keys, void *zmq_socket, const char *peer);

/* The ZAP handler: one thread per context on inproc://zeromq.zap.01, started before the first bind; lets in the keys of
 * `keys` (borrowed until stop) only and names the peer (zmq_msg_gets "User-Id" = the key's name). Stop it before
 * zmq_ctx_term. YB_E_IO: there is one already. */
typedef struct yb_zap yb_zap_t;
YB_CHECK yb_err_t yb_zap_start(void *zmq_ctx, const yb_keys_t *keys, yb_zap_t **ret_zap);
void yb_zap_stop(yb_zap_t **zap);

#endif
