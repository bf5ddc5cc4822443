/* yibaoctl drg close: a frozen month to its statements, with a progress bar. The service does the work in bounded
 * steps; killed anywhere, here or there, the same command goes on. */
#include <inttypes.h>
#include <string.h>

#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"

#define STARTS_MAX 5 /* a run that is dropped because its inputs changed is begun again */
#define TRIES_MAX 5  /* of a step whose service went away, or was busy */

typedef struct close_job {
    yb_bus_t *bus;
    yb_arena_t *arena;
    yb_month_args_t month;
    yb_progress_t *progress;
    char phase[32];
} close_job_t;

/* Steps may be repeated freely: each goes on from where the run is. */
static yb_err_t ask(close_job_t *job, const char *method, const ProtobufCMessage *body,
                    const ProtobufCMessageDescriptor *reply_type, ProtobufCMessage **ret_reply, yb_fault_t *ret_fault)
{
    const yb_ask_t ask = { .service = "drg",
                           .method = method,
                           .body = body,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = reply_type,
                           .route_key = job->month.route_key };
    yb_err_t err = YB_OK;
    for (int i = 0; i < TRIES_MAX; i++) {
        yb_arena_reset(job->arena);
        err = yb_bus_ask(job->bus, &ask, job->arena, ret_reply, ret_fault);
        if (err == YB_OK || !yb_fault_is_passing(ret_fault))
            break;
    }
    return err;
}

static void show_step(close_job_t *job, const Yibao__Drg__CloseStepReply *step)
{
    const uint64_t done = (uint64_t)step->phase_done, total = (uint64_t)step->phase_total;
    if (job->progress == NULL) {
        const yb_progress_conf_t conf = yb_progress_stderr();
        job->progress = yb_progress_create(&conf, step->phase, "cases", total);
    } else if (strcmp(job->phase, step->phase) != 0) {
        yb_progress_rename(job->progress, step->phase, "cases", total);
    }
    snprintf(job->phase, sizeof job->phase, "%.31s", step->phase);
    yb_progress_set(job->progress, done, done);
}

/* One run to its end. *ret_dropped: it was found to be no longer true. */
static yb_err_t run_to_end(close_job_t *job, int64_t run_id, bool *ret_dropped, yb_fault_t *ret_fault)
{
    Yibao__Drg__CloseStepRequest request = YIBAO__DRG__CLOSE_STEP_REQUEST__INIT;
    request.poolarea = job->month.poolarea;
    request.ym = job->month.ym;
    request.run_id = run_id;
    for (;;) {
        ProtobufCMessage *reply = NULL;
        yb_err_t err =
            ask(job, "Drg/CloseStep", &request.base, &yibao__drg__close_step_reply__descriptor, &reply, ret_fault);
        if (err != YB_OK)
            return err;
        const Yibao__Drg__CloseStepReply *step = (const Yibao__Drg__CloseStepReply *)reply;
        *ret_dropped = step->dropped;
        if (step->dropped)
            return YB_OK;
        show_step(job, step);
        if (!step->done)
            continue;
        yb_progress_destroy(&job->progress);
        yb_run_print(step->run);
        return YB_OK;
    }
}

static yb_err_t close_month(close_job_t *job, bool *ret_dropped, yb_fault_t *ret_fault)
{
    Yibao__Drg__StartCloseRequest request = YIBAO__DRG__START_CLOSE_REQUEST__INIT;
    yb_err_t err = YB_OK;
    request.poolarea = job->month.poolarea;
    request.ym = job->month.ym;
    *ret_dropped = true;
    for (int i = 0; i < STARTS_MAX && *ret_dropped && err == YB_OK; i++) {
        ProtobufCMessage *reply = NULL;
        err = ask(job, "Drg/StartClose", &request.base, &yibao__drg__start_close_reply__descriptor, &reply, ret_fault);
        if (err == YB_OK)
            err = run_to_end(job, ((const Yibao__Drg__StartCloseReply *)reply)->run->run_id, ret_dropped, ret_fault);
    }
    return err;
}

static int close_run(const yb_args_t *args)
{
    close_job_t job = { .bus = NULL };
    yb_fault_t fault;
    bool dropped = false;
    if (!yb_period_args(args, &job.month))
        return YB_EXIT_USAGE;
    if (yb_args_has(args, "year"))
        return yb_drg_close_year(args, &job.month);
    if (yb_args_has(args, "inputs") || yb_args_has(args, "now"))
        return yb_args_wrong(args, "--inputs and --now go with --year");
    int code = yb_bus_open(&job.bus);
    if (code != YB_EXIT_OK)
        return code;
    job.arena = yb_arena_create(0);
    yb_err_t err = close_month(&job, &dropped, &fault);
    yb_progress_destroy(&job.progress);
    if (err != YB_OK)
        code = yb_fault_leave(&fault);
    else if (dropped) {
        fprintf(stderr, "yibaoctl: the month went on changing while it was closed: run the command again\n");
        code = YB_EXIT_FINDINGS;
    } else {
        printf("next: another person releases it: YB_OPERATOR=NAME yibaoctl drg release --area %" PRId32
               " --month %" PRId32 "\n",
               job.month.poolarea, job.month.ym);
    }
    yb_arena_destroy(&job.arena);
    yb_bus_close(&job.bus);
    return code;
}

static const yb_option_t options[] = {
    { "area", "AREA", "the pooling area (six digits)" },
    { "month", "YYYYMM", "the month of settlement" },
    { "year", "YYYY", "the year's clearing instead of a month" },
    { "inputs", "INPUTS.tsv", "--year: what is known of institutions beside their months (docs/payment.md)" },
    { "now", NULL, "--year: though the year has not passed" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_close = {
    .name = "close",
    .summary = "Every case of a frozen month grouped and paid; or the clearing of a year.",
    .synopses = YB_TEXTS("--area AREA --month YYYYMM", "--area AREA --year YYYY [--inputs INPUTS.tsv] [--now]"),
    .options = options,
    .required = YB_TEXTS("area"),
    .run = close_run,
    .details = "A month: a statement per institution and insutype. Started again after a kill it goes on; the same\n"
               "again changes nothing. A year: the clearing sheet of every institution, when each month of the\n"
               "year was released; the same again changes nothing.\n",
};
