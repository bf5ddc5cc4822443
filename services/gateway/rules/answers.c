#include "services/gateway/rules/answers.h"

#include "libcommon/err.h"

static const yb_answer_field_t setlinfo[] = {
    { "setl_id", "结算ID", "编码(30)", "预结算无" },
    { "mdtrt_id", "就诊ID", "编码(30)", "" },
    { "psn_no", "人员编号", "编码(30)", "" },
    { "psn_name", "人员姓名", "文本(50)", "" },
    { "psn_cert_type", "人员证件类型", "编码(6)", "" },
    { "certno", "证件号码", "编码(50)", "" },
    { "gend", "性别", "编码(6)", "" },
    { "naty", "民族", "编码(3)", "" },
    { "brdy", "出生日期", "日期", "" },
    { "age", "年龄", "数值(4,1)", "" },
    { "insutype", "险种类型", "编码(6)", "" },
    { "psn_type", "人员类别", "编码(6)", "" },
    { "cvlserv_flag", "公务员标志", "编码(3)", "" },
    { "setl_time", "结算时间", "日期时间", "" },
    { "mdtrt_cert_type", "就诊凭证类型", "编码(3)", "" },
    { "med_type", "医疗类别", "编码(6)", "" },
    { "medfee_sumamt", "医疗费总额", "金额", "= 全自费 + 超限价 + 先行自付 + 符合政策范围" },
    { "fulamt_ownpay_amt", "全自费金额", "金额", "" },
    { "overlmt_selfpay", "超限价自费费用", "金额", "" },
    { "preselfpay_amt", "先行自付金额", "金额", "" },
    { "inscp_scp_amt", "符合政策范围金额", "金额", "" },
    { "act_pay_dedc", "实际支付起付线", "金额", "" },
    { "hifp_pay", "基本医疗保险统筹基金支出", "金额", "" },
    { "pool_prop_selfpay", "基本医疗保险统筹基金支付比例", "数值(5,4)", "" },
    { "cvlserv_pay", "公务员医疗补助资金支出", "金额", "" },
    { "hifes_pay", "企业补充医疗保险基金支出", "金额", "" },
    { "hifmi_pay", "居民大病保险资金支出", "金额", "" },
    { "hifob_pay", "职工大额医疗费用补助基金支出", "金额", "" },
    { "maf_pay", "医疗救助基金支出", "金额", "" },
    { "hifdm_pay", "伤残人员医疗保障基金支出", "金额", "" },
    { "oth_pay", "其他支出", "金额", "" },
    { "fund_pay_sumamt", "基金支付总额", "金额", "= 各项基金支出之和" },
    { "psn_part_amt", "个人负担总金额", "金额", "= 医疗费总额 − 基金支付总额" },
    { "acct_pay", "个人账户支出", "金额", "" },
    { "psn_cash_pay", "个人现金支出", "金额", "= 个人负担总金额 − 个人账户支出" },
    { "hosp_part_amt", "医院负担金额", "金额", "" },
    { "balc", "余额", "金额", "个人账户" },
    { "acct_mulaid_pay", "个人账户共济支付金额", "金额", "" },
    { "medins_setl_id", "医药机构结算ID", "编码(30)", "" },
    { "clr_optins", "清算经办机构", "编码(6)", "" },
    { "clr_way", "清算方式", "编码(6)", "" },
    { "clr_type", "清算类别", "编码(6)", "" },
};

/* What 5203 adds (INTERFACE section 3). */
static const yb_answer_field_t queried[] = {
    { "init_setl_id", "原结算ID", "编码(30)", "退费结算" },
    { "refd_setl_flag", "退费结算标志", "编码(3)", "1 = 已撤销或为退费" },
    { "insu_optins", "参保机构医保区划", "编码(6)", "" },
    { "insuplc_admdvs", "参保地医保区划", "编码(6)", "" },
    { "fixmedins_code", "定点医药机构编号", "编码(30)", "" },
    { "fixmedins_name", "定点医药机构名称", "文本(200)", "" },
    { "hosp_lv", "医院等级", "编码(6)", "" },
    { "fixmedins_poolarea", "定点归属机构", "编码(6)", "" },
    { "pay_loc", "支付地点类别", "编码(3)", "" },
    { "flxempe_flag", "灵活就业标志", "编码(3)", "" },
    { "nwb_flag", "新生儿标志", "编码(3)", "" },
    { "begndate", "开始日期", "日期时间", "" },
    { "enddate", "结束日期", "日期时间", "" },
    { "psn_pay", "个人支付金额", "金额", "" },
    { "cash_payamt", "现金支付金额", "金额", "" },
    { "year", "年度", "整数(4)", "" },
    { "dise_codg", "病种编码", "编码(30)", "" },
    { "invono", "发票号", "编码(20)", "" },
    { "opter_id", "经办人ID", "编码(30)", "" },
};

static const yb_answer_field_t setldetail[] = {
    { "fund_pay_type", "基金支付类型", "编码(6)", "" },
    { "inscp_scp_amt", "符合政策范围金额", "金额", "" },
    { "crt_payb_lmt_amt", "本次可支付限额金额", "金额", "" },
    { "fund_payamt", "基金支付金额", "金额", "" },
    { "fund_pay_type_name", "基金支付类型名称", "文本(200)", "" },
    { "setl_proc_info", "结算过程信息", "文本", "JSON数组：逐步说明依据哪条规则得出哪个金额" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const yb_answer_node_t nodes[] = {
    { "output.setlinfo", "结算信息", setlinfo, COUNT(setlinfo) },
    { "output.setlinfo", "5203另有", queried, COUNT(queried) },
    { "output.setldetail[]", "结算基金分项", setldetail, COUNT(setldetail) },
};

size_t yb_answer_nodes_count(void)
{
    return COUNT(nodes);
}

const yb_answer_node_t *yb_answer_nodes_at(size_t i)
{
    YB_ASSERT(i < COUNT(nodes));
    return &nodes[i];
}
