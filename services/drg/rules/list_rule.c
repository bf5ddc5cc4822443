#include "list_rule.h"

#include <string.h>

static const struct {
    const char *name;
    int takes;
} defs[YB_LIST_RULE_COUNT] = {
#define X(sym, id, takes) [YB_RULE_##sym] = { id, takes },
    YB_LIST_RULE_MAP(X)
#undef X
};

const char *yb_list_rule_name(yb_list_rule_id_t rule) { return defs[rule].name; }

int yb_list_rule_takes(yb_list_rule_id_t rule) { return defs[rule].takes; }

bool yb_list_rule_parse(const char *text, yb_list_rule_id_t *ret_rule)
{
    for (int i = 0; i < YB_LIST_RULE_COUNT; i++)
        if (strcmp(defs[i].name, text) == 0) {
            *ret_rule = (yb_list_rule_id_t)i;
            return true;
        }
    return false;
}

/* ---- codes ---- */

typedef enum form { FORM_LETTER, FORM_DIGIT, FORM_MARK } form_t;

static form_t form_of(char c)
{
    if (c >= '0' && c <= '9')
        return FORM_DIGIT;
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? FORM_LETTER : FORM_MARK;
}

/* Same form as far as `bound` reaches; a code that ends before is of another form. */
static bool form_fits(const char *bound, const char *code)
{
    for (; *bound != '\0'; bound++, code++)
        if (*code == '\0' || form_of(*bound) != form_of(*code))
            return false;
    return true;
}

bool yb_code_range_parse(const char *text, size_t len, yb_code_range_t *ret_range)
{
    const char *dash = memchr(text, '-', len);
    size_t low = dash != NULL ? (size_t)(dash - text) : len, high = dash != NULL ? len - low - 1 : len;
    yb_code_range_t range = { 0 };
    if (low == 0 || low != high || low > YB_CODE_BOUND_MAX)
        return false;
    memcpy(range.low, text, low);
    memcpy(range.high, dash != NULL ? dash + 1 : text, high);
    for (size_t i = 0; i < low; i++)
        if (form_of(range.low[i]) == FORM_MARK && strchr(".x/+*", range.low[i]) == NULL)
            return false;
    if (!form_fits(range.low, range.high) || strcmp(range.low, range.high) > 0)
        return false;
    *ret_range = range;
    return true;
}

bool yb_code_range_has(const yb_code_range_t *range, const char *code)
{
    return form_fits(range->low, code) && strncmp(code, range->low, strlen(range->low)) >= 0 &&
           strncmp(code, range->high, strlen(range->high)) <= 0;
}

static bool any_has(const yb_code_range_t *ranges, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (yb_code_range_has(&ranges[i], code))
            return true;
    return false;
}

/* ---- what holds on a day ---- */

const yb_list_rule_t *yb_list_rule_at(const yb_list_rules_t *rules, yb_list_rule_id_t id, yb_day_t day)
{
    for (size_t i = 0; i < rules->rule_count; i++)
        if (rules->rules[i].id == id && yb_day_in(day, rules->rules[i].from, rules->rules[i].to))
            return &rules->rules[i];
    return NULL;
}

const yb_code_list_t *yb_code_list_at(const yb_list_rules_t *rules, yb_list_rule_id_t id, yb_code_part_t part,
                                      yb_day_t day, const char *code)
{
    for (size_t i = 0; i < rules->code_list_count; i++) {
        const yb_code_list_t *list = &rules->code_lists[i];
        if (list->rule == id && list->part == part && yb_day_in(day, list->from, list->to) &&
            any_has(list->codes, list->code_count, code) && !any_has(list->except, list->except_count, code))
            return list;
    }
    return NULL;
}

bool yb_list_values_have(const char *values, const char *value)
{
    size_t len = strlen(value);
    if (strspn(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != len)
        return false;
    for (const char *word = values; len > 0 && *word != '\0';) {
        const char *end = strchr(word, ' ');
        size_t word_len = end != NULL ? (size_t)(end - word) : strlen(word);
        if (word_len > len && memcmp(word, value, len) == 0 && (unsigned char)word[len] >= 0x80)
            return true;
        word += word_len + (end != NULL);
    }
    return false;
}
