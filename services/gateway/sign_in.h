/* Which sign-ins are live, as identity answers it, kept for a few seconds: an institution that must sign in does so
 * with every message. Bounded. A sign-out takes effect when the entry is older than YB_SIGN_IN_FRESH_US. */
#ifndef YB_GATEWAY_SIGN_IN_H
#define YB_GATEWAY_SIGN_IN_H

#include "services/gateway/edge/edge.h"

typedef struct yb_gateway yb_gateway_t;
typedef struct yb_sign_ins yb_sign_ins_t;

#define YB_SIGN_IN_FRESH_US 3000000LL
#define YB_SIGN_IN_MAX 16384

yb_sign_ins_t *yb_sign_ins_create(yb_gateway_t *gateway);
/* When no question is open. */
void yb_sign_ins_destroy(yb_sign_ins_t **sign_ins);
/* For yb_edge_conf_t.signed_in. */
void yb_sign_in_check(void *app, const char *fixmedins_code, const char *sign_no, yb_edge_find_t *waiting);

#endif
