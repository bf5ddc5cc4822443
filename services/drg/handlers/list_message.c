#include <string.h>

#include "services/drg/handlers/handlers.h"

static void *first_row(yb_list_t *list, yb_list_node_t node, size_t rows, yb_arena_t *arena)
{
    if (node == YB_NODE_SETLINFO)
        return &list->setlinfo;
    void *array = yb_arena_calloc(arena, rows, yb_list_row_size(node));
    list->rows[node] = array;
    list->counts[node] = rows;
    return array;
}

/* The offset of each field of the message in the node's struct. */
static yb_err_t find_fields(const Yibao__Drg__ListNode *node, yb_list_node_t kind, yb_arena_t *arena,
                            const size_t **ret_offsets, yb_refusal_t *ret)
{
    size_t known = 0;
    const yb_list_field_t *fields = yb_list_fields(kind, &known);
    size_t *offsets = YB_NEW_ARRAY(arena, size_t, node->n_fields);
    for (size_t i = 0; i < node->n_fields; i++) {
        int at = yb_list_field_find(kind, node->fields[i]);
        if (at < 0)
            return yb_refuse(ret, YB_E_MALFORMED, node->node, "清单节点没有该字段：%.64s", node->fields[i]);
        offsets[i] = fields[at].offset;
    }
    *ret_offsets = offsets;
    return YB_OK;
}

static yb_err_t read_node(const Yibao__Drg__ListNode *node, yb_list_node_t kind, yb_arena_t *arena, yb_list_t *list,
                          yb_refusal_t *ret)
{
    const size_t *offsets = NULL;
    size_t most = kind == YB_NODE_SETLINFO ? 1 : YB_LIST_ROWS_MAX;
    if (node->n_rows > most)
        return yb_refuse(ret, YB_E_TOO_LARGE, node->node, "该节点有%zu行，最多%zu行", node->n_rows, most);
    yb_err_t err = find_fields(node, kind, arena, &offsets, ret);
    if (err != YB_OK)
        return err;
    char *row = first_row(list, kind, node->n_rows, arena);
    for (size_t r = 0; r < node->n_rows; r++, row += yb_list_row_size(kind)) {
        if (node->rows[r]->n_texts != node->n_fields)
            return yb_refuse(ret, YB_E_MALFORMED, node->node, "第%zu行有%zu项，应为%zu项", r + 1,
                             node->rows[r]->n_texts, node->n_fields);
        for (size_t i = 0; i < node->n_fields; i++)
            memcpy(row + offsets[i], &node->rows[r]->texts[i], sizeof(char *));
    }
    return YB_OK;
}

yb_err_t yb_list_of_message(const Yibao__Drg__SettlementList *message, yb_arena_t *arena, yb_list_t *ret_list,
                            yb_refusal_t *ret)
{
    yb_list_t list = { 0 };
    bool seen[YB_NODE_COUNT] = { false };
    if (message == NULL)
        return yb_refuse(ret, YB_E_MALFORMED, "list", NULL);
    if (strcmp(message->infno, "4101") != 0 && strcmp(message->infno, "4101A") != 0)
        return yb_refuse(ret, YB_E_MALFORMED, "list.infno", "清单格式应为4101或4101A");
    list.form = message->infno[4] == 'A' ? YB_LIST_4101A : YB_LIST_4101;
    for (size_t i = 0; i < message->n_nodes; i++) {
        yb_list_node_t kind;
        if (!yb_list_node_parse(message->nodes[i]->node, &kind) || seen[kind])
            return yb_refuse(ret, YB_E_MALFORMED, "list", "清单没有该节点或节点重复：%.64s", message->nodes[i]->node);
        seen[kind] = true;
        yb_err_t err = read_node(message->nodes[i], kind, arena, &list, ret);
        if (err != YB_OK)
            return err;
    }
    *ret_list = list;
    return YB_OK;
}
