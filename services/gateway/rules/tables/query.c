/* Queries: 5201 to 5206, 5301, 5303. */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t visits[] = {
    PSN_NO(REQ),
    TIME(REQ, "begntime", "开始时间"),
    TIME(REQ, "endtime", "结束时间"),
    MED_TYPE(OPT),
    MDTRT_ID(OPT),
};
static const yb_node_t n5201[] = {ONE(REQ, "data", "查询条件", visits)};
const yb_fields_t yb_table_5201 = {.infno = "5201", .title = "就诊信息查询",
    .output = "mdtrtinfo[]{mdtrt_id, psn_no, med_type, begntime, endtime, …}",
    .nodes = n5201, .node_count = COUNT(n5201)};

static const yb_field_t visit[] = {PSN_NO(REQ), MDTRT_ID(REQ)};
static const yb_node_t n5202[] = {ONE(REQ, "data", "查询条件", visit)};
const yb_fields_t yb_table_5202 = {.infno = "5202", .title = "诊断信息查询",
    .output = "diseinfo[]{mdtrt_id, psn_no, diag_type, diag_srt_no, diag_code, diag_name, …}",
    .nodes = n5202, .node_count = COUNT(n5202), .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS}};

static const yb_field_t settlement[] = {PSN_NO(REQ), SETL_ID(REQ), MDTRT_ID(REQ)};
static const yb_node_t n5203[] = {ONE(REQ, "data", "查询条件", settlement)};
const yb_fields_t yb_table_5203 = {.infno = "5203", .title = "结算信息查询", .output = "setlinfo, setldetail[]",
    .nodes = n5203, .node_count = COUNT(n5203),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_SETTLEMENT_UNKNOWN}};

/* Lines are asked for before the settlement too, so setl_id is optional. */
static const yb_field_t lines[] = {PSN_NO(REQ), SETL_ID(OPT), MDTRT_ID(REQ)};
static const yb_node_t n5204[] = {ONE(REQ, "data", "查询条件", lines)};
const yb_fields_t yb_table_5204 = {.infno = "5204", .title = "费用明细查询", .output = "费用明细行的数组",
    .nodes = n5204, .node_count = COUNT(n5204), .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS}};

static const yb_field_t drugs[] = {
    PSN_NO(REQ),
    TIME(OPT, "begntime", "开始时间"),
    TIME(OPT, "endtime", "结束时间"),
};
static const yb_node_t n5205[] = {ONE(REQ, "data", "查询条件", drugs)};
const yb_fields_t yb_table_5205 = {.infno = "5205", .title = "人员慢特病用药记录查询", .output = "feedetail[]",
    .nodes = n5205, .node_count = COUNT(n5205)};

static const yb_field_t totals[] = {PSN_NO(REQ), FORM(OPT, "cum_ym", "累计年月", 6, yb_form_month)};
static const yb_node_t n5206[] = {ONE(REQ, "data", "查询条件", totals)};
const yb_fields_t yb_table_5206 = {.infno = "5206", .title = "人员累计信息查询",
    .output = "cuminfo[]{insutype, year, cum_ym, cum_type_code, cum}",
    .nodes = n5206, .node_count = COUNT(n5206), .errors = {YB_E_PERSON_UNKNOWN}};

static const yb_field_t person[] = {PSN_NO(REQ)};
static const yb_node_t n5301[] = {ONE(REQ, "data", "查询条件", person)};
const yb_fields_t yb_table_5301 = {.infno = "5301", .title = "人员慢特病备案查询",
    .output = "feedetail[]{opsp_dise_code, opsp_dise_name, begndate, enddate}",
    .nodes = n5301, .node_count = COUNT(n5301), .errors = {YB_E_PERSON_UNKNOWN}};

static const yb_field_t stays[] = {
    PSN_NO(REQ),
    DAY(OPT, "begntime", "开始时间"),
    DAY(OPT, "endtime", "结束时间"),
};
static const yb_node_t n5303[] = {ONE(REQ, "data", "查询条件", stays)};
const yb_fields_t yb_table_5303 = {.infno = "5303", .title = "在院信息查询", .output = "data[]",
    .nodes = n5303, .node_count = COUNT(n5303)};
