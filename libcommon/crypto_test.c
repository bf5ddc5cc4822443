#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libcommon/crypto.h"

static char dir[32], path[64], public_path[64];   /* of the running test (each runs in its own process) */

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/yb_crypto_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/key", dir);
    snprintf(public_path, sizeof(public_path), "%s/key.pub", dir);
}

static void teardown(void)
{
    (void)unlink(path);
    (void)unlink(public_path);
    ck_assert_int_eq(rmdir(dir), 0);
}

static void file_write(const char *text, mode_t mode)
{
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void is_hex(const uint8_t *bytes, size_t len, const char *want)
{
    char hex[512];
    ck_assert_uint_lt(2 * len, sizeof(hex));
    ck_assert_str_eq(yb_hex_encode(bytes, len, hex), want);
}

#define SM3_ABC "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
#define SM3_ABCD16 "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
#define SM3_NOTHING "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"

/* GB/T 32905 appendix A. */
START_TEST(sm3_of_the_standard)
{
    uint8_t d[32];
    char abcd[65];
    for (int i = 0; i < 16; i++)
        memcpy(abcd + 4 * i, "abcd", 5);
    ck_assert_int_eq(yb_sm3("abc", 3, d), YB_OK);
    is_hex(d, 32, SM3_ABC);
    ck_assert_int_eq(yb_sm3(abcd, 64, d), YB_OK);
    is_hex(d, 32, SM3_ABCD16);
    ck_assert_int_eq(yb_sm3(NULL, 0, d), YB_OK);
    is_hex(d, 32, SM3_NOTHING);
    ck_assert_int_eq(yb_sha256("abc", 3, d), YB_OK);
    is_hex(d, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(sm3_context_starts_anew_after_each_final)
{
    uint8_t d[32];
    yb_sm3_t *sm3 = yb_sm3_create();
    ck_assert_ptr_nonnull(sm3);
    for (int i = 0; i < 3; i++) {
        yb_sm3_update(sm3, "a", 1);
        yb_sm3_update(sm3, NULL, 0);
        yb_sm3_update(sm3, "bc", 2);
        yb_sm3_final(sm3, d);
        is_hex(d, 32, SM3_ABC);
        yb_sm3_final(sm3, d);
        is_hex(d, 32, SM3_NOTHING);
    }
    yb_sm3_destroy(&sm3);
    ck_assert_ptr_null(sm3);
    yb_sm3_destroy(&sm3);
}
END_TEST

START_TEST(hmac_once_and_again)
{
    uint8_t d[32], e[32], long_key[200];
    ck_assert_int_eq(yb_hmac_sm3("key", 3, "abc", 3, d), YB_OK);
    is_hex(d, 32, "28e63256e7c5a087b1f073265dc53092163f7b82729735d06f28f10af9d52393");
    yb_hmac_t *hmac = yb_hmac_create("key", 3);
    ck_assert_ptr_nonnull(hmac);
    for (int i = 0; i < 3; i++) {
        yb_hmac_update(hmac, "ab", 2);
        yb_hmac_update(hmac, "c", 1);
        yb_hmac_final(hmac, e);
        ck_assert_mem_eq(d, e, 32);
        yb_hmac_update(hmac, "else", 4);
        yb_hmac_final(hmac, e);
        ck_assert_mem_ne(d, e, 32);
    }
    yb_hmac_destroy(&hmac);
    memset(long_key, 7, sizeof(long_key));   /* longer than a block: hashed first */
    ck_assert_int_eq(yb_hmac_sm3(long_key, sizeof(long_key), "abc", 3, d), YB_OK);
    ck_assert_int_eq(yb_sm3(long_key, sizeof(long_key), e), YB_OK);
    ck_assert_int_eq(yb_hmac_sm3(e, 32, "abc", 3, e), YB_OK);
    ck_assert_mem_eq(d, e, 32);
    ck_assert_int_eq(yb_hmac_sm3(NULL, 0, NULL, 0, d), YB_OK);
}
END_TEST

START_TEST(hex_and_comparison)
{
    uint8_t b[3];
    char hex[7];
    ck_assert_int_eq(yb_hex_decode("00fFa9", 6, b, 3), YB_OK);
    ck_assert_str_eq(yb_hex_encode(b, 3, hex), "00ffa9");
    ck_assert_int_eq(yb_hex_decode("00fFa", 5, b, 3), YB_E_FIELD_FORM);
    ck_assert_int_eq(yb_hex_decode("00fFa9a", 7, b, 3), YB_E_FIELD_FORM);
    ck_assert_int_eq(yb_hex_decode("00fFg9", 6, b, 3), YB_E_FIELD_FORM);
    ck_assert(yb_ct_equal("abc", "abc", 3) && !yb_ct_equal("abc", "abd", 3) && yb_ct_equal("a", "b", 0));
}
END_TEST

/* --- key ring --- */

#define KEY1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2 "1112131415161718191a1b1c1d1e1f101112131415161718191a1b1c1d1e1f10"

START_TEST(ring_is_made_once_and_read)
{
    yb_random_t random = yb_random_real();
    yb_keyring_t ring;
    yb_refusal_t why = { 0 };
    umask(0);
    ck_assert_int_eq(yb_keyring_create(path, &random), YB_OK);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(yb_keyring_load(path, &ring, &why), YB_OK);
    ck_assert_uint_eq(ring.count, 1);
    ck_assert_uint_eq(ring.keys[0].id, 1);
    uint8_t was[32];
    memcpy(was, ring.keys[0].key, 32);
    ck_assert_int_eq(yb_keyring_create(path, &random), YB_E_ROW_EXISTS);
    ck_assert_int_eq(yb_keyring_load(path, &ring, &why), YB_OK);
    ck_assert_mem_eq(was, ring.keys[0].key, 32);
    yb_keyring_wipe(&ring);
    ck_assert_uint_eq(ring.count, 0);
}
END_TEST

static uint8_t sealed_by_key(yb_arena_t *arena)
{
    yb_keyring_t ring;
    yb_refusal_t why = { .code = YB_OK };
    yb_box_t *box = NULL;
    uint8_t *sealed = NULL;
    size_t len = 0;
    ck_assert_msg(yb_keyring_load(path, &ring, &why) == YB_OK, "%s", why.text);
    ck_assert_int_eq(yb_box_create(&ring, NULL, &box), YB_OK);
    ck_assert_int_eq(yb_box_seal(box, "x", 1, arena, &sealed, &len), YB_OK);
    yb_box_destroy(&box);
    yb_keyring_wipe(&ring);
    return sealed[1];
}

/* A key that was appended opens only, until it is put into use; the first one goes on to find rows. */
START_TEST(ring_grows_in_two_steps)
{
    yb_random_t random = yb_random_real();
    yb_refusal_t why = { .code = YB_OK };
    unsigned id = 0;
    yb_keyring_t before, after;
    yb_arena_t *arena = yb_arena_create(0);
    ck_assert_int_eq(yb_keyring_create(path, &random), YB_OK);
    ck_assert_int_eq(yb_keyring_load(path, &before, &why), YB_OK);
    ck_assert_int_eq(yb_keyring_append(path, &random, &id, &why), YB_OK);
    ck_assert_uint_eq(id, 2);
    ck_assert_uint_eq(sealed_by_key(arena), 1);
    ck_assert_int_eq(yb_keyring_append(path, &random, &id, &why), YB_E_ROW_EXISTS);
    ck_assert_int_eq(yb_keyring_use(path, &id, &why), YB_OK);
    ck_assert_uint_eq(sealed_by_key(arena), 2);
    for (id = 2; id < YB_KEYRING_MAX;) {
        why.code = YB_OK;
        ck_assert_int_eq(yb_keyring_append(path, &random, &id, &why), YB_OK);
        ck_assert_int_eq(yb_keyring_use(path, &id, &why), YB_OK);
    }
    why.code = YB_OK;
    ck_assert_int_eq(yb_keyring_append(path, &random, &id, &why), YB_E_TOO_LARGE);
    ck_assert_int_eq(yb_keyring_load(path, &after, &why), YB_OK);
    ck_assert_uint_eq(after.count, YB_KEYRING_MAX);
    ck_assert_mem_eq(after.keys[0].key, before.keys[0].key, YB_BOX_KEY_SIZE);
    yb_arena_destroy(&arena);
}
END_TEST

static int folders_synced;

/* The system's, for everybody in this program: counts what it is asked for folders. */
int fsync(int fd)
{
    struct stat st;
    folders_synced += fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    return (int)syscall(SYS_fsync, fd);
}

/* Rows sealed a second later stay in the database: the key must be there after a power failure, too. */
START_TEST(ring_is_in_its_folder_to_stay)
{
    yb_random_t random = yb_random_real();
    yb_refusal_t why = { .code = YB_OK };
    unsigned id = 0;
    folders_synced = 0;
    ck_assert_int_eq(yb_keyring_create(path, &random), YB_OK);
    ck_assert_int_eq(folders_synced, 1);
    folders_synced = 0;
    ck_assert_int_eq(yb_keyring_append(path, &random, &id, &why), YB_OK);
    ck_assert_int_gt(folders_synced, 0);
    folders_synced = 0;
    ck_assert_int_eq(yb_keyring_use(path, &id, &why), YB_OK);
    ck_assert_int_gt(folders_synced, 0);
}
END_TEST

START_TEST(ring_lines_keep_their_order)
{
    yb_keyring_t ring;
    yb_refusal_t why = { 0 };
    file_write("# first: lookup, last: seals\n7 " KEY1 "\r\n\n255\t " KEY2 "  ", 0400);
    ck_assert_int_eq(yb_keyring_load(path, &ring, &why), YB_OK);
    ck_assert_uint_eq(ring.count, 2);
    ck_assert_uint_eq(ring.keys[0].id, 7);
    ck_assert_uint_eq(ring.keys[0].key[31], 0x1f);
    ck_assert_uint_eq(ring.keys[1].id, 255);
    ck_assert_uint_eq(ring.keys[1].key[0], 0x11);
}
END_TEST

static void ring_fails(const char *text, mode_t mode, const char *reason)
{
    yb_keyring_t ring = { .count = 99 };
    yb_refusal_t why = { 0 };
    file_write(text, mode);
    ck_assert_int_eq(yb_keyring_load(path, &ring, &why), YB_E_CONFIG);
    ck_assert_msg(strstr(why.text, reason) != NULL, "%s, want %s", why.text, reason);
    ck_assert_msg(!strstr(why.text, "0a0b0c0d"), "shows the key: %s", why.text);
    ck_assert_uint_eq(ring.count, 99);
}

START_TEST(ring_faults_are_named)
{
    ring_fails("1 " KEY1 "\n", 0640, "0600");
    ring_fails("1 " KEY1 "\n", 0604, "0600");
    ring_fails("1 " KEY1 "\n", 0700, "0600");
    ring_fails("", 0600, "没有密钥");
    ring_fails("# only words\n", 0600, "没有密钥");
    ring_fails("0 " KEY1, 0600, "第1行");
    ring_fails("256 " KEY1, 0600, "编号");
    ring_fails("1" KEY1, 0600, "第1行");
    ring_fails("\n1 " KEY1 "\n1 " KEY2, 0600, "第3行：编号重复");
    ring_fails("1 " KEY1 "00", 0600, "64位");
    ring_fails("1 0001g" "2030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0600, "十六进制");
    char many[17 * 80] = "";
    for (size_t i = 0, at = 0; i < 17; i++)
        at += (size_t)snprintf(many + at, sizeof(many) - at, "%zu %s\n", i + 1, KEY1);
    ring_fails(many, 0600, "第17行");
    static char large[9000];
    memset(large, '#', sizeof(large) - 1);
    ring_fails(large, 0600, "过大");
    yb_keyring_t ring;
    yb_refusal_t why = { 0 };
    ck_assert_int_eq(yb_keyring_load("/nonexistent/key", &ring, &why), YB_E_IO);
    yb_refusal_t why2 = { 0 };
    ck_assert_int_eq(yb_keyring_load(dir, &ring, &why2), YB_E_CONFIG);
}
END_TEST

/* --- box --- */

static yb_err_t iv_fixed(void *state, void *out, size_t len)
{
    (void)state;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)(0xA0 + i);
    return YB_OK;
}

static yb_err_t iv_fails(void *state, void *out, size_t len)
{
    (void)state;
    (void)out;
    (void)len;
    return YB_E_CRYPTO;
}

static yb_keyring_t ring_of(uint8_t id)
{
    yb_keyring_t ring = { .count = 1 };
    ring.keys[0].id = id;
    for (size_t i = 0; i < 32; i++)
        ring.keys[0].key[i] = (uint8_t)i;
    return ring;
}

static yb_box_t *box_of(const yb_keyring_t *ring, const yb_random_t *random)
{
    yb_box_t *box = NULL;
    ck_assert_int_eq(yb_box_create(ring, random, &box), YB_OK);
    return box;
}

/* Made with the openssl program, not with this code: rows written today must open in ten years. */
START_TEST(box_layout_is_fixed)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_keyring_t ring = ring_of(7);
    yb_random_t random = { .fill = iv_fixed };
    yb_box_t *box = box_of(&ring, &random);
    uint8_t *sealed, hash[32];
    size_t len;
    ck_assert_int_eq(yb_box_seal(box, "测试", 6, arena, &sealed, &len), YB_OK);
    is_hex(sealed, len, "0107a0a1a2a3a4a5a6a7a8a9aaabacadaeaf10f94710c1f452a421df1ed6c02ef556206d299e8dda"
        "c4339654ec1566143f7686a8d32403ba");
    yb_box_lookup(box, "测试", 6, hash);
    is_hex(hash, 32, "664557ba556ef24a8dd1e74332ef89d5c896aebf6f20e04a80a7499d65f67522");
    yb_box_destroy(&box);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(box_opens_what_it_sealed)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_keyring_t ring = ring_of(1);
    yb_box_t *box = box_of(&ring, NULL);
    uint8_t *sealed, *again, *all = yb_arena_calloc(arena, 1, YB_BOX_PLAIN_MAX + 1);
    char *plain;
    size_t len, plain_len;
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 18, 1000, YB_BOX_PLAIN_MAX };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(all, 'x', sizes[i]);
        ck_assert_int_eq(yb_box_seal(box, all, sizes[i], arena, &sealed, &len), YB_OK);
        ck_assert_uint_eq(len, sizes[i] + YB_BOX_OVERHEAD);
        ck_assert_int_eq(yb_box_seal(box, all, sizes[i], arena, &again, &len), YB_OK);
        ck_assert_mem_ne(sealed, again, len);   /* another IV each time */
        ck_assert_int_eq(yb_box_open(box, sealed, len, arena, &plain, &plain_len), YB_OK);
        ck_assert_uint_eq(plain_len, sizes[i]);
        ck_assert_mem_eq(plain, all, sizes[i]);
        ck_assert_int_eq(plain[plain_len], 0);
    }
    ck_assert_int_eq(yb_box_seal(box, all, YB_BOX_PLAIN_MAX + 1, arena, &sealed, &len), YB_E_TOO_LARGE);
    yb_box_destroy(&box);
    ck_assert_ptr_null(box);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(box_finds_every_altered_bit_and_every_cut)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_keyring_t ring = ring_of(1);
    yb_box_t *box = box_of(&ring, NULL);
    uint8_t *sealed;
    char *plain = NULL;
    size_t len, plain_len;
    ck_assert_int_eq(yb_box_seal(box, "141102199001010018", 18, arena, &sealed, &len), YB_OK);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(yb_box_open(box, sealed, len, arena, &plain, &plain_len), YB_E_CRYPTO);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        ck_assert_int_eq(yb_box_open(box, sealed, cut, arena, &plain, &plain_len), YB_E_CRYPTO);
    ck_assert_ptr_null(plain);
    ck_assert_int_eq(yb_box_open(box, sealed, len, arena, &plain, &plain_len), YB_OK);
    yb_box_destroy(&box);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(box_keys_can_be_changed)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_keyring_t old = ring_of(1), both = old, other = ring_of(2);
    both.count = 2;
    both.keys[1].id = 2;
    memset(both.keys[1].key, 9, 32);
    yb_box_t *a = box_of(&old, NULL), *b = box_of(&both, NULL), *c = box_of(&other, NULL);
    uint8_t *sealed, hash_a[32], hash_b[32];
    char *plain;
    size_t len, plain_len;
    ck_assert_int_eq(yb_box_seal(a, "测试", 6, arena, &sealed, &len), YB_OK);
    ck_assert_int_eq(yb_box_open(b, sealed, len, arena, &plain, &plain_len), YB_OK);   /* old rows open */
    ck_assert_str_eq(plain, "测试");
    ck_assert_int_eq(yb_box_open(c, sealed, len, arena, &plain, &plain_len), YB_E_CRYPTO);
    yb_box_lookup(a, "测试", 6, hash_a);
    yb_box_lookup(b, "测试", 6, hash_b);
    ck_assert_mem_eq(hash_a, hash_b, 32);   /* and are found */
    ck_assert_int_eq(yb_box_seal(b, "测试", 6, arena, &sealed, &len), YB_OK);
    ck_assert_uint_eq(sealed[1], 2);        /* new rows take the last key */
    ck_assert_int_eq(yb_box_open(a, sealed, len, arena, &plain, &plain_len), YB_E_CRYPTO);
    yb_box_destroy(&a);
    yb_box_destroy(&b);
    yb_box_destroy(&c);
    yb_arena_destroy(&arena);
}
END_TEST

START_TEST(box_fails_whole)
{
    yb_arena_t *small = yb_arena_create(64);
    yb_keyring_t ring = ring_of(1), none = { 0 }, twice = ring_of(1);
    twice.count = 2;
    twice.keys[1].id = 1;
    yb_box_t *box = NULL;
    ck_assert_int_eq(yb_box_create(&none, NULL, &box), YB_E_CONFIG);
    ck_assert_int_eq(yb_box_create(&twice, NULL, &box), YB_E_CONFIG);
    ck_assert_ptr_null(box);
    box = box_of(&ring, NULL);
    uint8_t *sealed = NULL;
    size_t len;
    ck_assert_int_eq(yb_box_seal(box, "0123456789012345", 16, small, &sealed, &len), YB_E_NO_MEMORY);
    yb_box_destroy(&box);
    yb_random_t broken = { .fill = iv_fails };
    box = box_of(&ring, &broken);
    ck_assert_int_eq(yb_box_seal(box, "0123", 4, small, &sealed, &len), YB_E_CRYPTO);
    ck_assert_ptr_null(sealed);
    yb_box_destroy(&box);
    yb_arena_destroy(&small);
}
END_TEST

/* --- SM2 --- */

START_TEST(sm2_signs_and_verifies)
{
    yb_arena_t *arena = yb_arena_create(0);
    ck_assert_int_eq(yb_sm2_generate(path, public_path), YB_OK);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    yb_sm2_t *secret = NULL, *open = NULL, *memory = NULL;
    ck_assert_int_eq(yb_sm2_load_private(path, &secret), YB_OK);
    ck_assert_int_eq(yb_sm2_load_public(public_path, &open), YB_OK);
    char *pem;
    ck_assert_int_eq(yb_sm2_public_pem(secret, arena, &pem), YB_OK);
    ck_assert_ptr_null(strstr(pem, "PRIVATE"));
    ck_assert_int_eq(yb_sm2_public_of_pem(pem, strlen(pem), &memory), YB_OK);
    for (size_t n = 0; n < 100; n += 33) {   /* r and s have leading zeros now and then */
        char data[100];
        memset(data, 'd', sizeof(data));
        uint8_t s[64];
        ck_assert_int_eq(yb_sm2_sign(secret, data, n, s), YB_OK);
        ck_assert_int_eq(yb_sm2_verify(open, data, n, s), YB_OK);
        ck_assert_int_eq(yb_sm2_verify(memory, data, n, s), YB_OK);
        ck_assert_int_eq(yb_sm2_verify(open, data, n + 1, s), YB_E_CRYPTO);
        for (size_t i = 0; i < 64; i += 9) {
            s[i] ^= 1;
            ck_assert_int_eq(yb_sm2_verify(open, data, n, s), YB_E_CRYPTO);
            s[i] ^= 1;
        }
        ck_assert_int_eq(yb_sm2_sign(open, data, n, s), YB_E_CRYPTO);
    }
    yb_sm2_destroy(&secret);
    yb_sm2_destroy(&open);
    yb_sm2_destroy(&memory);
    yb_arena_destroy(&arena);
}
END_TEST

/* GB/T 32918.5 appendix A.2: the same curve, key, user id and message. */
START_TEST(sm2_of_the_standard)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
        "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n-----END PUBLIC KEY-----\n";
    uint8_t s[64], zero[64] = { 0 };
    ck_assert_int_eq(yb_hex_decode("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA", 128, s, 64), YB_OK);
    yb_sm2_t *key = NULL;
    ck_assert_int_eq(yb_sm2_public_of_pem(pem, strlen(pem), &key), YB_OK);
    ck_assert_int_eq(yb_sm2_verify(key, "message digest", 14, s), YB_OK);
    ck_assert_int_eq(yb_sm2_verify(key, "message digesu", 14, s), YB_E_CRYPTO);
    ck_assert_int_eq(yb_sm2_verify(key, "message digest", 14, zero), YB_E_CRYPTO);
    yb_sm2_destroy(&key);
}
END_TEST

START_TEST(sm2_files_are_guarded)
{
    yb_sm2_t *key = NULL;
    ck_assert_int_eq(yb_sm2_generate(path, public_path), YB_OK);
    ck_assert_int_eq(yb_sm2_generate(path, public_path), YB_E_ROW_EXISTS);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(yb_sm2_generate(path, public_path), YB_E_ROW_EXISTS);
    ck_assert_int_ne(access(path, F_OK), 0);   /* no half pair */
    ck_assert_int_eq(unlink(public_path), 0);
    ck_assert_int_eq(yb_sm2_generate(path, NULL), YB_OK);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(yb_sm2_load_private(path, &key), YB_E_CONFIG);
    file_write("nothing of the kind", 0600);
    ck_assert_int_eq(yb_sm2_load_private(path, &key), YB_E_CONFIG);
    ck_assert_int_eq(yb_sm2_load_public(path, &key), YB_E_CONFIG);
    ck_assert_int_eq(yb_sm2_load_public("/nonexistent/key", &key), YB_E_IO);
    /* a good key of another curve (P-256) */
    static const char p256[] = "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHBsyWpdLsyfCxCIWSJZ8lM2o3Ynh\n"
        "Fp2Vn3HLdVelnInNq3G4+vjg0QejEBWU35QCjQ9AAYf2jkAia87uwYOPPA==\n"
        "-----END PUBLIC KEY-----\n";
    ck_assert_int_eq(yb_sm2_public_of_pem(p256, strlen(p256), &key), YB_E_CONFIG);
    ck_assert_ptr_null(key);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crypto");
    TCase *t = tcase_create("crypto");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sm3_of_the_standard);
    tcase_add_test(t, sm3_context_starts_anew_after_each_final);
    tcase_add_test(t, hmac_once_and_again);
    tcase_add_test(t, hex_and_comparison);
    tcase_add_test(t, ring_is_made_once_and_read);
    tcase_add_test(t, ring_grows_in_two_steps);
    tcase_add_test(t, ring_is_in_its_folder_to_stay);
    tcase_add_test(t, ring_lines_keep_their_order);
    tcase_add_test(t, ring_faults_are_named);
    tcase_add_test(t, box_layout_is_fixed);
    tcase_add_test(t, box_opens_what_it_sealed);
    tcase_add_test(t, box_finds_every_altered_bit_and_every_cut);
    tcase_add_test(t, box_keys_can_be_changed);
    tcase_add_test(t, box_fails_whole);
    tcase_add_test(t, sm2_signs_and_verifies);
    tcase_add_test(t, sm2_of_the_standard);
    tcase_add_test(t, sm2_files_are_guarded);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
