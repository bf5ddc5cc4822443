#include "services/identity/rules/import.h"

#include <string.h>

#include "libcommon/code.h"
#include "libcommon/day.h"
#include "libcommon/money.h"
#include "libcommon/text.h"
#include "services/identity/rules/person.h"

#define SECRET_CHARS_MIN 8
#define SECRET_CHARS_MAX 128

/* Runs one of libcommon/code.h over a cell. */
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

/* ---- persons ---- */

enum { P_PSN_NO, P_CERT_TYPE, P_CERTNO, P_NAME, P_GEND, P_NATY, P_BRDY };
const yb_import_column_t yb_person_columns[7] = {
    { "psn_no", true }, { "psn_cert_type", true }, { "certno", true }, { "psn_name", true },
    { "gend", true },   { "naty", false },         { "brdy", false },
};

void yb_person_label(yb_person_t *person, yb_arena_t *arena)
{
    person->record.key = person->psn_no;
    person->record.group = yb_arena_printf(arena, "%s:%s", person->psn_cert_type, person->certno);
}

static bool person_certificate(yb_import_page_t *page, yb_import_row_t *row, yb_person_t *p)
{
    const char *type = yb_import_text(page, row, P_CERT_TYPE, 6, true);
    const char *certno = yb_import_text(page, row, P_CERTNO, 50, true);
    if (type == NULL || certno == NULL)
        return false;
    p->psn_cert_type = yb_cert_type_normal(type);
    p->certno = yb_certno_normal(certno, page->arena);
    if (strspn(p->psn_cert_type, "0123456789") != strlen(p->psn_cert_type)) {
        yb_import_fault(page, row, "psn_cert_type", "应为数字代码，居民身份证为 01");
        return false;
    }
    if (strcmp(p->psn_cert_type, "01") != 0)
        return true;
    yb_refusal_t why = { 0 };
    if (yb_code_idcard(p->certno, strlen(p->certno), "certno", &why) == YB_OK)
        return true;
    yb_import_refused(page, row, &why);
    return false;
}

/* An empty birth date is taken from the ID number, which holds it; another than its own is a fault of one of them. */
static bool person_birth(yb_import_page_t *page, yb_import_row_t *row, yb_person_t *p)
{
    const char *cell = row->cells[P_BRDY];
    if (cell[0] == '\0') {
        p->brdy = strcmp(p->psn_cert_type, "01") == 0 ? yb_idcard_birth(p->certno) : 0;
        return true;
    }
    if (yb_day_parse(cell, strlen(cell), &p->brdy) != YB_OK) {
        yb_import_fault(page, row, "brdy", "“%.40s”不是日期，应为 yyyy-MM-dd，如 1990-01-01", cell);
        return false;
    }
    if (strcmp(p->psn_cert_type, "01") != 0 || p->brdy == yb_idcard_birth(p->certno))
        return true;
    yb_import_fault(page, row, "brdy", "%.40s 与身份证号码（certno）中的出生日期不一致，请核对二者", cell);
    return false;
}

yb_import_record_t *yb_person_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    static const char *const genders[] = { "0", "1", "2", "9", NULL };
    yb_person_t *p = YB_NEW(page->arena, yb_person_t);
    p->psn_no = row->cells[P_PSN_NO];
    bool ok = coded(page, row, P_PSN_NO, yb_code_psn_no);
    ok = person_certificate(page, row, p) && ok;
    p->psn_name = yb_import_text(page, row, P_NAME, 50, true);
    p->gend = yb_import_choice(page, row, P_GEND, genders, true);
    p->naty = yb_import_text(page, row, P_NATY, 3, false);
    if (!ok || p->psn_name == NULL || p->gend == NULL || p->naty == NULL || !person_birth(page, row, p))
        return NULL;
    if (strspn(p->naty, "0123456789") != strlen(p->naty)) {
        yb_import_fault(page, row, "naty", "应为民族的数字代码，汉族为 01");
        return NULL;
    }
    yb_person_label(p, page->arena);
    return &p->record;
}

const char *yb_person_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const yb_person_t *a = (const yb_person_t *)old, *b = (const yb_person_t *)fresh;
    return strcmp(a->psn_cert_type, b->psn_cert_type) != 0 ? "psn_cert_type"
        : strcmp(a->certno, b->certno) != 0                ? "certno"
        : strcmp(a->psn_name, b->psn_name) != 0            ? "psn_name"
        : strcmp(a->gend, b->gend) != 0                    ? "gend"
        : strcmp(a->naty, b->naty) != 0                    ? "naty"
        : a->brdy != b->brdy                               ? "brdy"
                                                           : NULL;
}

bool yb_person_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    yb_import_record_fault(page, fresh, "certno", "该证件号码已登记为人员编号 %s，一人只能有一个人员编号",
                           ((const yb_person_t *)other)->psn_no);
    return false;
}

/* ---- institutions ---- */

enum { I_CODE, I_NAME, I_TYPE, I_LEVEL, I_CLASS, I_TIER, I_ADMDVS, I_SECRET, I_USCC };
const yb_import_column_t yb_institution_columns[9] = {
    { "fixmedins_code", true }, { "fixmedins_name", true }, { "fixmedins_type", true },
    { "hosp_lv", false },       { "charge_class", true },   { "tier", true },
    { "admdvs", true },         { "app_secret", false },    { "uscc", false },
};

/* Price class and tier decide deductibles and limits of a hospital; a pharmacy has none. */
static bool institution_class(yb_import_page_t *page, yb_import_row_t *row, yb_institution_t *in)
{
    static const char *const classes[] = { "1", "2", "3", NULL },
                             *const tiers[] = { "province", "city", "county", NULL };
    const bool hospital = strcmp(in->fixmedins_type, "1") == 0;
    const char *charge_class = yb_import_choice(page, row, I_CLASS, classes, hospital);
    in->tier = yb_import_choice(page, row, I_TIER, tiers, hospital);
    if (charge_class == NULL || in->tier == NULL)
        return false;
    in->charge_class = charge_class[0] == '\0' ? 0 : charge_class[0] - '0';
    return true;
}

static bool secret_form(yb_import_page_t *page, yb_import_row_t *row, yb_institution_t *in)
{
    in->app_secret = yb_import_text(page, row, I_SECRET, SECRET_CHARS_MAX, false);
    if (in->app_secret == NULL)
        return false;
    size_t len = strlen(in->app_secret);
    if (len == 0 || len >= SECRET_CHARS_MIN)
        return true;
    yb_import_fault(page, row, "app_secret", "共 %zu 个字符，至少 %d 个；为空表示不签名（仅沙箱）", len,
                    SECRET_CHARS_MIN);
    return false;
}

yb_import_record_t *yb_institution_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    static const char *const types[] = { "1", "2", NULL };
    yb_institution_t *in = YB_NEW(page->arena, yb_institution_t);
    in->fixmedins_code = row->cells[I_CODE];
    in->admdvs = row->cells[I_ADMDVS];
    in->uscc = row->cells[I_USCC];
    bool ok = coded(page, row, I_CODE, yb_code_institution);
    in->fixmedins_name = yb_import_text(page, row, I_NAME, 200, true);
    in->fixmedins_type = yb_import_choice(page, row, I_TYPE, types, true);
    in->hosp_lv = yb_import_text(page, row, I_LEVEL, 6, false);
    ok = coded(page, row, I_ADMDVS, yb_code_admdvs) && ok;
    ok = (in->uscc[0] == '\0' || coded(page, row, I_USCC, yb_code_uscc)) && ok;
    if (!ok || in->fixmedins_name == NULL || in->fixmedins_type == NULL || in->hosp_lv == NULL)
        return NULL;
    if (!institution_class(page, row, in) || !secret_form(page, row, in))
        return NULL;
    in->record.key = in->fixmedins_code;
    return &in->record;
}

const char *yb_institution_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const yb_institution_t *a = (const yb_institution_t *)old, *b = (const yb_institution_t *)fresh;
    return strcmp(a->fixmedins_name, b->fixmedins_name) != 0 ? "fixmedins_name"
        : strcmp(a->fixmedins_type, b->fixmedins_type) != 0  ? "fixmedins_type"
        : strcmp(a->hosp_lv, b->hosp_lv) != 0                ? "hosp_lv"
        : a->charge_class != b->charge_class                 ? "charge_class"
        : strcmp(a->tier, b->tier) != 0                      ? "tier"
        : strcmp(a->admdvs, b->admdvs) != 0                  ? "admdvs"
        : strcmp(a->app_secret, b->app_secret) != 0          ? "app_secret"
        : strcmp(a->uscc, b->uscc) != 0                      ? "uscc"
                                                             : NULL;
}

/* ---- catalogue ---- */

enum { C_CODE, C_LIST, C_NAME, C_LEVEL, C_SELFPAY, C_LIMIT, C_BEGIN, C_END };
const yb_import_column_t yb_item_columns[8] = {
    { "med_list_codg", true }, { "list_type", true },      { "name", true },     { "chrgitm_lv", true },
    { "selfpay_prop", true },  { "pric_uplmt_amt", true }, { "begndate", true }, { "enddate", true },
};

void yb_item_label(yb_item_t *item, yb_arena_t *arena)
{
    item->record.group = yb_arena_printf(arena, "%s|%s", item->med_list_codg, item->insu_admdvs);
    item->record.key = yb_arena_printf(arena, "%s|%d", item->record.group, item->begndate);
}

/* Rates: 甲 pays none itself, 丙 all of it; of 乙 the file must say it. */
static bool item_money(yb_import_page_t *page, yb_import_row_t *row, yb_item_t *item)
{
    const int64_t unsaid = strcmp(item->chrgitm_lv, "01") == 0 ? 0
        : strcmp(item->chrgitm_lv, "03") == 0                  ? YB_PPM_ONE
                                                               : -1;
    int64_t rate = 0, limit = 0;
    if (!yb_import_decimal(page, row, C_SELFPAY, 6, 0, YB_PPM_ONE, unsaid, &rate) ||
        !yb_import_decimal(page, row, C_LIMIT, 6, 0, 1000000000LL * 1000000, -1, &limit))
        return false;
    if (rate < 0) {
        yb_import_fault(page, row, "selfpay_prop", "为空，乙类须填写先行自付比例，如 0.1000");
        return false;
    }
    /* the national catalogue writes "no limit" as a number of nines */
    if (limit == 99999999LL * 1000000 || limit == 999999LL * 1000000)
        limit = -1;
    item->selfpay_prop_ppm = (int32_t)rate;
    item->pric_uplmt = limit;
    return true;
}

yb_import_record_t *yb_item_parse(yb_import_page_t *page, yb_import_row_t *row)
{
    static const char *const lists[] = { "101", "102", "103", "104", "105", "201", "301", NULL },
                             *const levels[] = { "01", "02", "03", NULL };
    yb_item_t *item = YB_NEW(page->arena, yb_item_t);
    item->med_list_codg = row->cells[C_CODE];
    item->insu_admdvs = page->area;
    bool ok = coded(page, row, C_CODE, yb_code_catalogue);
    item->list_type = yb_import_choice(page, row, C_LIST, lists, true);
    item->name = yb_import_text(page, row, C_NAME, 500, true);
    item->chrgitm_lv = yb_import_choice(page, row, C_LEVEL, levels, true);
    ok = yb_import_span(page, row, C_BEGIN, C_END, &item->begndate, &item->enddate) && ok;
    if (!ok || item->list_type == NULL || item->name == NULL || item->chrgitm_lv == NULL ||
        !item_money(page, row, item))
        return NULL;
    yb_item_label(item, page->arena);
    return &item->record;
}

const char *yb_item_differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const yb_item_t *a = (const yb_item_t *)old, *b = (const yb_item_t *)fresh;
    return strcmp(a->list_type, b->list_type) != 0   ? "list_type"
        : strcmp(a->name, b->name) != 0              ? "name"
        : strcmp(a->chrgitm_lv, b->chrgitm_lv) != 0  ? "chrgitm_lv"
        : a->selfpay_prop_ppm != b->selfpay_prop_ppm ? "selfpay_prop"
        : a->pric_uplmt != b->pric_uplmt             ? "pric_uplmt_amt"
        : a->enddate != b->enddate                   ? "enddate"
                                                     : NULL;
}

bool yb_item_admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    const yb_item_t *a = (const yb_item_t *)other, *b = (const yb_item_t *)fresh;
    if (!yb_import_overlap(a->begndate, a->enddate, b->begndate, b->enddate))
        return true;
    char span[YB_SPAN_TEXT];
    yb_import_record_fault(page, fresh, "begndate", "与同一编码 %s 的有效期重叠，请先终止那一条",
                           yb_import_span_text(a->begndate, a->enddate, span));
    return false;
}
