/* Compiled schemes as blocks of memory and as files: assembled, written in one move, mapped, verified. */
#ifndef DRG_SCHEME_IMAGE_H
#define DRG_SCHEME_IMAGE_H

#include "services/drg/rules/scheme.h"
#include "libcommon/err.h"

#define YB_SCHEME_IMAGE_MAX ((uint64_t)1 << 30) /* bytes of a block */
#define YB_SCHEME_SUFFIX ".ybscheme"

/* What a block says of itself. */
typedef struct yb_scheme_about {
    const char *name;             /* 1 to YB_SCHEME_NAME_MAX bytes */
    const char *area;             /* six digits, "" = not imported */
    yb_day_t from_day, to_day;    /* [from, to) */
    const uint8_t *tables_digest; /* YB_SCHEME_DIGEST bytes */
} yb_scheme_about_t;

/* Elements of each section, borrowed. */
typedef struct yb_scheme_parts {
    struct {
        const void *data;
        size_t count;
    } sections[YB_SCHEME_SECTION_COUNT];
    uint32_t probe_max, terms_max;
} yb_scheme_parts_t;

/* Puts the parts into one block and opens it (which verifies it). The caller owns *ret_scheme. YB_E_NO_MEMORY,
 * YB_E_TOO_LARGE. */
YB_CHECK yb_err_t yb_scheme_assemble(const yb_scheme_parts_t *parts, const yb_scheme_about_t *about,
                                     yb_scheme_t **ret_scheme);
/* Another name, area or validity for the same block; a copy. */
YB_CHECK yb_err_t yb_scheme_relabel(const yb_scheme_t *scheme, const yb_scheme_about_t *about,
                                    yb_scheme_t **ret_scheme);

/* Checks every byte that is used as an index, an offset or a length, and the digest; whatever `data` holds, it is
 * refused or safe to group with. The view borrows the block. YB_E_FILE_FORM: `detail` says what is wrong. */
YB_CHECK yb_err_t yb_scheme_verify(const void *data, size_t size, yb_scheme_t *ret_view, char *detail,
                                   size_t detail_cap);

/* Writes the digest into a block of at least a header; it says that the block is as it was made, not that it is good.
 */
void yb_scheme_sign(void *block, size_t size);

/* Maps and verifies a file. YB_E_IO (not there, not readable), YB_E_FILE_FORM; `detail` names the file. */
YB_CHECK yb_err_t yb_scheme_open(const char *path, yb_scheme_t **ret_scheme, char *detail, size_t detail_cap);
/* Writes a new file beside `path`, flushes it and renames it over: there is the old file or the new one, whole. */
YB_CHECK yb_err_t yb_scheme_save(const yb_scheme_t *scheme, const char *path, char *detail, size_t detail_cap);
/* NULL-safe, nulls *scheme. */
void yb_scheme_destroy(yb_scheme_t **scheme);

#endif
