/* yibaoctl recompute: are settlements of the past still what the rules give? Same fen, same trace. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/id.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/findings.h"

#define PAGE 500
#define PAGE_TIMEOUT_MS 120000

typedef Yibao__Settlement__RecomputeReply reply_t;

typedef struct recompute {
    yb_bus_t *bus;
    yb_progress_t *progress;
    yb_findings_t findings;
    uint64_t checked;
} recompute_t;

static bool page(recompute_t *r, int64_t setl_id, int64_t cursor, yb_arena_t *arena,
    const reply_t **ret_reply, int *ret_exit)
{
    Yibao__Settlement__RecomputeRequest request = YIBAO__SETTLEMENT__RECOMPUTE_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
        .method = "Settlement/Recompute",
        .body = &request.base,
        .timeout_ms = PAGE_TIMEOUT_MS,
        .reply_type = &yibao__settlement__recompute_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    request.setl_id = setl_id;
    request.cursor = cursor;
    request.limit = PAGE;
    yb_arena_reset(arena);
    if (yb_bus_ask(r->bus, &ask, arena, &reply, &fault) != YB_OK) {
        yb_progress_clear(r->progress);
        *ret_exit = yb_fault_leave(&fault);
        return false;
    }
    const reply_t *got = (const reply_t *)reply;
    r->checked += got->checked;
    if (got->n_findings > 0)
        yb_progress_clear(r->progress);
    yb_findings_print(&r->findings, NULL, got->findings, got->n_findings, stdout);
    yb_progress_set(r->progress, 0, r->checked);
    *ret_reply = got;
    return true;
}

static bool all_pages(recompute_t *r, yb_arena_t *arena, int *ret_exit)
{
    int64_t cursor = 0;
    for (;;) {
        const reply_t *got = NULL;
        if (!page(r, 0, cursor, arena, &got, ret_exit))
            return false;
        if (got->done)
            return true;
        if (got->cursor <= cursor) {
            fprintf(stderr,
                "yibaoctl recompute: settlement does not go on after %" PRId64 ": its log says why\n",
                cursor);
            *ret_exit = YB_EXIT_FINDINGS;
            return false;
        }
        cursor = got->cursor;
    }
}

static int recompute_run(const yb_args_t *args)
{
    recompute_t r = { .bus = NULL };
    yb_id_t setl_id = 0;
    const bool all = yb_args_has(args, "all");
    if (all == (args->operand_count == 1))
        return yb_args_wrong(args, "give either a SETL_ID or --all");
    if (!all && yb_id_parse(args->operands[0], strlen(args->operands[0]), &setl_id) != YB_OK)
        return yb_args_wrong(args, "SETL_ID \"%.40s\" is not a settlement's number", args->operands[0]);
    int code = yb_bus_open(&r.bus);
    if (code != YB_EXIT_OK)
        return code;
    const yb_progress_conf_t conf = yb_progress_stderr();
    const reply_t *got = NULL;
    yb_arena_t *arena = yb_arena_create(0);
    r.progress = yb_progress_create(&conf, "recompute:", "settlements", 0);
    const bool good = all ? all_pages(&r, arena, &code) : page(&r, setl_id, 0, arena, &got, &code);
    yb_progress_destroy(&r.progress);
    yb_findings_end(&r.findings, stdout);
    char count[YB_GROUPED_TEXT];
    yb_count_text(r.checked, count);
    if (r.findings.count > 0) {
        printf("recompute: %" PRIu64 " differences in %s settlements\n", r.findings.count, count);
        code = good ? YB_EXIT_FINDINGS : code;
    } else if (good) {
        printf("recompute: %s settlements, same fen, same trace\n", count);
    }
    yb_arena_destroy(&arena);
    yb_bus_close(&r.bus);
    return code;
}

static const yb_option_t options[] = { { "all", NULL, "every settlement there is" }, { NULL, NULL, NULL } };
static const char *const synopses[] = { "SETL_ID", "--all", NULL };

const yb_command_t yb_ctl_recompute = {
    .name = "recompute",
    .summary = "Compute settlements anew from what is stored: same fen, same trace?",
    .synopses = synopses,
    .options = options,
    .operands_min = 0,
    .operands_max = 1,
    .run = recompute_run,
    .details =
        "Runs the rules over the stored lines, facts and accumulators with the very policy file that was "
        "used then (found by its hash)\n"
        "and compares every amount and every step. Nothing is changed. Exit code 1 when something differs.\n",
};
