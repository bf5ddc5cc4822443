/* What a row of each CSV kind must look like (cases/README.md names the columns), and when two rows differ or
 * clash. Pure: the functions of yb_import_kind_t that need no database. */
#ifndef YB_IDENTITY_RULES_IMPORT_H
#define YB_IDENTITY_RULES_IMPORT_H

#include "services/identity/identity.h"

extern const yb_import_column_t yb_person_columns[7];
yb_import_record_t *yb_person_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_person_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);
bool yb_person_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
/* key and group of a person read from the database. */
void yb_person_label(yb_person_t *person, yb_arena_t *arena);

extern const yb_import_column_t yb_institution_columns[9];
yb_import_record_t *yb_institution_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_institution_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);

extern const yb_import_column_t yb_item_columns[8];
yb_import_record_t *yb_item_parse(yb_import_page_t *page, yb_import_row_t *row);
const char *yb_item_differs(const yb_import_record_t *old, const yb_import_record_t *fresh);
bool yb_item_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
void yb_item_label(yb_item_t *item, yb_arena_t *arena);

#endif
