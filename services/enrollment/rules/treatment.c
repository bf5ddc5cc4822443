#include "services/enrollment/rules/treatment.h"

#include <string.h>

#include "libcommon/day.h"

#define CHRONIC "14"

int32_t yb_treatment_day(const Yibao__Enrollment__CheckTreatmentRequest *req)
{
    return yb_time_day(req->med_type[0] == '2' && req->endtime != 0 ? req->endtime : req->begntime);
}

yb_err_t yb_treatment_check(const Yibao__Enrollment__CheckTreatmentRequest *req, yb_refusal_t *ret)
{
    if (strcmp(req->insutype, YB_EMPLOYEES) != 0 && strcmp(req->insutype, YB_RESIDENTS) != 0)
        return yb_refuse(ret, YB_E_UNSUPPORTED, "insutype", "暂不支持险种 %.20s，可用 310 职工、390 城乡居民",
                         req->insutype);
    if (!yb_day_valid(yb_time_day(req->begntime)))
        return yb_refuse(ret, YB_E_FIELD_FORM, "begntime", "开始时间为空或不正确，应为 yyyy-MM-dd HH:mm:ss");
    if (req->endtime != 0 && req->endtime < req->begntime)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "endtime", "结束时间早于开始时间，请更正");
    if (strcmp(req->med_type, CHRONIC) == 0 && req->dise_codg[0] == '\0')
        return yb_refuse(ret, YB_E_FIELD_MISSING, "dise_codg", "门诊慢特病（14）须填写病种编码 dise_codg");
    return YB_OK;
}

size_t yb_treatments(const yb_rows_of_t *rows, const Yibao__Enrollment__CheckTreatmentRequest *req,
                     yb_treatment_t ret[YB_TREATMENTS_MAX])
{
    static const char *const employees[] = { "310100", "310200", "330100", NULL },
                             *const residents[] = { "390100", "390200", NULL };
    const int32_t day = yb_treatment_day(req);
    const yb_cover_t *cover = yb_cover_on(rows, req->psn_no, req->insutype, day);
    const bool filed = strcmp(req->med_type, CHRONIC) != 0 ||
        yb_filing_on(rows, req->psn_no, req->insutype, req->dise_codg, yb_time_day(req->begntime)) != NULL;
    const char *reason = cover == NULL ? "当日无该险种的有效参保"
        : !filed                       ? "该病种未办理门诊慢特病备案，或备案不在有效期"
                                       : "";
    const char *const *funds = strcmp(req->insutype, YB_EMPLOYEES) == 0 ? employees : residents;
    size_t count = 0;
    for (; funds[count] != NULL; count++)
        ret[count].fund_pay_type = funds[count];
    if (yb_tags_on(rows, req->psn_no, day) != 0)
        ret[count++].fund_pay_type = "610100";
    for (size_t i = 0; i < count; i++) {
        ret[i].entitled = reason[0] == '\0';
        ret[i].begndate = cover == NULL ? 0 : cover->begndate;
        ret[i].enddate = cover == NULL ? 0 : cover->enddate;
        ret[i].reason = reason;
    }
    return count;
}
