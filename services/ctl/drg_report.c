#include "services/ctl/drg_report.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/money.h"
#include "services/ctl/console.h"
#include "services/ctl/csv_out.h"
#include "services/ctl/drg_month.h"
#include "services/drg/rules/report.h"

typedef Yibao__Drg__ReportRow row_t;

/* ---- a row's numbers ---- */

static const Yibao__Drg__Figure *figure_of(const row_t *r, yb_report_figure_t figure)
{
    const Yibao__Drg__Figure *const figures[YB_FIGURE_COUNT] = {
        [YB_FIGURE_CMI] = r->cmi_e4,
        [YB_FIGURE_TIME_INDEX] = r->time_index_e4,
        [YB_FIGURE_COST_INDEX] = r->cost_index_e4,
        [YB_FIGURE_GROUPING] = r->grouping_e4,
        [YB_FIGURE_LOW_RISK_DEATH] = r->low_risk_death_e6,
        [YB_FIGURE_PAID_SHARE] = r->paid_share_e4,
        [YB_FIGURE_PAID_FUND_SHARE] = r->paid_fund_share_e4,
        [YB_FIGURE_MEAN_FEE] = r->mean_fee_fen,
        [YB_FIGURE_MEAN_DAYS] = r->mean_days_e2,
        [YB_FIGURE_LOW_SHARE] = r->low_share_e4,
        [YB_FIGURE_HIGH_SHARE] = r->high_share_e4,
    };
    return figures[figure];
}

static bool is_known(const Yibao__Drg__Figure *f) { return f != NULL && f->lacks[0] == '\0'; }

static bool is_share(yb_report_figure_t figure)
{
    return figure == YB_FIGURE_GROUPING || figure == YB_FIGURE_LOW_RISK_DEATH || figure == YB_FIGURE_PAID_SHARE ||
           figure == YB_FIGURE_PAID_FUND_SHARE || figure == YB_FIGURE_LOW_SHARE || figure == YB_FIGURE_HIGH_SHARE;
}

/* "85.71%", "1.0556", "12,345.00"; "—" when there is none. */
static const char *figure_text(const row_t *r, yb_report_figure_t figure, char buf[YB_GROUPED_TEXT])
{
    const Yibao__Drg__Figure *f = figure_of(r, figure);
    char plain[YB_DECIMAL_TEXT];
    if (!is_known(f))
        return "—";
    yb_decimal_format(f->value, yb_report_figure_scale(figure) - (is_share(figure) ? 2 : 0), plain);
    if (is_share(figure))
        snprintf(buf, YB_GROUPED_TEXT, "%s%%", plain);
    else
        yb_grouped(plain, buf);
    return buf;
}

static const char *number_text(int64_t number, char buf[YB_GROUPED_TEXT])
{
    char plain[YB_DECIMAL_TEXT];
    return yb_grouped(yb_decimal_format(number, 0, plain), buf);
}

static const char *money_text(yb_fen_t fen, char buf[YB_GROUPED_TEXT])
{
    char plain[YB_DECIMAL_TEXT];
    return yb_grouped(yb_fen_format(fen, plain), buf);
}

/* ---- keys ---- */

#define KEYS_MAX 2
static const struct {
    const char *titles[KEYS_MAX];
    size_t count;
} keys[YB_REPORT_BY_COUNT] = {
    [YB_REPORT_HOSPITAL] = { { "机构" }, 1 },        [YB_REPORT_DEPARTMENT] = { { "机构", "科室" }, 2 },
    [YB_REPORT_DRG] = { { "病组", "病组名称" }, 2 }, [YB_REPORT_MONTH] = { { "月份" }, 1 },
    [YB_REPORT_CLASS] = { { "支付类别" }, 1 },
};

static void key_of(const row_t *r, int by, const char *texts[KEYS_MAX], char month[16])
{
    snprintf(month, 16, "%" PRId32, r->ym);
    texts[0] = by == YB_REPORT_DRG     ? r->drg
               : by == YB_REPORT_MONTH ? month
               : by == YB_REPORT_CLASS ? r->pay_class_name
                                       : r->fixmedins_code;
    texts[1] = by == YB_REPORT_DRG ? r->drg_name : r->dscg_caty;
    if (by == YB_REPORT_DRG && texts[0][0] == '\0')
        texts[0] = "无清单";
    if (by == YB_REPORT_DEPARTMENT && texts[1][0] == '\0')
        texts[1] = "无清单";
}

/* ---- the table ---- */

static const yb_report_figure_t shown[] = { YB_FIGURE_CMI,       YB_FIGURE_TIME_INDEX, YB_FIGURE_COST_INDEX,
                                            YB_FIGURE_GROUPING,  YB_FIGURE_MEAN_FEE,   YB_FIGURE_MEAN_DAYS,
                                            YB_FIGURE_LOW_SHARE, YB_FIGURE_HIGH_SHARE, YB_FIGURE_LOW_RISK_DEATH };
#define SHOWN (sizeof shown / sizeof shown[0])

static void print_months(const Yibao__Drg__ReportReply *reply, FILE *out)
{
    char count[YB_GROUPED_TEXT];
    fprintf(out, "统筹区 %06" PRId32 "\n", reply->poolarea);
    for (size_t i = 0; i < reply->n_months; i++) {
        const Yibao__Drg__ReportMonth *m = reply->months[i];
        fprintf(out, "  %" PRId32 "  ", m->ym);
        if (m->state == 2 || m->state == 3)
            fprintf(out, "%s，%s例\n", m->state == 3 ? "已发布" : "已结账，尚未发布",
                    number_text(m->case_count, count));
        else
            fprintf(out, "%s\n", m->state == 1 ? "正在结账，未列入" : "尚未结账，未列入");
    }
    if (reply->n_months == 0)
        fputs("  还没有已结账的月份\n", out);
}

static void add_row(yb_table_t *table, const row_t *r, int by, const char *instead)
{
    char text[SHOWN + 4][YB_GROUPED_TEXT], month[16];
    const char *cells[YB_TABLE_COLUMNS_MAX], *key[KEYS_MAX];
    size_t n = 0;
    key_of(r, by, key, month);
    for (; n < keys[by].count; n++)
        cells[n] = instead == NULL ? key[n] : n == 0 ? instead : "";
    cells[n++] = number_text(r->cases, text[SHOWN]);
    cells[n++] = number_text(r->drg_count, text[SHOWN + 1]);
    for (size_t i = 0; i < SHOWN; i++)
        cells[n++] = figure_text(r, shown[i], text[i]);
    cells[n++] = money_text(r->fee_fen, text[SHOWN + 2]);
    cells[n++] = money_text(r->surplus_fen, text[SHOWN + 3]);
    yb_table_row(table, cells);
}

/* Each figure that is missing somewhere, with what it lacks. */
static void print_lacks(const Yibao__Drg__ReportReply *reply, FILE *out)
{
    for (size_t k = 0; k < SHOWN; k++) {
        bool missing = !is_known(figure_of(reply->total, shown[k]));
        for (size_t i = 0; i < reply->n_rows && !missing; i++)
            missing = !is_known(figure_of(reply->rows[i], shown[k]));
        if (missing)
            fprintf(out, "— %s：%s\n", yb_report_figure_zh(shown[k]), yb_report_figure_lacks(shown[k]));
    }
}

/* The share of inpatient spending paid by DRG, DIP and disease, beside what the plans want of it. */
static void print_share(const row_t *total, FILE *out)
{
    const Yibao__Drg__Figure *share = total->paid_share_e4;
    char text[2][YB_GROUPED_TEXT];
    fprintf(out, "按病组、病种付费占住院费用 %s", figure_text(total, YB_FIGURE_PAID_SHARE, text[0]));
    if (is_known(share))
        fprintf(out, "（目标≥%d%%，%s）", YB_PAID_SHARE_TARGET_E4 / 100,
                share->value >= YB_PAID_SHARE_TARGET_E4 ? "已达到" : "未达到");
    fprintf(out, "，占住院应付基金 %s\n", figure_text(total, YB_FIGURE_PAID_FUND_SHARE, text[1]));
}

void yb_report_print(const Yibao__Drg__ReportReply *reply, int by, FILE *out)
{
    const char *titles[YB_TABLE_COLUMNS_MAX + 1];
    static const char *const rest[] = { ">病例",       ">病组数",   ">CMI",         ">时间指数", ">费用指数",
                                        ">入组率",     ">例均费用", ">平均住院日",  ">低倍率",   ">高倍率",
                                        ">低风险死亡", ">总费用",   ">结余(-亏损)", NULL };
    size_t n = 0;
    print_months(reply, out);
    if (reply->row_count == 0) {
        fputs("没有病例\n", out);
        return;
    }
    for (; n < keys[by].count; n++)
        titles[n] = keys[by].titles[n];
    memcpy(titles + n, rest, sizeof rest);
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < reply->n_rows; i++)
        add_row(table, reply->rows[i], by, NULL);
    add_row(table, reply->total, by, "合计");
    fputc('\n', out);
    yb_table_print(table, out);
    yb_table_destroy(&table);
    if (reply->n_rows < reply->row_count)
        fprintf(out, "… 还有%zu行未列出；合计为全部%" PRIu32 "行\n", (size_t)reply->row_count - reply->n_rows,
                reply->row_count);
    fputc('\n', out);
    print_share(reply->total, out);
    print_lacks(reply, out);
}

/* ---- CSV ---- */

static void csv_counts(const row_t *r, FILE *out)
{
    const int64_t counts[] = { r->cases, r->listed, r->excluded, r->grouped,  r->weighted,       r->drg_count,
                               r->low,   r->high,   r->deaths,   r->low_risk, r->low_risk_deaths };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        fprintf(out, ",%" PRId64, counts[i]);
}

static void csv_sums(const row_t *r, FILE *out)
{
    const struct {
        int64_t value;
        int scale;
    } sums[] = { { r->rw_e4, 4 },   { r->days, 0 },       { r->points_e4, 4 },
                 { r->fee_fen, 2 }, { r->gross_fen, 2 },  { r->other_pay_fen, 2 },
                 { r->due_fen, 2 }, { r->booked_fen, 2 }, { r->surplus_fen, 2 } };
    char plain[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        fprintf(out, ",%s", yb_decimal_format(sums[i].value, sums[i].scale, plain));
}

static void csv_row(const row_t *r, int by, const char *instead, FILE *out)
{
    char month[16], plain[YB_DECIMAL_TEXT];
    const char *key[KEYS_MAX];
    key_of(r, by, key, month);
    for (size_t i = 0; i < keys[by].count; i++) {
        fputs(i > 0 ? "," : "", out);
        yb_csv_out_text(out, instead == NULL ? key[i] : i == 0 ? instead : "");
    }
    csv_counts(r, out);
    for (yb_report_figure_t f = 0; f < YB_FIGURE_COUNT; f++) {
        const Yibao__Drg__Figure *figure = figure_of(r, f);
        fprintf(out, ",%s",
                is_known(figure) ? yb_decimal_format(figure->value, yb_report_figure_scale(f), plain)
                                 : yb_report_figure_lacks(f));
    }
    csv_sums(r, out);
    fputs("\r\n", out);
}

void yb_report_print_csv(const Yibao__Drg__ReportReply *reply, int by, FILE *out)
{
    fputs(YB_CSV_BOM, out);
    for (size_t i = 0; i < keys[by].count; i++)
        fprintf(out, "%s%s", i > 0 ? "," : "", keys[by].titles[i]);
    fputs(",病例数,有清单,排除,入组,按权重付费,病组数,低倍率,高倍率,死亡,低风险病例,低风险死亡", out);
    for (yb_report_figure_t f = 0; f < YB_FIGURE_COUNT; f++)
        fprintf(out, ",%s%s", yb_report_figure_zh(f), f == YB_FIGURE_MEAN_FEE ? "(元)" : "");
    fputs(",总权重,住院日,点数,总费用(元),支付标准(元),其他支付(元),应付(元),已记账(元),结余(元)\r\n", out);
    for (size_t i = 0; i < reply->n_rows; i++)
        csv_row(reply->rows[i], by, NULL, out);
    csv_row(reply->total, by, "合计", out);
}
