/* What a row of coverage, tags and chronic must look like (cases/README.md names the columns), and when two
 * differ or clash. Pure. */
#ifndef YB_ENROLLMENT_RULES_IMPORT_H
#define YB_ENROLLMENT_RULES_IMPORT_H

#include "services/enrollment/enrollment.h"

extern const yb_import_column_t yb_cover_columns[9];
yb_import_record_t *yb_cover_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_cover_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);
bool yb_cover_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
void yb_cover_label(yb_cover_t *cover, yb_arena_t *arena);
/* Opening balances: told once per person and scheme. `opened` (0 = none yet) is what stands or an earlier row
 * named. False = faulted: the row names another balance. A later cover of the same person may leave it out or
 * say 0. */
bool yb_cover_balance(yb_import_page_t *page, const yb_account_opening_t *opened, yb_cover_t *fresh);

extern const yb_import_column_t yb_tag_columns[4];
yb_import_record_t *yb_tag_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_tag_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);
bool yb_tag_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
void yb_tag_label(yb_tag_t *tag, yb_arena_t *arena);

extern const yb_import_column_t yb_filing_columns[6];
yb_import_record_t *yb_filing_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_filing_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);
bool yb_filing_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
void yb_filing_label(yb_filing_t *filing, yb_arena_t *arena);

#endif
