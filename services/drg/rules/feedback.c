#include "services/drg/rules/feedback.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/err.h"
#include "libcommon/id.h"
#include "services/drg/rules/group.h"
#include "services/drg/rules/pay.h"

static const struct {
    const char *name, *reason;
} classes[YB_PAY_CLASS_COUNT] = {
    [YB_PAY_LOW] = { "低倍率", "费用低于病组标准的下限，按实际费用计" },
    [YB_PAY_HIGH] = { "高倍率", "费用超过病组标准的倍数，按方案的高倍率办法计" },
    [YB_PAY_NORMAL] = { "正常", "按病组标准计" },
    [YB_PAY_0000] = { "未入组", "未入组，按实际费用计" },
    [YB_PAY_QY] = { "歧义组", "入歧义组，按实际费用计" },
    [YB_PAY_UNSTABLE] = { "不稳定病组", "不稳定病组，按实际费用计" },
    [YB_PAY_UNCOVERED] = { "无权重病组", "方案没有该病组的权重，按实际费用计" },
    [YB_PAY_DAY] = { "按床日", "按床日付费" },
    [YB_PAY_DISEASE] = { "单病种", "按单病种付费" },
    [YB_PAY_ITEM] = { "不纳入", "不纳入按病组付费（住院天数、医疗类别或异地），按实际费用支付" },
    [YB_PAY_CORE] = { "核心病种", "按核心病种分值计" },
    [YB_PAY_BASIC] = { "基层病种", "按基层病种分值计" },
    [YB_PAY_COMPOSITE] = { "综合病种", "按综合病种分值计" },
    [YB_PAY_NONE] = { "不在目录", "病种目录中没有，分值按费用与全部病例均次费用之比计" },
    [YB_PAY_LATE] = { "未提交清单", "截止时没有已提交的清单，按方案的逾期办法计" },
    [YB_PAY_SPECIAL] = { "特例单议", "按特例单议的决定，以实际费用计" },
};

const char *yb_pay_class_zh(int class) { return class >= 0 && class < YB_PAY_CLASS_COUNT ? classes[class].name : ""; }

const char *yb_run_case_kind_zh(int kind)
{
    static const char *const names[] = { "", "本月病例", "冲回", "重新支付" };
    return kind >= YB_CASE_OF_MONTH && kind <= YB_CASE_ANEW ? names[kind] : "";
}

bool yb_feedback_late(const yb_run_case_t *row)
{
    return row->list_version == 0 || (row->flags & YB_CASE_SENT_LATE) != 0;
}

const char *yb_feedback_reason(const yb_run_case_t *row, char buf[YB_FEEDBACK_REASON_TEXT])
{
    const bool ruled = (row->flags & YB_CASE_RULED) != 0 && row->class != YB_PAY_SPECIAL;
    const char *before = row->kind == YB_CASE_TAKEN_BACK ? "冲回已发布的支付（结算已撤销，或改按新的结果支付）；"
                         : row->kind == YB_CASE_ANEW ? "已发布月份的病例，按新的结果支付；"
                                                     : "";
    const char *why = row->reason < YB_GROUP_REASON_COUNT ? yb_group_reason_zh((yb_group_reason_t)row->reason) : "";
    snprintf(buf, YB_FEEDBACK_REASON_TEXT, "%s%s%s%s%s%s", before,
             row->class < YB_PAY_CLASS_COUNT ? classes[row->class].reason : "", why[0] != '\0' ? "；" : "", why,
             ruled ? "；病组按申诉决定" : "",
             (row->flags & YB_CASE_SENT_LATE) != 0 ? "；清单在上传截止日之后提交" : "");
    return buf;
}

const char *yb_feedback_cursor(const yb_feedback_place_t *p, char buf[YB_FEEDBACK_CURSOR_TEXT])
{
    snprintf(buf, YB_FEEDBACK_CURSOR_TEXT, "%" PRId64 ".%" PRId64 ".%d", p->run_id, p->setl_id, p->kind);
    return buf;
}

bool yb_feedback_cursor_parse(const char *text, yb_feedback_place_t *ret_place)
{
    yb_id_t ids[3];
    for (size_t i = 0; i < 3; i++) {
        const size_t len = strcspn(text, ".");
        if (yb_id_parse(text, len, &ids[i]) != YB_OK || text[len] != (i < 2 ? '.' : '\0'))
            return false;
        text += len + 1;
    }
    if (ids[2] > YB_CASE_ANEW)
        return false;
    *ret_place = (yb_feedback_place_t){ ids[0], ids[1], (int)ids[2] };
    return true;
}

/* ---- the file ---- */

const char *yb_feedback_csv_head(void)
{
    return "setl_id,setl_list_id,kind,kind_name,insutype,drg,class,class_name,medfee_sumamt,standard,rw,coefficient,"
           "points,gross,other_pay,due,booked,late_flag,reason\n";
}

/* value × 10^-scale; "" for none. */
static const char *decimal(int64_t value, int scale, bool is_there, char buf[32])
{
    int64_t one = 1;
    if (!is_there)
        return "";
    for (int i = 0; i < scale; i++)
        one *= 10;
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    snprintf(buf, 32, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "", size / (uint64_t)one, scale,
             size % (uint64_t)one);
    return buf;
}

const char *yb_feedback_csv_row(const yb_run_case_t *r, int64_t setl_list_id, char buf[YB_FEEDBACK_CSV_LINE])
{
    char n[9][32], list[24] = "", reason[YB_FEEDBACK_REASON_TEXT];
    const bool weighed = r->rw_e4 != 0;
    if (setl_list_id != 0)
        snprintf(list, sizeof list, "%" PRId64, setl_list_id);
    const int len = snprintf(
        buf, YB_FEEDBACK_CSV_LINE, "%" PRId64 ",%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%d,%s\n", r->setl_id,
        list, r->kind, yb_run_case_kind_zh(r->kind), r->insutype, r->drg, yb_pay_class_name((yb_pay_class_t)r->class),
        yb_pay_class_zh(r->class), decimal(r->fee_fen, 2, true, n[0]), decimal(r->standard_fen, 2, weighed, n[1]),
        decimal(r->rw_e4, 4, weighed, n[2]), decimal(r->k_e4, 4, weighed, n[3]),
        decimal(r->points_e4, 4, r->points_e4 != 0, n[4]), decimal(r->gross_fen, 2, true, n[5]),
        decimal(r->other_pay_fen, 2, true, n[6]), decimal(r->due_fen, 2, true, n[7]),
        decimal(r->booked_fen, 2, true, n[8]), yb_feedback_late(r), yb_feedback_reason(r, reason));
    YB_ASSERT(len > 0 && len < YB_FEEDBACK_CSV_LINE);
    return buf;
}
