#include "crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto_impl.h"
#include "file.h"

static yb_err_t digest_once(const char *name, const void *data, size_t len, uint8_t *ret_digest)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t size = 0;
    if (EVP_Q_digest(NULL, name, NULL, data ? data : "", len, digest, &size) != 1 || size != 32) {
        ERR_clear_error();
        return YB_E_CRYPTO;
    }
    memcpy(ret_digest, digest, 32);
    return YB_OK;
}

yb_err_t yb_sm3(const void *data, size_t len, uint8_t ret_digest[YB_SM3_SIZE])
{
    return digest_once("SM3", data, len, ret_digest);
}

yb_err_t yb_sha256(const void *data, size_t len, uint8_t ret_digest[YB_SHA256_SIZE])
{
    return digest_once("SHA256", data, len, ret_digest);
}

yb_err_t yb_hmac_sm3(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t ret_mac[YB_SM3_SIZE])
{
    yb_hmac_t *hmac = yb_hmac_create(key, key_len);
    if (!hmac)
        return YB_E_CRYPTO;
    yb_hmac_update(hmac, data, len);
    yb_hmac_final(hmac, ret_mac);
    yb_hmac_destroy(&hmac);
    return YB_OK;
}

struct yb_sm3 {
    EVP_MD *md;   /* looked up once: that costs more than hashing a short text */
    EVP_MD_CTX *ctx;
};

yb_sm3_t *yb_sm3_create(void)
{
    yb_sm3_t *sm3 = calloc(1, sizeof(*sm3));
    if (!sm3)
        return NULL;
    sm3->md = EVP_MD_fetch(NULL, "SM3", NULL);
    sm3->ctx = EVP_MD_CTX_new();
    if (!sm3->md || !sm3->ctx || EVP_DigestInit_ex2(sm3->ctx, sm3->md, NULL) != 1) {
        ERR_clear_error();
        yb_sm3_destroy(&sm3);
    }
    return sm3;
}

void yb_sm3_destroy(yb_sm3_t **sm3)
{
    if (!sm3 || !*sm3)
        return;
    EVP_MD_CTX_free((*sm3)->ctx);
    EVP_MD_free((*sm3)->md);
    free(*sm3);
    *sm3 = NULL;
}

void yb_sm3_update(yb_sm3_t *sm3, const void *data, size_t len)
{
    YB_ASSERT(len == 0 || EVP_DigestUpdate(sm3->ctx, data, len) == 1);
}

void yb_sm3_final(yb_sm3_t *sm3, uint8_t ret_digest[YB_SM3_SIZE])
{
    unsigned size = 0;
    YB_ASSERT(EVP_DigestFinal_ex(sm3->ctx, ret_digest, &size) == 1 && size == YB_SM3_SIZE);
    YB_ASSERT(EVP_DigestInit_ex2(sm3->ctx, NULL, NULL) == 1);
}

struct yb_hmac {
    EVP_MAC_CTX *ctx;
};

yb_hmac_t *yb_hmac_create(const void *key, size_t key_len)
{
    yb_hmac_t *hmac = calloc(1, sizeof(*hmac));
    if (!hmac)
        return NULL;
    char name[] = "SM3";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_END };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    const unsigned char *bytes = key_len ? key : (const unsigned char *)"";
    if (!hmac->ctx || EVP_MAC_init(hmac->ctx, bytes, key_len, params) != 1) {
        ERR_clear_error();
        yb_hmac_destroy(&hmac);
    }
    EVP_MAC_free(mac);   /* the context holds its own reference */
    return hmac;
}

void yb_hmac_destroy(yb_hmac_t **hmac)
{
    if (!hmac || !*hmac)
        return;
    EVP_MAC_CTX_free((*hmac)->ctx);
    free(*hmac);
    *hmac = NULL;
}

void yb_hmac_update(yb_hmac_t *hmac, const void *data, size_t len)
{
    YB_ASSERT(len == 0 || EVP_MAC_update(hmac->ctx, data, len) == 1);
}

void yb_hmac_final(yb_hmac_t *hmac, uint8_t ret_mac[YB_SM3_SIZE])
{
    size_t size = 0;
    YB_ASSERT(EVP_MAC_final(hmac->ctx, ret_mac, &size, YB_SM3_SIZE) == 1 && size == YB_SM3_SIZE);
    YB_ASSERT(EVP_MAC_init(hmac->ctx, NULL, 0, NULL) == 1);   /* no key: goes back to the one worked in */
}

bool yb_ct_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

char *yb_hex_encode(const void *data, size_t len, char *buf)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        buf[2 * i] = digits[bytes[i] >> 4];
        buf[2 * i + 1] = digits[bytes[i] & 15];
    }
    buf[2 * len] = '\0';
    return buf;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

yb_err_t yb_hex_decode(const char *text, size_t text_len, void *out, size_t size)
{
    uint8_t *bytes = out;
    if (text_len / 2 != size || text_len % 2 != 0)
        return YB_E_FIELD_FORM;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return YB_E_FIELD_FORM;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return YB_OK;
}

/* --- files ---------------------------------------------------------------------------------------------- */

static yb_err_t secret_refuse(yb_refusal_t *ret_why, yb_err_t code, const char *path, const char *text)
{
    return ret_why ? yb_refuse(ret_why, code, "", "%s：%s", path, text) : code;
}

/* The whole of an open file; -1 on error, cap when it does not fit. */
static ssize_t read_whole(int fd, char *buf, size_t cap)
{
    size_t have = 0;
    while (have < cap) {
        ssize_t n = read(fd, buf + have, cap - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

yb_err_t yb_secret_read(const char *path, char *buf, size_t cap, size_t *ret_len, yb_refusal_t *ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);   /* a pipe must not hold the start up */
    if (fd < 0)
        return secret_refuse(ret_why, YB_E_IO, path, "打不开，请检查路径和权限");
    yb_err_t err = YB_OK;
    struct stat st;
    ssize_t n = 0;
    if (fstat(fd, &st) != 0)
        err = secret_refuse(ret_why, YB_E_IO, path, "无法读取文件属性");
    else if (!S_ISREG(st.st_mode))
        err = secret_refuse(ret_why, YB_E_CONFIG, path, "不是普通文件");
    else if (st.st_uid != geteuid() && st.st_uid != 0)
        err = secret_refuse(ret_why, YB_E_CONFIG, path, "属主应为本服务的用户或root，请用chown改正");
    else if ((st.st_mode & 07777) != 0600 && (st.st_mode & 07777) != 0400)
        err = secret_refuse(ret_why, YB_E_CONFIG, path, "密钥文件权限应为0600或0400，请用chmod改正");
    else if ((n = read_whole(fd, buf, cap)) < 0)
        err = secret_refuse(ret_why, YB_E_IO, path, "读取失败");
    else if ((size_t)n == cap)
        err = secret_refuse(ret_why, YB_E_CONFIG, path, "文件过大，不是密钥文件");
    close(fd);
    if (err == YB_OK) {
        buf[n] = '\0';
        *ret_len = (size_t)n;
    } else {
        OPENSSL_cleanse(buf, cap);
    }
    return err;
}

yb_err_t yb_file_create(const char *path, unsigned mode, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return errno == EEXIST ? YB_E_ROW_EXISTS : YB_E_IO;
    const char *at = data;
    bool ok = fchmod(fd, (mode_t)mode) == 0;   /* whatever the umask */
    while (ok && len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0;
        at += ok ? n : 0;
        len -= ok ? (size_t)n : 0;
    }
    ok = ok && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok)
        yb_file_sync_folder(path);
    else
        (void)unlink(path);
    return ok ? YB_OK : YB_E_IO;
}
