/* What a settlement answers, for the reference (edge/doc.c): the fields handlers/answer.c writes, in its order. */
#ifndef YB_GATEWAY_ANSWERS_H
#define YB_GATEWAY_ANSWERS_H

#include <stddef.h>

typedef struct yb_answer_field {
    const char *name, *label, *type, *note;     /* national name; Chinese, Chinese, Chinese or "" */
} yb_answer_field_t;

typedef struct yb_answer_node {
    const char *name, *title;                   /* "output.setlinfo"; for a heading, Chinese */
    const yb_answer_field_t *fields;
    size_t field_count;
} yb_answer_node_t;

size_t yb_answer_nodes_count(void);
const yb_answer_node_t *yb_answer_nodes_at(size_t i);

#endif
