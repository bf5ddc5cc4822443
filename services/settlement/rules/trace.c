#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "libcommon/text.h"

/* Bounded writer: what does not fit is counted, not written. */
typedef struct out {
    char *buf;
    size_t cap, len;
} out_t;

static void put_n(out_t *out, const char *text, size_t len)
{
    if (out->len < out->cap) {
        size_t room = out->cap - out->len;
        memcpy(out->buf + out->len, text, len < room ? len : room);
    }
    out->len += len;
}

static void put(out_t *out, const char *text)
{
    put_n(out, text, strlen(text));
}

static void put_fen(out_t *out, const char *key, yb_fen_t fen)
{
    char number[YB_DECIMAL_TEXT];
    put(out, key);
    put(out, yb_fen_format(fen, number));
}

/* A rate with as many decimals as it needs: 0.85. */
static void put_rate(out_t *out, const char *key, yb_ppm_t rate_ppm)
{
    char number[YB_DECIMAL_TEXT];
    yb_decimal_format(rate_ppm, 6, number);
    size_t len = strlen(number);
    while (len > 1 && number[len - 1] == '0')
        len--;
    put(out, key);
    put_n(out, number, number[len - 1] == '.' ? len - 1 : len);
}

/* JSON string content: sources hold no control characters (the loader refuses them). */
static void put_json(out_t *out, const char *text, size_t max)
{
    size_t len = strlen(text), keep = yb_utf8_cut(text, len, max);
    for (size_t i = 0; i < keep; i++) {
        if (text[i] == '"' || text[i] == '\\')
            put_n(out, "\\", 1);
        put_n(out, (unsigned char)text[i] < 0x20 ? " " : &text[i], 1);
    }
    if (keep < len)
        put(out, "…");
}

/* ---- names ---- */

static const struct {
    const char *name, *zh;
} steps[YB_STEP_COUNT] = {
    [YB_STEP_SCOPE] = { "scope", "政策范围内费用" },
    [YB_STEP_DEDUCTIBLE] = { "deductible", "起付线" },
    [YB_STEP_BASIC] = { "basic", "统筹基金支付" },
    [YB_STEP_BURDEN] = { "burden", "大病保险支付" },
    [YB_STEP_ABOVE_CAP] = { "above_cap", "大额补助支付" },
    [YB_STEP_ASSISTANCE] = { "assistance", "医疗救助支付" },
    [YB_STEP_NET] = { "safety_net", "兜底保障支付" },
    [YB_STEP_ACCOUNT] = { "account", "个人账户支付" },
};

const char *yb_step_name(yb_step_id_t step)
{
    YB_ASSERT(step < YB_STEP_COUNT);
    return steps[step].name;
}

const char *yb_step_name_zh(yb_step_id_t step)
{
    YB_ASSERT(step < YB_STEP_COUNT);
    return steps[step].zh;
}

/* The value that gave the step its rate; NULL = no rate. */
static const yb_policy_value_t *rate_value(const yb_terms_t *terms, const yb_step_t *step)
{
    if (step->disease >= 0)
        return terms->disease[step->scheme][step->disease].from;
    return step->rate_param != YB_PARAM_NONE ? terms->of[step->rate_param] : NULL;
}

static void rate_key(const yb_terms_t *terms, const yb_step_t *step, char buf[YB_PARAM_KEY_MAX])
{
    if (step->disease < 0)
        yb_param_key(step->rate_param, buf);
    else
        snprintf(buf, YB_PARAM_KEY_MAX, "%s.chronic.diseases.%s",
                 step->scheme == YB_SCHEME_RESIDENT ? "residents" : "employees",
                 terms->disease[step->scheme][step->disease].dise_codg);
}

/* ---- JSON ---- */

static void put_rule(out_t *out, const char *prefix, const char *key, const yb_policy_value_t *value,
                     size_t source_max)
{
    put(out, ",\"");
    put(out, prefix);
    put(out, "rule\":\"");
    put_json(out, key, YB_PARAM_KEY_MAX);
    put(out, "\",\"");
    put(out, prefix);
    put(out, "source\":\"");
    put_json(out, value->source, source_max);
    put(out, "\"");
}

static void put_step(out_t *out, const yb_terms_t *terms, const yb_step_t *step, size_t source_max)
{
    char key[YB_PARAM_KEY_MAX];
    put(out, "{\"step\":\"");
    put(out, steps[step->id].name);
    put(out, "\",\"name\":\"");
    put(out, steps[step->id].zh);
    put_fen(out, "\",\"input\":", step->input_fen);
    if (step->standing != YB_STANDING_GENERAL) {
        put(out, ",\"tag\":\"");
        put(out, yb_standing_name(step->standing));
        put(out, "\"");
    }
    const yb_policy_value_t *rate = rate_value(terms, step);
    if (rate != NULL) {
        put_rate(out, ",\"rate\":", step->rate_ppm);
        rate_key(terms, step, key);
        put_rule(out, "", key, rate, source_max);
    }
    if (step->line_fen != 0 || step->line_param != YB_PARAM_NONE)
        put_fen(out, ",\"line\":", step->line_fen);
    if (step->line_param != YB_PARAM_NONE)
        put_rule(out, "line_", yb_param_key(step->line_param, key), terms->of[step->line_param], source_max);
    if (step->limit_kind != YB_LIMIT_NONE)
        put_fen(out, ",\"limit\":", step->limit_fen);
    if (step->limit_param != YB_PARAM_NONE && step->limit_param != step->rate_param)
        put_rule(out, "limit_", yb_param_key(step->limit_param, key), terms->of[step->limit_param],
                 source_max);
    put_fen(out, ",\"output\":", step->output_fen);
    put(out, "}");
}

size_t yb_trace_json(const yb_terms_t *terms, const yb_settle_out_t *out, const yb_fund_detail_t *fund,
                     char *buf, size_t cap)
{
    static const size_t source_max[] = { 1000, 200, 60, 0 };
    out_t w = { .buf = buf, .cap = YB_TRACE_JSON_MAX };
    YB_ASSERT(cap > YB_TRACE_JSON_MAX);
    for (size_t attempt = 0; attempt < sizeof(source_max) / sizeof(source_max[0]); attempt++) {
        w.len = 0;
        put(&w, "[");
        for (uint32_t i = 0; i < fund->step_count; i++) {
            if (i > 0)
                put(&w, ",");
            put_step(&w, terms, &out->steps[fund->first_step + i], source_max[attempt]);
        }
        put(&w, "]");
        if (w.len <= YB_TRACE_JSON_MAX)
            break;
    }
    YB_ASSERT(w.len <= YB_TRACE_JSON_MAX);
    buf[w.len] = '\0';
    return w.len;
}

/* ---- Chinese ---- */

typedef struct words {
    char *buf;
    size_t cap, len;
} words_t;

static void __attribute__((format(printf, 2, 3))) say(words_t *words, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n =
        words->len < words->cap ? vsnprintf(words->buf + words->len, words->cap - words->len, fmt, args) : 0;
    va_end(args);
    words->len += n > 0 ? (size_t)n : 0;
}

/* （居民住院统筹支付比例（三类），依据：LL 一(一)3） */
static void cite(words_t *words, const yb_terms_t *terms, yb_param_t param)
{
    char name[YB_PARAM_KEY_MAX];
    if (param != YB_PARAM_NONE)
        say(words, "〔%s，依据：%s〕", yb_param_name_zh(param, name), terms->of[param]->source);
}

static void cite_rate(words_t *words, const yb_terms_t *terms, const yb_step_t *step)
{
    if (step->disease < 0)
        cite(words, terms, step->rate_param);
    else
        say(words, "〔门诊慢特病支付比例（病种%s），依据：%s〕", terms->disease[step->scheme][step->disease].dise_codg,
            rate_value(terms, step)->source);
}

static const char *percent(yb_ppm_t rate_ppm, char buf[YB_DECIMAL_TEXT])
{
    yb_decimal_format(rate_ppm, 4, buf);
    size_t len = strlen(buf);
    while (buf[len - 1] == '0')
        len--;
    len -= buf[len - 1] == '.';
    buf[len] = '%';
    buf[len + 1] = '\0';
    return buf;
}

/* The limit, when it is what decided. */
static void say_limit(words_t *words, const yb_terms_t *terms, const yb_step_t *step)
{
    static const char *const kinds[] = {
        [YB_LIMIT_YEAR_CAP] = "年度封顶线", [YB_LIMIT_OUTPATIENT_CAP] = "普通门诊年度限额",
        [YB_LIMIT_DISEASE_CAP] = "该病种年度限额",
    };
    char left[YB_DECIMAL_TEXT];
    if (step->limit_kind < YB_LIMIT_YEAR_CAP || step->limit_kind > YB_LIMIT_DISEASE_CAP ||
        step->output_fen < step->limit_fen)
        return;
    say(words, "，达到%s，本次最多可支付%s元", kinds[step->limit_kind], yb_fen_format(step->limit_fen, left));
    cite(words, terms, step->limit_param);
}

static const char *as_standing(const yb_step_t *step, char buf[YB_DECIMAL_TEXT])
{
    buf[0] = '\0';
    if (step->standing != YB_STANDING_GENERAL)
        snprintf(buf, YB_DECIMAL_TEXT, "（%s）", yb_standing_name(step->standing));
    return buf;
}

static void say_paid(words_t *words, const yb_terms_t *terms, const yb_step_t *step, const char *what,
                     const char *who)
{
    char in[YB_DECIMAL_TEXT], out[YB_DECIMAL_TEXT], rate[YB_DECIMAL_TEXT], tag[YB_DECIMAL_TEXT];
    say(words, "%s%s元，%s%s按%s支付%s元", what, yb_fen_format(step->input_fen, in), who, as_standing(step, tag),
        percent(step->rate_ppm, rate), yb_fen_format(step->output_fen, out));
    cite_rate(words, terms, step);
    say_limit(words, terms, step);
}

static void say_deductible(words_t *words, const yb_terms_t *terms, const yb_step_t *step)
{
    char due[YB_DECIMAL_TEXT], out[YB_DECIMAL_TEXT], rate[YB_DECIMAL_TEXT];
    say(words, "起付线%s元，本次由个人先付%s元", yb_fen_format(step->limit_fen, due),
        yb_fen_format(step->output_fen, out));
    cite(words, terms, step->limit_param);
    if (step->rate_param == YB_PARAM_NONE)
        return;
    say(words, "，年内再次住院按%s", percent(step->rate_ppm, rate));
    cite(words, terms, step->rate_param);
}

static void say_net(words_t *words, const yb_terms_t *terms, const yb_step_t *step)
{
    char in[YB_DECIMAL_TEXT], allowed[YB_DECIMAL_TEXT], out[YB_DECIMAL_TEXT], tag[YB_DECIMAL_TEXT];
    say(words, "兜底保障%s：个人仍负担%s元，最多负担%s元，超出的%s元由医疗救助资金支付", as_standing(step, tag),
        yb_fen_format(step->input_fen, in), yb_fen_format(step->limit_fen, allowed),
        yb_fen_format(step->output_fen, out));
    cite(words, terms, step->limit_param);
}

static void say_burden(words_t *words, const yb_terms_t *terms, const yb_step_t *step, const char *who)
{
    char line[YB_DECIMAL_TEXT], what[128];
    snprintf(what, sizeof(what), "年内个人负担超过%s元的部分本次新增", yb_fen_format(step->line_fen, line));
    say_paid(words, terms, step, what, who);
    cite(words, terms, step->line_param);
}

char *yb_trace_explain(const yb_terms_t *terms, const yb_step_t *step, char *buf, size_t cap)
{
    char in[YB_DECIMAL_TEXT], out[YB_DECIMAL_TEXT];
    bool resident = step->scheme == YB_SCHEME_RESIDENT;
    const char *more = resident ? "居民大病保险资金" : "职工大额医疗补助基金";
    words_t words = { .buf = buf, .cap = cap };
    YB_ASSERT(cap >= YB_TRACE_LINE_MAX);
    yb_fen_format(step->input_fen, in);
    yb_fen_format(step->output_fen, out);
    switch ((yb_step_id_t)step->id) {
    case YB_STEP_SCOPE: say(&words, "总费用%s元，其中政策范围内%s元", in, out); break;
    case YB_STEP_DEDUCTIBLE: say_deductible(&words, terms, step); break;
    case YB_STEP_BASIC:
        say_paid(&words, terms, step, "政策范围内、起付线以上", resident ? "居民医保统筹基金" : "职工医保统筹基金");
        break;
    case YB_STEP_BURDEN: say_burden(&words, terms, step, more); break;
    case YB_STEP_ABOVE_CAP: say_paid(&words, terms, step, "统筹封顶线以上", more); break;
    case YB_STEP_ASSISTANCE: say_paid(&words, terms, step, "政策范围内个人仍负担", "医疗救助资金"); break;
    case YB_STEP_NET: say_net(&words, terms, step); break;
    case YB_STEP_ACCOUNT: say(&words, "个人负担%s元，其中个人账户支付%s元", in, out); break;
    case YB_STEP_COUNT: break;
    }
    YB_ASSERT(words.len < cap);            /* three sources and their frame fit YB_TRACE_LINE_MAX */
    return buf;
}
