/* yibaoctl drg backfill: settlement tells drg again of what drg was not told, or told less. A page goes into
 * settlement's outbox per call; not more waits there than is delivered in a few seconds. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "libcommon/day.h"
#include "proto/rpc.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_books.h"

#define PAGE 1000
#define TIMEOUT_MS 60000
#define TRIES 5
#define PAUSE_MS 200
#define WAITING_MAX 20000 /* events */

typedef struct backfill {
    yb_bus_t *bus;
    yb_arena_t *arena;
    yb_progress_t *progress;
    yb_clock_t clock;
    int32_t poolarea, from_ym, to_ym;
    int64_t wait_s;
    Yibao__Settlement__AnnounceRequest request;
    uint64_t settlements, reversals;
} backfill_t;

static void pause_ms(int64_t ms)
{
    const struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

/* Said twice is as good as once: what was not answered is asked again. */
static yb_err_t ask(backfill_t *b, const yb_ask_t *what, ProtobufCMessage **ret_reply, yb_fault_t *fault)
{
    yb_err_t err = YB_OK;
    for (int tries = 0; tries < TRIES; tries++) {
        yb_arena_reset(b->arena);
        err = yb_bus_ask(b->bus, what, b->arena, ret_reply, fault);
        if (err == YB_OK || !yb_fault_is_passing(fault))
            break;
        pause_ms(1000);
    }
    return err;
}

/* ---- how much waits ---- */

typedef struct queue {
    uint64_t pending, oldest_s;
} queue_t;

static yb_err_t look(backfill_t *b, queue_t *ret_queue, yb_fault_t *fault)
{
    const Yibao__Rpc__HealthRequest request = YIBAO__RPC__HEALTH_REQUEST__INIT;
    const yb_ask_t health = { .service = "settlement",
                              .method = "Frame/Health",
                              .body = &request.base,
                              .timeout_ms = TIMEOUT_MS,
                              .reply_type = &yibao__rpc__health_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_err_t err = ask(b, &health, &reply, fault);
    if (err == YB_OK)
        *ret_queue = (queue_t){ ((const Yibao__Rpc__HealthReply *)reply)->outbox_pending,
                                ((const Yibao__Rpc__HealthReply *)reply)->outbox_oldest_s };
    return err;
}

/* Until less than `pending_max` events wait, or only such as are younger than `since_ns`. False: it was said. */
static bool wait_for_drg(backfill_t *b, uint64_t pending_max, int64_t since_ns, int *ret_exit)
{
    uint64_t fewest = UINT64_MAX;
    int64_t moved_ns = yb_clock_monotonic_ns(&b->clock);
    for (;;) {
        yb_fault_t fault;
        queue_t queue;
        if (look(b, &queue, &fault) != YB_OK) {
            yb_progress_clear(b->progress);
            *ret_exit = yb_fault_leave(&fault);
            return false;
        }
        const int64_t now_ns = yb_clock_monotonic_ns(&b->clock);
        if (queue.pending <= pending_max || (int64_t)queue.oldest_s < (now_ns - since_ns) / 1000000000 - 1)
            return true;
        if (queue.pending < fewest) {
            fewest = queue.pending;
            moved_ns = now_ns;
        }
        if (now_ns - moved_ns >= b->wait_s * 1000000000LL) {
            yb_progress_clear(b->progress);
            fprintf(stderr,
                    "yibaoctl drg: %" PRIu64 " events wait in settlement, and drg took none for %" PRId64
                    " s\n  what to do: `yibaoctl status` (is drg ready?); settlement's log names an event that is not "
                    "taken.\n  They are delivered as soon as it is; the same backfill again changes nothing\n",
                    queue.pending, b->wait_s);
            *ret_exit = YB_EXIT_UNREACHABLE;
            return false;
        }
        pause_ms(PAUSE_MS);
    }
}

/* ---- telling ---- */

static bool tell_page(backfill_t *b, bool *ret_done, int *ret_exit)
{
    const yb_ask_t page = { .service = "settlement",
                            .method = "Settlement/Announce",
                            .body = &b->request.base,
                            .timeout_ms = TIMEOUT_MS,
                            .reply_type = &yibao__settlement__announce_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (ask(b, &page, &reply, &fault) != YB_OK) {
        yb_progress_clear(b->progress);
        *ret_exit = yb_fault_leave(&fault);
        return false;
    }
    const Yibao__Settlement__AnnounceReply *got = (const Yibao__Settlement__AnnounceReply *)reply;
    b->settlements += got->settlements;
    b->reversals += got->reversals;
    *ret_done = got->done;
    b->request.after_day = got->after_day;
    b->request.after_id = got->after_id;
    if (got->after_day >= b->request.from_day)
        yb_progress_set(b->progress, (uint64_t)yb_day_diff(b->request.from_day, got->after_day), b->settlements);
    return true;
}

static yb_day_t last_day(int32_t ym)
{
    const int32_t next = ym % 100 == 12 ? ym + 89 : ym + 1;
    return yb_day_add(next * 100 + 1, -1);
}

static bool tell(backfill_t *b, int *ret_exit)
{
    bool done = false;
    while (!done) {
        if (!tell_page(b, &done, ret_exit) || !wait_for_drg(b, WAITING_MAX, INT64_MAX / 2, ret_exit))
            return false;
    }
    yb_progress_label(b->progress, "waiting for drg:");
    return wait_for_drg(b, 0, yb_clock_monotonic_ns(&b->clock), ret_exit);
}

static int run(backfill_t *b)
{
    const yb_progress_conf_t conf = yb_progress_stderr();
    char settlements[YB_GROUPED_TEXT], reversals[YB_GROUPED_TEXT];
    int code = YB_EXIT_OK, worst = YB_EXIT_OK;
    yibao__settlement__announce_request__init(&b->request);
    b->request.poolarea = b->poolarea;
    b->request.from_day = b->from_ym * 100 + 1;
    b->request.to_day = last_day(b->to_ym);
    b->request.limit = PAGE;
    b->arena = yb_arena_create(0);
    b->progress = yb_progress_create(&conf, "telling drg:", "stays",
                                     (uint64_t)yb_day_diff(b->request.from_day, b->request.to_day) + 1);
    const bool told = tell(b, &code);
    yb_progress_destroy(&b->progress);
    yb_arena_destroy(&b->arena);
    printf("drg was told of %s stays and %s reversals\n", yb_count_text(b->settlements, settlements),
           yb_count_text(b->reversals, reversals));
    if (!told)
        return code;
    for (int32_t ym = b->from_ym; ym <= b->to_ym && worst != YB_EXIT_UNREACHABLE;
         ym = ym % 100 == 12 ? ym + 89 : ym + 1) {
        code = yb_drg_compare_month(b->bus, b->poolarea, ym, b->wait_s);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static bool month_option(const yb_args_t *args, const char *name, int32_t fallback, int32_t *ret_ym)
{
    const char *text = yb_args_value(args, name);
    *ret_ym = fallback;
    if (text == NULL || yb_month_parse(text, strlen(text), ret_ym) == YB_OK)
        return true;
    yb_args_wrong(args, "--%s \"%.20s\" is not a month: 202601", name, text);
    return false;
}

static int backfill_run(const yb_args_t *args)
{
    backfill_t b = { .clock = yb_clock_real() };
    const yb_day_t today = yb_time_day(yb_time_of_unix_us(yb_clock_unix_us(&b.clock)));
    int64_t area = 0;
    if (!yb_args_number(args, "area", 100000, 999999, 0, &area) || !month_option(args, "from", 0, &b.from_ym) ||
        !month_option(args, "to", today / 100, &b.to_ym) || !yb_args_number(args, "wait", 1, 3600, 60, &b.wait_s))
        return YB_EXIT_USAGE;
    if (b.from_ym > b.to_ym)
        return yb_args_wrong(args, "--from is after --to");
    b.poolarea = (int32_t)area;
    int code = yb_bus_open(&b.bus);
    if (code == YB_EXIT_OK)
        code = run(&b);
    yb_bus_close(&b.bus);
    return code;
}

static const yb_option_t options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "from", "YYYYMM", "the first month of settlement" },
    { "to", "YYYYMM", "the last one [this month]" },
    { "wait", "SECONDS", "give up when drg took nothing for so long [60]" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_backfill = {
    .name = "backfill",
    .summary = "Settlement tells drg again of the stays of these months and what reversed them.",
    .synopses = YB_TEXTS("--area AREA --from YYYYMM [--to YYYYMM] [--wait SECONDS]"),
    .options = options,
    .required = YB_TEXTS("area", "from"),
    .run = backfill_run,
    .details = "Then the months are compared. What drg knew does not change; the same again changes nothing.\n",
};
