/* The imported schemes: a folder of compiled files, NAME.ybscheme, each with its area and the discharges it is for.
 * At most one speaks of an area and a day. */
#ifndef DRG_SCHEME_REGISTRY_H
#define DRG_SCHEME_REGISTRY_H

#include "services/drg/scheme/image.h"

#define YB_SCHEMES_MAX 256 /* in one folder */

typedef struct yb_scheme_set {
    yb_scheme_t *schemes[YB_SCHEMES_MAX]; /* by area, then by first day */
    size_t count;
} yb_scheme_set_t;

/* Maps and verifies every scheme of the folder; a folder that is not there has none. All or nothing: YB_E_IO,
 * YB_E_FILE_FORM (a file is damaged, or its name is not its file's), YB_E_POLICY_CONFLICT (two speak of one area and
 * day); `detail` names the file. The caller owns *ret_set. */
YB_CHECK yb_err_t yb_scheme_set_load(const char *dir, yb_scheme_set_t **ret_set, char *detail, size_t detail_cap);
/* NULL-safe, nulls *set. */
void yb_scheme_set_destroy(yb_scheme_set_t **set);

/* For a hospital's area (six digits) and the day of discharge: the scheme of the area itself, else of its prefecture
 * (NNNN00), its province (NN0000), the nation (000000); the first of these that has one valid on that day. Borrowed.
 * YB_E_FIELD_FORM: not an area or no day; YB_E_POLICY_NONE: none. */
YB_CHECK yb_err_t yb_scheme_set_find(const yb_scheme_set_t *set, const char *area, yb_day_t discharge,
                                     const yb_scheme_t **ret_scheme, yb_refusal_t *ret_refusal);
/* NULL = none of that name. */
const yb_scheme_t *yb_scheme_set_named(const yb_scheme_set_t *set, const char *name);
/* By the digest of its tables (YB_SCHEME_DIGEST bytes); NULL = it is not there (any more), or digest is NULL. */
const yb_scheme_t *yb_scheme_set_digest(const yb_scheme_set_t *set, const uint8_t *digest);

/* Letters, digits, "-", "_", "." and what is not ASCII; not beginning with "."; 1 to YB_SCHEME_NAME_MAX bytes. */
bool yb_scheme_name_valid(const char *name);
/* Six digits. */
bool yb_scheme_area_valid(const char *area);

typedef enum yb_scheme_stored { YB_SCHEME_ADDED, YB_SCHEME_SAME, YB_SCHEME_REPLACED } yb_scheme_stored_t;
/* Puts a scheme that has a name, an area and a validity into the folder (made if need be), in one move and under a
 * lock. The same tables under the same name, area and validity change nothing. YB_E_ROW_EXISTS: the name is taken by
 * other content and `replace` is false; YB_E_ROW_OVERLAP: another scheme speaks of the area and some of the days;
 * YB_E_IO, YB_E_FILE_FORM as above; `detail` says it. */
YB_CHECK yb_err_t yb_scheme_store(const char *dir, const yb_scheme_t *scheme, bool replace,
                                  yb_scheme_stored_t *ret_stored, char *detail, size_t detail_cap);

#endif
