#include "upload.h"

#include <string.h>
#include "standing.h"

typedef Yibao__Settlement__Line line_t;

#define NUMBER_MAX 9999999999999999LL    /* sixteen digits: n16,2 n16,4 n16,6 */
#define AHEAD_DAYS 1                     /* clocks of hospitals differ; more is a mistyped date */

const char *yb_upload_field(yb_call_t *call, size_t index, const char *name)
{
    const char *field = yb_arena_printf(call->arena, "feedetail[%zu]%s%s", index + 1, name[0] != '\0' ? "." : "", name);
    return field ? field : "feedetail";
}

static bool in_range(int64_t value)
{
    return value >= -NUMBER_MAX && value <= NUMBER_MAX;
}

static void check_numbers(yb_call_t *call, const line_t *line, size_t index)
{
    char want[YB_DECIMAL_TEXT], got[YB_DECIMAL_TEXT];
    yb_fen_t product;
    bool refund = line->cnt < 0 || line->det_item_fee_sumamt_fen < 0;
    if (!in_range(line->cnt) || line->cnt == 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "cnt"),
                       "数量不能为0且不超过16位，请核对cnt");
    if (!in_range(line->pric) || line->pric < 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "pric"),
                       "单价不能为负且不超过16位，请核对pric");
    if (!in_range(line->det_item_fee_sumamt_fen))
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "det_item_fee_sumamt"), "金额不能超过16位");
    if (yb_call_refused(call))
        return;
    if (refund && line->init_feedetl_sn[0] == '\0')
        yb_call_refuse(call, YB_E_LINE_REFUND, yb_upload_field(call, index, "init_feedetl_sn"),
                       "数量或金额为负的退费明细必须填写原费用流水号init_feedetl_sn");
    else if (line->init_feedetl_sn[0] != '\0' && line->cnt > 0)
        yb_call_refuse(call, YB_E_LINE_REFUND, yb_upload_field(call, index, "cnt"),
                       "退费明细的数量必须为负，请核对cnt");
    else if (line->cnt > 0 && (yb_fen_of_pric(line->pric, line->cnt, &product) != YB_OK ||
                               product != line->det_item_fee_sumamt_fen))
        yb_call_refuse(call, YB_E_LINE_AMOUNT, yb_upload_field(call, index, "det_item_fee_sumamt"),
                       "单价×数量为%s，明细金额为%s，二者不符，请核对pric、cnt和det_item_fee_sumamt",
                       yb_fen_of_pric(line->pric, line->cnt, &product) == YB_OK ? yb_fen_format(product, want) : "溢出",
                       yb_fen_format(line->det_item_fee_sumamt_fen, got));
}

static void check_time(yb_call_t *call, const yb_visit_t *visit, const line_t *line, size_t index, yb_day_t today)
{
    char text[YB_TIME_TEXT];
    const char *field = yb_upload_field(call, index, "fee_ocur_time");
    if (!yb_time_valid(line->fee_ocur_time))
        yb_call_refuse(call, YB_E_FIELD_FORM, field, "费用发生时间不是有效的日期时间，应为yyyy-MM-dd HH:mm:ss");
    else if (yb_time_day(line->fee_ocur_time) < yb_time_day(visit->begntime))
        yb_call_refuse(call, YB_E_FIELD_RANGE, field, "费用发生日期早于就诊开始日期%s，请核对fee_ocur_time",
                       yb_day_format(yb_time_day(visit->begntime), text));
    else if (yb_time_day(line->fee_ocur_time) > yb_day_add(today, AHEAD_DAYS))
        yb_call_refuse(call, YB_E_FIELD_RANGE, field, "费用发生日期晚于今日%s一天以上，请核对fee_ocur_time",
                       yb_day_format(today, text));
}

static void check_texts(yb_call_t *call, const yb_visit_t *visit, const line_t *line, size_t index)
{
    if (line->feedetl_sn[0] == '\0')
        yb_call_refuse(call, YB_E_FIELD_MISSING, yb_upload_field(call, index, "feedetl_sn"),
                       "费用明细流水号feedetl_sn必填");
    else if (strcmp(line->feedetl_sn, "0000") == 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "feedetl_sn"),
                       "0000在撤销明细时表示全部，不能作为费用明细流水号");
    if (!visit->inpatient && line->chrg_bchno[0] == '\0')
        yb_call_refuse(call, YB_E_FIELD_MISSING, yb_upload_field(call, index, "chrg_bchno"),
                       "门诊收费批次chrg_bchno必填");
    else if (!visit->inpatient && strcmp(line->chrg_bchno, "0000") == 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "chrg_bchno"),
                       "0000在撤销明细时表示全部，不能作为收费批次");
    if (strcmp(visit->med_type, "14") == 0 && line->dise_codg[0] != '\0' &&
        strcmp(line->dise_codg, visit->dise_codg) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, index, "dise_codg"),
                       "病种编码%s与就诊登记的%s不一致，请核对dise_codg", line->dise_codg, visit->dise_codg);
}

bool yb_upload_check(yb_call_t *call, const yb_visit_t *visit, yb_day_t today)
{
    const Yibao__Settlement__UploadLinesRequest *request = (const Yibao__Settlement__UploadLinesRequest *)call->body;
    if (request->n_lines == 0)
        yb_call_refuse(call, YB_E_FIELD_MISSING, "feedetail", "费用明细feedetail不能为空");
    if (request->n_lines > YB_UPLOAD_LINES_MAX)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "feedetail", "一次最多上传%d条费用明细，请分批上传",
                       YB_UPLOAD_LINES_MAX);
    for (size_t i = 0; i < request->n_lines && !yb_call_refused(call); i++) {
        check_texts(call, visit, request->lines[i], i);
        check_time(call, visit, request->lines[i], i, today);
        check_numbers(call, request->lines[i], i);
    }
    return !yb_call_refused(call);
}
