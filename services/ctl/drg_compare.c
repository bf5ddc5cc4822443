/* yibaoctl drg compare: does drg know what settlement has settled? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/day.h"
#include "libcommon/money.h"
#include "libcommon/text.h"
#include "proto/drg.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_books.h"
#include "services/ctl/drg_month.h"

#define TIMEOUT_MS 60000
#define LOOK_MS 300
#define STILL_NS 3000000000LL /* nothing has moved for so long: nothing is under way */

enum { SETTLEMENT, DRG, SIDES };

/* An institution and insutype. */
typedef struct line {
    char fixmedins_code[24], insutype[8];
    uint64_t cases[SIDES], unsaid;
    int64_t medfee_fen[SIDES], basic_fund_fen[SIDES];
} line_t;

typedef struct sheet {
    line_t *lines;
    size_t count, cap;
} sheet_t;

/* ---- what both say ---- */

static void add(sheet_t *sheet, int side, Yibao__Types__CaseCount *const *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sheet->count == sheet->cap) {
            sheet->cap = sheet->cap == 0 ? 256 : sheet->cap * 2;
            sheet->lines = realloc(sheet->lines, sheet->cap * sizeof *sheet->lines);
            YB_ASSERT(sheet->lines != NULL);
        }
        line_t *line = &sheet->lines[sheet->count++];
        *line = (line_t){ .unsaid = counts[i]->unsaid };
        yb_text_copy(line->fixmedins_code, sizeof line->fixmedins_code, counts[i]->fixmedins_code);
        yb_text_copy(line->insutype, sizeof line->insutype, counts[i]->insutype);
        line->cases[side] = counts[i]->cases;
        line->medfee_fen[side] = counts[i]->medfee_sumamt_fen;
        line->basic_fund_fen[side] = counts[i]->basic_fund_fen;
    }
}

static int by_institution(const void *a, const void *b)
{
    const line_t *x = a, *y = b;
    const int order = strcmp(x->fixmedins_code, y->fixmedins_code);
    return order != 0 ? order : strcmp(x->insutype, y->insutype);
}

static void sum_up(line_t *into, const line_t *line)
{
    into->unsaid += line->unsaid;
    for (int side = 0; side < SIDES; side++) {
        into->cases[side] += line->cases[side];
        into->medfee_fen[side] += line->medfee_fen[side];
        into->basic_fund_fen[side] += line->basic_fund_fen[side];
    }
}

/* One line of each institution and insutype, in order. */
static void fold(sheet_t *sheet)
{
    size_t n = 0;
    if (sheet->count > 0)
        qsort(sheet->lines, sheet->count, sizeof *sheet->lines, by_institution);
    for (size_t i = 0; i < sheet->count; i++)
        if (n > 0 && by_institution(&sheet->lines[n - 1], &sheet->lines[i]) == 0)
            sum_up(&sheet->lines[n - 1], &sheet->lines[i]);
        else
            sheet->lines[n++] = sheet->lines[i];
    sheet->count = n;
}

/* A day per call: no lane of settlement is held for long. */
static yb_err_t ask_settlement(yb_bus_t *bus, int32_t poolarea, int32_t ym, yb_arena_t *arena, sheet_t *sheet,
                               yb_fault_t *fault)
{
    Yibao__Settlement__CountCasesRequest request = YIBAO__SETTLEMENT__COUNT_CASES_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
                           .method = "Settlement/CountCases",
                           .body = &request.base,
                           .timeout_ms = TIMEOUT_MS,
                           .reply_type = &yibao__settlement__count_cases_reply__descriptor };
    request.poolarea = poolarea;
    for (yb_day_t day = ym * 100 + 1; day / 100 == ym; day = yb_day_next(day)) {
        ProtobufCMessage *reply = NULL;
        yb_arena_reset(arena);
        request.from_day = request.to_day = day;
        yb_err_t err = yb_bus_ask(bus, &ask, arena, &reply, fault);
        if (err != YB_OK)
            return err;
        const Yibao__Settlement__CountCasesReply *got = (const Yibao__Settlement__CountCasesReply *)reply;
        add(sheet, SETTLEMENT, got->counts, got->n_counts);
    }
    return YB_OK;
}

static yb_err_t ask_drg(yb_bus_t *bus, int32_t poolarea, int32_t ym, yb_arena_t *arena, sheet_t *sheet,
                        yb_fault_t *fault)
{
    Yibao__Drg__CountCasesRequest request = YIBAO__DRG__COUNT_CASES_REQUEST__INIT;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/CountCases",
                           .body = &request.base,
                           .timeout_ms = TIMEOUT_MS,
                           .reply_type = &yibao__drg__count_cases_reply__descriptor };
    char after[24] = "";
    request.poolarea = poolarea;
    request.ym = ym;
    for (bool done = false; !done;) {
        ProtobufCMessage *reply = NULL;
        yb_arena_reset(arena);
        request.after_code = after;
        yb_err_t err = yb_bus_ask(bus, &ask, arena, &reply, fault);
        if (err != YB_OK)
            return err;
        const Yibao__Drg__CountCasesReply *got = (const Yibao__Drg__CountCasesReply *)reply;
        add(sheet, DRG, got->counts, got->n_counts);
        done = got->done || strcmp(got->after_code, after) == 0;
        yb_text_copy(after, sizeof after, got->after_code);
    }
    return YB_OK;
}

static bool on_their_way(yb_bus_t *bus, yb_arena_t *arena)
{
    const Yibao__Rpc__HealthRequest request = YIBAO__RPC__HEALTH_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
                           .method = "Frame/Health",
                           .body = &request.base,
                           .timeout_ms = 5000,
                           .reply_type = &yibao__rpc__health_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    yb_arena_reset(arena);
    return yb_bus_ask(bus, &ask, arena, &reply, &fault) == YB_OK &&
           ((const Yibao__Rpc__HealthReply *)reply)->outbox_pending > 0;
}

/* ---- what differs ---- */

static bool agrees(const line_t *line)
{
    return line->unsaid == 0 && line->cases[SETTLEMENT] == line->cases[DRG] &&
           line->medfee_fen[SETTLEMENT] == line->medfee_fen[DRG] &&
           line->basic_fund_fen[SETTLEMENT] == line->basic_fund_fen[DRG];
}

static bool all_agree(const sheet_t *sheet)
{
    for (size_t i = 0; i < sheet->count; i++)
        if (!agrees(&sheet->lines[i]))
            return false;
    return true;
}

static const char *yuan(int64_t fen, char buf[YB_GROUPED_TEXT])
{
    char plain[YB_DECIMAL_TEXT];
    return yb_grouped(yb_fen_format(fen, plain), buf);
}

static void print_differences(const sheet_t *sheet)
{
    static const char *const titles[] = { "INSTITUTION", "INSURANCE",   ">CASES",  ">IN DRG",   ">FEE",
                                          ">IN DRG",     ">BASIC FUND", ">IN DRG", ">NOT SAID", NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < sheet->count; i++) {
        const line_t *line = &sheet->lines[i];
        char text[7][YB_GROUPED_TEXT];
        const char *cells[] = { line->fixmedins_code,
                                line->insutype,
                                yb_count_text(line->cases[SETTLEMENT], text[0]),
                                yb_count_text(line->cases[DRG], text[1]),
                                yuan(line->medfee_fen[SETTLEMENT], text[2]),
                                yuan(line->medfee_fen[DRG], text[3]),
                                yuan(line->basic_fund_fen[SETTLEMENT], text[4]),
                                yuan(line->basic_fund_fen[DRG], text[5]),
                                yb_count_text(line->unsaid, text[6]) };
        if (!agrees(line))
            yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static line_t total_of(const sheet_t *sheet)
{
    line_t total;
    memset(&total, 0, sizeof total); /* compared as bytes */
    for (size_t i = 0; i < sheet->count; i++)
        sum_up(&total, &sheet->lines[i]);
    return total;
}

static int say(const sheet_t *sheet, int32_t poolarea, int32_t ym)
{
    const line_t total = total_of(sheet);
    char count[YB_GROUPED_TEXT], fee[YB_GROUPED_TEXT], fund[YB_GROUPED_TEXT];
    printf("%06" PRId32 " %04" PRId32 "-%02" PRId32 ": ", poolarea, ym / 100, ym % 100);
    if (all_agree(sheet)) {
        printf("%s stays, fee %s, basic fund %s: settlement and drg agree\n",
               yb_count_text(total.cases[SETTLEMENT], count), yuan(total.medfee_fen[SETTLEMENT], fee),
               yuan(total.basic_fund_fen[SETTLEMENT], fund));
        return YB_EXIT_OK;
    }
    printf("settlement and drg differ\n");
    print_differences(sheet);
    printf("what to do: `yibaoctl drg backfill --area %06" PRId32 " --from %06" PRId32 " --to %06" PRId32
           "` tells drg again\n",
           poolarea, ym, ym);
    return YB_EXIT_FINDINGS;
}

int yb_drg_compare_month(yb_bus_t *bus, int32_t poolarea, int32_t ym, int64_t wait_s)
{
    const yb_clock_t clock = yb_clock_real();
    const int64_t begun_ns = yb_clock_monotonic_ns(&clock);
    int64_t moved_ns = begun_ns;
    const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
    yb_arena_t *arena = yb_arena_create(0);
    sheet_t sheet = { .lines = NULL };
    line_t last = total_of(&sheet);
    yb_fault_t fault;
    int code = YB_EXIT_OK;
    for (;;) {
        sheet.count = 0;
        yb_err_t err = ask_settlement(bus, poolarea, ym, arena, &sheet, &fault);
        if (err == YB_OK)
            err = ask_drg(bus, poolarea, ym, arena, &sheet, &fault);
        if (err != YB_OK) {
            code = yb_fault_leave(&fault);
            break;
        }
        fold(&sheet);
        const int64_t now_ns = yb_clock_monotonic_ns(&clock);
        const line_t total = total_of(&sheet);
        if (memcmp(&total, &last, sizeof total) != 0 || on_their_way(bus, arena))
            moved_ns = now_ns;
        last = total;
        if (all_agree(&sheet) || now_ns - moved_ns >= STILL_NS || now_ns - begun_ns >= wait_s * 1000000000LL) {
            code = say(&sheet, poolarea, ym);
            break;
        }
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    free(sheet.lines);
    yb_arena_destroy(&arena);
    return code;
}

static int compare_run(const yb_args_t *args)
{
    yb_month_args_t of;
    int64_t wait_s = 0;
    yb_bus_t *bus = NULL;
    if (!yb_month_args(args, &of) || !yb_args_number(args, "wait", 0, 3600, 10, &wait_s))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code == YB_EXIT_OK)
        code = yb_drg_compare_month(bus, of.poolarea, of.ym, wait_s);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "wait", "SECONDS", "for events under way [10]" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_compare = {
    .name = "compare",
    .summary = "Stays, fees and basic fund of a month in settlement and in drg.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM [--wait SECONDS]"),
    .options = options,
    .required = YB_TEXTS("area", "month"),
    .run = compare_run,
    .details = "Lists the institutions that differ. Exit code 1 when one does.\n",
};
