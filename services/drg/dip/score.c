#include "score.h"

#include <string.h>
#include "services/drg/plan/sheet.h"

/* ---- auxiliary tables ---- */

static bool read_aux(yb_sheet_t *sheet, yb_dip_aux_t *aux)
{
    enum { TABLE, KEY, COEFFICIENT };
    static const char *const tables[] = { "age", "severity", "tumour" };
    char table[YB_PLAN_TEXT];
    bool known = false;
    if (!yb_sheet_code(sheet, TABLE, table) || !yb_sheet_code(sheet, KEY, aux->key) ||
        !yb_sheet_number(sheet, COEFFICIENT, 4, 1, YB_COEFFICIENT_E4_MAX, &aux->coefficient_e4))
        return false;
    for (size_t i = 0; i < 3; i++)
        known = known || strcmp(table, tables[i]) == 0;
    if (!known)
        yb_sheet_fault(sheet, TABLE, "应为age、severity或tumour");
    yb_text_copy(aux->table, sizeof(aux->table), table);
    return known;
}

yb_err_t yb_dip_read_aux(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                         yb_dip_settings_t *settings)
{
    static const char *const required[] = { "table", "key", "coefficient", NULL };
    const yb_sheet_source_t source = { .name = name, .file = file, .text = text, .len = len, .required = required };
    const size_t errors = report->errors;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    settings->aux_count = 0;
    while (yb_sheet_next(sheet)) {
        if (settings->aux_count == YB_DIP_AUX_MAX) {
            yb_sheet_fault(sheet, -1, "辅助系数过多，最多%d个", YB_DIP_AUX_MAX);
            break;
        }
        settings->aux_count += read_aux(sheet, &settings->aux[settings->aux_count]);
    }
    yb_sheet_close(&sheet);
    return report->errors > errors ? YB_E_FILE_FORM : YB_OK;
}

/* ---- cases ---- */

enum { ID, DX, OPS, OP_KIND, FEE, LEVEL, AGE, AGE_DAYS, SEVERITY, TUMOUR, COEFFICIENT };
static const char *const required_columns[] = { "id", "dx", "ops", "op_kind", "fee", NULL };
static const char *const optional_columns[] = { "level", "age", "age_days", "severity", "tumour", "coefficient", NULL };

typedef struct facts {
    char id[65], key[YB_DIP_KEY_TEXT], level[YB_PLAN_TEXT], severity[YB_PLAN_TEXT], tumour[YB_PLAN_TEXT];
    const char *age;
    yb_dip_op_kind_t op_kind;
    yb_fen_t fee_fen;
    int64_t k_e4;
} facts_t;

static bool read_word(yb_sheet_t *sheet, int column, char ret[YB_PLAN_TEXT])
{
    ret[0] = '\0';
    return yb_sheet_text(sheet, column).len == 0 || yb_sheet_code(sheet, column, ret);
}

static bool read_optional_number(yb_sheet_t *sheet, int column, int scale, int64_t min, int64_t max, int64_t *value)
{
    return yb_sheet_text(sheet, column).len == 0 || yb_sheet_number(sheet, column, scale, min, max, value);
}

static bool read_age(yb_sheet_t *sheet, facts_t *f)
{
    int64_t years = 0, days = 0;
    f->age = "";
    if (yb_sheet_text(sheet, AGE).len == 0 && yb_sheet_text(sheet, AGE_DAYS).len == 0)
        return true;
    if (!read_optional_number(sheet, AGE, 0, 0, 200, &years) ||
        !read_optional_number(sheet, AGE_DAYS, 0, 0, 366, &days))
        return false;
    if (years == 0 && yb_sheet_text(sheet, AGE_DAYS).len == 0) {
        yb_sheet_fault(sheet, AGE, "不满一岁须有age_days（天数）");
        return false;
    }
    f->age = yb_dip_age_band((int)years, (int)days);
    return true;
}

static bool read_facts(yb_sheet_t *sheet, facts_t *f)
{
    yb_slice_t id = yb_sheet_text(sheet, ID);
    bool good = id.len > 0 && id.len < sizeof(f->id);
    if (good)
        yb_text_copy_n(f->id, sizeof(f->id), id.data, id.len);
    else
        yb_sheet_fault(sheet, ID, "病例编号须为1至%d字节", (int)sizeof(f->id) - 1);
    if (yb_dip_key(yb_sheet_text(sheet, DX), yb_sheet_text(sheet, OPS), f->key) != YB_OK) {
        yb_sheet_fault(sheet, DX, "主要诊断须为ICD-10编码（如I20.000），手术操作以+相连，最多%d个，不含空格",
                       YB_DIP_OPS_MAX);
        good = false;
    }
    if (!yb_dip_op_kind_parse(yb_sheet_text(sheet, OP_KIND), &f->op_kind)) {
        yb_sheet_fault(sheet, OP_KIND, "应为none、diagnostic、therapeutic或operation");
        good = false;
    }
    f->k_e4 = YB_E4_ONE;
    good = yb_sheet_number(sheet, FEE, 2, 0, YB_CASE_FEE_MAX, &f->fee_fen) && good;
    good = read_word(sheet, LEVEL, f->level) && read_word(sheet, SEVERITY, f->severity) && good;
    good = read_word(sheet, TUMOUR, f->tumour) && read_age(sheet, f) && good;
    return read_optional_number(sheet, COEFFICIENT, 4, 1, YB_COEFFICIENT_E4_MAX, &f->k_e4) && good;
}

static yb_err_t score_one(const yb_dip_catalogue_t *catalogue, const yb_dip_settings_t *settings, const facts_t *f,
                          FILE *out, yb_dip_tally_t *tally)
{
    static const char *const words[] = { [YB_DIP_NORMAL] = "normal", [YB_DIP_LOW] = "low", [YB_DIP_HIGH] = "high" };
    const yb_dip_disease_t *disease = yb_dip_match(catalogue, f->key, f->op_kind);
    char rw[YB_DECIMAL_TEXT], aux[YB_DECIMAL_TEXT], score[YB_DECIMAL_TEXT];
    tally->cases++;
    if (disease == NULL) {
        tally->none++;
        fprintf(out, "%s\t%s\tnone\t\t\t\t\n", f->id, f->key);
        return YB_OK;
    }
    const yb_dip_level_t *level = yb_dip_level(disease, f->level);
    const yb_dip_mean_t m = yb_dip_mean(&disease->sums),
                        reference =
                            yb_dip_reference(level != NULL ? level->n : 0, level != NULL ? level->fee_fen : 0, &m);
    const int64_t aux_e4 = yb_dip_aux_coefficient(settings->aux, settings->aux_count, f->age, f->severity, f->tumour);
    yb_dip_class_t class;
    int64_t score_e4;
    yb_err_t err =
        yb_dip_score(disease->rw_e4, aux_e4, f->k_e4, f->fee_fen, &reference, settings->bounds, &class, &score_e4);
    if (err != YB_OK)
        return err;
    *(yb_dip_is_core(disease) ? &tally->core : &tally->composite) += 1;
    tally->low += class == YB_DIP_LOW;
    tally->high += class == YB_DIP_HIGH;
    tally->score_e4 += score_e4;
    fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f->id, disease->code, yb_dip_is_core(disease) ? "core" : "composite",
            words[class], yb_decimal_format(disease->rw_e4, 4, rw), yb_decimal_format(aux_e4, 4, aux),
            yb_decimal_format(score_e4, 4, score));
    return YB_OK;
}

yb_err_t yb_dip_score_file(const yb_dip_catalogue_t *catalogue, const yb_dip_settings_t *settings, FILE *file,
                           const char *text, size_t len, const char *name, yb_file_report_t *report, FILE *out,
                           yb_dip_tally_t *ret_tally)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = required_columns, .optional = optional_columns
    };
    const size_t errors = report->errors;
    yb_dip_tally_t tally = { .cases = 0 };
    facts_t facts;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    fputs("id\tcode\tkind\tdeviation\trw\taux\tscore\n", out);
    while (yb_sheet_next(sheet))
        if (read_facts(sheet, &facts) && score_one(catalogue, settings, &facts, out, &tally) != YB_OK)
            yb_sheet_fault(sheet, FEE, "分值过大，超出可计算范围");
    yb_sheet_close(&sheet);
    if (report->errors > errors)
        return YB_E_FILE_FORM;
    *ret_tally = tally;
    return YB_OK;
}
