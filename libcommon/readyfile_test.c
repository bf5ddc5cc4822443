#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/readyfile.h"

static char folder[64], detail[1024];
static yb_conf_t *conf;

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/yb_ready.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    yb_conf_destroy(&conf);
    ck_assert_int_eq(rmdir(folder), 0); /* so nothing was left behind either */
}

static void configure(const char *run_dir, const char *node)
{
    yb_conf_destroy(&conf);
    setenv("YB_RUN_DIR", run_dir, 1);
    setenv("YB_NODE", node, 1);
    ck_assert_int_eq(yb_conf_load(&conf, detail, sizeof detail), YB_OK);
}

/* The number in the file, 0 when there is none. */
static long read_pid(const char *name)
{
    char path[128];
    long pid = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    char line[32];
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    pid = strtol(line, NULL, 10);
    fclose(f);
    return pid;
}

START_TEST(is_there_while_it_serves)
{
    configure(folder, "0");
    ck_assert_int_eq(yb_readyfile_put(conf, "settlement", detail, sizeof detail), YB_OK);
    ck_assert_int_eq(read_pid("settlement.ready"), getpid());
    ck_assert_int_eq(yb_readyfile_put(conf, "settlement", detail, sizeof detail), YB_OK); /* over an old one */
    yb_readyfile_drop(conf, "settlement");
    ck_assert_int_eq(read_pid("settlement.ready"), 0);
    yb_readyfile_drop(conf, "settlement");
}
END_TEST

START_TEST(replicas_do_not_share_it)
{
    configure(folder, "0");
    ck_assert_int_eq(yb_readyfile_put(conf, "gateway", detail, sizeof detail), YB_OK);
    configure(folder, "15");
    ck_assert_int_eq(yb_readyfile_put(conf, "gateway", detail, sizeof detail), YB_OK);
    yb_readyfile_drop(conf, "gateway");
    ck_assert_int_eq(read_pid("gateway-15.ready"), 0);
    ck_assert_int_eq(read_pid("gateway.ready"), getpid());
    configure(folder, "0");
    yb_readyfile_drop(conf, "gateway");
}
END_TEST

START_TEST(what_cannot_be_written_is_named)
{
    char path[128];
    snprintf(path, sizeof path, "%s/none", folder);
    configure(path, "0");
    ck_assert_int_eq(yb_readyfile_put(conf, "drg", detail, sizeof detail), YB_E_IO);
    ck_assert_ptr_nonnull(strstr(detail, "/none/drg.ready"));
    /* a folder stands where the file goes: the half-made one is taken away */
    configure(folder, "0");
    snprintf(path, sizeof path, "%s/drg.ready", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(yb_readyfile_put(conf, "drg", detail, sizeof detail), YB_E_IO);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_path_too_long_is_not_cut)
{
    char path[501]; /* the name of the file itself fits, that of the one beside it does not */
    size_t len = strlen(folder);
    memcpy(path, folder, len);
    for (; len < sizeof path - 1; len++)
        path[len] = len % 2 == 0 ? '/' : '.';
    path[len] = '\0';
    configure(path, "0");
    ck_assert_int_eq(yb_readyfile_put(conf, "drg", detail, sizeof detail), YB_E_IO);
    ck_assert_ptr_nonnull(strstr(detail, "too long"));
    yb_readyfile_drop(conf, "drg");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("readyfile");
    TCase *tc = tcase_create("readyfile");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, is_there_while_it_serves);
    tcase_add_test(tc, replicas_do_not_share_it);
    tcase_add_test(tc, what_cannot_be_written_is_named);
    tcase_add_test(tc, a_path_too_long_is_not_cut);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
