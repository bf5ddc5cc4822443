/* The x-tif headers (INTERFACE.md section 7.1): x-tif-signature = lower-case hex SHA-256(timestamp + secret +
 * nonce + timestamp), timestamp in unix seconds within ± 300 s, each nonce once per institution. Nonces live
 * in a bounded table until their timestamp can no longer pass; a full table refuses signed requests (503)
 * rather than forget one. */
#ifndef YB_GATEWAY_AUTH_H
#define YB_GATEWAY_AUTH_H

#include <stdbool.h>
#include "libcommon/clock.h"
#include "libcommon/err.h"

#define YB_AUTH_WINDOW_S 300
#define YB_AUTH_NONCE_MAX 64      /* bytes of a nonce */

typedef struct yb_auth yb_auth_t;

/* As sent; NULL = not sent. */
typedef struct yb_auth_headers {
    const char *paasid, *timestamp, *nonce, *signature;
} yb_auth_headers_t;

/* nonces_max: entries kept (0 = 262144); NULL when out of memory. */
yb_auth_t *yb_auth_create(const yb_clock_t *clock, bool sandbox, size_t nonces_max);
void yb_auth_destroy(yb_auth_t **auth);
/* `secret` "" = the institution has none: passes in the sandbox only. YB_E_UNAUTHENTICATED; YB_E_REPLAYED:
 * nonce seen, or timestamp out of the window; YB_E_OVERLOADED: table full. A nonce is taken only by a request
 * whose signature holds. */
YB_CHECK yb_err_t yb_auth_check(yb_auth_t *auth, const yb_auth_headers_t *headers, const char *fixmedins_code,
    const char *secret, yb_refusal_t *ret);
/* Nonces held now. */
size_t yb_auth_nonces(const yb_auth_t *auth);

#endif
