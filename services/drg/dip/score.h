/* A file of cases scored by a DIP catalogue. Columns by name:
 *   id dx ops op_kind fee                              required
 *   level age age_days severity tumour coefficient     optional (docs/payment.md) */
#ifndef DRG_DIP_SCORE_H
#define DRG_DIP_SCORE_H

#include "services/drg/dip/catalogue.h"

#define YB_DIP_AUX_MAX 1024
typedef struct yb_dip_settings {
    yb_dip_bounds_t bounds;
    size_t aux_count;
    yb_dip_aux_t aux[YB_DIP_AUX_MAX];
} yb_dip_settings_t;

typedef struct yb_dip_tally {
    uint64_t cases, core, composite, none, low, high;
    __extension__ __int128 score_e4;
} yb_dip_tally_t;

/* AUX.tsv: table (age, severity, tumour), key, coefficient. YB_E_FILE_FORM: see the report. */
YB_CHECK yb_err_t yb_dip_read_aux(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                                  yb_dip_settings_t *settings);
/* Writes id code kind deviation rw aux score, in the order of the cases; a case that is in no disease has kind "none"
 * and neither weight nor score. YB_E_FILE_FORM: see the report; `out` then holds part of the rows. */
YB_CHECK yb_err_t yb_dip_score_file(const yb_dip_catalogue_t *catalogue, const yb_dip_settings_t *settings, FILE *file,
                                    const char *text, size_t len, const char *name, yb_file_report_t *report, FILE *out,
                                    yb_dip_tally_t *ret_tally);

#endif
