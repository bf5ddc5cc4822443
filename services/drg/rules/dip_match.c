#include "dip_match.h"

#include <string.h>

const char *yb_dip_kind_name(yb_dip_kind_t kind)
{
    static const char *const names[YB_DIP_KINDS] = { "core", "basic", "composite" };
    return kind < YB_DIP_KINDS ? names[kind] : "?";
}

/* ---- what a code says ---- */

/* Behind the colon; NULL when there is none. */
static const char *after_colon(const char *code)
{
    const char *colon = strchr(code, ':');
    return colon != NULL ? colon + 1 : NULL;
}

/* Members and their alternatives: none empty, not too many. */
static bool ops_valid(const char *ops)
{
    size_t members = 0;
    for (const char *p = ops; *p != '\0'; members++) {
        const size_t len = strcspn(p, "+");
        if (len == 0 || p[0] == '/' || p[len - 1] == '/' || memmem(p, len, "//", 2) != NULL)
            return false;
        p += len;
        if (p[0] == '+' && *++p == '\0')
            return false;
    }
    return members <= YB_DIP_MEMBERS_MAX;
}

/* Which diagnoses a composite takes. */
typedef struct scope {
    char first[4], last[4];
    int chapter; /* 0 = by categories */
    int width;   /* 0 a category, 1 a range, 2 a chapter */
} scope_t;

static bool read_category(const char *text, char ret[4])
{
    if (yb_dip_chapter(text, strnlen(text, 3)) == 0)
        return false;
    memcpy(ret, text, 3);
    ret[3] = '\0';
    return true;
}

/* "~09:", "~I20:", "~I20-I25:" */
static bool read_scope(const char *code, scope_t *ret)
{
    const char *text = code + 1;
    *ret = (scope_t){ .chapter = 0 };
    if (text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9' && text[2] == ':') {
        ret->chapter = 10 * (text[0] - '0') + text[1] - '0';
        ret->width = 2;
        return true;
    }
    if (!read_category(text, ret->first))
        return false;
    memcpy(ret->last, ret->first, 4);
    if (text[3] == ':')
        return true;
    ret->width = 1;
    return text[3] == '-' && read_category(text + 4, ret->last) && text[7] == ':' && strcmp(ret->first, ret->last) <= 0;
}

static bool read_op_kind(const char *text, yb_dip_op_kind_t *ret)
{
    return yb_dip_op_kind_parse((yb_slice_t){ text, strlen(text) }, ret);
}

bool yb_dip_code_valid(const char *code, yb_dip_kind_t kind)
{
    const char *tail = after_colon(code);
    yb_dip_op_kind_t op_kind;
    yb_dip_case_t c;
    scope_t scope;
    if (tail == NULL || (code[0] == '~') != (kind == YB_DIP_COMPOSITE))
        return false;
    if (kind == YB_DIP_COMPOSITE)
        return read_scope(code, &scope) && read_op_kind(tail, &op_kind);
    const yb_slice_t dx = { code, (size_t)(tail - 1 - code) };
    return yb_dip_case_parse(dx, (yb_slice_t){ "", 0 }, &c) == YB_OK && strlen(c.dx) == dx.len && ops_valid(tail);
}

yb_dip_op_kind_t yb_dip_code_op_kind(const char *code)
{
    const char *tail = after_colon(code);
    yb_dip_op_kind_t kind = YB_DIP_NONE;
    if (tail == NULL || (code[0] == '~' && read_op_kind(tail, &kind)))
        return kind;
    return tail[0] == '\0' ? YB_DIP_NONE : YB_DIP_OPERATION;
}

yb_dip_mean_t yb_dip_disease_mean(const yb_dip_disease_t *disease)
{
    yb_dip_mean_t mean = yb_dip_mean(&disease->sums);
    return mean.cases > 0 ? mean : (yb_dip_mean_t){ disease->mean_fen, 1 };
}

const yb_dip_level_t *yb_dip_level(const yb_dip_disease_t *disease, const char *name)
{
    for (size_t i = 0; i < disease->level_count; i++)
        if (strcmp(disease->levels[i].name, name) == 0)
            return &disease->levels[i];
    return NULL;
}

/* ---- does it take the case? ---- */

/* Index of the operation in the case, -1. */
static int op_index(const yb_dip_case_t *c, const char *op, size_t len)
{
    for (size_t i = 0; i < c->op_count; i++)
        if (c->ops[i].len == len && memcmp(c->ops[i].data, op, len) == 0)
            return (int)i;
    return -1;
}

/* "a/b" of one member; marks what of the case it is. */
static bool member_is_in(const char *member, size_t len, const yb_dip_case_t *c, bool all, uint32_t *seen)
{
    bool any = false;
    for (size_t from = 0; from < len;) {
        const char *slash = memchr(member + from, '/', len - from);
        const size_t end = slash != NULL ? (size_t)(slash - member) : len;
        const int at = op_index(c, member + from, end - from);
        if (at < 0 && all)
            return false;
        if (at >= 0)
            *seen |= (uint32_t)1 << at;
        any = any || at >= 0;
        from = end + 1;
    }
    return any;
}

_Static_assert(YB_DIP_OPS_MAX < 32, "a bit for each operation");
static bool takes_ops(const char *ops, const yb_dip_case_t *c, yb_dip_require_t require, size_t *ret_members)
{
    uint32_t seen = 0;
    size_t members = 0;
    if (ops[0] == '\0' && (c->op_count == 0 || (require != YB_DIP_SAME && c->op_kind == YB_DIP_NONE))) {
        *ret_members = 0;
        return true;
    }
    for (const char *p = ops; *p != '\0'; members++) {
        const size_t len = strcspn(p, "+");
        if (!member_is_in(p, len, c, require == YB_DIP_ALL, &seen))
            return false;
        p += len + (p[len] == '+');
    }
    *ret_members = members;
    return members > 0 && (require != YB_DIP_SAME || seen == ((uint32_t)1 << c->op_count) - 1);
}

static bool takes_composite(const yb_dip_disease_t *d, const yb_dip_case_t *c, int *ret_width)
{
    scope_t scope;
    if (d->op_kind != c->op_kind || !read_scope(d->code, &scope))
        return false;
    *ret_width = scope.width;
    if (scope.chapter > 0)
        return scope.chapter == yb_dip_chapter(c->dx, strlen(c->dx));
    return memcmp(c->dx, scope.first, 3) >= 0 && memcmp(c->dx, scope.last, 3) <= 0;
}

/* ---- which of those that do ---- */

typedef struct candidate {
    const yb_dip_disease_t *disease; /* NULL = none yet */
    int rank, width;
    size_t members;
    yb_fen_t distance_fen; /* of the mean from the fee */
} candidate_t;

static int rank_of(const yb_dip_disease_t *d)
{
    if (d->kind == YB_DIP_CORE)
        return YB_DIP_OPERATION - (int)d->op_kind;
    return d->kind == YB_DIP_BASIC ? YB_DIP_OP_KINDS : YB_DIP_OP_KINDS + 1;
}

static bool is_before(const candidate_t *x, const candidate_t *y)
{
    if (y->disease == NULL)
        return true;
    if (x->rank != y->rank)
        return x->rank < y->rank;
    if (x->width != y->width)
        return x->width < y->width;
    if (x->members != y->members)
        return x->members > y->members;
    if (x->distance_fen != y->distance_fen)
        return x->distance_fen < y->distance_fen;
    return strcmp(x->disease->code, y->disease->code) < 0;
}

static void consider(const yb_dip_disease_t *d, const yb_dip_case_t *c, size_t members, int width, candidate_t *best)
{
    const candidate_t candidate = { .disease = d,
                                    .rank = rank_of(d),
                                    .width = width,
                                    .members = members,
                                    .distance_fen = d->mean_fen > c->fee_fen ? d->mean_fen - c->fee_fen
                                                                             : c->fee_fen - d->mean_fen };
    if (is_before(&candidate, best))
        *best = candidate;
}

/* The first disease whose code is not before `prefix`. */
static size_t lower_bound(const yb_dip_catalogue_t *catalogue, const char *prefix)
{
    size_t from = 0, to = catalogue->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (strcmp(catalogue->diseases[middle].code, prefix) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const yb_dip_disease_t *yb_dip_choose(const yb_dip_catalogue_t *catalogue, const yb_dip_case_t *c,
                                      yb_dip_require_t require)
{
    const size_t len = strlen(c->dx) + 1;
    char prefix[sizeof(c->dx) + 1];
    candidate_t best = { .disease = NULL };
    size_t members;
    int width;
    memcpy(prefix, c->dx, len - 1);
    memcpy(prefix + len - 1, ":", 2);
    for (size_t i = lower_bound(catalogue, prefix); i < catalogue->count; i++) {
        const yb_dip_disease_t *d = &catalogue->diseases[i];
        if (strncmp(d->code, prefix, len) != 0)
            break;
        if (takes_ops(d->code + len, c, require, &members))
            consider(d, c, members, 0, &best);
    }
    if (best.disease != NULL)
        return best.disease; /* whatever a composite is, it comes later */
    for (size_t i = lower_bound(catalogue, "~"); i < catalogue->count; i++)
        if (takes_composite(&catalogue->diseases[i], c, &width))
            consider(&catalogue->diseases[i], c, 0, width, &best);
    return best.disease;
}
