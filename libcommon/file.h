/* A small file as a whole, and that it stays. */
#ifndef YB_FILE_H
#define YB_FILE_H

#include <limits.h>
#include <stddef.h>
#include "err.h"

/* Reads at most `max` bytes; the caller frees *ret_data, which has a NUL behind its *ret_len bytes. YB_E_IO: it cannot
 * be opened or read, errno says why; YB_E_TOO_LARGE: it has more than `max` bytes; YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_file_read(const char *path, size_t max, char **ret_data, size_t *ret_len);

/* The folder that `path` stands in, "." for a bare name; returns buf. */
char *yb_file_folder(const char *path, char buf[PATH_MAX]);
/* After a file was made in its folder or moved there: its name survives a power failure, too. */
void yb_file_sync_folder(const char *path);

#endif
