#include "services/gateway/edge/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "libcommon/crypto.h"

#define NONCES_DEFAULT 262144
#define WHEEL_SLOTS 1024               /* more than the 601 seconds an entry may have to live */
#define TIMESTAMP_DIGITS_MAX 12
#define SIGNATURE_HEX (2 * YB_SHA256_SIZE)

/* A used nonce, found by the hash of institution and nonce; it hangs in the slot of the second it expires in.
 */
typedef struct seen {
    uint8_t key[YB_SHA256_SIZE];
    struct seen *next;
    UT_hash_handle hh;
} seen_t;

struct yb_auth {
    yb_clock_t clock;
    bool sandbox;
    size_t nonces_max;
    seen_t *seen;
    seen_t *wheel[WHEEL_SLOTS];
    int64_t swept_s;                   /* all that expired up to this second is gone */
};

yb_auth_t *yb_auth_create(const yb_clock_t *clock, bool sandbox, size_t nonces_max)
{
    yb_auth_t *auth = calloc(1, sizeof(*auth));
    if (!auth)
        return NULL;
    auth->clock = *clock;
    auth->sandbox = sandbox;
    auth->nonces_max = nonces_max ? nonces_max : NONCES_DEFAULT;
    auth->swept_s = yb_clock_unix_us(clock) / 1000000;
    return auth;
}

static void clear_slot(yb_auth_t *auth, size_t slot)
{
    seen_t *s = auth->wheel[slot];
    auth->wheel[slot] = NULL;
    while (s) {
        seen_t *next = s->next;
        HASH_DEL(auth->seen, s);
        free(s);
        s = next;
    }
}

void yb_auth_destroy(yb_auth_t **auth)
{
    if (!*auth)
        return;
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        clear_slot(*auth, i);
    free(*auth);
    *auth = NULL;
}

size_t yb_auth_nonces(const yb_auth_t *auth)
{
    return HASH_COUNT(auth->seen);
}

/* A clock that was set back leaves the wheel where it is: entries then live longer, never shorter. */
static void sweep(yb_auth_t *auth, int64_t now_s)
{
    int64_t steps = now_s - auth->swept_s;
    if (steps <= 0)
        return;
    for (int64_t i = 1; i <= (steps < WHEEL_SLOTS ? steps : WHEEL_SLOTS); i++)
        clear_slot(auth, (size_t)((auth->swept_s + i) % WHEEL_SLOTS));
    auth->swept_s = now_s;
}

static bool parse_seconds(const char *text, int64_t *ret_s)
{
    int64_t s = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i <= TIMESTAMP_DIGITS_MAX; i++)
        s = s * 10 + (text[i] - '0');
    if (i == 0 || i > TIMESTAMP_DIGITS_MAX || text[i])
        return false;
    *ret_s = s;
    return true;
}

static yb_err_t check_present(const yb_auth_headers_t *h, yb_refusal_t *ret)
{
    const struct { const char *name, *value; } all[] = {
        {"x-tif-paasid", h->paasid}, {"x-tif-timestamp", h->timestamp}, {"x-tif-nonce", h->nonce},
        {"x-tif-signature", h->signature},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!all[i].value || !all[i].value[0])
            return yb_refuse(ret, YB_E_UNAUTHENTICATED, all[i].name, "缺少该请求头，本机构须签名访问，请补充后重报");
    return YB_OK;
}

static yb_err_t check_signature(const yb_auth_headers_t *h, const char *secret, yb_refusal_t *ret)
{
    char text[3 * 160], hex[SIGNATURE_HEX + 1];
    uint8_t given[YB_SHA256_SIZE], want[YB_SHA256_SIZE];
    int n = snprintf(text, sizeof(text), "%s%s%s%s", h->timestamp, secret, h->nonce, h->timestamp);
    if (n < 0 || (size_t)n >= sizeof(text) || yb_sha256(text, (size_t)n, want))
        return yb_refuse(ret, YB_E_CRYPTO, NULL, NULL);
    yb_hex_encode(want, sizeof(want), hex);
    if (yb_hex_decode(h->signature, strlen(h->signature), given, sizeof(given)) == YB_OK &&
        yb_ct_equal(given, want, sizeof(want)))
        return YB_OK;
    return yb_refuse(ret, YB_E_UNAUTHENTICATED, "x-tif-signature",
        "应为SHA256(timestamp+密钥+nonce+timestamp)的小写十六进制，请核对密钥与算法");
}

static yb_err_t take_nonce(
    yb_auth_t *auth, const char *code, const char *nonce, int64_t expires_s, yb_refusal_t *ret)
{
    char text[YB_AUTH_NONCE_MAX + 64];
    uint8_t key[YB_SHA256_SIZE];
    seen_t *s;
    int n = snprintf(text, sizeof(text), "%s\n%s", code, nonce);
    if (n < 0 || (size_t)n >= sizeof(text) || yb_sha256(text, (size_t)n, key))
        return yb_refuse(ret, YB_E_CRYPTO, NULL, NULL);
    HASH_FIND(hh, auth->seen, key, sizeof(key), s);
    if (s)
        return yb_refuse(ret, YB_E_REPLAYED, "x-tif-nonce", "该随机串已使用过，请更换后重新签名");
    if (HASH_COUNT(auth->seen) >= auth->nonces_max || !(s = malloc(sizeof(*s))))
        return yb_refuse(ret, YB_E_OVERLOADED, NULL, "签名请求过多，请稍后重试");
    memcpy(s->key, key, sizeof(key));
    seen_t **slot = &auth->wheel[expires_s % WHEEL_SLOTS];
    s->next = *slot;
    *slot = s;
    HASH_ADD(hh, auth->seen, key, sizeof(s->key), s);
    return YB_OK;
}

yb_err_t yb_auth_check(yb_auth_t *auth, const yb_auth_headers_t *h, const char *fixmedins_code,
    const char *secret, yb_refusal_t *ret)
{
    int64_t now_s = yb_clock_unix_us(&auth->clock) / 1000000, sent_s;
    yb_err_t err;
    sweep(auth, now_s);
    if (!secret[0] && auth->sandbox)
        return YB_OK;
    if (!secret[0])
        return yb_refuse(ret, YB_E_UNAUTHENTICATED, "fixmedins_code", "本机构未登记签名密钥，请联系医保经办机构");
    if ((err = check_present(h, ret)))
        return err;
    if (strcmp(h->paasid, fixmedins_code) != 0)
        return yb_refuse(ret, YB_E_UNAUTHENTICATED, "x-tif-paasid", "应与报文的fixmedins_code一致");
    if (!parse_seconds(h->timestamp, &sent_s))
        return yb_refuse(ret, YB_E_UNAUTHENTICATED, "x-tif-timestamp", "应为Unix秒");
    if (strlen(h->nonce) > YB_AUTH_NONCE_MAX)
        return yb_refuse(ret, YB_E_UNAUTHENTICATED, "x-tif-nonce", "最长%d个字符", YB_AUTH_NONCE_MAX);
    if ((err = check_signature(h, secret, ret)))
        return err;
    /* what the wheel has forgotten must not pass again, should the clock have been set back */
    int64_t late_s = now_s > auth->swept_s ? now_s : auth->swept_s;
    if (sent_s < late_s - YB_AUTH_WINDOW_S || sent_s > now_s + YB_AUTH_WINDOW_S)
        return yb_refuse(ret, YB_E_REPLAYED, "x-tif-timestamp", "与服务器时间相差超过%d秒，请校准时钟后重试",
            YB_AUTH_WINDOW_S);
    return take_nonce(auth, fixmedins_code, h->nonce, sent_s + YB_AUTH_WINDOW_S + 1, ret);
}
