#include "services/ctl/findings.h"

#include <inttypes.h>

#include "services/ctl/console.h"

static void print_one(const char *part, const Yibao__Settlement__AuditFinding *f, FILE *out)
{
    const struct {
        const char *before, *text;
    } pieces[] = {
        { "finding: ", part },
        { part != NULL ? ": " : "", f->what },
        { " at ", f->where },
        { ": expected ", f->expected },
        { ", found ", f->found },
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (i > 1 && (pieces[i].text == NULL || pieces[i].text[0] == '\0'))
            continue;
        fputs(pieces[i].before, out);
        yb_print_clean(out, pieces[i].text != NULL ? pieces[i].text : "");
    }
    fputc('\n', out);
}

void yb_findings_print(yb_findings_t *findings, const char *part,
    Yibao__Settlement__AuditFinding *const *list, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (findings->count < YB_FINDINGS_SHOWN)
            print_one(part, list[i], out);
        findings->count++;
    }
}

void yb_findings_end(const yb_findings_t *findings, FILE *out)
{
    if (findings->count > YB_FINDINGS_SHOWN)
        fprintf(out, "… and %" PRIu64 " more findings\n", findings->count - YB_FINDINGS_SHOWN);
}

void yb_file_report_print(const yb_file_report_t *report, FILE *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const yb_file_finding_t *f = &report->findings[i];
        yb_print_clean(out, f->file);
        fprintf(out, ":%" PRIu64 ": %s: ", f->line, f->is_error ? "error" : "warning");
        if (f->column > 0)
            fprintf(out, "column %" PRIu32 "%s", f->column, f->at[0] != '\0' ? " " : ": ");
        if (f->at[0] != '\0') {
            yb_print_clean(out, f->at);
            fputs(": ", out);
        }
        yb_print_clean(out, f->text);
        fputc('\n', out);
    }
    if (report->left_out > 0)
        fprintf(out, "… and %zu more findings\n", report->left_out);
}
