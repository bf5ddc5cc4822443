#include "services/gateway/edge/fields.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/gateway/edge/canon.h"
#include "services/gateway/edge/doc.h"
#include "services/gateway/edge/envelope.h"
#include "services/gateway/rules/tables.h"

static yb_arena_t *arena;
static json_t *last;

static void setup(void)
{
    arena = yb_arena_create(0);
}

static void teardown(void)
{
    json_decref(last);
    last = NULL;
    yb_arena_destroy(&arena);
}

static const json_t *load(const char *text)
{
    const char *quoted;
    size_t len;
    yb_refusal_t why = {0};
    json_error_t error;
    ck_assert_int_eq(yb_envelope_quote_numbers(text, strlen(text), arena, &quoted, &len, &why), YB_OK);
    json_decref(last);
    last = json_loadb(quoted, len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(last != NULL, "%s: %s", text, error.text);
    return last;
}

static yb_err_t read_input(
    const char *infno, const char *text, const yb_input_t **ret_in, char field[YB_REFUSAL_FIELD_MAX])
{
    yb_refusal_t why = {0};
    const yb_fields_t *table = yb_tables_find(infno);
    ck_assert_ptr_nonnull(table);
    yb_err_t err = yb_fields_read(table, load(text), arena, ret_in, &why);
    ck_assert_int_eq(why.code, err);
    memcpy(field, why.field, YB_REFUSAL_FIELD_MAX);
    if (err) {
        ck_assert(why.text[0] != 0);
        ck_assert_msg(yb_fields_label(table, why.field) != NULL, "%s", why.field);
    }
    return err;
}

static void refused(const char *infno, const char *text, yb_err_t want, const char *want_field)
{
    const yb_input_t *in;
    char field[YB_REFUSAL_FIELD_MAX];
    ck_assert_msg(read_input(infno, text, &in, field) == want, "%s", text);
    ck_assert_str_eq(field, want_field);
}

static const yb_input_t *accepted(const char *infno, const char *text)
{
    const yb_input_t *in = NULL;
    char field[YB_REFUSAL_FIELD_MAX];
    yb_err_t err = read_input(infno, text, &in, field);
    ck_assert_msg(err == YB_OK, "%s: %s %s", text, yb_err_name(err), field);
    return in;
}

#define CERT "\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"141102199001010018\""
#define S2304(tail)                                                                                          \
    "{\"data\":{\"psn_no\":\"P1\"," CERT ",\"psn_setlway\":\"01\",\"mdtrt_id\":\"7\",\"insutype\":\"390\","  \
    "\"mid_setl_flag\":\"0\"," tail "}}"

START_TEST(test_numbers)
{
    static const char *const same[] = {"69.6", "\"69.6\"", "69.60", "\"69.600\"", "6.96e1", "\"+69.6\"", "\"069.6\""};
    char text[1024];
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        snprintf(text, sizeof(text), S2304("\"medfee_sumamt\":%s"), same[i]);
        ck_assert_int_eq((int)yb_input_fen(accepted("2304", text), "data", "medfee_sumamt"), 6960);
    }
    const yb_input_t *in =
        accepted("2304", S2304("\"medfee_sumamt\":99999999999999.99,\"inscp_scp_amt\":-0.01"));
    ck_assert(yb_input_fen(in, "data", "medfee_sumamt") == YB_FEN_MAX);
    ck_assert(yb_input_fen(in, "data", "inscp_scp_amt") == -1);
    ck_assert(!yb_row_has(yb_input_row(in, "data", 0), "overlmt_selfpay"));
    refused("2304", S2304("\"medfee_sumamt\":100000000000000.00"), YB_E_FIELD_RANGE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":1e59"), YB_E_FIELD_RANGE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":1e999"), YB_E_FIELD_RANGE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"-1E+300\""), YB_E_FIELD_RANGE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"1e\""), YB_E_FIELD_TYPE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"1e9999x\""), YB_E_FIELD_TYPE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":0.005"), YB_E_FIELD_RANGE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"1,000\""), YB_E_FIELD_TYPE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":true"), YB_E_FIELD_TYPE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":[1]"), YB_E_FIELD_TYPE, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"\""), YB_E_FIELD_MISSING, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":null"), YB_E_FIELD_MISSING, "data.medfee_sumamt");
    refused("2304", S2304("\"medfee_sumamt\":\"  \""), YB_E_FIELD_MISSING, "data.medfee_sumamt");
}
END_TEST

START_TEST(test_dates)
{
    const yb_input_t *in = accepted("5201",
        "{\"data\":{\"psn_no\":\"P1\",\"begntime\":\"2025-02-22\",\"endtime\":\"2025-02-22 23:59:59\"}}");
    ck_assert(yb_input_time(in, "data", "begntime") == 20250222000000);
    ck_assert(yb_input_time(in, "data", "endtime") == 20250222235959);
    ck_assert(yb_input_day(in, "data", "endtime") == 20250222);
    refused("5201",
        "{\"data\":{\"psn_no\":\"P1\",\"begntime\":\"25-02-22 08:00:00\",\"endtime\":\"2025-02-22\"}}",
        YB_E_FIELD_FORM, "data.begntime");
    refused("5201",
        "{\"data\":{\"psn_no\":\"P1\",\"begntime\":\"2025-02-22\",\"endtime\":\"2025-02-29 00:00:00\"}}",
        YB_E_FIELD_FORM, "data.endtime");
    in = accepted("2304", S2304("\"medfee_sumamt\":1,\"dscgTime\":\"2025-02-22 08:00:00\""));
    ck_assert(yb_input_day(in, "data", "dscgTime") == 20250222);
    refused(
        "2304", S2304("\"medfee_sumamt\":1,\"dscgTime\":\"22/02/2025\""), YB_E_FIELD_FORM, "data.dscgTime");
}
END_TEST

#define LINE(sn, extra)                                                                                      \
    "{\"feedetl_sn\":\"" sn "\",\"mdtrt_id\":\"7\",\"psn_no\":\"P1\",\"med_type\":\"21\","                   \
    "\"fee_ocur_time\":\"2025-02-22 08:00:00\",\"med_list_codg\":\"XA1\",\"medins_list_codg\":\"L1\","       \
    "\"det_item_fee_sumamt\":4,\"cnt\":2,\"pric\":2.00,\"bilg_dept_codg\":\"A01\",\"bilg_dept_name\":"       \
    "\"内科\","                                                                                            \
    "\"bilg_dr_codg\":\"D141102000001\",\"bilg_dr_name\":\"医师\"" extra "}"

START_TEST(test_lists)
{
    const yb_input_t *in =
        accepted("2301", "{\"feedetail\":[" LINE("a", "") "," LINE("b", ",\"memo\":\"x\\ty\"") "]}");
    ck_assert_int_eq((int)yb_input_count(in, "feedetail"), 2);
    ck_assert_str_eq(yb_row_text(yb_input_row(in, "feedetail", 1), "feedetl_sn"), "b");
    ck_assert(yb_row_decimal(yb_input_row(in, "feedetail", 0), "cnt", 4) == 20000);
    ck_assert(yb_row_decimal(yb_input_row(in, "feedetail", 0), "pric", 6) == 2000000);
    in = accepted("2301", "{\"feedetail\":" LINE("a", "") "}");      /* one object for a list */
    ck_assert_int_eq((int)yb_input_count(in, "feedetail"), 1);
    refused("2301", "{\"feedetail\":[]}", YB_E_FIELD_MISSING, "feedetail");
    refused("2301", "{\"feedetail\":{}}", YB_E_FIELD_MISSING, "feedetail");
    refused("5206", "{\"data\":{}}", YB_E_FIELD_MISSING, "data.psn_no");
    refused("5206", "{\"data\":[{}]}", YB_E_FIELD_MISSING, "data");
    refused("2301", "{}", YB_E_FIELD_MISSING, "feedetail");
    refused("2301", "{\"feedetail\":[" LINE("a", "") ",\"x\"]}", YB_E_FIELD_TYPE, "feedetail[2]");
    /* a row that is empty among others is lost in somebody's program: it is not left out silently */
    refused("2301", "{\"feedetail\":[" LINE("a", "") ",null]}", YB_E_FIELD_MISSING, "feedetail[2]");
    refused("2301", "{\"feedetail\":[{}," LINE("a", "") "]}", YB_E_FIELD_MISSING, "feedetail[1]");
    refused("2301", "{\"feedetail\":[null,{}]}", YB_E_FIELD_MISSING, "feedetail");
    refused("2301", "{\"feedetail\":\"x\"}", YB_E_FIELD_TYPE, "feedetail");
    refused("2301", "{\"feedetail\":[" LINE("a", "") "," LINE("b", ",\"hosp_appr_flag\":\"3\"") "]}",
        YB_E_FIELD_DICT, "feedetail[2].hosp_appr_flag");
    in = accepted(
        "2404", "{\"data\":[{\"mdtrt_id\":\"7\",\"psn_no\":\"P1\"}]}"); /* a list of one for an object */
    ck_assert_str_eq(yb_input_text(in, "data", "mdtrt_id"), "7");
    refused("2404", "{\"data\":[{\"mdtrt_id\":\"7\",\"psn_no\":\"P1\"},{\"mdtrt_id\":\"8\"}]}",
        YB_E_FIELD_TYPE, "data");
    refused("2404", "{\"data\":[[1]]}", YB_E_FIELD_TYPE, "data");
}
END_TEST

START_TEST(test_first_fault_in_order_of_the_table)
{
    refused("2404", "{\"data\":{\"psn_no\":\"!\",\"mdtrt_id\":\"a b\"}}", YB_E_FIELD_FORM, "data.mdtrt_id");
    refused("2404", "{\"data\":{\"psn_no\":\"!\",\"mdtrt_id\":\"a\"}}", YB_E_FIELD_FORM, "data.psn_no");
}
END_TEST

START_TEST(test_text)
{
    char text[4096], name[600] = "";
    static const char form[] =
        "{\"data\":{\"mdtrt_cert_type\":\"01\",\"mdtrt_cert_no\":\"t\",\"psn_name\":\"%s\"}}";
    for (int i = 0; i < 50; i++)
        strncat(name, "测", sizeof(name) - strlen(name) - 1);
    snprintf(text, sizeof(text), form, name);
    accepted("1101", text);      /* 50 characters, 150 bytes */
    snprintf(text, sizeof(text),
        "{\"data\":{\"mdtrt_cert_type\":\"01\",\"mdtrt_cert_no\":\"t\",\"psn_name\":\"%s𠮷\"}}", name);
    refused("1101", text, YB_E_FIELD_LENGTH, "data.psn_name");
    snprintf(text, sizeof(text), form, "a\\u0001b");
    refused("1101", text, YB_E_FIELD_FORM, "data.psn_name");
    snprintf(text, sizeof(text), form, "'; DROP TABLE person; --");
    accepted("1101", text);
    snprintf(text, sizeof(text), form, "a\\tb");
    accepted("1101", text);
    refused("1101", "{\"data\":{\"mdtrt_cert_type\":\"01\",\"mdtrt_cert_no\":\"a\\tb\"}}", YB_E_FIELD_FORM,
        "data.mdtrt_cert_no");
}
END_TEST

START_TEST(test_cross_field)
{
    refused("1101", "{\"data\":{\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"141102199001010017\"}}",
        YB_E_FIELD_FORM, "data.mdtrt_cert_no");
    refused("1101", "{\"data\":{\"mdtrt_cert_type\":\"03\",\"mdtrt_cert_no\":\"X1\"}}", YB_E_FIELD_MISSING,
        "data.card_sn");
    accepted("1101", "{\"data\":{\"mdtrt_cert_type\":\"03\",\"mdtrt_cert_no\":\"X1\",\"card_sn\":\"S\"}}");
    refused("1101", "{\"data\":{" CERT ",\"psn_cert_type\":\"01\",\"certno\":\"141102199001010017\"}}",
        YB_E_FIELD_FORM, "data.certno");
    accepted("1101", "{\"data\":{" CERT ",\"psn_cert_type\":\"1\",\"certno\":\"\"}}");
    refused("2304",
        "{\"data\":{\"psn_no\":\"P1\",\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"02\",\"psn_setlway\":"
        "\"01\","
        "\"mdtrt_id\":\"7\",\"insutype\":\"390\",\"mid_setl_flag\":\"0\",\"medfee_sumamt\":1}}",
        YB_E_FIELD_FORM, "data.mdtrt_cert_no");
    refused("3201",
        "{\"data\":{\"insutype\":\"390\",\"clr_type\":\"21\",\"setl_optins\":\"141102\","
        "\"stmt_begndate\":\"2025-02-22\",\"stmt_enddate\":\"2025-02-21\",\"medfee_sumamt\":0,\"fund_pay_"
        "sumamt\":0,"
        "\"acct_pay\":0,\"fixmedins_setl_cnt\":0}}",
        YB_E_FIELD_RANGE, "data.stmt_enddate");
    refused("1312", "{\"data\":{\"updt_time\":\"2025-02-22\",\"page_num\":0,\"page_size\":1}}",
        YB_E_FIELD_RANGE, "data.page_num");
}
END_TEST

START_TEST(test_bytes)
{
    size_t len;
    static const char form[] =
        "{\"fsUploadIn\":{\"in\":%s,\"filename\":\"a.zip\",\"fixmedins_code\":\"H14110200001\"}}";
    char text[512];
    static const char *const same[] = {"\"UEsA/w==\"", "\"UEsA\\n/w==\"", "[80,75,0,255]", "[\"80\",75,0,2.55e2]"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof(text), form, same[i]);
        const uint8_t *bytes =
            yb_row_bytes(yb_input_row(accepted("9101", text), "fsUploadIn", 0), "in", &len);
        ck_assert_int_eq((int)len, 4);
        ck_assert(memcmp(bytes, "PK\0\xff", 4) == 0);
    }
    static const char *const bad[] = {"\"U\"", "\"UEs*\"", "[256]", "[-1]", "[null]", "[[1]]", "[1.5]"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), form, bad[i]);
        refused("9101", text, YB_E_FIELD_FORM, "fsUploadIn.in");
    }
    snprintf(text, sizeof(text), form, "\"\"");
    refused("9101", text, YB_E_FIELD_MISSING, "fsUploadIn.in");
    snprintf(text, sizeof(text), form, "{\"a\":1}");
    refused("9101", text, YB_E_FIELD_TYPE, "fsUploadIn.in");
}
END_TEST

/* Each table takes its own example, and refuses it when any one required field is missing, naming the field.
 */
static void check_example(const yb_fields_t *table, const char *text)
{
    const yb_input_t *in;
    yb_refusal_t why = {0};
    json_t *root = json_deep_copy(load(text));
    yb_err_t err = yb_fields_read(table, root, arena, &in, &why);
    ck_assert_msg(err == YB_OK, "%s: %s %s", table->infno, why.field, why.text);
    for (size_t i = 0; i < table->node_count; i++) {
        const yb_node_t *node = &table->nodes[i];
        json_t *object = json_object_get(root, node->name);
        object = json_is_array(object) ? json_array_get(object, 0) : object;
        for (size_t j = 0; j < node->field_count; j++) {
            const yb_field_t *f = &node->fields[j];
            json_t *value = json_incref(json_object_get(object, f->name));
            if (!value) {
                json_decref(value);
                continue;
            }
            char path[128];
            snprintf(path, sizeof(path), "%s%s.%s", node->name, node->list ? "[1]" : "", f->name);
            json_object_set_new(object, f->name, json_null());
            memset(&why, 0, sizeof(why));
            ck_assert_int_eq(yb_fields_read(table, root, arena, &in, &why), YB_E_FIELD_MISSING);
            ck_assert_str_eq(why.field, path);
            json_object_set_new(object, f->name, value);
        }
    }
    json_decref(root);
}

START_TEST(test_examples_of_the_reference)
{
    char *text = NULL;
    size_t len = 0, at = 0;
    FILE *to = open_memstream(&text, &len);
    yb_doc_print(to);
    fclose(to);
    for (char *p = text; (p = strstr(p, "```json\n")) != NULL; at++) {
        char *from = p + 8, *end = strstr(from, "```");
        *end = 0;
        check_example(yb_tables_at(at), from);
        p = end + 1;
    }
    ck_assert_int_eq((int)at, (int)yb_tables_count());
    free(text);
}
END_TEST

/* An example that is refused by name wherever it is sent teaches nothing. */
START_TEST(test_examples_can_work)
{
    static const struct { const char *infno, *word; } all[] = {
        {"2203", "\"med_type\": \"11\""}, {"2203A", "\"med_type\": \"11\""}, {"2206", "\"med_type\": \"11\""},
        {"2207", "\"med_type\": \"11\""}, {"2301", "\"med_type\": \"21\""}, {"2303", "\"mid_setl_flag\": \"0\""},
        {"2304", "\"mid_setl_flag\": \"0\""}, {"2401", "\"med_type\": \"21\""}, {"2001", "\"med_type\": \"11\""},
    };
    char *text = NULL, title[32];
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    yb_doc_print(to);
    fclose(to);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        snprintf(title, sizeof(title), "\n## %s ", all[i].infno);
        const char *from = strstr(text, title);
        ck_assert_ptr_nonnull(from);
        from = strstr(from, "```json");
        const char *end = strstr(from + 7, "```"), *word = strstr(from, all[i].word);
        ck_assert_msg(word && word < end, "%s: %.*s", all[i].infno, (int)(end - from), from);
    }
    free(text);
}
END_TEST

START_TEST(test_tables)
{
    static const char *const offered[] = {"9001", "9002", "9101", "9102", "1101", "1201", "1312", "2001",
        "2201", "2202", "2203", "2203A", "2204", "2205", "2206", "2207", "2208", "2301", "2302", "2303",
        "2304", "2305", "2401", "2402", "2403", "2404", "2405", "2503", "2504", "2601", "3201", "3202",
        "4101", "4101A", "4101T", "4102", "4103", "4104", "4106", "4107", "4108",
        "5201", "5202", "5203", "5204", "5205", "5206", "5301", "5303"};
    for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
        ck_assert_msg(yb_tables_find(offered[i]) != NULL, "%s", offered[i]);
    ck_assert_int_eq((int)yb_tables_count(), (int)(sizeof(offered) / sizeof(offered[0])));
    for (size_t i = 1; i < yb_tables_count(); i++)
        ck_assert_str_lt(yb_tables_at(i - 1)->infno, yb_tables_at(i)->infno);
    for (size_t i = 0; i < yb_tables_count(); i++)
        for (size_t n = 0; n < yb_tables_at(i)->node_count; n++)
            for (size_t f = 0; f < yb_tables_at(i)->nodes[n].field_count; f++) {
                const yb_node_t *node = &yb_tables_at(i)->nodes[n];
                ck_assert_msg(yb_node_field(node, node->fields[f].name) == &node->fields[f], "%s twice",
                    node->fields[f].name);
            }
    ck_assert_ptr_null(yb_tables_find("4401"));
    ck_assert_ptr_nonnull(yb_tables_national("4401"));
    ck_assert_ptr_null(yb_tables_national("9999"));
}
END_TEST

/* --- canonical form --- */

static void hash(const char *infno, const char *text, uint8_t out[YB_CANON_HASH])
{
    yb_sm3_t *sm3 = yb_sm3_create();
    ck_assert_int_eq(
        yb_canon_hash(sm3, yb_tables_find(infno), "H14110200001", load(text), arena, out), YB_OK);
    yb_sm3_destroy(&sm3);
}

static bool alike(const char *infno, const char *a, const char *b)
{
    uint8_t ha[YB_CANON_HASH], hb[YB_CANON_HASH];
    hash(infno, a, ha);
    hash(infno, b, hb);
    return memcmp(ha, hb, sizeof(ha)) == 0;
}

START_TEST(test_canonical)
{
    const char *base = "{\"data\":{\"psn_no\":\"P1\",\"medfee_sumamt\":69.6,\"mdtrt_id\":\"0010\"}}";
    ck_assert(alike("2304", base,
        "{ \"data\" : {\"mdtrt_id\":\"0010\",\"medfee_sumamt\":\"69.60\",\"psn_no\":\"P1\"} }"));
    ck_assert(alike("2304", base,
        "{\"data\":{\"psn_no\":\"P1\",\"medfee_sumamt\":6.96e1,\"mdtrt_id\":\"0010\",\"invono\":\"\","
        "\"x\":null,\"y\":[],\"z\":{\"q\":{\"r\":\"\"}}},\"more\":[null,\"\",{}]}"));
    ck_assert(
        alike("2304", base, "{\"data\":[{\"psn_no\":\"P1\",\"medfee_sumamt\":69.6,\"mdtrt_id\":\"0010\"}]}"));
    ck_assert(alike("2304", "{\"data\":{\"x\":1.5}}", "{\"data\":{\"x\":\"1.5\"}}"));
    ck_assert(
        !alike("2304", base, "{\"data\":{\"psn_no\":\"P1\",\"medfee_sumamt\":69.61,\"mdtrt_id\":\"0010\"}}"));
    ck_assert(
        !alike("2304", base, "{\"data\":{\"psn_no\":\"P1\",\"medfee_sumamt\":69.6,\"mdtrt_id\":\"10\"}}"));
    ck_assert(!alike("2304", base,
        "{\"data\":{\"psn_no\":\"P1\",\"medfee_sumamt\":69.6,\"mdtrt_id\":\"0010\",\"invono\":\"1\"}}"));
    ck_assert(!alike("2304", "{\"data\":{\"a\":{\"b\":\"1\"}}}", "{\"data\":{\"a\":\"1\"}}"));
    ck_assert(!alike("2304", "{\"data\":{\"a\":\"b\"}}", "{\"data\":{\"ab\":\"\"}}"));
    ck_assert(!alike(
        "2301", "{\"feedetail\":[{\"cnt\":1},{\"cnt\":2}]}", "{\"feedetail\":[{\"cnt\":2},{\"cnt\":1}]}"));
    ck_assert(alike("2301", "{\"feedetail\":[{\"cnt\":1.0000}]}", "{\"feedetail\":{\"cnt\":\"1\"}}"));
    ck_assert(!alike("2304", "{\"x\":true}", "{\"x\":false}"));
    ck_assert(!alike("2304", "{\"x\":true}", "{\"x\":\"t\"}"));
    ck_assert(!alike("2304", "{\"x\":[[\"1\"],\"2\"]}", "{\"x\":[[\"1\",\"2\"]]}"));
    uint8_t a[YB_CANON_HASH], b[YB_CANON_HASH];
    hash("2304", base, a);
    hash("2303", base, b);
    ck_assert(memcmp(a, b, sizeof(a)) != 0);
}
END_TEST

START_TEST(test_message_key)
{
    yb_sm3_t *sm3 = yb_sm3_create();
    uint8_t a[YB_CANON_KEY], b[YB_CANON_KEY];
    yb_canon_key(sm3, "H1", "23", a);
    yb_canon_key(sm3, "H12", "3", b);
    ck_assert(memcmp(a, b, sizeof(a)) != 0);
    yb_canon_key(sm3, "H1", "23", b);
    ck_assert(memcmp(a, b, sizeof(a)) == 0);
    yb_sm3_destroy(&sm3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fields");
    TCase *t = tcase_create("fields");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_numbers);
    tcase_add_test(t, test_dates);
    tcase_add_test(t, test_lists);
    tcase_add_test(t, test_first_fault_in_order_of_the_table);
    tcase_add_test(t, test_text);
    tcase_add_test(t, test_cross_field);
    tcase_add_test(t, test_bytes);
    tcase_add_test(t, test_examples_of_the_reference);
    tcase_add_test(t, test_examples_can_work);
    tcase_add_test(t, test_tables);
    tcase_add_test(t, test_canonical);
    tcase_add_test(t, test_message_key);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
