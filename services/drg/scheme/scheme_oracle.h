/* For tests: schemes written as text, and a second grouper straight from ../shared/drg/FORMAT.md: string by string,
 * by recursion, slow, sharing nothing with the first but the form of a row. */
#ifndef DRG_SCHEME_SCHEME_ORACLE_H
#define DRG_SCHEME_SCHEME_ORACLE_H

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/group.h"
#include "services/drg/scheme/compile.h"

/* The nine tables, as text with header lines. NULL = the header only. */
typedef struct scheme_text {
    const char *tables[YB_TABLE_COUNT];
} scheme_text_t;

static inline const char *table_header(yb_scheme_table_id_t id)
{
    static const char *const headers[YB_TABLE_COUNT] = { "order\tmdc\tcondition\tadrg_in_order\n",
                                                         "mdc\torder\tadrg\tcondition\tdrg_in_order\n",
                                                         "adrg\torder\tdrg\tcondition\tname\n",
                                                         "mdc\tgroup\tcondition\tbefore_adrg\n",
                                                         "mdc\tsite\tcode\n",
                                                         "adrg\tlist\tcode\n",
                                                         "code\tlevel\ttable\n",
                                                         "principal\ttable\n",
                                                         "code\tname\n" };
    return headers[id];
}

/* Rows are given without headers. The caller frees what it gets by tables_text_free. */
static inline void tables_text(const scheme_text_t *rows, yb_slice_t ret[YB_TABLE_COUNT])
{
    for (size_t i = 0; i < YB_TABLE_COUNT; i++) {
        const char *header = table_header((yb_scheme_table_id_t)i),
                   *body = rows->tables[i] != NULL ? rows->tables[i] : "";
        const size_t len = strlen(header) + strlen(body);
        char *text = malloc(len + 1);
        YB_ASSERT(text != NULL);
        snprintf(text, len + 1, "%s%s", header, body);
        ret[i] = (yb_slice_t){ text, len };
    }
}

static inline void tables_text_free(yb_slice_t tables[YB_TABLE_COUNT])
{
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        free((void *)(uintptr_t)tables[i].data);
}

/* Compiles; NULL with the first error in `fault` (of 512 bytes) when the tables are not usable. */
static inline yb_scheme_t *scheme_try(const scheme_text_t *rows, char *fault)
{
    yb_slice_t text[YB_TABLE_COUNT];
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *scheme = NULL;
    const yb_scheme_about_t about = { .name = "test", .area = "" };
    yb_scheme_report_t report = yb_scheme_report_create(0);
    tables_text(rows, text);
    if (yb_scheme_tables_parse(text, &report, &tables) == YB_OK)
        (void)!yb_scheme_compile(tables, &about, &report, &scheme);
    yb_scheme_report_first_error(&report, fault, 512);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    tables_text_free(text);
    return scheme;
}

static inline yb_scheme_t *scheme_of(const scheme_text_t *rows)
{
    char fault[512];
    yb_scheme_t *scheme = scheme_try(rows, fault);
    ck_assert_msg(scheme != NULL, "%s", fault);
    return scheme;
}

/* ---- the oracle ---- */

#define ORACLE_CODES_MAX 64
/* A case as strings. */
typedef struct oracle_case {
    int32_t values[YB_CASE_FIELDS];
    const char *dx[ORACLE_CODES_MAX], *px[ORACLE_CODES_MAX];
    size_t dx_count, px_count;
} oracle_case_t;

typedef struct oracle {
    const yb_scheme_tables_t *t;
    const oracle_case_t *c;
    const char *mdc, *adrg, *at; /* adrg NULL: conditions of mdc.tsv and qy.tsv */
} oracle_t;

static inline bool oracle_or(oracle_t *o);

static inline bool in_braces(const char *name, size_t len, const char *code)
{
    for (const char *p = name + 1, *end = name + len - 1; p <= end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const size_t n = (size_t)((comma != NULL ? comma : end) - p);
        if (n > 0 && strlen(code) == n && memcmp(p, code, n) == 0)
            return true;
        if (comma == NULL)
            break;
        p = comma + 1;
    }
    return false;
}

#define ORACLE_ROWS(o, id, r)                                                                                         \
    for (const yb_scheme_row_t *r = (o)->t->tables[id].rows; r != (o)->t->tables[id].rows + (o)->t->tables[id].count; \
         r++)

static inline bool in_list(const oracle_t *o, const char *name, size_t len, const char *code)
{
    if (name[0] == '{')
        return in_braces(name, len, code);
    if (len == 6 && memcmp(name, "@valid", 6) == 0) {
        ORACLE_ROWS(o, YB_TABLE_PX_VALID, r)
        if (strcmp(r->cells[YB_PX_VALID_CODE], code) == 0)
            return true;
    } else if (len == 4 && memcmp(name, "@mdc", 4) == 0) {
        ORACLE_ROWS(o, YB_TABLE_MDC_DX, r)
        if (strcmp(r->cells[YB_MDC_DX_MDC], o->mdc) == 0 && strcmp(r->cells[YB_MDC_DX_CODE], code) == 0)
            return true;
    } else if (o->adrg != NULL) {
        ORACLE_ROWS(o, YB_TABLE_ADRG_CODE, r)
        if (strcmp(r->cells[YB_ADRG_CODE_ADRG], o->adrg) == 0 && strlen(r->cells[YB_ADRG_CODE_LIST]) == len &&
            memcmp(r->cells[YB_ADRG_CODE_LIST], name, len) == 0 && strcmp(r->cells[YB_ADRG_CODE_CODE], code) == 0)
            return true;
    }
    return false;
}

static inline int32_t oracle_sites(const oracle_t *o)
{
    const char *seen[256];
    int32_t count = 0;
    for (size_t i = 0; i < o->c->dx_count; i++)
        ORACLE_ROWS(o, YB_TABLE_MDC_DX, r)
        {
            bool is_new = strcmp(r->cells[YB_MDC_DX_CODE], o->c->dx[i]) == 0 && r->cells[YB_MDC_DX_SITE][0] != '\0';
            for (int32_t s = 0; s < count; s++)
                is_new &= strcmp(seen[s], r->cells[YB_MDC_DX_SITE]) != 0;
            if (is_new)
                seen[count++] = r->cells[YB_MDC_DX_SITE];
        }
    return count;
}

static inline bool oracle_severity(const oracle_t *o, const char *level)
{
    const char *excluded = NULL;
    ORACLE_ROWS(o, YB_TABLE_EXCLUSION, r)
    if (o->c->dx_count > 0 && strcmp(r->cells[YB_EXCLUSION_CODE], o->c->dx[0]) == 0)
        excluded = r->cells[YB_EXCLUSION_TABLE];
    for (size_t i = 1; i < o->c->dx_count; i++) {
        const yb_scheme_row_t *last = NULL;
        ORACLE_ROWS(o, YB_TABLE_SEVERITY, r)
        if (strcmp(r->cells[YB_SEVERITY_CODE], o->c->dx[i]) == 0)
            last = r;
        if (last != NULL && strcmp(last->cells[YB_SEVERITY_LEVEL], level) == 0 &&
            (excluded == NULL || strcmp(last->cells[YB_SEVERITY_TABLE], excluded) != 0))
            return true;
    }
    return false;
}

static inline void oracle_blanks(oracle_t *o)
{
    while (*o->at == ' ')
        o->at++;
}

static inline bool oracle_list_term(oracle_t *o)
{
    const bool dx = o->at[0] == 'd';
    const char which = o->at[2];
    o->at += 4;
    const size_t len = *o->at == '{' ? strcspn(o->at, "}") + 1 : strcspn(o->at, " &|)");
    const char *const *codes = dx ? o->c->dx : o->c->px;
    const size_t count = dx ? o->c->dx_count : o->c->px_count;
    bool found = false;
    for (size_t i = which == '+' ? 1 : 0; i < (which == '1' && count > 1 ? 1 : count); i++)
        found |= in_list(o, o->at, len, codes[i]);
    o->at += len;
    return found;
}

static inline bool oracle_compare(oracle_t *o)
{
    static const char *const names[] = YB_CASE_FIELD_NAMES;
    size_t len = strspn(o->at, "abcdefghijklmnopqrstuvwxyz_"), f = 0;
    while (strlen(names[f]) != len || memcmp(names[f], o->at, len) != 0)
        f++;
    const int64_t value = f == YB_CASE_SITES ? oracle_sites(o) : o->c->values[f];
    const bool missing = value == YB_CASE_MISSING;
    o->at += len;
    oracle_blanks(o);
    char op[3] = { o->at[0], o->at[1] == '=' ? '=' : '\0', '\0' };
    o->at += strlen(op);
    char *end;
    const long long n = strtoll(o->at, &end, 10);
    o->at = end;
    const bool holds = strcmp(op, "==") == 0   ? value == n
                       : strcmp(op, "<") == 0  ? value < n
                       : strcmp(op, "<=") == 0 ? value <= n
                       : strcmp(op, ">") == 0  ? value > n
                                               : value >= n;
    return !missing && holds;
}

static inline bool oracle_not(oracle_t *o)
{
    oracle_blanks(o);
    if (*o->at == '!') {
        o->at++;
        return !oracle_not(o);
    }
    if (*o->at == '(') {
        o->at++;
        const bool value = oracle_or(o);
        oracle_blanks(o);
        ck_assert_int_eq(*o->at, ')');
        o->at++;
        return value;
    }
    if ((o->at[0] == 'd' || o->at[0] == 'p') && o->at[1] == 'x')
        return oracle_list_term(o);
    if (strncmp(o->at, "true", 4) == 0)
        return o->at += 4, true;
    if (strncmp(o->at, "MCC", 3) == 0)
        return o->at += 3, oracle_severity(o, "MCC");
    if (strncmp(o->at, "CC", 2) == 0)
        return o->at += 2, oracle_severity(o, "CC");
    return oracle_compare(o);
}

static inline bool oracle_and(oracle_t *o)
{
    bool value = oracle_not(o);
    for (oracle_blanks(o); *o->at == '&'; oracle_blanks(o)) {
        o->at++;
        value = oracle_not(o) && value;
    }
    return value;
}

static inline bool oracle_or(oracle_t *o)
{
    bool value = oracle_and(o);
    for (oracle_blanks(o); *o->at == '|'; oracle_blanks(o)) {
        o->at++;
        value = oracle_and(o) || value;
    }
    return value;
}

static inline bool oracle_holds(oracle_t *o, const char *condition, const char *adrg)
{
    o->adrg = adrg;
    o->at = condition;
    const bool value = oracle_or(o);
    ck_assert_msg(*o->at == '\0', "the oracle stopped at %s of %s", o->at, condition);
    return value;
}

/* The k-th of comma-separated names; false: there are fewer. */
static inline bool oracle_name(const char *names, size_t k, char out[64])
{
    for (; k > 0 && names != NULL; k--)
        names = strchr(names, ',') != NULL ? strchr(names, ',') + 1 : NULL;
    if (names == NULL || *names == '\0')
        return false;
    snprintf(out, 64, "%.*s", (int)strcspn(names, ","), names);
    return true;
}

typedef struct oracle_answer {
    char mdc[64], adrg[64], drg[64];
} oracle_answer_t;

/* Rows of adrg.tsv stand by name and order (table.h), those of mdc.tsv by order. */
static inline bool oracle_adrg(oracle_t *o, const char *name, oracle_answer_t *ret)
{
    char drg[64];
    ORACLE_ROWS(o, YB_TABLE_ADRG, r)
    {
        if (strcmp(r->cells[YB_ADRG_NAME], name) != 0 || !oracle_holds(o, r->cells[YB_ADRG_CONDITION], name))
            continue;
        for (size_t d = 0; oracle_name(r->cells[YB_ADRG_DRGS], d, drg); d++)
            ORACLE_ROWS(o, YB_TABLE_DRG, row)
        if (strcmp(row->cells[YB_DRG_NAME], drg) == 0 && oracle_holds(o, row->cells[YB_DRG_CONDITION], name)) {
            snprintf(ret->adrg, sizeof ret->adrg, "%.*s", (int)strcspn(name, "_"), name);
            snprintf(ret->drg, sizeof ret->drg, "%s", drg);
            return true;
        }
    }
    return false;
}

static inline oracle_answer_t oracle_group(const yb_scheme_tables_t *tables, const oracle_case_t *c)
{
    oracle_t o = { .t = tables, .c = c };
    oracle_answer_t answer = { .drg = "0000" };
    char name[64];
    ORACLE_ROWS(&o, YB_TABLE_MDC, m)
    {
        o.mdc = m->cells[YB_MDC_NAME];
        if (!oracle_holds(&o, m->cells[YB_MDC_CONDITION], NULL))
            continue;
        for (size_t a = 0; oracle_name(m->cells[YB_MDC_ADRGS], a, name); a++) {
            snprintf(answer.mdc, sizeof answer.mdc, "%s", o.mdc);
            ORACLE_ROWS(&o, YB_TABLE_QY, q)
            if (strcmp(q->cells[YB_QY_MDC], o.mdc) == 0 && strcmp(q->cells[YB_QY_BEFORE], name) == 0 &&
                oracle_holds(&o, q->cells[YB_QY_CONDITION], NULL)) {
                snprintf(answer.drg, sizeof answer.drg, "%s", q->cells[YB_QY_GROUP]);
                return answer;
            }
            if (oracle_adrg(&o, name, &answer))
                return answer;
        }
    }
    answer.mdc[0] = '\0';
    return answer;
}

/* The case for the grouper; `codes` has room for both lists. */
static inline yb_group_case_t oracle_case_slices(const oracle_case_t *c, yb_slice_t codes[2 * ORACLE_CODES_MAX])
{
    yb_group_case_t out = {
        .dx = codes, .dx_count = c->dx_count, .px = codes + ORACLE_CODES_MAX, .px_count = c->px_count
    };
    memcpy(out.values, c->values, sizeof out.values);
    for (size_t i = 0; i < c->dx_count; i++)
        codes[i] = (yb_slice_t){ c->dx[i], strlen(c->dx[i]) };
    for (size_t i = 0; i < c->px_count; i++)
        codes[ORACLE_CODES_MAX + i] = (yb_slice_t){ c->px[i], strlen(c->px[i]) };
    return out;
}

#endif
