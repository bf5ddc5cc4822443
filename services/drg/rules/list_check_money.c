/* AMT-…: the list's amounts against the settlement it names. What counts is the settlement's; the list's are only
 * compared. 4101A has none. */
#include <inttypes.h>
#include <string.h>
#include "list_check_impl.h"

static void check_names(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const yb_list_settlement_t *settlement = desk->settlement;
    if (strcmp(yb_list_str(head->setl_id), yb_list_str(settlement->setl_id)) != 0)
        YB_FIND_HEAD(desk, YB_RULE_SETTLEMENT_NAMED, "setl_id",
                     "结算ID与中心结算记录不一致；请填写该次结算返回的setl_id");
    if (strcmp(yb_list_str(head->mdtrt_id), yb_list_str(settlement->mdtrt_id)) != 0)
        YB_FIND_HEAD(desk, YB_RULE_SETTLEMENT_NAMED, "mdtrt_id", "就诊ID不是该次结算的就诊；请核对mdtrt_id与setl_id");
    if (yb_list_sent(head->psn_no) && strcmp(head->psn_no, yb_list_str(settlement->psn_no)) != 0)
        YB_FIND_HEAD(desk, YB_RULE_SETTLEMENT_NAMED, "psn_no", "人员编号不是该次结算的参保人；请核对psn_no与setl_id");
    if (settlement->is_reversed)
        YB_FIND_HEAD(desk, YB_RULE_SETTLEMENT_REVERSED, "setl_id",
                     "该次结算已撤销，清单随之失效；请按重新结算后的setl_id上传");
}

static void differ(yb_list_desk_t *desk, yb_list_rule_id_t rule, yb_list_node_t node, size_t row, const char *field,
                   const char *name, yb_fen_t sent, yb_fen_t want)
{
    char a[YB_DECIMAL_TEXT], b[YB_DECIMAL_TEXT];
    if (sent != want)
        yb_list_find(desk, rule, node, row, field, "%s%s与中心结算%s不符；请按结算结果填写", name,
                     yb_fen_format(sent, a), yb_fen_format(want, b));
}

/* Rules (INTERFACE 6): psn_ownpay = 全自费 (older builds: + 超限价); psn_selfpay = account + cash − psn_ownpay. */
static void check_head(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const yb_list_settlement_t *s = desk->settlement;
    yb_fen_t acct, cash, own, self;
    bool has_acct = yb_list_fen(head->acct_pay, &acct), has_cash = yb_list_fen(head->psn_cashpay, &cash),
         has_own = yb_list_fen(head->psn_ownpay, &own), has_self = yb_list_fen(head->psn_selfpay, &self);
    yb_fen_t older = s->fulamt_ownpay_amt_fen + s->overlmt_selfpay_fen;
    if (has_acct)
        differ(desk, YB_RULE_AMOUNT_HEAD, YB_NODE_SETLINFO, YB_NO_ROW, "acct_pay", "个人账户支出", acct,
               s->acct_pay_fen);
    if (has_cash)
        differ(desk, YB_RULE_AMOUNT_HEAD, YB_NODE_SETLINFO, YB_NO_ROW, "psn_cashpay", "个人现金支付", cash,
               s->psn_cash_pay_fen);
    if (has_own && own != older)
        differ(desk, YB_RULE_AMOUNT_HEAD, YB_NODE_SETLINFO, YB_NO_ROW, "psn_ownpay", "个人自费", own,
               s->fulamt_ownpay_amt_fen);
    if (!has_acct || !has_cash || !has_own || !has_self || self + own == acct + cash)
        return;
    char a[YB_DECIMAL_TEXT], b[YB_DECIMAL_TEXT];
    YB_FIND_HEAD(desk, YB_RULE_AMOUNT_SELF, "psn_selfpay",
                 "个人自付+个人自费=%s，个人账户+个人现金=%s，两者应相等；请核对个人自付", yb_fen_format(self + own, a),
                 yb_fen_format(acct + cash, b));
}

/* Of another payer than a fund: personal accounts 3102xx, the hospital 99999x. */
static bool is_fund(const char *type) { return strncmp(type, "3102", 4) != 0 && strncmp(type, "99999", 5) != 0; }

static bool paid_by(const yb_list_settlement_t *settlement, const char *type, yb_fen_t *ret_fen)
{
    for (size_t i = 0; i < settlement->fund_count; i++)
        if (strcmp(settlement->funds[i].fund_pay_type, type) == 0) {
            *ret_fen = settlement->funds[i].fund_payamt_fen;
            return true;
        }
    return false;
}

static bool is_listed(const yb_list_t *list, const char *type)
{
    for (size_t i = 0; i < list->counts[YB_NODE_PAYINFO]; i++)
        if (strcmp(yb_list_str(yb_list_payinfo(list)[i].fund_pay_type), type) == 0)
            return true;
    return false;
}

static void check_funds(yb_list_desk_t *desk)
{
    const yb_payinfo_t *rows = yb_list_payinfo(desk->list);
    const yb_list_settlement_t *s = desk->settlement;
    char a[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < desk->list->counts[YB_NODE_PAYINFO]; i++) {
        const char *type = yb_list_str(rows[i].fund_pay_type);
        yb_fen_t sent, want = 0;
        bool repeated = false;
        if (!is_fund(type) || !yb_list_fen(rows[i].fund_payamt, &sent))
            continue;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || strcmp(yb_list_str(rows[k].fund_pay_type), type) == 0;
        if (repeated)
            yb_list_find(desk, YB_RULE_AMOUNT_FUND, YB_NODE_PAYINFO, i, "fund_pay_type",
                         "该基金支付类型重复；请合并为一行");
        else if (!paid_by(s, type, &want) && sent != 0)
            yb_list_find(desk, YB_RULE_AMOUNT_FUND, YB_NODE_PAYINFO, i, "fund_pay_type",
                         "该次结算没有此基金的支付；请按结算结果填写");
        else
            differ(desk, YB_RULE_AMOUNT_FUND, YB_NODE_PAYINFO, i, "fund_payamt", "基金支付金额", sent, want);
    }
    for (size_t i = 0; i < s->fund_count; i++)
        if (s->funds[i].fund_payamt_fen != 0 && !is_listed(desk->list, s->funds[i].fund_pay_type))
            yb_list_find(desk, YB_RULE_AMOUNT_FUND, YB_NODE_PAYINFO, YB_NO_ROW, "", "缺少基金%s的支付%s；请补填",
                         s->funds[i].fund_pay_type, yb_fen_format(s->funds[i].fund_payamt_fen, a));
}

/* ---- charge categories ---- */

typedef struct item {
    yb_fen_t amt, parts[4]; /* claa_sumfee, clab_amt, fulamt_ownpay_amt, oth_amt */
} item_t;

static bool item_read(const yb_iteminfo_t *row, item_t *ret)
{
    return yb_list_fen(row->amt, &ret->amt) && yb_list_fen(row->claa_sumfee, &ret->parts[0]) &&
           yb_list_fen(row->clab_amt, &ret->parts[1]) && yb_list_fen(row->fulamt_ownpay_amt, &ret->parts[2]) &&
           yb_list_fen(row->oth_amt, &ret->parts[3]);
}

static const yb_list_item_t *category_of(const yb_list_settlement_t *settlement, const char *category)
{
    for (size_t i = 0; i < settlement->item_count; i++)
        if (strcmp(settlement->items[i].med_chrgitm, category) == 0)
            return &settlement->items[i];
    return NULL;
}

static void compare_category(yb_list_desk_t *desk, size_t row, const char *category, const item_t *item)
{
    static const yb_list_item_t nothing = { "", 0, 0, 0, 0, 0 };
    const yb_list_item_t *want = category_of(desk->settlement, category);
    if (desk->settlement->item_count == 0)
        return;
    want = want != NULL ? want : &nothing;
    differ(desk, YB_RULE_AMOUNT_ITEM_CATEGORY, YB_NODE_ITEMINFO, row, "amt", "金额", item->amt, want->amt_fen);
    differ(desk, YB_RULE_AMOUNT_ITEM_CATEGORY, YB_NODE_ITEMINFO, row, "claa_sumfee", "甲类费用", item->parts[0],
           want->claa_sumfee_fen);
    differ(desk, YB_RULE_AMOUNT_ITEM_CATEGORY, YB_NODE_ITEMINFO, row, "clab_amt", "乙类金额", item->parts[1],
           want->clab_amt_fen);
    differ(desk, YB_RULE_AMOUNT_ITEM_CATEGORY, YB_NODE_ITEMINFO, row, "fulamt_ownpay_amt", "全自费金额", item->parts[2],
           want->fulamt_ownpay_amt_fen);
    differ(desk, YB_RULE_AMOUNT_ITEM_CATEGORY, YB_NODE_ITEMINFO, row, "oth_amt", "其他金额", item->parts[3],
           want->oth_amt_fen);
}

static bool category_repeats(const yb_iteminfo_t *rows, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(yb_list_str(rows[i].med_chrgitm), yb_list_str(rows[row].med_chrgitm)) == 0)
            return true;
    return false;
}

static void check_item(yb_list_desk_t *desk, size_t row, const item_t *item)
{
    const yb_iteminfo_t *rows = yb_list_iteminfo(desk->list);
    char a[YB_DECIMAL_TEXT], b[YB_DECIMAL_TEXT];
    yb_fen_t parts = item->parts[0] + item->parts[1] + item->parts[2] + item->parts[3];
    if (parts != item->amt)
        yb_list_find(desk, YB_RULE_AMOUNT_ITEM_PARTS, YB_NODE_ITEMINFO, row, "amt",
                     "甲类+乙类+全自费+其他=%s，与金额%s不符；请核对该行", yb_fen_format(parts, a),
                     yb_fen_format(item->amt, b));
    if (category_repeats(rows, row))
        yb_list_find(desk, YB_RULE_ITEM_CATEGORIES, YB_NODE_ITEMINFO, row, "med_chrgitm",
                     "该收费项目类别重复；请合并为一行");
    else
        compare_category(desk, row, yb_list_str(rows[row].med_chrgitm), item);
}

static void check_items(yb_list_desk_t *desk)
{
    size_t count = desk->list->counts[YB_NODE_ITEMINFO];
    const yb_list_rule_t *categories = desk->rule[YB_RULE_ITEM_CATEGORIES];
    yb_fen_t total = 0;
    char a[YB_DECIMAL_TEXT], b[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < count; i++) {
        item_t item;
        if (!item_read(&yb_list_iteminfo(desk->list)[i], &item))
            return; /* FLD-01, FLD-04 say so; without it there is no total */
        check_item(desk, i, &item);
        if (yb_fen_add(total, item.amt, &total) != YB_OK)
            return; /* FLD-05 says so */
    }
    if (total != desk->settlement->medfee_sumamt_fen)
        yb_list_find(desk, YB_RULE_AMOUNT_ITEM_TOTAL, YB_NODE_ITEMINFO, YB_NO_ROW, "amt",
                     "各收费项目金额合计%s，与中心结算医疗费总额%s不符；请核对", yb_fen_format(total, a),
                     yb_fen_format(desk->settlement->medfee_sumamt_fen, b));
    if (categories != NULL && (int64_t)count < categories->high)
        yb_list_find(desk, YB_RULE_ITEM_CATEGORIES, YB_NODE_ITEMINFO, YB_NO_ROW, "med_chrgitm",
                     "只有%zu类收费项目，应为%" PRId64 "类；没有费用的类别金额填0", count, categories->high);
}

void yb_list_check_amounts(yb_list_desk_t *desk)
{
    check_names(desk);
    if (desk->list->form != YB_LIST_4101)
        return;
    check_head(desk);
    check_funds(desk);
    check_items(desk);
}
