#include "list_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/arena.h"
#include "libcommon/csv.h"

static const char *const file_names[3] = { "list-rules.csv", "list-codes.csv", "list-fields.csv" };

/* The rules with the memory they live in. */
typedef struct owned {
    yb_list_rules_t rules;
    yb_arena_t *arena;
} owned_t;

typedef struct reading {
    yb_arena_t *arena;
    yb_file_report_t *report;
    const char *file;
    yb_csv_t *csv;
    yb_csv_row_t row;
} reading_t;

enum { ROWS_MAX = 4000, RANGES_MAX = 1000 }; /* of a file; of a row */

#define FAULT(reading, column, ...)                                                                                \
    yb_file_report_add((reading)->report, true,                                                                    \
                       &(yb_file_place_t){ .file = (reading)->file, .line = (reading)->row.line, .at = (column) }, \
                       __VA_ARGS__)

/* ---- one field ---- */

/* In the arena, "" when empty. The column is there: yb_csv_header saw to it. */
static const char *text_of(reading_t *reading, const char *column)
{
    const yb_slice_t *field = &reading->row.fields[yb_csv_column(reading->csv, column)];
    return yb_arena_strndup(reading->arena, field->data, field->len);
}

static const char *required_text(reading_t *reading, const char *column, size_t max, bool *good)
{
    const char *text = text_of(reading, column);
    if (text[strspn(text, " ")] == '\0' || strlen(text) > max) {
        FAULT(reading, column, text[0] == '\0' ? "未填写；请补填" : "为空白或超过%zu字节", max);
        *good = false;
    }
    return text;
}

/* Index of the word in the table; `otherwise` with a finding when it is none. */
static int word_of(reading_t *reading, const char *column, const char *const *words, int count, bool *good)
{
    const char *text = text_of(reading, column);
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    FAULT(reading, column, "“%.40s”不认识；请对照README.md", text);
    *good = false;
    return 0;
}

/* An empty `to` = no end. */
static yb_day_t day_of(reading_t *reading, const char *column, bool may_be_open, bool *good)
{
    const char *text = text_of(reading, column);
    yb_day_t day = YB_DAY_OPEN;
    if (text[0] == '\0' && may_be_open)
        return day;
    if (yb_day_parse(text, strlen(text), &day) != YB_OK || day >= YB_DAY_OPEN) {
        FAULT(reading, column, "日期“%.20s”不正确，须写成2020-01-01", text);
        *good = false;
    }
    return day;
}

static void period_of(reading_t *reading, yb_day_t *ret_from, yb_day_t *ret_to, bool *good)
{
    *ret_from = day_of(reading, "from", false, good);
    *ret_to = day_of(reading, "to", true, good);
    if (*good && *ret_from >= *ret_to) {
        FAULT(reading, "to", "起始日不早于终止日；终止日当天已不适用");
        *good = false;
    }
}

static const char *source_of(reading_t *reading, bool *good)
{
    const char *text = required_text(reading, "source", YB_LIST_SOURCE_MAX, good);
    if (strncmp(text, "assumed", 7) == 0 && (text[7] != ':' || text[8 + strspn(text + 8, " ")] == '\0')) {
        FAULT(reading, "source", "assumed后须有冒号和理由");
        *good = false;
    }
    return text;
}

static yb_list_rule_id_t rule_of(reading_t *reading, bool *good)
{
    yb_list_rule_id_t id = (yb_list_rule_id_t)0;
    const char *text = text_of(reading, "rule");
    if (!yb_list_rule_parse(text, &id)) {
        FAULT(reading, "rule", "没有规则“%.20s”；请对照docs/list-check.md", text);
        *good = false;
    }
    return id;
}

/* ---- list-rules.csv ---- */

static int64_t threshold_of(reading_t *reading, const char *column, bool takes, bool *good)
{
    const char *text = text_of(reading, column);
    int64_t value = 0;
    if (!takes && text[0] != '\0') {
        FAULT(reading, column, "该规则没有这个界限；请删去");
        *good = false;
    } else if (takes && (yb_decimal_parse(text, strlen(text), 0, &value) != YB_OK || value < 0 || value > 1000000)) {
        FAULT(reading, column, "该规则的界限须为0至1000000的整数");
        *good = false;
    }
    return value;
}

static bool read_rule(reading_t *reading, void *ret)
{
    static const char *const severities[] = { "hint", "warning", "error" };
    yb_list_rule_t *rule = ret;
    bool good = true;
    rule->line = (uint32_t)reading->row.line;
    rule->id = rule_of(reading, &good);
    rule->severity = (yb_list_severity_t)word_of(reading, "severity", severities, 3, &good);
    rule->name = required_text(reading, "name", YB_LIST_SOURCE_MAX, &good);
    rule->source = source_of(reading, &good);
    period_of(reading, &rule->from, &rule->to, &good);
    if (!good)
        return false;
    int takes = yb_list_rule_takes(rule->id);
    rule->low = threshold_of(reading, "low", (takes & YB_TAKES_LOW) != 0, &good);
    rule->high = threshold_of(reading, "high", (takes & YB_TAKES_HIGH) != 0, &good);
    if (good && (takes & YB_TAKES_LOW) != 0 && (takes & YB_TAKES_HIGH) != 0 && rule->low > rule->high) {
        FAULT(reading, "low", "下限大于上限");
        return false;
    }
    return good;
}

/* ---- list-codes.csv ---- */

/* Ranges with a blank between. */
static const yb_code_range_t *ranges_of(reading_t *reading, const char *column, size_t *ret_count, bool *good)
{
    const char *at = text_of(reading, column);
    size_t count = 0, cap = 1;
    for (const char *p = at; *p != '\0'; p++)
        cap += *p == ' ';
    yb_code_range_t *ranges = YB_NEW_ARRAY(reading->arena, yb_code_range_t, cap);
    if (cap > RANGES_MAX) {
        FAULT(reading, column, "编码过多（最多%d个）；请分成几行", RANGES_MAX);
        *good = false;
        at = "";
    }
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (len > 0 && !yb_code_range_parse(at, len, &ranges[count++])) {
            FAULT(reading, column, "“%.*s”不是编码或编码范围；应写成I25.2或V01-Y98，两端位数与形式相同",
                  (int)(len < 40 ? len : 40), at);
            *good = false;
        }
        at += len + (at[len] == ' ');
    }
    *ret_count = count;
    return ranges;
}

static bool read_code_list(reading_t *reading, void *ret)
{
    static const char *const parts[YB_CODE_PART_COUNT] = { "about", "needed", "unless" };
    yb_code_list_t *list = ret;
    bool good = true;
    list->line = (uint32_t)reading->row.line;
    list->rule = rule_of(reading, &good);
    list->part = (yb_code_part_t)word_of(reading, "part", parts, YB_CODE_PART_COUNT, &good);
    list->codes = ranges_of(reading, "codes", &list->code_count, &good);
    list->except = ranges_of(reading, "except", &list->except_count, &good);
    list->what = required_text(reading, "what", YB_LIST_SOURCE_MAX, &good);
    list->source = source_of(reading, &good);
    period_of(reading, &list->from, &list->to, &good);
    if (good && (yb_list_rule_takes(list->rule) & YB_TAKES_CODES) == 0) {
        FAULT(reading, "rule", "该规则没有编码表");
        good = false;
    }
    if (good && list->part != YB_CODES_ABOUT && (yb_list_rule_takes(list->rule) & YB_TAKES_PARTS) == 0) {
        FAULT(reading, "part", "该规则只有about");
        good = false;
    }
    if (good && list->code_count == 0) {
        FAULT(reading, "codes", "未填写；请补填");
        good = false;
    }
    return good;
}

/* ---- list-fields.csv ---- */

static const char *const needs[YB_NEED_COUNT] = {
    [YB_NEED_OPTIONAL] = "optional",           [YB_NEED_REQUIRED] = "required",
    [YB_NEED_INPATIENT] = "inpatient",         [YB_NEED_OUTPATIENT] = "outpatient",
    [YB_NEED_FROM_ONE_YEAR] = "from_one_year", [YB_NEED_INFANT] = "infant",
    [YB_NEED_TRANSFER] = "transfer",           [YB_NEED_READMISSION] = "readmission",
    [YB_NEED_ANAESTHESIA] = "anaesthesia",     [YB_NEED_ABSENT] = "absent",
};
static const char *const kinds[YB_LIST_KIND_COUNT] = { "text", "person", "day", "time", "number", "duration" };

/* "16,2": sixteen digits, two of them decimals; "30": characters; empty: not limited. */
static void length_of(reading_t *reading, yb_list_form_rule_t *form, bool *good)
{
    const char *text = text_of(reading, "len"), *comma = strchr(text, ',');
    int64_t len = 0, scale = 0;
    size_t first = comma != NULL ? (size_t)(comma - text) : strlen(text);
    bool reads = text[0] == '\0' || (yb_decimal_parse(text, first, 0, &len) == YB_OK && len > 0 && len < 10000);
    if (comma != NULL)
        reads = reads && form->kind == YB_LIST_NUMBER &&
                yb_decimal_parse(comma + 1, strlen(comma + 1), 0, &scale) == YB_OK && scale >= 0 && scale < len &&
                scale <= 6;
    if (!reads) {
        FAULT(reading, "len", "“%.20s”不是长度；字符写30，数值写16,2", text);
        *good = false;
    }
    form->len_max = (uint16_t)len;
    form->scale = (uint8_t)scale;
}

static bool read_field(reading_t *reading, void *ret)
{
    yb_list_form_rule_t *form = ret;
    bool good = true;
    const char *node = text_of(reading, "node"), *field = text_of(reading, "field"),
               *values = text_of(reading, "values");
    if (!yb_list_node_parse(node, &form->node)) {
        FAULT(reading, "node", "没有节点“%.40s”", node);
        return false;
    }
    int index = yb_list_field_find(form->node, field);
    if (index < 0) {
        FAULT(reading, "field", "节点%s没有字段“%.40s”", node, field);
        return false;
    }
    form->field = (uint16_t)index;
    form->line = (uint32_t)reading->row.line;
    form->need[YB_LIST_4101] = (yb_list_need_t)word_of(reading, "need_4101", needs, YB_NEED_COUNT, &good);
    form->need[YB_LIST_4101A] = (yb_list_need_t)word_of(reading, "need_4101a", needs, YB_NEED_COUNT, &good);
    form->kind = (yb_list_kind_t)word_of(reading, "kind", kinds, YB_LIST_KIND_COUNT, &good);
    form->values = values[0] != '\0' ? values : NULL;
    form->name = required_text(reading, "name", YB_LIST_SOURCE_MAX, &good);
    form->source = source_of(reading, &good);
    length_of(reading, form, &good);
    period_of(reading, &form->from, &form->to, &good);
    for (int i = 0; i < 2; i++)
        if (form->need[i] == YB_NEED_ANAESTHESIA && form->node != YB_NODE_OPRNINFO) {
            FAULT(reading, i == 0 ? "need_4101" : "need_4101a", "anaesthesia只用于节点oprninfo");
            good = false;
        }
    return good;
}

/* ---- a file ---- */

typedef struct table {
    const char *const *columns;
    size_t row_size;
    bool (*read)(reading_t *reading, void *ret);
} table_t;

static void csv_fault(reading_t *reading, const yb_csv_error_t *error)
{
    yb_file_report_add(reading->report, true,
                       &(yb_file_place_t){ .file = reading->file, .line = error->line, .at = error->column }, "%s",
                       error->reason);
}

/* Rows that read well, in the arena. */
static void *read_rows(reading_t *reading, const table_t *table, size_t *ret_count)
{
    yb_csv_error_t error = { 0 };
    char *rows = yb_arena_calloc(reading->arena, ROWS_MAX, table->row_size);
    size_t count = 0;
    *ret_count = 0;
    if (yb_csv_header(reading->csv, table->columns, &error) != YB_OK) {
        csv_fault(reading, &error);
        return rows;
    }
    for (yb_csv_result_t result; (result = yb_csv_next(reading->csv, &reading->row, &error)) != YB_CSV_END;) {
        if (result != YB_CSV_ROW) {
            csv_fault(reading, &error);
            if (result == YB_CSV_FAILED)
                break;
            continue;
        }
        if (count == ROWS_MAX) {
            FAULT(reading, "", "超过%d行", ROWS_MAX);
            break;
        }
        if (table->read(reading, rows + count * table->row_size))
            count++;
        else
            memset(rows + count * table->row_size, 0, table->row_size);
    }
    *ret_count = count;
    return rows;
}

/* ---- what the tables must hold together ---- */

static bool overlap(yb_day_t a_from, yb_day_t a_to, yb_day_t b_from, yb_day_t b_to)
{
    return a_from < b_to && b_from < a_to;
}

static bool has_codes(const yb_list_rules_t *rules, int id, int part)
{
    for (size_t i = 0; i < rules->code_list_count; i++)
        if ((int)rules->code_lists[i].rule == id && (int)rules->code_lists[i].part == part)
            return true;
    return false;
}

static void examine_rule(const yb_list_rules_t *rules, int id, yb_file_report_t *report)
{
    const char *name = yb_list_rule_name((yb_list_rule_id_t)id);
    int takes = yb_list_rule_takes((yb_list_rule_id_t)id);
    int parts = (takes & YB_TAKES_PARTS) != 0 ? YB_CODE_PART_COUNT : (takes & YB_TAKES_CODES) != 0 ? 1 : 0;
    bool has_row = false;
    for (size_t i = 0; i < rules->rule_count; i++)
        has_row = has_row || (int)rules->rules[i].id == id;
    if (!has_row)
        yb_file_report_add(report, true, &(yb_file_place_t){ .file = file_names[0], .at = "rule" },
                           "缺少规则%s；不再适用的也须保留并写明终止日", name);
    for (int part = 0; part < parts; part++)
        if (!has_codes(rules, id, part))
            yb_file_report_add(report, true, &(yb_file_place_t){ .file = file_names[1], .at = "rule" },
                               "规则%s没有编码", name);
}

static void examine_rules(const yb_list_rules_t *rules, yb_file_report_t *report)
{
    for (int id = 0; id < YB_LIST_RULE_COUNT; id++)
        examine_rule(rules, id, report);
    for (size_t i = 0; i < rules->rule_count; i++)
        for (size_t k = 0; k < i; k++) {
            const yb_list_rule_t *a = &rules->rules[k], *b = &rules->rules[i];
            if (a->id == b->id && overlap(a->from, a->to, b->from, b->to))
                yb_file_report_add(report, true,
                                   &(yb_file_place_t){ .file = file_names[0], .line = b->line, .at = "from" },
                                   "与第%u行适用期重叠", (unsigned)a->line);
        }
}

static bool is_described(const yb_list_rules_t *rules, yb_list_node_t node, size_t field)
{
    for (size_t i = 0; i < rules->field_count; i++)
        if (rules->fields[i].node == node && rules->fields[i].field == field)
            return true;
    return false;
}

static void examine_fields(const yb_list_rules_t *rules, yb_file_report_t *report)
{
    for (int node = 0; node < YB_NODE_COUNT; node++) {
        size_t count;
        const yb_list_field_t *fields = yb_list_fields((yb_list_node_t)node, &count);
        for (size_t i = 0; i < count; i++)
            if (!is_described(rules, (yb_list_node_t)node, i))
                yb_file_report_add(report, true, &(yb_file_place_t){ .file = file_names[2], .at = "field" },
                                   "缺少字段%s.%s", yb_list_node_name((yb_list_node_t)node), fields[i].name);
    }
    for (size_t i = 0; i < rules->field_count; i++) {
        const yb_list_form_rule_t *b = &rules->fields[i];
        if (i > 0 && b->node < rules->fields[i - 1].node)
            yb_file_report_add(report, true, &(yb_file_place_t){ .file = file_names[2], .line = b->line, .at = "node" },
                               "各节点的行须连在一起，按清单的节点顺序");
        for (size_t k = 0; k < i; k++) {
            const yb_list_form_rule_t *a = &rules->fields[k];
            if (a->node == b->node && a->field == b->field && overlap(a->from, a->to, b->from, b->to))
                yb_file_report_add(report, true,
                                   &(yb_file_place_t){ .file = file_names[2], .line = b->line, .at = "field" },
                                   "与第%u行重复", (unsigned)a->line);
        }
    }
}

/* ---- the door ---- */

static yb_err_t read_table(owned_t *owned, int which, const char *text, yb_file_report_t *report, void **ret_rows,
                           size_t *ret_count)
{
    static const char *const columns[3][12] = {
        { "rule", "severity", "low", "high", "from", "to", "name", "source", NULL },
        { "rule", "part", "codes", "except", "what", "from", "to", "source", NULL },
        { "node", "field", "name", "need_4101", "need_4101a", "kind", "len", "values", "from", "to", "source", NULL },
    };
    static const struct {
        size_t size;
        bool (*read)(reading_t *, void *);
    } rows[3] = { { sizeof(yb_list_rule_t), read_rule },
                  { sizeof(yb_code_list_t), read_code_list },
                  { sizeof(yb_list_form_rule_t), read_field } };
    table_t table = { columns[which], rows[which].size, rows[which].read };
    reading_t reading = { .arena = owned->arena, .report = report, .file = file_names[which] };
    reading.csv = yb_csv_create_memory(text, strlen(text));
    if (reading.csv == NULL)
        return YB_E_NO_MEMORY;
    *ret_rows = read_rows(&reading, &table, ret_count);
    yb_csv_destroy(&reading.csv);
    return YB_OK;
}

static yb_err_t parse(const char *const texts[3], yb_file_report_t *report, yb_list_rules_t **ret_rules)
{
    void *rows[3];
    size_t counts[3];
    yb_arena_t *arena = yb_arena_create(0);
    if (arena == NULL)
        return YB_E_NO_MEMORY;
    owned_t *owned = YB_NEW(arena, owned_t);
    owned->arena = arena;
    yb_list_rules_t *rules = &owned->rules;
    yb_err_t err = YB_OK;
    for (int i = 0; i < 3 && err == YB_OK; i++)
        err = read_table(owned, i, texts[i], report, &rows[i], &counts[i]);
    if (err == YB_OK) {
        *rules = (yb_list_rules_t){ rows[0], rows[1], rows[2], counts[0], counts[1], counts[2] };
        if (report->errors == 0) { /* else what is missing here may be only a row that did not read */
            examine_rules(rules, report);
            examine_fields(rules, report);
        }
        err = report->errors == 0 ? YB_OK : YB_E_FILE_FORM;
    }
    if (err != YB_OK)
        yb_list_rules_destroy(&rules);
    else
        *ret_rules = rules;
    return err;
}

yb_err_t yb_list_rules_parse(const char *const texts[3], yb_file_report_t *ret_report, yb_list_rules_t **ret_rules)
{
    memset(ret_report, 0, sizeof(*ret_report));
    return parse(texts, ret_report, ret_rules);
}

static yb_err_t digest(const char *const texts[3], uint8_t ret_digest[YB_SM3_SIZE])
{
    yb_sm3_t *sm3 = yb_sm3_create();
    if (sm3 == NULL)
        return YB_E_CRYPTO;
    for (int i = 0; i < 3; i++)
        yb_sm3_update(sm3, texts[i], strlen(texts[i]));
    yb_sm3_final(sm3, ret_digest);
    yb_sm3_destroy(&sm3);
    return YB_OK;
}

yb_err_t yb_list_rules_load(const char *dir, yb_file_report_t *ret_report, yb_list_rules_t **ret_rules,
                            uint8_t ret_digest[YB_SM3_SIZE])
{
    char *texts[3] = { NULL };
    yb_err_t err = YB_OK;
    memset(ret_report, 0, sizeof(*ret_report));
    for (int i = 0; i < 3; i++) {
        char path[4096];
        int n = snprintf(path, sizeof(path), "%s/%s", dir, file_names[i]);
        if (n > 0 && (size_t)n < sizeof(path))
            texts[i] = yb_file_report_text(ret_report, path, YB_LIST_FILE_MAX);
        if (texts[i] == NULL)
            err = YB_E_FILE_FORM;
    }
    if (err == YB_OK) {
        const char *const borrowed[3] = { texts[0], texts[1], texts[2] };
        uint8_t made[YB_SM3_SIZE];
        err = digest(borrowed, made);
        if (err == YB_OK)
            err = parse(borrowed, ret_report, ret_rules);
        if (err == YB_OK)
            memcpy(ret_digest, made, sizeof made);
    }
    for (int i = 0; i < 3; i++)
        free(texts[i]);
    return err;
}

void yb_list_rules_destroy(yb_list_rules_t **rules)
{
    if (rules == NULL || *rules == NULL)
        return;
    yb_arena_t *arena = ((owned_t *)(void *)*rules)->arena;
    yb_arena_destroy(&arena);
    *rules = NULL;
}
