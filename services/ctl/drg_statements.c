/* yibaoctl drg statements: what a month owes each institution. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/money.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"

static void add_statement(yb_table_t *table, const Yibao__Drg__Statement *s)
{
    const int64_t amounts[] = { s->fee_fen,    s->gross_fen,      s->other_pay_fen, s->due_fen,
                                s->booked_fen, s->difference_fen, s->prepaid_fen,   s->withheld_fen };
    char plain[YB_DECIMAL_TEXT], text[8][YB_GROUPED_TEXT], cases[YB_GROUPED_TEXT], period[16];
    snprintf(period, sizeof period, "%" PRId32, s->period);
    const char *cells[13] = { period, s->fixmedins_code, s->insutype, yb_count_text((uint64_t)s->case_count, cases) };
    for (size_t i = 0; i < 8; i++)
        cells[i + 4] = yb_grouped(yb_fen_format(amounts[i], plain), text[i]);
    cells[12] = yb_statement_state_name(s->state);
    yb_table_row(table, cells);
}

static void print_statements(const Yibao__Drg__GetStatementsReply *got)
{
    static const char *const titles[] = { "PERIOD",   "INSTITUTION", "INSURANCE", ">CASES",  ">COST",
                                          ">GROSS",   ">OTHER PAYS", ">DUE",      ">BOOKED", ">DIFFERENCE",
                                          ">PREPAID", ">WITHHELD",   "STATE",     NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < got->n_statements; i++)
        add_statement(table, got->statements[i]);
    if (got->n_statements == 0)
        printf("no statements\n");
    else
        yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

/* A month's or a year's; of an institution without either all that was released to it. */
static bool read_args(const yb_args_t *args, yb_month_args_t *ret)
{
    const bool year = yb_args_has(args, "year");
    if (yb_args_has(args, "o") && !year) {
        yb_args_wrong(args, "-o is for the sheets of a year (--year)");
        return false;
    }
    if (yb_args_has(args, "institution") && !year && !yb_args_has(args, "month"))
        return true;
    return yb_period_args(args, ret);
}

static int statements_run(const yb_args_t *args)
{
    Yibao__Drg__GetStatementsRequest request = YIBAO__DRG__GET_STATEMENTS_REQUEST__INIT;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/GetStatements",
                           .body = &request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__get_statements_reply__descriptor };
    const char *institution = yb_args_value(args, "institution");
    yb_month_args_t of = { .ym = 0 };
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    ProtobufCMessage *reply = NULL;
    if (!read_args(args, &of))
        return YB_EXIT_USAGE;
    if (yb_args_has(args, "year"))
        return yb_drg_year_statements(args, &of);
    request.poolarea = of.poolarea;
    request.period = of.ym;
    if (institution != NULL)
        request.fixmedins_code = (char *)(uintptr_t)institution;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK) {
        code = yb_fault_leave(&fault);
    } else {
        const Yibao__Drg__GetStatementsReply *got = (const Yibao__Drg__GetStatementsReply *)reply;
        if (got->run != NULL)
            yb_run_print(got->run);
        print_statements(got);
    }
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "year", "YYYY", "the sheets of the year's clearing instead of a month" },
    { "institution", "CODE", "of one institution; without --month and --year: all that was released to it" },
    { "o", "OUT.csv", "--year: the sheets as CSV; whole or not at all" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_statements = {
    .name = "statements",
    .summary = "What a month, or a year's clearing, owes each institution.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM [--institution CODE]",
                         "--area AREA --year YYYY [--institution CODE] [-o OUT.csv]", "--institution CODE"),
    .options = options,
    .run = statements_run,
};
