#include "score.h"

#include <string.h>
#include "services/drg/dip/facts.h"
#include "services/drg/plan/sheet.h"

enum { ID, DX, OPS, OP_KIND, FEE, LEVEL, AGE, AGE_DAYS, SEVERITY, TUMOUR, COEFFICIENT };
static const char *const required_columns[] = { "id", "dx", "ops", "op_kind", "fee", NULL };
static const char *const optional_columns[] = { "level", "age", "age_days", "severity", "tumour", "coefficient", NULL };
static const yb_dip_columns_t columns = { .dx = DX,
                                          .ops = OPS,
                                          .op_kind = OP_KIND,
                                          .level = LEVEL,
                                          .age = AGE,
                                          .age_days = AGE_DAYS,
                                          .severity = SEVERITY,
                                          .tumour = TUMOUR };

typedef struct scored {
    char id[65], key[YB_DIP_KEY_TEXT];
    yb_dip_row_t row;
    yb_fen_t fee_fen;
    int64_t k_e4;
} scored_t;

/* What a case without disease is called by in the results. */
static bool read_key(yb_sheet_t *sheet, const yb_dip_facts_t *facts, char ret[YB_DIP_KEY_TEXT])
{
    yb_dip_case_t c;
    if (yb_dip_case_parse(facts->dx, facts->ops, &c) != YB_OK)
        return false;
    if (yb_dip_key(&c, ret) == YB_OK)
        return true;
    yb_sheet_fault(sheet, OPS, "手术操作过长");
    return false;
}

static bool read_case(yb_sheet_t *sheet, scored_t *s)
{
    yb_slice_t id = yb_sheet_text(sheet, ID);
    bool good = id.len > 0 && id.len < sizeof(s->id);
    if (good)
        yb_text_copy_n(s->id, sizeof(s->id), id.data, id.len);
    else
        yb_sheet_fault(sheet, ID, "病例编号须为1至%d字节", (int)sizeof(s->id) - 1);
    s->k_e4 = YB_E4_ONE;
    good = yb_dip_read_facts(sheet, &columns, false, &s->row) && read_key(sheet, &s->row.facts, s->key) && good;
    good = yb_sheet_number(sheet, FEE, 2, 0, YB_CASE_FEE_MAX, &s->fee_fen) && good;
    return (yb_sheet_text(sheet, COEFFICIENT).len == 0 ||
            yb_sheet_number(sheet, COEFFICIENT, 4, 1, YB_COEFFICIENT_E4_MAX, &s->k_e4)) &&
           good;
}

static void write_case(const scored_t *s, const yb_dip_result_t *r, FILE *out, yb_dip_tally_t *tally)
{
    static const char *const words[] = { [YB_DIP_NORMAL] = "normal", [YB_DIP_LOW] = "low", [YB_DIP_HIGH] = "high" };
    const yb_dip_disease_t *disease = r->disease;
    char rw[YB_DECIMAL_TEXT], aux[YB_DECIMAL_TEXT], score[YB_DECIMAL_TEXT];
    tally->cases++;
    if (disease == NULL) {
        tally->none++;
        fprintf(out, "%s\t%s\tnone\t\t\t\t\n", s->id, s->key);
        return;
    }
    tally->by_kind[disease->kind]++;
    tally->low += r->class == YB_DIP_LOW;
    tally->high += r->class == YB_DIP_HIGH;
    tally->score_e4 += r->score_e4;
    fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s->id, disease->code, yb_dip_kind_name(disease->kind), words[r->class],
            yb_decimal_format(disease->rw_e4, 4, rw), yb_decimal_format(r->aux_e4, 4, aux),
            yb_decimal_format(r->score_e4, 4, score));
}

static int column_of(const char *field)
{
    return strcmp(field, "dx") == 0 ? DX : strcmp(field, "op_kind") == 0 ? OP_KIND : FEE;
}

yb_err_t yb_dip_score_file(const yb_dip_rules_t *rules, FILE *file, const char *text, size_t len, const char *name,
                           yb_file_report_t *report, FILE *out, yb_dip_tally_t *ret_tally)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = required_columns, .optional = optional_columns
    };
    const size_t errors = report->errors;
    yb_dip_tally_t tally = { .cases = 0 };
    scored_t s;
    yb_dip_result_t result;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    fputs("id\tcode\tkind\tdeviation\trw\taux\tscore\n", out);
    while (yb_sheet_next(sheet)) {
        yb_refusal_t why = { .code = YB_OK };
        if (!read_case(sheet, &s))
            continue;
        if (yb_dip_apply(rules, &s.row.facts, (int32_t)s.k_e4, s.fee_fen, &result, &why) == YB_OK)
            write_case(&s, &result, out, &tally);
        else
            yb_sheet_fault(sheet, column_of(why.field), "%s", why.text);
    }
    yb_sheet_close(&sheet);
    if (report->errors > errors)
        return YB_E_FILE_FORM;
    *ret_tally = tally;
    return YB_OK;
}
