/* yibaoctl unsettled: visits that are not finished, and what would finish them. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/day.h"
#include "libcommon/id.h"
#include "libcommon/money.h"
#include "libcommon/text.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"

#define PAGE 500
#define TIMEOUT_MS 30000

typedef Yibao__Settlement__ListUnsettledReply reply_t;

static void add_row(yb_table_t *table, const Yibao__Settlement__Unsettled *v)
{
    char id[YB_ID_TEXT + 4], since[YB_TIME_TEXT], person[YB_MASK_TEXT], amount[YB_DECIMAL_TEXT],
        grouped[YB_GROUPED_TEXT];
    snprintf(id, sizeof id, "%" PRId64, v->mdtrt_id);
    const char *cells[] = { id, yb_mask_certno(v->psn_no, person), v->fixmedins_code, v->state,
        yb_time_format(v->since, since), yb_grouped(yb_fen_format(v->amount_fen, amount), grouped),
        v->advice };
    yb_table_row(table, cells);
}

/* False: it was said. */
static bool load(yb_bus_t *bus, yb_table_t *table, uint64_t limit, bool *ret_more, int *ret_exit)
{
    Yibao__Settlement__ListUnsettledRequest request = YIBAO__SETTLEMENT__LIST_UNSETTLED_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
        .method = "Settlement/ListUnsettled",
        .body = &request.base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__settlement__list_unsettled_reply__descriptor };
    yb_arena_t *arena = yb_arena_create(0);
    bool good = true, done = false;
    while (good && !done && yb_table_count(table) < limit) {
        const uint64_t left = limit - yb_table_count(table);
        ProtobufCMessage *reply = NULL;
        yb_fault_t fault;
        yb_arena_reset(arena);
        request.limit = (uint32_t)(left < PAGE ? left : PAGE);
        good = yb_bus_ask(bus, &ask, arena, &reply, &fault) == YB_OK;
        if (!good) {
            *ret_exit = yb_fault_leave(&fault);
            break;
        }
        const reply_t *got = (const reply_t *)reply;
        for (size_t i = 0; i < got->n_visits && yb_table_count(table) < limit; i++)
            add_row(table, got->visits[i]);
        done = got->done || got->cursor == request.cursor;
        request.cursor = got->cursor;
    }
    *ret_more = !done;
    yb_arena_destroy(&arena);
    return good;
}

static int unsettled_run(const yb_args_t *args)
{
    static const char *const titles[] = { "MDTRT_ID", "PERSON", "INSTITUTION", "STATE", "SINCE", ">AMOUNT",
        "WHAT TO DO", NULL };
    int64_t limit;
    bool more = false;
    yb_bus_t *bus = NULL;
    if (!yb_args_number(args, "limit", 1, 100000, 100, &limit))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_table_t *table = yb_table_create(titles);
    if (load(bus, table, (uint64_t)limit, &more, &code)) {
        if (yb_table_count(table) == 0)
            printf("no visit is unsettled\n");
        else
            yb_table_print(table, stdout);
        if (more)
            printf("… and more (--limit)\n");
    }
    yb_table_destroy(&table);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t options[] = { { "limit", "N", "at most so many visits [100]" },
    { NULL, NULL, NULL } };
static const char *const synopses[] = { "[--limit N]", NULL };

const yb_command_t yb_ctl_unsettled = {
    .name = "unsettled",
    .summary = "Visits that are not settled, and what would finish each.",
    .synopses = synopses,
    .options = options,
    .operands_min = 0,
    .operands_max = 0,
    .run = unsettled_run,
    .details =
        "Registered, admitted or discharged visits without a settlement, with the amount of their waiting "
        "lines. Persons are masked.\n",
};
