/* What commands find, printed the same way by all: audit and recompute in the books, others in the files they read. */
#ifndef CTL_FINDINGS_H
#define CTL_FINDINGS_H

#include <stdint.h>
#include <stdio.h>
#include "libcommon/file_report.h"
#include "proto/settlement.pb-c.h"

#define YB_FINDINGS_SHOWN 100

typedef struct yb_findings {
    uint64_t count; /* all; the first YB_FINDINGS_SHOWN are printed */
} yb_findings_t;

/* "finding: WHAT at WHERE: expected …, found …". `part` NULL = none. */
void yb_findings_print(yb_findings_t *findings, const char *part,
    Yibao__Settlement__AuditFinding *const *list, size_t count, FILE *out);
/* Says how many were not printed. */
void yb_findings_end(const yb_findings_t *findings, FILE *out);

/* "FILE:LINE: error: column 3 fee: …", a line each. */
void yb_file_report_print(const yb_file_report_t *report, FILE *out);

#endif
