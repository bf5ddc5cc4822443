#include "libcommon/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/day.h"
#include "libcommon/money.h"
#include "libcommon/text.h"

typedef struct yb_import_group {
    const char *name;
    yb_import_record_t *first;
    UT_hash_handle hh;
} yb_import_group_t;

/* ---- faults ---- */

static void fault(yb_import_page_t *page, uint64_t line, bool *bad, const char *column, const char *reason)
{
    yb_import_tally_t *tally = page->tally;
    if (!*bad)
        tally->failed++;
    *bad = true;
    if (tally->error_count == YB_IMPORT_ERRORS_MAX)
        return;
    Yibao__Identity__RowError *e = YB_NEW(page->arena, Yibao__Identity__RowError);
    yibao__identity__row_error__init(e);
    e->line = line;
    e->column = yb_arena_strdup(page->arena, column != NULL ? column : "");
    e->reason = yb_arena_strdup(page->arena, reason);
    tally->errors[tally->error_count++] = e;
}

void yb_import_fault(yb_import_page_t *page, yb_import_row_t *row, const char *column, const char *fmt, ...)
{
    char reason[YB_REFUSAL_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    reason[yb_utf8_cut(reason, strlen(reason), sizeof reason - 4)] = '\0';
    fault(page, row->line, &row->bad, column, reason);
}

void yb_import_record_fault(yb_import_page_t *page, yb_import_record_t *record, const char *column,
                            const char *fmt, ...)
{
    char reason[YB_REFUSAL_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    reason[yb_utf8_cut(reason, strlen(reason), sizeof reason - 4)] = '\0';
    fault(page, record->line, &record->bad, column, reason);
    if (record->row != NULL)
        record->row->bad = true;
}

void yb_import_refused(yb_import_page_t *page, yb_import_row_t *row, const yb_refusal_t *refusal)
{
    fault(page, row->line, &row->bad, refusal->field, refusal->text);
}

/* ---- cells ---- */

static const char *column_name(const yb_import_page_t *page, size_t column)
{
    YB_ASSERT(column < page->kind->column_count);
    return page->kind->columns[column].name;
}

const char *yb_import_text(yb_import_page_t *page, yb_import_row_t *row, size_t column, size_t max_chars,
                           bool required)
{
    const char *cell = row->cells[column], *name = column_name(page, column);
    const size_t len = strlen(cell);
    if (len == 0 && required) {
        yb_import_fault(page, row, name, "为空，请填写");
        return NULL;
    }
    if (len > YB_IMPORT_CELL_MAX || !yb_utf8_valid(cell, len)) {
        yb_import_fault(page, row, name, "过长或不是 UTF-8 文本，请检查文件编码");
        return NULL;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)cell[i] < 0x20 || cell[i] == 0x7f) {
            yb_import_fault(page, row, name, "第 %zu 字节是控制字符，请删除", i + 1);
            return NULL;
        }
    if (yb_utf8_chars(cell, len) > max_chars) {
        yb_import_fault(page, row, name, "共 %zu 个字符，最多 %zu 个", yb_utf8_chars(cell, len), max_chars);
        return NULL;
    }
    return cell;
}

const char *yb_import_choice(yb_import_page_t *page, yb_import_row_t *row, size_t column,
                             const char *const *allowed, bool required)
{
    const char *cell = row->cells[column];
    if (cell[0] == '\0' && !required)
        return cell;
    for (const char *const *a = allowed; *a != NULL; a++)
        if (strcmp(cell, *a) == 0)
            return *a;
    char list[160] = "";
    size_t at = 0;
    for (const char *const *a = allowed; *a != NULL && at < sizeof list - 1; a++)
        at += yb_text_copy(list + at, sizeof list - at,
                           a == allowed ? *a : yb_arena_printf(page->arena, "、%s", *a));
    yb_import_fault(page, row, column_name(page, column), "“%.40s”不在字典范围内，可填：%s", cell, list);
    return NULL;
}

static bool day_cell(yb_import_page_t *page, yb_import_row_t *row, size_t column, yb_day_t *ret_day)
{
    const char *cell = row->cells[column];
    if (yb_day_parse(cell, strlen(cell), ret_day) == YB_OK)
        return true;
    yb_import_fault(page, row, column_name(page, column), "“%.40s”不是日期，应为 yyyy-MM-dd，如 2025-01-01",
                    cell);
    return false;
}

bool yb_import_span(yb_import_page_t *page, yb_import_row_t *row, size_t begin_column, size_t end_column,
                    yb_day_t *ret_from, yb_day_t *ret_to)
{
    yb_day_t from = 0, last = YB_DAY_OPEN;
    if (row->cells[begin_column][0] == '\0') {
        yb_import_fault(page, row, column_name(page, begin_column), "为空，请填写开始日期");
        return false;
    }
    if (!day_cell(page, row, begin_column, &from))
        return false;
    if (row->cells[end_column][0] != '\0' && !day_cell(page, row, end_column, &last))
        return false;
    if (last < from) {
        yb_import_fault(page, row, column_name(page, end_column), "早于开始日期，请更正");
        return false;
    }
    *ret_from = from;
    *ret_to = yb_day_next(last);
    return true;
}

bool yb_import_decimal(yb_import_page_t *page, yb_import_row_t *row, size_t column, int scale, int64_t min,
                       int64_t max, int64_t empty, int64_t *ret_value)
{
    const char *cell = row->cells[column], *name = column_name(page, column);
    if (cell[0] == '\0') {
        *ret_value = empty;
        return true;
    }
    int64_t value = 0;
    yb_err_t err = yb_decimal_parse(cell, strlen(cell), scale, &value);
    char low[YB_DECIMAL_TEXT], high[YB_DECIMAL_TEXT];
    if (err == YB_E_FIELD_TYPE)
        yb_import_fault(page, row, name, "“%.40s”不是数字", cell);
    else if (err != YB_OK)
        yb_import_fault(page, row, name, "“%.40s”数值过大，或小数超过 %d 位", cell, scale);
    else if (value < min || value > max)
        yb_import_fault(page, row, name, "“%.40s”超出取值范围 %s 至 %s", cell,
                        yb_decimal_format(min, scale, low), yb_decimal_format(max, scale, high));
    else {
        *ret_value = value;
        return true;
    }
    return false;
}

char *yb_import_span_text(yb_day_t from, yb_day_t to, char buf[YB_SPAN_TEXT])
{
    char a[YB_TIME_TEXT], b[YB_TIME_TEXT];
    if (to == YB_DAY_OPEN)
        snprintf(buf, YB_SPAN_TEXT, "%s 起", yb_day_format(from, a));
    else
        snprintf(buf, YB_SPAN_TEXT, "%s 至 %s", yb_day_format(from, a), yb_day_format(yb_day_add(to, -1), b));
    return buf;
}

/* Cells without the spaces around them (also the ideographic one); the file's cells stay as they are. */
static const char *trimmed(yb_arena_t *arena, const char *cell)
{
    static const char wide[] = "\xe3\x80\x80";
    size_t from = 0, to = strlen(cell);
    for (;;) {
        if (from < to && (cell[from] == ' ' || cell[from] == '\t'))
            from++;
        else if (to - from >= 3 && memcmp(cell + from, wide, 3) == 0)
            from += 3;
        else
            break;
    }
    for (;;) {
        if (to > from && (cell[to - 1] == ' ' || cell[to - 1] == '\t'))
            to--;
        else if (to - from >= 3 && memcmp(cell + to - 3, wide, 3) == 0)
            to -= 3;
        else
            break;
    }
    return cell[to] == '\0' ? cell + from : yb_arena_strndup(arena, cell + from, to - from);
}

/* Where each column of the kind stands in the request; SIZE_MAX = not there. */
static yb_err_t map_columns(const yb_import_kind_t *kind, const Yibao__Identity__ImportRowsRequest *req,
                            size_t map[], yb_refusal_t *ret)
{
    YB_ASSERT(kind->column_count <= YB_IMPORT_COLUMNS_MAX);
    for (size_t c = 0; c < kind->column_count; c++) {
        const char *name = kind->columns[c].name;
        map[c] = SIZE_MAX;
        for (size_t i = 0; i < req->n_columns; i++) {
            if (strcmp(req->columns[i], name) != 0)
                continue;
            if (map[c] != SIZE_MAX)
                return yb_refuse(ret, YB_E_FILE_FORM, name, "列“%s”出现两次，请只留一列", name);
            map[c] = i;
        }
        if (map[c] == SIZE_MAX && kind->columns[c].required)
            return yb_refuse(ret, YB_E_FILE_FORM, name, "文件缺少必需的列“%s”，请补上", name);
    }
    return YB_OK;
}

yb_err_t yb_import_cells(yb_import_page_t *page, const Yibao__Identity__ImportRowsRequest *req,
                         yb_refusal_t *ret)
{
    size_t map[YB_IMPORT_COLUMNS_MAX];
    if (req->n_rows > YB_IMPORT_ROWS_MAX)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "rows", "一次最多 %d 行，本次 %zu 行", YB_IMPORT_ROWS_MAX,
                         req->n_rows);
    yb_err_t err = map_columns(page->kind, req, map, ret);
    if (err != YB_OK)
        return err;
    page->rows = YB_NEW_ARRAY(page->arena, yb_import_row_t, req->n_rows);
    page->row_count = req->n_rows;
    for (size_t i = 0; i < req->n_rows; i++) {
        const Yibao__Identity__ImportRow *in = req->rows[i];
        const char **cells = YB_NEW_ARRAY(page->arena, const char *, page->kind->column_count);
        for (size_t c = 0; c < page->kind->column_count; c++)
            cells[c] = map[c] >= in->n_cells               ? ""
                : c < page->kind->exact_columns ? in->cells[map[c]]
                                                : trimmed(page->arena, in->cells[map[c]]);
        page->rows[i] = (yb_import_row_t){ .line = in->line, .cells = cells };
        if (in->n_cells != req->n_columns)
            yb_import_fault(page, &page->rows[i], NULL, "共 %zu 个字段，表头有 %zu 列", in->n_cells,
                            req->n_columns);
    }
    return YB_OK;
}

static bool is_column(const yb_import_kind_t *kind, const char *name)
{
    for (size_t c = 0; c < kind->column_count; c++)
        if (strcmp(kind->columns[c].name, name) == 0)
            return true;
    return false;
}

void yb_import_name_ignored(const yb_import_kind_t *kind, const Yibao__Identity__ImportRowsRequest *req,
                            yb_arena_t *arena, Yibao__Identity__ImportRowsReply *ret_reply)
{
    ret_reply->columns_ignored = YB_NEW_ARRAY(arena, char *, req->n_columns + 1);
    ret_reply->n_columns_ignored = 0;
    for (size_t i = 0; i < req->n_columns; i++)
        if (!is_column(kind, req->columns[i]))
            ret_reply->columns_ignored[ret_reply->n_columns_ignored++] = yb_arena_strdup(arena, req->columns[i]);
}

void yb_import_parse(yb_import_page_t *page)
{
    page->records = YB_NEW_ARRAY(page->arena, yb_import_record_t *, page->row_count);
    page->record_count = 0;
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].bad)
            continue;
        yb_import_record_t *record = page->kind->parse(page, &page->rows[i]);
        YB_ASSERT((record == NULL) == page->rows[i].bad);
        if (record == NULL)
            continue;
        record->line = page->rows[i].line;
        record->row = &page->rows[i];
        page->records[page->record_count++] = record;
    }
}

/* ---- the fold ---- */

static void enter(yb_import_page_t *page, yb_import_record_t *record)
{
    HASH_ADD_KEYPTR(hh, page->by_key, record->key, strlen(record->key), record);
    if (record->group == NULL)
        return;
    yb_import_group_t *group = NULL;
    HASH_FIND_STR(page->groups, record->group, group);
    if (group == NULL) {
        group = YB_NEW(page->arena, yb_import_group_t);
        group->name = record->group;
        HASH_ADD_KEYPTR(hh, page->groups, group->name, strlen(group->name), group);
    }
    record->next = group->first;
    group->first = record;
}

void yb_import_known(yb_import_page_t *page, yb_import_record_t *record)
{
    yb_import_record_t *there = NULL;
    HASH_FIND_STR(page->by_key, record->key, there);
    if (there != NULL)
        return;                          /* found by its key and by its group */
    record->line = 0;
    record->state = YB_IMPORT_KNOWN;
    enter(page, record);
}

static bool admitted(yb_import_page_t *page, yb_import_record_t *fresh)
{
    if (fresh->group == NULL || page->kind->admits == NULL)
        return true;
    yb_import_group_t *group = NULL;
    HASH_FIND_STR(page->groups, fresh->group, group);
    for (const yb_import_record_t *other = group != NULL ? group->first : NULL; other != NULL;
         other = other->next) {
        if (other->state == YB_IMPORT_DROPPED || strcmp(other->key, fresh->key) == 0)
            continue;
        if (!page->kind->admits(page, other, fresh)) {
            YB_ASSERT(fresh->bad);
            return false;
        }
    }
    return true;
}

static void fold_one(yb_import_page_t *page, yb_import_record_t *fresh)
{
    const yb_import_kind_t *kind = page->kind;
    yb_import_record_t *old = NULL;
    HASH_FIND_STR(page->by_key, fresh->key, old);
    if (old != NULL) {
        const char *column = kind->differs(old, fresh);
        if (column == NULL) {
            page->tally->same++;
            fresh->state = YB_IMPORT_DROPPED;
            return;
        }
        if (kind->replaces != NULL && !kind->replaces(page, old, fresh)) {
            YB_ASSERT(fresh->bad);
            return;
        }
        if (!page->replace) {
            if (old->line > 0)
                yb_import_record_fault(page, fresh, column, "与第 %llu 行主键相同而内容不同",
                                       (unsigned long long)old->line);
            else
                yb_import_record_fault(page, fresh, column,
                                       "该主键已有记录且此项不同；确要更改请加 --replace");
            return;
        }
    }
    if (!admitted(page, fresh))
        return;
    const yb_import_state_t was = old != NULL ? old->state : YB_IMPORT_ADDED;
    fresh->state = old == NULL || old->state == YB_IMPORT_ADDED ? YB_IMPORT_ADDED : YB_IMPORT_CHANGED;
    if (old != NULL) {
        HASH_DEL(page->by_key, old);
        old->state = YB_IMPORT_DROPPED;
    }
    if (old == NULL)
        page->tally->added++;
    else if (was == YB_IMPORT_KNOWN)
        page->tally->changed++;
    enter(page, fresh);
}

void yb_import_fold(yb_import_page_t *page)
{
    for (size_t i = 0; i < page->record_count; i++)
        if (!page->records[i]->bad)
            fold_one(page, page->records[i]);
}

void yb_import_clear(yb_import_page_t *page)
{
    HASH_CLEAR(hh, page->by_key);
    HASH_CLEAR(hh, page->groups);
}
