/* What all lanes of the service share; made once at start, never changed (yb_worker_data). */
#ifndef SETTLEMENT_SETTLEMENT_H
#define SETTLEMENT_SETTLEMENT_H

#include "libcommon/area.h"

struct yb_books;
struct yb_policy_set;

typedef struct yb_settlement_data {
    yb_area_set_t areas;                 /* pooling areas that have a policy */
    struct yb_policy_set *policies;      /* rules/policy.h */
    struct yb_books *books;              /* handlers/books.h; what it points to is the keeper's */
} yb_settlement_data_t;

#endif
