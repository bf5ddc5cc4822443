/* A file of cases scored by a DIP catalogue. Columns by name:
 *   id dx ops op_kind fee                              required
 *   level age age_days severity tumour coefficient     optional (docs/payment.md) */
#ifndef DRG_DIP_SCORE_H
#define DRG_DIP_SCORE_H

#include "services/drg/dip/catalogue.h"
#include "services/drg/rules/dip_pay.h"

typedef struct yb_dip_tally {
    uint64_t cases, by_kind[YB_DIP_KINDS], none, low, high;
    __extension__ __int128 score_e4;
} yb_dip_tally_t;

/* Tables of how a catalogue is applied, into the rules; their memory is the arena's. YB_E_FILE_FORM: see the report.
 * AUX.tsv: table (age, severity, tumour), key, coefficient. OP_KINDS.tsv: code, kind. */
YB_CHECK yb_err_t yb_dip_read_aux(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                                  yb_arena_t *arena, yb_dip_rules_t *rules);
YB_CHECK yb_err_t yb_dip_read_op_kinds(FILE *file, const char *text, size_t len, const char *name,
                                       yb_file_report_t *report, yb_arena_t *arena, yb_dip_rules_t *rules);
/* Writes id code kind deviation rw aux score, in the order of the cases; a case that is in no disease has kind "none"
 * and neither weight nor score. YB_E_FILE_FORM: see the report; `out` then holds part of the rows. */
YB_CHECK yb_err_t yb_dip_score_file(const yb_dip_rules_t *rules, FILE *file, const char *text, size_t len,
                                    const char *name, yb_file_report_t *report, FILE *out, yb_dip_tally_t *ret_tally);

#endif
