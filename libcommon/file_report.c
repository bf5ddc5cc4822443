#include "file_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "text.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void yb_file_report_vadd(yb_file_report_t *report, bool is_error, const yb_file_place_t *place, const char *fmt,
                         va_list args)
{
    char text[512];
    yb_file_finding_t finding = { .is_error = is_error, .line = place->line, .column = place->column };
    report->errors += is_error;
    report->warnings += !is_error;
    if (report->count == YB_FILE_FINDINGS_MAX) {
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

void yb_file_report_add(yb_file_report_t *report, bool is_error, const yb_file_place_t *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    yb_file_report_vadd(report, is_error, place, fmt, args);
    va_end(args);
}

void yb_file_report_unread(yb_file_report_t *report, const char *path, yb_err_t err)
{
    const yb_file_place_t place = { .file = path };
    if (err == YB_E_TOO_LARGE)
        yb_file_report_add(report, true, &place, "文件过大，请核对是否为该文件");
    else
        yb_file_report_add(report, true, &place, "文件无法读取（%s），请核对路径与权限",
                           err == YB_E_IO ? strerror(errno) : yb_err_text(err));
}

char *yb_file_report_text(yb_file_report_t *report, const char *path, size_t max)
{
    char *text = NULL;
    size_t len = 0;
    yb_err_t err = yb_file_read(path, max, &text, &len);
    if (err != YB_OK) {
        yb_file_report_unread(report, path, err);
        return NULL;
    }
    if (yb_utf8_valid(text, len) && memchr(text, '\0', len) == NULL)
        return text;
    yb_file_report_add(report, true, &(yb_file_place_t){ .file = path }, "含有无效字符，文件须为UTF-8编码");
    free(text);
    return NULL;
}
