#include "services/enrollment/rules/import.h"

#include <string.h>

#include "libcommon/code.h"
#include "libcommon/day.h"
#include "libcommon/money.h"
#include "services/enrollment/rules/entitle.h"

/* INTERFACE §5. */
static const char *const schemes[] = { "310", "320", "330", "340", "350", "360", "370", "380",
                                       "390", "391", "392", "399", "410", "510", NULL };

static bool coded(yb_import_page_t *page, yb_import_row_t *row, size_t column,
                  yb_err_t (*check)(const char *, size_t, const char *, yb_refusal_t *))
{
    yb_refusal_t why = { 0 };
    const char *cell = row->cells[column];
    if (check(cell, strlen(cell), page->kind->columns[column].name, &why) == YB_OK)
        return true;
    yb_import_refused(page, row, &why);
    return false;
}

/* ---- coverage ---- */

enum { C_PSN_NO, C_SCHEME, C_TYPE, C_AREA, C_BEGIN, C_END, C_EMPLOYER, C_WAGE, C_BALANCE };
const yb_import_column_t yb_cover_columns[9] = {
    { "psn_no", true },         { "insutype", true },   { "psn_type", true },
    { "insuplc_admdvs", true }, { "begndate", true },   { "enddate", true },
    { "emp_no", false },        { "clct_wage", false }, { "balc", false },
};

void yb_cover_label(yb_cover_t *cover, yb_arena_t *arena)
{
    cover->record.key = yb_arena_printf(arena, "%s|%s|%d", cover->psn_no, cover->insutype, cover->begndate);
    cover->record.group = cover->psn_no;
}

static bool cover_money(yb_import_page_t *page, yb_import_row_t *row, yb_cover_t *c)
{
    if (!yb_import_decimal(page, row, C_WAGE, 2, 0, YB_FEN_MAX, 0, &c->clct_wage_fen) ||
        !yb_import_decimal(page, row, C_BALANCE, 2, 0, YB_FEN_MAX, 0, &c->balc_fen))
        return false;
    c->balc_said = row->cells[C_BALANCE][0] != '\0';
    if (c->balc_fen == 0 || strcmp(c->insutype, YB_EMPLOYEES) == 0)
        return true;
    yb_import_fault(page, row, "balc", "险种 %s 没有个人账户，余额应为空或 0.00", c->insutype);
    return false;
}

yb_import_record_t *yb_cover_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    yb_cover_t *c = YB_NEW(page->arena, yb_cover_t);
    c->psn_no = row->cells[C_PSN_NO];
    c->insuplc_admdvs = row->cells[C_AREA];
    bool ok = coded(page, row, C_PSN_NO, yb_code_psn_no);
    c->insutype = yb_import_choice(page, row, C_SCHEME, schemes, true);
    c->psn_type = yb_import_text(page, row, C_TYPE, 6, true);
    ok = coded(page, row, C_AREA, yb_code_admdvs) && ok;
    ok = yb_import_span(page, row, C_BEGIN, C_END, &c->begndate, &c->enddate) && ok;
    c->emp_no = yb_import_text(page, row, C_EMPLOYER, 40, false);
    if (!ok || c->insutype == NULL || c->psn_type == NULL || c->emp_no == NULL || !cover_money(page, row, c))
        return NULL;
    if (strspn(c->psn_type, "0123456789") != strlen(c->psn_type)) {
        yb_import_fault(page, row, "psn_type", "应为人员类别的数字代码，如 1101 在职职工、1501 成年居民");
        return NULL;
    }
    yb_cover_label(c, page->arena);
    return &c->record;
}

const char *yb_cover_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const yb_cover_t *a = (const yb_cover_t *)old, *b = (const yb_cover_t *)fresh;
    return strcmp(a->psn_type, b->psn_type) != 0            ? "psn_type"
        : strcmp(a->insuplc_admdvs, b->insuplc_admdvs) != 0 ? "insuplc_admdvs"
        : a->enddate != b->enddate                          ? "enddate"
        : strcmp(a->emp_no, b->emp_no) != 0                 ? "emp_no"
        : a->clct_wage_fen != b->clct_wage_fen              ? "clct_wage"
                                                            : NULL;
}

static bool basic(const yb_cover_t *c)
{
    return strcmp(c->insutype, YB_EMPLOYEES) == 0 || strcmp(c->insutype, YB_RESIDENTS) == 0;
}

bool yb_cover_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    const yb_cover_t *a = (const yb_cover_t *)other, *b = (const yb_cover_t *)fresh;
    const bool same = strcmp(a->insutype, b->insutype) == 0;
    if ((!same && !(basic(a) && basic(b))) ||
        !yb_import_overlap(a->begndate, a->enddate, b->begndate, b->enddate))
        return true;
    char span[YB_SPAN_TEXT];
    yb_import_span_text(a->begndate, a->enddate, span);
    if (same)
        yb_import_record_fault(page, fresh, "begndate", "与同一险种 %s 的参保（%s）重叠，请先终止那一条",
                               a->insutype, span);
    else
        yb_import_record_fault(page, fresh, "insutype",
                               "同一时间已有基本医保 %s 的参保（%s），职工与居民只能有一个", a->insutype,
                               span);
    return false;
}

bool yb_cover_balance(yb_import_page_t *page, const yb_account_opening_t *opened, yb_cover_t *fresh)
{
    if (opened == NULL || !fresh->balc_said || fresh->balc_fen == opened->balc_fen)
        return true;
    if (fresh->balc_fen == 0 && fresh->begndate != opened->begndate)
        return true;
    char text[YB_DECIMAL_TEXT];
    yb_import_record_fault(page, &fresh->record, "balc", "期初余额已按 %s 元入账，不能由导入更改",
                           yb_fen_format(opened->balc_fen, text));
    return false;
}

/* ---- tags ---- */

enum { T_PSN_NO, T_TAG, T_BEGIN, T_END };
const yb_import_column_t yb_tag_columns[4] = {
    { "psn_no", true }, { "tag", true }, { "begndate", true }, { "enddate", true }
};

void yb_tag_label(yb_tag_t *tag, yb_arena_t *arena)
{
    tag->record.group = yb_arena_printf(arena, "%s|%s", tag->psn_no, tag->tag);
    tag->record.key = yb_arena_printf(arena, "%s|%d", tag->record.group, tag->begndate);
}

yb_import_record_t *yb_tag_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    yb_tag_t *t = YB_NEW(page->arena, yb_tag_t);
    t->psn_no = row->cells[T_PSN_NO];
    bool ok = coded(page, row, T_PSN_NO, yb_code_psn_no);
    t->tag = yb_import_choice(page, row, T_TAG, yb_tag_names, true);
    ok = yb_import_span(page, row, T_BEGIN, T_END, &t->begndate, &t->enddate) && ok;
    if (!ok || t->tag == NULL)
        return NULL;
    yb_tag_label(t, page->arena);
    return &t->record;
}

const char *yb_tag_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    return ((const yb_tag_t *)old)->enddate != ((const yb_tag_t *)fresh)->enddate ? "enddate" : NULL;
}

bool yb_tag_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    const yb_tag_t *a = (const yb_tag_t *)other, *b = (const yb_tag_t *)fresh;
    if (!yb_import_overlap(a->begndate, a->enddate, b->begndate, b->enddate))
        return true;
    char span[YB_SPAN_TEXT];
    yb_import_record_fault(page, fresh, "begndate", "与同一身份“%s”的有效期（%s）重叠，请先终止那一条",
                           a->tag, yb_import_span_text(a->begndate, a->enddate, span));
    return false;
}

/* ---- chronic ---- */

enum { F_PSN_NO, F_SCHEME, F_CODE, F_NAME, F_BEGIN, F_END };
const yb_import_column_t yb_filing_columns[6] = {
    { "psn_no", true },         { "insutype", true }, { "opsp_dise_code", true },
    { "opsp_dise_name", true }, { "begndate", true }, { "enddate", true },
};

void yb_filing_label(yb_filing_t *filing, yb_arena_t *arena)
{
    filing->record.group =
        yb_arena_printf(arena, "%s|%s|%s", filing->psn_no, filing->insutype, filing->opsp_dise_code);
    filing->record.key = yb_arena_printf(arena, "%s|%d", filing->record.group, filing->begndate);
}

yb_import_record_t *yb_filing_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    yb_filing_t *f = YB_NEW(page->arena, yb_filing_t);
    f->psn_no = row->cells[F_PSN_NO];
    f->opsp_dise_code = row->cells[F_CODE];
    bool ok = coded(page, row, F_PSN_NO, yb_code_psn_no);
    f->insutype = yb_import_choice(page, row, F_SCHEME, schemes, true);
    ok = coded(page, row, F_CODE, yb_code_chronic) && ok;
    f->opsp_dise_name = yb_import_text(page, row, F_NAME, 300, true);
    ok = yb_import_span(page, row, F_BEGIN, F_END, &f->begndate, &f->enddate) && ok;
    if (!ok || f->insutype == NULL || f->opsp_dise_name == NULL)
        return NULL;
    f->insu_optins = f->ide_fixmedins_no = f->filed_by = f->detail = "";
    f->live = true;
    yb_filing_label(f, page->arena);
    return &f->record;
}

const char *yb_filing_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const yb_filing_t *a = (const yb_filing_t *)old, *b = (const yb_filing_t *)fresh;
    return strcmp(a->opsp_dise_name, b->opsp_dise_name) != 0 ? "opsp_dise_name"
        : a->enddate != b->enddate                           ? "enddate"
                                                             : NULL;
}

bool yb_filing_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    const yb_filing_t *a = (const yb_filing_t *)other, *b = (const yb_filing_t *)fresh;
    if (!yb_import_overlap(a->begndate, a->enddate, b->begndate, b->enddate))
        return true;
    char span[YB_SPAN_TEXT];
    yb_import_record_fault(page, fresh, "begndate", "与同一病种 %s 的备案（%s）重叠，请先撤销或终止那一条",
                           a->opsp_dise_code, yb_import_span_text(a->begndate, a->enddate, span));
    return false;
}
