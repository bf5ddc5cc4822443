/* Writes: the states of a key, batches that fail in part, conflicts and deadlocks, and how they are counted. */
#include "tests/support/frame.h"

/* ---- keys ---- */

START_TEST(states_of_a_key)
{
    const Yibao__Rpc__Reply *first = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_int_eq(code(first), YB_OK);
    const Yibao__Rpc__Reply *again = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_int_eq(code(again), YB_OK);
    ck_assert_uint_eq(again->body.len, first->body.len);
    ck_assert_mem_eq(again->body.data, first->body.data, first->body.len);
    const Yibao__Rpc__Reply *other =
        ask((said_t){ .method = "Test/Add", .payload = "ok:k2", .key = "k1", .hash = "other body" });
    ck_assert_int_eq(code(other), YB_E_KEY_CONFLICT);
    ck_assert_str_eq(other->field, "msgid");
    ck_assert_uint_eq(other->body.len, 0);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name IN ('k1', 'k2')"), 1);
    /* a restart knows the key, too */
    hang_up();
    yb_test_bus_stop(bus, "identity");
    yb_test_bus_start(bus, &source_def);
    dial();
    again = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_mem_eq(again->body.data, first->body.data, first->body.len);
}
END_TEST

START_TEST(refusal_writes_nothing)
{
    static const char *const commands[] = { "np:refused", "no:refused" };
    static const yb_err_t codes[] = { YB_E_FIELD_DICT, YB_E_FIELD_RANGE };
    for (int tries = 0; tries < 2; tries++) {          /* a refusal is not remembered: asked again, decided again */
        const Yibao__Rpc__Reply *reply =
            ask((said_t){ .method = "Test/Add", .payload = commands[_i], .key = "refused" });
        ck_assert_int_eq(code(reply), codes[_i]);
        ck_assert_str_eq(reply->field, "name");
    }
    ck_assert_int_eq(
        number("identity",
               "SELECT (SELECT COUNT(*) FROM effect WHERE name = 'refused') + (SELECT COUNT(*) FROM idem_key) + "
               "(SELECT COUNT(*) FROM outbox)"),
        0);
    ck_assert_int_eq(
        code(ask((said_t){ .method = "Test/Add", .payload = "ok:refused", .key = "refused", .hash = "mended" })),
        YB_OK);
}
END_TEST

/* ---- batches ---- */

/* Runs `commands` as one batch and returns the code of each. */
static void as_one_batch(const char *const *commands, size_t count, yb_err_t *ret_codes)
{
    say((said_t){ .method = "Test/Add", .payload = "hd:gate", .key = "gate", .call_id = 1000 });
    wait_held();
    for (size_t i = 0; i < count; i++)
        say((said_t){ .method = "Test/Add", .payload = commands[i], .key = commands[i], .call_id = i });
    gates_passed();
    atomic_store(&shared->runs, 0);
    sem_post(&shared->release);
    for (size_t i = 0; i <= count; i++) {
        const Yibao__Rpc__Reply *reply = hear();
        if (reply->call_id < count)
            ret_codes[reply->call_id] = code(reply);
    }
    ck_assert_ptr_null(hear_within(0));
}

START_TEST(one_batch_one_transaction)
{
    static const char *const commands[] = { "ok:b1", "np:b2", "ok:b3", "no:b4", "ev:b5" };
    yb_err_t codes[5] = { 0 };
    as_one_batch(commands, 5, codes);
    static const yb_err_t want[] = { YB_OK, YB_E_FIELD_DICT, YB_OK, YB_E_FIELD_RANGE, YB_OK };
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(codes[i], want[i]);
    ck_assert_int_eq(atomic_load(&shared->runs), 1);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'b_'"), 3);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM idem_key"), 4);      /* with the one that held the lane */
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox"), 1);
}
END_TEST

/* The member at fault: its rows break the insert; its handler fails; it forgets its answer; its answer is larger than
 * any caller takes. */
static const struct { const char *command; yb_err_t code; } culprits[] = {
    { "tw:b2", YB_E_DB_DUPLICATE }, { "er:b2", YB_E_OVERFLOW }, { "fo:b2", YB_E_INTERNAL }, { "bg:b2", YB_E_TOO_LARGE },
};

START_TEST(one_member_fails_alone)
{
    const char *commands[] = { "ok:b1", culprits[_i].command, "ev:b3", "ok:b4" };
    yb_err_t codes[4] = { 0 };
    as_one_batch(commands, 4, codes);
    ck_assert_int_eq(codes[0], YB_OK);
    ck_assert_int_eq(codes[1], culprits[_i].code);
    ck_assert_int_eq(codes[2], YB_OK);
    ck_assert_int_eq(codes[3], YB_OK);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'b_' AND n = 1"), 3);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM idem_key"), 4);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox"), 1);
}
END_TEST

START_TEST(conflict_is_tried_again)
{
    atomic_store(&shared->tries, 0);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "cf:c1", .key = "c1" })), YB_OK);
    ck_assert_int_eq(atomic_load(&shared->tries), 3);
    /* and given up in the end, with an error that says to come again */
    atomic_store(&shared->tries, -100);
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Test/Add", .payload = "cf:c2", .key = "c2" });
    ck_assert_int_eq(code(reply), YB_E_DB_CONFLICT);
    ck_assert(yb_err_is_transient(code(reply)));
    ck_assert_int_eq(atomic_load(&shared->tries), -96);
}
END_TEST

START_TEST(deadlock_is_solved)
{
    atomic_store(&shared->tries, 0);
    say((said_t){ .method = "Test/Cross", .payload = "ab", .key = "ab", .route_key = 2 });     /* two lanes */
    say((said_t){ .method = "Test/Cross", .payload = "ba", .key = "ba", .route_key = 3 });
    ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_int_ge(atomic_load(&shared->tries), 3);              /* one of them was the victim */
    ck_assert_int_eq(number("identity", "SELECT SUM(n) FROM effect WHERE name IN ('a', 'b')"), 4);
}
END_TEST

START_TEST(metrics_count_what_happened)
{
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:m1", .key = "m1" })), YB_OK);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:m1", .key = "m1" })), YB_OK);
    gates_passed();
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Frame/Metrics" });
    const Yibao__Rpc__MetricsReply *m = (const Yibao__Rpc__MetricsReply *)yb_rpc_unpack(
        &yibao__rpc__metrics_reply__descriptor, reply->body.data, reply->body.len, arena);
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_stored_answers_total{service=\"identity\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_batches_total{service=\"identity\",method=\"Test/Add\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_call_seconds_count{service=\"identity\",method=\"Test/Add\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_gate_refused_total{service=\"identity\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_working{service=\"identity\"} 1\n"));     /* this question itself */
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service writes");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, states_of_a_key);
    tcase_add_loop_test(tc, refusal_writes_nothing, 0, 2);
    tcase_add_test(tc, one_batch_one_transaction);
    tcase_add_loop_test(tc, one_member_fails_alone, 0, sizeof culprits / sizeof *culprits);
    tcase_add_test(tc, conflict_is_tried_again);
    tcase_add_test(tc, metrics_count_what_happened);
    tc = tcase(suite, "two lanes", setup_two);
    tcase_add_test(tc, deadlock_is_solved);
    return run_suite(suite);
}
