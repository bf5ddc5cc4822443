/* SM2 keys and signatures (GB/T 32918.2 with SM3). */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "crypto_impl.h"

#define PEM_FILE_MAX 8192
#define DER_MAX 80   /* SEQUENCE of two INTEGERs of at most 33 bytes */

static const char USER_ID[] = "1234567812345678";   /* GB/T 35276: when the parties agree on none */

struct yb_sm2 {
    EVP_PKEY *pkey;
    bool private_half;
};

static yb_err_t key_wrap(EVP_PKEY *pkey, bool private_half, yb_sm2_t **ret_key)
{
    yb_sm2_t *key = pkey && EVP_PKEY_is_a(pkey, "SM2") ? calloc(1, sizeof(*key)) : NULL;
    ERR_clear_error();
    if (!key) {
        EVP_PKEY_free(pkey);
        return YB_E_CONFIG;
    }
    key->pkey = pkey;
    key->private_half = private_half;
    *ret_key = key;
    return YB_OK;
}

void yb_sm2_destroy(yb_sm2_t **key)
{
    if (!key || !*key)
        return;
    EVP_PKEY_free((*key)->pkey);
    free(*key);
    *key = NULL;
}

/* The password callback of a PEM reader: an encrypted key is refused, nobody is asked on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

yb_err_t yb_sm2_public_of_pem(const char *pem, size_t len, yb_sm2_t **ret_key)
{
    if (len > PEM_FILE_MAX)
        return YB_E_CONFIG;
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return key_wrap(pkey, false, ret_key);
}

yb_err_t yb_sm2_load_private(const char *path, yb_sm2_t **ret_key)
{
    char pem[PEM_FILE_MAX];
    size_t len;
    yb_err_t err = yb_secret_read(path, pem, sizeof(pem), &len, NULL);
    if (err != YB_OK)
        return err;
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    OPENSSL_cleanse(pem, sizeof(pem));
    return key_wrap(pkey, true, ret_key);
}

yb_err_t yb_sm2_load_public(const char *path, yb_sm2_t **ret_key)
{
    BIO *bio = BIO_new_file(path, "r");
    if (!bio) {
        ERR_clear_error();
        return YB_E_IO;
    }
    char pem[PEM_FILE_MAX];
    int n = BIO_read(bio, pem, sizeof(pem));
    BIO_free(bio);
    return n <= 0 ? YB_E_CONFIG : yb_sm2_public_of_pem(pem, (size_t)n, ret_key);
}

static yb_err_t bio_to_file(BIO *bio, const char *path, unsigned mode)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? yb_file_create(path, mode, data, (size_t)len) : YB_E_CRYPTO;
}

yb_err_t yb_sm2_generate(const char *path, const char *public_path)
{
    yb_err_t err = YB_E_CRYPTO;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
    if (!pkey || !secret || !open ||
        PEM_write_bio_PKCS8PrivateKey(secret, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_PUBKEY(open, pkey) != 1)
        goto out;
    err = bio_to_file(secret, path, 0600);
    if (err != YB_OK || !public_path)
        goto out;
    err = bio_to_file(open, public_path, 0644);
    if (err != YB_OK)
        (void)unlink(path);   /* made a moment ago: half a pair would stop the next try */
out:
    ERR_clear_error();
    BIO_free(open);
    BIO_free(secret);
    EVP_PKEY_free(pkey);
    return err;
}

yb_err_t yb_sm2_public_pem(const yb_sm2_t *key, yb_arena_t *arena, char **ret_pem)
{
    yb_err_t err = YB_E_CRYPTO;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
        char *data = NULL;
        long len = BIO_get_mem_data(bio, &data);
        char *pem = yb_arena_strndup(arena, data, (size_t)len);
        err = pem ? YB_OK : YB_E_NO_MEMORY;
        if (pem)
            *ret_pem = pem;
    }
    ERR_clear_error();
    BIO_free(bio);
    return err;
}

/* A digest context bound to the key, with the user id that SM2 hashes in front of the message. */
static EVP_MD_CTX *sign_context(yb_sm2_t *key, bool sign, EVP_PKEY_CTX **ret_pctx)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (ctx && pctx) {
        EVP_MD_CTX_set_pkey_ctx(ctx, pctx);   /* borrowed */
        int ok = sign ? EVP_DigestSignInit_ex(ctx, NULL, "SM3", NULL, NULL, key->pkey, NULL)
                      : EVP_DigestVerifyInit_ex(ctx, NULL, "SM3", NULL, NULL, key->pkey, NULL);
        if (ok == 1 && EVP_PKEY_CTX_set1_id(pctx, USER_ID, sizeof(USER_ID) - 1) == 1) {
            *ret_pctx = pctx;
            return ctx;
        }
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    return NULL;
}

static bool raw_of_der(const uint8_t *der, size_t len, uint8_t raw[YB_SM2_SIGNATURE_SIZE])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (!sig)
        return false;
    bool ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32;
    ECDSA_SIG_free(sig);
    return ok;
}

/* Length of the DER form, 0 on failure. */
static size_t der_of_raw(const uint8_t raw[YB_SM2_SIGNATURE_SIZE], uint8_t der[DER_MAX])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        ECDSA_SIG_free(sig);
        BN_free(r);
        BN_free(s);
        return 0;
    }
    int len = i2d_ECDSA_SIG(sig, NULL);
    if (len > 0 && len <= DER_MAX)
        len = i2d_ECDSA_SIG(sig, &der);
    else
        len = 0;
    ECDSA_SIG_free(sig);
    return len > 0 ? (size_t)len : 0;
}

yb_err_t yb_sm2_sign(yb_sm2_t *key, const void *data, size_t len,
    uint8_t ret_signature[YB_SM2_SIGNATURE_SIZE])
{
    if (!key->private_half)
        return YB_E_CRYPTO;
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx = sign_context(key, true, &pctx);
    uint8_t der[DER_MAX], raw[YB_SM2_SIGNATURE_SIZE];
    size_t der_len = sizeof(der);
    bool ok = ctx && EVP_DigestSign(ctx, der, &der_len, len ? data : (const uint8_t *)"", len) == 1 &&
        raw_of_der(der, der_len, raw);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    ERR_clear_error();
    if (!ok)
        return YB_E_CRYPTO;
    memcpy(ret_signature, raw, sizeof(raw));
    return YB_OK;
}

yb_err_t yb_sm2_verify(yb_sm2_t *key, const void *data, size_t len,
    const uint8_t signature[YB_SM2_SIGNATURE_SIZE])
{
    uint8_t der[DER_MAX];
    size_t der_len = der_of_raw(signature, der);
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx = der_len ? sign_context(key, false, &pctx) : NULL;
    bool ok = ctx && EVP_DigestVerify(ctx, der, der_len, len ? data : (const uint8_t *)"", len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    ERR_clear_error();
    return ok ? YB_OK : YB_E_CRYPTO;
}
