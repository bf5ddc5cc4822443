#include "services/gateway/edge/envelope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "libcommon/code.h"
#include "libcommon/text.h"
#include "services/gateway/rules/form.h"

#define ERR_MSG_CHARS 200

/* --- numbers to text --- */

typedef struct quoter {
    const char *in;
    size_t len, at;
    char *out;
    size_t written;
    size_t values;
    unsigned depth;
    uint64_t arrays;           /* bit d: the container at depth d is an array */
    char before;               /* last character outside of strings that is not a blank; 0 at the start */
} quoter_t;

static void emit(quoter_t *q, const char *bytes, size_t len)
{
    memcpy(q->out + q->written, bytes, len);
    q->written += len;
}

/* Length of the number of JSON that starts at `text` and ends where no character of a number follows; 0 =
 * none. */
static size_t number_len(const char *text, size_t len)
{
    size_t i = 0, end = 0;
    while (end < len && text[end] != 0 && strchr("+-.0123456789eE", text[end]))
        end++;
#define DIGITS_FROM(i) while ((i) < end && text[i] >= '0' && text[i] <= '9') (i)++
    if (i < end && text[i] == '-')
        i++;
    size_t start = i;
    DIGITS_FROM(i);
    if (i == start || (text[start] == '0' && i > start + 1))
        return 0;
    if (i < end && text[i] == '.') {
        start = ++i;
        DIGITS_FROM(i);
        if (i == start)
            return 0;
    }
    if (i < end && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < end && (text[i] == '+' || text[i] == '-'))
            i++;
        start = i;
        DIGITS_FROM(i);
        if (i == start)
            return 0;
    }
#undef DIGITS_FROM
    return i == end ? end : 0;
}

static bool in_array(const quoter_t *q)
{
    return q->depth && (q->arrays >> q->depth & 1);
}

static bool value_may_start(const quoter_t *q)
{
    return q->before == 0 || q->before == ':' || q->before == '[' || (q->before == ',' && in_array(q));
}

static void pass_string(quoter_t *q)
{
    size_t from = q->at++;
    while (q->at < q->len && q->in[q->at] != '"')
        q->at += q->in[q->at] == '\\' ? 2 : 1;
    q->at = q->at < q->len ? q->at + 1 : q->len;
    emit(q, q->in + from, q->at - from);
    q->before = '"';
}

static void pass_number(quoter_t *q)
{
    size_t n = value_may_start(q) ? number_len(q->in + q->at, q->len - q->at) : 0;
    if (n) {
        emit(q, "\"", 1);
        emit(q, q->in + q->at, n);
        emit(q, "\"", 1);
    } else {
        n = 1;
        emit(q, q->in + q->at, 1);
    }
    q->at += n;
    q->before = '0';
}

static yb_err_t pass_bracket(quoter_t *q, char c, yb_refusal_t *ret)
{
    if (c == '{' || c == '[') {
        if (++q->depth > YB_ENVELOPE_DEPTH)
            return yb_refuse(ret, YB_E_MALFORMED, NULL, "嵌套超过%d层，请检查报文结构", YB_ENVELOPE_DEPTH);
        uint64_t bit = (uint64_t)1 << q->depth;
        q->arrays = c == '[' ? q->arrays | bit : q->arrays & ~bit;
    } else if (q->depth) {
        q->depth--;
    }
    return YB_OK;
}

static yb_err_t pass_other(quoter_t *q, yb_refusal_t *ret)
{
    char c = q->in[q->at];
    if (strchr("{}[]", c) && c) {
        yb_err_t err = pass_bracket(q, c, ret);
        if (err)
            return err;
    }
    if ((c == ',' || c == '[' || c == ':') && ++q->values > YB_ENVELOPE_VALUES_MAX)
        return yb_refuse(ret, YB_E_TOO_LARGE, NULL, "报文数据项过多，请分批上传；文件请用base64");
    emit(q, &c, 1);
    q->at++;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
        q->before = c ? c : '?';
    return YB_OK;
}

static yb_err_t quote_pass(quoter_t *q, yb_refusal_t *ret)
{
    while (q->at < q->len) {
        char c = q->in[q->at];
        if (c == '"') {
            pass_string(q);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            pass_number(q);
        } else {
            yb_err_t err = pass_other(q, ret);
            if (err)
                return err;
        }
    }
    return YB_OK;
}

yb_err_t yb_envelope_quote_numbers(const char *text, size_t len, yb_arena_t *arena, const char **ret_text,
    size_t *ret_len, yb_refusal_t *ret)
{
    /* two quotes more for each number, and between two numbers stands at least one character */
    char *out = yb_arena_alloc(arena, 2 * len + 3);
    if (!out)
        return yb_refuse(ret, YB_E_NO_MEMORY, NULL, NULL);
    quoter_t q = {.in = text, .len = len, .out = out};
    yb_err_t err = quote_pass(&q, ret);
    if (err)
        return err;
    out[q.written] = 0;
    *ret_text = out;
    *ret_len = q.written;
    return YB_OK;
}

/* --- reading --- */

/* Line and column (characters, from 1) in what was sent, of a place in the text with quoted numbers. */
static void place_of(
    const char *sent, size_t sent_len, const char *quoted, size_t at, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1, column = 1, i = 0;
    for (size_t j = 0; j < at && i < sent_len; j++) {
        if (quoted[j] != sent[i])
            continue;
        if (sent[i] == '\n') {
            line++;
            column = 0;
        }
        if (((unsigned char)sent[i] & 0xc0) != 0x80)
            column++;
        i++;
    }
    *ret_line = line;
    *ret_column = column;
}

static const char *fault_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key: return "同一对象内键重复";
    case json_error_invalid_utf8: return "须为UTF-8编码";
    case json_error_premature_end_of_input: return "报文不完整";
    case json_error_end_of_input_expected: return "报文末尾有多余内容";
    case json_error_null_character:
    case json_error_null_byte_in_key: return "含有NUL字符";
    default: return "不符合JSON语法";
    }
}

#define KEY_SHOWN 60                       /* bytes */

/* The key that ends just before `at`, as it was sent and cut to KEY_SHOWN bytes; "" when there stands none. */
static const char *key_before(const char *text, size_t at, yb_arena_t *arena)
{
    if (at == 0 || text[at - 1] != '"')
        return "";
    size_t from = at - 1, slashes = 1;
    while (from > 0 && slashes % 2 != 0) {
        for (from--; from > 0 && text[from] != '"'; from--)
            ;
        for (slashes = 0; slashes < from && text[from - slashes - 1] == '\\'; slashes++)
            ;
    }
    size_t len = at - from - 2, shown = yb_utf8_cut(text + from + 1, len, KEY_SHOWN);
    const char *key = yb_arena_printf(arena, "：%.*s%s", (int)shown, text + from + 1, shown < len ? "…" : "");
    return key ? key : "";
}

static const char *text_of(const json_t *root, const char *name, size_t max)
{
    const json_t *value = json_object_get(root, name);
    if (!json_is_string(value) || json_string_length(value) > max)
        return "";
    return json_string_value(value);
}

yb_err_t yb_envelope_parse(
    const char *body, size_t len, yb_arena_t *arena, yb_envelope_t *ret_env, yb_refusal_t *ret)
{
    const char *text;
    size_t text_len;
    if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
        body += 3;
        len -= 3;
    }
    if (len == 0)
        return yb_refuse(ret, YB_E_MALFORMED, NULL, "报文为空");
    yb_err_t err = yb_envelope_quote_numbers(body, len, arena, &text, &text_len, ret);
    if (err)
        return err;
    json_error_t error;
    /* NUL may come in: the tables refuse it, and name the field it is in */
    json_t *root = json_loadb(text, text_len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root && json_error_code(&error) == json_error_out_of_memory)
        return yb_refuse(ret, YB_E_NO_MEMORY, NULL, NULL);
    if (!root) {
        size_t line, column;
        size_t at = error.position > 0 ? (size_t)error.position : 0;
        place_of(body, len, text, at < text_len ? at : text_len, &line, &column);
        bool twice = json_error_code(&error) == json_error_duplicate_key;
        const char *key = twice && at <= text_len ? key_before(text, at, arena) : "";
        return yb_refuse(ret, YB_E_MALFORMED, NULL, "%s%s，第%zu行第%zu列附近，请检查后重报", fault_of(&error), key, line,
                         column);
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return yb_refuse(ret, YB_E_MALFORMED, NULL, "报文应为JSON对象");
    }
    *ret_env = (yb_envelope_t){.root = root,
        .infno = text_of(root, "infno", 6),
        .msgid = text_of(root, "msgid", 30),
        .mdtrtarea_admvs = text_of(root, "mdtrtarea_admvs", 6),
        .insuplc_admdvs = "",
        .recer_sys_code = "",
        .infver = "",
        .opter_type = "",
        .opter = "",
        .opter_name = "",
        .inf_time = "",
        .fixmedins_name = "",
        .sign_no = "",
        .cainfo = "",
        .signtype = "",
        .fixmedins_code = text_of(root, "fixmedins_code", 30)};
    return YB_OK;
}

#define REQ true
#define OPT false
#define ENV_CODE(req, name, label, len, form) {name, label, YB_FIELD_CODE, req, len, 0, YB_DICT_NONE, form}
static const yb_field_t envelope_fields[] = {
    ENV_CODE(REQ, "infno", "交易编号", 6, yb_form_infno),
    ENV_CODE(REQ, "msgid", "发送方报文ID", 30, NULL),
    ENV_CODE(REQ, "mdtrtarea_admvs", "就医地医保区划", 6, yb_code_admdvs),
    ENV_CODE(OPT, "insuplc_admdvs", "参保地医保区划", 6, yb_code_admdvs),
    ENV_CODE(REQ, "recer_sys_code", "接收方系统代码", 10, NULL),
    ENV_CODE(OPT, "dev_no", "设备编号", 100, NULL),
    ENV_CODE(OPT, "dev_safe_info", "设备安全信息", 2000, NULL),
    ENV_CODE(OPT, "cainfo", "数字签名信息", 1024, NULL),
    ENV_CODE(OPT, "signtype", "签名类型", 10, NULL),
    ENV_CODE(REQ, "infver", "接口版本号", 6, NULL),
    {"opter_type", "经办人类别", YB_FIELD_DICT, REQ, 0, 0, YB_DICT_OPTER_TYPE, NULL},
    ENV_CODE(REQ, "opter", "经办人", 30, NULL),
    ENV_CODE(REQ, "opter_name", "经办人姓名", 50, NULL),
    {"inf_time", "交易时间", YB_FIELD_TIME, REQ, 0, 0, YB_DICT_NONE, NULL},
    ENV_CODE(REQ, "fixmedins_code", "定点医药机构编号", 30, yb_code_institution),
    ENV_CODE(REQ, "fixmedins_name", "定点医药机构名称", 200, NULL),
    ENV_CODE(OPT, "sign_no", "交易签到流水号", 30, NULL),
};
static const yb_node_t envelope_node = {"", "报文", false, true, envelope_fields,
    sizeof(envelope_fields) / sizeof(envelope_fields[0])};

const yb_node_t *yb_envelope_node(void)
{
    return &envelope_node;
}

yb_err_t yb_envelope_check(yb_envelope_t *env, yb_arena_t *arena, yb_refusal_t *ret)
{
    const yb_row_t *row;
    yb_err_t err = yb_fields_read_object(&envelope_node, env->root, arena, &row, ret);
    if (err)
        return err;
    const json_t *input = json_object_get(env->root, "input");
    if (!input || json_is_null(input) || (json_is_string(input) && json_string_length(input) == 0))
        return yb_refuse(ret, YB_E_FIELD_MISSING, "input", "请填写后重报");
    if (!json_is_object(input))
        return yb_refuse(ret, YB_E_FIELD_TYPE, "input", "应为以节点名为键的对象，请核对后重报");
#define TAKE(name) env->name = yb_row_text(row, #name)
    TAKE(infno), TAKE(msgid), TAKE(mdtrtarea_admvs), TAKE(insuplc_admdvs), TAKE(recer_sys_code), TAKE(infver);
    TAKE(opter_type), TAKE(opter), TAKE(opter_name), TAKE(inf_time), TAKE(fixmedins_code),
        TAKE(fixmedins_name);
    TAKE(sign_no), TAKE(cainfo), TAKE(signtype);
#undef TAKE
    env->input = input;
    return YB_OK;
}

void yb_envelope_release(yb_envelope_t *env)
{
    json_decref(env->root);
    env->root = NULL;
    env->input = NULL;
}

/* --- answers --- */

#define STAMP_TEXT 18

static void stamp(int64_t unix_us, char buf[STAMP_TEXT])
{
    char text[64];
    int64_t ms = unix_us / 1000 % 1000;
    snprintf(text, sizeof(text), "%014" PRId64 "%03" PRId64, yb_time_of_unix_us(unix_us), ms < 0 ? 0 : ms);
    yb_text_copy(buf, STAMP_TEXT, text);
}

#define HEAD_OPEN "{\"infcode\":%s,\"inf_refmsgid\":\"%.30s\",\"refmsg_time\":\"%s\",\"respond_time\":\""
#define HEAD_REST "%s\",\"err_msg\":"
#define HEAD_OK_TAIL "\"\",\"warn_msg\":\"\",\"cainfo\":\"\",\"signtype\":\"\",\"enctype\":\"\",\"output\":{"
#define HEAD_MAX 512

/* Of the answer of a success: inf_refmsgid is 30 characters always. */
static size_t respond_offset(void)
{
    return sizeof("{\"infcode\":0,\"inf_refmsgid\":\"\",\"refmsg_time\":\"\",\"respond_time\":\"") - 1 + 30 +
           STAMP_TEXT - 1;
}

yb_json_out_t yb_answer_open(yb_arena_t *arena, const yb_answer_head_t *head)
{
    char text[HEAD_MAX], when[STAMP_TEXT];
    YB_ASSERT(strlen(head->refmsgid) == YB_REFMSGID_TEXT - 1);
    stamp(head->received_us, when);
    yb_json_out_t out = yb_json_out(arena);
    int n = snprintf(text, sizeof(text), HEAD_OPEN HEAD_REST HEAD_OK_TAIL, "0", head->refmsgid, when, when);
    yb_json_raw(&out, NULL, text, (size_t)n);
    out.comma = false;
    return out;
}

yb_err_t yb_answer_close(yb_json_out_t *out, int64_t responded_us)
{
    bool empty = !out->failed && !out->comma && out->data[out->len - 1] == '{';
    out->comma = false;
    if (empty)
        out->len--;
    yb_json_raw(out, NULL, empty ? "null}" : "}}", empty ? 5 : 2);
    if (out->failed)
        return YB_E_NO_MEMORY;
    char when[STAMP_TEXT];
    stamp(responded_us, when);
    memcpy(out->data + respond_offset(), when, STAMP_TEXT - 1);
    return YB_OK;
}

/* A bare name is the envelope's first: what is in the input has its node before it. */
static const char *label_of(const yb_fields_t *table, const char *path)
{
    const yb_field_t *f = yb_node_field(&envelope_node, path);
    if (f)
        return f->label;
    const char *label = table ? yb_fields_label(table, path) : NULL;
    return label || strcmp(path, "input") != 0 ? label : "交易输入";
}

/* What to do about a refusal that comes without words of its own. */
static const char *remedy_of(yb_err_t code)
{
    switch (code) {
    case YB_E_KEY_CONFLICT:
        return "请换用新的msgid";
    case YB_E_VISIT_UNKNOWN:
    case YB_E_SETTLEMENT_UNKNOWN:
    case YB_E_FILING_UNKNOWN:
    case YB_E_PERSON_UNKNOWN:
        return "请核对后重报";
    default:
        return "";
    }
}

/* `text` without the words of `head` it begins with; words that only begin alike stay. */
static const char *without_head(const char *text, const char *head)
{
    size_t len = strlen(head);
    const char *rest = strncmp(text, head, len) == 0 ? text + len : text;
    bool mark = strncmp(rest, "，", 3) == 0 || strncmp(rest, "：", 3) == 0;
    if (rest > text && !mark && rest[0] != 0)
        return text;
    return mark ? rest + 3 : rest;
}

static size_t cut_chars(const char *text, size_t len, size_t chars)
{
    size_t i = 0;
    for (; i < len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && chars-- == 0)
            break;
    return i;
}

/* "FSI-必填项为空：data.psn_no（人员编号），请填写后重报" */
static size_t err_msg(const yb_refusal_t *refusal, const yb_fields_t *table, char *buf, size_t cap)
{
    const char *head = yb_err_text_zh(refusal->code);
    const char *rest = without_head(refusal->text, head);
    const char *label = refusal->field[0] ? label_of(table, refusal->field) : NULL;
    if (rest[0] == 0)
        rest = remedy_of(refusal->code);
    int n = snprintf(buf, cap, "FSI-%s%s%s%s%s%s%s%s", head, refusal->field[0] ? "：" : "", refusal->field,
        label ? "（" : "", label ? label : "", label ? "）" : "", rest[0] ? "，" : "", rest);
    size_t len = (size_t)n < cap ? (size_t)n : yb_utf8_cut(buf, cap - 1, cap - 1);
    return cut_chars(buf, len, ERR_MSG_CHARS);
}

#define LAST_WORD "{\"infcode\":-1,\"inf_refmsgid\":\"\",\"refmsg_time\":\"\",\"respond_time\":\"\"," \
    "\"err_msg\":\"FSI-内存不足，请稍后重试\",\"output\":null}"

void yb_answer_refusal(yb_arena_t *arena, const yb_answer_head_t *head, const yb_refusal_t *refusal,
    const yb_fields_t *table, int64_t responded_us, const char **ret_data, size_t *ret_len)
{
    char text[HEAD_MAX], when[STAMP_TEXT], answered[STAMP_TEXT], message[1024];
    stamp(head->received_us, when);
    stamp(responded_us, answered);
    yb_json_out_t out = yb_json_out(arena);
    int n = snprintf(text, sizeof(text), HEAD_OPEN HEAD_REST, "-1", head->refmsgid, when, answered);
    yb_json_raw(&out, NULL, text, (size_t)n);
    out.comma = false;
    yb_json_text_n(&out, NULL, message, err_msg(refusal, table, message, sizeof(message)));
    yb_json_text(&out, "warn_msg", "");
    yb_json_text(&out, "cainfo", "");
    yb_json_text(&out, "signtype", "");
    yb_json_text(&out, "enctype", "");
    yb_json_null(&out, "output");
    yb_json_object_end(&out);
    *ret_data = out.failed ? LAST_WORD : out.data;
    *ret_len = out.failed ? sizeof(LAST_WORD) - 1 : out.len;
}

unsigned yb_answer_http_status(yb_err_t err)
{
    switch (err) {
    case YB_E_TOO_LARGE:
        return 413;
    case YB_E_UNAUTHENTICATED:
    case YB_E_REPLAYED:
        return 401;
    case YB_E_RATE_LIMITED:
        return 429;
    case YB_E_DEADLINE:
    case YB_E_DRAINING:
    case YB_E_OVERLOADED:
    case YB_E_UNAVAILABLE:
        return 503;
    default:
        return yb_err_precedence(err) >= yb_err_precedence(YB_E_DB_GONE) && err != YB_E_OVERFLOW &&
                       err != YB_E_NOT_FOUND
                   ? 503
                   : 200;
    }
}
