/* Reconciliation with an institution: totals (3201) and, when they differ, line by line (9101 → 3202 → 9102). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/zipfile.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/standing.h"
#include "services/settlement/store/file.h"
#include "services/settlement/store/settlement.h"

#define FILE_KEEP_US (30LL * 86400 * 1000000)
#define ROWS_MAX 200000
#define COLUMNS 7

static bool days_admit(yb_call_t *call, yb_day_t from, yb_day_t to)
{
    if (!yb_day_valid(from))
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.stmt_begndate", NULL);
    else if (!yb_day_valid(to))
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.stmt_enddate", NULL);
    else if (to < from)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.stmt_enddate", "对账结束日期早于开始日期，请核对");
    else if (yb_day_diff(from, to) > 366)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.stmt_enddate", "对账期间超过一年，请分段对账");
    return !yb_call_refused(call);
}

/* ---- 3201 ---- */

/* Says each column that differs, ours and theirs. */
static char *differences(yb_arena_t *arena, const Yibao__Settlement__ReconcileRequest *req, const yb_setl_totals_t *own)
{
    const struct { const char *name; int64_t theirs, ours; } columns[] = {
        { "医疗费总额", req->medfee_sumamt_fen, own->medfee_sumamt_fen },
        { "基金支付总额", req->fund_pay_sumamt_fen, own->fund_pay_sumamt_fen },
        { "个人账户支付", req->acct_pay_fen, own->acct_pay_fen },
    };
    char *text = yb_arena_strdup(arena, "");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        char a[YB_DECIMAL_TEXT], b[YB_DECIMAL_TEXT];
        if (columns[i].theirs != columns[i].ours)
            text = yb_arena_printf(arena, "%s%s%s：机构%s，中心%s", text, text[0] != '\0' ? "；" : "",
                                   columns[i].name, yb_fen_format(columns[i].theirs, a),
                                   yb_fen_format(columns[i].ours, b));
    }
    if (req->fixmedins_setl_cnt != own->count)
        text = yb_arena_printf(arena, "%s%s结算人次：机构%" PRId64 "，中心%" PRId64, text,
                               text[0] != '\0' ? "；" : "", req->fixmedins_setl_cnt, own->count);
    return text;
}

static yb_err_t reconcile(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__ReconcileRequest *req = (const Yibao__Settlement__ReconcileRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    if (!days_admit(call, req->stmt_begndate, req->stmt_enddate))
        return YB_OK;
    yb_setl_filter_t filter = { .fixmedins_code = yb_institution_of(call),
                                .insutype = req->insutype,
                                .clr_type = req->clr_type,
                                .optins = req->setl_optins,
                                .from = req->stmt_begndate,
                                .to = req->stmt_enddate,
                                .exclude_refunds = req->exclude_refunds };
    yb_setl_totals_t own;
    yb_err_t err = yb_settlement_totals(yb_worker_db(worker), &filter, arena, &own);
    if (err != YB_OK)
        return err;
    char *text = differences(arena, req, &own);
    Yibao__Settlement__ReconcileReply *reply = YB_NEW(arena, Yibao__Settlement__ReconcileReply);
    yibao__settlement__reconcile_reply__init(reply);
    reply->setl_optins = req->setl_optins;
    reply->stmt_rslt = (char *)(uintptr_t)(text[0] == '\0' ? "0" : "1");
    reply->stmt_rslt_dscr = text[0] == '\0' ? yb_arena_strdup(arena, "对账一致")
                                            : yb_arena_printf(arena, "对账不平，请做明细对账(3202)：%s", text);
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_reconcile_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = reconcile(worker, calls[i]);
    return err;
}

/* ---- 3202: the uploaded rows against ours ---- */

typedef struct row {
    int64_t setl_id, mdtrt_id;
    const char *psn_no;
    yb_fen_t medfee_fen, fund_fen, acct_fen;
    const char *refd;
    bool matched;
} row_t;

/* One line of the file: setl_id, mdtrt_id, psn_no, medfee_sumamt, fund_pay_sumamt, acct_pay, refd_setl_flag, TAB
 * separated. */
static bool parse_row(char *line, row_t *ret_row, const char **ret_column)
{
    static const char *const names[COLUMNS] = { "setl_id",         "mdtrt_id", "psn_no",        "medfee_sumamt",
                                                "fund_pay_sumamt", "acct_pay", "refd_setl_flag" };
    char *cell[COLUMNS], *rest = line;
    for (int c = 0; c < COLUMNS; c++) {
        cell[c] = strsep(&rest, "\t");
        if (cell[c] == NULL) {
            *ret_column = names[c];
            return false;
        }
    }
    int64_t *const numbers[] = { &ret_row->setl_id,    &ret_row->mdtrt_id, NULL,
                                 &ret_row->medfee_fen, &ret_row->fund_fen, &ret_row->acct_fen };
    for (int c = 0; c < 6; c++)
        if (numbers[c] != NULL && yb_decimal_parse(cell[c], strlen(cell[c]), c < 3 ? 0 : 2, numbers[c]) != YB_OK) {
            *ret_column = names[c];
            return false;
        }
    ret_row->psn_no = cell[2];
    ret_row->refd = cell[6];
    return true;
}

static yb_err_t parse_file(yb_call_t *call, char *text, yb_arena_t *arena, row_t **ret_rows, size_t *ret_count)
{
    size_t lines = 1, n = 0, at = 0;
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    if (lines > ROWS_MAX)
        return yb_call_refuse(call, YB_E_FILE_FORM, "data.file_qury_no", "对账明细超过%d行，请分批对账", ROWS_MAX);
    row_t *rows = YB_NEW_ARRAY(arena, row_t, lines);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    for (char *rest = text, *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        const char *column = NULL;
        at++;
        line[strcspn(line, "\r")] = '\0';
        if (line[0] == '\0')
            continue;
        if (!parse_row(line, &rows[n], &column))
            return yb_call_refuse(call, YB_E_FILE_FORM, "data.file_qury_no",
                                  "对账明细第%zu行的%s缺失或不是数字，请按TAB分隔的7列重新上传(9101)", at, column);
        n++;
    }
    *ret_rows = rows;
    *ret_count = n;
    return YB_OK;
}

static int by_setl_id(const void *a, const void *b)
{
    int64_t x = ((const row_t *)a)->setl_id, y = ((const row_t *)b)->setl_id;
    return x < y ? -1 : x > y;
}

typedef struct result { char *text; size_t len, cap; yb_arena_t *arena; } result_t;

/* One row of the answer: psn_no, mdtrt_id, setl_id, msgid, stmt_rslt, refd_setl_flag, memo, medfee_sumamt,
 * fund_pay_sumamt, acct_pay. */
static void put_result(result_t *out, const yb_settlement_t *own, const row_t *row, const char *rslt, const char *memo)
{
    char m[YB_DECIMAL_TEXT], f[YB_DECIMAL_TEXT], a[YB_DECIMAL_TEXT];
    if (out->cap - out->len < 1024) {
        char *more = yb_arena_alloc(out->arena, out->cap * 2);
        memcpy(more, out->text, out->len);
        out->text = more;
        out->cap *= 2;
    }
    yb_fen_format(own != NULL ? own->amounts.medfee_sumamt_fen : row->medfee_fen, m);
    yb_fen_format(own != NULL ? own->amounts.fund_pay_sumamt_fen : row->fund_fen, f);
    yb_fen_format(own != NULL ? own->amounts.acct_pay_fen : row->acct_fen, a);
    int n = snprintf(out->text + out->len, out->cap - out->len,
                     "%.30s\t%" PRId64 "\t%" PRId64 "\t%.30s\t%s\t%.1s\t%s\t%s\t%s\t%s\n",
                     own != NULL ? own->psn_no : row->psn_no, own != NULL ? own->mdtrt_id : row->mdtrt_id,
                     own != NULL ? own->setl_id : row->setl_id, own != NULL ? own->msgid : "", rslt,
                     own != NULL ? (own->init_setl_id != 0 || own->refunded ? "1" : "0") : row->refd, memo, m, f, a);
    out->len += (size_t)n;
}

static void compare_one(result_t *out, const yb_settlement_t *own, row_t *row)
{
    if (row == NULL) {
        put_result(out, own, NULL, "1", "中心有、机构无");
        return;
    }
    row->matched = true;
    const yb_setl_amounts_t *a = &own->amounts;
    if (row->mdtrt_id != own->mdtrt_id || strcmp(row->psn_no, own->psn_no) != 0)
        put_result(out, own, row, "1", "就诊ID或人员编号不一致");
    else if (row->medfee_fen != a->medfee_sumamt_fen)
        put_result(out, own, row, "1", "医疗费总额不一致");
    else if (row->fund_fen != a->fund_pay_sumamt_fen)
        put_result(out, own, row, "1", "基金支付总额不一致");
    else if (row->acct_fen != a->acct_pay_fen)
        put_result(out, own, row, "1", "个人账户支付不一致");
    else
        put_result(out, own, row, "0", "一致");
}

static result_t compare(yb_arena_t *arena, yb_settlement_t *own, size_t own_count, row_t *rows, size_t row_count)
{
    result_t out = { .cap = 65536, .arena = arena };
    out.text = yb_arena_alloc(arena, out.cap);
    qsort(rows, row_count, sizeof *rows, by_setl_id);
    for (size_t i = 0; i < own_count; i++) {
        row_t key = { .setl_id = own[i].setl_id };
        compare_one(&out, &own[i], bsearch(&key, rows, row_count, sizeof key, by_setl_id));
    }
    for (size_t i = 0; i < row_count; i++)
        if (!rows[i].matched)
            put_result(&out, NULL, &rows[i], "1", "机构有、中心无");
    return out;
}

static yb_err_t store_result(yb_worker_t *worker, yb_call_t *call, const result_t *result, int32_t poolarea)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    uint8_t *zip = NULL;
    size_t zip_len = 0;
    char id[YB_ID_TEXT];
    yb_id_format(yb_worker_id(worker), id);
    char *name = yb_arena_printf(arena, "%s.txt", id);
    yb_err_t err = yb_zip_write_one(name, result->text, result->len, arena, &zip, &zip_len);
    if (err != YB_OK)
        return err;
    yb_file_t file = { .file_qury_no = yb_arena_strdup(arena, id),
                       .poolarea = poolarea,
                       .fixmedins_code = yb_institution_of(call),
                       .filename = yb_arena_printf(arena, "%s.zip", id),
                       .content = zip,
                       .content_len = zip_len,
                       .created_us = yb_worker_now_us(worker),
                       .expires_us = yb_worker_now_us(worker) + FILE_KEEP_US };
    err = yb_file_insert(yb_worker_db(worker), &file, arena);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__ReconcileDetailReply *reply = YB_NEW(arena, Yibao__Settlement__ReconcileDetailReply);
    yibao__settlement__reconcile_detail_reply__init(reply);
    reply->file_qury_no = (char *)(uintptr_t)file.file_qury_no;
    reply->filename = (char *)(uintptr_t)file.filename;
    reply->dld_endtime = yb_time_of_unix_us(file.expires_us);
    call->reply = &reply->base;
    return YB_OK;
}

static yb_err_t reconcile_detail(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__ReconcileDetailRequest *req =
        (const Yibao__Settlement__ReconcileDetailRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_file_t *file = NULL;
    char *text = NULL;
    size_t len = 0, row_count = 0, own_count = 0;
    row_t *rows = NULL;
    yb_settlement_t *own = NULL;
    if (!days_admit(call, req->stmt_begndate, req->stmt_enddate))
        return YB_OK;
    yb_err_t err = yb_file_load(yb_worker_db(worker), req->file_qury_no, yb_worker_now_us(worker), arena, &file);
    if (err != YB_OK)
        return err;
    if (file == NULL || strcmp(file->fixmedins_code, yb_institution_of(call)) != 0) {
        yb_call_refuse(call, YB_E_FILE_UNKNOWN, "data.file_qury_no", "未查询到本机构上传的对账文件，请先用9101上传");
        return YB_OK;
    }
    if (yb_zip_read_one(file->content, file->content_len, arena, &text, &len) != YB_OK || strlen(text) != len) {
        yb_call_refuse(call, YB_E_FILE_FORM, "data.file_qury_no",
                       "对账文件不是只含一个txt的zip压缩包，请重新上传(9101)");
        return YB_OK;
    }
    if (parse_file(call, text, arena, &rows, &row_count) != YB_OK)
        return YB_OK;
    yb_setl_filter_t filter = { .fixmedins_code = yb_institution_of(call),
                                .insutype = "",
                                .clr_type = req->clr_type,
                                .optins = req->setl_optins,
                                .from = req->stmt_begndate,
                                .to = req->stmt_enddate };
    err = yb_settlement_of_days(yb_worker_db(worker), &filter, arena, &own, &own_count);
    if (err != YB_OK)
        return err;
    result_t result = compare(arena, own, own_count, rows, row_count);
    return store_result(worker, call, &result, file->poolarea);
}

yb_err_t yb_reconcile_detail_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = reconcile_detail(worker, calls[i]);
    return err;
}
