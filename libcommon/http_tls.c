#include "libcommon/http_tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/crypto_impl.h"

#define CHAIN_MAX 8
#define FILE_MAX 65536
#define ID_MAX 64

typedef struct pair {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
} pair_t;

struct yb_http_tls {
    char *cert_path, *key_path;
    struct stat cert_seen, key_seen;
    bool faulty;          /* what the files hold could not be taken the last time */
    pair_t *now, *before; /* a handshake under way may still use the one before */
};

static void pair_free(pair_t *p)
{
    if (p == NULL)
        return;
    for (unsigned i = 0; i < p->count; i++)
        gnutls_pcert_deinit(&p->chain[i]);
    if (p->key != NULL)
        gnutls_privkey_deinit(p->key);
    free(p);
}

static yb_err_t refuse(yb_refusal_t *ret_why, yb_err_t err, const char *path, const char *text)
{
    return yb_refuse(ret_why, err, "tls", "%s：%s", path, text);
}

static yb_err_t read_chain(pair_t *p, const char *path, yb_refusal_t *ret_why)
{
    char *text = malloc(FILE_MAX);
    YB_ASSERT(text != NULL);
    FILE *f = fopen(path, "re");
    size_t len = f != NULL ? fread(text, 1, FILE_MAX, f) : 0;
    int rc = GNUTLS_E_FILE_ERROR;
    if (f != NULL)
        fclose(f);
    if (len > 0 && len < FILE_MAX) {
        gnutls_datum_t data = { .data = (unsigned char *)text, .size = (unsigned)len };
        unsigned count = CHAIN_MAX;
        rc = gnutls_pcert_list_import_x509_raw(p->chain, &count, &data, GNUTLS_X509_FMT_PEM, 0);
        p->count = rc >= 0 ? count : 0;
    }
    free(text);
    const char *text_of_fault = f == NULL ? strerror(errno) : gnutls_strerror(rc);
    return rc >= 0 && p->count > 0 ? YB_OK : refuse(ret_why, YB_E_CONFIG, path, text_of_fault);
}

static yb_err_t read_key(pair_t *p, const char *path, yb_refusal_t *ret_why)
{
    char text[FILE_MAX / 4];
    size_t len = 0;
    yb_err_t err = yb_secret_read(path, text, sizeof text, &len, ret_why);
    if (err != YB_OK)
        return err;
    gnutls_datum_t data = { .data = (unsigned char *)text, .size = (unsigned)len };
    int rc = gnutls_privkey_init(&p->key);
    if (rc >= 0)
        rc = gnutls_privkey_import_x509_raw(p->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_memset(text, 0, sizeof text);
    return rc >= 0 ? YB_OK : refuse(ret_why, YB_E_CONFIG, path, gnutls_strerror(rc));
}

static bool belong_together(const pair_t *p)
{
    unsigned char a[ID_MAX], b[ID_MAX];
    size_t a_len = sizeof a, b_len = sizeof b;
    gnutls_pubkey_t pub = NULL;
    const gnutls_pubkey_t shown = p->chain[0].pubkey;
    bool same = gnutls_pubkey_init(&pub) >= 0 && gnutls_pubkey_import_privkey(pub, p->key, 0, 0) >= 0 &&
                gnutls_pubkey_get_key_id(pub, GNUTLS_KEYID_USE_SHA256, a, &a_len) >= 0 &&
                gnutls_pubkey_get_key_id(shown, GNUTLS_KEYID_USE_SHA256, b, &b_len) >= 0 && a_len == b_len &&
                memcmp(a, b, a_len) == 0;
    if (pub != NULL)
        gnutls_pubkey_deinit(pub);
    return same;
}

static yb_err_t pair_read(const yb_http_tls_t *t, pair_t **ret_pair, yb_refusal_t *ret_why)
{
    pair_t *p = calloc(1, sizeof *p);
    YB_ASSERT(p != NULL);
    yb_err_t err = read_chain(p, t->cert_path, ret_why);
    if (err == YB_OK)
        err = read_key(p, t->key_path, ret_why);
    if (err == YB_OK && !belong_together(p))
        err = refuse(ret_why, YB_E_CONFIG, t->cert_path, "证书与私钥不配对");
    if (err != YB_OK) {
        pair_free(p);
        return err;
    }
    *ret_pair = p;
    return YB_OK;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           memcmp(&a->st_mtim, &b->st_mtim, sizeof a->st_mtim) == 0;
}

/* Whether a file is another than when it was last looked at; one that is away has not changed. */
static bool changed(const char *path, struct stat *seen)
{
    struct stat st;
    if (stat(path, &st) != 0 || same_file(&st, seen))
        return false;
    *seen = st;
    return true;
}

yb_err_t yb_http_tls_refresh(yb_http_tls_t *t, bool *ret_changed, yb_refusal_t *ret_why)
{
    pair_t *fresh = NULL;
    yb_refusal_t said = { .code = YB_OK };
    bool cert = changed(t->cert_path, &t->cert_seen), key = changed(t->key_path, &t->key_seen);
    *ret_changed = false;
    if (!cert && !key && !t->faulty)
        return YB_OK;
    yb_err_t err = pair_read(t, &fresh, cert || key ? ret_why : &said);
    t->faulty = err != YB_OK;
    if (err != YB_OK)
        return cert || key ? err : YB_OK;
    pair_free(t->before);
    t->before = t->now;
    t->now = fresh;
    *ret_changed = true;
    return YB_OK;
}

yb_err_t yb_http_tls_create(const char *cert_path, const char *key_path, yb_http_tls_t **ret_tls, yb_refusal_t *ret_why)
{
    yb_http_tls_t *t = calloc(1, sizeof *t);
    YB_ASSERT(t != NULL && (t->cert_path = strdup(cert_path)) != NULL && (t->key_path = strdup(key_path)) != NULL);
    (void)changed(t->cert_path, &t->cert_seen);
    (void)changed(t->key_path, &t->key_seen);
    yb_err_t err = pair_read(t, &t->now, ret_why);
    if (err != YB_OK) {
        yb_http_tls_destroy(&t);
        return err;
    }
    *ret_tls = t;
    return YB_OK;
}

void yb_http_tls_destroy(yb_http_tls_t **tls)
{
    yb_http_tls_t *t = *tls;
    *tls = NULL;
    if (t == NULL)
        return;
    pair_free(t->now);
    pair_free(t->before);
    free(t->cert_path);
    free(t->key_path);
    free(t);
}

void yb_http_tls_show(const yb_http_tls_t *t, gnutls_pcert_st **ret_chain, unsigned *ret_count,
                      gnutls_privkey_t *ret_key)
{
    *ret_chain = t->now->chain;
    *ret_count = t->now->count;
    *ret_key = t->now->key;
}
