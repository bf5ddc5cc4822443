#include <check.h>
#include <string.h>

#include "libcommon/webget.h"

START_TEST(responses_are_read)
{
    static const char good[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}";
    yb_webget_answer_t answer;
    ck_assert_int_eq(yb_webget_parse(good, sizeof good - 1, &answer), YB_OK);
    ck_assert_int_eq(answer.status, 503);
    ck_assert_str_eq(answer.body, "{}");
}
END_TEST

START_TEST(what_is_no_http_is_refused)
{
    static const char *const bad[] = { "", "HTTP/1.1", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 abc x\r\n\r\n", "HTTP/1.1 200 OK\r\nno end" };
    yb_webget_answer_t answer;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(yb_webget_parse(bad[i], strlen(bad[i]), &answer) == YB_E_MALFORMED, "%s", bad[i]);
}
END_TEST

START_TEST(long_bodies_are_cut)
{
    static char response[3 * YB_WEBGET_BODY_MAX] = "HTTP/1.1 200 OK\r\n\r\n";
    yb_webget_answer_t answer;
    memset(response + strlen(response), 'x', sizeof response - strlen(response));
    ck_assert_int_eq(yb_webget_parse(response, sizeof response, &answer), YB_OK);
    ck_assert_uint_eq(strlen(answer.body), YB_WEBGET_BODY_MAX - 1);
}
END_TEST

START_TEST(nobody_there)
{
    yb_webget_answer_t answer;
    ck_assert_int_eq(yb_webget("127.0.0.1", 1, "/health/ready", 1000, &answer), YB_E_UNAVAILABLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *c = tcase_create("http");
    tcase_add_test(c, responses_are_read);
    tcase_add_test(c, what_is_no_http_is_refused);
    tcase_add_test(c, long_bodies_are_cut);
    tcase_add_test(c, nobody_there);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
