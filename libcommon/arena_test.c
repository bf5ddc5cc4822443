#include <check.h>
#include "tests/support/quick_check.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/arena.h"
#include "libcommon/err.h"

START_TEST(pointers_are_aligned_and_apart)
{
    yb_arena_t *arena = yb_arena_create(0);
    unsigned char *p[500];
    size_t size[500];
    for (size_t i = 0; i < 500; i++) {
        size[i] = i * 37 % 3000;
        p[i] = yb_arena_alloc(arena, size[i]);
        ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i & 255), size[i]);
    }
    for (size_t i = 0; i < 500; i++) {
        for (size_t k = 0; k < size[i]; k++)
            ck_assert_uint_eq(p[i][k], i & 255);
    }
    yb_arena_destroy(&arena);
    ck_assert_ptr_null(arena);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(budget_bounds_what_is_handed_out)
{
    yb_arena_t *arena = yb_arena_create(4096);
    size_t got = 0;
    while (yb_arena_alloc(arena, 100))
        got++;
    ck_assert_uint_eq(got, 4096 / 112);
    ck_assert_uint_eq(yb_arena_used(arena), got * 112);
    ck_assert_ptr_null(yb_arena_alloc(arena, SIZE_MAX));
    ck_assert_ptr_null(yb_arena_alloc(arena, SIZE_MAX - 15));
    ck_assert_ptr_null(yb_arena_calloc(arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(yb_arena_strdup(arena,
        "0123456789012345678901234567890123456789012345678901234567890123456789"));
    yb_arena_reset(arena);
    ck_assert_uint_eq(yb_arena_used(arena), 0);
    ck_assert_ptr_null(yb_arena_alloc(arena, 4097));
    ck_assert_ptr_nonnull(yb_arena_alloc(arena, 4096));
    ck_assert_ptr_null(yb_arena_alloc(arena, 1));
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(reset_reuses_the_block)
{
    yb_arena_t *arena = yb_arena_create(0);
    void *first = yb_arena_alloc(arena, 64);
    yb_arena_reset(arena);
    ck_assert_ptr_eq(yb_arena_alloc(arena, 64), first);
    ck_assert_ptr_nonnull(yb_arena_alloc(arena, 100000));   /* a second block, kept as the larger one */
    yb_arena_reset(arena);
    void *big = yb_arena_alloc(arena, 100000);
    yb_arena_reset(arena);
    ck_assert_ptr_eq(yb_arena_alloc(arena, 100000), big);
    ck_assert_ptr_nonnull(yb_arena_alloc(arena, 8u << 20));   /* too large to keep */
    yb_arena_reset(arena);
    ck_assert_ptr_eq(yb_arena_alloc(arena, 16), big);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(copies_and_prints)
{
    yb_arena_t *arena = yb_arena_create(100000);
    unsigned char *zero = yb_arena_alloc(arena, 100);
    memset(zero, 1, 100);
    yb_arena_reset(arena);
    zero = yb_arena_calloc(arena, 10, 10);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(zero[i], 0);
    ck_assert_str_eq(yb_arena_strdup(arena, "山西"), "山西");
    ck_assert_str_eq(yb_arena_strndup(arena, "abcdef", 3), "abc");
    ck_assert_str_eq(yb_arena_strndup(arena, "ab", 30), "ab");
    ck_assert_str_eq(yb_arena_strndup(arena, NULL, 0), "");
    ck_assert_str_eq(yb_arena_printf(arena, "%d-%s", 42, "x"), "42-x");
    ck_assert_mem_eq(yb_arena_memdup(arena, "a\0b", 3), "a\0b", 3);
    char *longest = yb_arena_printf(arena, "%5000d", 7);
    ck_assert_uint_eq(strlen(longest), 5000);
    yb_arena_destroy(&arena);
}
END_TEST

/* What protobuf-c sees: NULL beyond the budget, free does nothing. */
START_TEST(protobuf_allocator_keeps_the_budget)
{
    yb_arena_t *arena = yb_arena_create(1000);
    ProtobufCAllocator *pb = yb_arena_pb(arena);
    void *p = pb->alloc(pb->allocator_data, 900);
    ck_assert_ptr_nonnull(p);
    pb->free(pb->allocator_data, p);
    ck_assert_ptr_null(pb->alloc(pb->allocator_data, 200));
    ck_assert_ptr_nonnull(pb->alloc(pb->allocator_data, 80));
    yb_arena_destroy(&arena);
}
END_TEST

/* A length-delimited repeated field of many short strings: a few bytes on the wire each, many more in
 * memory. */
START_TEST(protobuf_unpack_fails_cleanly_beyond_the_budget)
{
    static const ProtobufCFieldDescriptor field = {
        .name = "name", .id = 1, .label = PROTOBUF_C_LABEL_REPEATED, .type = PROTOBUF_C_TYPE_STRING,
        .quantifier_offset = sizeof(ProtobufCMessage), .offset = sizeof(ProtobufCMessage) + sizeof(size_t),
    };
    typedef struct { ProtobufCMessage base; size_t n; char **names; } message_t;
    static const unsigned by_name[] = { 0 };
    static const ProtobufCIntRange ranges[] = { { 1, 0 }, { 0, 1 } };
    static const ProtobufCMessageDescriptor type = {
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC, .name = "m", .short_name = "m", .c_name = "m",
        .package_name = "", .sizeof_message = sizeof(message_t), .n_fields = 1, .fields = &field,
        .fields_sorted_by_name = by_name, .n_field_ranges = 1, .field_ranges = ranges,
    };
    uint8_t wire[3 * 1000];
    for (size_t i = 0; i < 1000; i++)
        memcpy(wire + 3 * i, "\x0a\x01" "x", 3);
    yb_arena_t *small = yb_arena_create(16384), *large = yb_arena_create(1 << 20);
    ck_assert_ptr_null(protobuf_c_message_unpack(&type, yb_arena_pb(small), sizeof(wire), wire));
    message_t *m = (message_t *)(void *)protobuf_c_message_unpack(&type, yb_arena_pb(large), sizeof(wire),
        wire);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->n, 1000);
    ck_assert_str_eq(m->names[999], "x");
    yb_arena_destroy(&small);
    yb_arena_destroy(&large);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("arena");
    TCase *t = tcase_create("arena");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, pointers_are_aligned_and_apart);
    tcase_add_test(t, budget_bounds_what_is_handed_out);
    tcase_add_test(t, reset_reuses_the_block);
    tcase_add_test(t, copies_and_prints);
    tcase_add_test(t, protobuf_allocator_keeps_the_budget);
    tcase_add_test(t, protobuf_unpack_fails_cleanly_beyond_the_budget);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
