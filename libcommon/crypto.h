/* Hashes, keyed hashes, the box that keeps person data at rest, and SM2 signatures, on OpenSSL 3. Contexts
 * (yb_sm3_t, yb_hmac_t, yb_box_t, yb_sm2_t) are for one thread at a time: make one per thread, from the
 * same keys. The functions without a context are thread safe. */
#ifndef YB_CRYPTO_H
#define YB_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "clock.h"
#include "err.h"

#define YB_SM3_SIZE 32
#define YB_SHA256_SIZE 32

/* One-shot. They look the algorithm up each time; who hashes much keeps a context. YB_E_CRYPTO when
 * OpenSSL lacks it. */
YB_CHECK yb_err_t yb_sm3(const void *data, size_t len, uint8_t ret_digest[YB_SM3_SIZE]);
YB_CHECK yb_err_t yb_sha256(const void *data, size_t len, uint8_t ret_digest[YB_SHA256_SIZE]);
YB_CHECK yb_err_t yb_hmac_sm3(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t ret_mac[YB_SM3_SIZE]);

/* SM3 (GB/T 32905), incremental and reusable. NULL when OpenSSL lacks it or memory is out. After creation
 * nothing can fail but misuse, which is asserted. */
typedef struct yb_sm3 yb_sm3_t;
yb_sm3_t *yb_sm3_create(void);
void yb_sm3_destroy(yb_sm3_t **sm3);
void yb_sm3_update(yb_sm3_t *sm3, const void *data, size_t len);
/* The digest of what came since creation or the last final; starts anew. */
void yb_sm3_final(yb_sm3_t *sm3, uint8_t ret_digest[YB_SM3_SIZE]);

/* HMAC-SM3 with the key worked in once; for many short inputs. Same life as yb_sm3_t. The key is copied. */
typedef struct yb_hmac yb_hmac_t;
yb_hmac_t *yb_hmac_create(const void *key, size_t key_len);
void yb_hmac_destroy(yb_hmac_t **hmac);
void yb_hmac_update(yb_hmac_t *hmac, const void *data, size_t len);
void yb_hmac_final(yb_hmac_t *hmac, uint8_t ret_mac[YB_SM3_SIZE]);

/* Equal, in time that does not depend on where they differ. */
bool yb_ct_equal(const void *a, const void *b, size_t len);
/* Lower-case hex with NUL, 2*len+1 bytes; returns buf. */
char *yb_hex_encode(const void *data, size_t len, char *buf);
/* Exactly 2*size digits of either case. YB_E_FIELD_FORM otherwise; `out` is then undefined. */
YB_CHECK yb_err_t yb_hex_decode(const char *text, size_t text_len, void *out, size_t size);

/* --- keys of the box ------------------------------------------------------------------------------------ */

#define YB_BOX_KEY_SIZE 32
#define YB_KEYRING_MAX 16
/* The first key makes the lookup hashes and stays first for as long as rows carry them; all of them open. The last one
 * seals, or the one that `seal` names (0 = none): a new key is appended, and seals once every replica can open it. */
typedef struct yb_keyring {
    uint8_t seal;
    size_t count;
    struct { uint8_t id; uint8_t key[YB_BOX_KEY_SIZE]; } keys[YB_KEYRING_MAX];
} yb_keyring_t;

/* Reads lines "id hex64" (id 1..255) and at most one "seal id" after them (blank lines and lines from '#'
 * skipped). The file must be regular, owned by the caller or root, mode 0600 or 0400. YB_E_IO: cannot be
 * read; YB_E_CONFIG: anything else; *ret_why says which line and what to do, and never shows key material. */
YB_CHECK yb_err_t yb_keyring_load(const char *path, yb_keyring_t *ret_ring, yb_refusal_t *ret_why);
/* Writes a new file with one random key, id 1, mode 0600. YB_E_ROW_EXISTS when the file is there: a key is
 * never overwritten. YB_E_IO, YB_E_CRYPTO. */
YB_CHECK yb_err_t yb_keyring_create(const char *path, const yb_random_t *random);
/* Appends a new random key, which opens from the next start on and does not seal yet. *ret_id is its number. As
 * yb_keyring_load; YB_E_TOO_LARGE: the ring is full; YB_E_ROW_EXISTS: the last one does not seal yet. */
YB_CHECK yb_err_t yb_keyring_append(const char *path, const yb_random_t *random, unsigned *ret_id,
    yb_refusal_t *ret_why);
/* From the next start on the last key seals. */
YB_CHECK yb_err_t yb_keyring_use(const char *path, unsigned *ret_id, yb_refusal_t *ret_why);
/* Overwrites the key material. */
void yb_keyring_wipe(yb_keyring_t *ring);

/* --- the box: person data at rest ----------------------------------------------------------------------- */

/* Layout: version 1 (1 byte), key id (1), IV (16, random), SM4-CTR ciphertext, HMAC-SM3 over all before it
 * (32). Encrypt, then authenticate; the two keys and the lookup key are derived from the ring's key by
 * HMAC-SM3 of the labels "yb-box-enc", "yb-box-mac", "yb-box-lookup" (the first 16 bytes for SM4). */
typedef struct yb_box yb_box_t;
#define YB_BOX_OVERHEAD 50
#define YB_BOX_PLAIN_MAX (1 << 20)

/* The ring is copied in derived form and may be wiped. `random` makes the IVs; NULL = yb_random_real().
 * YB_E_CONFIG: ring empty or ids repeated; YB_E_CRYPTO. */
YB_CHECK yb_err_t yb_box_create(const yb_keyring_t *ring, const yb_random_t *random, yb_box_t **ret_box);
void yb_box_destroy(yb_box_t **box);
/* Seals `len` (0..YB_BOX_PLAIN_MAX) bytes into len + YB_BOX_OVERHEAD bytes of the arena. YB_E_NO_MEMORY,
 * YB_E_CRYPTO, YB_E_TOO_LARGE. */
YB_CHECK yb_err_t yb_box_seal(yb_box_t *box, const void *plain, size_t len, yb_arena_t *arena,
    uint8_t **ret_sealed, size_t *ret_len);
/* Opens into the arena, with a NUL behind the plaintext that *ret_len does not count. YB_E_CRYPTO:
 * altered, cut, unknown version or key; YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_box_open(yb_box_t *box, const void *sealed, size_t len, yb_arena_t *arena,
    char **ret_plain, size_t *ret_len);
/* Keyed hash to find a row by; equal inputs give equal hashes across processes with the same first key. */
#define YB_BOX_LOOKUP_SIZE 32
void yb_box_lookup(yb_box_t *box, const void *data, size_t len, uint8_t ret_hash[YB_BOX_LOOKUP_SIZE]);

/* --- SM2 signatures ------------------------------------------------------------------------------------- */

typedef struct yb_sm2 yb_sm2_t;
#define YB_SM2_SIGNATURE_SIZE 64   /* r || s, 32 bytes each, as the national interface sends them */

/* New key pair: private key PEM (PKCS#8) at `path`, mode 0600; public key PEM at `public_path` unless
 * NULL, mode 0644. YB_E_ROW_EXISTS when a file is there. YB_E_IO, YB_E_CRYPTO. */
YB_CHECK yb_err_t yb_sm2_generate(const char *path, const char *public_path);
/* Private key file: same demands on mode and owner as the key ring. YB_E_IO, YB_E_CONFIG. */
YB_CHECK yb_err_t yb_sm2_load_private(const char *path, yb_sm2_t **ret_key);
YB_CHECK yb_err_t yb_sm2_load_public(const char *path, yb_sm2_t **ret_key);
/* Public key from PEM in memory. YB_E_CONFIG. */
YB_CHECK yb_err_t yb_sm2_public_of_pem(const char *pem, size_t len, yb_sm2_t **ret_key);
/* PEM of the public half, in the arena. */
YB_CHECK yb_err_t yb_sm2_public_pem(const yb_sm2_t *key, yb_arena_t *arena, char **ret_pem);
void yb_sm2_destroy(yb_sm2_t **key);
/* SM3withSM2 (GB/T 32918.2) with user id "1234567812345678". YB_E_CRYPTO, also for a key without a private
 * half. */
YB_CHECK yb_err_t yb_sm2_sign(yb_sm2_t *key, const void *data, size_t len,
    uint8_t ret_signature[YB_SM2_SIGNATURE_SIZE]);
/* YB_OK when the signature is this key's over the data; YB_E_CRYPTO otherwise. */
YB_CHECK yb_err_t yb_sm2_verify(yb_sm2_t *key, const void *data, size_t len,
    const uint8_t signature[YB_SM2_SIGNATURE_SIZE]);

#endif
