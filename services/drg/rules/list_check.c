#include "list_check_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "libcommon/text.h"

/* ---- findings ---- */

static const yb_list_form_rule_t *form_rule_of(const yb_list_desk_t *desk, yb_list_node_t node, int field)
{
    for (size_t i = 0; i < desk->rules->field_count; i++)
        if (desk->rules->fields[i].node == node && desk->rules->fields[i].field == field)
            return &desk->rules->fields[i];
    return NULL;
}

static void copy_value(const yb_list_desk_t *desk, yb_list_finding_t *finding, size_t row)
{
    int field = yb_list_field_find(finding->node, finding->field);
    if (field < 0 || (row == YB_NO_ROW && finding->node != YB_NODE_SETLINFO))
        return;
    const yb_list_form_rule_t *form = form_rule_of(desk, finding->node, field);
    if (form == NULL || form->kind == YB_LIST_PERSON)
        return;
    yb_text_copy(finding->value, sizeof(finding->value),
                 yb_list_text(desk->list, finding->node, row == YB_NO_ROW ? 0 : row, (size_t)field));
}

void yb_list_find(yb_list_desk_t *desk, yb_list_rule_id_t rule, yb_list_node_t node, size_t row, const char *field,
                  const char *fmt, ...)
{
    yb_list_report_t *report = desk->report;
    if (desk->rule[rule] == NULL)
        return;
    yb_list_severity_t severity = desk->rule[rule]->severity;
    bool may_wait = rule == YB_RULE_FIELD_REQUIRED || rule == YB_RULE_FIELD_CONDITION;
    if (desk->is_draft && may_wait && severity == YB_LIST_ERROR)
        severity = YB_LIST_WARNING; /* a list put by (stas_type 0) may still lack fields */
    report->by_severity[severity]++;
    if (report->count == YB_LIST_FINDINGS_MAX) {
        report->left_out++;
        return;
    }
    yb_list_finding_t *finding = &report->findings[report->count++];
    *finding = (yb_list_finding_t){ .rule = rule, .severity = severity, .node = node, .field = field };
    finding->row = row == YB_NO_ROW ? 0 : (uint32_t)row + 1;
    copy_value(desk, finding, row);
    char text[2 * YB_LIST_FINDING_TEXT_MAX]; /* the cut below must see what follows */
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    yb_text_copy(finding->text, sizeof(finding->text), text);
}

char *yb_list_finding_path(const yb_list_finding_t *finding, char buf[YB_LIST_PATH_MAX])
{
    const char *node = yb_list_node_name(finding->node), *dot = finding->field[0] != '\0' ? "." : "";
    if (finding->row == 0)
        snprintf(buf, YB_LIST_PATH_MAX, "%s%s%s", node, dot, finding->field);
    else
        snprintf(buf, YB_LIST_PATH_MAX, "%s[%u]%s%s", node, (unsigned)finding->row, dot, finding->field);
    return buf;
}

/* ---- values ---- */

bool yb_list_fen(const char *text, yb_fen_t *ret_fen)
{
    yb_fen_t fen;
    if (!yb_list_sent(text) || yb_decimal_parse(text, strlen(text), 2, &fen) != YB_OK || fen > YB_FEN_MAX ||
        fen < -YB_FEN_MAX)
        return false;
    *ret_fen = fen;
    return true;
}

bool yb_list_int(const char *text, int32_t *ret_value)
{
    int64_t value;
    if (!yb_list_sent(text) || yb_decimal_parse(text, strlen(text), 4, &value) != YB_OK || value < 0 ||
        value > 999999LL * 10000)
        return false;
    *ret_value = (int32_t)(value / 10000);
    return true;
}

bool yb_list_time(const char *text, yb_time_t *ret_time)
{
    return yb_list_sent(text) && yb_time_parse(text, strlen(text), ret_time) == YB_OK;
}

/* One to four digits up to `end`. */
static bool number_part(const char **at, char end, int32_t *ret)
{
    int32_t value = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits < 1 || digits > 4 || (*at)[digits] != end)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + ((*at)[i] - '0');
    *at += digits + (end != '\0');
    *ret = value;
    return true;
}

bool yb_list_minutes(const char *text, int32_t *ret_min)
{
    int32_t days, hours, minutes;
    const char *at = yb_list_str(text);
    if (!number_part(&at, '/', &days) || !number_part(&at, '/', &hours) || !number_part(&at, '\0', &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *ret_min = (days * 24 + hours) * 60 + minutes;
    return true;
}

int64_t yb_list_minutes_between(yb_time_t from, yb_time_t to)
{
    int64_t from_min = from / 10000 % 100 * 60 + from / 100 % 100, to_min = to / 10000 % 100 * 60 + to / 100 % 100;
    return (int64_t)yb_day_diff(yb_time_day(from), yb_time_day(to)) * 1440 + to_min - from_min;
}

yb_day_t yb_list_operation_day(const yb_oprninfo_t *row)
{
    yb_time_t time;
    if (yb_list_time(row->oprn_oprt_date, &time) || yb_list_time(row->oprn_oprt_begntime, &time))
        return yb_time_day(time);
    return 0;
}

bool yb_list_is_western(const yb_diseinfo_t *row)
{
    const char *type = yb_list_str(row->diag_type);
    return strcmp(type, "2") != 0 && strcmp(type, "3") != 0;
}

bool yb_list_is_principal(const yb_diseinfo_t *row) { return strcmp(yb_list_str(row->maindiag_flag), "1") == 0; }

bool yb_list_is_main(const yb_oprninfo_t *row) { return strcmp(yb_list_str(row->oprn_oprt_type), "1") == 0; }

const char *yb_list_code(const yb_code_fact_t *fact, const char *sent)
{
    return fact->code != NULL ? fact->code : yb_list_str(sent);
}

/* ---- facts ---- */

static int32_t minutes_or_none(const char *text)
{
    int32_t minutes;
    return yb_list_minutes(text, &minutes) ? minutes : -1;
}

static int32_t int_or_none(const char *text)
{
    int32_t value;
    return yb_list_int(text, &value) ? value : -1;
}

static yb_time_t time_or_none(const char *text)
{
    yb_time_t time;
    return yb_list_time(text, &time) ? time : 0;
}

/* The list's word, where it gives none the settlement's: 4101A does not repeat who the person is. */
static void take_person(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    yb_list_facts_t *facts = &desk->facts;
    const char *gend = yb_list_sent(head->gend) ? head->gend : yb_list_str(desk->settlement->gend);
    facts->sex = strcmp(gend, "1") == 0 ? 1 : strcmp(gend, "2") == 0 ? 2 : 0;
    facts->birth = yb_time_day(time_or_none(head->brdy));
    if (facts->birth == 0)
        facts->birth = desk->settlement->brdy;
    facts->age = int_or_none(head->age);
    facts->age_day = int_or_none(head->nwb_age);
    if (facts->birth != 0 && facts->admission >= facts->birth) {
        facts->age = yb_day_age(facts->birth, facts->admission);
        facts->age_day = yb_day_diff(facts->birth, facts->admission);
    } else if (facts->age < 0 && facts->age_day >= 0 && facts->age_day < 365) {
        facts->age = 0;
    }
}

static void take_stay(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    yb_list_facts_t *facts = &desk->facts;
    facts->admission_time = time_or_none(head->adm_time);
    facts->discharge_time = time_or_none(head->dscg_time);
    facts->admission = yb_time_day(facts->admission_time);
    facts->discharge = yb_time_day(facts->discharge_time);
    if (facts->discharge_time != 0 && facts->discharge_time % 1000000 == 0)
        facts->discharge_time += 235959; /* a bare date: whatever happened on that day was before it */
    facts->los = int_or_none(head->act_ipt_days);
    if (facts->admission != 0 && facts->discharge >= facts->admission) {
        int32_t days = yb_day_diff(facts->admission, facts->discharge);
        facts->los = days > 0 ? days : 1; /* in and out on one day is one day */
    }
    facts->bir_wt_g = int_or_none(head->nwb_bir_wt);
    facts->adm_wt_g = int_or_none(head->nwb_adm_wt);
    facts->vent_min = minutes_or_none(head->vent_used_dura);
    facts->coma_before_min = minutes_or_none(head->pwcry_bfadm_coma_dura);
    facts->coma_after_min = minutes_or_none(head->pwcry_afadm_coma_dura);
    facts->icu = desk->list->counts[YB_NODE_ICUINFO] > 0;
}

/* Looks every code up once; the marked one is found when it is the only one. */
static yb_err_t take_diagnoses(yb_list_desk_t *desk, const yb_code_book_t *book, yb_arena_t *arena)
{
    const yb_diseinfo_t *rows = yb_list_diseinfo(desk->list);
    size_t count = desk->list->counts[YB_NODE_DISEINFO], marked = 0, n = 0;
    yb_code_fact_t *facts = YB_NEW_ARRAY(arena, yb_code_fact_t, count + 1);
    const char **codes = YB_NEW_ARRAY(arena, const char *, count + 1);
    if (facts == NULL || codes == NULL)
        return YB_E_NO_MEMORY;
    desk->principal = YB_NO_ROW;
    for (size_t i = 0; i < count; i++) {
        if (yb_list_is_western(&rows[i]))
            book->find(book->ctx, YB_CODE_DX, yb_list_str(rows[i].diag_code), &facts[i]);
        if (yb_list_is_western(&rows[i]) && yb_list_is_principal(&rows[i]))
            desk->principal = marked++ == 0 ? i : YB_NO_ROW;
    }
    desk->facts.has_principal = desk->principal != YB_NO_ROW;
    if (desk->facts.has_principal)
        codes[n++] = yb_list_code(&facts[desk->principal], rows[desk->principal].diag_code);
    for (size_t i = 0; i < count; i++)
        if (i != desk->principal && yb_list_is_western(&rows[i]))
            codes[n++] = yb_list_code(&facts[i], rows[i].diag_code);
    desk->dx = facts;
    desk->facts.dx = codes;
    desk->facts.dx_count = n;
    return YB_OK;
}

static yb_err_t take_operations(yb_list_desk_t *desk, const yb_code_book_t *book, yb_arena_t *arena)
{
    const yb_oprninfo_t *rows = yb_list_oprninfo(desk->list);
    size_t count = desk->list->counts[YB_NODE_OPRNINFO], marked = 0, n = 0;
    yb_code_fact_t *facts = YB_NEW_ARRAY(arena, yb_code_fact_t, count + 1);
    const char **codes = YB_NEW_ARRAY(arena, const char *, count + 1);
    if (facts == NULL || codes == NULL)
        return YB_E_NO_MEMORY;
    desk->main_px = YB_NO_ROW;
    for (size_t i = 0; i < count; i++) {
        book->find(book->ctx, YB_CODE_PX, yb_list_str(rows[i].oprn_oprt_code), &facts[i]);
        if (yb_list_is_main(&rows[i]))
            desk->main_px = marked++ == 0 ? i : YB_NO_ROW;
    }
    if (desk->main_px != YB_NO_ROW)
        codes[n++] = yb_list_code(&facts[desk->main_px], rows[desk->main_px].oprn_oprt_code);
    for (size_t i = 0; i < count; i++)
        if (i != desk->main_px)
            codes[n++] = yb_list_code(&facts[i], rows[i].oprn_oprt_code);
    desk->px = facts;
    desk->facts.px = codes;
    desk->facts.px_count = n;
    return YB_OK;
}

/* ---- the whole ---- */

static void choose_rules(yb_list_desk_t *desk)
{
    yb_day_t settled = desk->settlement->setl_day;
    desk->day = desk->facts.discharge != 0 ? desk->facts.discharge : settled != 0 ? settled : desk->today;
    for (int i = 0; i < YB_LIST_RULE_COUNT; i++)
        desk->rule[i] = yb_list_rule_at(desk->rules, (yb_list_rule_id_t)i, desk->day);
}

yb_err_t yb_list_check(const yb_list_rules_t *rules, const yb_code_book_t *book, const yb_list_t *list,
                       const yb_list_settlement_t *settlement, yb_day_t today, yb_arena_t *arena,
                       yb_list_report_t *ret_report, yb_list_facts_t *ret_facts)
{
    yb_list_desk_t desk = { .rules = rules, .list = list, .settlement = settlement, .today = today };
    for (int i = 0; i < YB_NODE_COUNT; i++)
        YB_ASSERT(list->counts[i] <= YB_LIST_ROWS_MAX);
    take_stay(&desk);
    take_person(&desk);
    yb_err_t err = take_diagnoses(&desk, book, arena);
    if (err == YB_OK)
        err = take_operations(&desk, book, arena);
    if (err != YB_OK)
        return err;
    ret_report->count = ret_report->left_out = 0;
    memset(ret_report->by_severity, 0, sizeof(ret_report->by_severity));
    desk.report = ret_report;
    desk.is_draft = strcmp(yb_list_str(list->setlinfo.stas_type), "0") == 0;
    choose_rules(&desk);
    yb_list_check_fields(&desk);
    yb_list_check_amounts(&desk);
    yb_list_check_person(&desk);
    yb_list_check_dates(&desk);
    yb_list_check_diagnoses(&desk);
    yb_list_check_operations(&desk);
    yb_list_check_clinical(&desk);
    *ret_facts = desk.facts;
    return YB_OK;
}
