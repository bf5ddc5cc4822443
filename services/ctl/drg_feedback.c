/* yibaoctl drg feedback: the file of a month for one institution, as transaction 4107 tells it. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/money.h"
#include "libcommon/text.h"
#include "services/ctl/csv_out.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"
#include "services/ctl/outfile.h"
#include "services/drg/rules/feedback.h"
#include "services/drg/rules/pay.h"

#define PAGE 1000

typedef struct feedback {
    yb_bus_t *bus;
    yb_arena_t *arena; /* of one page */
    Yibao__Drg__GetFeedbackRequest request;
    yb_fault_t fault;
    uint64_t written;
    int64_t run_id;
    int32_t run_state;
    char cursor[YB_FEEDBACK_CURSOR_TEXT];
} feedback_t;

static int class_of(const char *name)
{
    for (int i = 0; i < YB_PAY_CLASS_COUNT; i++)
        if (strcmp(yb_pay_class_name((yb_pay_class_t)i), name) == 0)
            return i;
    return YB_PAY_CLASS_COUNT;
}

static const char *decimal(int64_t value, int scale, bool is_there, char buf[YB_DECIMAL_TEXT])
{
    return is_there ? yb_decimal_format(value, scale, buf) : "";
}

/* The columns of yb_feedback_csv_head. */
static void write_case(const Yibao__Drg__FeedbackCase *c, FILE *out)
{
    const bool weighed = c->rw_e4 != 0;
    char n[YB_DECIMAL_TEXT];
    fprintf(out, "%" PRId64 ",", c->setl_id);
    if (c->setl_list_id != 0)
        fprintf(out, "%" PRId64, c->setl_list_id);
    fprintf(out, ",%" PRId32 ",%s,", c->kind, yb_run_case_kind_zh(c->kind));
    yb_csv_out_text(out, c->insutype);
    fputc(',', out);
    yb_csv_out_text(out, c->drg);
    fprintf(out, ",%s,%s", c->pay_class, yb_pay_class_zh(class_of(c->pay_class)));
    const struct {
        int64_t value;
        int scale;
        bool is_there;
    } numbers[] = { { c->medfee_sumamt_fen, 2, true },
                    { c->standard_fen, 2, weighed },
                    { c->rw_e4, 4, weighed },
                    { c->k_e4, 4, weighed },
                    { c->points_e4, 4, c->points_e4 != 0 },
                    { c->gross_fen, 2, true },
                    { c->other_pay_fen, 2, true },
                    { c->due_fen, 2, true },
                    { c->booked_fen, 2, true } };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fprintf(out, ",%s", decimal(numbers[i].value, numbers[i].scale, numbers[i].is_there, n));
    fprintf(out, ",%d,", c->late);
    yb_csv_out_text(out, c->reason);
    fputc('\n', out);
}

/* One page; the cursor moves on. */
static yb_err_t write_page(feedback_t *f, FILE *out, bool *ret_more)
{
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/GetFeedback",
                           .body = &f->request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__get_feedback_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_arena_reset(f->arena);
    yb_err_t err = yb_bus_ask(f->bus, &ask, f->arena, &reply, &f->fault);
    if (err != YB_OK)
        return err;
    const Yibao__Drg__GetFeedbackReply *page = (const Yibao__Drg__GetFeedbackReply *)reply;
    for (size_t i = 0; i < page->n_cases; i++)
        write_case(page->cases[i], out);
    f->written += page->n_cases;
    f->run_id = page->run_id;
    f->run_state = page->run_state;
    yb_text_copy(f->cursor, sizeof f->cursor, page->cursor);
    f->request.cursor = f->cursor;
    *ret_more = f->cursor[0] != '\0';
    return YB_OK;
}

static yb_err_t write_all(feedback_t *f, FILE *out)
{
    const yb_progress_conf_t conf = yb_progress_stderr();
    yb_progress_t *progress = yb_progress_create(&conf, "feedback", "cases", 0);
    bool more = true;
    yb_err_t err = YB_OK;
    fprintf(out, "%s%s", YB_CSV_BOM, yb_feedback_csv_head());
    while (more && err == YB_OK) {
        err = write_page(f, out, &more);
        yb_progress_set(progress, f->written, f->written);
    }
    yb_progress_destroy(&progress);
    return err;
}

static bool read_args(const yb_args_t *args, Yibao__Drg__GetFeedbackRequest *request)
{
    const char *month = yb_args_value(args, "month"), *institution = yb_args_value(args, "institution");
    int64_t area = 0;
    yibao__drg__get_feedback_request__init(request);
    if (yb_month_parse(month, strlen(month), &request->ym) != YB_OK) {
        yb_args_wrong(args, "--month \"%.20s\" is not a month: 202601", month);
        return false;
    }
    if (!yb_args_number(args, "area", 100000, 999999, 0, &area))
        return false;
    request->poolarea = (int32_t)area;
    request->fixmedins_code = (char *)(uintptr_t)institution;
    request->limit = PAGE;
    return true;
}

static int feedback_run(const yb_args_t *args)
{
    feedback_t f = { 0 };
    yb_outfile_t file = { 0 };
    char count[YB_GROUPED_TEXT];
    if (!read_args(args, &f.request))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&f.bus);
    if (code != YB_EXIT_OK)
        return code;
    f.arena = yb_arena_create(0);
    code = YB_EXIT_FINDINGS;
    if (yb_outfile_open(&file, "drg feedback", yb_args_value(args, "o"))) {
        if (write_all(&f, file.file) != YB_OK)
            code = yb_fault_leave(&f.fault);
        else if (yb_outfile_commit(&file, "drg feedback"))
            code = YB_EXIT_OK;
    }
    yb_outfile_abandon(&file);
    if (code == YB_EXIT_OK)
        printf("%s cases of run %" PRId64 " (%s)\n", yb_count_text(f.written, count), f.run_id,
               yb_run_state_name(f.run_state));
    yb_arena_destroy(&f.arena);
    yb_bus_close(&f.bus);
    return code;
}

static const yb_option_t options[] = {
    { "month", "YYYYMM", "the month of settlement" },
    { "institution", "CODE", "the institution" },
    { "o", "FILE.csv", "where it goes; whole or not at all" },
    { "area", "AREA", "the pooling area (six digits) [the institution's]" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_feedback = {
    .name = "feedback",
    .summary = "Every case of an institution's month as CSV: cost, standard, class, reason.",
    .synopses = YB_TEXTS("--month YYYYMM --institution CODE -o FILE.csv [--area AREA]"),
    .options = options,
    .required = YB_TEXTS("month", "institution", "o"),
    .run = feedback_run,
    .details = "What transaction 4107 tells the hospital.\n",
};
