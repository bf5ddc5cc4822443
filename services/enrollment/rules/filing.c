#include "services/enrollment/rules/filing.h"

#include <string.h>

#include "libcommon/code.h"
#include "libcommon/day.h"
#include "libcommon/text.h"

#define DETAIL_MAX 60000             /* bytes */

static yb_err_t text_form(const char *name, const char *value, size_t max, bool required, yb_refusal_t *ret)
{
    const size_t len = strlen(value);
    if (len == 0 && required)
        return yb_refuse(ret, YB_E_FIELD_MISSING, name, "%s 为空，请填写", name);
    if (!yb_utf8_valid(value, len))
        return yb_refuse(ret, YB_E_FIELD_FORM, name, "%s 不是 UTF-8 文本", name);
    if (yb_utf8_chars(value, len) > max)
        return yb_refuse(ret, YB_E_FIELD_LENGTH, name, "%s 最多 %zu 个字符", name, max);
    return YB_OK;
}

static yb_err_t days_form(const Yibao__Types__Filing *f, int32_t hosp_ide_date, yb_refusal_t *ret)
{
    if (f->begndate == 0)
        return yb_refuse(ret, YB_E_FIELD_MISSING, "begndate", "开始日期为空，请填写");
    if (!yb_day_valid(f->begndate))
        return yb_refuse(ret, YB_E_FIELD_FORM, "begndate", "开始日期不存在，应为 yyyy-MM-dd");
    if (f->enddate != 0 && !yb_day_valid(f->enddate))
        return yb_refuse(ret, YB_E_FIELD_FORM, "enddate", "结束日期不存在，应为 yyyy-MM-dd");
    if (f->enddate != 0 && f->enddate <= f->begndate)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "enddate", "结束日期早于开始日期，请更正");
    if (hosp_ide_date != 0 && !yb_day_valid(hosp_ide_date))
        return yb_refuse(ret, YB_E_FIELD_FORM, "hosp_ide_date", "鉴定日期不存在，应为 yyyy-MM-dd");
    return YB_OK;
}

yb_err_t yb_filing_form(const Yibao__Enrollment__FileChronicRequest *req, yb_refusal_t *ret)
{
    const Yibao__Types__Filing *f = req->filing;
    if (f == NULL)
        return yb_refuse(ret, YB_E_FIELD_MISSING, "data", "备案内容为空");
    yb_err_t err = yb_code_psn_no(f->psn_no, strlen(f->psn_no), "psn_no", ret);
    if (err == YB_OK)
        err = text_form("insutype", f->insutype, 6, true, ret);
    if (err == YB_OK && strspn(f->insutype, "0123456789") != strlen(f->insutype))
        err = yb_refuse(ret, YB_E_FIELD_DICT, "insutype", NULL);
    if (err == YB_OK)
        err = yb_code_chronic(f->opsp_dise_code, strlen(f->opsp_dise_code), "opsp_dise_code", ret);
    if (err == YB_OK)
        err = text_form("opsp_dise_name", f->opsp_dise_name, 300, true, ret);
    if (err == YB_OK)
        err = text_form("insu_optins", req->insu_optins, 20, false, ret);
    if (err == YB_OK)
        err = text_form("ide_fixmedins_no", req->ide_fixmedins_no, 30, false, ret);
    if (err == YB_OK && strlen(f->detail) > DETAIL_MAX)
        err = yb_refuse(ret, YB_E_FIELD_LENGTH, "detail", NULL);
    return err != YB_OK ? err : days_form(f, req->hosp_ide_date, ret);
}

bool yb_filing_clash(const yb_filing_t *other, const yb_filing_t *fresh)
{
    return other->live &&
        yb_import_overlap(other->begndate, other->enddate, fresh->begndate, fresh->enddate) &&
        strcmp(other->psn_no, fresh->psn_no) == 0 && strcmp(other->insutype, fresh->insutype) == 0 &&
        strcmp(other->opsp_dise_code, fresh->opsp_dise_code) == 0;
}

yb_err_t yb_filing_exists(const yb_filing_t *other, yb_refusal_t *ret)
{
    char span[YB_SPAN_TEXT];
    return yb_refuse(ret, YB_E_FILING_EXISTS, "opsp_dise_code",
                     "该病种已有备案（流水号 %lld，%s），如需变更请先撤销（2504）",
                     (long long)other->trt_dcla_detl_sn,
                     yb_import_span_text(other->begndate, other->enddate, span));
}

yb_err_t yb_filing_may(const yb_rows_of_t *rows, const yb_filing_t *fresh, yb_refusal_t *ret)
{
    if (yb_cover_on(rows, fresh->psn_no, fresh->insutype, fresh->begndate) == NULL)
        return yb_refuse(ret, YB_E_NOT_COVERED, "begndate",
                         "备案开始日期当日无险种 %.6s 的有效参保，请核对险种与日期", fresh->insutype);
    for (size_t i = 0; i < rows->filing_count; i++)
        if (yb_filing_clash(&rows->filings[i], fresh))
            return yb_filing_exists(&rows->filings[i], ret);
    return YB_OK;
}
