#include "services/gateway/edge/doc.h"

#include <inttypes.h>
#include <string.h>
#include "services/gateway/edge/envelope.h"
#include "services/gateway/rules/answers.h"
#include "services/gateway/rules/tables.h"

static void print_type(FILE *to, const yb_field_t *f)
{
    switch (f->kind) {
    case YB_FIELD_TEXT: fprintf(to, "文本(%u)", (unsigned)f->len); break;
    case YB_FIELD_CODE: fprintf(to, "编码(%u)", (unsigned)f->len); break;
    case YB_FIELD_DICT: fprintf(to, "字典"); break;
    case YB_FIELD_DECIMAL: fprintf(to, "数值(%u,%u)", (unsigned)f->len, (unsigned)f->scale); break;
    case YB_FIELD_INT: fprintf(to, "整数(%u)", (unsigned)f->len); break;
    case YB_FIELD_DAY: fprintf(to, "日期"); break;
    case YB_FIELD_TIME: fprintf(to, "日期时间"); break;
    case YB_FIELD_BYTES: fprintf(to, "base64或字节数组"); break;
    }
}

static void print_node(FILE *to, const yb_node_t *node)
{
    fprintf(to, "| 字段 | 名称 | 类型 | 必填 | 取值 |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < node->field_count; i++) {
        const yb_field_t *f = &node->fields[i];
        fprintf(to, "| `%s` | %s | ", f->name, f->label);
        print_type(to, f);
        fprintf(to, " | %s | %s |\n", f->required ? "是" : "",
            f->kind == YB_FIELD_DICT ? yb_dict_values(f->dict) : "");
    }
    fputc('\n', to);
}

/* Values that pass every form; the fields that matter by name, the others by kind. */
static const char *example_of(const yb_fields_t *table, const yb_field_t *f)
{
    /* Institution and person are those the README's first request imports. */
    static const yb_example_t known[] = {
        {"psn_no", "14110299900000000001"}, {"mdtrt_cert_no", "141102199003072319"},
        {"certno", "141102199003072319"},
        {"fixmedins_code", "H14110299901"}, {"ide_fixmedins_no", "H14110299901"}, {"fixmedins_name", "测试医院"},
        {"ide_fixmedins_name", "测试医院"}, {"insutype", "390"}, {"med_type", "21"}, {"mdtrt_cert_type", "02"},
        {"mid_setl_flag", "0"},
        {"psn_setlway", "01"}, {"clr_type", "21"}, {"setl_optins", "141102"}, {"insu_optins", "141102"},
        {"mdtrtarea_admvs", "141102"}, {"insuplc_admdvs", "141102"},
        {"med_list_codg", "XA12AAA001A001010100001"},
        {"opsp_dise_code", "M03900"}, {"opsp_dise_name", "高血压"}, {"cnt", "2"}, {"pric", "34.80"},
        {"det_item_fee_sumamt", "69.60"}, {"medfee_sumamt", "69.60"}, {"oinfno", "2304"}, {"caty", "A03"},
        {"filename", "stmt.zip"}, {"ip", "127.0.0.1"}, {"mac", "00-00-00-00-00-00"},
        {"in", "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
        {"infver", "V1.0"}, {"recer_sys_code", "YBXT"}, {"msgid", "H14110299901202502220800000001"},
        {"omsgid", "H14110299901202502220800000001"}, {"dscg_way", "1"}, {"vali_flag", "1"},
        {"diag_type", "1"}, {"gend", "1"}, {"naty", "01"}, {"ntly", "CHN"}, {"patn_cert_type", "01"}, {"hi_type", "390"},
        {"insuplc", "141102"}, {"hi_paymtd", "4"}, {"fund_pay_type", "390100"}, {"med_chrgitm", "09"},
        {"oprn_oprt_type", "1"}, {"oprn_oprt_code", "47.0901"}, {"oper_dr_code", "D141102000001"},
        {"scs_cutd_sum_dura", "1/13/24"},
        {"page_num", "1"}, {"page_size", "10"}, {"fixmedins_type", "1"}, {"opter_type", "1"},
    };
    for (size_t i = 0; i < YB_FIELDS_EXAMPLES_MAX && table->examples[i].field; i++)
        if (strcmp(table->examples[i].field, f->name) == 0)
            return table->examples[i].value;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].field, f->name) == 0)
            return known[i].value;
    size_t len = strlen(f->name);
    bool staff = strstr(f->name, "dr_no") || strstr(f->name, "dr_codg") || strstr(f->name, "dor_no");
    if (staff)
        return "D141102000001";
    switch (f->kind) {
    case YB_FIELD_DAY: return "2025-02-22";
    case YB_FIELD_TIME: return "2025-02-22 08:00:00";
    case YB_FIELD_DECIMAL: return "0.00";
    case YB_FIELD_INT:
    case YB_FIELD_DICT: return "1";
    case YB_FIELD_CODE: return strstr(f->name, "diag_code") ? "I10.x00x002" : "A01";
    default: return len > 5 && strcmp(f->name + len - 5, "_name") == 0 ? "示例" : "示例文本";
    }
}

static void print_object(FILE *to, const yb_fields_t *table, const yb_node_t *node)
{
    const char *comma = "";
    fputc('{', to);
    for (size_t i = 0; i < node->field_count; i++) {
        const yb_field_t *f = &node->fields[i];
        bool number = f->kind == YB_FIELD_DECIMAL || f->kind == YB_FIELD_INT;
        bool either = strcmp(f->name, "ipt_no") == 0;     /* 2403 takes it or ipt_otp_no */
        if (!f->required && !either)
            continue;
        fprintf(
            to, "%s\"%s\": %s%s%s", comma, f->name, number ? "" : "\"", example_of(table, f), number ? "" : "\"");
        comma = ", ";
    }
    fputc('}', to);
}

static void print_example(FILE *to, const yb_fields_t *table)
{
    fprintf(to, "```json\n{");
    for (size_t i = 0; i < table->node_count; i++) {
        const yb_node_t *node = &table->nodes[i];
        fprintf(to, "%s\"%s\": %s", i ? ",\n " : "", node->name, node->list ? "[" : "");
        print_object(to, table, node);
        fprintf(to, "%s", node->list ? "]" : "");
    }
    fprintf(to, "}\n```\n\n");
}

static void print_table(FILE *to, const yb_fields_t *table)
{
    fprintf(to, "## %s %s\n\n", table->infno, table->title);
    for (size_t i = 0; i < table->node_count; i++) {
        const yb_node_t *node = &table->nodes[i];
        fprintf(to, "`input.%s`%s %s%s\n\n", node->name, node->list ? "（数组）" : "", node->label,
            node->required ? "，必填" : "");
        print_node(to, node);
    }
    fprintf(to, "输出：%s\n\n", table->output);
    if (table->errors[0])
        fprintf(to, "业务拒绝：\n\n");
    for (size_t i = 0; i < YB_FIELDS_ERRORS_MAX && table->errors[i]; i++)
        fprintf(to, "* %s（%s）\n", yb_err_text_zh(table->errors[i]), yb_err_name(table->errors[i]));
    fprintf(to, "%s`input`示例（必填项）：\n\n", table->errors[0] ? "\n" : "");
    print_example(to, table);
}

/* Answered by 2206, 2207, 2208, 2303, 2304, 2305 and 5203. */
static void print_answer(FILE *to)
{
    fprintf(to, "## 结算的输出\n\n2206、2207、2303、2304、5203如下；2208、2305的各金额取负。金额为两位小数的数值。\n\n");
    for (size_t i = 0; i < yb_answer_nodes_count(); i++) {
        const yb_answer_node_t *node = yb_answer_nodes_at(i);
        fprintf(to, "`%s` %s\n\n| 字段 | 名称 | 类型 | 说明 |\n|---|---|---|---|\n", node->name, node->title);
        for (size_t f = 0; f < node->field_count; f++)
            fprintf(to, "| `%s` | %s | %s | %s |\n", node->fields[f].name, node->fields[f].label, node->fields[f].type,
                node->fields[f].note);
        fputc('\n', to);
    }
}

void yb_doc_print(FILE *to)
{
    fprintf(to, "## 报文\n\n");
    print_node(to, yb_envelope_node());
    print_answer(to);
    for (size_t i = 0; i < yb_tables_count(); i++)
        print_table(to, yb_tables_at(i));
}
