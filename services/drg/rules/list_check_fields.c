/* FLD-…: what each field must look like, as services/drg/data/list-fields.csv says. */
#include <stdio.h>
#include <string.h>
#include "libcommon/text.h"
#include "list_check_impl.h"

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(yb_list_str(text), a) == 0 || strcmp(yb_list_str(text), b) == 0;
}

/* Whether the need holds for this list and row. */
static bool need_holds(const yb_list_desk_t *desk, yb_list_need_t need, size_t row)
{
    const yb_list_facts_t *facts = &desk->facts;
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    switch (need) {
    case YB_NEED_OPTIONAL:
    case YB_NEED_ABSENT:
    case YB_NEED_COUNT:
        return false;
    case YB_NEED_REQUIRED:
        return true;
    case YB_NEED_INPATIENT:
        return desk->settlement->is_inpatient;
    case YB_NEED_OUTPATIENT:
        return !desk->settlement->is_inpatient;
    case YB_NEED_FROM_ONE_YEAR:
        return facts->birth != 0 && facts->age >= 1;
    case YB_NEED_INFANT:
        return facts->birth != 0 && facts->age == 0;
    case YB_NEED_TRANSFER:
        return is_one_of(head->dscg_way, "2", "3");
    case YB_NEED_READMISSION:
        return is_one_of(head->days_rinp_flag_31, "2", "2");
    case YB_NEED_ANAESTHESIA:
        return yb_list_sent(yb_list_oprninfo(desk->list)[row].anst_way);
    }
    return false;
}

static const char *need_text(yb_list_need_t need)
{
    static const char *const texts[YB_NEED_COUNT] = {
        [YB_NEED_INPATIENT] = "住院清单须填写",
        [YB_NEED_OUTPATIENT] = "门诊慢特病清单须填写",
        [YB_NEED_FROM_ONE_YEAR] = "年龄满1周岁须填写",
        [YB_NEED_INFANT] = "年龄不足1周岁须填写天数",
        [YB_NEED_TRANSFER] = "离院方式为2或3时，接收机构明确的须填写",
        [YB_NEED_READMISSION] = "有31天内再住院计划(2)的须填写",
        [YB_NEED_ANAESTHESIA] = "填写了麻醉方式的须填写",
    };
    return texts[need];
}

static yb_list_rule_id_t need_rule(yb_list_need_t need)
{
    if (need == YB_NEED_REQUIRED)
        return YB_RULE_FIELD_REQUIRED;
    bool expected = need == YB_NEED_TRANSFER || need == YB_NEED_ANAESTHESIA;
    return expected ? YB_RULE_FIELD_EXPECTED : YB_RULE_FIELD_CONDITION;
}

static void check_missing(yb_list_desk_t *desk, const yb_list_form_rule_t *form, size_t row, const char *field)
{
    yb_list_need_t need = form->need[desk->list->form];
    if (!need_holds(desk, need, row))
        return;
    if (need == YB_NEED_REQUIRED)
        yb_list_find(desk, YB_RULE_FIELD_REQUIRED, form->node, row, field, "%s为必填项，未填写；请补填", form->name);
    else
        yb_list_find(desk, need_rule(need), form->node, row, field, "%s未填写；%s", form->name, need_text(need));
}

static bool form_holds(const yb_list_form_rule_t *form, const char *text)
{
    yb_time_t time;
    int32_t minutes;
    int64_t value;
    switch (form->kind) {
    case YB_LIST_DAY:
    case YB_LIST_TIME:
        return yb_time_parse(text, strlen(text), &time) == YB_OK;
    case YB_LIST_DURATION:
        return yb_list_minutes(text, &minutes);
    case YB_LIST_NUMBER:
        return yb_decimal_parse(text, strlen(text), form->scale, &value) == YB_OK;
    case YB_LIST_TEXT:
    case YB_LIST_PERSON:
    case YB_LIST_KIND_COUNT:
        break;
    }
    return true;
}

/* What a value of the kind looks like. */
static const char *form_text(const yb_list_form_rule_t *form, char buf[64])
{
    switch (form->kind) {
    case YB_LIST_DAY:
        return "须为实际存在的日期，如2025-02-22";
    case YB_LIST_TIME:
        return "须为实际存在的时间，如2025-02-22 08:00:00";
    case YB_LIST_DURATION:
        return "须为“天数/小时数/分钟数”，小时0至23、分钟0至59，如1/13/24";
    case YB_LIST_NUMBER:
        if (form->scale == 0)
            return "须为整数";
        snprintf(buf, 64, "须为数字，最多%d位小数", form->scale);
        return buf;
    case YB_LIST_TEXT:
    case YB_LIST_PERSON:
    case YB_LIST_KIND_COUNT:
        break;
    }
    return "";
}

/* Integer digits of a number against its length (n16,2: 14 before the point); characters of anything else. */
static size_t length_of(const yb_list_form_rule_t *form, const char *text)
{
    if (form->kind != YB_LIST_NUMBER)
        return yb_utf8_chars(text, strlen(text));
    text += *text == '-' || *text == '+';
    text += strspn(text, "0");
    return strspn(text, "0123456789") + form->scale;
}

static void check_value(yb_list_desk_t *desk, const yb_list_form_rule_t *form, size_t row, const char *field,
                        const char *text)
{
    char buf[64];
    if (!form_holds(form, text)) {
        yb_list_find(desk, YB_RULE_FIELD_FORM, form->node, row, field, "%s格式不正确；%s", form->name,
                     form_text(form, buf));
        return;
    }
    size_t len = length_of(form, text);
    if (form->len_max > 0 && len > form->len_max)
        yb_list_find(desk, YB_RULE_FIELD_LENGTH, form->node, row, field, "%s长%zu位，超过上限%d位；请核对", form->name,
                     len, form->len_max);
    if (form->values != NULL && !yb_list_values_have(form->values, text))
        yb_list_find(desk, YB_RULE_FIELD_DICT, form->node, row, field, "%s的值不在字典内；可填：%s", form->name,
                     form->values);
}

void yb_list_check_fields(yb_list_desk_t *desk)
{
    const yb_list_rules_t *rules = desk->rules;
    for (size_t first = 0, end; first < rules->field_count; first = end) {
        yb_list_node_t node = rules->fields[first].node;
        for (end = first; end < rules->field_count && rules->fields[end].node == node; end++)
            ;
        size_t rows = node == YB_NODE_SETLINFO ? 1 : desk->list->counts[node];
        for (size_t row = 0; row < rows; row++)
            for (size_t i = first; i < end; i++) {
                const yb_list_form_rule_t *form = &rules->fields[i];
                size_t count;
                if (!yb_day_in(desk->day, form->from, form->to) || form->need[desk->list->form] == YB_NEED_ABSENT)
                    continue;
                const char *text = yb_list_text(desk->list, node, row, form->field),
                           *field = yb_list_fields(node, &count)[form->field].name;
                size_t at = node == YB_NODE_SETLINFO ? YB_NO_ROW : row;
                if (text[0] == '\0')
                    check_missing(desk, form, at, field);
                else
                    check_value(desk, form, at, field, text);
            }
    }
}
