#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/http_tls.h"

static char dir[32], cert_path[64], key_path[64], old_path[64];
static yb_http_tls_t *tls;

/* A pair of its own; the certificate goes to `cert`, the key to `key` with `mode`. */
static void make_pair(const char *cert_file, const char *key_file, mode_t mode)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    ck_assert(key != NULL && cert != NULL);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
    FILE *f = fopen(cert_file, "w");
    ck_assert(f != NULL && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
    unlink(key_file);
    f = fopen(key_file, "w");
    ck_assert(f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
    ck_assert_int_eq(chmod(key_file, mode), 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void setup(void)
{
    yb_refusal_t why = { .code = YB_OK };
    snprintf(dir, sizeof dir, "/tmp/yb_tls_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(cert_path, sizeof cert_path, "%s/tls.pem", dir);
    snprintf(key_path, sizeof key_path, "%s/tls.key", dir);
    snprintf(old_path, sizeof old_path, "%s/old.key", dir);
    make_pair(cert_path, key_path, 0600);
    ck_assert_msg(yb_http_tls_create(cert_path, key_path, &tls, &why) == YB_OK, "%s", why.text);
}

static void teardown(void)
{
    char command[64];
    yb_http_tls_destroy(&tls);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static const void *shown(void)
{
    gnutls_pcert_st *chain = NULL;
    gnutls_privkey_t key = NULL;
    unsigned count = 0;
    yb_http_tls_show(tls, &chain, &count, &key);
    ck_assert(chain != NULL && count == 1 && key != NULL);
    return chain;
}

/* What one look finds: an error is told with the file's name. */
static void look(yb_err_t want, bool want_changed, const char *word)
{
    yb_refusal_t why = { .code = YB_OK };
    bool changed = !want_changed;
    ck_assert_int_eq(yb_http_tls_refresh(tls, &changed, &why), want);
    ck_assert_int_eq(changed, want_changed);
    ck_assert_msg(strstr(why.text, word) != NULL && (want != YB_OK || why.text[0] == '\0'), "%s", why.text);
}

START_TEST(half_of_a_renewal)
{
    const void *first = shown();
    look(YB_OK, false, "");
    ck_assert_int_eq(rename(key_path, old_path), 0);
    look(YB_OK, false, ""); /* away is not changed */
    make_pair(cert_path, key_path, 0600);
    ck_assert_int_eq(rename(old_path, key_path), 0); /* the new certificate, the old key */
    look(YB_E_CONFIG, false, "tls.pem");
    look(YB_OK, false, ""); /* told once */
    ck_assert_ptr_eq(shown(), first);
    make_pair(cert_path, key_path, 0600);
    look(YB_OK, true, "");
    ck_assert_ptr_ne(shown(), first);
    look(YB_OK, false, "");
}
END_TEST

/* The remedy that was said is enough: mode and owner are no part of what a file's time tells. */
START_TEST(a_mode_put_right_is_seen)
{
    const void *first = shown();
    make_pair(cert_path, key_path, 0644);
    look(YB_E_CONFIG, false, "tls.key");
    look(YB_OK, false, "");
    ck_assert_ptr_eq(shown(), first);
    ck_assert_int_eq(chmod(key_path, 0600), 0);
    look(YB_OK, true, "");
    ck_assert_ptr_ne(shown(), first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_tls");
    TCase *tc = tcase_create("http_tls");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, half_of_a_renewal);
    tcase_add_test(tc, a_mode_put_right_is_seen);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
