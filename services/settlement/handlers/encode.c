#include "encode.h"

#include <jansson.h>
#include <stdlib.h>
#include "standing.h"

const char *yb_detail_merge(const char *detail, const char *later, yb_arena_t *arena)
{
    if (later[0] == '\0')
        return detail;
    if (detail[0] == '\0')
        return later;
    const char *merged = detail;
    json_t *below = json_loads(detail, 0, NULL), *above = json_loads(later, 0, NULL);
    if (json_is_object(below) && json_is_object(above) && json_object_update(below, above) == 0) {
        char *text = json_dumps(below, JSON_COMPACT | JSON_SORT_KEYS);
        if (text)
            merged = yb_arena_strdup(arena, text);
        free(text);
    }
    json_decref(below);
    json_decref(above);
    return merged;
}

Yibao__Settlement__Visit *yb_encode_visit(const yb_visit_t *visit, yb_arena_t *arena)
{
    Yibao__Settlement__Visit *out = YB_NEW(arena, Yibao__Settlement__Visit);
    yibao__settlement__visit__init(out);
    out->mdtrt_id = visit->mdtrt_id;
    out->psn_no = yb_lend(visit->psn_no);
    out->insutype = yb_lend(visit->insutype);
    out->med_type = yb_lend(visit->med_type);
    out->begntime = visit->begntime;
    out->endtime = visit->endtime;
    out->ipt_otp_no = yb_lend(visit->ipt_otp_no);
    out->dise_codg = yb_lend(visit->dise_codg);
    out->dise_name = yb_lend(visit->dise_name);
    out->fixmedins_code = yb_lend(visit->fixmedins_code);
    out->state = yb_lend(yb_visit_state_name(visit->state));
    out->inpatient = visit->inpatient;
    out->insuplc_admdvs = yb_lend(visit->insuplc_admdvs);
    out->dscg_way = yb_lend(visit->dscg_way);
    out->mdtrt_cert_type = yb_lend(visit->mdtrt_cert_type);
    if (visit->detail)
        out->detail = yb_lend(yb_detail_merge(visit->detail, visit->later_detail, arena));
    return out;
}

Yibao__Settlement__Line *yb_encode_line(const yb_fee_line_t *line, const char *psn_no, yb_arena_t *arena)
{
    const yb_raw_line_t *raw = &line->raw;
    Yibao__Settlement__Line *out = YB_NEW(arena, Yibao__Settlement__Line);
    yibao__settlement__line__init(out);
    out->feedetl_sn = yb_lend(line->feedetl_sn);
    out->init_feedetl_sn = yb_lend(line->init_feedetl_sn);
    out->chrg_bchno = yb_lend(line->chrg_bchno);
    out->fee_ocur_time = raw->fee_ocur_time;
    out->med_list_codg = yb_lend(line->med_list_codg);
    out->medins_list_codg = yb_lend(line->medins_list_codg);
    out->det_item_fee_sumamt_fen = raw->det_item_fee_sumamt_fen;
    out->cnt = raw->cnt;
    out->pric = raw->pric;
    out->hosp_appr_flag = yb_lend(raw->hosp_appr_flag);
    out->detail = yb_lend(line->detail);
    out->pric_uplmt = raw->pric_uplmt;
    out->selfpay_prop_ppm = raw->selfpay_prop_ppm;
    out->fulamt_ownpay_amt_fen = raw->fulamt_ownpay_amt_fen;
    out->overlmt_amt_fen = raw->overlmt_amt_fen;
    out->preselfpay_amt_fen = raw->preselfpay_amt_fen;
    out->inscp_scp_amt_fen = raw->inscp_scp_amt_fen;
    out->chrgitm_lv = yb_lend(raw->chrgitm_lv);
    out->list_type = yb_lend(line->list_type);
    out->list_name = yb_lend(line->list_name);
    out->setl_id = line->setl_id;
    out->mdtrt_id = raw->mdtrt_id;
    out->psn_no = yb_lend(psn_no);
    return out;
}

bool yb_query_admit(yb_call_t *call)
{
    if (yb_institution_of(call)[0] == '\0')
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code", "该查询只对定点医药机构提供");
    return !yb_call_refused(call);
}
