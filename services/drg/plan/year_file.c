#include "year_file.h"

#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/sheet.h"

#define ROWS_MAX 2000000

/* A row of either file. */
typedef struct row {
    char insutype[YB_PLAN_TEXT], kind[YB_PLAN_TEXT], code[YB_PLAN_TEXT], grade[YB_PLAN_TEXT];
    int64_t month, persons, score_e4;
    uint32_t line;
    yb_year_input_t input;
} row_t;

typedef struct reader {
    const yb_plan_t *plan;
    yb_sheet_t *sheet;
    const char *name;
    yb_file_report_t *report;
    size_t count, cap;
    row_t *rows;
    bool has_month;
} reader_t;

static bool is_there(const reader_t *reader, int column) { return yb_sheet_text(reader->sheet, column).len > 0; }

static bool read_money(reader_t *reader, int column, yb_fen_t min, yb_fen_t *ret)
{
    return yb_sheet_number(reader->sheet, column, 2, min, YB_FEN_MAX, ret);
}

/* ---- MONTHS.tsv ---- */

enum {
    INSTITUTION,
    GROSS,
    COST,
    OTHER_PAY,
    PREPAID,
    WITHHELD,
    INSUTYPE,
    MONTH,
    ADJUSTMENT,
    PENALTY,
    SCORE,
    GRADE,
    PROCUREMENT,
    OFFLINE
};
static const char *const months_required[] = { "fixmedins_code", "gross",    "cost", "other_pay",
                                               "prepaid",        "withheld", NULL };
static const char *const months_optional[] = { "insutype", "month", "adjustment",       "penalty",
                                               "score",    "grade", "procurement_kept", "offline_purchase",
                                               NULL };

/* The fund of the row, where the file tells funds apart. */
static bool read_insutype(reader_t *reader, row_t *row)
{
    if (!yb_sheet_has(reader->sheet, INSUTYPE))
        return true;
    if (!yb_sheet_code(reader->sheet, INSUTYPE, row->insutype))
        return false;
    if (yb_plan_pool(reader->plan, row->insutype) >= 0)
        return true;
    yb_sheet_fault(reader->sheet, INSUTYPE, "方案中没有险种%s的预算或费率", row->insutype);
    return false;
}

static bool read_assessment(reader_t *reader, row_t *row)
{
    row->score_e4 = YB_CLEARING_NO_SCORE;
    return (!is_there(reader, SCORE) ||
            yb_sheet_number(reader->sheet, SCORE, 4, 0, 10000LL * YB_E4_ONE, &row->score_e4)) &&
           (!is_there(reader, GRADE) || yb_sheet_code(reader->sheet, GRADE, row->grade));
}

static bool read_month_row(reader_t *reader, row_t *row)
{
    yb_year_input_t *in = &row->input;
    const struct {
        int column;
        yb_fen_t min, *to;
    } optional[] = { { ADJUSTMENT, -YB_FEN_MAX, &in->adjustment_fen },
                     { PENALTY, 0, &in->penalty_fen },
                     { PROCUREMENT, 0, &in->procurement_kept_fen },
                     { OFFLINE, 0, &in->offline_purchase_fen } };
    bool good = yb_sheet_code(reader->sheet, INSTITUTION, row->code);
    good = read_money(reader, GROSS, -YB_FEN_MAX, &in->gross_fen) && good;
    good = read_money(reader, COST, -YB_FEN_MAX, &in->cost_fen) && good;
    good = read_money(reader, OTHER_PAY, -YB_FEN_MAX, &in->other_pay_fen) && good;
    good = read_money(reader, PREPAID, -YB_FEN_MAX, &in->prepaid_fen) && good;
    good = read_money(reader, WITHHELD, -YB_FEN_MAX, &in->withheld_fen) && good;
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
        if (is_there(reader, optional[i].column))
            good = read_money(reader, optional[i].column, optional[i].min, optional[i].to) && good;
    if (reader->has_month)
        good = yb_sheet_number(reader->sheet, MONTH, 0, 1, 12, &row->month) && good;
    return read_insutype(reader, row) && read_assessment(reader, row) && good;
}

/* ---- SIGNED.tsv ---- */

enum { HEAD_INSTITUTION, HEAD_INSUTYPE, HEAD_KIND, HEAD_PERSONS, HEAD_USED };
static const char *const signed_required[] = { "fixmedins_code", "insutype", "kind", "persons", "used", NULL };

static bool read_signed_row(reader_t *reader, row_t *row)
{
    bool good = yb_sheet_code(reader->sheet, HEAD_INSTITUTION, row->code);
    good = yb_sheet_code(reader->sheet, HEAD_INSUTYPE, row->insutype) && good;
    good = yb_sheet_code(reader->sheet, HEAD_KIND, row->kind) && good;
    good = yb_sheet_number(reader->sheet, HEAD_PERSONS, 0, 0, 1000000000, &row->persons) && good;
    good = read_money(reader, HEAD_USED, 0, &row->input.cost_fen) && good;
    row->score_e4 = YB_CLEARING_NO_SCORE;
    if (!good)
        return false;
    const yb_plan_head_t *head = yb_plan_head(reader->plan, row->kind);
    if (head == NULL) {
        yb_sheet_fault(reader->sheet, HEAD_KIND, "方案的head中没有类别%s的人头标准", row->kind);
        return false;
    }
    if (yb_head_amount(row->persons, head->amount_fen, &row->input.gross_fen) == YB_OK)
        return true;
    yb_sheet_fault(reader->sheet, HEAD_PERSONS, "人数乘以标准的金额过大");
    return false;
}

/* ---- rows to members ---- */

static void read_rows(reader_t *reader, bool (*read_row)(reader_t *reader, row_t *row))
{
    while (yb_sheet_next(reader->sheet)) {
        if (reader->count == ROWS_MAX) {
            yb_sheet_fault(reader->sheet, -1, "行数过多，最多%d行", ROWS_MAX);
            return;
        }
        if (reader->count == reader->cap) {
            reader->cap = reader->cap == 0 ? 1024 : 2 * reader->cap;
            reader->rows = realloc(reader->rows, reader->cap * sizeof(*reader->rows));
            YB_ASSERT(reader->rows != NULL);
        }
        row_t *row = &reader->rows[reader->count];
        *row = (row_t){ .line = (uint32_t)yb_sheet_line(reader->sheet) };
        reader->count += read_row(reader, row);
    }
}

static int by_pot(const row_t *x, const row_t *y)
{
    const int order = strcmp(x->insutype, y->insutype);
    return order != 0 ? order : strcmp(x->kind, y->kind);
}

static int by_member(const row_t *x, const row_t *y)
{
    const int order = by_pot(x, y);
    return order != 0 ? order : strcmp(x->code, y->code);
}

static int by_place(const void *a, const void *b)
{
    const row_t *x = a, *y = b;
    int order = by_member(x, y);
    if (order == 0)
        order = (x->month > y->month) - (x->month < y->month);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void tell(reader_t *reader, const row_t *row, const char *at, const char *fmt, const char *what, uint32_t line)
{
    const yb_file_place_t place = { .file = reader->name, .at = at, .line = row->line };
    yb_file_report_add(reader->report, true, &place, fmt, what, line);
}

static void add(reader_t *reader, const row_t *row, yb_fen_t *sum, yb_fen_t amount)
{
    *sum += amount;
    if (*sum > YB_FEN_MAX || *sum < -YB_FEN_MAX) {
        const yb_file_place_t place = { .file = reader->name, .line = row->line };
        yb_file_report_add(reader->report, true, &place, "机构%s的合计金额过大", row->code);
        *sum = 0;
    }
}

/* A further month of the member whose last row was `last`. */
static void add_month(reader_t *reader, yb_clearing_member_t *m, const row_t *row, const row_t *last, yb_arena_t *arena)
{
    yb_year_input_t *in = &m->input;
    if (!reader->has_month)
        tell(reader, row, "fixmedins_code", "机构%s重复，第%u行已有；一家机构有几行时须有month列", row->code,
             last->line);
    else if (row->month == last->month)
        tell(reader, row, "month", "机构%s的同一个月重复，第%u行已有", row->code, last->line);
    add(reader, row, &in->gross_fen, row->input.gross_fen);
    add(reader, row, &in->cost_fen, row->input.cost_fen);
    add(reader, row, &in->other_pay_fen, row->input.other_pay_fen);
    add(reader, row, &in->adjustment_fen, row->input.adjustment_fen);
    add(reader, row, &in->penalty_fen, row->input.penalty_fen);
    add(reader, row, &in->prepaid_fen, row->input.prepaid_fen);
    add(reader, row, &in->withheld_fen, row->input.withheld_fen);
    add(reader, row, &in->procurement_kept_fen, row->input.procurement_kept_fen);
    add(reader, row, &in->offline_purchase_fen, row->input.offline_purchase_fen);
    if (m->score_e4 == YB_CLEARING_NO_SCORE)
        m->score_e4 = row->score_e4;
    else if (row->score_e4 != YB_CLEARING_NO_SCORE && row->score_e4 != m->score_e4)
        tell(reader, row, "score", "机构%s的考核分数与第%u行不同，一年只有一个", row->code, last->line);
    if (m->grade[0] == '\0')
        m->grade = yb_arena_strdup(arena, row->grade);
    else if (row->grade[0] != '\0' && strcmp(row->grade, m->grade) != 0)
        tell(reader, row, "grade", "机构%s的信用等级与第%u行不同，一年只有一个", row->code, last->line);
}

static void take(reader_t *reader, yb_year_list_t *list)
{
    qsort(reader->rows, reader->count, sizeof(*reader->rows), by_place);
    list->pots = YB_NEW_ARRAY(list->arena, yb_year_pot_t, reader->count + 1);
    list->members = YB_NEW_ARRAY(list->arena, yb_clearing_member_t, reader->count + 1);
    list->units = YB_NEW_ARRAY(list->arena, yb_clearing_unit_t, reader->count + 1);
    list->persons = YB_NEW_ARRAY(list->arena, int64_t, reader->count + 1);
    for (size_t i = 0; i < reader->count; i++) {
        const row_t *row = &reader->rows[i], *last = i > 0 ? row - 1 : NULL;
        if (last == NULL || by_pot(last, row) != 0) {
            yb_year_pot_t *pot = &list->pots[list->pot_count++];
            *pot = (yb_year_pot_t){ .member_first = list->member_count };
            memcpy(pot->insutype, row->insutype, sizeof(pot->insutype));
            memcpy(pot->kind, row->kind, sizeof(pot->kind));
        } else if (by_member(last, row) == 0) {
            add_month(reader, &list->members[list->member_count - 1], row, last, list->arena);
            continue;
        }
        list->persons[list->member_count] = row->persons;
        list->pots[list->pot_count - 1].member_count++;
        list->members[list->member_count++] = (yb_clearing_member_t){ .code = yb_arena_strdup(list->arena, row->code),
                                                                      .grade = yb_arena_strdup(list->arena, row->grade),
                                                                      .score_e4 = row->score_e4,
                                                                      .input = row->input };
    }
}

/* ---- reserves ---- */

static yb_err_t reserve_of(const yb_plan_t *plan, const yb_year_list_t *list, const yb_year_pot_t *pot,
                           yb_fen_t *ret_reserve_fen)
{
    yb_fen_t other_pay_fen = 0, sum = 0;
    for (size_t i = 0; i < pot->member_count; i++)
        if (__builtin_add_overflow(other_pay_fen, list->members[pot->member_first + i].input.other_pay_fen,
                                   &other_pay_fen))
            return YB_E_OVERFLOW;
    for (size_t p = 0; p < plan->pool_count; p++) {
        yb_fen_t reserve_fen;
        if (pot->insutype[0] != '\0' && strcmp(plan->pools[p].insutype, pot->insutype) != 0)
            continue;
        yb_err_t err = yb_clearing_reserve(plan, p, other_pay_fen, &reserve_fen);
        if (err != YB_OK)
            return err;
        sum += reserve_fen; /* YB_PLAN_POOLS_MAX of 10^16 at most */
    }
    *ret_reserve_fen = sum;
    return YB_OK;
}

static void find_reserves(reader_t *reader, yb_year_list_t *list)
{
    const yb_plan_t *plan = reader->plan;
    const yb_file_place_t place = { .file = reader->name, .line = 1 };
    bool of_fund = false;
    for (size_t p = 0; p < plan->pool_count; p++)
        of_fund = of_fund || plan->pools[p].of_fund;
    if (list->pots[0].insutype[0] == '\0' && of_fund && plan->pool_count > 1 && plan->reserve_ratio_ppm > 0)
        yb_file_report_add(reader->report, true, &place,
                           "方案有几个险种并写明基金预算(fund_budget)，调剂金须按险种计算，文件须有insutype列");
    for (size_t i = 0; i < list->pot_count; i++)
        if (reserve_of(plan, list, &list->pots[i], &list->pots[i].reserve_fen) != YB_OK)
            yb_file_report_add(reader->report, true, &place, "险种%s的调剂金超出可计算范围", list->pots[i].insutype);
}

/* ---- the files ---- */

static yb_err_t read_list(reader_t *reader, const yb_sheet_source_t *source, bool by_head, yb_year_list_t *ret_list)
{
    const size_t errors = reader->report->errors;
    yb_year_list_t list = { .by_head = by_head, .arena = yb_arena_create(0) };
    if (list.arena == NULL)
        return YB_E_NO_MEMORY;
    reader->sheet = yb_sheet_open(source, reader->report);
    reader->has_month = !by_head && yb_sheet_has(reader->sheet, MONTH);
    read_rows(reader, by_head ? read_signed_row : read_month_row);
    if (reader->report->errors == errors && reader->count == 0)
        yb_sheet_fault(reader->sheet, -1, "没有一行");
    yb_sheet_close(&reader->sheet);
    if (reader->count > 0)
        take(reader, &list);
    free(reader->rows);
    for (size_t i = 0; i < list.pot_count; i++) {
        list.pots[i].reserve_fen = YB_CLEARING_NO_LIMIT;
        if (list.pots[i].member_count > YB_CLEARING_COUNT_MAX) {
            const yb_file_place_t place = { .file = reader->name };
            yb_file_report_add(reader->report, true, &place, "机构过多，一个险种最多%d家", YB_CLEARING_COUNT_MAX);
        }
    }
    if (!by_head && list.pot_count > 0)
        find_reserves(reader, &list);
    if (reader->report->errors > errors) {
        yb_year_list_destroy(&list);
        return YB_E_FILE_FORM;
    }
    *ret_list = list;
    return YB_OK;
}

yb_err_t yb_months_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                        yb_file_report_t *report, yb_year_list_t *ret_list)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = months_required, .optional = months_optional
    };
    reader_t reader = { .plan = plan, .name = name, .report = report };
    return read_list(&reader, &source, false, ret_list);
}

yb_err_t yb_signed_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                        yb_file_report_t *report, yb_year_list_t *ret_list)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = signed_required
    };
    reader_t reader = { .plan = plan, .name = name, .report = report };
    return read_list(&reader, &source, true, ret_list);
}

yb_err_t yb_year_list_run(const yb_plan_t *plan, yb_year_list_t *list, yb_refusal_t *ret_why)
{
    yb_year_share_t *wanted = calloc(list->member_count + 1, sizeof(*wanted));
    yb_share_t *shares = calloc(list->member_count + 1, sizeof(*shares));
    YB_ASSERT(wanted != NULL && shares != NULL);
    yb_err_t err = YB_OK;
    size_t units = 0;
    for (size_t i = 0; i < list->pot_count && err == YB_OK; i++) {
        yb_year_pot_t *pot = &list->pots[i];
        pot->unit_first = units;
        err = yb_clearing_run(plan, pot->reserve_fen, list->members + pot->member_first, pot->member_count,
                              list->units + units, &pot->unit_count, wanted, shares, ret_why);
        units += pot->unit_count;
    }
    free(wanted);
    free(shares);
    return err;
}

void yb_year_list_destroy(yb_year_list_t *list)
{
    if (list == NULL)
        return;
    yb_arena_destroy(&list->arena);
    *list = (yb_year_list_t){ .pot_count = 0 };
}
