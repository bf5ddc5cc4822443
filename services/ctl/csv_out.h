/* CSV as spreadsheets read it. */
#ifndef CTL_CSV_OUT_H
#define CTL_CSV_OUT_H

#include <stdio.h>

#define YB_CSV_BOM "\xef\xbb\xbf"

/* A text: quoted where it must be, without control characters; one that a spreadsheet would take for a formula (= + -
 * @) gets an apostrophe before it. Numbers are printed as they are. */
void yb_csv_out_text(FILE *out, const char *text);

#endif
