/* yibaoctl drg months, freeze, reopen, release: how far a month is, and its next step. */
#include "services/ctl/drg_month.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/money.h"
#include "services/ctl/drg.h"
#include "services/drg/rules/pay.h"

/* ---- shared ---- */

static void set_route(yb_month_args_t *args)
{
    char key[32];
    snprintf(key, sizeof key, "%" PRId32 ":%" PRId32, args->poolarea, args->ym);
    args->route_key = yb_route_key(key);
}

static bool read_area(const yb_args_t *args, int32_t *ret_area)
{
    int64_t area = 0;
    if (!yb_args_number(args, "area", 100000, 999999, 0, &area))
        return false;
    *ret_area = (int32_t)area;
    return true;
}

static bool year_args(const yb_args_t *args, yb_month_args_t *ret)
{
    int64_t year = 0;
    if (!read_area(args, &ret->poolarea) || !yb_args_number(args, "year", 2000, 2099, 0, &year))
        return false;
    ret->ym = (int32_t)year;
    set_route(ret);
    return true;
}

bool yb_month_args(const yb_args_t *args, yb_month_args_t *ret)
{
    const char *month = yb_args_value(args, "month");
    if (!read_area(args, &ret->poolarea))
        return false;
    if (yb_month_parse(month, strlen(month), &ret->ym) != YB_OK) {
        yb_args_wrong(args, "--month \"%.20s\" is not a month: 202601", month);
        return false;
    }
    set_route(ret);
    return true;
}

bool yb_period_args(const yb_args_t *args, yb_month_args_t *ret)
{
    const bool month = yb_args_has(args, "month"), year = yb_args_has(args, "year");
    if (month && year) {
        yb_args_wrong(args, "--month or --year, not both");
        return false;
    }
    if (!yb_args_has(args, "area") || (!month && !year)) {
        yb_args_wrong(args, "missing: --area, and --month or --year");
        return false;
    }
    return year ? year_args(args, ret) : yb_month_args(args, ret);
}

static const char *name_of(const char *const *names, size_t count, int32_t state)
{
    return state > 0 && (size_t)state < count ? names[state] : "?";
}

const char *yb_month_state_name(int32_t state)
{
    static const char *const names[] = { "", "open", "frozen", "released" };
    return name_of(names, 4, state);
}

const char *yb_run_state_name(int32_t state)
{
    static const char *const names[] = { "", "being made", "ready", "released", "dropped" };
    return name_of(names, 5, state);
}

const char *yb_statement_state_name(int32_t state)
{
    static const char *const names[] = { "", "to be released", "released", "in the books" };
    return name_of(names, 4, state);
}

static void print_pools(const Yibao__Drg__StoredSummary *summary)
{
    static const char *const titles[] = { "INSURANCE", ">CASES", ">COST",       ">BUDGET", ">RESERVE",
                                          ">POINTS",   ">GROSS", ">OTHER PAYS", ">DUE",    NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < summary->n_pools; i++) {
        const Yibao__Drg__StoredPool *p = summary->pools[i];
        const int64_t amounts[] = { p->fee_fen,   p->budget_fen,    p->reserve_fen, 0,
                                    p->gross_fen, p->other_pay_fen, p->due_fen };
        char plain[YB_DECIMAL_TEXT], text[8][YB_GROUPED_TEXT];
        const char *cells[9] = { p->insutype[0] != '\0' ? p->insutype : "outside",
                                 yb_count_text((uint64_t)p->count, text[7]) };
        for (size_t k = 0; k < 7; k++)
            cells[k + 2] = yb_grouped(
                k == 3 ? yb_decimal_format(p->points_e4, 4, plain) : yb_fen_format(amounts[k], plain), text[k]);
        yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static void print_classes(const Yibao__Drg__StoredSummary *summary)
{
    int64_t sums[YB_PAY_CLASS_COUNT] = { 0 };
    const char *sep = "";
    char text[YB_GROUPED_TEXT];
    for (size_t i = 0; i < summary->n_pools; i++)
        for (size_t k = 0; k < summary->pools[i]->n_by_class && k < YB_PAY_CLASS_COUNT; k++)
            sums[k] += summary->pools[i]->by_class[k];
    printf("classes: ");
    for (int k = 0; k < YB_PAY_CLASS_COUNT; k++)
        if (sums[k] > 0) {
            printf("%s%s %s", sep, yb_pay_class_name((yb_pay_class_t)k), yb_count_text((uint64_t)sums[k], text));
            sep = ", ";
        }
    printf("\n");
}

void yb_run_print(const Yibao__Drg__Run *run)
{
    const Yibao__Drg__StoredSummary *s = run->summary;
    char count[3][YB_GROUPED_TEXT], when[YB_TIME_TEXT], plain[YB_DECIMAL_TEXT];
    int64_t due_fen = 0;
    printf("run %" PRId64 ": %s, by %s %s, plan %s\n", run->run_id, yb_run_state_name(run->state), run->made_by,
           yb_moment_text(run->made_us, when), run->plan);
    if (s == NULL || run->inputs_hash.len == 0)
        return;
    printf("cases: %s of the month, %s taken back, %s paid anew or late\n",
           yb_count_text((uint64_t)s->of_month, count[0]), yb_count_text((uint64_t)s->taken_back, count[1]),
           yb_count_text((uint64_t)s->anew, count[2]));
    if (run->mean_e4 > 0)
        printf("mean cost: %s yuan\n", yb_decimal_format(run->mean_e4, 4, plain));
    for (size_t i = 0; i < run->n_schemes; i++)
        printf("scheme: %s\n", run->schemes[i]->name);
    print_pools(s);
    print_classes(s);
    for (size_t i = 0; i < s->n_pools; i++)
        due_fen += s->pools[i]->due_fen;
    if (due_fen < 0)
        printf("warning: in sum the hospitals owe the fund (due < 0): is the plan's budget right?\n");
}

/* ---- months ---- */

static void add_month(yb_table_t *table, const Yibao__Drg__Month *m)
{
    char area[16], ym[16], when[YB_TIME_TEXT], made[YB_TIME_TEXT], cases[YB_GROUPED_TEXT], waiting[YB_GROUPED_TEXT];
    const Yibao__Drg__Run *run = m->run;
    snprintf(area, sizeof area, "%" PRId32, m->poolarea);
    snprintf(ym, sizeof ym, "%" PRId32, m->ym);
    const char *cells[] = { area,
                            ym,
                            yb_month_state_name(m->state),
                            m->state_by,
                            yb_moment_text(m->state_us, when),
                            run != NULL ? yb_run_state_name(run->state) : "",
                            run != NULL ? yb_count_text((uint64_t)run->case_count, cases) : "",
                            run != NULL ? run->made_by : "",
                            run != NULL ? yb_moment_text(run->made_us, made) : "",
                            yb_count_text((uint64_t)m->changes_waiting, waiting) };
    yb_table_row(table, cells);
}

static int months_run(const yb_args_t *args)
{
    static const char *const titles[] = { "AREA", "MONTH",  "STATE",   "BY",   "SINCE",
                                          "RUN",  ">CASES", "MADE BY", "MADE", ">CHANGES WAITING",
                                          NULL };
    Yibao__Drg__ListMonthsRequest request = YIBAO__DRG__LIST_MONTHS_REQUEST__INIT;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/ListMonths",
                           .body = &request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__list_months_reply__descriptor };
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    ProtobufCMessage *reply = NULL;
    if (!read_area(args, &request.poolarea))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK) {
        code = yb_fault_leave(&fault);
    } else {
        const Yibao__Drg__ListMonthsReply *got = (const Yibao__Drg__ListMonthsReply *)reply;
        yb_table_t *table = yb_table_create(titles);
        for (size_t i = 0; i < got->n_months; i++)
            add_month(table, got->months[i]);
        if (got->n_months == 0)
            printf("every month is open: none was frozen yet\n");
        else
            yb_table_print(table, stdout);
        yb_table_destroy(&table);
    }
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t months_options[] = {
    { "area", "AREA", "of one pooling area (six digits) [of all]" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_months = {
    .name = "months",
    .summary = "How far each month is: open, frozen, closed by whom, released.",
    .synopses = YB_TEXTS("[--area AREA]"),
    .options = months_options,
    .run = months_run,
};

/* ---- one step ---- */

int yb_drg_ask(const yb_ask_t *ask, void (*show)(const ProtobufCMessage *reply))
{
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    ProtobufCMessage *reply = NULL;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    if (yb_bus_ask(bus, ask, arena, &reply, &fault) != YB_OK)
        code = yb_fault_leave(&fault);
    else
        show(reply);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static yb_ask_t ask_for(const char *method, const yb_month_args_t *month, const ProtobufCMessage *body,
                        const ProtobufCMessageDescriptor *reply_type)
{
    return (yb_ask_t){ .service = "drg",
                       .method = method,
                       .body = body,
                       .timeout_ms = YB_MONTH_TIMEOUT_MS,
                       .reply_type = reply_type,
                       .route_key = month->route_key };
}

static void show_month(const Yibao__Drg__Month *m)
{
    printf("%" PRId32 " %" PRId32 " is %s, by %s\n", m->poolarea, m->ym, yb_month_state_name(m->state), m->state_by);
}

static void show_frozen(const ProtobufCMessage *reply)
{
    show_month(((const Yibao__Drg__FreezeMonthReply *)reply)->month);
}

static int freeze_run(const yb_args_t *args)
{
    Yibao__Drg__FreezeMonthRequest request = YIBAO__DRG__FREEZE_MONTH_REQUEST__INIT;
    yb_month_args_t month;
    if (!yb_month_args(args, &month))
        return YB_EXIT_USAGE;
    request.poolarea = month.poolarea;
    request.ym = month.ym;
    request.now = yb_args_has(args, "now");
    const yb_ask_t ask = ask_for("Drg/FreezeMonth", &month, &request.base, &yibao__drg__freeze_month_reply__descriptor);
    return yb_drg_ask(&ask, show_frozen);
}

static const yb_option_t freeze_options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "now", NULL, "though the plan's upload day has not passed" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_freeze = {
    .name = "freeze",
    .summary = "The lists of a month stay as they are from now on.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM [--now]"),
    .options = freeze_options,
    .required = YB_TEXTS("area", "month"),
    .run = freeze_run,
    .details = "Refused before the plan's upload day has passed.\n",
};

static void show_reopened(const ProtobufCMessage *reply)
{
    show_month(((const Yibao__Drg__ReopenMonthReply *)reply)->month);
}

static int reopen_run(const yb_args_t *args)
{
    Yibao__Drg__ReopenMonthRequest request = YIBAO__DRG__REOPEN_MONTH_REQUEST__INIT;
    yb_month_args_t month;
    const char *reason = yb_args_value(args, "reason");
    if (!yb_month_args(args, &month))
        return YB_EXIT_USAGE;
    if (strlen(reason) > 900)
        return yb_args_wrong(args, "--reason has more than 900 bytes");
    request.poolarea = month.poolarea;
    request.ym = month.ym;
    request.reason = (char *)(uintptr_t)reason;
    const yb_ask_t ask = ask_for("Drg/ReopenMonth", &month, &request.base, &yibao__drg__reopen_month_reply__descriptor);
    return yb_drg_ask(&ask, show_reopened);
}

static const yb_option_t reopen_options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "reason", "TEXT", "why, in words the hospital reads; at most 900 bytes" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_reopen = {
    .name = "reopen",
    .summary = "The lists of a frozen month may be replaced again.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM --reason TEXT"),
    .options = reopen_options,
    .required = YB_TEXTS("area", "month", "reason"),
    .run = reopen_run,
    .details = "A run that was not released is dropped.\n",
};

static void show_released(const ProtobufCMessage *reply)
{
    const Yibao__Drg__ReleaseMonthReply *r = (const Yibao__Drg__ReleaseMonthReply *)reply;
    char plain[YB_DECIMAL_TEXT], grouped[YB_GROUPED_TEXT];
    yb_run_print(r->run);
    printf("released by %s: %" PRId32 " statements, %" PRId32 " of them to be booked, %s yuan in sum\n",
           r->run->released_by, r->statements, r->to_be_booked,
           yb_grouped(yb_fen_format(r->difference_fen, plain), grouped));
}

static int release_run(const yb_args_t *args)
{
    Yibao__Drg__ReleaseMonthRequest request = YIBAO__DRG__RELEASE_MONTH_REQUEST__INIT;
    yb_month_args_t month;
    if (!yb_period_args(args, &month))
        return YB_EXIT_USAGE;
    request.poolarea = month.poolarea;
    request.ym = month.ym;
    const yb_ask_t ask =
        ask_for("Drg/ReleaseMonth", &month, &request.base, &yibao__drg__release_month_reply__descriptor);
    return yb_drg_ask(&ask, show_released);
}

static const yb_option_t release_options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "year", "YYYY", "the year's clearing instead of a month" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_release = {
    .name = "release",
    .summary = "By another person than the one who closed: the differences go to settlement's books.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM", "--area AREA --year YYYY"),
    .options = release_options,
    .required = YB_TEXTS("area"),
    .run = release_run,
    .details = "The person is YB_OPERATOR, else USER. Refused when the month is no longer what was closed. Of a\n"
               "year the differences are those to what its months have booked.\n",
};
