/* A settlement list (医疗保障基金结算清单, transactions 4101 and 4101A) as a hospital sent it: every field is the text
 * of the message under its national name. Plain values; the texts are borrowed and live as long as the message. */
#ifndef DRG_RULES_LIST_H
#define DRG_RULES_LIST_H

#include <stddef.h>
#include "libcommon/day.h"
#include "libcommon/money.h"

/* The fields of each node: those of 4101 in the order of the interface, then those only 4101A has. */
#define YB_SETLINFO_FIELDS(X)                                                                                          \
    X(mdtrt_id) X(setl_id) X(fixmedins_name) X(fixmedins_code) X(hi_setl_lv) X(hi_no) X(medcasno) X(dcla_time)         \
    X(psn_name) X(gend) X(brdy) X(age) X(ntly) X(nwb_age) X(naty) X(patn_cert_type) X(certno) X(prfs) X(curr_addr)     \
    X(emp_name) X(emp_addr) X(emp_tel) X(poscode) X(coner_name) X(patn_rlts) X(coner_addr) X(coner_tel) X(hi_type)     \
    X(insuplc) X(sp_psn_type) X(nwb_adm_type) X(nwb_bir_wt) X(nwb_adm_wt) X(opsp_diag_caty) X(opsp_mdtrt_date)         \
    X(ipt_med_type) X(adm_way) X(trt_type) X(adm_time) X(adm_caty) X(refldept_dept) X(dscg_time) X(dscg_caty)          \
    X(act_ipt_days) X(otp_wm_dise) X(wm_dise_code) X(otp_tcm_dise) X(tcm_dise_code) X(diag_code_cnt)                   \
    X(maindiag_flag) X(oprn_oprt_code_cnt) X(vent_used_dura) X(pwcry_bfadm_coma_dura) X(pwcry_afadm_coma_dura)         \
    X(bld_cat) X(bld_amt) X(bld_unt) X(spga_nurscare_days) X(lv1_nurscare_days) X(scd_nurscare_days)                   \
    X(lv3_nurscare_days) X(dscg_way) X(acp_medins_name) X(acp_optins_code) X(bill_code) X(bill_no) X(biz_sn)           \
    X(days_rinp_flag_31) X(days_rinp_pup_31) X(chfpdr_name) X(chfpdr_code) X(setl_begn_date) X(setl_end_date)          \
    X(psn_selfpay) X(psn_ownpay) X(acct_pay) X(psn_cashpay) X(hi_paymtd) X(hsorg) X(hsorg_opter) X(medins_fill_dept)   \
    X(medins_fill_psn) X(psn_no) X(mul_nwb_bir_wt) X(mul_nwb_adm_wt) X(resp_nurs_code) X(stas_type)
#define YB_PAYINFO_FIELDS(X) X(fund_pay_type) X(fund_payamt)
#define YB_OPSPDISEINFO_FIELDS(X) X(diag_name) X(diag_code) X(oprn_oprt_name) X(oprn_oprt_code)
#define YB_DISEINFO_FIELDS(X) X(diag_type) X(diag_code) X(diag_name) X(adm_cond_type) X(maindiag_flag)
#define YB_ITEMINFO_FIELDS(X)                                                                                          \
    X(med_chrgitm) X(amt) X(claa_sumfee) X(clab_amt) X(fulamt_ownpay_amt) X(oth_amt)
#define YB_OPRNINFO_FIELDS(X)                                                                                          \
    X(oprn_oprt_type) X(oprn_oprt_name) X(oprn_oprt_code) X(oprn_oprt_date) X(anst_way) X(oper_dr_name)                \
    X(oper_dr_code) X(anst_dr_name) X(anst_dr_code) X(oprn_oprt_begntime) X(oprn_oprt_endtime) X(anst_begntime)        \
    X(anst_endtime)
#define YB_ICUINFO_FIELDS(X)                                                                                           \
    X(scs_cutd_ward_type) X(scs_cutd_inpool_time) X(scs_cutd_exit_time) X(scs_cutd_sum_dura)
#define YB_BLDINFO_FIELDS(X) X(bld_cat) X(bld_amt) X(bld_unt)

#define YB_TEXT_FIELD(name) const char *name;      /* NULL and "" = not sent */
typedef struct yb_setlinfo { YB_SETLINFO_FIELDS(YB_TEXT_FIELD) } yb_setlinfo_t;
typedef struct yb_payinfo { YB_PAYINFO_FIELDS(YB_TEXT_FIELD) } yb_payinfo_t;
typedef struct yb_opspdiseinfo { YB_OPSPDISEINFO_FIELDS(YB_TEXT_FIELD) } yb_opspdiseinfo_t;
typedef struct yb_diseinfo { YB_DISEINFO_FIELDS(YB_TEXT_FIELD) } yb_diseinfo_t;
typedef struct yb_iteminfo { YB_ITEMINFO_FIELDS(YB_TEXT_FIELD) } yb_iteminfo_t;
typedef struct yb_oprninfo { YB_OPRNINFO_FIELDS(YB_TEXT_FIELD) } yb_oprninfo_t;
typedef struct yb_icuinfo { YB_ICUINFO_FIELDS(YB_TEXT_FIELD) } yb_icuinfo_t;
typedef struct yb_bldinfo { YB_BLDINFO_FIELDS(YB_TEXT_FIELD) } yb_bldinfo_t;

typedef enum yb_list_node {
    YB_NODE_SETLINFO, YB_NODE_PAYINFO, YB_NODE_OPSPDISEINFO, YB_NODE_DISEINFO, YB_NODE_ITEMINFO, YB_NODE_OPRNINFO,
    YB_NODE_ICUINFO, YB_NODE_BLDINFO, YB_NODE_COUNT
} yb_list_node_t;

typedef enum yb_list_form { YB_LIST_4101, YB_LIST_4101A } yb_list_form_t;

#define YB_LIST_ROWS_MAX 500       /* of each node; a message with more is refused before it comes here */

typedef struct yb_list {
    yb_list_form_t form;
    yb_setlinfo_t setlinfo;
    /* by yb_list_node_t; setlinfo's entry is not used: there is exactly one */
    const void *rows[YB_NODE_COUNT];          /* array of the node's struct, see yb_list_rows_… below */
    size_t counts[YB_NODE_COUNT];             /* <= YB_LIST_ROWS_MAX */
} yb_list_t;

static inline const yb_payinfo_t *yb_list_payinfo(const yb_list_t *list)
{
    return (const yb_payinfo_t *)list->rows[YB_NODE_PAYINFO];
}
static inline const yb_diseinfo_t *yb_list_diseinfo(const yb_list_t *list)
{
    return (const yb_diseinfo_t *)list->rows[YB_NODE_DISEINFO];
}
static inline const yb_iteminfo_t *yb_list_iteminfo(const yb_list_t *list)
{
    return (const yb_iteminfo_t *)list->rows[YB_NODE_ITEMINFO];
}
static inline const yb_oprninfo_t *yb_list_oprninfo(const yb_list_t *list)
{
    return (const yb_oprninfo_t *)list->rows[YB_NODE_OPRNINFO];
}
static inline const yb_icuinfo_t *yb_list_icuinfo(const yb_list_t *list)
{
    return (const yb_icuinfo_t *)list->rows[YB_NODE_ICUINFO];
}

/* One field of a node: its national name and where its text lies in the node's struct. */
typedef struct yb_list_field {
    const char *name;
    size_t offset;
} yb_list_field_t;

const char *yb_list_node_name(yb_list_node_t node);
/* Bytes of one row of the node: its struct. */
size_t yb_list_row_size(yb_list_node_t node);
/* False for a name that is no node. */
bool yb_list_node_parse(const char *name, yb_list_node_t *ret_node);
const yb_list_field_t *yb_list_fields(yb_list_node_t node, size_t *ret_count);
/* Index of a field in its node; -1 = no such field. */
int yb_list_field_find(yb_list_node_t node, const char *name);
/* Text of a field by its index in yb_list_fields, "" when not sent. `row` from 0, 0 for setlinfo. */
const char *yb_list_text(const yb_list_t *list, yb_list_node_t node, size_t row, size_t field);

/* ---- what the platform knows of the settlement the list names ---- */

typedef struct yb_list_fund {
    const char *fund_pay_type;
    yb_fen_t fund_payamt_fen;
} yb_list_fund_t;

/* Amounts of one charge category (SETL_FEE_STT_D). */
typedef struct yb_list_item {
    const char *med_chrgitm;
    yb_fen_t amt_fen, claa_sumfee_fen, clab_amt_fen, fulamt_ownpay_amt_fen, oth_amt_fen;
} yb_list_item_t;

/* The settlement. Its amounts count; what the list says of them is only compared. */
typedef struct yb_list_settlement {
    const char *setl_id, *mdtrt_id, *psn_no;
    const char *gend;                         /* of the person; NULL = not known */
    yb_day_t brdy;                            /* of the person; 0 = not known */
    yb_day_t setl_day;
    bool is_inpatient;                        /* a stay; else an outpatient visit (门诊慢特病) */
    bool is_reversed;                         /* cancelled: no list may stand on it */
    yb_fen_t medfee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, acct_pay_fen, psn_cash_pay_fen;
    const yb_list_fund_t *funds;              /* what the funds paid: accounts and the hospital's own part are not here */
    size_t fund_count;
    const yb_list_item_t *items;              /* by category; NULL with 0: not known, categories are not compared */
    size_t item_count;
} yb_list_settlement_t;

#endif
