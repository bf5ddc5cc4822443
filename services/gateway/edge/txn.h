/* A transaction on its way through the gateway: what a handler is given, and how it ends.
 *
 * A handler runs on the loop, must not block, and ends each transaction exactly once — at once or later, from
 * an rpc callback — with yb_txn_ok, yb_txn_ok_file, yb_txn_refuse or yb_txn_fail; after that `txn` is gone.
 * Everything it allocates from txn->arena lives until then. The request stays alive however long that takes,
 * also when its client has hung up. Before the handler runs the edge has: read and checked envelope and
 * input, checked signature and rate, found the institution and that it may work, required the sign-in of
 * an institution that must, and hashed the body.
 *
 *     static void done(void *ctx, const yb_rpc_answer_t *a) {
 *         yb_txn_t *txn = ctx;
 *         if (a->err) { yb_txn_fail(txn, a->err, a->field, a->text); return; }
 *         …unpack into txn->arena…
 *         yb_json_out_t *out = yb_txn_out(txn);
 *         yb_json_object(out, "result"); yb_json_text(out, "mdtrt_id", …); yb_json_object_end(out);
 *         yb_txn_ok(txn);
 *     } */
#ifndef YB_GATEWAY_TXN_H
#define YB_GATEWAY_TXN_H

#include <stdbool.h>
#include <stdint.h>
#include "libcommon/arena.h"
#include "libcommon/err.h"
#include "services/gateway/edge/envelope.h"
#include "services/gateway/edge/fields.h"
#include "services/gateway/edge/json.h"

typedef struct yb_txn yb_txn_t;
typedef void (*yb_txn_fn)(yb_txn_t *txn);

/* How a transaction is bound; a static array of these is handed to yb_edge_create, which checks that each
 * infno has a table and each table a handler. The field table is found by infno (rules/tables.h). */
typedef struct yb_txn_def {
    const char *infno;
    yb_txn_fn handle;
    bool needs_sign_in;      /* of an institution that must sign in: only with a live sign_no. False for 9001. */
    bool writes;             /* idem_key and body_hash are to be passed on */
} yb_txn_def_t;

/* What the registry says of the institution; filled by the application (yb_edge_conf_t.find), kept by value.
 */
#define YB_INSTITUTION_CODE_MAX 31
#define YB_INSTITUTION_SECRET_MAX 129
typedef struct yb_institution {
    bool known;
    bool blocked;
    char fixmedins_code[YB_INSTITUTION_CODE_MAX];
    char fixmedins_name[201];
    char fixmedins_type[4];          /* 1 hospital, 2 pharmacy */
    char hosp_lv[8];
    char admdvs[7];                  /* area it lies in */
    int32_t pooling_area;
    char secret[YB_INSTITUTION_SECRET_MAX];   /* "" = none: may call unsigned in the sandbox */
    uint32_t rate_per_s;             /* 0 = no limit */
    bool require_sign_in;            /* other transactions than 9001 only with a live sign_no */
} yb_institution_t;

/* Of the time a transaction took, what services below had. */
typedef struct yb_txn_below {
    unsigned calls;
    int64_t took_us;                 /* of all, one after the other */
    const char *slowest;             /* method, constant; NULL = none was asked */
    int64_t slowest_us;
} yb_txn_below_t;

struct yb_txn {
    const yb_txn_def_t *def;
    const yb_fields_t *table;
    const yb_envelope_t *env;
    const yb_input_t *in;
    const yb_institution_t *institution;
    yb_arena_t *arena;
    void *app;                       /* yb_edge_conf_t.app: rpc clients and the like */
    void *state;                     /* the handler's own, NULL at first */
    uint8_t request_id[16];          /* random, made here */
    uint8_t idem_key[16];            /* of (fixmedins_code, msgid) */
    uint8_t body_hash[32];           /* edge/canon.h; zero unless def->writes */
    const char *traceparent;         /* of the request's header when well-formed, else NULL */
    int64_t received_us;             /* unix */
    int64_t deadline_us;             /* unix; received + yb_edge_conf_t.deadline_ms */
    const char *refmsgid;            /* inf_refmsgid of the answer */
    yb_txn_below_t below;            /* kept by who asks */
};

/* The writer of "output"'s members. The first call opens it. */
yb_json_out_t *yb_txn_out(yb_txn_t *txn);
/* Answers infcode 0 with what was written; output is null when yb_txn_out was never called. */
void yb_txn_ok(yb_txn_t *txn);
/* Answers with bytes instead of JSON (9102). `data` must live in txn->arena. */
void yb_txn_ok_file(yb_txn_t *txn, const char *content_type, const void *data, size_t len);
/* Answers infcode -1 and the HTTP status of the code; what was written to yb_txn_out is dropped. */
void yb_txn_refuse(yb_txn_t *txn, const yb_refusal_t *refusal);
/* The same from parts, as an rpc answer has them. field and text may be NULL. */
void yb_txn_fail(yb_txn_t *txn, yb_err_t err, const char *field, const char *text);

#endif
