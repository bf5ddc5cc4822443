/* What comes in: the gates in their order, one message of several, and what is not begun. */
#include "tests/support/frame.h"

START_TEST(malformed_is_answered)
{
    static const char junk[] = "\xff\xff\xff\xff not a message";
    ck_assert_int_gt(zmq_send(dealer, junk, sizeof junk, 0), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    ck_assert_int_eq(zmq_send(dealer, "", 0, 0), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    zmq_send(dealer, "two", 3, ZMQ_SNDMORE);
    zmq_send(dealer, "frames", 6, 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    /* a good envelope with a bad body, a short request id, a short key */
    uint8_t out[1024], bad[] = { 0x0a, 0xff };
    Yibao__Rpc__Request req = YIBAO__RPC__REQUEST__INIT;
    req.version = YB_RPC_VERSION;
    req.method = MUTABLE("Frame/Echo");
    req.request_id = (ProtobufCBinaryData){ .data = (uint8_t *)MUTABLE("a request id  16"), .len = 16 };
    req.deadline_us = now_us() + SECOND_US * 60;
    req.call_id = 5;
    req.body = (ProtobufCBinaryData){ .data = bad, .len = sizeof bad };
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    const Yibao__Rpc__Reply *reply = hear();
    ck_assert_int_eq(code(reply), YB_E_MALFORMED);
    ck_assert_uint_eq(reply->call_id, 5);
    req.body.len = 0;
    req.request_id.len = 15;
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    reply = hear();
    ck_assert_int_eq(code(reply), YB_E_MALFORMED);
    ck_assert_uint_eq(reply->call_id, 5);
    req.request_id.len = 16;
    req.idem_key = req.request_id;
    req.idem_key.len = 15;
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    ck_assert_str_eq(payload(ask((said_t){ .method = "Frame/Echo", .payload = "still here" })), "still here");
}
END_TEST

/* Each message has this fault and all that come later in the order of the gates. */
START_TEST(gates_in_their_order)
{
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/None", .payload = "x", .version = 2, .in_us = -1 })),
                     YB_E_VERSION);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/None", .payload = "x", .in_us = -1 })), YB_E_UNKNOWN_METHOD);
    ck_assert_int_eq(code(ask((said_t){ .method = "Frame/Echo", .payload = "x", .in_us = -1 })), YB_E_DEADLINE);
    say((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .call_id = 1 });
    wait_held();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .in_us = -1 })),
                     YB_E_DEADLINE);
    /* duplicates are told from each other before there is a queue to be full */
    for (uint64_t i = 0; i < 16; i++)
        say((said_t){ .method = "Frame/Echo", .payload = "x", .call_id = 100 + i });
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order" })),
                     YB_E_IN_FLIGHT);
    const Yibao__Rpc__Reply *reply =
        ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .hash = "other" });
    ck_assert_int_eq(code(reply), YB_E_KEY_CONFLICT);
    ck_assert_str_eq(reply->field, "msgid");
    reply = ask((said_t){ .method = "Frame/Echo", .payload = "one too many", .call_id = 77 });
    ck_assert_int_eq(code(reply), YB_E_OVERLOADED);
    ck_assert_uint_eq(reply->call_id, 77);
    sem_post(&shared->release);
    for (int i = 0; i < 17; i++)
        ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_ptr_null(hear_within(0));
    ck_assert_int_eq(code(ask((said_t){ .method = "Frame/Echo", .payload = "room again" })), YB_OK);
}
END_TEST

/* Good ones and bad ones in one message: each has its answer, and those of one batch come back as one message. */
START_TEST(a_bundle_is_answered_member_by_member)
{
    static const char junk[] = "no envelope";
    uint8_t frame[4096], one[1024], *at = frame;
    for (uint64_t id = 1; id <= 3; id++) {
        said_t s = { .method = id == 2 ? "Test/None" : "Frame/Echo", .payload = "x", .call_id = id };
        size_t len = pack(&s, one);
        at = memcpy(yb_bundle_put_head(at, len), one, len);
        at += len;
    }
    at = memcpy(yb_bundle_put_head(at, sizeof junk), junk, sizeof junk);
    at += sizeof junk;
    at = yb_bundle_put_head(at, 100);    /* of which nothing comes */
    ck_assert_int_gt(zmq_send(dealer, frame, (size_t)(at - frame), 0), 0);
    static const struct { yb_err_t code; uint64_t call_id; } want[] = {
        { YB_E_UNKNOWN_METHOD, 2 }, { YB_E_MALFORMED, 0 }, { YB_E_MALFORMED, 0 }, { YB_OK, 1 }, { YB_OK, 3 },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const Yibao__Rpc__Reply *reply = hear();
        ck_assert_int_eq(code(reply), want[i].code);
        ck_assert_uint_eq(reply->call_id, want[i].call_id);
    }
    ck_assert_int_eq(messages_heard, 4);
    ck_assert_ptr_null(hear_within(0));
}
END_TEST

START_TEST(too_large_ends_the_connection_only)
{
    size_t len = YB_RPC_FRAME_MAX + 1;
    char *much = calloc(1, len);
    ck_assert_int_eq(zmq_send(dealer, much, len, 0), (int)len);
    free(much);
    hang_up();
    dial();
    ck_assert_str_eq(payload(ask((said_t){ .method = "Frame/Echo", .payload = "still here" })), "still here");
}
END_TEST

START_TEST(expired_in_the_queue_is_not_begun)
{
    say((said_t){ .method = "Test/Add", .payload = "hd:first", .key = "first", .call_id = 1 });
    wait_held();
    int64_t deadline_us = now_us() + 20000;
    say((said_t){ .method = "Test/Add", .payload = "ok:late", .key = "late", .in_us = 20000, .call_id = 2 });
    gates_passed();
    while (now_us() <= deadline_us + 20000) {
    }
    sem_post(&shared->release);
    ck_assert_int_eq(code(hear()), YB_OK);
    const Yibao__Rpc__Reply *reply = hear();
    ck_assert_uint_eq(reply->call_id, 2);
    ck_assert_int_eq(code(reply), YB_E_DEADLINE);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name = 'late'"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service gate");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, malformed_is_answered);
    tcase_add_test(tc, gates_in_their_order);
    tcase_add_test(tc, a_bundle_is_answered_member_by_member);
    tcase_add_test(tc, too_large_ends_the_connection_only);
    tcase_add_test(tc, expired_in_the_queue_is_not_begun);
    return run_suite(suite);
}
