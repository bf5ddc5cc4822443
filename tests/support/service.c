#include "tests/support/service.h"

#include <stdio.h>
#include <string.h>

yb_test_bus_t *bus;
yb_arena_t *arena;
yb_refusal_t why;

static struct {
    const yb_service_def_t *tested;
    Suite *suite;
} program;                               /* a test program is one thread */

void yb_test_open(const yb_service_def_t *tested)
{
    static const char *const areas[] = { "141100-lvliang.yaml", "320682-rugao.yaml", NULL };
    program.tested = tested;
    bus = yb_test_bus_create(yb_test_server(), areas);
}

static void setup(void) { arena = yb_arena_create(0); }

static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

TCase *yb_test_case(void)
{
    TCase *tc = tcase_create("service");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    program.suite = suite_create(program.tested->name);
    suite_add_tcase(program.suite, tc);
    return tc;
}

int yb_test_close(void)
{
    SRunner *runner = srunner_create(program.suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}

void *yb_test_tested(const char *method, const ProtobufCMessage *body, const ProtobufCMessageDescriptor *reply_type,
                     const yb_test_ask_t *ask)
{
    char full[96];
    snprintf(full, sizeof full, "%s/%s", program.tested->descriptor->short_name, method);
    return yb_test_call(bus, program.tested->name, full, body, reply_type, ask, arena, &why);
}

/* ---- imports ---- */

static char **cells_of(char *line, size_t *ret_count)
{
    size_t count = 1;
    for (const char *c = line; *c != '\0'; c++)
        count += *c == ',';
    char **cells = YB_NEW_ARRAY(arena, char *, count);
    for (size_t i = 0; i < count; i++)
        cells[i] = strsep(&line, ",");
    *ret_count = count;
    return cells;
}

Yibao__Identity__ImportRowsRequest yb_test_rows(const char *kind, const char *csv)
{
    Yibao__Identity__ImportRowsRequest req = YIBAO__IDENTITY__IMPORT_ROWS_REQUEST__INIT;
    req.kind = MUTABLE(kind);
    req.rows = YB_NEW_ARRAY(arena, Yibao__Identity__ImportRow *, strlen(csv));
    char *rest = yb_arena_strdup(arena, csv);
    req.columns = cells_of(strsep(&rest, "\n"), &req.n_columns);
    uint64_t number = 2;
    for (char *line; (line = strsep(&rest, "\n")) != NULL; number++) {
        if (line[0] == '\0')
            continue;
        Yibao__Identity__ImportRow *row = YB_NEW(arena, Yibao__Identity__ImportRow);
        yibao__identity__import_row__init(row);
        row->line = number;
        row->cells = cells_of(line, &row->n_cells);
        req.rows[req.n_rows++] = row;
    }
    return req;
}

const Yibao__Identity__ImportRowsReply *yb_test_import(const Yibao__Identity__ImportRowsRequest *req)
{
    return CALL("ImportRows", *req, const Yibao__Identity__ImportRowsReply,
                yibao__identity__import_rows_reply__descriptor, NULL);
}

void yb_test_tally(const Yibao__Identity__ImportRowsReply *r, uint64_t added, uint64_t changed, uint64_t same,
                   uint64_t failed)
{
    ck_assert_msg(r != NULL, "refused: %s %s %s", yb_err_name(why.code), why.field, why.text);
    ck_assert_msg(r->added == added && r->changed == changed && r->same == same && r->failed == failed,
                  "added %ju changed %ju same %ju failed %ju: %s", (uintmax_t)r->added, (uintmax_t)r->changed,
                  (uintmax_t)r->same, (uintmax_t)r->failed, r->n_errors > 0 ? r->errors[0]->reason : "");
}

void yb_test_take(const char *kind, const char *csv)
{
    Yibao__Identity__ImportRowsRequest req = yb_test_rows(kind, csv);
    const Yibao__Identity__ImportRowsReply *r = yb_test_import(&req);
    ck_assert_msg(r != NULL && r->failed == 0, "%s: %s", kind, r == NULL ? why.text : r->errors[0]->reason);
}

const Yibao__Identity__FinishImportReply *yb_test_finish(const char *kind, const char *import_id, bool abort)
{
    Yibao__Identity__FinishImportRequest req = YIBAO__IDENTITY__FINISH_IMPORT_REQUEST__INIT;
    req.import_id = MUTABLE(import_id);
    req.kind = MUTABLE(kind);
    req.abort = abort;
    const Yibao__Identity__FinishImportReply *r =
        CALL("FinishImport", req, const Yibao__Identity__FinishImportReply,
             yibao__identity__finish_import_reply__descriptor, NULL);
    ck_assert_msg(r != NULL, "%s", why.text);
    return r;
}
