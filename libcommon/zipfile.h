/* Zip archives of one file, in memory (libzip): what 9101 brings and 9102 takes. */
#ifndef YB_ZIPFILE_H
#define YB_ZIPFILE_H

#include <stdint.h>
#include "arena.h"
#include "err.h"

#define YB_ZIP_PLAIN_MAX (64u << 20)     /* a packed file that grows beyond it is refused */

/* The only member of the archive, NUL-terminated. YB_E_FILE_FORM: not a zip, not exactly one member, encrypted, or too
 * large. */
YB_CHECK yb_err_t yb_zip_read_one(const uint8_t *data, size_t len, yb_arena_t *arena, char **ret_text, size_t *ret_len);
/* An archive with one member. */
YB_CHECK yb_err_t yb_zip_write_one(const char *name, const char *text, size_t len, yb_arena_t *arena,
                                   uint8_t **ret_data, size_t *ret_len);

#endif
