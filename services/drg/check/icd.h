/* The national code sets: 医保版 ICD-10 and ICD-9-CM-3 with their gray codes (灰码), and the crosswalks from the
 * clinical version (国临版). Loaded from a folder of six .dat files into flat sorted arrays; read-only afterwards, so
 * any number of threads may look up. */
#ifndef DRG_CHECK_ICD_H
#define DRG_CHECK_ICD_H

#include "libcommon/err.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/list_check.h"

/* The six files, by kind: "code name" a line; "code" a line; "clinical 医保版" a line. A leading byte-order mark and
 * CRLF are accepted, blank lines are passed over. */
#define YB_ICD_DX_FILE "icd10-yb-2.0.dat"
#define YB_ICD_DX_GRAY_FILE "icd10-yb-2.0-gray.dat"
#define YB_ICD_DX_CROSSWALK_FILE "icd10-gl-2.0-to-yb-2.0.dat"
#define YB_ICD_PX_FILE "icd9cm3-yb-2.0.dat"
#define YB_ICD_PX_GRAY_FILE "icd9cm3-yb-2.0-gray.dat"
#define YB_ICD_PX_CROSSWALK_FILE "icd9cm3-gl-3.0-to-yb-2.0.dat"

#define YB_ICD_FILE_MAX (16 << 20) /* bytes of a file */
#define YB_ICD_CODE_MAX 40         /* bytes of a code, without the NUL */

typedef struct yb_icd yb_icd_t;

/* Errors: a file that cannot be read, a line without its two parts, a code too long or twice with different meaning.
 * Warnings, and the line is not used: a gray code or a crosswalk target that is in no code set, a line twice.
 * YB_E_FILE_FORM: *ret_report (always filled, the caller's) has errors; YB_E_NO_MEMORY. The caller owns *ret_icd. */
YB_CHECK yb_err_t yb_icd_load(const char *dir, yb_file_report_t *ret_report, yb_icd_t **ret_icd);
/* NULL-safe, nulls *icd. */
void yb_icd_destroy(yb_icd_t **icd);

/* Counts of what was loaded. */
size_t yb_icd_code_count(const yb_icd_t *icd, yb_code_kind_t kind);
size_t yb_icd_gray_count(const yb_icd_t *icd, yb_code_kind_t kind);
size_t yb_icd_crosswalk_count(const yb_icd_t *icd, yb_code_kind_t kind);

/* A code of the 医保版 is itself, whatever the crosswalk says of it (is_ambiguous when that is another code); any other
 * is looked up in the crosswalk. Texts live as long as `icd`. `ctx` is a yb_icd_t: this is the `find` of a
 * yb_code_book_t. */
void yb_icd_find(const void *ctx, yb_code_kind_t kind, const char *code, yb_code_fact_t *ret_fact);
/* The book of these codes; `icd` is borrowed. */
static inline yb_code_book_t yb_icd_book(const yb_icd_t *icd)
{
    return (yb_code_book_t){ .ctx = icd, .find = yb_icd_find };
}

#endif
