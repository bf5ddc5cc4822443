#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "libcommon/watch.h"

#define NOW_US 1735689600000000LL /* 2025-01-01 00:00:00 UTC */

static char dir[] = "/tmp/yb_watch.XXXXXX", path[600], detail[256];
static yb_metrics_t *metrics;
static yb_conf_t *conf;
static yb_arena_t *arena;
static yb_manual_clock_t hands;
static yb_clock_t clock_;
static yb_watch_t *watch;

static const char *at(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void file(const char *name, const char *text, int64_t changed_s)
{
    FILE *f = fopen(at(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    ck_assert_int_eq(utime(path, &(struct utimbuf){ .actime = changed_s, .modtime = changed_s }), 0);
}

static void certificate(const char *name, long ends_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    ck_assert(key != NULL && cert != NULL);
    ASN1_TIME_set(X509_getm_notBefore(cert), 0);
    ASN1_TIME_set(X509_getm_notAfter(cert), ends_s);
    X509_set_pubkey(cert, key);
    ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
    FILE *f = fopen(at(name), "w");
    ck_assert(f != NULL && PEM_write_X509(f, cert) == 1);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void setup(void)
{
    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    metrics = yb_metrics_create("gateway");
    arena = yb_arena_create(0);
    clock_ = yb_clock_manual(&hands, NOW_US);
}

static void begin(void)
{
    ck_assert_int_eq(yb_conf_load(&conf, detail, sizeof detail), YB_OK);
    watch = yb_watch_create(conf, metrics, &clock_, "gateway");
}

static void teardown(void)
{
    char command[128];
    if (watch != NULL)
        yb_watch_destroy(&watch);
    yb_metrics_destroy(&metrics);
    yb_conf_destroy(&conf);
    yb_arena_destroy(&arena);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static bool told(const char *line)
{
    yb_watch_now(watch);
    return strstr(yb_metrics_text(metrics, arena), line) != NULL;
}

START_TEST(end_of_a_certificate)
{
    int64_t ends_s = 0;
    certificate("tls.pem", 1767225600);
    ck_assert_int_eq(yb_watch_certificate(at("tls.pem"), &ends_s), YB_OK);
    ck_assert_int_eq(ends_s, 1767225600);
    ck_assert_int_eq(yb_watch_certificate(at("none.pem"), &ends_s), YB_E_IO);
    file("key.pem", "-----BEGIN NOTHING-----\n", 1);
    ck_assert_int_eq(yb_watch_certificate(at("key.pem"), &ends_s), YB_E_CRYPTO);
}
END_TEST

START_TEST(newest_backup)
{
    int64_t changed_s = 7, bytes = 7;
    ck_assert_int_eq(yb_watch_newest(dir, &changed_s, &bytes), YB_OK);
    ck_assert(changed_s == 0 && bytes == 0);
    file("a", "12", 1000);
    file("b", "123", 2000);
    file("c.part", "1234", 3000); /* not finished */
    file(".d", "1234", 3000);
    ck_assert_int_eq(yb_watch_newest(dir, &changed_s, &bytes), YB_OK);
    ck_assert(changed_s == 2000 && bytes == 3);
    ck_assert_int_eq(mkdir(at("2025-01-01"), 0700), 0);
    file("2025-01-01/full", "12345", 2500);
    ck_assert_int_eq(yb_watch_newest(dir, &changed_s, &bytes), YB_OK);
    ck_assert(changed_s == 2500 && bytes == 5);
    ck_assert_int_eq(yb_watch_newest(at("none"), &changed_s, &bytes), YB_E_IO);
}
END_TEST

START_TEST(how_the_last_backup_ended)
{
    bool ok = false;
    int64_t ended_s = 7;
    ck_assert_int_eq(yb_watch_outcome(dir, "full", &ok, &ended_s), YB_E_IO);
    file(".last-full", "ok 1735600000\n", 1000);
    ck_assert_int_eq(yb_watch_outcome(dir, "full", &ok, &ended_s), YB_OK);
    ck_assert(ok && ended_s == 1735600000);
    file(".last-full", "failed 1735600001 no room\n", 1000);
    ck_assert_int_eq(yb_watch_outcome(dir, "full", &ok, &ended_s), YB_OK);
    ck_assert(!ok && ended_s == 1735600001);
    file(".last-full", "okay 1735600001\n", 1000);
    ck_assert_int_eq(yb_watch_outcome(dir, "full", &ok, &ended_s), YB_E_MALFORMED);
    file(".last-full", "", 1000);
    ck_assert_int_eq(yb_watch_outcome(dir, "full", &ok, &ended_s), YB_E_MALFORMED);
}
END_TEST

START_TEST(what_is_told)
{
    char line[900], list[1300];
    certificate("tls.pem", 1767225600);
    file("gateway.key", "secret", 1700000000);
    file("full", "12345", 1735600000);
    snprintf(list, sizeof list, "%s,%s/none", dir, dir);
    setenv("YB_WATCH_DIRS", list, 1);
    snprintf(list, sizeof list, "%s/tls.pem,%s/none.pem", dir, dir);
    setenv("YB_WATCH_CERTS", list, 1);
    setenv("YB_CURVE_DIR", dir, 1);
    setenv("YB_BACKUP_DIR", dir, 1);
    file(".last-full", "failed 1735600000 no room\n", 1735600000);
    file(".last-binlog", "ok 1735600300\n", 1735600300);
    begin();
    ck_assert(told("yibao_backup_last_ok{service=\"gateway\",kind=\"full\"} 0\n"));
    ck_assert(told("yibao_backup_last_ok{service=\"gateway\",kind=\"binlog\"} 1\n"));
    ck_assert(told("yibao_backup_last_ok{service=\"gateway\",kind=\"heads\"} 0\n"));
    ck_assert(told("yibao_backup_last_seconds{service=\"gateway\",kind=\"full\"} 1735600000\n"));
    ck_assert(told("yibao_backup_last_seconds{service=\"gateway\",kind=\"heads\"} 0\n"));
    snprintf(line, sizeof line,
             "yibao_certificate_expires_seconds{service=\"gateway\",file=\"%s/tls.pem\"} 1767225600\n", dir);
    ck_assert(told(line));
    snprintf(line, sizeof line, "yibao_certificate_expires_seconds{service=\"gateway\",file=\"%s/none.pem\"} 0\n", dir);
    ck_assert(told(line));
    snprintf(line, sizeof line, "yibao_disk_size_bytes{service=\"gateway\",dir=\"%s/none\"} 0\n", dir);
    ck_assert(told(line));
    snprintf(line, sizeof line, "yibao_disk_size_bytes{service=\"gateway\",dir=\"%s\"} 0\n", dir);
    ck_assert(!told(line));
    ck_assert(told("yibao_curve_key_made_seconds{service=\"gateway\"} 1700000000\n"));
    ck_assert(told("yibao_time_seconds{service=\"gateway\"} 1735689600.000000\n"));
    ck_assert(told("yibao_info{service=\"gateway\",version=\"" YB_VERSION "\"} 1\n"));
    ck_assert(!told("yibao_resident_bytes{service=\"gateway\"} 0\n"));
    /* looked at again after a while, not each time */
    file("gateway.key", "secret", 1700000001);
    yb_manual_clock_advance(&hands, 9000000);
    yb_watch_look(watch);
    ck_assert(told("yibao_curve_key_made_seconds{service=\"gateway\"} 1700000000\n"));
    yb_manual_clock_advance(&hands, 1000000);
    yb_watch_look(watch);
    ck_assert(told("yibao_curve_key_made_seconds{service=\"gateway\"} 1700000001\n"));
    ck_assert(told("yibao_time_seconds{service=\"gateway\"} 1735689610.000000\n"));
}
END_TEST

/* Its own certificate, once: that of the list may only begin like it. */
START_TEST(own_certificate)
{
    char line[900], own[600];
    certificate("tls.pem", 1767225600);
    certificate("tls.pem.root", 1767225601);
    snprintf(own, sizeof own, "%s", at("tls.pem"));
    setenv("YB_TLS_CERT", own, 1);
    setenv("YB_TLS_KEY", own, 1);
    setenv("YB_WATCH_CERTS", at("tls.pem.root"), 1);
    begin();
    snprintf(line, sizeof line, "yibao_certificate_expires_seconds{service=\"gateway\",file=\"%s\"} 1767225600\n", own);
    ck_assert(told(line));
    unsetenv("YB_TLS_CERT");
    unsetenv("YB_TLS_KEY");
}
END_TEST

START_TEST(nothing_is_told_of_what_is_not_set)
{
    unsetenv("YB_WATCH_CERTS");
    unsetenv("YB_CURVE_DIR");
    unsetenv("YB_BACKUP_DIR");
    unsetenv("YB_WATCH_DIRS");
    setenv("YB_HOME", dir, 1);
    begin();
    ck_assert(!told("yibao_backup_newest_seconds"));
    ck_assert(!told("yibao_backup_last_ok"));
    ck_assert(!told("yibao_curve_key_made_seconds"));
    ck_assert(!told("yibao_certificate_expires_seconds"));
    ck_assert(told(dir)); /* YB_HOME */
    yb_watch_destroy(&watch);
    yb_conf_destroy(&conf);
    setenv("YB_HOME", at("none"), 1);
    begin();
    ck_assert(told("yibao_disk_size_bytes{service=\"gateway\",dir=\"/\"}"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, end_of_a_certificate);
    tcase_add_test(tc, newest_backup);
    tcase_add_test(tc, how_the_last_backup_ended);
    tcase_add_test(tc, what_is_told);
    tcase_add_test(tc, own_certificate);
    tcase_add_test(tc, nothing_is_told_of_what_is_not_set);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
