/* The key ring and the box that keeps person data at rest. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "crypto_impl.h"
#include "file.h"

#define BOX_VERSION 1
#define IV_SIZE 16
#define HEAD_SIZE (2 + IV_SIZE)
#define SM4_KEY_SIZE 16
#define RING_FILE_MAX 8192
#define SEAL_WORD 5

_Static_assert(HEAD_SIZE + YB_SM3_SIZE == YB_BOX_OVERHEAD, "layout");

/* --- key ring ------------------------------------------------------------------------------------------- */

static unsigned number_at(const char *text, size_t len, size_t *ret_digits)
{
    size_t digits = 0;
    unsigned id = 0;
    while (digits < len && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
        id = id * 10 + (unsigned)(text[digits++] - '0');
    *ret_digits = digits;
    return id;
}

/* "seal id": which of the keys before it seals. */
static const char *seal_line(yb_keyring_t *ring, const char *line, size_t len)
{
    size_t digits = 0;
    unsigned id = number_at(line + SEAL_WORD, len - SEAL_WORD, &digits);
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i].id == id && digits == len - SEAL_WORD)
            ring->seal = (uint8_t)id;
    return ring->seal == id && id != 0 ? NULL : "seal后面应是前面某个密钥的编号";
}

/* One line "id hex64"; 0 = fine, else what is wrong with it. */
static const char *ring_line(yb_keyring_t *ring, const char *line, size_t len)
{
    size_t digits = 0;
    if (len > SEAL_WORD && memcmp(line, "seal ", SEAL_WORD) == 0)
        return seal_line(ring, line, len);
    unsigned id = number_at(line, len, &digits);
    if (digits == 0 || id < 1 || id > 255)
        return "编号应为1至255";
    size_t gap = digits;
    while (gap < len && (line[gap] == ' ' || line[gap] == '\t'))
        gap++;
    if (gap == digits || len - gap != 2 * YB_BOX_KEY_SIZE)
        return "应为“编号 空格 64位十六进制密钥”";
    if (ring->count == YB_KEYRING_MAX)
        return "密钥过多，最多16个";
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->keys[i].id == id)
            return "编号重复";
    }
    ring->keys[ring->count].id = (uint8_t)id;
    if (yb_hex_decode(line + gap, len - gap, ring->keys[ring->count].key, YB_BOX_KEY_SIZE) != YB_OK)
        return "密钥含非十六进制字符";
    ring->count++;
    return NULL;
}

static yb_err_t ring_parse(yb_keyring_t *ring, const char *path, const char *text, size_t len,
    yb_refusal_t *ret_why)
{
    int line_no = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        const char *line = text + at;
        at += n + 1;
        line_no++;
        while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' ' || line[n - 1] == '\t'))
            n--;
        if (n == 0 || line[0] == '#')
            continue;
        const char *fault = ring_line(ring, line, n);
        if (fault)
            return yb_refuse(ret_why, YB_E_CONFIG, "", "%s第%d行：%s，请改正", path, line_no, fault);
    }
    if (ring->count == 0)
        return yb_refuse(ret_why, YB_E_CONFIG, "", "%s：没有密钥，请先生成", path);
    return YB_OK;
}

yb_err_t yb_keyring_load(const char *path, yb_keyring_t *ret_ring, yb_refusal_t *ret_why)
{
    char text[RING_FILE_MAX];
    size_t len;
    yb_err_t err = yb_secret_read(path, text, sizeof(text), &len, ret_why);
    if (err != YB_OK)
        return err;
    yb_keyring_t ring = { 0 };
    err = ring_parse(&ring, path, text, len, ret_why);
    if (err == YB_OK)
        *ret_ring = ring;
    yb_keyring_wipe(&ring);
    OPENSSL_cleanse(text, sizeof(text));
    return err;
}

yb_err_t yb_keyring_create(const char *path, const yb_random_t *random)
{
    uint8_t key[YB_BOX_KEY_SIZE];
    yb_err_t err = yb_random_fill(random, key, sizeof(key));
    if (err != YB_OK)
        return err;
    char line[2 + 2 * YB_BOX_KEY_SIZE + 1] = "1 ";
    yb_hex_encode(key, sizeof(key), line + 2);
    line[sizeof(line) - 1] = '\n';
    err = yb_file_create(path, 0600, line, sizeof(line));
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(line, sizeof(line));
    return err;
}

/* Beside the file and moved there: a ring that is cut short opens nothing. Comments of the old one are not kept. */
static yb_err_t ring_write(const char *path, const yb_keyring_t *ring, yb_refusal_t *ret_why)
{
    char text[RING_FILE_MAX], fresh[4096];
    size_t len = 0;
    for (size_t i = 0; i < ring->count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u ", ring->keys[i].id);
        yb_hex_encode(ring->keys[i].key, YB_BOX_KEY_SIZE, text + len);
        len += 2 * YB_BOX_KEY_SIZE;
        text[len++] = '\n';
    }
    if (ring->seal != 0)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "seal %u\n", ring->seal);
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    unlink(fresh);
    yb_err_t err = yb_file_create(fresh, 0600, text, len);
    OPENSSL_cleanse(text, sizeof(text));
    if (err != YB_OK || rename(fresh, path) != 0)
        return yb_refuse(ret_why, YB_E_IO, "", "%s：无法写入", path);
    yb_file_sync_folder(path);
    return YB_OK;
}

yb_err_t yb_keyring_append(const char *path, const yb_random_t *random, unsigned *ret_id, yb_refusal_t *ret_why)
{
    yb_keyring_t ring;
    yb_err_t err = yb_keyring_load(path, &ring, ret_why);
    if (err != YB_OK)
        return err;
    unsigned last = ring.keys[ring.count - 1].id, id = 0;
    for (size_t i = 0; i < ring.count; i++)
        id = ring.keys[i].id > id ? ring.keys[i].id : id;
    id++;
    if (ring.seal != 0 && ring.seal != last)
        err = yb_refuse(ret_why, YB_E_ROW_EXISTS, "", "%s：密钥%u尚未启用，请先启用（--use）", path, last);
    else if (ring.count == YB_KEYRING_MAX || id > 255)
        err = yb_refuse(ret_why, YB_E_TOO_LARGE, "", "%s：密钥已满", path);
    else
        err = yb_random_fill(random, ring.keys[ring.count].key, YB_BOX_KEY_SIZE);
    if (err == YB_OK) {
        ring.keys[ring.count++].id = (uint8_t)id;
        ring.seal = (uint8_t)last;
        *ret_id = id;
        err = ring_write(path, &ring, ret_why);
    }
    yb_keyring_wipe(&ring);
    return err;
}

yb_err_t yb_keyring_use(const char *path, unsigned *ret_id, yb_refusal_t *ret_why)
{
    yb_keyring_t ring;
    yb_err_t err = yb_keyring_load(path, &ring, ret_why);
    if (err != YB_OK)
        return err;
    ring.seal = 0;
    *ret_id = ring.keys[ring.count - 1].id;
    err = ring_write(path, &ring, ret_why);
    yb_keyring_wipe(&ring);
    return err;
}

void yb_keyring_wipe(yb_keyring_t *ring)
{
    OPENSSL_cleanse(ring, sizeof(*ring));
}

/* --- box ------------------------------------------------------------------------------------------------ */

typedef struct box_key {
    uint8_t id;
    EVP_CIPHER_CTX *cipher;   /* SM4-CTR, key worked in; decrypting is the same operation */
    yb_hmac_t *mac;
} box_key_t;

struct yb_box {
    size_t count;
    size_t seal;              /* index of the key that seals */
    box_key_t keys[YB_KEYRING_MAX];
    yb_hmac_t *lookup;
    yb_random_t random;
};

static yb_hmac_t *derived_hmac(const uint8_t *key, const char *label)
{
    uint8_t derived[YB_SM3_SIZE];
    if (yb_hmac_sm3(key, YB_BOX_KEY_SIZE, label, strlen(label), derived) != YB_OK)
        return NULL;
    yb_hmac_t *hmac = yb_hmac_create(derived, sizeof(derived));
    OPENSSL_cleanse(derived, sizeof(derived));
    return hmac;
}

static EVP_CIPHER_CTX *derived_cipher(const uint8_t *key, const char *label)
{
    uint8_t derived[YB_SM3_SIZE];
    if (yb_hmac_sm3(key, YB_BOX_KEY_SIZE, label, strlen(label), derived) != YB_OK)
        return NULL;
    static const uint8_t no_iv[IV_SIZE];
    EVP_CIPHER *sm4 = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    EVP_CIPHER_CTX *ctx = sm4 ? EVP_CIPHER_CTX_new() : NULL;
    _Static_assert(SM4_KEY_SIZE <= sizeof(derived), "key");
    if (ctx && EVP_EncryptInit_ex2(ctx, sm4, derived, no_iv, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(sm4);
    OPENSSL_cleanse(derived, sizeof(derived));
    return ctx;
}

yb_err_t yb_box_create(const yb_keyring_t *ring, const yb_random_t *random, yb_box_t **ret_box)
{
    if (ring->count == 0 || ring->count > YB_KEYRING_MAX)
        return YB_E_CONFIG;
    for (size_t i = 0; i < ring->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (ring->keys[i].id == ring->keys[j].id)
                return YB_E_CONFIG;
        }
    }
    yb_box_t *box = calloc(1, sizeof(*box));
    if (!box)
        return YB_E_NO_MEMORY;
    box->random = random ? *random : yb_random_real();
    box->lookup = derived_hmac(ring->keys[0].key, "yb-box-lookup");
    bool ok = box->lookup != NULL;
    for (; ok && box->count < ring->count; box->count++) {
        box_key_t *key = &box->keys[box->count];
        key->id = ring->keys[box->count].id;
        if (ring->seal == 0 || ring->seal == key->id)
            box->seal = box->count;
        key->cipher = derived_cipher(ring->keys[box->count].key, "yb-box-enc");
        key->mac = derived_hmac(ring->keys[box->count].key, "yb-box-mac");
        ok = key->cipher && key->mac;
    }
    if (!ok) {
        ERR_clear_error();
        yb_box_destroy(&box);
        return YB_E_CRYPTO;
    }
    *ret_box = box;
    return YB_OK;
}

void yb_box_destroy(yb_box_t **box)
{
    if (!box || !*box)
        return;
    for (size_t i = 0; i < YB_KEYRING_MAX; i++) {
        EVP_CIPHER_CTX_free((*box)->keys[i].cipher);
        yb_hmac_destroy(&(*box)->keys[i].mac);
    }
    yb_hmac_destroy(&(*box)->lookup);
    free(*box);
    *box = NULL;
}

static bool cipher_run(box_key_t *key, const uint8_t *iv, const void *in, size_t len, uint8_t *out)
{
    int n = 0;
    if (EVP_EncryptInit_ex2(key->cipher, NULL, NULL, iv, NULL) == 1 &&
        (len == 0 || EVP_EncryptUpdate(key->cipher, out, &n, in, (int)len) == 1) && (size_t)n == len)
        return true;
    ERR_clear_error();
    return false;
}

yb_err_t yb_box_seal(yb_box_t *box, const void *plain, size_t len, yb_arena_t *arena, uint8_t **ret_sealed,
    size_t *ret_len)
{
    if (len > YB_BOX_PLAIN_MAX)
        return YB_E_TOO_LARGE;
    uint8_t *sealed = yb_arena_alloc(arena, len + YB_BOX_OVERHEAD);
    if (!sealed)
        return YB_E_NO_MEMORY;
    box_key_t *key = &box->keys[box->seal];
    sealed[0] = BOX_VERSION;
    sealed[1] = key->id;
    yb_err_t err = yb_random_fill(&box->random, sealed + 2, IV_SIZE);
    if (err != YB_OK)
        return err;
    if (!cipher_run(key, sealed + 2, plain, len, sealed + HEAD_SIZE))
        return YB_E_CRYPTO;
    yb_hmac_update(key->mac, sealed, HEAD_SIZE + len);
    yb_hmac_final(key->mac, sealed + HEAD_SIZE + len);
    *ret_sealed = sealed;
    *ret_len = len + YB_BOX_OVERHEAD;
    return YB_OK;
}

yb_err_t yb_box_open(yb_box_t *box, const void *sealed, size_t len, yb_arena_t *arena, char **ret_plain,
    size_t *ret_len)
{
    const uint8_t *bytes = sealed;
    if (len < YB_BOX_OVERHEAD || len > YB_BOX_OVERHEAD + YB_BOX_PLAIN_MAX || bytes[0] != BOX_VERSION)
        return YB_E_CRYPTO;
    box_key_t *key = NULL;
    for (size_t i = 0; i < box->count && !key; i++)
        key = box->keys[i].id == bytes[1] ? &box->keys[i] : NULL;
    if (!key)
        return YB_E_CRYPTO;
    size_t plain_len = len - YB_BOX_OVERHEAD;
    uint8_t mac[YB_SM3_SIZE];
    yb_hmac_update(key->mac, bytes, HEAD_SIZE + plain_len);
    yb_hmac_final(key->mac, mac);
    if (!yb_ct_equal(mac, bytes + HEAD_SIZE + plain_len, sizeof(mac)))
        return YB_E_CRYPTO;
    char *plain = yb_arena_alloc(arena, plain_len + 1);
    if (!plain)
        return YB_E_NO_MEMORY;
    if (!cipher_run(key, bytes + 2, bytes + HEAD_SIZE, plain_len, (uint8_t *)plain))
        return YB_E_CRYPTO;
    plain[plain_len] = '\0';
    *ret_plain = plain;
    *ret_len = plain_len;
    return YB_OK;
}

void yb_box_lookup(yb_box_t *box, const void *data, size_t len, uint8_t ret_hash[YB_BOX_LOOKUP_SIZE])
{
    yb_hmac_update(box->lookup, data, len);
    yb_hmac_final(box->lookup, ret_hash);
}
