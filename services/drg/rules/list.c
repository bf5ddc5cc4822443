#include "list.h"

#include <string.h>

typedef struct node_def {
    const char *name;
    const yb_list_field_t *fields;
    size_t count, size;
} node_def_t;

#define FIELD(name) { #name, offsetof(yb_node_t, name) },
#define FIELDS_OF(node, FIELDS_MAP) static const yb_list_field_t node##_fields[] = { FIELDS_MAP(FIELD) };

#define yb_node_t yb_setlinfo_t
FIELDS_OF(setlinfo, YB_SETLINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_payinfo_t
FIELDS_OF(payinfo, YB_PAYINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_opspdiseinfo_t
FIELDS_OF(opspdiseinfo, YB_OPSPDISEINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_diseinfo_t
FIELDS_OF(diseinfo, YB_DISEINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_iteminfo_t
FIELDS_OF(iteminfo, YB_ITEMINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_oprninfo_t
FIELDS_OF(oprninfo, YB_OPRNINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_icuinfo_t
FIELDS_OF(icuinfo, YB_ICUINFO_FIELDS)
#undef yb_node_t
#define yb_node_t yb_bldinfo_t
FIELDS_OF(bldinfo, YB_BLDINFO_FIELDS)
#undef yb_node_t

/* clang-format off */
#define NODE(node) { #node, node##_fields, sizeof(node##_fields) / sizeof(node##_fields[0]), sizeof(yb_##node##_t) }
/* clang-format on */
static const node_def_t nodes[YB_NODE_COUNT] = {
    [YB_NODE_SETLINFO] = NODE(setlinfo),         [YB_NODE_PAYINFO] = NODE(payinfo),
    [YB_NODE_OPSPDISEINFO] = NODE(opspdiseinfo), [YB_NODE_DISEINFO] = NODE(diseinfo),
    [YB_NODE_ITEMINFO] = NODE(iteminfo),         [YB_NODE_OPRNINFO] = NODE(oprninfo),
    [YB_NODE_ICUINFO] = NODE(icuinfo),           [YB_NODE_BLDINFO] = NODE(bldinfo),
};

const char *yb_list_node_name(yb_list_node_t node) { return nodes[node].name; }

size_t yb_list_row_size(yb_list_node_t node) { return nodes[node].size; }

bool yb_list_node_parse(const char *name, yb_list_node_t *ret_node)
{
    for (int i = 0; i < YB_NODE_COUNT; i++)
        if (strcmp(nodes[i].name, name) == 0) {
            *ret_node = (yb_list_node_t)i;
            return true;
        }
    return false;
}

const yb_list_field_t *yb_list_fields(yb_list_node_t node, size_t *ret_count)
{
    *ret_count = nodes[node].count;
    return nodes[node].fields;
}

int yb_list_field_find(yb_list_node_t node, const char *name)
{
    for (size_t i = 0; i < nodes[node].count; i++)
        if (strcmp(nodes[node].fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *yb_list_text(const yb_list_t *list, yb_list_node_t node, size_t row, size_t field)
{
    const char *base = node == YB_NODE_SETLINFO ? (const char *)&list->setlinfo
                                                : (const char *)list->rows[node] + row * nodes[node].size;
    const char *text;
    memcpy(&text, base + nodes[node].fields[field].offset, sizeof(text));
    return text != NULL ? text : "";
}
