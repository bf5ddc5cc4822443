#include "cases.h"

#include <stdlib.h>
#include <string.h>
#include "services/drg/dip/facts.h"

/* Of either method; DRG, LOS and what follows OFFSITE are where the two differ. */
enum { ID, INSTITUTION, INSUTYPE, FEE, OTHER_PAY, DRG, LOS, PAY, MED_TYPE, OFFSITE };
static const char *const drg_required[] = {
    "id", "fixmedins_code", "insutype", "fee", "other_pay", "drg", "los", NULL
};
static const char *const drg_optional[] = { "pay", "med_type", "offsite", NULL };

enum { DX = DRG, OPS = LOS, DIP_LOS = OFFSITE + 1, OP_KIND, LEVEL, AGE, AGE_DAYS, SEVERITY, TUMOUR };
static const char *const dip_required[] = { "id", "fixmedins_code", "insutype", "fee", "other_pay", "dx", "ops", NULL };
static const char *const dip_optional[] = { "pay", "med_type", "offsite",  "los",    "op_kind", "level",
                                            "age", "age_days", "severity", "tumour", NULL };
static const yb_dip_columns_t dip_columns = { .dx = DX,
                                              .ops = OPS,
                                              .op_kind = OP_KIND,
                                              .level = LEVEL,
                                              .age = AGE,
                                              .age_days = AGE_DAYS,
                                              .severity = SEVERITY,
                                              .tumour = TUMOUR };

typedef struct reader {
    const yb_plan_t *plan;
    bool is_dip;
    const char *const *required, *const *optional;
    yb_sheet_t *sheet;
    yb_arena_t *arena;
    size_t count, cap;
    yb_pay_case_t *cases;
    uint32_t *lines;
} reader_t;

static void make_room(reader_t *reader)
{
    if (reader->count < reader->cap)
        return;
    reader->cap = reader->cap == 0 ? 4096 : 2 * reader->cap;
    reader->cases = realloc(reader->cases, reader->cap * sizeof(*reader->cases));
    reader->lines = realloc(reader->lines, reader->cap * sizeof(*reader->lines));
    YB_ASSERT(reader->cases != NULL && reader->lines != NULL);
}

static bool read_id(reader_t *reader, const char **ret)
{
    yb_slice_t id = yb_sheet_text(reader->sheet, ID);
    bool clean = id.len > 0 && id.len <= YB_CASE_ID_MAX;
    for (size_t i = 0; i < id.len && clean; i++)
        clean = (unsigned char)id.data[i] > ' ' && id.data[i] != 0x7f;
    if (clean)
        *ret = yb_arena_strndup(reader->arena, id.data, id.len);
    else
        yb_sheet_fault(reader->sheet, ID, "病例编号须为1至%d字节，不能为空，不含空格", YB_CASE_ID_MAX);
    return clean;
}

/* Optional columns may be empty. */
static bool read_optional(reader_t *reader, int column, char ret[YB_PLAN_TEXT])
{
    ret[0] = '\0';
    return yb_sheet_text(reader->sheet, column).len == 0 || yb_sheet_code(reader->sheet, column, ret);
}

static int column_of(const reader_t *reader, const char *field)
{
    for (int i = 0; reader->required[i] != NULL; i++)
        if (strcmp(reader->required[i], field) == 0)
            return i;
    for (int i = 0; reader->optional[i] != NULL; i++)
        if (strcmp(reader->optional[i], field) == 0)
            return PAY + i;
    return -1;
}

/* What both methods need; `texts` is what the facts borrow. */
typedef struct texts {
    char institution[YB_PLAN_TEXT], insutype[YB_PLAN_TEXT], drg[YB_PLAN_TEXT], pay[YB_PLAN_TEXT],
        med_type[YB_PLAN_TEXT];
    yb_dip_row_t dip;
} texts_t;

/* A DIP plan needs the days only where its scope or a bed-day does. */
static bool read_los(reader_t *reader, const texts_t *texts, int64_t *ret)
{
    const int column = reader->is_dip ? DIP_LOS : LOS;
    *ret = 0;
    if (reader->is_dip && yb_sheet_text(reader->sheet, column).len == 0 && strncmp(texts->pay, "day:", 4) != 0 &&
        reader->plan->scope.los_min < 0 && reader->plan->scope.los_max == INT32_MAX)
        return true;
    return yb_sheet_number(reader->sheet, column, 0, 0, 99999, ret);
}

/* By its group, or by its diagnosis and operations. */
static bool read_what(reader_t *reader, texts_t *texts, yb_pay_facts_t *facts)
{
    if (reader->is_dip) {
        facts->dip = &texts->dip.facts;
        return yb_dip_read_facts(reader->sheet, &dip_columns, reader->plan->dip->op_kind_count > 0, &texts->dip);
    }
    facts->drg = texts->drg;
    return yb_sheet_code(reader->sheet, DRG, texts->drg);
}

static bool read_case(reader_t *reader, yb_pay_case_t *c)
{
    texts_t texts;
    yb_pay_facts_t facts = {
        .fixmedins_code = texts.institution, .insutype = texts.insutype, .pay = texts.pay, .med_type = texts.med_type
    };
    int64_t los = 0, offsite = 0;
    yb_sheet_t *sheet = reader->sheet;
    yb_refusal_t why = { .code = YB_OK };
    *c = (yb_pay_case_t){ .pool = -1 };
    bool good = read_id(reader, &c->id);
    good = yb_sheet_code(sheet, INSTITUTION, texts.institution) && good;
    good = yb_sheet_code(sheet, INSUTYPE, texts.insutype) && good;
    good = read_what(reader, &texts, &facts) && good;
    good = yb_sheet_number(sheet, FEE, 2, -YB_CASE_FEE_MAX, YB_CASE_FEE_MAX, &c->fee_fen) && good;
    good = yb_sheet_number(sheet, OTHER_PAY, 2, -YB_CASE_FEE_MAX, YB_CASE_FEE_MAX, &c->other_pay_fen) && good;
    good = read_optional(reader, PAY, texts.pay) && read_los(reader, &texts, &los) && good;
    good = read_optional(reader, MED_TYPE, texts.med_type) && good;
    if (yb_sheet_text(sheet, OFFSITE).len > 0)
        good = yb_sheet_number(sheet, OFFSITE, 0, 0, 1, &offsite) && good;
    if (!good)
        return false;
    facts.los = (int32_t)los;
    facts.offsite = offsite != 0;
    if (yb_pay_resolve(reader->plan, &facts, c, &why) == YB_OK)
        return true;
    yb_sheet_fault(sheet, column_of(reader, why.field), "%s", why.text);
    return false;
}

/* ---- a case twice ---- */

typedef struct place {
    const char *id;
    uint32_t line;
} place_t;

static int by_id_then_line(const void *a, const void *b)
{
    const place_t *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void check_ids(const reader_t *reader, const char *name, yb_file_report_t *report)
{
    place_t *places = malloc((reader->count + 1) * sizeof(*places));
    YB_ASSERT(places != NULL);
    for (size_t i = 0; i < reader->count; i++)
        places[i] = (place_t){ reader->cases[i].id, reader->lines[i] };
    qsort(places, reader->count, sizeof(*places), by_id_then_line);
    for (size_t i = 1; i < reader->count; i++) {
        if (strcmp(places[i - 1].id, places[i].id) != 0)
            continue;
        const yb_file_place_t place = { .file = name, .at = "id", .line = places[i].line };
        yb_file_report_add(report, true, &place, "病例%s重复，第%u行已有；同一病例只能支付一次", places[i].id,
                           places[i - 1].line);
    }
    free(places);
}

/* ---- the file ---- */

/* What the plan must know of every case has to be a column of the file. */
static void check_columns(const reader_t *reader, const char *name, yb_file_report_t *report)
{
    const yb_file_place_t place = { .file = name, .line = 1 };
    if (reader->plan->scope.med_type_count > 0 && !yb_sheet_has(reader->sheet, MED_TYPE))
        yb_file_report_add(report, true, &place, "方案的范围(scope)看医疗类别，文件须有med_type列");
    if (reader->plan->scope.offsite_out && !yb_sheet_has(reader->sheet, OFFSITE))
        yb_file_report_add(report, true, &place, "方案的范围(scope)不含异地病例，文件须有offsite列（0或1）");
    if (reader->is_dip && reader->plan->dip->op_kind_count == 0 && !yb_sheet_has(reader->sheet, OP_KIND))
        yb_file_report_add(report, true, &place,
                           "首行缺少列“op_kind”；或在方案的dip中写明操作类型表(op_kinds)，由手术操作得出");
}

static void read_rows(reader_t *reader, yb_cases_progress_t *progress, void *ctx)
{
    for (uint64_t rows = 1; yb_sheet_next(reader->sheet); rows++) {
        if (reader->count == YB_CASES_MAX) {
            yb_sheet_fault(reader->sheet, -1, "病例过多，一个文件最多%d例", YB_CASES_MAX);
            return;
        }
        make_room(reader);
        reader->lines[reader->count] = (uint32_t)yb_sheet_line(reader->sheet);
        reader->count += read_case(reader, &reader->cases[reader->count]);
        if (progress != NULL && rows % 4096 == 0)
            progress(ctx, yb_sheet_offset(reader->sheet), rows);
    }
}

yb_err_t yb_cases_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                       yb_cases_progress_t *progress, void *ctx, yb_file_report_t *report, yb_case_list_t *ret_list)
{
    const size_t errors = report->errors;
    const bool is_dip = plan->method == YB_METHOD_DIP;
    reader_t reader = { .plan = plan,
                        .is_dip = is_dip,
                        .required = is_dip ? dip_required : drg_required,
                        .optional = is_dip ? dip_optional : drg_optional,
                        .arena = yb_arena_create(0) };
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = reader.required, .optional = reader.optional
    };
    if (reader.arena == NULL)
        return YB_E_NO_MEMORY;
    reader.sheet = yb_sheet_open(&source, report);
    if (yb_sheet_is_good(reader.sheet))
        check_columns(&reader, name, report);
    if (report->errors == errors)
        read_rows(&reader, progress, ctx);
    if (report->errors == errors && reader.count == 0)
        yb_sheet_fault(reader.sheet, -1, "没有一个病例");
    yb_sheet_close(&reader.sheet);
    check_ids(&reader, name, report);
    const bool good = report->errors == errors;
    yb_case_list_t list = { .count = reader.count, .cases = reader.cases, .arena = reader.arena };
    free(reader.lines);
    if (good)
        *ret_list = list;
    else
        yb_cases_destroy(&list);
    return good ? YB_OK : YB_E_FILE_FORM;
}

void yb_cases_destroy(yb_case_list_t *list)
{
    if (list == NULL)
        return;
    free(list->cases);
    yb_arena_destroy(&list->arena);
    *list = (yb_case_list_t){ .count = 0 };
}
