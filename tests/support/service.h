/* A test program of one importing service over the bus: set-up, calls and imports.
 *
 *   int main(void)
 *   {
 *       yb_test_open(&yb_identity_service);
 *       yb_test_bus_start(bus, &fake_peer);            what it calls, if anything
 *       yb_test_bus_start(bus, &yb_identity_service);
 *       TCase *tc = yb_test_case();
 *       tcase_add_test(tc, …);
 *       return yb_test_close();
 *   }
 */
#ifndef YB_TEST_SERVICE_H
#define YB_TEST_SERVICE_H

#include <check.h>

#include "proto/identity.pb-c.h"
#include "tests/support/bus.h"

extern yb_test_bus_t *bus;
extern yb_arena_t *arena;                /* of the running test */
extern yb_refusal_t why;                 /* of the last call; code YB_OK when it was answered */

/* Makes the bus, with policy folders of 吕梁 and 如皋. */
void yb_test_open(const yb_service_def_t *tested);
/* The only case: arena and clients are made and ended with each test. */
TCase *yb_test_case(void);
/* Runs it and stops the services. The program's exit code. */
int yb_test_close(void);

#define MUTABLE(text) ((char *)(uintptr_t)(text))
/* CALL("Resolve", req, Reply type, its descriptor, ask or NULL): NULL when refused, see `why`. */
#define CALL(method, req, Reply, reply, ask) ((Reply *)yb_test_tested(method, &(req).base, &reply, ask))
void *yb_test_tested(const char *method, const ProtobufCMessage *body, const ProtobufCMessageDescriptor *reply_type,
                     const yb_test_ask_t *ask);

/* ---- imports ---- */

/* Of CSV text with its header, without quoting; lines are numbered as in a file. */
Yibao__Identity__ImportRowsRequest yb_test_rows(const char *kind, const char *csv);
const Yibao__Identity__ImportRowsReply *yb_test_import(const Yibao__Identity__ImportRowsRequest *req);
/* Asserts that it was answered, with these counts. */
void yb_test_tally(const Yibao__Identity__ImportRowsReply *r, uint64_t added, uint64_t changed, uint64_t same,
                   uint64_t failed);
/* Imports; asserts that no row failed. */
void yb_test_take(const char *kind, const char *csv);
/* Asserts that it was answered. */
const Yibao__Identity__FinishImportReply *yb_test_finish(const char *kind, const char *import_id, bool abort);

#endif
