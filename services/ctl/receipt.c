#include "services/ctl/receipt.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "libcommon/day.h"
#include "libcommon/money.h"
#include "libcommon/text.h"
#include "services/ctl/console.h"
#include "services/settlement/rules/policy.h"

#define LABEL_COLUMNS 40
#define AMOUNT_COLUMNS 18
#define STEP_BYTES_MAX 8192 /* more than the 4000 bytes of setl_proc_info can grow to */

typedef Yibao__Settlement__SettlementInfo info_t;

/* ---- words ---- */

typedef struct word {
    const char *code, *name;
} word_t;

static const char *word_for(const word_t *words, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(words[i].code, code, strlen(words[i].code)) == 0)
            return words[i].name;
    return "";
}

/* Dictionary insutype, med_type, fund_pay_type of the national interface; the longest code first where one
 * begins another. */
static const word_t insutypes[] = { { "310", "职工基本医疗保险" }, { "390", "城乡居民基本医疗保险" } };
static const word_t med_types[] = { { "11", "普通门诊" }, { "12", "门诊挂号" }, { "13", "急诊" },
    { "14", "门诊慢特病" }, { "21", "普通住院" } };
static const word_t funds[] = { { "310100", "职工基本医保统筹基金" }, { "310200", "个人账户" },
    { "330100", "职工大额医疗费用补助" }, { "390100", "居民基本医保统筹基金" }, { "390200", "居民大病保险" },
    { "610100", "医疗救助" } };
#define WORD(list, code) word_for((list), sizeof(list) / sizeof((list)[0]), (code))

/* ---- lines ---- */

static void say(FILE *out, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    fputs("  ", out);
    yb_print_cell(out, label, 10, false);
    yb_print_clean(out, text);
    fputc('\n', out);
}

static void say_amount(FILE *out, int indent, const char *label, int64_t fen)
{
    char text[YB_DECIMAL_TEXT], grouped[YB_GROUPED_TEXT];
    fprintf(out, "  %*s", indent, "");
    yb_print_cell(out, label, (size_t)(LABEL_COLUMNS - indent), false);
    yb_print_cell(out, yb_grouped(yb_fen_format(fen, text), grouped), AMOUNT_COLUMNS, true);
    fputs(" 元\n", out);
}

static void say_amount_if(FILE *out, int indent, const char *label, int64_t fen)
{
    if (fen != 0)
        say_amount(out, indent, label, fen);
}

/* ---- the steps of a fund ---- */

/* A value of a step as it stands; *buf holds what had to be written. "" = absent. */
static const char *value_text(const json_t *step, const char *name, char buf[64])
{
    const json_t *v = json_object_get(step, name);
    if (v == NULL || json_is_null(v))
        return "";
    if (json_is_string(v))
        return json_string_value(v);
    size_t n = json_dumpb(v, buf, 63, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    buf[n <= 63 ? n : 0] = '\0';
    return buf;
}

/* "10103.9" -> "10,103.90"; what is no amount stays as it is. */
static const char *amount_text(const char *text, char buf[YB_GROUPED_TEXT])
{
    int64_t fen;
    char digits[YB_DECIMAL_TEXT];
    if (yb_decimal_parse(text, strlen(text), 2, &fen) != YB_OK)
        return text;
    return yb_grouped(yb_fen_format(fen, digits), buf);
}

/* "0.85" -> "85%" */
static const char *rate_text(const char *text, char buf[YB_DECIMAL_TEXT + 1])
{
    int64_t ppm;
    if (yb_decimal_parse(text, strlen(text), 6, &ppm) != YB_OK)
        return text;
    yb_decimal_format(ppm, 4, buf);
    size_t len = strlen(buf);
    while (buf[len - 1] == '0')
        len--;
    len -= buf[len - 1] == '.';
    memcpy(buf + len, "%", 2);
    return buf;
}

/* A growing line; what does not fit is cut on a character boundary. */
typedef struct line {
    char text[STEP_BYTES_MAX];
    size_t len;
} line_t;

static void add(line_t *line, const char *text)
{
    line->len += yb_text_copy(line->text + line->len, sizeof line->text - line->len, text);
}

static void add_amount(line_t *line, const char *before, const json_t *step, const char *name)
{
    char raw[64], grouped[YB_GROUPED_TEXT];
    const char *text = amount_text(value_text(step, name, raw), grouped);
    if (text[0] == '\0')
        return;
    add(line, before);
    add(line, text);
}

static void add_rate(line_t *line, const char *before, const json_t *step)
{
    char raw[64], percent[YB_DECIMAL_TEXT + 1];
    const char *text = rate_text(value_text(step, "rate", raw), percent);
    if (text[0] == '\0')
        return;
    add(line, before);
    add(line, text);
}

/* "residents.inpatient.deductible.class_1" -> "居民住院起付线（一类）"; a key of another release stays as it
 * is. */
static const char *rule_name(const char *key, char buf[YB_PARAM_KEY_MAX])
{
    static const char diseases[] = ".chronic.diseases.";
    char known[YB_PARAM_KEY_MAX];
    const char *disease = strstr(key, diseases);
    if (disease != NULL) {
        snprintf(buf, YB_PARAM_KEY_MAX, "门诊慢特病支付比例（病种%.32s）", disease + sizeof diseases - 1);
        return buf;
    }
    for (int p = 0; p < YB_PARAM_COUNT; p++)
        if (strcmp(yb_param_key((yb_param_t)p, known), key) == 0)
            return yb_param_name_zh((yb_param_t)p, buf);
    return key;
}

/* 〔居民住院起付线（一类），依据：…〕, of the rule whose keys begin with `prefix` ("", "line_", "limit_"). */
static void add_cite(line_t *line, const json_t *step, const char *prefix)
{
    char key[32], rule_raw[64], source_raw[64], name[YB_PARAM_KEY_MAX];
    snprintf(key, sizeof key, "%srule", prefix);
    const char *rule = value_text(step, key, rule_raw);
    snprintf(key, sizeof key, "%ssource", prefix);
    const char *source = value_text(step, key, source_raw);
    if (rule[0] == '\0' && source[0] == '\0')
        return;
    add(line, "〔");
    add(line, rule_name(rule, name));
    static const char assumed[] = "assumed: ";      /* docs/policy.md: no document says it; the reason follows */
    const bool is_assumed = strncmp(source, assumed, sizeof assumed - 1) == 0;
    if (source[0] != '\0')
        add(line, is_assumed ? "，推定：" : rule[0] != '\0' ? "，依据：" : "");
    add(line, is_assumed ? source + sizeof assumed - 1 : source);
    add(line, "〕");
}

static void add_name(line_t *line, const json_t *step)
{
    static const char *const names[] = { "name", "step", "polItemCode", NULL };
    char raw[64] = "";
    const char *name = "";
    for (size_t i = 0; names[i] != NULL && name[0] == '\0'; i++)
        name = value_text(step, names[i], raw);
    add(line, name);
    const char *tag = value_text(step, "tag", raw);
    if (tag[0] != '\0') {
        add(line, "（");
        add(line, tag);
        add(line, "）");
    }
}

/* input × rate → output, with the line above which it counts and the limit that cut it. */
static void add_product(line_t *line, const json_t *step)
{
    char limit_raw[64], output_raw[64], limit_text[YB_GROUPED_TEXT], output_text[YB_GROUPED_TEXT];
    add_amount(line, "：超过 ", step, "line");
    add_amount(line, json_object_get(step, "line") != NULL ? " 的部分 " : "：", step, "input");
    add_rate(line, " × ", step);
    const char *limit = amount_text(value_text(step, "limit", limit_raw), limit_text);
    const char *output = amount_text(value_text(step, "output", output_raw), output_text);
    const bool cut = limit[0] != '\0' && strcmp(limit, output) == 0;
    if (cut)
        add_amount(line, "，以余下的限额 ", step, "limit");
    add_amount(line, " → ", step, "output");
    add_cite(line, step, "");
    add_cite(line, step, "line_");
    if (cut)
        add_cite(line, step, "limit_");
}

/* A step as settlement's rules/trace.h writes it. All its members but step, name, input and output may be
 * absent. */
static void step_text(const json_t *step, line_t *line)
{
    char raw[64];
    const char *id = value_text(step, "step", raw);
    line->len = 0;
    line->text[0] = '\0';
    add_name(line, step);
    if (strcmp(id, "scope") == 0) {
        add_amount(line, "：总费用 ", step, "input");
        add_amount(line, "，其中 ", step, "output");
    } else if (strcmp(id, "deductible") == 0) {
        add_amount(line, "：应付 ", step, "limit");
        add_amount(line, "，本次先由个人付 ", step, "output");
        add_cite(line, step, "limit_");
        add_rate(line, "，年内再次住院按 ", step);
        add_cite(line, step, "");
    } else if (strcmp(id, "safety_net") == 0) {
        add_amount(line, "：个人仍负担 ", step, "input");
        add_amount(line, "，最多负担 ", step, "limit");
        add_amount(line, "，超出部分 → ", step, "output");
        add_cite(line, step, "limit_");
    } else if (strcmp(id, "account") == 0) {
        add_amount(line, "：个人负担 ", step, "input");
        add_amount(line, "，账户余额 ", step, "limit");
        add_amount(line, " → ", step, "output");
    } else {
        add_product(line, step);
    }
}

void yb_receipt_print_steps(const char *setl_proc_info, FILE *out)
{
    json_t *steps = json_loads(setl_proc_info, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(steps)) {
        if (setl_proc_info[0] != '\0')
            yb_print_wrapped(out, "      ", "      ", setl_proc_info, YB_RECEIPT_COLUMNS);
        json_decref(steps);
        return;
    }
    line_t line;
    size_t i;
    json_t *step;
    json_array_foreach(steps, i, step)
    {
        char number[32];
        snprintf(number, sizeof number, "    %2zu. ", i + 1);
        if (json_is_object(step))
            step_text(step, &line);
        else
            yb_text_copy(line.text, sizeof line.text, json_is_string(step) ? json_string_value(step) : "?");
        yb_print_wrapped(out, number, "        ", line.text, YB_RECEIPT_COLUMNS);
    }
    json_decref(steps);
}

/* ---- the receipt ---- */

static void print_head(const info_t *s, FILE *out)
{
    char time[YB_TIME_TEXT], end[YB_TIME_TEXT], mask[YB_MASK_TEXT], line[512];
    fprintf(out, "%s %" PRId64 "   %s\n", s->init_setl_id != 0 ? "退费结算单" : "结算单", s->setl_id,
        yb_time_format(s->setl_time, time));
    if (s->init_setl_id != 0) {
        snprintf(line, sizeof line, "%" PRId64 "（本单为其全额冲正）", s->init_setl_id);
        say(out, "原结算单", line);
    }
    if (strcmp(s->refd_setl_flag, "1") == 0)
        say(out, "状态", "已退费");
    snprintf(line, sizeof line, "%s   %s %s   参保地 %s", yb_mask_certno(s->psn_no, mask),
        WORD(insutypes, s->insutype), s->insutype, s->insuplc_admdvs);
    say(out, "参保人", line);
    snprintf(line, sizeof line, "%s%s%s", s->fixmedins_name, s->fixmedins_name[0] != '\0' ? " " : "",
        s->fixmedins_code);
    say(out, "就诊机构", line);
    snprintf(line, sizeof line, "%s %s   就诊号 %" PRId64 "%s%s", WORD(med_types, s->med_type), s->med_type,
        s->mdtrt_id, s->dise_codg[0] != '\0' ? "   病种 " : "", s->dise_codg);
    say(out, "医疗类别", line);
    yb_time_format(s->begntime, time);
    yb_time_format(s->endtime, end);
    snprintf(line, sizeof line, "%s%s%s", time, s->endtime != 0 && s->endtime != s->begntime ? " 至 " : "",
        s->endtime != s->begntime ? end : "");
    say(out, "就诊时间", line);
    say(out, "经办人", s->opter);
}

static void print_costs(const info_t *s, FILE *out)
{
    fputs("\n费用\n", out);
    say_amount(out, 0, "医疗费总额", s->medfee_sumamt_fen);
    say_amount(out, 2, "目录外全自费", s->fulamt_ownpay_amt_fen);
    say_amount(out, 2, "超限价自费", s->overlmt_selfpay_fen);
    say_amount(out, 2, "乙类先行自付", s->preselfpay_amt_fen);
    say_amount(out, 2, "符合政策范围", s->inscp_scp_amt_fen);
    say_amount_if(out, 4, "其中实际用去起付线", s->act_pay_dedc_fen);
}

static void print_funds(const Yibao__Settlement__SettleReply *reply, FILE *out)
{
    fputs("\n基金支付\n", out);
    for (size_t i = 0; i < reply->n_setldetail; i++) {
        const Yibao__Settlement__FundDetail *d = reply->setldetail[i];
        char label[160];
        snprintf(label, sizeof label, "%s %s",
            d->fund_pay_type_name[0] != '\0' ? d->fund_pay_type_name : WORD(funds, d->fund_pay_type),
            d->fund_pay_type);
        say_amount(out, 0, label, d->fund_payamt_fen);
        yb_receipt_print_steps(d->setl_proc_info, out);
    }
    if (reply->n_setldetail == 0)
        fputs("  无\n", out);
}

static void print_sums(const info_t *s, FILE *out)
{
    fputs("\n合计\n", out);
    say_amount(out, 0, "基金支付总额", s->fund_pay_sumamt_fen);
    say_amount(out, 0, "个人负担", s->psn_part_amt_fen);
    say_amount(out, 2, "个人账户支付", s->acct_pay_fen);
    say_amount(out, 2, "现金支付", s->psn_cash_pay_fen);
    if (strncmp(s->insutype, "310", 3) == 0)
        say_amount(out, 0, "结算后个人账户余额", s->balc_fen);
    /* Conservation, said where people look; a receipt that does not add up must not look as if it did. */
    const bool good = s->medfee_sumamt_fen == s->fund_pay_sumamt_fen + s->psn_part_amt_fen &&
        s->psn_part_amt_fen == s->acct_pay_fen + s->psn_cash_pay_fen &&
        s->medfee_sumamt_fen ==
            s->fulamt_ownpay_amt_fen + s->overlmt_selfpay_fen + s->preselfpay_amt_fen + s->inscp_scp_amt_fen;
    fprintf(out, "  %s\n",
        good ? "核对：总额 = 基金 + 个人账户 + 现金，相符"
             : "核对：总额与各项之和不符，请运行 yibaoctl audit");
}

void yb_receipt_print(const Yibao__Settlement__SettleReply *reply, FILE *out)
{
    const info_t *s = reply->setlinfo;
    char line[256];
    print_head(s, out);
    print_costs(s, out);
    print_funds(reply, out);
    print_sums(s, out);
    if (s->policy_hash[0] != '\0') {
        snprintf(line, sizeof line, "%s%s文件校验值 %.16s…   统筹区 %06" PRId32 "   累计年度 %" PRId32,
            s->policy_name, s->policy_name[0] != '\0' ? "   " : "", s->policy_hash, s->poolarea, s->year);
        fputc('\n', out);
        say(out, "待遇政策", line);
    }
}
