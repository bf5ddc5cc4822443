/* Settlement lists: 4101 4101A upload, 4102 state, 4104 findings (4103 is in list_read.c). A list goes on as the texts
 * it was sent in, node by node, under the names of the transaction's own table. */
#include <string.h>

#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

#define SEVERITY_ERROR 3

static char **field_names(const yb_node_t *node, yb_arena_t *arena)
{
    char **names = YB_NEW_ARRAY(arena, char *, node->field_count);
    for (size_t i = 0; names != NULL && i < node->field_count; i++)
        names[i] = yb_lend(node->fields[i].name);
    return names;
}

static Yibao__Drg__ListRow *row_message(const yb_node_t *node, const yb_row_t *row, yb_arena_t *arena)
{
    Yibao__Drg__ListRow *out = YB_NEW(arena, Yibao__Drg__ListRow);
    char **texts = YB_NEW_ARRAY(arena, char *, node->field_count);
    if (out == NULL || texts == NULL)
        return NULL;
    yibao__drg__list_row__init(out);
    for (size_t i = 0; i < node->field_count; i++)
        texts[i] = yb_lend(yb_row_text(row, node->fields[i].name));
    out->texts = texts;
    out->n_texts = node->field_count;
    return out;
}

static Yibao__Drg__ListNode *node_message(const yb_txn_t *txn, const yb_node_t *node)
{
    yb_arena_t *arena = txn->arena;
    size_t count = yb_input_count(txn->in, node->name);
    Yibao__Drg__ListNode *out = YB_NEW(arena, Yibao__Drg__ListNode);
    Yibao__Drg__ListRow **rows = YB_NEW_ARRAY(arena, Yibao__Drg__ListRow *, count);
    if (out == NULL || rows == NULL)
        return NULL;
    yibao__drg__list_node__init(out);
    out->node = yb_lend(node->name);
    out->fields = field_names(node, arena);
    out->n_fields = node->field_count;
    out->rows = rows;
    for (size_t i = 0; i < count; i++)
        if ((rows[out->n_rows++] = row_message(node, yb_input_row(txn->in, node->name, i), arena)) == NULL)
            return NULL;
    return out->fields != NULL ? out : NULL;
}

Yibao__Drg__SettlementList *yb_txn_list(const yb_txn_t *txn, const char *infno)
{
    Yibao__Drg__SettlementList *list = YB_NEW(txn->arena, Yibao__Drg__SettlementList);
    Yibao__Drg__ListNode **nodes = YB_NEW_ARRAY(txn->arena, Yibao__Drg__ListNode *, txn->table->node_count);
    if (list == NULL || nodes == NULL)
        return NULL;
    yibao__drg__settlement_list__init(list);
    list->infno = yb_lend(infno);
    list->nodes = nodes;
    for (size_t i = 0; i < txn->table->node_count; i++)
        if ((nodes[list->n_nodes++] = node_message(txn, &txn->table->nodes[i])) == NULL)
            return NULL;
    return list;
}

static void stored(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    char id[YB_ID_TEXT];
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_text(out, "setl_list_id", yb_id_format(((const Yibao__Drg__PutListReply *)reply)->setl_list_id, id));
    yb_txn_ok(txn);
}

/* 4101 and 4101A. Lists of one settlement go to one lane. A 4101 says for which institution it is: for no other. */
void yb_txn_4101(yb_txn_t *txn)
{
    const yb_row_t *head = yb_input_row(txn->in, "setlinfo", 0);
    Yibao__Drg__PutListRequest req = YIBAO__DRG__PUT_LIST_REQUEST__INIT;
    if (yb_input_knows(txn->in, "setlinfo", "fixmedins_code") &&
        strcmp(yb_row_text(head, "fixmedins_code"), txn->institution->fixmedins_code) != 0) {
        yb_txn_fail(txn, YB_E_NOT_YOURS, "setlinfo.fixmedins_code", "清单的定点医药机构编号不是本机构的编号");
        return;
    }
    req.list = yb_txn_list(txn, txn->table->infno);
    if (req.list == NULL) {
        yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, NULL);
        return;
    }
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/PutList",
                        .body = &req.base,
                        .person = yb_row_text(head, "setl_id"),
                        .write = true,
                        .answer = &yibao__drg__put_list_reply__descriptor },
           stored);
}

/* ---- 4102 ---- */

static void changed(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    yb_txn_ok(txn);
}

void yb_txn_4102(yb_txn_t *txn)
{
    size_t count = yb_input_count(txn->in, "stastinfo");
    Yibao__Drg__SetListStateRequest req = YIBAO__DRG__SET_LIST_STATE_REQUEST__INIT;
    Yibao__Drg__ListState *states = YB_NEW_ARRAY(txn->arena, Yibao__Drg__ListState, count);
    req.states = YB_NEW_ARRAY(txn->arena, Yibao__Drg__ListState *, count);
    if (states == NULL || req.states == NULL) {
        yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const yb_row_t *row = yb_input_row(txn->in, "stastinfo", i);
        yibao__drg__list_state__init(&states[i]);
        states[i].setl_id =
            yb_txn_id(txn, row, yb_arena_printf(txn->arena, "stastinfo[%zu]", i + 1), "setl_id", YB_E_LIST_UNKNOWN);
        if (states[i].setl_id == 0)
            return;
        states[i].psn_no = yb_lend(yb_row_text(row, "psn_no"));
        states[i].stas_type = strcmp(yb_row_text(row, "stas_type"), "1") == 0;
        req.states[req.n_states++] = &states[i];
    }
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/SetListState",
                        .body = &req.base,
                        .person = yb_row_text(yb_input_row(txn->in, "stastinfo", 0), "setl_id"),
                        .write = true,
                        .answer = &yibao__drg__set_list_state_reply__descriptor },
           changed);
}

/* ---- 4104 ---- */

static void level(yb_json_out_t *out, int32_t severity)
{
    char text[2] = { (char)('0' + severity), '\0' };
    yb_json_text(out, "err_lv", text);
    yb_json_text(out, "retn_flag", severity == SEVERITY_ERROR ? "1" : "0");
}

void yb_answer_finding(yb_json_out_t *out, const Yibao__Drg__Finding *f)
{
    yb_json_object(out, NULL);
    yb_json_text(out, "exam_data_fld", f->field);
    yb_json_text(out, "rule_id", f->rule_id);
    yb_json_text(out, "qltctrl_chkrslt", f->text);
    level(out, f->severity);
    yb_json_text(out, "init_val", f->value);
    yb_json_object_end(out);
}

static void found(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__GetFindingsReply *r = (const Yibao__Drg__GetFindingsReply *)reply;
    const char *setl_ym = yb_input_text(txn->in, "data", "setl_ym"), *err_lv = yb_input_text(txn->in, "data", "err_lv");
    char id[YB_ID_TEXT], month[16];
    int32_t worst = 0;
    snprintf(month, sizeof month, "%06d", (int)(yb_time_day(r->setl_time) / 100));
    if (setl_ym[0] != '\0' && strcmp(setl_ym, month) != 0) {
        yb_txn_fail(txn, YB_E_LIST_UNKNOWN, "data.setl_ym",
                    yb_arena_printf(txn->arena, "该次结算的结算年月为%s，请核对", month));
        return;
    }
    for (size_t i = 0; i < r->n_findings; i++)
        worst = r->findings[i]->severity > worst ? r->findings[i]->severity : worst;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_text(out, "fixmedins_code", txn->institution->fixmedins_code);
    yb_json_text(out, "fixmedins_name", txn->institution->fixmedins_name);
    yb_json_text(out, "setl_ym", month);
    yb_json_text(out, "setl_id", yb_id_format(r->setl_id, id));
    yb_json_text(out, "setl_list_id", r->setl_list_id != 0 ? yb_id_format(r->setl_list_id, id) : "");
    yb_json_text(out, "psn_no", r->psn_no);
    yb_json_text(out, "qltctrl_rslt", r->accepted ? "1" : "0");
    level(out, worst);
    yb_json_text(out, "qltctrl_ver", r->qltctrl_ver);
    yb_json_array(out, "detailinfo");
    for (size_t i = 0; i < r->n_findings; i++)
        if (err_lv[0] == '\0' || r->findings[i]->severity == err_lv[0] - '0')
            yb_answer_finding(out, r->findings[i]);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

void yb_txn_4104(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Drg__GetFindingsRequest req = YIBAO__DRG__GET_FINDINGS_REQUEST__INIT;
    req.setl_id = yb_txn_id(txn, d, "data", "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req.setl_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/GetFindings",
                        .body = &req.base,
                        .person = yb_row_text(d, "setl_id"),
                        .answer = &yibao__drg__get_findings_reply__descriptor },
           found);
}
