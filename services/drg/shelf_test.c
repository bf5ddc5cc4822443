#include "services/drg/shelf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/file.h"

static char dir[64];

/* The set is the text of the file "set"; "bad" cannot be loaded. */
static yb_err_t load(const char *folder, void **ret_set, char *detail, size_t detail_cap)
{
    char path[128], *text = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s/set", folder);
    if (yb_file_read(path, 1000, &text, &len) != YB_OK)
        return YB_E_IO;
    if (strcmp(text, "bad") == 0) {
        snprintf(detail, detail_cap, "bad");
        free(text);
        return YB_E_FILE_FORM;
    }
    *ret_set = text;
    return YB_OK;
}

static void destroy(void **set)
{
    free(*set);
    *set = NULL;
}

static const yb_shelf_kind_t kind = { load, destroy };

static void put(const char *name, const char *text)
{
    char path[128], moved[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(moved, sizeof moved, "%s/.new", dir);
    FILE *f = fopen(moved, "we");
    ck_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0 && rename(moved, path) == 0);
}

static const void *take(yb_shelf_t *shelf)
{
    char detail[64] = "";
    const void *set = NULL;
    ck_assert_int_eq(yb_shelf_take(shelf, &set, detail, sizeof detail), YB_OK);
    return set;
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/yb_shelf.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    put("set", "one");
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(read_anew_when_a_file_changes)
{
    yb_shelf_t *shelf = yb_shelf_create(dir, &kind);
    const void *first = take(shelf), *again = take(shelf);
    ck_assert_ptr_eq(first, again);
    put("set", "two"); /* as long as before, in the same second */
    const void *second = take(shelf);
    ck_assert_str_eq(second, "two");
    ck_assert_str_eq(first, "one"); /* while somebody holds it */
    put("other", "");
    const void *third = take(shelf);
    ck_assert_ptr_ne(third, second);
    yb_shelf_give(shelf, &first);
    ck_assert_ptr_null(first);
    ck_assert_str_eq(again, "one");
    yb_shelf_give(shelf, &again);
    yb_shelf_give(shelf, &second);
    yb_shelf_give(shelf, &third);
    yb_shelf_give(shelf, &third); /* nothing to give */
    yb_shelf_destroy(&shelf);
    ck_assert_ptr_null(shelf);
}
END_TEST

START_TEST(what_cannot_be_read_is_not_replaced_by_what_was)
{
    yb_shelf_t *shelf = yb_shelf_create(dir, &kind);
    const void *set = take(shelf), *none = NULL;
    char detail[64] = "";
    put("set", "bad");
    ck_assert_int_eq(yb_shelf_take(shelf, &none, detail, sizeof detail), YB_E_FILE_FORM);
    ck_assert_str_eq(detail, "bad");
    ck_assert_int_eq(yb_shelf_take(shelf, &none, detail, sizeof detail), YB_E_FILE_FORM);
    ck_assert_str_eq(set, "one");
    put("set", "good");
    const void *good = take(shelf);
    ck_assert_str_eq(good, "good");
    yb_shelf_give(shelf, &set);
    yb_shelf_give(shelf, &good);
    yb_shelf_destroy(&shelf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shelf");
    TCase *tc = tcase_create("shelf");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, read_anew_when_a_file_changes);
    tcase_add_test(tc, what_cannot_be_read_is_not_replaced_by_what_was);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
