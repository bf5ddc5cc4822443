#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/conf.h"

static yb_conf_t *conf;
static char detail[512];
static char path[] = "/tmp/yb_conf_XXXXXX";

static void setup(void)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(setenv("YB_DB_PASSWORD_FILE", path, 1), 0);
}

static void teardown(void)
{
    yb_conf_destroy(&conf);
    unlink(path);
}

static void load(void)
{
    ck_assert_int_eq(yb_conf_load(&conf, detail, sizeof detail), YB_OK);
}

START_TEST(defaults_and_values)
{
    setenv("YB_WORKERS", "7", 1);
    setenv("YB_SANDBOX", "1", 1);
    setenv("YB_SETTLEMENT", "ipc:///a,ipc:///b", 1);
    setenv("YB_LISTEN", "", 1);
    load();
    ck_assert_int_eq(yb_conf_int(conf, "WORKERS"), 7);
    ck_assert(yb_conf_bool(conf, "SANDBOX"));
    ck_assert_int_eq(yb_conf_int(conf, "BATCH_MAX"), 64);
    ck_assert_str_eq(yb_conf_endpoints(conf, "settlement"), "ipc:///a,ipc:///b");
    ck_assert_str_eq(yb_conf_text(conf, "LISTEN"), "");
    setenv("YB_WORKERS", "9", 1);                      /* read once, at start */
    ck_assert_int_eq(yb_conf_int(conf, "WORKERS"), 7);
}
END_TEST

static const char *const bad_numbers[] = { "0", "65", "7x", "x", "1.5", "99999999999999999999", "-1", " ", "0x10" };

START_TEST(bad_number_is_named)
{
    setenv("YB_WORKERS", bad_numbers[_i], 1);
    ck_assert_int_eq(yb_conf_load(&conf, detail, sizeof detail), YB_E_CONFIG);
    ck_assert_ptr_null(conf);
    ck_assert_msg(strstr(detail, "YB_WORKERS") != NULL && strstr(detail, bad_numbers[_i]) != NULL &&
                      strstr(detail, "1 to 64") != NULL,
                  "%s", detail);
}
END_TEST

START_TEST(unknown_name_is_a_programmer_error)
{
    load();
    yb_conf_text(conf, "NO_SUCH_SETTING");
}
END_TEST

static yb_err_t secret_of(const char *text, mode_t mode, char **ret)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    ck_assert_int_eq(chmod(path, mode), 0);
    load();
    return yb_conf_secret(conf, "DB_PASSWORD_FILE", ret, detail, sizeof detail);
}

START_TEST(secret_is_the_first_line)
{
    char *secret = NULL;
    ck_assert_int_eq(secret_of("p@ss word\r\nsecond\n", 0600, &secret), YB_OK);
    ck_assert_str_eq(secret, "p@ss word");
    free(secret);
}
END_TEST

START_TEST(secret_others_may_read_is_refused)
{
    char *secret = NULL;
    ck_assert_int_eq(secret_of("pass\n", 0640, &secret), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(detail, "chmod 600"));
    ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(empty_secret_is_refused)
{
    char *secret = NULL;
    ck_assert_int_eq(secret_of(_i == 0 ? "" : "\nsecond\n", 0600, &secret), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(detail, path));
}
END_TEST

START_TEST(missing_secret_file_is_named)
{
    char *secret = NULL;
    setenv("YB_DB_PASSWORD_FILE", "/nowhere/at/all", 1);
    load();
    ck_assert_int_eq(yb_conf_secret(conf, "DB_PASSWORD_FILE", &secret, detail, sizeof detail), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(detail, "/nowhere/at/all"));
}
END_TEST

START_TEST(no_secret_file_is_no_secret)
{
    char *secret = NULL;
    setenv("YB_DB_PASSWORD_FILE", "", 1);
    load();
    ck_assert_int_eq(yb_conf_secret(conf, "DB_PASSWORD_FILE", &secret, detail, sizeof detail), YB_OK);
    ck_assert_str_eq(secret, "");
    free(secret);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf");
    TCase *tc = tcase_create("conf");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, defaults_and_values);
    tcase_add_loop_test(tc, bad_number_is_named, 0, sizeof bad_numbers / sizeof *bad_numbers);
    tcase_add_test_raise_signal(tc, unknown_name_is_a_programmer_error, SIGABRT);
    tcase_add_test(tc, secret_is_the_first_line);
    tcase_add_test(tc, secret_others_may_read_is_refused);
    tcase_add_loop_test(tc, empty_secret_is_refused, 0, 2);
    tcase_add_test(tc, missing_secret_file_is_named);
    tcase_add_test(tc, no_secret_file_is_no_secret);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
