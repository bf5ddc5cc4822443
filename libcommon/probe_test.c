#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/probe.h"

START_TEST(asks_where_the_service_listens)
{
    static const char *const table[][2] = {
        { "ipc:///run/yb/identity.sock", "ipc:///run/yb/identity.sock" },
        { "tcp://0.0.0.0:7001", "tcp://127.0.0.1:7001" },
        { "tcp://*:7001", "tcp://127.0.0.1:7001" },
        { "tcp://[::]:7001", "tcp://127.0.0.1:7001" },
        { "tcp://10.0.0.7:7001", "tcp://10.0.0.7:7001" },
        { "tcp://0.0.0.0:7001,ipc:///run/yb/identity.sock", "tcp://127.0.0.1:7001" },
        { "ipc:///run/yb/identity.sock,tcp://0.0.0.0:7001", "ipc:///run/yb/identity.sock" },
    };
    char endpoint[64];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ck_assert(yb_probe_endpoint(table[i][0], endpoint, sizeof endpoint));
        ck_assert_str_eq(endpoint, table[i][1]);
    }
    ck_assert(!yb_probe_endpoint("", endpoint, sizeof endpoint));
    ck_assert(!yb_probe_endpoint(",tcp://0.0.0.0:1", endpoint, sizeof endpoint));
    ck_assert(!yb_probe_endpoint("tcp://0.0.0.0:7001", endpoint, strlen("tcp://127.0.0.1:7001")));
}
END_TEST

static int probe(int (*run)(FILE *out), char *said, size_t cap)
{
    FILE *out = fmemopen(said, cap, "w");
    ck_assert_ptr_nonnull(out);
    int code = run(out);
    fclose(out);
    return code;
}

static int identity(FILE *out) { return yb_probe_service("identity", out); }

START_TEST(nobody_there)
{
    char said[512] = "";
    setenv("YB_LISTEN", "ipc:///nowhere/identity.sock", 1);
    ck_assert_int_eq(probe(identity, said, sizeof said), 1);
    ck_assert_str_ne(said, "");
    setenv("YB_HTTP_PORT", "1", 1);
    ck_assert_int_eq(probe(yb_probe_gateway, said, sizeof said), 1);
}
END_TEST

START_TEST(wrong_settings_say_so)
{
    char said[512] = "";
    setenv("YB_LISTEN", "", 1);
    ck_assert_int_eq(probe(identity, said, sizeof said), 2);
    ck_assert_ptr_nonnull(strstr(said, "YB_LISTEN"));
    setenv("YB_LISTEN", "tcp://0.0.0.0:7001", 1);
    setenv("YB_CURVE_DIR", "/nowhere", 1);
    ck_assert_int_eq(probe(identity, said, sizeof said), 2);
    ck_assert_ptr_nonnull(strstr(said, "/nowhere"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("probe");
    tcase_add_test(t, asks_where_the_service_listens);
    tcase_add_test(t, nobody_there);
    tcase_add_test(t, wrong_settings_say_so);
    Suite *suite = suite_create("probe");
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
