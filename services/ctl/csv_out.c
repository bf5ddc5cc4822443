#include "services/ctl/csv_out.h"

#include <stdbool.h>
#include <string.h>

void yb_csv_out_text(FILE *out, const char *text)
{
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        fputc('"', out);
    if (text[0] != '\0' && strchr("=+-@", text[0]) != NULL)
        fputc('\'', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            fputc('"', out);
        fputc((unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c, out);
    }
    if (quoted)
        fputc('"', out);
}
