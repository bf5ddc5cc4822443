#include "services/drg/scheme/compile.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/strset.h"
#include "services/drg/scheme/condition.h"
#include "services/drg/scheme/pieces.h"

/* Of a whole scheme, every MDC's own compiled conditions counted; real ones have some hundreds. */
#define STEPS_MAX 1000000u
#define DRGS_MAX 1000000u
#define TERMS_MAX 8000000u
#define TEXT_MAX ((size_t)256 << 20)

/* Conditions are compiled twice: first to learn which lists they name and to find faults, then with the lists' ids. */
typedef struct compiler {
    const yb_scheme_tables_t *tables;
    yb_scheme_report_t *report;
    yb_arena_t *arena, *work;
    yb_strset_t codes, lists; /* lists by key: "M B", "A BB1 zd", "I {…}" */
    yb_strset_t exclusions, sites;
    yb_pieces_t pieces;
    bool is_second; /* pass */
    bool failed;
    /* what the condition at hand belongs to */
    const char *mdc, *adrg; /* adrg NULL: only @mdc, @valid and {…} exist */
} compiler_t;

/* ---- names ---- */

size_t yb_adrg_printed_len(const char *name)
{
    const char *bar = strrchr(name, '_');
    if (bar == NULL || bar == name || bar[1] == '\0' || strspn(bar + 1, "0123456789") != strlen(bar + 1))
        return strlen(name);
    return (size_t)(bar - name);
}

bool yb_names_next(const char **at, yb_slice_t *ret_name)
{
    const char *p = *at;
    while (*p == ',' || *p == ' ')
        p++;
    const char *begin = p;
    while (*p != '\0' && *p != ',')
        p++;
    *at = p;
    while (p > begin && p[-1] == ' ')
        p--;
    *ret_name = (yb_slice_t){ begin, (size_t)(p - begin) };
    return p > begin;
}

size_t yb_scheme_rows_named(const yb_scheme_table_t *table, size_t cell, const char *name, size_t *ret_first)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(table->rows[middle].cells[cell], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = low;
    while (low < table->count && strcmp(table->rows[low].cells[cell], name) == 0)
        low++;
    return low;
}

/* ---- lists ---- */

static const char *mdc_key(compiler_t *k, const char *mdc) { return yb_arena_printf(k->arena, "M %s", mdc); }
static const char *adrg_key(yb_arena_t *arena, const char *adrg, size_t adrg_len, const char *list, size_t list_len)
{
    return yb_arena_printf(arena, "A %.*s\t%.*s", (int)adrg_len, adrg, (int)list_len, list);
}

static uint16_t list_id(const compiler_t *k, const char *key)
{
    const size_t at = yb_strset_find(&k->lists, key);
    return at == SIZE_MAX ? YB_LIST_EMPTY : (uint16_t)(YB_LIST_FIRST_OWN + at);
}

/* First pass: the list's codes are codes of the scheme. */
static void inline_list_note(compiler_t *k, const char *braces, size_t len)
{
    const char *at = yb_arena_strndup(k->arena, braces + 1, len - 2);
    yb_slice_t code;
    yb_strset_add(&k->lists, yb_arena_printf(k->arena, "I %.*s", (int)len, braces));
    while (yb_names_next(&at, &code))
        if (code.len <= YB_CODE_TEXT_MAX) /* a longer one is in no case */
            yb_strset_add(&k->codes, yb_arena_strndup(k->arena, code.data, code.len));
}

static uint16_t list_resolve(void *ctx, const char *name, size_t len)
{
    compiler_t *k = ctx;
    if (len == 6 && memcmp(name, "@valid", 6) == 0)
        return YB_LIST_VALID;
    if (name[0] == '{') {
        if (k->is_second)
            return list_id(k, yb_arena_printf(k->work, "I %.*s", (int)len, name));
        inline_list_note(k, name, len);
        return YB_LIST_EMPTY;
    }
    if (!k->is_second)
        return YB_LIST_EMPTY;
    if (len == 4 && memcmp(name, "@mdc", 4) == 0)
        return list_id(k, yb_arena_printf(k->work, "M %s", k->mdc));
    if (k->adrg == NULL)
        return YB_LIST_EMPTY;
    const size_t full = strlen(k->adrg), printed = yb_adrg_printed_len(k->adrg);
    const uint16_t own = list_id(k, adrg_key(k->work, k->adrg, full, name, len));
    return own != YB_LIST_EMPTY || printed == full ? own : list_id(k, adrg_key(k->work, k->adrg, printed, name, len));
}

/* ---- conditions ---- */

static yb_scheme_condition_t condition_of(compiler_t *k, yb_scheme_table_id_t id, const yb_scheme_row_t *row,
                                          size_t cell)
{
    const yb_condition_scope_t scope = { list_resolve, k };
    const char *text = row->cells[cell];
    yb_condition_t compiled = { .entry = YB_TERM_REJECT };
    yb_condition_fault_t fault;
    yb_arena_reset(k->work);
    if (yb_condition_compile(text, strlen(text), &scope, k->work, k->work, &compiled, &fault) != YB_OK) {
        k->failed = true;
        if (!k->is_second)
            yb_scheme_report_add(k->report, YB_RULE_FORM, YB_SCHEME_ERROR, yb_scheme_table_file(id), row->line,
                                 yb_scheme_table_column(id, cell), "条件第%zu个字符：%s", fault.character, fault.text);
    }
    if (!k->is_second)
        return (yb_scheme_condition_t){ .entry = YB_TERM_REJECT };
    return yb_pieces_condition(&k->pieces, &compiled, text, row->line);
}

/* First pass: every condition of every table once, whether anything leads to it or not. */
static void conditions_scan(compiler_t *k)
{
    static const struct {
        yb_scheme_table_id_t id;
        size_t cell;
    } all[] = { { YB_TABLE_MDC, YB_MDC_CONDITION },
                { YB_TABLE_ADRG, YB_ADRG_CONDITION },
                { YB_TABLE_DRG, YB_DRG_CONDITION },
                { YB_TABLE_QY, YB_QY_CONDITION } };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (size_t r = 0; r < k->tables->tables[all[i].id].count; r++)
            (void)condition_of(k, all[i].id, &k->tables->tables[all[i].id].rows[r], all[i].cell);
}

/* ---- codes ---- */

#define EACH_ROW(k, id, row)                                                                                     \
    for (const yb_scheme_row_t *row = (k)->tables->tables[id].rows, *end_ = row + (k)->tables->tables[id].count; \
         row != end_; row++)

static void names_collect(compiler_t *k)
{
    const char *adrg = "", *list = "";
    EACH_ROW(k, YB_TABLE_MDC, r)
    yb_strset_add(&k->lists, mdc_key(k, r->cells[YB_MDC_NAME]));
    EACH_ROW(k, YB_TABLE_MDC_DX, r)
    {
        yb_strset_add(&k->codes, r->cells[YB_MDC_DX_CODE]);
        if (r->cells[YB_MDC_DX_SITE][0] != '\0')
            yb_strset_add(&k->sites, r->cells[YB_MDC_DX_SITE]);
    }
    EACH_ROW(k, YB_TABLE_ADRG_CODE, r)
    {
        yb_strset_add(&k->codes, r->cells[YB_ADRG_CODE_CODE]);
        if (strcmp(adrg, r->cells[YB_ADRG_CODE_ADRG]) == 0 && strcmp(list, r->cells[YB_ADRG_CODE_LIST]) == 0)
            continue;
        adrg = r->cells[YB_ADRG_CODE_ADRG];
        list = r->cells[YB_ADRG_CODE_LIST];
        yb_strset_add(&k->lists, adrg_key(k->arena, adrg, strlen(adrg), list, strlen(list)));
    }
    EACH_ROW(k, YB_TABLE_SEVERITY, r)
    {
        yb_strset_add(&k->codes, r->cells[YB_SEVERITY_CODE]);
        yb_strset_add(&k->exclusions, r->cells[YB_SEVERITY_TABLE]);
    }
    EACH_ROW(k, YB_TABLE_EXCLUSION, r)
    {
        yb_strset_add(&k->codes, r->cells[YB_EXCLUSION_CODE]);
        yb_strset_add(&k->exclusions, r->cells[YB_EXCLUSION_TABLE]);
    }
    EACH_ROW(k, YB_TABLE_PX_VALID, r)
    yb_strset_add(&k->codes, r->cells[YB_PX_VALID_CODE]);
}

static bool limit_check(compiler_t *k, const char *what, const char *file, size_t count, size_t max)
{
    if (count <= max)
        return true;
    yb_scheme_report_add(k->report, YB_RULE_FORM, YB_SCHEME_ERROR, file, 0, "", "%s有%zu个，最多%zu个", what, count,
                         max);
    k->failed = true;
    return false;
}

static void names_seal(compiler_t *k)
{
    yb_strset_seal(&k->codes);
    yb_strset_seal(&k->lists);
    yb_strset_seal(&k->exclusions);
    yb_strset_seal(&k->sites);
    limit_check(k, "不同编码", "adrg_code.tsv", k->codes.count, YB_SCHEME_CODES_MAX);
    limit_check(k, "编码列表", "adrg_code.tsv", k->lists.count + YB_LIST_FIRST_OWN, YB_SCHEME_LISTS_MAX);
    limit_check(k, "排除表", "exclusion.tsv", k->exclusions.count, YB_SCHEME_TABLES_MAX);
    limit_check(k, "部位", "mdc_dx.tsv", k->sites.count, YB_SCHEME_SITES_MAX);
}

static uint32_t code_id(const compiler_t *k, const char *code)
{
    const size_t id = yb_strset_find(&k->codes, code);
    YB_ASSERT(id != SIZE_MAX);
    return (uint32_t)id;
}

static void member_add(compiler_t *k, const char *code, uint32_t list, uint8_t uses)
{
    yb_pieces_member(&k->pieces, code_id(k, code), list, uses);
}

static uint8_t uses_of_list(const char *list)
{
    if (strncmp(list, "zd", 2) == 0)
        return YB_USE_DX;
    return strncmp(list, "ss", 2) == 0 ? YB_USE_PX : YB_USE_DX | YB_USE_PX;
}

static void inline_lists_fill(compiler_t *k)
{
    for (size_t i = 0; i < k->lists.count; i++) {
        const char *key = k->lists.items[i];
        if (key[0] != 'I')
            continue;
        const char *at = yb_arena_strndup(k->arena, key + 3, strlen(key) - 4);
        yb_slice_t code;
        while (yb_names_next(&at, &code))
            if (code.len <= YB_CODE_TEXT_MAX)
                member_add(k, yb_arena_strndup(k->arena, code.data, code.len), (uint32_t)(YB_LIST_FIRST_OWN + i),
                           YB_USE_DX | YB_USE_PX);
    }
}

static void lists_fill(compiler_t *k)
{
    EACH_ROW(k, YB_TABLE_MDC_DX, r)
    {
        yb_arena_reset(k->work);
        const uint16_t list = list_id(k, yb_arena_printf(k->work, "M %s", r->cells[YB_MDC_DX_MDC]));
        member_add(k, r->cells[YB_MDC_DX_CODE], list, YB_USE_DX);
        if (r->cells[YB_MDC_DX_SITE][0] != '\0')
            k->pieces.codes[code_id(k, r->cells[YB_MDC_DX_CODE])].sites |=
                1ull << yb_strset_find(&k->sites, r->cells[YB_MDC_DX_SITE]);
    }
    EACH_ROW(k, YB_TABLE_ADRG_CODE, r)
    {
        const char *adrg = r->cells[YB_ADRG_CODE_ADRG], *list = r->cells[YB_ADRG_CODE_LIST];
        yb_arena_reset(k->work);
        member_add(k, r->cells[YB_ADRG_CODE_CODE],
                   list_id(k, adrg_key(k->work, adrg, strlen(adrg), list, strlen(list))), uses_of_list(list));
    }
    EACH_ROW(k, YB_TABLE_PX_VALID, r)
    member_add(k, r->cells[YB_PX_VALID_CODE], YB_LIST_VALID, YB_USE_PX);
    inline_lists_fill(k);
}

static void severity_fill(compiler_t *k)
{
    EACH_ROW(k, YB_TABLE_SEVERITY, r)
    {
        yb_scheme_code_t *code = &k->pieces.codes[code_id(k, r->cells[YB_SEVERITY_CODE])];
        code->uses |= YB_USE_DX;
        code->level = strcmp(r->cells[YB_SEVERITY_LEVEL], "MCC") == 0 ? YB_LEVEL_MCC : YB_LEVEL_CC;
        code->severity_table = (uint16_t)(yb_strset_find(&k->exclusions, r->cells[YB_SEVERITY_TABLE]) + 1);
    }
    EACH_ROW(k, YB_TABLE_EXCLUSION, r)
    {
        yb_scheme_code_t *code = &k->pieces.codes[code_id(k, r->cells[YB_EXCLUSION_CODE])];
        code->uses |= YB_USE_DX;
        code->exclusion_table = (uint16_t)(yb_strset_find(&k->exclusions, r->cells[YB_EXCLUSION_TABLE]) + 1);
    }
}

/* ---- rows ---- */

/* A limit is reached: nothing more is added, and the scheme is refused at the end. */
static bool is_full(const compiler_t *k)
{
    const yb_pieces_t *p = &k->pieces;
    return p->steps.count >= STEPS_MAX || p->drgs.count >= DRGS_MAX || p->terms.count >= TERMS_MAX ||
           p->text.count >= TEXT_MAX;
}

static void drg_add(compiler_t *k, const char *name, const yb_scheme_row_t *row)
{
    yb_scheme_drg_t drg = { .condition = { .entry = YB_TERM_REJECT }, .name = yb_pieces_text(&k->pieces, name) };
    if (row != NULL) {
        drg.condition = condition_of(k, YB_TABLE_DRG, row, YB_DRG_CONDITION);
        drg.title = yb_pieces_text(&k->pieces, row->cells[YB_DRG_TITLE]);
    }
    yb_pieces_drg(&k->pieces, &drg);
}

/* Which of the rows of one DRG belong to the ADRG: those that name it, else those that name what it is printed as,
 * else all. */
static bool drg_row_fits(const yb_scheme_row_t *row, const char *adrg, size_t adrg_len)
{
    const char *of = row->cells[YB_DRG_ADRG];
    return adrg_len == 0 || (strlen(of) == adrg_len && memcmp(of, adrg, adrg_len) == 0);
}

static void drgs_add(compiler_t *k, yb_slice_t drg, const char *adrg)
{
    const yb_scheme_table_t *t = &k->tables->tables[YB_TABLE_DRG];
    const char *name = yb_arena_strndup(k->arena, drg.data, drg.len);
    const size_t lens[] = { strlen(adrg), yb_adrg_printed_len(adrg), 0 };
    size_t first, found = 0;
    const size_t end = yb_scheme_rows_named(t, YB_DRG_NAME, name, &first);
    for (size_t way = 0; way < 3 && found == 0; way++)
        for (size_t i = first; i < end; i++)
            if (drg_row_fits(&t->rows[i], adrg, lens[way])) {
                drg_add(k, name, &t->rows[i]);
                found++;
            }
    if (found == 0)
        drg_add(k, name, NULL);
}

static void adrg_row_add(compiler_t *k, const yb_scheme_row_t *row)
{
    const char *name = row->cells[YB_ADRG_NAME], *at = row->cells[YB_ADRG_DRGS];
    const char *printed = yb_arena_strndup(k->arena, name, yb_adrg_printed_len(name));
    yb_slice_t drg;
    k->adrg = name;
    yb_scheme_step_t step = { .kind = YB_STEP_KIND_ADRG,
                              .name = yb_pieces_text(&k->pieces, name),
                              .printed = yb_pieces_text(&k->pieces, printed),
                              .drgs_at = (uint32_t)k->pieces.drgs.count };
    step.condition = condition_of(k, YB_TABLE_ADRG, row, YB_ADRG_CONDITION);
    while (!is_full(k) && yb_names_next(&at, &drg))
        drgs_add(k, drg, name);
    step.drgs_count = (uint32_t)k->pieces.drgs.count - step.drgs_at;
    k->adrg = NULL;
    yb_pieces_step(&k->pieces, &step);
}

static void adrg_add(compiler_t *k, const char *name)
{
    const yb_scheme_table_t *t = &k->tables->tables[YB_TABLE_ADRG];
    size_t first;
    const size_t end = yb_scheme_rows_named(t, YB_ADRG_NAME, name, &first);
    bool own = false;
    for (size_t i = first; i < end; i++)
        own |= strcmp(t->rows[i].cells[YB_ADRG_MDC], k->mdc) == 0;
    for (size_t i = first; i < end && !is_full(k); i++)
        if (!own || strcmp(t->rows[i].cells[YB_ADRG_MDC], k->mdc) == 0)
            adrg_row_add(k, &t->rows[i]);
}

/* Whether a QY row before `before` stands before `name`, the `nth` of the MDC's names. */
static bool qy_stands_before(const char *before, const char *names, const char *name)
{
    const size_t printed = yb_adrg_printed_len(name);
    yb_slice_t other;
    if (strcmp(before, name) == 0)
        return true;
    if (name[printed] == '\0' || strlen(before) != printed || memcmp(before, name, printed) != 0)
        return false;
    bool is_first = false, seen = false;
    while (yb_names_next(&names, &other)) { /* X itself is not there, and this is the first X_n */
        if (other.len == printed && memcmp(other.data, before, printed) == 0)
            return false;
        const bool is_alternative =
            other.len > printed + 1 && memcmp(other.data, name, printed) == 0 && other.data[printed] == '_';
        if (is_alternative && !seen) {
            seen = true;
            is_first = other.len == strlen(name) && memcmp(other.data, name, other.len) == 0;
        }
    }
    return is_first;
}

static void qy_add(compiler_t *k, const char *names, const char *name)
{
    EACH_ROW(k, YB_TABLE_QY, r)
    {
        if (strcmp(r->cells[YB_QY_MDC], k->mdc) != 0 || !qy_stands_before(r->cells[YB_QY_BEFORE], names, name))
            continue;
        const uint32_t group = yb_pieces_text(&k->pieces, r->cells[YB_QY_GROUP]);
        yb_scheme_step_t step = { .kind = YB_STEP_KIND_QY, .name = group, .printed = group };
        step.condition = condition_of(k, YB_TABLE_QY, r, YB_QY_CONDITION);
        yb_pieces_step(&k->pieces, &step);
    }
}

static void mdc_add(compiler_t *k, const yb_scheme_row_t *row)
{
    const char *names = row->cells[YB_MDC_ADRGS], *at = names;
    yb_slice_t name;
    k->mdc = row->cells[YB_MDC_NAME];
    yb_arena_reset(k->work);
    yb_scheme_mdc_t mdc = { .name = yb_pieces_text(&k->pieces, k->mdc),
                            .steps_at = (uint32_t)k->pieces.steps.count,
                            .list = list_id(k, yb_arena_printf(k->work, "M %s", k->mdc)) };
    mdc.condition = condition_of(k, YB_TABLE_MDC, row, YB_MDC_CONDITION);
    while (!is_full(k) && yb_names_next(&at, &name)) {
        const char *adrg = yb_arena_strndup(k->arena, name.data, name.len);
        qy_add(k, names, adrg);
        adrg_add(k, adrg);
    }
    mdc.steps_count = (uint32_t)k->pieces.steps.count - mdc.steps_at;
    yb_pieces_mdc(&k->pieces, &mdc);
}

/* ---- names that are printed ---- */

static void list_name_add(compiler_t *k, const char *name)
{
    yb_pieces_list(&k->pieces, yb_pieces_text(&k->pieces, name));
}

static void names_fill(compiler_t *k)
{
    static const char *const every[YB_LIST_FIRST_OWN] = { "MCC", "CC", "@valid", "" };
    for (size_t i = 0; i < YB_LIST_FIRST_OWN; i++)
        list_name_add(k, every[i]);
    for (size_t i = 0; i < k->lists.count; i++) {
        const char *key = k->lists.items[i];
        yb_arena_reset(k->work);
        if (key[0] == 'M')
            list_name_add(k, yb_arena_printf(k->work, "@mdc %s", key + 2));
        else if (key[0] == 'I')
            list_name_add(k, key + 2);
        else
            list_name_add(
                k, yb_arena_printf(k->work, "%.*s %s", (int)strcspn(key + 2, "\t"), key + 2, strchr(key, '\t') + 1));
    }
    yb_pieces_table(&k->pieces, 0);
    for (size_t i = 0; i < k->exclusions.count; i++)
        yb_pieces_table(&k->pieces, yb_pieces_text(&k->pieces, k->exclusions.items[i]));
    for (size_t i = 0; i < k->sites.count; i++)
        yb_pieces_site(&k->pieces, yb_pieces_text(&k->pieces, k->sites.items[i]));
}

/* ---- all of it ---- */

static void second_pass(compiler_t *k)
{
    k->is_second = true;
    yb_pieces_codes(&k->pieces, k->codes.items, k->codes.count);
    lists_fill(k);
    severity_fill(k);
    EACH_ROW(k, YB_TABLE_MDC, r)
    mdc_add(k, r);
    names_fill(k);
    if (!is_full(k))
        return;
    k->failed = true;
    yb_scheme_report_add(k->report, YB_RULE_FORM, YB_SCHEME_ERROR, "mdc.tsv", 0, "",
                         "各MDC依次试入的ADRG、DRG及其条件总数超出上限（%u、%u、%u项）", STEPS_MAX, DRGS_MAX,
                         TERMS_MAX);
}

yb_err_t yb_scheme_compile(const yb_scheme_tables_t *tables, const yb_scheme_about_t *about, yb_scheme_report_t *report,
                           yb_scheme_t **ret_scheme)
{
    compiler_t k = { .tables = tables, .report = report, .arena = yb_arena_create(0), .work = yb_arena_create(0) };
    k.codes = yb_strset_create(k.arena, 1 << 16);
    k.lists = yb_strset_create(k.arena, 1 << 10);
    k.exclusions = yb_strset_create(k.arena, 1 << 10);
    k.sites = yb_strset_create(k.arena, 64);
    yb_scheme_about_t named = *about;
    if (named.tables_digest == NULL)
        named.tables_digest = tables->digest;
    conditions_scan(&k);
    names_collect(&k);
    names_seal(&k);
    if (!k.failed)
        second_pass(&k);
    yb_err_t err = k.failed ? YB_E_FILE_FORM : yb_pieces_assemble(&k.pieces, &named, ret_scheme);
    if (err == YB_E_TOO_LARGE)
        yb_scheme_report_add(report, YB_RULE_FORM, YB_SCHEME_ERROR, "mdc.tsv", 0, "", "方案编译后超过1 GiB");
    yb_pieces_free(&k.pieces);
    yb_arena_destroy(&k.work);
    yb_arena_destroy(&k.arena);
    return err;
}

yb_err_t yb_scheme_compile_folder(const char *dir, yb_scheme_report_t *report, yb_scheme_t **ret_scheme)
{
    char name[YB_SCHEME_NAME_MAX + 1];
    yb_scheme_tables_t *tables = NULL;
    yb_err_t err = yb_scheme_tables_read(dir, report, &tables);
    if (err != YB_OK)
        return err;
    size_t len = strlen(dir), begin;
    while (len > 1 && dir[len - 1] == '/')
        len--;
    for (begin = len; begin > 0 && dir[begin - 1] != '/'; begin--)
        ;
    yb_text_copy_n(name, sizeof name, dir + begin, len - begin);
    const yb_scheme_about_t about = { .name = name[0] != '\0' && yb_utf8_valid(name, strlen(name)) ? name : "scheme",
                                      .area = "" };
    err = yb_scheme_compile(tables, &about, report, ret_scheme);
    yb_scheme_tables_destroy(&tables);
    return err;
}
