/* The gateway's handlers, one per family of transactions: national fields in, a message to a service, national fields out. No rules here: what a
 * message may say is in the field tables, what it does is the services' matter. */
#ifndef YB_GATEWAY_HANDLERS_H
#define YB_GATEWAY_HANDLERS_H

#include "libcommon/rpc.h"
#include "proto/drg.pb-c.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/gateway/gateway.h"

/* signing.c */   void yb_txn_9001(yb_txn_t *txn); void yb_txn_9002(yb_txn_t *txn);
/* file.c */      void yb_txn_9101(yb_txn_t *txn); void yb_txn_9102(yb_txn_t *txn);
/* person.c */    void yb_txn_1101(yb_txn_t *txn); void yb_txn_2001(yb_txn_t *txn);
/* registry.c */  void yb_txn_1201(yb_txn_t *txn); void yb_txn_1312(yb_txn_t *txn);
/* visit.c */     void yb_txn_2201(yb_txn_t *txn); void yb_txn_2401(yb_txn_t *txn); void yb_txn_2203(yb_txn_t *txn); void yb_txn_2402(yb_txn_t *txn);
                  void yb_txn_2403(yb_txn_t *txn); void yb_txn_2202(yb_txn_t *txn); void yb_txn_2404(yb_txn_t *txn); void yb_txn_2405(yb_txn_t *txn);
/* line.c */      void yb_txn_2204(yb_txn_t *txn); void yb_txn_2301(yb_txn_t *txn); void yb_txn_2205(yb_txn_t *txn); void yb_txn_2302(yb_txn_t *txn);
/* settle.c */    void yb_txn_2206(yb_txn_t *txn); void yb_txn_2207(yb_txn_t *txn); void yb_txn_2303(yb_txn_t *txn); void yb_txn_2304(yb_txn_t *txn);
                  void yb_txn_2208(yb_txn_t *txn); void yb_txn_2305(yb_txn_t *txn); void yb_txn_2601(yb_txn_t *txn); void yb_txn_5203(yb_txn_t *txn);
/* filing.c */    void yb_txn_2503(yb_txn_t *txn); void yb_txn_2504(yb_txn_t *txn); void yb_txn_5301(yb_txn_t *txn);
/* query.c */     void yb_txn_5201(yb_txn_t *txn); void yb_txn_5202(yb_txn_t *txn); void yb_txn_5204(yb_txn_t *txn); void yb_txn_5205(yb_txn_t *txn);
                  void yb_txn_5206(yb_txn_t *txn); void yb_txn_5303(yb_txn_t *txn);
/* list.c */      void yb_txn_4101(yb_txn_t *txn); void yb_txn_4102(yb_txn_t *txn); void yb_txn_4104(yb_txn_t *txn);
/* hospital.c */  void yb_txn_4101T(yb_txn_t *txn); void yb_txn_4106(yb_txn_t *txn); void yb_txn_4107(yb_txn_t *txn); void yb_txn_4108(yb_txn_t *txn);
/* list_read.c */ void yb_txn_4103(yb_txn_t *txn);
/* reconcile.c */ void yb_txn_3201(yb_txn_t *txn); void yb_txn_3202(yb_txn_t *txn);

/* ---- asking the services (ask.c) ---- */

/* Called with the unpacked answer, which lives as long as txn. A call that failed has ended the transaction already, with the service's words. */
typedef void (*yb_ask_done_fn)(yb_txn_t *txn, const ProtobufCMessage *reply);

typedef struct yb_ask {
    yb_rpc_t *to;
    const char *method;
    const ProtobufCMessage *body;
    const char *person;                      /* whose lane: psn_no or ID number; NULL = the institution's */
    const ProtobufCMessageDescriptor *answer;
    bool write;                              /* carries the message's idempotency key and body hash */
} yb_ask_t;
void yb_ask(yb_txn_t *txn, const yb_ask_t *ask, yb_ask_done_fn done);

/* Reads the person at identity (an audit row there) and, for mdtrt_cert_type 02, checks that mdtrt_cert_no is his; then `done` with a
 * ResolveReply whose persons[0] is the person. cert_type NULL = not checked. */
void yb_ask_person(yb_txn_t *txn, const char *psn_no, const char *cert_type, const char *cert_no, yb_ask_done_fn done);

static inline yb_gateway_t *yb_txn_gateway(const yb_txn_t *txn) { return txn->app; }
/* protobuf-c wants char *; a message that is only packed is not written to. */
static inline char *yb_lend(const char *text) { return (char *)(uintptr_t)text; }

/* An id sent as text: its number, or 0 with the transaction refused (unknown: an id of ours is digits). */
int64_t yb_txn_id(yb_txn_t *txn, const yb_row_t *row, const char *node, const char *field, yb_err_t unknown);
/* What a node says beyond `typed` fields (NULL-ended) as canonical JSON; names, numbers and addresses of persons are left out. "" = nothing. */
char *yb_txn_detail(yb_txn_t *txn, const char *node, size_t row, const char *const *typed);
/* Diagnoses of a list node. */
Yibao__Settlement__Diagnosis **yb_txn_diagnoses(yb_txn_t *txn, const char *node, size_t *ret_count);

/* The list of 4101, 4101A, 4101T (list.c): the texts under the names of the transaction's table; `infno` is its form. NULL: no memory. */
Yibao__Drg__SettlementList *yb_txn_list(const yb_txn_t *txn, const char *infno);

/* ---- writing answers (answer.c) ---- */
void yb_answer_settlement(yb_txn_t *txn, const Yibao__Settlement__SettleReply *reply, const Yibao__Types__Person *person, bool full);
void yb_answer_line(yb_json_out_t *out, const Yibao__Settlement__Line *line, bool full);
/* A finding as 4104 has it (list.c). */
void yb_answer_finding(yb_json_out_t *out, const Yibao__Drg__Finding *finding);
/* End date as people write it: the last day in force. */
void yb_answer_enddate(yb_json_out_t *out, const char *key, int32_t exclusive_day);

#endif
