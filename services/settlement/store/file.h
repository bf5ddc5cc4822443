/* Table file: what 9101 brings and 9102 takes, until it expires. */
#ifndef SETTLEMENT_STORE_FILE_H
#define SETTLEMENT_STORE_FILE_H

#include "libcommon/db.h"

#define YB_FILE_BYTES_MAX (3u << 20)

typedef struct yb_file {
    const char *file_qury_no;
    int32_t poolarea;
    const char *fixmedins_code, *filename;
    const uint8_t *content;
    size_t content_len;
    int64_t created_us, expires_us;
} yb_file_t;

YB_CHECK yb_err_t yb_file_insert(yb_db_t *db, const yb_file_t *file, yb_arena_t *arena);
/* *ret_file NULL when there is none, or when it expired before now_us. */
YB_CHECK yb_err_t yb_file_load(yb_db_t *db, const char *file_qury_no, int64_t now_us, yb_arena_t *arena,
                               yb_file_t **ret_file);
/* Deletes at most `limit` expired files. */
YB_CHECK yb_err_t yb_file_prune(yb_db_t *db, int64_t now_us, unsigned limit, uint64_t *ret_deleted);

#endif
