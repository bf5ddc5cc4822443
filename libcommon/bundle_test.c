#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/bundle.h"
#include "proto/rpc.pb-c.h"

static size_t put(uint8_t *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(yb_bundle_put_head(out, len), text, len);
    return yb_bundle_item_size(len);
}

static yb_bundle_next_t next_is(yb_bundle_reader_t *r, const char *text)
{
    const uint8_t *data = NULL;
    size_t len = 0;
    yb_bundle_next_t next = yb_bundle_next(r, &data, &len);
    if (next == YB_BUNDLE_ITEM) {
        ck_assert_uint_eq(len, strlen(text));
        ck_assert_mem_eq(data, text, len);
    }
    return next;
}

START_TEST(several_come_out_in_their_order)
{
    uint8_t frame[64];
    size_t len = put(frame, "one");
    len += put(frame + len, "");
    len += put(frame + len, "three");
    yb_bundle_reader_t r;
    yb_bundle_open(&r, frame, len);
    ck_assert_int_eq(next_is(&r, "one"), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, ""), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, "three"), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, ""), YB_BUNDLE_END);
}
END_TEST

/* Any protobuf library reads the same. */
START_TEST(it_is_the_message_of_the_proto)
{
    uint8_t *frame = malloc(1000), long_one[300];
    char text[sizeof long_one + 1];
    memset(text, 'x', sizeof long_one);
    text[sizeof long_one] = '\0';
    size_t len = put(frame, text);
    len += put(frame + len, "short");
    Yibao__Rpc__Bundle *b = yibao__rpc__bundle__unpack(NULL, len, frame);
    ck_assert_ptr_nonnull(b);
    ck_assert_uint_eq(b->n_envelopes, 2);
    ck_assert_uint_eq(b->envelopes[0].len, sizeof long_one);
    ck_assert_mem_eq(b->envelopes[1].data, "short", 5);
    uint8_t *again = malloc(len);
    ck_assert_uint_eq(yibao__rpc__bundle__pack(b, again), len);
    ck_assert_mem_eq(again, frame, len);
    yibao__rpc__bundle__free_unpacked(b, NULL);
    free(again);
    free(frame);
}
END_TEST

START_TEST(an_envelope_stands_alone)
{
    Yibao__Rpc__Request request = YIBAO__RPC__REQUEST__INIT;
    uint8_t frame[64];
    request.version = 1;
    request.method = (char *)(uintptr_t)"T/Echo";
    size_t len = yibao__rpc__request__pack(&request, frame), got = 0;
    const uint8_t *data = NULL;
    yb_bundle_reader_t r;
    yb_bundle_open(&r, frame, len);
    ck_assert_int_eq(yb_bundle_next(&r, &data, &got), YB_BUNDLE_ITEM);
    ck_assert_ptr_eq(data, frame);
    ck_assert_uint_eq(got, len);
    ck_assert_int_eq(yb_bundle_next(&r, &data, &got), YB_BUNDLE_END);
    yb_bundle_open(&r, frame, 0);
    ck_assert_int_eq(next_is(&r, ""), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, ""), YB_BUNDLE_END);
}
END_TEST

static const struct { const char *bytes; size_t len; int good; } broken[] = {
    { "\x72", 1, 0 },                            /* no length */
    { "\x72\x80\x80\x80\x80\x01", 6, 0 },        /* a length beyond any frame */
    { "\x72\x02" "a", 3, 0 },                    /* shorter than it says */
    { "\x72\x01" "a\x72\x7f" "b", 6, 1 },
    { "\x72\x01" "a\x08\x01", 5, 1 },            /* another field */
};

START_TEST(broken_ones_end_where_they_break)
{
    yb_bundle_reader_t r;
    uint8_t *exact = malloc(broken[_i].len);     /* so that reading too far is seen */
    memcpy(exact, broken[_i].bytes, broken[_i].len);
    yb_bundle_open(&r, exact, broken[_i].len);
    for (int i = 0; i < broken[_i].good; i++)
        ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_MALFORMED);
    free(exact);
}
END_TEST

START_TEST(no_more_than_the_limit)
{
    uint8_t frame[(YB_BUNDLE_COUNT_MAX + 1) * 3];
    yb_bundle_reader_t r;
    for (size_t i = 0; i <= YB_BUNDLE_COUNT_MAX; i++)
        put(frame + 3 * i, "a");
    yb_bundle_open(&r, frame, sizeof frame - 3);
    for (size_t i = 0; i < YB_BUNDLE_COUNT_MAX; i++)
        ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_END);
    yb_bundle_open(&r, frame, sizeof frame);
    for (size_t i = 0; i < YB_BUNDLE_COUNT_MAX; i++)
        ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_ITEM);
    ck_assert_int_eq(next_is(&r, "a"), YB_BUNDLE_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle");
    TCase *tc = tcase_create("bundle");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, several_come_out_in_their_order);
    tcase_add_test(tc, it_is_the_message_of_the_proto);
    tcase_add_test(tc, an_envelope_stands_alone);
    tcase_add_loop_test(tc, broken_ones_end_where_they_break, 0, sizeof broken / sizeof *broken);
    tcase_add_test(tc, no_more_than_the_limit);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
