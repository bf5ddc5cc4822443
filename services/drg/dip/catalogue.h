/* DIP catalogues as files: built from the history of three years and kept in CATALOGUE.tsv with the sums they follow
 * from, so that whoever reads one can compute every weight again; or imported from a published table without sums. */
#ifndef DRG_DIP_CATALOGUE_H
#define DRG_DIP_CATALOGUE_H

#include <stdio.h>
#include "libcommon/arena.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/dip_match.h"

#define YB_DIP_LEVELS_MAX 32
#define YB_DIP_HISTORY_MAX 10000000
#define YB_DIP_THRESHOLD 15

typedef struct yb_dip_build {
    int threshold; /* a key with a weighted number of cases below it is merged */
    int trim_e4;   /* 0..4999: of every disease and year, floor(n × trim) cases at either end are left out; 0 = none */
} yb_dip_build_t;

/* HISTORY.tsv by columns: year dx ops op_kind fee required, level optional. Of three years, the last of them the latest
 * in the file; an older row is a fault. Cases are counted against the threshold before they are trimmed. On YB_OK the
 * caller owns *ret; YB_E_FILE_FORM: the report says what was wrong. */
YB_CHECK yb_err_t yb_dip_build(FILE *file, const char *text, size_t len, const char *name, const yb_dip_build_t *how,
                               yb_file_report_t *report, yb_dip_catalogue_t *ret);
/* Every disease a line; read by yb_dip_read without loss. */
void yb_dip_write(const yb_dip_catalogue_t *catalogue, FILE *out);
YB_CHECK yb_err_t yb_dip_read(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                              yb_dip_catalogue_t *ret);
/* A published table (CSV as spreadsheets write it, or tab-separated when `is_tsv`) without sums. Columns, in any order:
 *   病种编码 or code                          the whole code, as in CATALOGUE.tsv; or
 *   诊断编码 or dx, 手术操作编码 or ops        its parts; of a composite the chapter, category or range
 *   分值, 病种分值, RW or rw                  its weight
 *   均次费用, 次均费用, 例均费用 or mean       its mean, yuan
 *   病种类型 or kind                          核心 (default), 基层, 综合; core, basic, composite
 *   操作类型 or op_kind                       保守治疗, 诊断性操作, 治疗性操作, 相关手术; or the words of HISTORY.tsv
 * Outcomes as yb_dip_read. */
YB_CHECK yb_err_t yb_dip_import(FILE *file, const char *text, size_t len, bool is_tsv, const char *name,
                                yb_file_report_t *report, yb_dip_catalogue_t *ret);
/* NULL-safe; leaves it empty. */
void yb_dip_destroy(yb_dip_catalogue_t *catalogue);

/* Diseases as they were read to *c: sorted, and those that stand twice to the report. For the readers of this folder.
 */
void yb_dip_take(yb_dip_catalogue_t *c, yb_dip_disease_t *list, size_t count, const char *name,
                 yb_file_report_t *report);

#endif
