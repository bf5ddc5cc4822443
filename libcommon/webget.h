/* One small GET to the gateway's health page; not for anything else. */
#ifndef YB_WEBGET_H
#define YB_WEBGET_H

#include <stddef.h>
#include "libcommon/err.h"

#define YB_WEBGET_BODY_MAX 8192

typedef struct yb_webget_answer {
    int status;                  /* 200 */
    char body[YB_WEBGET_BODY_MAX]; /* cut there; NUL-terminated */
} yb_webget_answer_t;

/* YB_E_UNAVAILABLE: nobody listens there or the name is not known; YB_E_DEADLINE: no answer in time;
 * YB_E_MALFORMED: it is no HTTP. */
YB_CHECK yb_err_t yb_webget(
    const char *host, int port, const char *path, int timeout_ms, yb_webget_answer_t *ret_answer);
/* The same over TLS. Whose certificate it is, is not looked at: the page holds nothing secret, is asked without any, and
 * 127.0.0.1 stands in no certificate. */
YB_CHECK yb_err_t yb_webget_tls(
    const char *host, int port, const char *path, int timeout_ms, yb_webget_answer_t *ret_answer);
/* Status and body of a whole response; exposed for tests. */
YB_CHECK yb_err_t yb_webget_parse(const char *response, size_t len, yb_webget_answer_t *ret_answer);

#endif
