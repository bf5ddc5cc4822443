/* DX-… and OP-…: the diagnoses and operations and their codes. */
#include <string.h>
#include "list_check_impl.h"

static const yb_code_list_t *listed(const yb_list_desk_t *desk, yb_list_rule_id_t rule, const char *code)
{
    return desk->rule[rule] != NULL ? yb_code_list_at(desk->rules, rule, YB_CODES_ABOUT, desk->day, code) : NULL;
}

/* The code of a row as the rules see it. */
static const char *dx_code(const yb_list_desk_t *desk, size_t row)
{
    return yb_list_code(&desk->dx[row], yb_list_diseinfo(desk->list)[row].diag_code);
}

static const char *px_code(const yb_list_desk_t *desk, size_t row)
{
    return yb_list_code(&desk->px[row], yb_list_oprninfo(desk->list)[row].oprn_oprt_code);
}

/* Row of the first diagnosis in that part of the rule; YB_NO_ROW = none. */
static size_t dx_in(const yb_list_desk_t *desk, yb_list_rule_id_t rule, yb_code_part_t part)
{
    for (size_t i = 0; i < desk->list->counts[YB_NODE_DISEINFO]; i++)
        if (yb_list_is_western(&yb_list_diseinfo(desk->list)[i]) &&
            yb_code_list_at(desk->rules, rule, part, desk->day, dx_code(desk, i)) != NULL)
            return i;
    return YB_NO_ROW;
}

/* ---- codes of both kinds ---- */

typedef struct code_rules {
    yb_list_node_t node;
    const char *field;
    yb_list_rule_id_t unknown, mapped, ambiguous;
    const char *book;
} code_rules_t;

static const code_rules_t dx_rules = { YB_NODE_DISEINFO,  "diag_code",          YB_RULE_DX_UNKNOWN,
                                       YB_RULE_DX_MAPPED, YB_RULE_DX_AMBIGUOUS, "医保版疾病诊断编码" };
static const code_rules_t px_rules = { YB_NODE_OPRNINFO,  "oprn_oprt_code",     YB_RULE_PX_UNKNOWN,
                                       YB_RULE_PX_MAPPED, YB_RULE_PX_AMBIGUOUS, "医保版手术操作编码" };

/* A code of both versions is read as 医保版. Where another code of the list is of the clinical version only, the whole
 * list may have been coded so, and the reader is told. */
static void check_code(yb_list_desk_t *desk, const code_rules_t *rules, size_t row, const yb_code_fact_t *fact,
                       bool any_mapped)
{
    if (fact->code == NULL)
        yb_list_find(desk, rules->unknown, rules->node, row, rules->field, "编码不在%s中，也不在国临版对照中；请改用%s",
                     rules->book, rules->book);
    else if (fact->is_mapped)
        yb_list_find(desk, rules->mapped, rules->node, row, rules->field,
                     "该编码为国临版编码，已按对照表转为医保版%s %s；请核对，并改用医保版编码上传", fact->code,
                     fact->name);
    else if (fact->is_ambiguous && any_mapped)
        yb_list_find(desk, rules->ambiguous, rules->node, row, rules->field,
                     "清单中另有国临版编码；该编码两个版本都有，已按医保版（%s）处理，若按国临版应为%s，请核对",
                     fact->name, fact->other);
}

/* ---- diagnoses ---- */

static void check_principal(yb_list_desk_t *desk)
{
    const yb_diseinfo_t *rows = yb_list_diseinfo(desk->list);
    size_t count = desk->list->counts[YB_NODE_DISEINFO], seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (!yb_list_is_principal(&rows[i]))
            continue;
        if (!yb_list_is_western(&rows[i]))
            yb_list_find(desk, YB_RULE_DX_PRINCIPAL_KIND, YB_NODE_DISEINFO, i, "maindiag_flag",
                         "主要诊断须为西医诊断(diag_type=1)；中医诊断的maindiag_flag请填0");
        else if (seen++ > 0)
            yb_list_find(desk, YB_RULE_DX_PRINCIPAL_ONE, YB_NODE_DISEINFO, i, "maindiag_flag",
                         "主要诊断只能有一个，前面已有一个；其余诊断的maindiag_flag请填0");
    }
    if (seen == 0 && desk->settlement->is_inpatient)
        yb_list_find(desk, YB_RULE_DX_PRINCIPAL_ONE, YB_NODE_DISEINFO, YB_NO_ROW, "maindiag_flag",
                     "没有主要诊断，无法入组；请将一个西医诊断的maindiag_flag填1");
}

static void check_principal_code(yb_list_desk_t *desk)
{
    size_t row = desk->principal;
    const yb_code_fact_t *fact = row != YB_NO_ROW ? &desk->dx[row] : NULL;
    if (fact == NULL)
        return;
    const char *code = dx_code(desk, row);
    const yb_code_list_t *list = listed(desk, YB_RULE_DX_NOT_PRINCIPAL, code);
    if (fact->is_gray)
        yb_list_find(desk, YB_RULE_DX_GRAY, YB_NODE_DISEINFO, row, "diag_code",
                     "%s %s为灰码，不能作主要诊断；请改用其下更具体的编码", code, fact->name);
    if (list != NULL)
        yb_list_find(desk, YB_RULE_DX_NOT_PRINCIPAL, YB_NODE_DISEINFO, row, "diag_code",
                     "%s %s属于%s，不能作主要诊断；请改选本次住院主要治疗的疾病", code, fact->name, list->what);
}

/* Row of the same code before this one; YB_NO_ROW = none. */
static size_t dx_before(const yb_list_desk_t *desk, size_t row)
{
    const yb_diseinfo_t *rows = yb_list_diseinfo(desk->list);
    const char *code = dx_code(desk, row);
    for (size_t i = 0; i < row; i++)
        if (code[0] != '\0' && yb_list_is_western(&rows[i]) == yb_list_is_western(&rows[row]) &&
            strcmp(dx_code(desk, i), code) == 0)
            return i;
    return YB_NO_ROW;
}

static void check_sex(yb_list_desk_t *desk, yb_list_node_t node, size_t row, const char *field, const char *code,
                      const char *name, yb_list_rule_id_t female, yb_list_rule_id_t male)
{
    const yb_code_list_t *list = desk->facts.sex == 1   ? listed(desk, female, code)
                                 : desk->facts.sex == 2 ? listed(desk, male, code)
                                                        : NULL;
    if (list != NULL)
        yb_list_find(desk, desk->facts.sex == 1 ? female : male, node, row, field,
                     "%s %s属于%s，与患者性别（%s）不符；请核对编码与性别", code, name, list->what,
                     desk->facts.sex == 1 ? "男" : "女");
}

static void check_infant(yb_list_desk_t *desk, size_t row, const char *code)
{
    const yb_code_list_t *list = listed(desk, YB_RULE_DX_INFANT, code);
    if (list != NULL && desk->facts.age > desk->rule[YB_RULE_DX_INFANT]->high)
        yb_list_find(desk, YB_RULE_DX_INFANT, YB_NODE_DISEINFO, row, "diag_code",
                     "%s %s属于%s，只用于不足1周岁的婴儿，患者%d周岁；请核对编码与年龄", code, desk->dx[row].name,
                     list->what, (int)desk->facts.age);
}

static void check_diagnosis(yb_list_desk_t *desk, size_t row, bool any_mapped)
{
    const yb_code_fact_t *fact = &desk->dx[row];
    size_t before = dx_before(desk, row);
    if (before != YB_NO_ROW)
        yb_list_find(desk, YB_RULE_DX_REPEATED, YB_NODE_DISEINFO, row, "diag_code", "与第%zu行诊断编码重复；请删去一行",
                     before + 1);
    if (!yb_list_is_western(&yb_list_diseinfo(desk->list)[row]))
        return;
    const char *code = dx_code(desk, row);
    if (code[0] == '\0')
        return; /* FLD-01 says so */
    check_code(desk, &dx_rules, row, fact, any_mapped);
    check_sex(desk, YB_NODE_DISEINFO, row, "diag_code", code, fact->name, YB_RULE_DX_FEMALE, YB_RULE_DX_MALE);
    check_infant(desk, row, code);
}

/* O80–O84 needs the outcome Z37, unless the pregnancy ended as O00–O08 (DRG.md 3.4). */
static void check_delivery(yb_list_desk_t *desk)
{
    size_t row = dx_in(desk, YB_RULE_DX_DELIVERY, YB_CODES_ABOUT);
    if (row != YB_NO_ROW && dx_in(desk, YB_RULE_DX_DELIVERY, YB_CODES_NEEDED) == YB_NO_ROW &&
        dx_in(desk, YB_RULE_DX_DELIVERY, YB_CODES_UNLESS) == YB_NO_ROW)
        yb_list_find(desk, YB_RULE_DX_DELIVERY, YB_NODE_DISEINFO, row, "diag_code",
                     "分娩编码%s须同时有分娩结局Z37编码；请在其他诊断中补填Z37", dx_code(desk, row));
}

static void check_count(yb_list_desk_t *desk, yb_list_rule_id_t rule, const char *field, const char *text,
                        yb_list_node_t node, const char *name)
{
    int32_t sent;
    if (yb_list_int(text, &sent) && (size_t)sent != desk->list->counts[node])
        YB_FIND_HEAD(desk, rule, field, "%s计数与清单中的%zu行不符；请核对是否漏传", name, desk->list->counts[node]);
}

void yb_list_check_diagnoses(yb_list_desk_t *desk)
{
    size_t count = desk->list->counts[YB_NODE_DISEINFO];
    bool any_mapped = false;
    for (size_t i = 0; i < count; i++)
        any_mapped = any_mapped || desk->dx[i].is_mapped;
    check_principal(desk);
    check_principal_code(desk);
    for (size_t i = 0; i < count; i++)
        check_diagnosis(desk, i, any_mapped);
    check_delivery(desk);
    check_count(desk, YB_RULE_DX_COUNT, "diag_code_cnt", desk->list->setlinfo.diag_code_cnt, YB_NODE_DISEINFO,
                "诊断代码");
}

/* ---- operations ---- */

static void check_main(yb_list_desk_t *desk)
{
    const yb_oprninfo_t *rows = yb_list_oprninfo(desk->list);
    size_t count = desk->list->counts[YB_NODE_OPRNINFO], seen = 0;
    for (size_t i = 0; i < count; i++)
        if (yb_list_is_main(&rows[i]) && seen++ > 0)
            yb_list_find(desk, YB_RULE_PX_MAIN_ONE, YB_NODE_OPRNINFO, i, "oprn_oprt_type",
                         "主要手术操作只能有一个，前面已有一个；其余的类别请填2");
    if (count > 0 && seen == 0)
        yb_list_find(desk, YB_RULE_PX_MAIN_NONE, YB_NODE_OPRNINFO, YB_NO_ROW, "oprn_oprt_type",
                     "没有主要手术操作，分组时以第一个为主；请将一个手术操作的类别填1");
    size_t row = desk->main_px;
    if (row == YB_NO_ROW)
        return;
    const char *code = px_code(desk, row);
    const yb_code_list_t *list = listed(desk, YB_RULE_PX_NOT_MAIN, code);
    if (desk->px[row].is_gray)
        yb_list_find(desk, YB_RULE_PX_GRAY, YB_NODE_OPRNINFO, row, "oprn_oprt_code",
                     "%s %s为灰码，不能作主要手术操作；请改用其下更具体的编码", code, desk->px[row].name);
    if (list != NULL)
        yb_list_find(desk, YB_RULE_PX_NOT_MAIN, YB_NODE_OPRNINFO, row, "oprn_oprt_code",
                     "%s %s属于%s，不能作主要手术操作；请改选主要的术式", code, desk->px[row].name, list->what);
}

/* The same procedure may be done again on another day; on one day, and without a day, it is written twice. */
static size_t px_before(const yb_list_desk_t *desk, size_t row)
{
    const yb_oprninfo_t *rows = yb_list_oprninfo(desk->list);
    const char *code = px_code(desk, row);
    for (size_t i = 0; i < row; i++)
        if (code[0] != '\0' && yb_list_operation_day(&rows[i]) == yb_list_operation_day(&rows[row]) &&
            strcmp(px_code(desk, i), code) == 0)
            return i;
    return YB_NO_ROW;
}

void yb_list_check_operations(yb_list_desk_t *desk)
{
    size_t count = desk->list->counts[YB_NODE_OPRNINFO];
    bool any_mapped = false;
    for (size_t i = 0; i < count; i++)
        any_mapped = any_mapped || desk->px[i].is_mapped;
    check_main(desk);
    for (size_t i = 0; i < count; i++) {
        size_t before = px_before(desk, i);
        const char *code = px_code(desk, i);
        if (before != YB_NO_ROW)
            yb_list_find(desk, YB_RULE_PX_REPEATED, YB_NODE_OPRNINFO, i, "oprn_oprt_code",
                         "与第%zu行为同一天的同一手术操作；请删去一行，或更正日期", before + 1);
        if (code[0] == '\0')
            continue;
        check_code(desk, &px_rules, i, &desk->px[i], any_mapped);
        check_sex(desk, YB_NODE_OPRNINFO, i, "oprn_oprt_code", code, desk->px[i].name, YB_RULE_PX_FEMALE,
                  YB_RULE_PX_MALE);
    }
    check_count(desk, YB_RULE_PX_COUNT, "oprn_oprt_code_cnt", desk->list->setlinfo.oprn_oprt_code_cnt, YB_NODE_OPRNINFO,
                "手术操作代码");
}
