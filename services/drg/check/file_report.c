#include "file_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/text.h"

void yb_file_find(yb_file_report_t *report, bool is_error, const char *file, uint64_t line, const char *column,
                  const char *fmt, ...)
{
    report->errors += is_error;
    report->warnings += !is_error;
    if (report->count == YB_FILE_FINDINGS_MAX)
        return;
    yb_file_finding_t *finding = &report->findings[report->count++];
    *finding = (yb_file_finding_t){ .file = file, .line = line, .is_error = is_error };
    yb_text_copy(finding->column, sizeof(finding->column), column);
    char text[2 * sizeof(finding->text)]; /* the cut below must see what follows */
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    yb_text_copy(finding->text, sizeof(finding->text), text);
}

static char *read_open(FILE *stream, size_t max, size_t *ret_len)
{
    char *text = malloc(max + 2); /* one byte more than allowed, to see that there is more, and the NUL */
    if (text == NULL)
        return NULL;
    size_t len = fread(text, 1, max + 1, stream);
    if (ferror(stream)) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

char *yb_file_read(yb_file_report_t *report, const char *path, const char *file, size_t max, size_t *ret_len)
{
    FILE *stream = fopen(path, "rb");
    size_t len = 0;
    char *text = stream != NULL ? read_open(stream, max, &len) : NULL;
    const char *fault = NULL;
    if (stream != NULL)
        fclose(stream);
    if (text == NULL)
        fault = "文件无法读取，请核对路径与权限";
    else if (len > max)
        fault = "文件过大，请核对是否为该文件";
    else if (!yb_utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
        fault = "含有无效字符，文件须为UTF-8编码";
    if (fault != NULL) {
        yb_file_find(report, true, file, 0, "", "%s", fault);
        free(text);
        return NULL;
    }
    *ret_len = len;
    return text;
}
