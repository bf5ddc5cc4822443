/* yibaoctl drg close --year, drg statements --year: the year's clearing on the database. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/money.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"
#include "services/ctl/findings.h"
#include "services/ctl/outfile.h"
#include "services/drg/plan/sheet.h"

/* ---- INPUTS.tsv ---- */

enum { INSTITUTION, INSUTYPE, ADJUSTMENT, PENALTY, SCORE, GRADE, PROCUREMENT, OFFLINE };
static const char *const required[] = { "fixmedins_code", "insutype", NULL };
static const char *const optional[] = { "adjustment",       "penalty",          "score", "grade",
                                        "procurement_kept", "offline_purchase", NULL };

static bool is_there(const yb_sheet_t *sheet, int column)
{
    return yb_sheet_has(sheet, column) && yb_sheet_text(sheet, column).len > 0;
}

static bool read_input(yb_sheet_t *sheet, yb_arena_t *arena, Yibao__Drg__YearInput *in)
{
    char code[YB_PLAN_TEXT] = "", insutype[YB_PLAN_TEXT] = "", grade[YB_PLAN_TEXT] = "";
    const struct {
        int column;
        int64_t min, *to;
    } money[] = { { ADJUSTMENT, -YB_FEN_MAX, &in->adjustment_fen },
                  { PENALTY, 0, &in->penalty_fen },
                  { PROCUREMENT, 0, &in->procurement_kept_fen },
                  { OFFLINE, 0, &in->offline_purchase_fen } };
    bool good = yb_sheet_code(sheet, INSTITUTION, code);
    good = yb_sheet_code(sheet, INSUTYPE, insutype) && good;
    for (size_t i = 0; i < sizeof money / sizeof money[0]; i++)
        if (is_there(sheet, money[i].column))
            good = yb_sheet_number(sheet, money[i].column, 2, money[i].min, YB_FEN_MAX, money[i].to) && good;
    in->score_e4 = -1;
    if (is_there(sheet, SCORE))
        good = yb_sheet_number(sheet, SCORE, 4, 0, 10000LL * YB_E4_ONE, &in->score_e4) && good;
    if (is_there(sheet, GRADE))
        good = yb_sheet_code(sheet, GRADE, grade) && good;
    in->fixmedins_code = yb_arena_strdup(arena, code);
    in->insutype = yb_arena_strdup(arena, insutype);
    in->grade = yb_arena_strdup(arena, grade);
    return good;
}

static bool read_rows(FILE *file, const char *path, yb_file_report_t *report, yb_arena_t *arena,
                      Yibao__Drg__CloseYearRequest *request)
{
    const yb_sheet_source_t source = { .name = path, .file = file, .required = required, .optional = optional };
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    size_t cap = 0;
    while (yb_sheet_next(sheet)) {
        Yibao__Drg__YearInput *in = YB_NEW(arena, Yibao__Drg__YearInput);
        yibao__drg__year_input__init(in);
        if (!read_input(sheet, arena, in))
            continue;
        if (request->n_inputs == cap) {
            Yibao__Drg__YearInput **grown = YB_NEW_ARRAY(arena, Yibao__Drg__YearInput *, cap = cap * 2 + 64);
            if (request->n_inputs > 0)
                memcpy(grown, request->inputs, request->n_inputs * sizeof *grown);
            request->inputs = grown;
        }
        request->inputs[request->n_inputs++] = in;
    }
    const bool good = yb_sheet_is_good(sheet);
    yb_sheet_close(&sheet);
    return good;
}

/* False: the fault was printed. */
static bool read_inputs(const char *path, yb_arena_t *arena, Yibao__Drg__CloseYearRequest *request)
{
    FILE *file = fopen(path, "re");
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    if (file == NULL) {
        fprintf(stderr, "yibaoctl drg: %s: %s\n", path, strerror(errno));
        free(report);
        return false;
    }
    request->with_inputs = true;
    const bool good = read_rows(file, path, report, arena, request);
    fclose(file);
    yb_file_report_print(report, stderr);
    if (!good)
        fprintf(stderr, "yibaoctl drg: %s: %zu errors, nothing was cleared\n", path, report->errors);
    free(report);
    return good;
}

/* ---- close --year ---- */

static int close_year(const yb_args_t *args, const yb_month_args_t *year, yb_bus_t *bus, yb_arena_t *arena)
{
    Yibao__Drg__CloseYearRequest request = YIBAO__DRG__CLOSE_YEAR_REQUEST__INIT;
    const char *inputs = yb_args_value(args, "inputs");
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (inputs != NULL && !read_inputs(inputs, arena, &request))
        return YB_EXIT_FINDINGS;
    request.poolarea = year->poolarea;
    request.year = year->ym;
    request.now = yb_args_has(args, "now");
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/CloseYear",
                           .body = &request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__close_year_reply__descriptor,
                           .route_key = year->route_key };
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        return yb_fault_leave(&fault);
    const Yibao__Drg__CloseYearReply *got = (const Yibao__Drg__CloseYearReply *)reply;
    yb_run_print(got->run);
    if (got->run->state == 2)
        printf("next: another person releases it: YB_OPERATOR=NAME yibaoctl drg release --area %" PRId32
               " --year %" PRId32 "\n",
               year->poolarea, year->ym);
    return YB_EXIT_OK;
}

/* ---- statements --year ---- */

/* The rows of the annual clearing sheet, in its order. */
#define SHEET_ROWS 18
static void amounts_of(const Yibao__Drg__YearSheet *s, int64_t ret[SHEET_ROWS])
{
    const int64_t rows[SHEET_ROWS] = { s->cost_fen,         s->budget_fen,         s->adjustment_fen,
                                       s->penalty_fen,      s->total_fen,          s->kept_fen,
                                       s->returned_fen,     s->fund_share_fen,     s->own_share_fen,
                                       s->other_pay_fen,    s->payable_fen,        s->withheld_fen,
                                       s->deposit_back_fen, s->deposit_lost_fen,   s->prepaid_fen,
                                       s->procurement_kept_fen, s->offline_purchase_fen, s->settle_fen };
    memcpy(ret, rows, sizeof rows);
}

static void write_sheets(const Yibao__Drg__GetYearReply *got, FILE *out)
{
    fputs("﻿机构,险种,清算单元,医保发生费用,区域总额预算资金,其他,违规扣款,总额预算资金合计,结余留用,结余返还,"
          "超支医保承担,超支机构承担,个人及其他支付,医保应付,质量保证金,保证金返还,保证金扣减,已拨付,集采结余留用,"
          "线下采购扣减,应补付,已入账,待入账差额\r\n",
          out);
    for (size_t i = 0; i < got->n_sheets; i++) {
        const Yibao__Drg__YearSheet *s = got->sheets[i];
        int64_t amounts[SHEET_ROWS];
        char text[YB_DECIMAL_TEXT];
        amounts_of(s, amounts);
        fprintf(out, "%s,%s,%s", s->statement->fixmedins_code, s->statement->insutype, s->unit);
        for (size_t k = 0; k < SHEET_ROWS; k++)
            fprintf(out, ",%s", yb_fen_format(amounts[k], text));
        fprintf(out, ",%s", yb_fen_format(s->statement->booked_fen, text));
        fprintf(out, ",%s\r\n", yb_fen_format(s->statement->difference_fen, text));
    }
}

static void print_sheets(const Yibao__Drg__GetYearReply *got)
{
    static const char *const titles[] = { "INSTITUTION", "INSURANCE",   "CLEARED AS", ">COST",    ">BUDGET",
                                          ">KEPT",       ">RETURNED",   ">FUND SHARE", ">PAYABLE", ">PREPAID",
                                          ">SETTLE",     ">DIFFERENCE", "STATE",      NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < got->n_sheets; i++) {
        const Yibao__Drg__YearSheet *s = got->sheets[i];
        const int64_t amounts[] = { s->cost_fen,    s->budget_fen,  s->kept_fen,   s->returned_fen, s->fund_share_fen,
                                    s->payable_fen, s->prepaid_fen, s->settle_fen, s->statement->difference_fen };
        char plain[YB_DECIMAL_TEXT], text[9][YB_GROUPED_TEXT];
        const char *cells[13] = { s->statement->fixmedins_code, s->statement->insutype, s->in_group ? s->unit : "" };
        for (size_t k = 0; k < 9; k++)
            cells[k + 3] = yb_grouped(yb_fen_format(amounts[k], plain), text[k]);
        cells[12] = yb_statement_state_name(s->statement->state);
        yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
    for (size_t i = 0; i < got->n_groups; i++) {
        yb_print_clean(stdout, got->groups[i]->text);
        putchar('\n');
    }
}

static int show_year(const yb_args_t *args, const yb_month_args_t *year, yb_bus_t *bus, yb_arena_t *arena)
{
    Yibao__Drg__GetYearRequest request = YIBAO__DRG__GET_YEAR_REQUEST__INIT;
    const char *institution = yb_args_value(args, "institution"), *path = yb_args_value(args, "o");
    yb_outfile_t out = { .file = NULL };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    request.poolarea = year->poolarea;
    request.year = year->ym;
    if (institution != NULL)
        request.fixmedins_code = (char *)(uintptr_t)institution;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/GetYear",
                           .body = &request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__get_year_reply__descriptor };
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        return yb_fault_leave(&fault);
    const Yibao__Drg__GetYearReply *got = (const Yibao__Drg__GetYearReply *)reply;
    if (path != NULL) {
        if (!yb_outfile_open(&out, "drg", path))
            return YB_EXIT_FINDINGS;
        write_sheets(got, out.file);
        return yb_outfile_commit(&out, "drg") ? YB_EXIT_OK : YB_EXIT_FINDINGS;
    }
    yb_run_print(got->run);
    print_sheets(got);
    return YB_EXIT_OK;
}

/* ---- both ---- */

static int with_bus(const yb_args_t *args, const yb_month_args_t *year,
                    int (*run)(const yb_args_t *args, const yb_month_args_t *year, yb_bus_t *bus, yb_arena_t *arena))
{
    yb_bus_t *bus = NULL;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    code = run(args, year, bus, arena);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

int yb_drg_close_year(const yb_args_t *args, const yb_month_args_t *year) { return with_bus(args, year, close_year); }

int yb_drg_year_statements(const yb_args_t *args, const yb_month_args_t *year)
{
    return with_bus(args, year, show_year);
}
