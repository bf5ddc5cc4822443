/* The YAML of a policy file to tables. Walks the tree of keys with a stack of its own; every key must be
 * known. */
#include <stdio.h>
#include <string.h>
#include <yaml.h>
#include "libcommon/text.h"
#include "services/settlement/policy/policy_impl.h"

typedef struct tree {
    yb_policy_reading_t *reading;
    yaml_document_t *doc;
} tree_t;

/* A mapping still to be walked, and the key that leads to it. */
typedef struct branch {
    const yaml_node_t *node;
    char key[YB_PARAM_KEY_MAX];
} branch_t;
enum { BRANCHES_MAX = 64, KEYS_MAX = 256 };

static int32_t line_of(const yaml_node_t *node)
{
    return (int32_t)node->start_mark.line + 1;
}

static const yaml_node_t *node_at(const tree_t *tree, int index)
{
    return yaml_document_get_node(tree->doc, index);
}

/* Text of a scalar; NULL (and a finding) for anything else. */
static const char *text_of(const tree_t *tree, const yaml_node_t *node, const char *key)
{
    if (node->type != YAML_SCALAR_NODE) {
        YB_FAULT(tree->reading, line_of(node), key, "应为单个值，不能是列表或多层内容");
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length || !yb_utf8_valid(text, node->data.scalar.length)) {
        YB_FAULT(tree->reading, line_of(node), key, "含有无效字符，文件须为UTF-8编码");
        return NULL;
    }
    return text;
}

/* The beginning of a text that is not ours, for a finding. */
static const char *clip(const char *text, char buf[64])
{
    yb_text_copy(buf, 64, text);
    return buf;
}

/* ---- one value ---- */

/* "85%" or "0.85"; a bare 85 is refused, since it could mean either. */
static bool parse_rate(const char *text, int64_t *ret)
{
    size_t len = strlen(text);
    bool is_percent = len > 0 && text[len - 1] == '%';
    if (!is_percent && strchr(text, '.') == NULL)
        return false;
    return yb_decimal_parse(text, is_percent ? len - 1 : len, is_percent ? 4 : 6, ret) == YB_OK &&
         *ret >= 0 && *ret <= YB_PPM_ONE;
}

static bool parse_word(const char *text, const char *const *words, size_t count, int64_t *ret)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0) {
            *ret = (int64_t)i;
            return true;
        }
    return false;
}

/* "特困、低保" to a set of member indices; false on an unknown one. */
static bool parse_members(const char *text, yb_member_kind_t kind, uint32_t *ret_set)
{
    static const char comma[] = "、";
    uint32_t set = 0;
    for (const char *at = text; at != NULL;) {
        const char *end = strstr(at, comma);
        size_t len = end != NULL ? (size_t)(end - at) : strlen(at), i = 0;
        while (i < yb_member_count(kind) &&
               (strlen(yb_member_key(kind, i)) != len || memcmp(yb_member_key(kind, i), at, len) != 0))
            i++;
        if (i == yb_member_count(kind) || (set & (1u << i)) != 0)
            return false;
        set |= 1u << i;
        at = end != NULL ? end + strlen(comma) : NULL;
    }
    *ret_set = set;
    return true;
}

static bool parse_tags(const char *text, int64_t *ret)
{
    uint32_t set = 0;
    if (strcmp(text, "none") != 0 && !parse_members(text, YB_MEMBER_TAG, &set))
        return false;
    *ret = set;
    return true;
}

static bool parse_kind(const char *text, yb_value_kind_t kind, int64_t *ret)
{
    static const char *const bools[] = { "no", "yes" };
    static const char *const supplements[] = { "none", "burden", "above_cap" };
    static const char *const nets[] = { "none", "yearly_by_tier", "share_of_scope" };
    static const char *const places[] = { "anywhere", "same_province", "own_area" };
    switch (kind) {
    case YB_KIND_MONEY:
        return yb_decimal_parse(text, strlen(text), 2, ret) == YB_OK && *ret >= 0 && *ret <= YB_FEN_MAX;
    case YB_KIND_RATE: return parse_rate(text, ret);
    case YB_KIND_MULTIPLE:
        return yb_decimal_parse(text, strlen(text), 6, ret) == YB_OK && *ret >= 0 &&
             *ret <= 100LL * YB_PPM_ONE;
    case YB_KIND_BOOL: return parse_word(text, bools, 2, ret);
    case YB_KIND_SUPPLEMENT: return parse_word(text, supplements, 3, ret);
    case YB_KIND_NET: return parse_word(text, nets, 3, ret);
    case YB_KIND_PLACE: return parse_word(text, places, 3, ret);
    case YB_KIND_TAGS: return parse_tags(text, ret);
    }
    return false;
}

static const char *expected(yb_value_kind_t kind)
{
    static const char *const texts[] = {
        [YB_KIND_MONEY] = "金额须为不带逗号的元，最多两位小数，如1000或1000.50",
        [YB_KIND_RATE] = "比例须写成85%或0.85，且在0与100%之间",
        [YB_KIND_MULTIPLE] = "倍数须为0至100之间的数，如4",
        [YB_KIND_BOOL] = "须为yes或no",
        [YB_KIND_SUPPLEMENT] = "须为burden、above_cap或none",
        [YB_KIND_NET] = "须为yearly_by_tier、share_of_scope或none",
        [YB_KIND_TAGS] = "须为以顿号分隔的特困、低保、返贫致贫、低收入，或none",
        [YB_KIND_PLACE] = "须为anywhere、same_province、own_area或none",
    };
    return texts[kind];
}

static bool read_value(const tree_t *tree, const yaml_node_t *node, const yb_param_group_t *group,
                       const char *key, int64_t *ret)
{
    char seen[64];
    const char *text = text_of(tree, node, key);
    if (text == NULL || parse_kind(text, group->kind, ret))
        return text != NULL;
    if (strcmp(text, "none") == 0 && group->may_be_none)
        *ret = YB_VALUE_NONE;
    else if (strcmp(text, "unlimited") == 0 && group->may_be_unlimited)
        *ret = YB_VALUE_UNLIMITED;
    else {
        YB_FAULT(tree->reading, line_of(node), key, "值“%s”不能用：%s%s%s", clip(text, seen),
                 expected(group->kind),
                 group->may_be_none && group->kind != YB_KIND_TAGS ? "；没有这一项写none" : "",
                 group->may_be_unlimited ? "；不封顶写unlimited" : "");
        return false;
    }
    return true;
}

static bool read_source(const tree_t *tree, const yaml_node_t *node, const char *key, const char **ret)
{
    const char *text = text_of(tree, node, key);
    if (text == NULL)
        return false;
    size_t len = strlen(text);
    const char *why = NULL;
    if (strspn(text, " ") == len)
        why = "依据(source)为空，须写明文件与条款，或“assumed: 理由”";
    else if (len > YB_SOURCE_MAX)
        why = "依据(source)过长，最多240字节（约80个汉字）";
    else if (strcspn(text, "\a\b\t\n\v\f\r\x1b\x7f") != len)
        why = "依据(source)不能含换行或控制字符";
    else if (strncmp(text, "assumed", 7) == 0 && (text[7] != ':' || text[8 + strspn(text + 8, " ")] == '\0'))
        why = "assumed后须有冒号和理由，如“assumed: 规划未载，取自省级文件”";
    if (why != NULL) {
        YB_FAULT(tree->reading, line_of(node), key, "%s", why);
        return false;
    }
    *ret = yb_arena_strdup(tree->reading->arena, text);
    return true;
}

/* yyyy-mm-dd; `open` = null may stand for no end. */
static bool read_day(const tree_t *tree, const yaml_node_t *node, const char *key, bool open, yb_day_t *ret)
{
    char seen[64];
    const char *text = text_of(tree, node, key);
    if (text == NULL)
        return false;
    if (open && strcmp(text, "null") == 0) {
        *ret = YB_DAY_OPEN;
        return true;
    }
    if (yb_day_parse(text, strlen(text), ret) == YB_OK && *ret < YB_DAY_OPEN)
        return true;
    YB_FAULT(tree->reading, line_of(node), key, "日期“%s”不正确，须写成2020-01-01%s", clip(text, seen),
             open ? "，没有终止日写null" : "");
    return false;
}

/* Names of a mapping whose keys are fixed; each must be there once. `ret` gets the nodes in that order. */
static bool read_fixed(const tree_t *tree, const yaml_node_t *node, const char *key, const char *const *names,
                       size_t count, const yaml_node_t **ret)
{
    char seen[64];
    bool good = true;
    memset(ret, 0, count * sizeof(*ret));
    if (node->type != YAML_MAPPING_NODE) {
        YB_FAULT(tree->reading, line_of(node), key, "应写成“名称: 值”的形式");
        return false;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = node_at(tree, p->key);
        const char *text = text_of(tree, name, key);
        int64_t at;
        if (text != NULL && parse_word(text, names, count, &at) && ret[at] == NULL) {
            ret[at] = node_at(tree, p->value);
            continue;
        }
        good = false;
        if (text != NULL)
            YB_FAULT(tree->reading, line_of(name), key, "“%s”不认识或重复", clip(text, seen));
    }
    for (size_t i = 0; i < count; i++)
        if (ret[i] == NULL) {
            YB_FAULT(tree->reading, line_of(node), key, "缺少%s%s", names[i],
                     strcmp(names[i], "source") == 0 ? "：每个值都须注明依据" :
                     strcmp(names[i], "to") == 0 ? "：没有终止日也须写to: null" : "");
            good = false;
        }
    return good;
}

static bool read_dated(const tree_t *tree, const yaml_node_t *node, const yb_param_group_t *group,
                       const char *key, yb_policy_value_t *ret)
{
    static const char *const names[] = { "from", "to", "value", "source" };
    const yaml_node_t *part[4];
    if (!read_fixed(tree, node, key, names, 4, part))
        return false;
    ret->line = line_of(node);
    bool from = read_day(tree, part[0], key, false, &ret->from),
         to = read_day(tree, part[1], key, true, &ret->to);
    bool value = read_value(tree, part[2], group, key, &ret->value);
    bool source = read_source(tree, part[3], key, &ret->source);
    if (from && to && ret->from >= ret->to) {
        YB_FAULT(tree->reading, ret->line, key, "起始日不早于终止日；终止日(to)当天已不适用");
        return false;
    }
    return from && to && value && source;
}

/* A list of dated values; when anything is wrong in it, that is in the report and the series is empty. */
static yb_policy_series_t read_series(const tree_t *tree, const yaml_node_t *node,
                                      const yb_param_group_t *group, const char *key)
{
    yb_policy_series_t series = { 0 };
    if (node->type != YAML_SEQUENCE_NODE ||
        node->data.sequence.items.start == node->data.sequence.items.top) {
        YB_FAULT(tree->reading, line_of(node), key, "应为一个或多个“- {from: …, to: …, value: …, source: …}”");
        return series;
    }
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    yb_policy_value_t *values = YB_NEW_ARRAY(tree->reading->arena, yb_policy_value_t, count);
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = read_dated(tree, node_at(tree, node->data.sequence.items.start[i]), group, key, &values[i]) &&
               good;
    if (good)
        series = (yb_policy_series_t){ .values = values, .count = (uint32_t)count };
    return series;
}

/* ---- groups ---- */

static void set_member(const tree_t *tree, const yb_param_group_t *group, size_t member, int32_t line,
                       yb_policy_series_t series)
{
    char key[YB_PARAM_KEY_MAX];
    size_t p = group->first + member;
    if (tree->reading->param_line[p] != 0) {
        YB_FAULT(tree->reading, line, yb_param_key((yb_param_t)p, key), "重复，第%d行已写过",
                 (int)tree->reading->param_line[p]);
        return;
    }
    tree->reading->param_line[p] = line;
    tree->reading->policy->params[p] = series;
}

/* One list for all members, or a mapping from members (several joined by 、) to lists. */
static void read_group(const tree_t *tree, const yb_param_group_t *group, const yaml_node_t *node)
{
    char key[YB_PARAM_KEY_MAX], seen[64];
    size_t members = yb_member_count(group->members);
    if (members == 1 || node->type != YAML_MAPPING_NODE) {
        yb_policy_series_t series = read_series(tree, node, group, group->key);
        for (size_t i = 0; i < members; i++)
            set_member(tree, group, i, line_of(node), series);
        return;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = node_at(tree, p->key);
        const char *text = text_of(tree, name, group->key);
        uint32_t set;
        if (text == NULL)
            continue;
        if (!parse_members(text, group->members, &set)) {
            YB_FAULT(tree->reading, line_of(name), group->key, "“%s”不认识", clip(text, seen));
            continue;
        }
        yb_text_copy(seen, sizeof(seen), text);
        snprintf(key, sizeof(key), "%.30s.%s", group->key, seen);
        yb_policy_series_t series = read_series(tree, node_at(tree, p->value), group, key);
        for (size_t i = 0; i < members; i++)
            if ((set & (1u << i)) != 0)
                set_member(tree, group, i, line_of(name), series);
    }
}

static bool disease_code_holds(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
    size_t len = strlen(text);
    return len >= 1 && len <= YB_DISEASE_CODE_MAX && strspn(text, letters) == len;
}

static void read_diseases(const tree_t *tree, yb_scheme_t scheme, const yaml_node_t *node, const char *key)
{
    static const yb_param_group_t rate = { .kind = YB_KIND_RATE };
    yb_policy_t *policy = tree->reading->policy;
    if (node->type != YAML_MAPPING_NODE) {
        YB_FAULT(tree->reading, line_of(node), key, "应为病种编码与比例的对应，如M00500: [...]");
        return;
    }
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (count > YB_POLICY_DISEASES_MAX || policy->disease_count[scheme] != 0) {
        YB_FAULT(tree->reading, line_of(node), key, "单列病种过多（最多%d个）或重复", YB_POLICY_DISEASES_MAX);
        return;
    }
    yb_policy_disease_t *list = YB_NEW_ARRAY(tree->reading->arena, yb_policy_disease_t, count + 1);
    uint32_t n = 0;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = node_at(tree, p->key);
        const char *code = text_of(tree, name, key);
        char path[YB_PARAM_KEY_MAX];
        if (code == NULL || !disease_code_holds(code)) {
            YB_FAULT(tree->reading, line_of(name), key, "病种编码不正确，如M00500");
            continue;
        }
        for (uint32_t i = 0; i < n; i++)
            if (strcmp(list[i].dise_codg, code) == 0)
                YB_FAULT(tree->reading, line_of(name), key, "病种%s重复", code);
        snprintf(path, sizeof(path), "%s.%s", key, code);
        yb_text_copy(list[n].dise_codg, sizeof(list[n].dise_codg), code);
        list[n++].ratio = read_series(tree, node_at(tree, p->value), &rate, path);
    }
    policy->diseases[scheme] = list;
    policy->disease_count[scheme] = n;
}

/* ---- the head ---- */

static void read_head(const tree_t *tree, const char *key, const yaml_node_t *name, const yaml_node_t *node)
{
    static const char *const ends[] = { "from", "to" };
    yb_policy_reading_t *reading = tree->reading;
    yb_policy_t *policy = reading->policy;
    const yaml_node_t *part[2];
    if (strcmp(key, "in_force") == 0) {
        yb_day_t from = 0, to = 0;
        reading->in_force_line = line_of(name);
        if (!read_fixed(tree, node, key, ends, 2, part) || !read_day(tree, part[0], key, false, &from) ||
            !read_day(tree, part[1], key, true, &to))
            return;
        if (from >= to)
            YB_FAULT(reading, line_of(name), key, "起始日不早于终止日");
        policy->from = from;
        policy->to = to;
        return;
    }
    const char *text = text_of(tree, node, key);
    if (text == NULL)
        return;
    int64_t code;
    if (strcmp(key, "name") == 0)
        policy->name = yb_arena_strdup(reading->arena, text);
    else if (strlen(text) == 6 && strspn(text, "0123456789") == 6 &&
             yb_decimal_parse(text, 6, 0, &code) == YB_OK) {
        policy->region = (int32_t)code;
        reading->region_line = line_of(name);
    } else {
        YB_FAULT(reading, line_of(node), key, "统筹区须为六位区划代码，如\"141100\"");
    }
}

/* ---- the walk ---- */

static const yb_param_group_t *group_named(const char *key, bool *ret_is_branch)
{
    size_t count, len = strlen(key);
    const yb_param_group_t *groups = yb_param_groups(&count);
    *ret_is_branch = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(groups[i].key, key) == 0)
            return &groups[i];
        if (strncmp(groups[i].key, key, len) == 0 && groups[i].key[len] == '.')
            *ret_is_branch = true;
    }
    return NULL;
}

static void visit_key(const tree_t *tree, const char *key, const yaml_node_t *name, const yaml_node_t *node,
                      branch_t *stack, size_t *depth)
{
    bool is_branch;
    const yb_param_group_t *group = group_named(key, &is_branch);
    if (group != NULL)
        read_group(tree, group, node);
    else if (strcmp(key, "residents.chronic.diseases") == 0)
        read_diseases(tree, YB_SCHEME_RESIDENT, node, key);
    else if (strcmp(key, "employees.chronic.diseases") == 0)
        read_diseases(tree, YB_SCHEME_EMPLOYEE, node, key);
    else if (strcmp(key, "region") == 0 || strcmp(key, "name") == 0 || strcmp(key, "in_force") == 0)
        read_head(tree, key, name, node);
    else if (!is_branch || node->type != YAML_MAPPING_NODE)
        YB_FAULT(tree->reading, line_of(name), key, "%s",
                 is_branch ? "下面应有多个项目" : "不认识的项目，请对照docs/policy.md");
    else if (*depth < BRANCHES_MAX) {
        stack[*depth].node = node;
        yb_text_copy(stack[(*depth)++].key, YB_PARAM_KEY_MAX, key);
    } else {
        YB_FAULT(tree->reading, line_of(name), key, "项目过多");
    }
}

static void walk(const tree_t *tree, const yaml_node_t *root)
{
    branch_t stack[BRANCHES_MAX];
    size_t depth = 1;
    stack[0].node = root;
    stack[0].key[0] = '\0';
    while (depth > 0) {
        branch_t at = stack[--depth];
        if (at.node->data.mapping.pairs.top - at.node->data.mapping.pairs.start > KEYS_MAX) {
            YB_FAULT(tree->reading, line_of(at.node), at.key, "项目过多");
            continue;
        }
        for (yaml_node_pair_t *p = at.node->data.mapping.pairs.start; p < at.node->data.mapping.pairs.top;
             p++) {
            const yaml_node_t *name = node_at(tree, p->key);
            const char *text = text_of(tree, name, at.key);
            char key[YB_PARAM_KEY_MAX], seen[64];
            if (text == NULL)
                continue;
            for (yaml_node_pair_t *q = at.node->data.mapping.pairs.start; q < p; q++) {
                const yaml_node_t *other = node_at(tree, q->key);
                if (other->type == YAML_SCALAR_NODE &&
                    strcmp((const char *)other->data.scalar.value, text) == 0)
                    YB_FAULT(tree->reading, line_of(name), at.key, "“%s”重复，第%d行已写过", clip(text, seen),
                             (int)line_of(other));
            }
            snprintf(key, sizeof(key), "%.30s%s%s", at.key, at.key[0] != '\0' ? "." : "", clip(text, seen));
            visit_key(tree, key, name, node_at(tree, p->value), stack, &depth);
        }
    }
}

bool yb_policy_read(yb_policy_reading_t *reading, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    if (!yaml_parser_initialize(&parser)) {
        YB_FAULT(reading, 0, "", "内存不足");
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &doc)) {
        YB_FAULT(reading, (int32_t)parser.problem_mark.line + 1, "", "不是正确的YAML：%.80s（第%d列）",
                 parser.problem != NULL ? parser.problem : "?", (int)parser.problem_mark.column + 1);
        yaml_parser_delete(&parser);
        return false;
    }
    tree_t tree = { .reading = reading, .doc = &doc };
    const yaml_node_t *root = yaml_document_get_root_node(&doc);
    const bool whole = root != NULL && root->type == YAML_MAPPING_NODE;
    if (!whole)
        YB_FAULT(reading, 1, "", "文件为空，或最外层不是“项目: 内容”");
    else
        walk(&tree, root);
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    return whole;
}
