#include "report.h"

#include <stdio.h>
#include <string.h>
#include "libcommon/text.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void yb_pay_report_vadd(yb_pay_report_t *report, bool is_error, const yb_pay_place_t *place, const char *fmt,
                        va_list args)
{
    char text[512];
    yb_pay_finding_t finding = { .is_error = is_error, .line = place->line, .column = place->column };
    report->errors += is_error;
    if (report->count == YB_PAY_FINDINGS_MAX) {
        report->left_out++;
        return;
    }
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    yb_text_copy(finding.text, sizeof(finding.text), text);
    yb_text_copy(finding.file, sizeof(finding.file), base_name(place->file));
    yb_text_copy(finding.at, sizeof(finding.at), place->at != NULL ? place->at : "");
    size_t at = report->count++;
    for (; at > 0 && strcmp(report->findings[at - 1].file, finding.file) == 0 &&
           report->findings[at - 1].line > finding.line;
         at--)
        report->findings[at] = report->findings[at - 1];
    report->findings[at] = finding;
}

void yb_pay_report_add(yb_pay_report_t *report, bool is_error, const yb_pay_place_t *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    yb_pay_report_vadd(report, is_error, place, fmt, args);
    va_end(args);
}
