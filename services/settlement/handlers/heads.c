#include "services/settlement/handlers/heads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/crypto.h"
#include "services/settlement/store/journal.h"

#define LINE_CAP 1024
#define SIGNERS_MAX 64 /* one change a year outlasts any retention */

static void key_path(const yb_conf_t *conf, const char *ending, char *path, size_t cap)
{
    snprintf(path, cap, "%s/journal.%s", yb_conf_text(conf, "KEY_DIR"), ending);
}

static void heads_path(yb_worker_t *worker, char *path, size_t cap)
{
    snprintf(path, cap, "%s/heads.jsonl", yb_conf_text(yb_worker_conf(worker), "HEADS_DIR"));
}

yb_err_t yb_heads_key(const yb_conf_t *conf, char *detail, size_t detail_cap)
{
    char secret[512], public[512];
    key_path(conf, "key", secret, sizeof secret);
    key_path(conf, "pub", public, sizeof public);
    if (access(secret, R_OK) == 0)
        return YB_OK;
    if (!yb_conf_bool(conf, "SANDBOX")) {
        snprintf(detail, detail_cap,
                 "%s is missing: it signs the journal's heads; make it with: openssl genpkey -algorithm SM2 -out %s, "
                 "mode 0600",
                 secret, secret);
        return YB_E_CONFIG;
    }
    if (mkdir(yb_conf_text(conf, "KEY_DIR"), 0700) != 0 && errno != EEXIST) {
        snprintf(detail, detail_cap, "cannot make %s: %s", yb_conf_text(conf, "KEY_DIR"), strerror(errno));
        return YB_E_IO;
    }
    yb_err_t err = yb_sm2_generate(secret, public);
    if (err != YB_OK)
        snprintf(detail, detail_cap, "cannot make %s: %s", secret, yb_err_text(err));
    return err;
}

/* What is signed: the same text that stands in the line. */
static int signed_text(char *text, size_t cap, yb_day_t day, int lane, int64_t seq, const char *hash)
{
    return snprintf(text, cap, "yibao journal head %d %d %" PRId64 " %s", day, lane, seq, hash);
}

/* ---- writing ---- */

static bool has_day(const char *path, yb_day_t day)
{
    char line[LINE_CAP], mark[32];
    FILE *f = fopen(path, "re");
    bool found = false;
    if (f == NULL)
        return false;
    snprintf(mark, sizeof mark, "{\"day\": %d,", day);
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strncmp(line, mark, strlen(mark)) == 0;
    fclose(f);
    return found;
}

static yb_err_t write_line(FILE *f, yb_sm2_t *key, yb_day_t day, const yb_chain_t *head)
{
    char hash[65], signature[129], text[256];
    uint8_t raw[YB_SM2_SIGNATURE_SIZE];
    yb_hex_encode(head->hash, 32, hash);
    int len = signed_text(text, sizeof text, day, head->lane, head->seq, hash);
    yb_err_t err = yb_sm2_sign(key, text, (size_t)len, raw);
    if (err != YB_OK)
        return err;
    yb_hex_encode(raw, sizeof raw, signature);
    int n = fprintf(f, "{\"day\": %d, \"lane\": %d, \"seq\": %" PRId64 ", \"hash\": \"%s\", \"signature\": \"%s\"}\n",
                    day, head->lane, head->seq, hash, signature);
    return n > 0 ? YB_OK : YB_E_IO;
}

static yb_err_t append_heads(const char *path, const char *key_file, yb_day_t day, const yb_chain_t *heads,
                             size_t count)
{
    yb_sm2_t *key = NULL;
    yb_err_t err = yb_sm2_load_private(key_file, &key);
    if (err != YB_OK)
        return err;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (f == NULL)
        err = YB_E_IO;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        if (heads[i].seq > 0)
            err = write_line(f, key, day, &heads[i]);
    if (err == YB_OK && (fflush(f) != 0 || fsync(fd) != 0))
        err = YB_E_IO;
    if (f != NULL)
        fclose(f);
    yb_sm2_destroy(&key);
    return err;
}

yb_err_t yb_heads_chore(yb_worker_t *worker)
{
    char path[512], key_file[512];
    const char *dir = yb_conf_text(yb_worker_conf(worker), "HEADS_DIR");
    yb_chain_t *heads = NULL;
    size_t count = 0;
    yb_day_t today = yb_time_day(yb_worker_now(worker));
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return YB_E_IO;
    heads_path(worker, path, sizeof path);
    if (has_day(path, today))
        return YB_OK;
    yb_err_t err = yb_journal_lanes(yb_worker_db(worker), yb_worker_arena(worker), &heads, &count);
    if (err != YB_OK || count == 0)
        return err;
    key_path(yb_worker_conf(worker), "key", key_file, sizeof key_file);
    return append_heads(path, key_file, today, heads, count);
}

/* ---- checking ---- */

/* The end of a lane's chain, 0 = it has none. */
static int64_t end_of(const yb_chain_t *heads, size_t count, int lane)
{
    for (size_t i = 0; i < count; i++)
        if (heads[i].lane == lane)
            return heads[i].seq;
    return 0;
}

/* A head beyond the end of its lane says what happened, and is no sign of rewritten books by itself. */
static const char *why_missing(yb_worker_t *worker, yb_arena_t *arena, yb_day_t day, int lane, int64_t seq)
{
    yb_chain_t *heads = NULL;
    size_t count = 0;
    yb_err_t err = yb_journal_lanes(yb_worker_db(worker), arena, &heads, &count);
    if (err != YB_OK)
        return yb_err_text(err);
    int64_t end = end_of(heads, count, lane);
    if (seq <= end)
        return "the journal has no such entry any more";
    return yb_arena_printf(arena,
                           "the head saved on %d is beyond the journal: it names entry %" PRId64
                           " of lane %d, which ends at %" PRId64
                           ": the database was restored to before it, or the end was cut off",
                           day, seq, lane, end);
}

/* The key that signs, and the public halves of those that signed before it (journal-N.pub). */
typedef struct signers {
    yb_sm2_t *keys[SIGNERS_MAX];
    size_t count;
} signers_t;

static void signers_close(signers_t *signers)
{
    while (signers->count > 0)
        yb_sm2_destroy(&signers->keys[--signers->count]);
}

static yb_err_t signers_open(const yb_conf_t *conf, signers_t *ret_signers)
{
    char path[512];
    signers_t s = { .count = 0 };
    key_path(conf, "key", path, sizeof path);
    yb_err_t err = yb_sm2_load_private(path, &s.keys[0]);
    s.count = err == YB_OK;
    for (int n = 1; err == YB_OK && s.count < SIGNERS_MAX; n++) {
        snprintf(path, sizeof path, "%s/journal-%d.pub", yb_conf_text(conf, "KEY_DIR"), n);
        if (access(path, F_OK) != 0)
            break;
        err = yb_sm2_load_public(path, &s.keys[s.count]);
        s.count += err == YB_OK;
    }
    if (err != YB_OK)
        signers_close(&s);
    *ret_signers = s;
    return err;
}

static bool signed_by_us(const signers_t *signers, const char *text, size_t len, const uint8_t *signature)
{
    for (size_t i = 0; i < signers->count; i++)
        if (yb_sm2_verify(signers->keys[i], text, len, signature) == YB_OK)
            return true;
    return false;
}

static const char *check_line(yb_worker_t *worker, yb_arena_t *arena, const signers_t *signers, json_t *line)
{
    const char *hash = NULL, *signature = NULL;
    int day = 0, lane = 0;
    json_int_t seq = 0;
    uint8_t raw[YB_SM2_SIGNATURE_SIZE], saved[32], stands[32];
    char text[256];
    if (json_unpack(line, "{s:i, s:i, s:I, s:s, s:s}", "day", &day, "lane", &lane, "seq", &seq, "hash", &hash,
                    "signature", &signature) != 0 ||
        yb_hex_decode(hash, strlen(hash), saved, 32) != YB_OK ||
        yb_hex_decode(signature, strlen(signature), raw, sizeof raw) != YB_OK)
        return "the line is not a saved head";
    int len = signed_text(text, sizeof text, day, lane, seq, hash);
    if (!signed_by_us(signers, text, (size_t)len, raw))
        return "the signature is not ours";
    yb_err_t err = yb_journal_hash_at(yb_worker_db(worker), lane, seq, arena, stands);
    if (err == YB_E_NOT_FOUND)
        return why_missing(worker, arena, day, lane, seq);
    if (err != YB_OK)
        return yb_err_text(err);
    return memcmp(saved, stands, 32) == 0
               ? NULL
               : "the journal has another hash there: the books were changed, or written anew after a restore to before it";
}

yb_err_t yb_heads_check(yb_worker_t *worker, yb_arena_t *arena,
                        void (*bad)(void *ctx, const char *where, const char *why), void *ctx, uint64_t *ret_checked)
{
    char path[512], line[LINE_CAP], where[600];
    signers_t signers;
    *ret_checked = 0;
    heads_path(worker, path, sizeof path);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return YB_OK;                    /* none written yet */
    yb_err_t err = signers_open(yb_worker_conf(worker), &signers);
    while (err == YB_OK && fgets(line, sizeof line, f) != NULL) {
        json_t *parsed = json_loads(line, 0, NULL);
        const char *why = check_line(worker, arena, &signers, parsed);
        (*ret_checked)++;
        snprintf(where, sizeof where, "%s line %" PRIu64, path, *ret_checked);
        if (why != NULL)
            bad(ctx, where, why);
        json_decref(parsed);
    }
    fclose(f);
    signers_close(&signers);
    return err;
}
