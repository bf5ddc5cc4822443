#include "services/drg/scheme/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/text.h"

const char *yb_scheme_rule_name(yb_scheme_rule_t rule)
{
    static const char *const names[] = {
#define X(sym, name) name,
        YB_SCHEME_RULES(X)
#undef X
    };
    YB_ASSERT(rule < YB_SCHEME_RULE_COUNT);
    return names[rule];
}

yb_scheme_report_t yb_scheme_report_create(size_t max_per_rule)
{
    return (yb_scheme_report_t){ .max_per_rule = max_per_rule > 0 ? max_per_rule : YB_SCHEME_FINDINGS_PER_RULE };
}

void yb_scheme_report_clear(yb_scheme_report_t *report)
{
    if (report == NULL)
        return;
    free(report->findings);
    *report = yb_scheme_report_create(report->max_per_rule);
}

static yb_scheme_finding_t *finding_new(yb_scheme_report_t *report)
{
    if (report->count == report->capacity) {
        report->capacity = report->capacity == 0 ? 32 : report->capacity * 2;
        report->findings = realloc(report->findings, report->capacity * sizeof *report->findings);
        YB_ASSERT(report->findings != NULL);
    }
    return &report->findings[report->count++];
}

void yb_scheme_report_add(yb_scheme_report_t *report, yb_scheme_rule_t rule, yb_scheme_severity_t severity,
                          const char *file, uint64_t line, const char *column, const char *fmt, ...)
{
    report->by_severity[severity]++;
    if (report->counts[rule]++ >= report->max_per_rule)
        return;
    yb_scheme_finding_t *f = finding_new(report);
    *f = (yb_scheme_finding_t){ .rule = rule, .severity = severity, .line = line };
    yb_text_copy(f->file, sizeof f->file, file);
    yb_text_copy(f->column, sizeof f->column, column);
    char text[sizeof f->text + 1]; /* one byte more: the cut must see what follows */
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    yb_text_copy(f->text, sizeof f->text, text);
}

char *yb_scheme_report_first_error(const yb_scheme_report_t *report, char *buf, size_t cap)
{
    buf[0] = '\0';
    for (size_t i = 0; i < report->count; i++) {
        const yb_scheme_finding_t *f = &report->findings[i];
        if (f->severity != YB_SCHEME_ERROR)
            continue;
        snprintf(buf, cap, "%s:%" PRIu64 ": %s%s%s%s", f->file, f->line, f->column[0] != '\0' ? "column " : "",
                 f->column, f->column[0] != '\0' ? ": " : "", f->text);
        break;
    }
    return buf;
}
