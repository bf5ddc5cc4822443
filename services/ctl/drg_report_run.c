/* yibaoctl drg report: what the bureau reads of months that were paid. */
#include <string.h>

#include "libcommon/day.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"
#include "services/ctl/drg_report.h"
#include "services/ctl/outfile.h"
#include "services/drg/rules/report.h"

#define ROWS_MAX 5000

typedef struct report_args {
    Yibao__Drg__ReportRequest request;
    bool csv;
} report_args_t;

static bool read_by(const yb_args_t *args, int32_t *ret_by)
{
    static const char *const words[YB_REPORT_BY_COUNT] = { [YB_REPORT_HOSPITAL] = "hospital",
                                                           [YB_REPORT_DEPARTMENT] = "department",
                                                           [YB_REPORT_DRG] = "drg",
                                                           [YB_REPORT_MONTH] = "month",
                                                           [YB_REPORT_CLASS] = "class" };
    const char *by = yb_args_value(args, "by");
    *ret_by = YB_REPORT_HOSPITAL;
    for (int32_t i = YB_REPORT_HOSPITAL; by != NULL && i < YB_REPORT_BY_COUNT; i++)
        if (strcmp(words[i], by) == 0) {
            *ret_by = i;
            return true;
        }
    if (by != NULL)
        yb_args_wrong(args, "--by \"%.20s\" is none of hospital, department, drg, month, class", by);
    return by == NULL;
}

/* YYYYMM or YYYYMM-YYYYMM; none = the newest. */
static bool read_months(const yb_args_t *args, Yibao__Drg__ReportRequest *request)
{
    const char *text = yb_args_value(args, "month");
    if (text == NULL)
        return true;
    const char *dash = strchr(text, '-');
    const size_t len = dash != NULL ? (size_t)(dash - text) : strlen(text);
    const char *last = dash != NULL ? dash + 1 : text;
    if (yb_month_parse(text, len, &request->from_ym) == YB_OK &&
        yb_month_parse(last, dash != NULL ? strlen(last) : len, &request->to_ym) == YB_OK)
        return true;
    yb_args_wrong(args, "--month \"%.40s\" is no month and no range of months: 202601, 202601-202603", text);
    return false;
}

static bool read_args(const yb_args_t *args, report_args_t *ret)
{
    const char *format = yb_args_value(args, "format"), *institution = yb_args_value(args, "institution");
    int64_t area = 0;
    yibao__drg__report_request__init(&ret->request);
    if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "text") != 0) {
        yb_args_wrong(args, "--format \"%.20s\" is neither text nor csv", format);
        return false;
    }
    ret->csv = format != NULL && strcmp(format, "csv") == 0;
    if (!yb_args_number(args, "area", 100000, 999999, 0, &area) || !read_by(args, &ret->request.by) ||
        !read_months(args, &ret->request))
        return false;
    ret->request.poolarea = (int32_t)area;
    ret->request.limit = ROWS_MAX;
    if (institution != NULL)
        ret->request.fixmedins_code = (char *)(uintptr_t)institution;
    return true;
}

static int print(const yb_args_t *args, const report_args_t *what, const Yibao__Drg__ReportReply *reply)
{
    const char *path = yb_args_value(args, "o");
    yb_outfile_t file = { 0 };
    if (path != NULL && !yb_outfile_open(&file, "drg report", path))
        return YB_EXIT_FINDINGS;
    FILE *out = path != NULL ? file.file : stdout;
    if (what->csv)
        yb_report_print_csv(reply, what->request.by, out);
    else
        yb_report_print(reply, what->request.by, out);
    if (what->csv && reply->n_rows < reply->row_count)
        fprintf(stderr, "yibaoctl drg report: only the first %zu of %u rows: name an institution, or fewer months\n",
                reply->n_rows, reply->row_count);
    return path == NULL || yb_outfile_commit(&file, "drg report") ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static int report_run(const yb_args_t *args)
{
    report_args_t what;
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    ProtobufCMessage *reply = NULL;
    if (!read_args(args, &what))
        return YB_EXIT_USAGE;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/Report",
                           .body = &what.request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__report_reply__descriptor };
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    const yb_progress_conf_t conf = yb_progress_stderr();
    yb_progress_t *progress = yb_progress_create(&conf, "adding up", "", 0);
    yb_progress_wait_begin(progress);
    const yb_err_t err = yb_bus_ask(bus, &ask, arena, &reply, &fault);
    yb_progress_wait_end(progress);
    yb_progress_destroy(&progress);
    code = err != YB_OK ? yb_fault_leave(&fault) : print(args, &what, (const Yibao__Drg__ReportReply *)reply);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t options[] = {
    { "by", "WHAT", "a row per hospital, department, drg, month or class [hospital]" },
    { "month", "YYYYMM", "or YYYYMM-YYYYMM, at most 12 [the newest that is closed]" },
    { "institution", "CODE", "of one institution" },
    { "area", "AREA", "of one pooling area (six digits)" },
    { "format", "text|csv", "a table to read, or CSV for a spreadsheet [text]" },
    { "o", "FILE", "where it goes, whole or not at all [standard output]" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_report = {
    .name = "report",
    .summary = "Of closed months: CMI, time and cost index, share grouped, surplus and more.",
    .synopses = YB_TEXTS("[--by hospital|department|drg|month|class] [--month YYYYMM[-YYYYMM]] [--institution CODE] "
                         "[--area AREA] [--format text|csv] [-o FILE]"),
    .options = options,
    .run = report_run,
    .details = "CMI, time and cost index, share grouped, low and high, low-risk deaths, surplus; docs/payment.md\n"
               "defines each.\n",
};
