#include "services/drg/rules/petition.h"

#include <string.h>

#include "libcommon/text.h"

const char *yb_petition_kind_zh(int32_t kind)
{
    static const char *const texts[] = { "", "特例单议", "分组申诉", "支付申诉" };
    return kind >= 1 && kind <= YB_PETITION_KINDS ? texts[kind] : "";
}

const char *yb_petition_state_zh(int32_t state)
{
    static const char *const texts[] = { "", "已受理", "待复核", "同意", "不同意" };
    return state >= 1 && state <= YB_PETITION_STATES ? texts[state] : "";
}

const char *yb_remedy_zh(int32_t remedy)
{
    static const char *const texts[YB_REMEDY_COUNT] = { "无", "按特例单议支付", "改按指定病组支付",
                                                        "允许补传或修改清单" };
    return remedy >= 0 && remedy < YB_REMEDY_COUNT ? texts[remedy] : "";
}

yb_err_t yb_petition_text_check(const char *text, const char *field, yb_refusal_t *ret_why)
{
    const size_t len = strlen(text);
    if (len == strspn(text, " \t\r\n"))
        return yb_refuse(ret_why, YB_E_FIELD_MISSING, field, "必须写明理由");
    if (!yb_utf8_valid(text, len))
        return yb_refuse(ret_why, YB_E_FIELD_FORM, field, "不是有效的UTF-8文字");
    if (yb_utf8_chars(text, len) > YB_PETITION_TEXT_MAX)
        return yb_refuse(ret_why, YB_E_FIELD_LENGTH, field, "最多%d个字，请精简后重报", YB_PETITION_TEXT_MAX);
    return YB_OK;
}

static bool is_group_code(const char *drg)
{
    const size_t len = strlen(drg);
    return len >= 1 && len <= YB_PETITION_DRG_MAX && strspn(drg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len;
}

yb_err_t yb_petition_remedy_check(yb_petition_kind_t kind, yb_remedy_t remedy, const char *drg, const char *field,
                                  const char *drg_field, yb_refusal_t *ret_why)
{
    if ((kind == YB_PETITION_SPECIAL) != (remedy == YB_REMEDY_SPECIAL))
        return yb_refuse(ret_why, YB_E_FIELD_DICT, field,
                         kind == YB_PETITION_SPECIAL
                             ? "特例单议只能是1按特例单议支付"
                             : "申诉只能是0无、2改按指定病组支付、3允许补传或修改清单；按费用支付请另报特例单议");
    if (remedy == YB_REMEDY_GROUP && !is_group_code(drg))
        return yb_refuse(ret_why, drg[0] == '\0' ? YB_E_FIELD_MISSING : YB_E_FIELD_FORM, drg_field,
                         "改按指定病组支付须写明DRG代码（大写字母与数字，最长%d位）", YB_PETITION_DRG_MAX);
    if (remedy != YB_REMEDY_GROUP && drg[0] != '\0')
        return yb_refuse(ret_why, YB_E_FIELD_RANGE, drg_field, "只有改按指定病组支付才填写DRG代码");
    return YB_OK;
}

yb_day_t yb_petition_deadline(const yb_petition_month_t *month)
{
    if (month->release_day == 0 || month->appeal_days == 0)
        return 0;
    return yb_day_add(month->release_day, month->appeal_days);
}

yb_err_t yb_petition_admit(yb_petition_kind_t kind, const yb_petition_month_t *month, yb_day_t today,
                           yb_refusal_t *ret_why)
{
    const yb_day_t until = yb_petition_deadline(month);
    char text[YB_TIME_TEXT];
    if (kind != YB_PETITION_SPECIAL && !month->is_ready)
        return yb_refuse(ret_why, YB_E_PETITION_STATE, "data.setl_id",
                         "该月尚未算出支付结果，不能申诉；对分组有疑义可先用4101T试分组、修改清单后重新上传");
    if (until != 0 && today > until)
        return yb_refuse(ret_why, YB_E_PETITION_LATE, "data.setl_id", "该月的申请截止到%s，已过期限",
                         yb_day_format(until, text));
    return YB_OK;
}

bool yb_petition_needs_second(yb_petition_kind_t kind, bool grants) { return kind == YB_PETITION_SPECIAL || grants; }

int64_t yb_petition_special_max(yb_ppm_t share_ppm, int64_t cases)
{
    return (int64_t)((__int128)cases * share_ppm / YB_PPM_ONE);
}
