/* YAML nodes to checked values. */
#include <stdio.h>
#include <string.h>
#include "libcommon/text.h"
#include "services/drg/plan/plan_impl.h"

void yb_plan_fault(yb_plan_reading_t *reading, bool is_error, uint64_t line, const char *at, const char *fmt, ...)
{
    const yb_file_place_t place = { .file = reading->file, .at = at, .line = line };
    va_list args;
    va_start(args, fmt);
    yb_file_report_vadd(reading->report, is_error, &place, fmt, args);
    va_end(args);
}

const char *yb_plan_clip(const char *text, char buf[YB_PLAN_KEY_MAX])
{
    yb_text_copy(buf, YB_PLAN_KEY_MAX, text);
    return buf;
}

uint64_t yb_node_line(const yaml_node_t *node) { return (uint64_t)node->start_mark.line + 1; }

const yaml_node_t *yb_node_at(const yb_plan_reading_t *reading, int index)
{
    return yaml_document_get_node(reading->doc, index);
}

const char *yb_node_text(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    if (node->type != YAML_SCALAR_NODE) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "应为单个值，不能是列表或多层内容");
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length || !yb_utf8_valid(text, node->data.scalar.length)) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "含有无效字符，文件须为UTF-8编码");
        return NULL;
    }
    return text;
}

bool yb_node_code(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, char ret[YB_PLAN_TEXT])
{
    char seen[YB_PLAN_KEY_MAX];
    const char *text = yb_node_text(reading, node, at);
    if (text == NULL)
        return false;
    size_t len = strlen(text);
    bool clean = len > 0 && len < YB_PLAN_TEXT;
    for (size_t i = 0; i < len; i++)
        clean = clean && (unsigned char)text[i] > ' ' && text[i] != 0x7f;
    if (!clean) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "“%s”不能用作编码或名称：须为1至%d字节，不含空格",
                      yb_plan_clip(text, seen), YB_PLAN_TEXT - 1);
        return false;
    }
    yb_text_copy(ret, YB_PLAN_TEXT, text);
    return true;
}

bool yb_node_number(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int scale, int64_t min,
                    int64_t max, int64_t *ret)
{
    char seen[YB_PLAN_KEY_MAX], low[YB_DECIMAL_TEXT], high[YB_DECIMAL_TEXT];
    const char *text = yb_node_text(reading, node, at);
    if (text == NULL)
        return false;
    if (yb_decimal_parse(text, strlen(text), scale, ret) == YB_OK && *ret >= min && *ret <= max)
        return true;
    YB_PLAN_ERROR(reading, yb_node_line(node), at, "“%s”不能用：应为%s至%s之间、最多%d位小数的数，如\"1.5\"",
                  yb_plan_clip(text, seen), yb_decimal_format(min, scale, low), yb_decimal_format(max, scale, high),
                  scale);
    return false;
}

bool yb_node_ppm(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_ppm_t *ret)
{
    int64_t value;
    if (!yb_node_number(reading, node, at, 6, 0, YB_PPM_ONE, &value))
        return false;
    *ret = (yb_ppm_t)value;
    return true;
}

bool yb_node_word(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *const *words,
                  size_t count, size_t *ret)
{
    char seen[YB_PLAN_KEY_MAX], known[256] = "";
    const char *text = yb_node_text(reading, node, at);
    if (text == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i;
            return true;
        }
        size_t len = strlen(known);
        snprintf(known + len, sizeof(known) - len, "%s%s", i > 0 ? "、" : "", words[i]);
    }
    YB_PLAN_ERROR(reading, yb_node_line(node), at, "“%s”不认识，应为：%s", yb_plan_clip(text, seen), known);
    return false;
}

int yb_node_list(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int max)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "应为列表，写成[…, …]");
        return -1;
    }
    long count = node->data.sequence.items.top - node->data.sequence.items.start;
    if (count > max) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "共%ld项，最多%d项", count, max);
        return -1;
    }
    return (int)count;
}

const yaml_node_t *yb_node_item(const yb_plan_reading_t *reading, const yaml_node_t *node, int i)
{
    return yb_node_at(reading, node->data.sequence.items.start[i]);
}

int yb_node_pairs(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int max)
{
    if (node->type != YAML_MAPPING_NODE) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "应写成“名称: 值”的形式");
        return -1;
    }
    long count = node->data.mapping.pairs.top - node->data.mapping.pairs.start;
    if (count > max) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "共%ld项，最多%d项", count, max);
        return -1;
    }
    return (int)count;
}

void yb_node_pair(const yb_plan_reading_t *reading, const yaml_node_t *node, int i, const yaml_node_t **ret_key,
                  const yaml_node_t **ret_value)
{
    *ret_key = yb_node_at(reading, node->data.mapping.pairs.start[i].key);
    *ret_value = yb_node_at(reading, node->data.mapping.pairs.start[i].value);
}

bool yb_node_repeats(yb_plan_reading_t *reading, const yaml_node_t *node, int i, const char *at)
{
    char seen[YB_PLAN_KEY_MAX];
    const yaml_node_t *key, *value, *other;
    yb_node_pair(reading, node, i, &key, &value);
    for (int j = 0; j < i && key->type == YAML_SCALAR_NODE; j++) {
        yb_node_pair(reading, node, j, &other, &value);
        if (other->type != YAML_SCALAR_NODE ||
            strcmp((const char *)other->data.scalar.value, (const char *)key->data.scalar.value) != 0)
            continue;
        YB_PLAN_ERROR(reading, yb_node_line(key), at, "“%s”重复，第%d行已写过",
                      yb_plan_clip((const char *)key->data.scalar.value, seen), (int)yb_node_line(other));
        return true;
    }
    return false;
}

static int name_index(const char *const *names, const char *text)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

bool yb_node_fields(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *const *names,
                    size_t required, const yaml_node_t **ret)
{
    char seen[YB_PLAN_KEY_MAX];
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_KEYS_MAX);
    bool good = count >= 0;
    for (size_t i = 0; names[i] != NULL; i++)
        ret[i] = NULL;
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        const char *text = yb_node_text(reading, key, at);
        int which = text != NULL ? name_index(names, text) : -1;
        if (which >= 0 && ret[which] == NULL) {
            ret[which] = value;
            continue;
        }
        good = false;
        if (text != NULL)
            YB_PLAN_ERROR(reading, yb_node_line(key), at, "“%s”%s", yb_plan_clip(text, seen),
                          which >= 0 ? "重复" : "不认识");
    }
    for (size_t i = 0; good && i < required; i++)
        if (ret[i] == NULL) {
            YB_PLAN_ERROR(reading, yb_node_line(node), at, "缺少%s", names[i]);
            good = false;
        }
    return good;
}
