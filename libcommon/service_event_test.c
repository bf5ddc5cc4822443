/* Events between two services: from the outbox to a target that was away, again, and together. */
#include <sys/syscall.h>
#include <time.h>

#include "tests/support/frame.h"

/* ---- the target: the tested service is the source ---- */

/* Counts each event by its key, and each piece by how many came together. A key that begins with "bad" is refused after
 * all of them were written. */
static yb_err_t apply_named(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                            yb_arena_t *scratch)
{
    yb_err_t all = YB_OK;
    yb_params_t *p = yb_params_create(scratch, 1);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, events[i]->key);
        if (strncmp(events[i]->key, "bad", 3) == 0)
            all = YB_E_MALFORMED;
    }
    yb_params_text(p, yb_arena_printf(scratch, "together %zu", count));
    yb_err_t err = yb_db_execute(yb_worker_db(worker), &sql_upsert, p, NULL);
    return err != YB_OK ? err : all;
}

static const yb_event_handler_t target_events[] = { { "Named", apply_named } };
static const ProtobufCServiceDescriptor no_methods = {
    .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
    .name = "yibao.None",
    .short_name = "None",
    .c_name = "None",
    .package = "yibao",
    .methods = test_method_descriptors,
    .method_indices_by_name = by_name,
};
static const yb_service_def_t target_def = {
    .name = "settlement", .summary = "a test", .descriptor = &no_methods, .methods = test_methods,
    .schema = schema, .schema_count = &schema_count, .events = target_events, .event_count = 1,
};

/* ---- tests ---- */

static void wait_pending(uint64_t most)
{
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (health("identity")->outbox_pending > most)
        ck_assert_msg(now_us() < until_us, "events are not delivered");
}

START_TEST(events_reach_a_target_that_was_away)
{
    char name[32];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "ev:e%d", i);
        ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = name, .key = name })), YB_OK);
    }
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0"), 5);
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_start(bus, &target_def);
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 'e_'") < 5)
        ck_assert_msg(now_us() < until_us, "events are not delivered");
    wait_pending(0);
    /* away once more, and one that nobody can take: the others pass it by */
    yb_test_bus_hang_up(bus);
    yb_test_bus_stop(bus, "settlement");
    dial();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "po:p1", .key = "p1" })), YB_OK);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ev:e5", .key = "e5" })), YB_OK);
    hang_up();
    yb_test_bus_start(bus, &target_def);
    until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'e5'") < 1)
        ck_assert_msg(now_us() < until_us, "the last event is not delivered");
    wait_pending(1);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0 AND type = 'NobodyKnowsThis'"),
                     1);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 'e_' AND n = 1"), 6);
}
END_TEST

/* How far the wall clock of this program, and of the services it starts, is ahead of the system's, by which threads
 * sleep: a clock that was put back since they looked at it. */
static int64_t wall_ahead_s;

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret_now);
    ret_now->tv_sec += id == CLOCK_REALTIME ? wall_ahead_s : 0;
    return rc;
}

/* The clock was an hour ahead and is put right while the keeper naps: what it does by the second goes on. */
START_TEST(keeper_does_not_oversleep)
{
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_stop(bus, "identity");
    wall_ahead_s = 3600;
    yb_test_bus_start(bus, &source_def);
    dial();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ev:nap", .key = "nap" })), YB_OK);
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (health("identity")->outbox_pending == 0)      /* told when it has found nobody to send it to */
        ck_assert_int_lt(now_us(), until_us);
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_start(bus, &target_def);
    until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'nap'") < 1)
        ck_assert_msg(now_us() < until_us, "the event is not delivered");
    wall_ahead_s = 0;
}
END_TEST

static const Yibao__Rpc__DeliverReply *deliver(Yibao__Rpc__Event **events, size_t count)
{
    yb_refusal_t why;
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.events = events;
    req.n_events = count;
    const Yibao__Rpc__DeliverReply *reply = yb_test_call(bus, "settlement", "Frame/Deliver", &req.base,
        &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(reply != NULL && reply->n_codes == count, "%s", yb_err_name(why.code));
    return reply;
}

START_TEST(delivered_again_has_no_effect)
{
    hang_up();
    yb_test_bus_start(bus, &target_def);
    Yibao__Rpc__Event a = YIBAO__RPC__EVENT__INIT, b = a, odd = a;
    a.source = b.source = odd.source = MUTABLE("identity");
    a.type = b.type = MUTABLE("Named");
    odd.type = MUTABLE("NobodyKnowsThis");
    a.key = MUTABLE("x1");
    b.key = MUTABLE("x2");
    a.id = 1;
    b.id = 2;
    odd.id = 3;
    Yibao__Rpc__Event *once[] = { &a }, *both[] = { &a, &b, &a }, *mixed[] = { &b, &odd, &a };
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_OK);
    const Yibao__Rpc__DeliverReply *reply = deliver(both, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(reply->codes[i], YB_OK);
    reply = deliver(mixed, 3);
    ck_assert_uint_eq(reply->codes[0], YB_OK);
    ck_assert_uint_eq(reply->codes[1], YB_E_UNKNOWN_METHOD);
    ck_assert_uint_eq(reply->codes[2], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT SUM(n) FROM effect WHERE name LIKE 'x_'"), 2);
    /* another source's number 1 is another event; a source that cannot be one is refused, not fatal */
    a.source = MUTABLE("enrollment");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT n FROM effect WHERE name = 'x1'"), 2);
    a.source = MUTABLE("a name of more than thirty-two letters");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_E_MALFORMED);
    a.source = MUTABLE("");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_E_MALFORMED);
    deliver(once, 0);
}
END_TEST

/* What is delivered together is applied together; one that cannot be applied keeps none of the others. */
START_TEST(delivered_together)
{
    hang_up();
    yb_test_bus_start(bus, &target_def);
    Yibao__Rpc__Event events[5], *all[5];
    static const char *const keys[] = { "t1", "t2", "t3", "t4", "bad" };
    for (size_t i = 0; i < 5; i++) {
        yibao__rpc__event__init(&events[i]);
        events[i].source = MUTABLE("enrollment");
        events[i].type = MUTABLE("Named");
        events[i].key = MUTABLE(keys[i]);
        events[i].id = 700 + i;
        all[i] = &events[i];
    }
    deliver(all, 1);
    const Yibao__Rpc__DeliverReply *reply = deliver(all, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(reply->codes[i], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT n FROM effect WHERE name = 'together 2'"), 1);
    Yibao__Rpc__Event *with_bad[] = { all[2], all[4], all[3] };
    reply = deliver(with_bad, 3);
    ck_assert_uint_eq(reply->codes[0], YB_OK);
    ck_assert_uint_eq(reply->codes[1], YB_E_MALFORMED);
    ck_assert_uint_eq(reply->codes[2], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 't_' AND n = 1"), 4);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'bad'"), 0);
    ck_assert_uint_eq(deliver(&all[4], 1)->codes[0], YB_E_MALFORMED); /* it was not taken: not known the next time */
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service events");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, events_reach_a_target_that_was_away);
    tcase_add_test(tc, keeper_does_not_oversleep);
    tcase_add_test(tc, delivered_again_has_no_effect);
    tcase_add_test(tc, delivered_together);
    return run_suite(suite);
}
