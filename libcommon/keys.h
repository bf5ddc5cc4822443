/* CURVE keys of services and operators, and the ZAP allow-list. A key folder (0700) holds our own pair, NAME.key
 * (secret, 0600, Z85) and NAME.pub; every .pub in it is let in. Names are [a-z0-9_-], at most 32 characters.
 *
 * A public key's file name says whose it is: NAME[.ROLE][.next|.old].pub. `next` and `old` stand beside the current one
 * while a pair is changed (`yibaoctl keys next|switch|retire`): all of them are let in as NAME. ROLE makes it an
 * operator's; a key without one is a service's, but for `ctl`, the key of a first start, which has every role.
 *
 * The list is read anew while the program runs (yb_keys_refresh); our own pair is read once. */
#ifndef YB_KEYS_H
#define YB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"
#include "log.h"

typedef struct yb_keys yb_keys_t;            /* threads may share it */
#define YB_KEY_TEXT 41                       /* Z85 with NUL */
#define YB_KEY_NAME_MAX 32
#define YB_KEYS_MAX 1024                     /* public keys in one folder */

/* What a key may be used as: bits. */
typedef enum yb_role {
    YB_ROLE_SERVICE = 1,
    YB_ROLE_SYSTEM = 2,                      /* 系统管理员 */
    YB_ROLE_SECURITY = 4,                    /* 安全管理员 */
    YB_ROLE_AUDIT = 8,                       /* 审计管理员 */
    YB_ROLE_BUSINESS = 16,                   /* 经办人 */
} yb_role_t;
#define YB_ROLE_ANY_OPERATOR (YB_ROLE_SYSTEM | YB_ROLE_SECURITY | YB_ROLE_AUDIT | YB_ROLE_BUSINESS)

/* "system" … "business" of the file names; 0 = no such role. */
unsigned yb_role_named(const char *name, size_t len);
/* Chinese names of the roles, comma-separated; returns buf. */
char *yb_role_text(unsigned roles, char *buf, size_t cap);

/* Where a key stands in a change of its pair. */
typedef enum yb_key_stage { YB_KEY_CURRENT, YB_KEY_NEXT, YB_KEY_OLD } yb_key_stage_t;

typedef struct yb_key_owner {
    char name[YB_KEY_NAME_MAX + 1];
    unsigned roles;
    yb_key_stage_t stage;
} yb_key_owner_t;

/* Whose key a file of this name holds; false: it is no public key of ours ("x.pub" is, "X.pub" and "x.pub.tmp" not). */
bool yb_key_file_parse(const char *file, yb_key_owner_t *ret_owner);
/* The file of a public key: "zhang.audit.next.pub"; returns buf. */
char *yb_key_file_name(const yb_key_owner_t *owner, char *buf, size_t cap);
#define YB_KEY_FILE_MAX 64

/* Makes a pair for `name` in `dir` (made 0700 when absent); refuses to overwrite (YB_E_ROW_EXISTS). Other errors:
 * YB_E_FIELD_FORM (name), YB_E_IO, YB_E_UNSUPPORTED (libzmq without CURVE). */
YB_CHECK yb_err_t yb_keys_make(const char *dir, const char *name);
/* The same for an operator (one role) or for the next pair of a change; YB_ROLE_SERVICE, YB_KEY_CURRENT = the above. */
YB_CHECK yb_err_t yb_keys_make_for(const char *dir, const yb_key_owner_t *owner);
/* Loads our own pair and the public keys of all others. Errors: YB_E_CONFIG (absent, malformed, secret readable or
 * folder writable by others: detail says which file). */
YB_CHECK yb_err_t yb_keys_load(const char *dir, const char *name, yb_keys_t **ret_keys, char *detail,
                               size_t detail_cap);
/* Clears the secret, frees. NULL-safe, nulls *keys. */
void yb_keys_destroy(yb_keys_t **keys);
/* Reads the folder anew when a .pub in it came, went or changed; looks at most five times a second, however often it is
 * called. What can be read takes effect; YB_E_CONFIG: something cannot (said once, in detail; read again at each look).
 * While the folder itself cannot be read, or others may write there, the list stays as it was. With detail_cap 0 nothing
 * is said (YB_OK, not changed), but to the next who asks. Any thread. */
YB_CHECK yb_err_t yb_keys_refresh(const yb_keys_t *keys, bool *ret_changed, char *detail, size_t detail_cap);
/* A public key of that name (Z85): 0 = the current one, then those of a change under way; false: there is none so far.
 * Any thread, as the following. */
bool yb_keys_public(const yb_keys_t *keys, const char *name, size_t which, char ret_text[YB_KEY_TEXT]);
size_t yb_keys_count(const yb_keys_t *keys);
/* Whose public key this is (Z85); false: not on the list. */
bool yb_keys_find(const yb_keys_t *keys, const char *public_z85, yb_key_owner_t *ret_owner);

/* Sets the options every socket of the house has: ROUTER_MANDATORY (ROUTER), IMMEDIATE, heartbeats (1 s, 3 s),
 * handshake 3 s, MAXMSGSIZE, SNDHWM/RCVHWM 10 000, LINGER 0 (set again at stop), reconnect 100 ms → 1 s, HANDOVER
 * (ROUTER). */
YB_CHECK yb_err_t yb_socket_setup(void *zmq_socket, bool is_router);
/* CURVE server side (ZAP domain "yibao", enforced) / client side towards the service `peer`, by its key number `turn`
 * modulo how many it has (YB_E_CONFIG: no public key of that name). Before bind or connect. */
YB_CHECK yb_err_t yb_keys_server(const yb_keys_t *keys, void *zmq_socket);
YB_CHECK yb_err_t yb_keys_client(const yb_keys_t *keys, void *zmq_socket, const char *peer, unsigned turn);

/* The ZAP handler: one thread per context on inproc://zeromq.zap.01, started before the first bind; lets in the keys of
 * `keys` (borrowed until stop) only, reads them anew every second, and tells which key it was (zmq_msg_gets "User-Id" =
 * the public key, Z85: for yb_keys_find). It says in `log` (borrowed; may be NULL) what changed. Stop it before
 * zmq_ctx_term. YB_E_IO: there is one already. */
typedef struct yb_zap yb_zap_t;
YB_CHECK yb_err_t yb_zap_start(void *zmq_ctx, const yb_keys_t *keys, yb_log_t *log, yb_zap_t **ret_zap);
void yb_zap_stop(yb_zap_t **zap);

#endif
