#include "services/drg/scheme/condition.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The tree of a condition. TRUE has no term; `a` of a TERM is its index. */
typedef enum node_kind { NODE_TRUE, NODE_TERM, NODE_NOT, NODE_AND, NODE_OR } node_kind_t;
typedef struct node {
    node_kind_t kind;
    uint32_t a, b;
} node_t;

typedef struct parser {
    const char *text;
    size_t len, at;
    const yb_condition_scope_t *scope;
    node_t *nodes;
    yb_scheme_term_t *terms; /* of the leaves, in the order of the text */
    uint32_t node_count, term_count;
    char *operators;       /* stack: ( ! & | */
    uint32_t *operator_at; /* where each stands */
    uint32_t *operands;    /* stack: nodes */
    size_t operator_count, operand_count;
    yb_condition_fault_t *fault;
} parser_t;

static bool __attribute__((format(printf, 3, 4))) faulty(parser_t *p, size_t at, const char *fmt, ...)
{
    char text[sizeof p->fault->text + 1];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    yb_text_copy(p->fault->text, sizeof p->fault->text, text);
    p->fault->at = at;
    p->fault->character = yb_utf8_chars(p->text, at) + 1;
    return false;
}

/* --- words -------------------------------------------------------------------------------------------------------- */

static bool is_space(char c) { return c == ' ' || c == '\t'; }
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
static bool ends_name(char c) { return is_space(c) || strchr("&|!(){},<>=:", c) != NULL; }

static void spaces_pass(parser_t *p)
{
    while (p->at < p->len && is_space(p->text[p->at]))
        p->at++;
}

static bool next_is(const parser_t *p, char c) { return p->at < p->len && p->text[p->at] == c; }

static bool word_is(const char *word, size_t len, const char *want)
{
    return len == strlen(want) && memcmp(word, want, len) == 0;
}

/* The whole character at p->at, for a message. */
static int char_len(const parser_t *p)
{
    size_t n = 1;
    while (p->at + n < p->len && ((unsigned char)p->text[p->at + n] & 0xC0) == 0x80)
        n++;
    return (int)n;
}

/* --- terms -------------------------------------------------------------------------------------------------------- */

static uint32_t node_add(parser_t *p, node_kind_t kind, uint32_t a, uint32_t b)
{
    p->nodes[p->node_count] = (node_t){ kind, a, b };
    return p->node_count++;
}

static void operand_push(parser_t *p, uint32_t node) { p->operands[p->operand_count++] = node; }

static void term_push(parser_t *p, yb_scheme_term_t term)
{
    p->terms[p->term_count] = term;
    operand_push(p, node_add(p, NODE_TERM, p->term_count++, 0));
}

static void list_push(parser_t *p, uint8_t marks, uint16_t list)
{
    term_push(p, (yb_scheme_term_t){ .kind = YB_TERM_LIST, .what = marks, .list = list });
}

/* "dx1:", "dx*:", "dx+:", "px…" and the list behind it. */
static bool list_term(parser_t *p, bool is_dx)
{
    const size_t begin = p->at;
    const char which = p->at + 2 < p->len ? p->text[p->at + 2] : '\0';
    const uint8_t first = is_dx ? YB_MARK_DX1 : YB_MARK_PX1, other = is_dx ? YB_MARK_DX_OTHER : YB_MARK_PX_OTHER;
    const uint8_t marks = (uint8_t)(which == '1' ? first : which == '+' ? other : which == '*' ? first | other : 0);
    p->at += 3;
    spaces_pass(p);
    if (marks == 0 || !next_is(p, ':'))
        return faulty(p, begin, "应为%.2s1:、%.2s*:或%.2s+:加列表名", p->text + begin, p->text + begin,
                      p->text + begin);
    p->at++;
    spaces_pass(p);
    const size_t name = p->at;
    if (next_is(p, '{')) {
        while (p->at < p->len && p->text[p->at] != '}')
            p->at++;
        if (p->at == p->len)
            return faulty(p, name, "“{”没有对应的“}”");
        p->at++;
    } else {
        while (p->at < p->len && !ends_name(p->text[p->at]))
            p->at++;
    }
    if (p->at == name)
        return faulty(p, name, "冒号后应为列表名、@mdc、@valid或{编码,编码}");
    list_push(p, marks, p->scope->list(p->scope->ctx, p->text + name, p->at - name));
    return true;
}

typedef enum relation { EQ, LT, LE, GT, GE, NO_RELATION } relation_t;

static relation_t relation_read(parser_t *p)
{
    static const struct {
        const char *text;
        relation_t relation;
    } all[] = { { "==", EQ }, { "<=", LE }, { ">=", GE }, { "<", LT }, { ">", GT } };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const size_t n = strlen(all[i].text);
        if (p->len - p->at >= n && memcmp(p->text + p->at, all[i].text, n) == 0) {
            p->at += n;
            return all[i].relation;
        }
    }
    return NO_RELATION;
}

static bool integer_read(parser_t *p, int64_t *ret)
{
    const size_t begin = p->at;
    const bool minus = next_is(p, '-');
    int64_t value = 0;
    p->at += minus;
    const size_t digits = p->at;
    while (p->at < p->len && p->text[p->at] >= '0' && p->text[p->at] <= '9' && value <= INT32_MAX)
        value = value * 10 + (p->text[p->at++] - '0');
    if (p->at == digits)
        return faulty(p, begin, "比较号后应为整数");
    if (value > INT32_MAX || (p->at < p->len && (is_word(p->text[p->at]) || p->text[p->at] == '.')))
        return faulty(p, begin, "应为不超过%d的整数", INT32_MAX);
    *ret = minus ? -value : value;
    return true;
}

static bool range_term(parser_t *p, yb_case_field_t field)
{
    const int64_t least = (int64_t)YB_CASE_MISSING + 1;
    int64_t n = 0, low = least, high = INT32_MAX;
    spaces_pass(p);
    const size_t at = p->at;
    const relation_t relation = relation_read(p);
    if (relation == NO_RELATION)
        return faulty(p, at, "应为 == < <= > >= 之一");
    spaces_pass(p);
    if (!integer_read(p, &n))
        return false;
    if (relation == EQ || relation == GE || relation == GT)
        low = n + (relation == GT);
    if (relation == EQ || relation == LE || relation == LT)
        high = n - (relation == LT);
    if (low > INT32_MAX || high < least) { /* nothing is greater, or less */
        low = least + 1;
        high = least;
    }
    term_push(p, (yb_scheme_term_t){
                     .kind = YB_TERM_RANGE, .what = (uint8_t)field, .low = (int32_t)low, .high = (int32_t)high });
    return true;
}

static bool operand_read(parser_t *p)
{
    static const char *const fields[YB_CASE_FIELDS] = YB_CASE_FIELD_NAMES;
    const char *word = p->text + p->at;
    const size_t begin = p->at, left = p->len - p->at;
    size_t len = 0;
    while (len < left && is_word(word[len]))
        len++;
    const bool is_dx = left >= 2 && memcmp(word, "dx", 2) == 0;
    if ((is_dx || (left >= 2 && memcmp(word, "px", 2) == 0)) && (len == 2 || (len == 3 && word[2] == '1')))
        return list_term(p, is_dx);
    p->at += len;
    if (word_is(word, len, "true")) {
        operand_push(p, node_add(p, NODE_TRUE, 0, 0));
        return true;
    }
    if (word_is(word, len, "MCC") || word_is(word, len, "CC")) {
        list_push(p, YB_MARK_ALL, len == 3 ? YB_LIST_MCC : YB_LIST_CC);
        return true;
    }
    for (size_t f = 0; f < YB_CASE_FIELDS; f++)
        if (word_is(word, len, fields[f]))
            return range_term(p, (yb_case_field_t)f);
    if (len == 0)
        return faulty(p, begin, "此处应为一个条件，不能是“%.*s”", char_len(p), word);
    return faulty(p, begin, "不认识的条件“%.*s”", (int)(len < 40 ? len : 40), word);
}

/* ---- operators ---- */

static int binding(char op) { return op == '!' ? 3 : op == '&' ? 2 : op == '|' ? 1 : 0; }

static void operator_push(parser_t *p, char op)
{
    p->operator_at[p->operator_count] = (uint32_t)p->at;
    p->operators[p->operator_count++] = op;
}

/* Applies what binds at least as tightly as `least`, down to an open parenthesis. */
static void operators_apply(parser_t *p, int least)
{
    while (p->operator_count > 0 && p->operators[p->operator_count - 1] != '(' &&
           binding(p->operators[p->operator_count - 1]) >= least) {
        const char op = p->operators[--p->operator_count];
        const uint32_t right = p->operands[--p->operand_count];
        if (op == '!')
            operand_push(p, node_add(p, NODE_NOT, right, 0));
        else
            operand_push(p, node_add(p, op == '&' ? NODE_AND : NODE_OR, p->operands[--p->operand_count], right));
    }
}

/* Where a term may begin. *ret_expect = another one is still to come. */
static bool prefix_read(parser_t *p, bool *ret_expect)
{
    const char c = p->text[p->at];
    *ret_expect = c == '!' || c == '(';
    if (!*ret_expect)
        return operand_read(p);
    operator_push(p, c);
    p->at++;
    return true;
}

/* Behind a term: `&`, `|` or `)`. */
static bool infix_read(parser_t *p, bool *ret_expect)
{
    const char c = p->text[p->at];
    *ret_expect = c == '&' || c == '|';
    if (*ret_expect) {
        operators_apply(p, binding(c));
        operator_push(p, c);
    } else if (c == ')') {
        operators_apply(p, 0);
        if (p->operator_count == 0)
            return faulty(p, p->at, "“)”没有对应的“(”");
        p->operator_count--;
    } else {
        return faulty(p, p->at, "此处应为&、|或)，不能是“%.*s”", char_len(p), p->text + p->at);
    }
    p->at++;
    return true;
}

static bool parse(parser_t *p)
{
    bool expect = true;
    for (spaces_pass(p); p->at < p->len; spaces_pass(p))
        if (!(expect ? prefix_read(p, &expect) : infix_read(p, &expect)))
            return false;
    if (expect)
        return faulty(p, p->len,
                      p->node_count == 0 && p->operator_count == 0 ? "条件为空；总是成立请写true"
                                                                   : "条件不完整，末尾还缺一项");
    operators_apply(p, 0);
    if (p->operator_count > 0)
        return faulty(p, p->operator_at[p->operator_count - 1], "“(”没有对应的“)”");
    YB_ASSERT(p->operand_count == 1);
    return true;
}

/* ---- terms that jump ---- */

/* Work still to do: the node, where to go when it holds and when not. AFTER_b: b's entry is known, now a. */
typedef struct task {
    uint32_t node;
    bool is_after;
    uint32_t on_true, on_false;
} task_t;

/* Terms are written from the end of `out` upwards, so that every target stands below the jump: b before a. */
typedef struct emitter {
    const parser_t *p;
    yb_scheme_term_t *out;
    uint32_t next;  /* the last one written; out's size at first */
    uint32_t entry; /* of the node that was done last */
    task_t *tasks;
    size_t task_count;
} emitter_t;

static void task_push(emitter_t *e, uint32_t node, bool is_after, uint32_t on_true, uint32_t on_false)
{
    e->tasks[e->task_count++] = (task_t){ node, is_after, on_true, on_false };
}

static void task_do(emitter_t *e, task_t t)
{
    const node_t *n = &e->p->nodes[t.node];
    switch (n->kind) {
    case NODE_TRUE:
        e->entry = t.on_true;
        break;
    case NODE_TERM:
        e->out[--e->next] = e->p->terms[n->a];
        e->out[e->next].on_true = t.on_true;
        e->out[e->next].on_false = t.on_false;
        e->entry = e->next;
        break;
    case NODE_NOT:
        task_push(e, n->a, false, t.on_false, t.on_true);
        break;
    case NODE_AND:
    case NODE_OR:
        if (!t.is_after) {
            task_push(e, t.node, true, t.on_true, t.on_false);
            task_push(e, n->b, false, t.on_true, t.on_false);
        } else if (n->kind == NODE_AND) {
            task_push(e, n->a, false, e->entry, t.on_false);
        } else {
            task_push(e, n->a, false, t.on_true, e->entry);
        }
        break;
    }
}

static void emit(const parser_t *p, yb_arena_t *work, yb_arena_t *arena, yb_condition_t *ret)
{
    emitter_t e = { .p = p, .next = p->term_count };
    e.out = YB_NEW_ARRAY(work, yb_scheme_term_t, (size_t)p->term_count + 1);
    e.tasks = YB_NEW_ARRAY(work, task_t, (size_t)p->node_count * 2 + 2);
    task_push(&e, p->operands[0], false, YB_TERM_ACCEPT, YB_TERM_REJECT);
    while (e.task_count > 0)
        task_do(&e, e.tasks[--e.task_count]);
    *ret = (yb_condition_t){ .entry = e.entry };
    if (e.entry >= YB_TERM_REJECT) /* `true` decides it; what else stands there is never reached */
        return;
    ret->count = p->term_count - e.entry;
    ret->entry = 0;
    ret->terms = yb_arena_memdup(arena, e.out + e.entry, ret->count * sizeof *ret->terms);
    for (uint32_t i = 0; i < ret->count; i++) {
        yb_scheme_term_t *t = &ret->terms[i];
        t->on_true -= t->on_true < YB_TERM_REJECT ? e.entry : 0;
        t->on_false -= t->on_false < YB_TERM_REJECT ? e.entry : 0;
    }
}

yb_err_t yb_condition_compile(const char *text, size_t len, const yb_condition_scope_t *scope, yb_arena_t *work,
                              yb_arena_t *arena, yb_condition_t *ret_condition, yb_condition_fault_t *ret_fault)
{
    parser_t p = { .text = text, .len = len, .scope = scope, .fault = ret_fault };
    if (len > YB_CONDITION_MAX) {
        faulty(&p, 0, "条件有%zu字节，最多%u字节", len, YB_CONDITION_MAX);
        return YB_E_FIELD_LENGTH;
    }
    p.nodes = YB_NEW_ARRAY(work, node_t, len + 1);
    p.terms = YB_NEW_ARRAY(work, yb_scheme_term_t, len + 1);
    p.operators = YB_NEW_ARRAY(work, char, len + 1);
    p.operator_at = YB_NEW_ARRAY(work, uint32_t, len + 1);
    p.operands = YB_NEW_ARRAY(work, uint32_t, len + 1);
    if (!parse(&p))
        return YB_E_FIELD_FORM;
    emit(&p, work, arena, ret_condition);
    return YB_OK;
}
