#include <check.h>
#include <stdio.h>
#include <string.h>

#include "migrate.h"
#include "outbox.h"
#include "tests/support/mariadb.h"

static yb_test_server_t *server;
static yb_arena_t *arena;
static yb_db_t *db, *other;

static void setup(void)
{
    char detail[200];
    const char *schema = yb_test_schema(server);
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
    other = yb_test_db(server, schema);
    ck_assert_msg(yb_migrate(db, "test", NULL, 0, NULL, detail, sizeof detail) == YB_OK, "%s", detail);
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_db_close(&other);
    yb_arena_destroy(&arena);
}

static yb_event_t event(uint64_t id, const char *target)
{
    return (yb_event_t){ .id = id,
                         .target = target,
                         .type = "VisitSettled",
                         .key = "P-𠮷-1",
                         .body = (const uint8_t *)"\0body",
                         .body_len = 5 };
}

static void begin(yb_db_t *on) { ck_assert_int_eq(yb_db_begin(on), YB_OK); }
static void commit(yb_db_t *on) { ck_assert_int_eq(yb_db_commit(on), YB_OK); }

static void put(yb_db_t *on, uint64_t id, const char *target, int64_t at_us)
{
    yb_event_t e = event(id, target);
    ck_assert_msg(yb_outbox_put(on, &e, 1, at_us, arena) == YB_OK, "%s", yb_db_error_text(on));
}

static size_t take(yb_db_t *on, const char *target, unsigned limit, yb_event_t **events)
{
    size_t count = 0;
    ck_assert_msg(yb_outbox_take(on, target, limit, arena, events, &count) == YB_OK, "%s",
                  yb_db_error_text(on));
    return count;
}

START_TEST(an_event_arrives_as_it_was_put)
{
    yb_event_t in[] = { event(UINT64_MAX, "drg"), event(5, "drg"), event(6, "clearing") }, *out = NULL;
    in[1].traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    in[1].body_len = 0;
    begin(db);
    uint64_t trips = 0;
    ck_assert_int_eq(yb_outbox_put(db, in, 3, 77, arena), YB_OK);
    in[0].id = 100, in[1].id = 101, in[2].id = 102;
    trips = yb_db_round_trips(db);
    ck_assert_int_eq(yb_outbox_put(db, in, 3, 78, arena), YB_OK);
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 1);
    yb_db_rollback(db);
    ck_assert_uint_eq(take(other, "drg", 10, &out), 0);          /* goes with its transaction */
    in[0].id = UINT64_MAX, in[1].id = 5, in[2].id = 6;
    begin(db);
    ck_assert_int_eq(yb_outbox_put(db, in, 3, 77, arena), YB_OK);
    ck_assert_uint_eq(take(other, "drg", 10, &out), 0);
    commit(db);
    ck_assert_uint_eq(take(other, "drg", 10, &out), 2);
    ck_assert_uint_eq(out[0].id, 5);
    ck_assert_str_eq(out[0].target, "drg");
    ck_assert_str_eq(out[0].type, "VisitSettled");
    ck_assert_str_eq(out[0].key, "P-𠮷-1");
    ck_assert_str_eq(out[0].traceparent, in[1].traceparent);
    ck_assert_uint_eq(out[0].body_len, 0);
    ck_assert_uint_eq(out[1].id, UINT64_MAX);
    ck_assert_ptr_null(out[1].traceparent);
    ck_assert_uint_eq(out[1].body_len, 5);
    ck_assert_mem_eq(out[1].body, "\0body", 5);
}
END_TEST

START_TEST(ids_that_commit_out_of_order_are_all_taken)
{
    yb_event_t *out = NULL;
    begin(db);
    put(db, 1, "drg", 10);
    begin(other);
    put(other, 2, "drg", 11);
    commit(other);
    begin(other);
    ck_assert_uint_eq(take(other, "drg", 10, &out), 1); /* 1 is there, and not committed: passed over */
    ck_assert_uint_eq(out[0].id, 2);
    uint64_t id = 2;
    ck_assert_int_eq(yb_outbox_ack(other, &id, 1, 50, arena), YB_OK);
    commit(other);
    commit(db);
    ck_assert_uint_eq(take(other, "drg", 10, &out), 1);
    ck_assert_uint_eq(out[0].id, 1);
}
END_TEST

START_TEST(two_relays_share_the_work_without_waiting)
{
    begin(db);
    for (uint64_t i = 1; i <= 10; i++)
        put(db, i, "drg", (int64_t)i);
    commit(db);
    yb_event_t *a = NULL, *b = NULL;
    begin(db);
    begin(other);
    ck_assert_uint_eq(take(db, "drg", 4, &a), 4);
    ck_assert_uint_eq(take(other, "drg", 100, &b), 6);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(a[i].id, i + 1);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(b[i].id, i + 5);
    uint64_t ids[] = { 1, 2, 3 }, pending = 0;
    int64_t oldest = 0;
    ck_assert_int_eq(yb_outbox_ack(db, ids, 3, 500, arena), YB_OK);
    commit(db);
    yb_db_rollback(other); /* a relay that died: its events come again */
    ck_assert_int_eq(yb_outbox_lag(db, &pending, &oldest), YB_OK);
    ck_assert_uint_eq(pending, 7);
    ck_assert_int_eq(oldest, 4);
    ck_assert_uint_eq(take(db, "drg", 100, &b), 7);
    ck_assert_uint_eq(b[0].id, 4);
    uint64_t gone = 0;
    ck_assert_int_eq(yb_outbox_prune(db, 500, 100, &gone), YB_OK);
    ck_assert_uint_eq(gone, 0);
    ck_assert_int_eq(yb_outbox_prune(db, 501, 2, &gone), YB_OK);
    ck_assert_uint_eq(gone, 2);
    ck_assert_int_eq(yb_outbox_prune(db, 501, 100, &gone), YB_OK);
    ck_assert_uint_eq(gone, 1);
    ck_assert_uint_eq(take(db, "drg", 100, &b), 7);              /* what waits is never pruned */
}
END_TEST

START_TEST(an_empty_outbox_has_no_lag)
{
    uint64_t pending = 9;
    int64_t oldest = 9;
    ck_assert_int_eq(yb_outbox_lag(db, &pending, &oldest), YB_OK);
    ck_assert_uint_eq(pending, 0);
    ck_assert_int_eq(oldest, 0);
}
END_TEST

START_TEST(the_inbox_knows_what_came_before)
{
    uint64_t ids[] = { 7, 3, UINT64_MAX, 3, 9 };
    bool fresh[5] = { false };
    begin(db);
    ck_assert_int_eq(yb_inbox_take(db, "drg", ids, 2, 10, arena, fresh), YB_OK);
    ck_assert(fresh[0] && fresh[1]);
    commit(db);
    begin(db);
    uint64_t trips = yb_db_round_trips(db);
    ck_assert_int_eq(yb_inbox_take(db, "drg", ids, 5, 11, arena, fresh), YB_OK);
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 1);
    ck_assert(!fresh[0] && !fresh[1] && fresh[2] && !fresh[3] && fresh[4]);
    yb_db_rollback(db);
    begin(db);
    ck_assert_int_eq(yb_inbox_take(db, "drg", ids, 5, 11, arena, fresh), YB_OK);
    ck_assert(!fresh[0] && !fresh[1] && fresh[2] && !fresh[3] && fresh[4]);     /* rolled back: not seen */
    commit(db);
    begin(db);
    ck_assert_int_eq(yb_inbox_take(db, "clearing", ids, 5, 11, arena, fresh), YB_OK);
    ck_assert(fresh[0] && fresh[1] && fresh[2] && !fresh[3] &&
              fresh[4]); /* another source; a pair in one call */
    commit(db);
    uint64_t gone = 0;
    ck_assert_int_eq(yb_inbox_prune(db, 11, 100, &gone), YB_OK);
    ck_assert_uint_eq(gone, 2);
}
END_TEST

START_TEST(the_inbox_takes_many)
{
    enum { N = 3000 };
    uint64_t *ids = yb_arena_calloc(arena, N, sizeof *ids);
    bool *fresh = yb_arena_calloc(arena, N, sizeof *fresh);
    for (uint64_t i = 0; i < N; i++)
        ids[i] = (i * 7919) % N + (1ull << 62);
    begin(db);
    ck_assert_int_eq(yb_inbox_take(db, "settlement", ids, N / 2, 1, arena, fresh), YB_OK);
    commit(db);
    begin(db);
    ck_assert_int_eq(yb_inbox_take(db, "settlement", ids, N, 1, arena, fresh), YB_OK);
    commit(db);
    for (size_t i = 0; i < N; i++)
        ck_assert_int_eq(fresh[i], i >= N / 2);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    TCase *c = tcase_create("outbox");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, an_event_arrives_as_it_was_put);
    tcase_add_test(c, ids_that_commit_out_of_order_are_all_taken);
    tcase_add_test(c, two_relays_share_the_work_without_waiting);
    tcase_add_test(c, an_empty_outbox_has_no_lag);
    tcase_add_test(c, the_inbox_knows_what_came_before);
    tcase_add_test(c, the_inbox_takes_many);
    Suite *s = suite_create("outbox");
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
