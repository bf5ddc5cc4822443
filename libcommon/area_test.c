#include "libcommon/area.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(pool_table)
{
    static const struct { const char *admdvs; int32_t areas[4]; int32_t expected; } rows[] = {
        { "141102", { 141100 }, 141100 },          /* the first four */
        { "320682", { 320682, 320600 }, 320682 },  /* exact wins */
        { "430902", { 430900, 430000 }, 430900 },
        { "460105", { 460000 }, 460000 },          /* one pool for a province */
        { "141102", { 0 }, 141100 },               /* nobody knows it */
        { "141100", { 0 }, 141100 },
        { "14110", { 141100 }, 0 },
        { "1411022", { 141100 }, 0 },
        { "14110x", { 141100 }, 0 },
        { "", { 141100 }, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        yb_area_set_t set = { 0 };
        while (rows[i].areas[set.count] != 0) {
            set.areas[set.count] = rows[i].areas[set.count];
            set.count++;
        }
        ck_assert_msg(yb_area_pool(&set, rows[i].admdvs) == rows[i].expected, "row %zu", i);
    }
}
END_TEST

START_TEST(candidates_leave_out_repeats)
{
    int32_t c[YB_AREA_CANDIDATES];
    ck_assert_uint_eq(yb_area_candidates("141102", c), 3);
    ck_assert_int_eq(c[0], 141102);
    ck_assert_int_eq(c[1], 141100);
    ck_assert_int_eq(c[2], 140000);
    ck_assert_uint_eq(yb_area_candidates("141100", c), 2);
    ck_assert_int_eq(c[1], 140000);
    ck_assert_uint_eq(yb_area_candidates("140000", c), 1);
    ck_assert_uint_eq(yb_area_candidates("吕梁市", c), 0);
}
END_TEST

static void touch(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fclose(f);
}

START_TEST(set_of_policy_files)
{
    char dir[] = "/tmp/yb_area_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    static const char *const names[] = { "141100-lvliang.yaml", "320682-rugao.yaml", "notes.yaml",
                                         "99-x.yaml", "141101-x.yml" };
    for (size_t i = 0; i < 5; i++)
        touch(dir, names[i]);
    yb_area_set_t set;
    char detail[256];
    ck_assert_int_eq(yb_area_set_load(dir, &set, detail, sizeof detail), YB_OK);
    ck_assert_uint_eq(set.count, 2);
    ck_assert(yb_area_set_has(&set, 141100));
    ck_assert(yb_area_set_has(&set, 320682));
    ck_assert(!yb_area_set_has(&set, 141101));
    for (size_t i = 0; i < 5; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(dir), 0);
    ck_assert_int_eq(yb_area_set_load(dir, &set, detail, sizeof detail), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(detail, "YB_POLICY_DIR"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("area");
    TCase *tc = tcase_create("area");
    tcase_add_test(tc, pool_table);
    tcase_add_test(tc, candidates_leave_out_repeats);
    tcase_add_test(tc, set_of_policy_files);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
