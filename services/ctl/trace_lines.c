#include "services/ctl/trace_lines.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "libcommon/text.h"

bool yb_trace_is_id(const char *text)
{
    return strlen(text) == YB_TRACE_ID - 1 && strspn(text, "0123456789abcdef") == YB_TRACE_ID - 1;
}

bool yb_trace_has(const yb_trace_ids_t *ids, const char *id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->id[i], id) == 0)
            return true;
    return false;
}

bool yb_trace_add(yb_trace_ids_t *ids, const char *id)
{
    if (ids->count == YB_TRACE_IDS_MAX || yb_trace_has(ids, id))
        return false;
    yb_text_copy(ids->id[ids->count++], YB_TRACE_ID, id);
    return true;
}

bool yb_trace_parse(const char *text, yb_trace_line_t *ret)
{
    const char *begin = strchr(text, '{'), *time = NULL, *level = NULL, *service = NULL, *request = NULL,
               *message = NULL;
    if (begin == NULL || strstr(begin, "\"request\":\"") == NULL)
        return false;
    json_t *line = json_loads(begin, JSON_DISABLE_EOF_CHECK, NULL);
    bool good = line != NULL && json_unpack(line, "{s:s, s:s, s:s, s:s, s:s}", "time", &time, "level", &level,
                                            "service", &service, "request", &request, "message", &message) == 0;
    if (good) {
        yb_text_copy(ret->time, sizeof ret->time, time);
        yb_text_copy(ret->level, sizeof ret->level, level);
        yb_text_copy(ret->service, sizeof ret->service, service);
        yb_text_copy(ret->request, sizeof ret->request, request);
        yb_text_copy(ret->message, sizeof ret->message, message);
    }
    json_decref(line);
    return good;
}

void yb_trace_below(const yb_trace_line_t *line, char ret_id[YB_TRACE_ID])
{
    static const char mark[] = "asked below as ";
    const char *at = strstr(line->message, mark);
    ret_id[0] = '\0';
    if (at == NULL)
        return;
    yb_text_copy_n(ret_id, YB_TRACE_ID, at + sizeof mark - 1, YB_TRACE_ID - 1);
    if (!yb_trace_is_id(ret_id))
        ret_id[0] = '\0';
}

bool yb_trace_names(const yb_trace_line_t *line, const char *word)
{
    const size_t len = strlen(word);
    for (const char *at = strstr(line->message, word); at != NULL; at = strstr(at + 1, word)) {
        bool joined = (at > line->message && isgraph((unsigned char)at[-1])) || isgraph((unsigned char)at[len]);
        if (!joined)
            return true;
    }
    return false;
}
