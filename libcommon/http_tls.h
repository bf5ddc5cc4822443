/* The certificate an HTTP server shows (GnuTLS, which libmicrohttpd speaks TLS with): a file with the chain, a file
 * with its key. A renewed pair is taken up while connections go on. */
#ifndef YB_HTTP_TLS_H
#define YB_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <stdbool.h>

#include "err.h"

/* TLS 1.2 and 1.3; our order of ciphers counts. */
#define YB_HTTP_TLS_PRIORITIES "NORMAL:%SERVER_PRECEDENCE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

typedef struct yb_http_tls yb_http_tls_t; /* for one thread, the loop's */

/* `cert_path`: PEM, the server's own certificate first, then those between it and its root. `key_path`: PEM, not
 * encrypted, closed to group and others. YB_E_IO, YB_E_CONFIG: cannot be read, or they do not belong together; *ret_why
 * says which file. */
YB_CHECK yb_err_t yb_http_tls_create(const char *cert_path, const char *key_path, yb_http_tls_t **ret_tls,
                                     yb_refusal_t *ret_why);
void yb_http_tls_destroy(yb_http_tls_t **tls);
/* Reads the files anew when one of them changed, and again each time while they cannot be taken: their owner and mode may
 * be put right. On an error, told once per change, the old pair stays: half of a renewal may be written. */
YB_CHECK yb_err_t yb_http_tls_refresh(yb_http_tls_t *tls, bool *ret_changed, yb_refusal_t *ret_why);
/* What a handshake that begins now shows; borrowed, until the second next refresh that changes something. */
void yb_http_tls_show(const yb_http_tls_t *tls, gnutls_pcert_st **ret_chain, unsigned *ret_count,
                      gnutls_privkey_t *ret_key);

#endif
