/* Grouping schemes as commands name them: a folder of tables, a compiled file, or the name of an imported one. */
#ifndef CTL_SCHEMES_H
#define CTL_SCHEMES_H

#include <stdio.h>

#include "services/ctl/args.h"
#include "services/drg/scheme/compile.h"
#include "services/drg/scheme/registry.h"

/* Prints the findings that are kept, "FILE:LINE: warning: rule: column c: text". */
void yb_scheme_findings_print(const yb_scheme_report_t *report, FILE *out);
/* NULL: it was said on stderr. The caller destroys the scheme. */
yb_scheme_t *yb_scheme_named(const yb_args_t *args, const char *dir_or_name);
/* All imported ones. NULL: it was said on stderr. The caller destroys the set. */
yb_scheme_set_t *yb_schemes_imported(const yb_args_t *args);

#endif
