#include "facts.h"

static bool read_word(yb_sheet_t *sheet, int column, char ret[YB_PLAN_TEXT])
{
    ret[0] = '\0';
    return yb_sheet_text(sheet, column).len == 0 || yb_sheet_code(sheet, column, ret);
}

static bool read_number(yb_sheet_t *sheet, int column, int64_t max, int64_t *value)
{
    return yb_sheet_text(sheet, column).len == 0 || yb_sheet_number(sheet, column, 0, 0, max, value);
}

static bool read_age(yb_sheet_t *sheet, const yb_dip_columns_t *columns, yb_dip_facts_t *f)
{
    int64_t years = 0, days = 0;
    f->age = "";
    if (yb_sheet_text(sheet, columns->age).len == 0 && yb_sheet_text(sheet, columns->age_days).len == 0)
        return true;
    if (!read_number(sheet, columns->age, 200, &years) || !read_number(sheet, columns->age_days, 366, &days))
        return false;
    if (years == 0 && yb_sheet_text(sheet, columns->age_days).len == 0) {
        yb_sheet_fault(sheet, columns->age, "不满一岁须有age_days（天数）");
        return false;
    }
    f->age = yb_dip_age_band((int)years, (int)days);
    return true;
}

bool yb_dip_read_facts(yb_sheet_t *sheet, const yb_dip_columns_t *columns, bool op_kind_optional, yb_dip_row_t *ret)
{
    const yb_slice_t kind = yb_sheet_text(sheet, columns->op_kind);
    yb_dip_facts_t *f = &ret->facts;
    yb_dip_case_t c;
    bool good = true;
    *f = (yb_dip_facts_t){ .dx = yb_sheet_text(sheet, columns->dx),
                           .ops = yb_sheet_text(sheet, columns->ops),
                           .op_kind = YB_DIP_OP_KINDS,
                           .level = ret->level,
                           .severity = ret->severity,
                           .tumour = ret->tumour };
    if (yb_dip_case_parse(f->dx, f->ops, &c) != YB_OK) {
        yb_sheet_fault(sheet, columns->dx, YB_DIP_CASE_FAULT);
        good = false;
    }
    if (!(kind.len == 0 && op_kind_optional) && !yb_dip_op_kind_parse(kind, &f->op_kind)) {
        yb_sheet_fault(sheet, columns->op_kind, "应为none、diagnostic、therapeutic或operation");
        good = false;
    }
    good = read_word(sheet, columns->level, ret->level) && good;
    good = read_word(sheet, columns->severity, ret->severity) && read_word(sheet, columns->tumour, ret->tumour) && good;
    return read_age(sheet, columns, f) && good;
}
