/* What was found in the tables of a scheme: faults that make them unusable, and rows that do not do what they seem
 * to. Each names file, line and column; texts are Chinese, for the people who write the tables. */
#ifndef DRG_SCHEME_REPORT_H
#define DRG_SCHEME_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/err.h"

typedef enum yb_scheme_severity { YB_SCHEME_NOTE, YB_SCHEME_WARNING, YB_SCHEME_ERROR } yb_scheme_severity_t;

/* X(symbol, name for --help and scripts) — the kind of a finding */
#define YB_SCHEME_RULES(X)                                                                         \
    X(FORM, "form")                         /* a table cannot be read: the only errors */          \
    X(DX_OUTSIDE_MDC, "dx-outside-mdc")     /* principal dx of an ADRG, not in its MDC */          \
    X(NO_MEDICAL_GROUP, "no-medical-group") /* dx of an MDC in no diagnosis list of its ADRGs */   \
    X(SURGICAL_ONLY, "surgical-only")       /* dx of an MDC in lists of its surgical ADRGs only */ \
    X(NEVER, "never")                       /* a condition nothing can fulfil */                   \
    X(SHADOWED, "shadowed")                 /* rows before take every case */                      \
    X(NOT_TRIED, "not-tried")               /* no row leads to it */                               \
    X(NAME_UNKNOWN, "name-unknown")         /* names what no table has */                          \
    X(LIST_EMPTY, "list-empty")             /* a condition names an empty or unknown list */       \
    X(LIST_UNUSED, "list-unused")           /* no condition names it */                            \
    X(CODE_UNKNOWN, "code-unknown")         /* not in the ICD tables */                            \
    X(DUPLICATE, "duplicate")               /* the same row twice, or twice with other values */   \
    X(EXCLUSION, "exclusion")               /* an exclusion table with only one side */            \
    X(HIV_PRINCIPAL, "hiv-principal-only")  /* DRG.md §3.1 step 3 */                              \
    X(NEWBORN_BOUNDS, "newborn-bounds")     /* DRG.md §3.1 step 2 */                              \
    X(OPEN_END, "open-end")                 /* an ADRG whose last DRG has a condition */           \
    X(OVERLAP, "overlap")                   /* two ADRGs of an MDC share codes: the first wins */

typedef enum yb_scheme_rule {
#define X(sym, name) YB_RULE_##sym,
    YB_SCHEME_RULES(X)
#undef X
        YB_SCHEME_RULE_COUNT,
} yb_scheme_rule_t;
const char *yb_scheme_rule_name(yb_scheme_rule_t rule);

#define YB_SCHEME_FINDING_TEXT_MAX 384
typedef struct yb_scheme_finding {
    yb_scheme_rule_t rule;
    yb_scheme_severity_t severity;
    uint64_t line;                         /* of the file, from 1; 0 = the file as a whole */
    char file[24];                         /* "adrg.tsv" */
    char column[24];                       /* "" = the whole row */
    char text[YB_SCHEME_FINDING_TEXT_MAX]; /* the fault and the remedy */
} yb_scheme_finding_t;

/* Grows; of each rule the first `max_per_rule` are kept, the others counted. */
typedef struct yb_scheme_report {
    yb_scheme_finding_t *findings;
    size_t count, capacity, max_per_rule;
    size_t counts[YB_SCHEME_RULE_COUNT]; /* all, also those not kept */
    size_t by_severity[YB_SCHEME_ERROR + 1];
} yb_scheme_report_t;

#define YB_SCHEME_FINDINGS_PER_RULE 100
/* `max_per_rule` 0 = YB_SCHEME_FINDINGS_PER_RULE. */
yb_scheme_report_t yb_scheme_report_create(size_t max_per_rule);
/* Frees what it holds. NULL-safe. */
void yb_scheme_report_clear(yb_scheme_report_t *report);
void yb_scheme_report_add(yb_scheme_report_t *report, yb_scheme_rule_t rule, yb_scheme_severity_t severity,
                          const char *file, uint64_t line, const char *column, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
/* The first error as "file:line: column c: text" in `buf`; "" when there is none. Returns buf. */
char *yb_scheme_report_first_error(const yb_scheme_report_t *report, char *buf, size_t cap);

#endif
