#include "services/ctl/replicas.h"

#include <check.h>
#include <stdlib.h>

static char found[YB_REPLICAS_MAX][YB_REPLICA_TEXT];

START_TEST(a_list_is_taken_apart)
{
    ck_assert_uint_eq(yb_replicas_find("tcp://127.0.0.2:7003,ipc:///run/a.sock,tcp://127.0.0.1:7003", found, YB_REPLICAS_MAX), 3);
    ck_assert_str_eq(found[0], "ipc:///run/a.sock");
    ck_assert_str_eq(found[1], "tcp://127.0.0.1:7003");
    ck_assert_str_eq(found[2], "tcp://127.0.0.2:7003");
}
END_TEST

START_TEST(a_name_becomes_its_address)
{
    ck_assert_uint_eq(yb_replicas_find("tcp://localhost:7001", found, YB_REPLICAS_MAX), 1);
    ck_assert_str_eq(found[0], "tcp://127.0.0.1:7001");
}
END_TEST

START_TEST(what_is_not_known_stays_a_name)
{
    ck_assert_uint_eq(yb_replicas_find("tcp://nobody.invalid:7001", found, YB_REPLICAS_MAX), 1);
    ck_assert_str_eq(found[0], "tcp://nobody.invalid:7001");
    ck_assert_uint_eq(yb_replicas_find("tcp://[::1]:7001", found, YB_REPLICAS_MAX), 1);
    ck_assert_str_eq(found[0], "tcp://[::1]:7001");
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
    ck_assert_uint_eq(yb_replicas_find("tcp://127.0.0.1:1,tcp://127.0.0.2:1,tcp://127.0.0.3:1", found, 2), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replicas");
    TCase *t = tcase_create("replicas");
    tcase_add_test(t, a_list_is_taken_apart);
    tcase_add_test(t, a_name_becomes_its_address);
    tcase_add_test(t, what_is_not_known_stays_a_name);
    tcase_add_test(t, no_more_than_there_is_room_for);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
