/* The transactions offered here, and the names of the national ones that are not. One file per family in
 * tables/. */
#ifndef YB_GATEWAY_TABLES_H
#define YB_GATEWAY_TABLES_H

#include <stddef.h>
#include "services/gateway/edge/fields.h"

/* NULL = not offered. */
const yb_fields_t *yb_tables_find(const char *infno);
/* All, in the order of their numbers. */
const yb_fields_t *yb_tables_at(size_t i);
size_t yb_tables_count(void);
/* Chinese name of a transaction of the national interface, offered or not (INTERFACE.md section 2.4); NULL =
 * no such. */
const char *yb_tables_national(const char *infno);

#endif
