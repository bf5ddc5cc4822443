/* Shared by crypto*.c only. */
#ifndef YB_CRYPTO_IMPL_H
#define YB_CRYPTO_IMPL_H

#include "crypto.h"

/* Reads a file that holds a secret, whole, with a NUL behind it that *ret_len does not count: regular,
 * owned by the caller or root, closed to group and others, smaller than `cap`. YB_E_IO, YB_E_CONFIG, with
 * *ret_why (may be NULL). */
YB_CHECK yb_err_t yb_secret_read(const char *path, char *buf, size_t cap, size_t *ret_len,
    yb_refusal_t *ret_why);
/* Writes a new file and syncs it to the disk; nothing is left behind on failure. YB_E_ROW_EXISTS, YB_E_IO. */
YB_CHECK yb_err_t yb_file_create(const char *path, unsigned mode, const void *data, size_t len);

#endif
