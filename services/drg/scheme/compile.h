/* The tables of a scheme to one block (rules/scheme.h). Where the tables leave room:
 *   - several rows of mdc.tsv for one MDC, of adrg.tsv for one ADRG, of drg.tsv for one DRG are alternatives in order;
 *   - an ADRG that two MDCs name is tried in each with the rows that carry the MDC's name, or with all if none does;
 *   - an alternative X_n looks for a list under its own name, then under X; drg.tsv may name either; a QY row before X
 *     stands before the first X_n when the MDC has no X itself;
 *   - of several rows of severity.tsv or exclusion.tsv for one code the last one counts;
 *   - a DRG that drg.tsv has no row for never holds. */
#ifndef DRG_SCHEME_COMPILE_H
#define DRG_SCHEME_COMPILE_H

#include "services/drg/scheme/image.h"
#include "services/drg/scheme/table.h"

/* about->tables_digest may be NULL: the tables' own. YB_E_FILE_FORM: the report says what is wrong; YB_E_NO_MEMORY,
 * YB_E_TOO_LARGE. The caller owns *ret_scheme. */
YB_CHECK yb_err_t yb_scheme_compile(const yb_scheme_tables_t *tables, const yb_scheme_about_t *about,
                                    yb_scheme_report_t *report, yb_scheme_t **ret_scheme);
/* Reads a folder and compiles it, for use without import: named after the folder, no area. Also YB_E_IO. */
YB_CHECK yb_err_t yb_scheme_compile_folder(const char *dir, yb_scheme_report_t *report, yb_scheme_t **ret_scheme);

/* "AH1_2" -> "AH1": what an ADRG is printed as. Returns the length of that part of `name`. */
size_t yb_adrg_printed_len(const char *name);
/* The next of the comma-separated names at *at, spaces around it passed over, empty ones skipped. False: no more. */
bool yb_names_next(const char **at, yb_slice_t *ret_name);
/* Rows [*ret_first, return) of a table sorted by `cell` (adrg by name, drg by DRG) whose cell is `name`. */
size_t yb_scheme_rows_named(const yb_scheme_table_t *table, size_t cell, const char *name, size_t *ret_first);

#endif
