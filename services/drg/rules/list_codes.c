#include "services/drg/rules/list_codes.h"

#include <string.h>
#include "libcommon/err.h"

bool yb_list_code_packs(const char *code)
{
    for (const char *c = code; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return code[0] != '\0';
}

char *yb_list_codes_pack(const char *const *codes, size_t count, yb_arena_t *arena)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        YB_ASSERT(yb_list_code_packs(codes[i]));
        len += strlen(codes[i]) + 1;
    }
    char *text = yb_arena_alloc(arena, len + 1), *to = text;
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(codes[i]);
        if (i > 0)
            *to++ = ' ';
        memcpy(to, codes[i], n);
        to += n;
    }
    *to = '\0';
    return text;
}

const char **yb_list_codes_split(const char *text, yb_arena_t *arena, size_t *ret_count)
{
    size_t count = text[0] != '\0';
    for (const char *c = text; *c != '\0'; c++)
        count += *c == ' ';
    const char **codes = YB_NEW_ARRAY(arena, const char *, count + 1);
    char *rest = yb_arena_strdup(arena, text);
    if (codes == NULL || rest == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        codes[i] = strsep(&rest, " ");
    *ret_count = count;
    return codes;
}
