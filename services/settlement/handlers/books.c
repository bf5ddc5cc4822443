#include "services/settlement/handlers/books.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/lease.h"
#include "services/settlement/settlement.h"
#include "services/settlement/store/journal.h"

#define LANES (YB_LANE_MAX + 1)
#define PAGE 1000u
#define PAGES_MAX 10 /* in one go */
#define BACK 1000    /* entries before the head at which the first look begins */
#define SAID_MAX 10  /* log lines of one go */

struct yb_books {
    yb_chain_t lanes[LANES]; /* the entry last looked at */
    bool known[LANES];
    int said;
};

yb_books_t *yb_books_create(void)
{
    yb_books_t *b = calloc(1, sizeof *b);
    YB_ASSERT(b != NULL);
    return b;
}

void yb_books_destroy(yb_books_t **books)
{
    free(*books);
    *books = NULL;
}

/* ---- metrics, looked up by name: the chore is not in a hurry ---- */

static yb_metric_t *gauge(yb_worker_t *w, const char *name, const char *help)
{
    return yb_metrics_gauge(yb_worker_metrics(w), name, NULL, help);
}

static yb_metric_t *counter(yb_worker_t *w, const char *name, const char *help)
{
    return yb_metrics_counter(yb_worker_metrics(w), name, NULL, help);
}

typedef struct tally {
    yb_metric_t *checked, *unbalanced, *broken, *net, *waiting;
} tally_t;

static tally_t tally_of(yb_worker_t *w)
{
    return (tally_t){
        .checked = counter(w, "yibao_journal_checked_total", "journal entries read again after they were booked"),
        .unbalanced =
            counter(w, "yibao_journal_unbalanced_total", "of them, debits and credits differ in a book: must be 0"),
        .broken = counter(w, "yibao_journal_broken_total", "of them, number or hash do not follow: must be 0"),
        .net = gauge(w, "yibao_journal_net_fen", "debits less credits of all that was checked: must be 0"),
        .waiting = gauge(w, "yibao_journal_unchecked", "entries booked and not read again yet"),
    };
}

/* ---- looking ---- */

static void say(yb_worker_t *w, yb_books_t *b, const yb_entry_t *e, const char *what)
{
    if (b->said++ < SAID_MAX)
        yb_log(yb_worker_log(w), YB_LOG_ERROR, NULL,
               "journal lane %d entry %" PRId64 " %s: change nothing, run yibaoctl audit", e->lane, e->seq, what);
}

static void check_page(yb_worker_t *w, yb_books_t *b, yb_sm3_t *sm3, yb_chain_t *at, const yb_entry_t *entries,
                       size_t count, const tally_t *t)
{
    for (size_t i = 0; i < count; i++) {
        const yb_entry_t *e = &entries[i];
        uint8_t hash[32];
        yb_entry_hash(sm3, at->hash, e, hash);
        if (e->seq != at->seq + 1 || memcmp(hash, e->hash, sizeof hash) != 0) {
            yb_metric_add(t->broken, 1);
            say(w, b, e, "does not follow the one before it");
        }
        if (!yb_entry_balanced(e)) {
            yb_metric_add(t->unbalanced, 1);
            say(w, b, e, "does not balance");
        }
        for (size_t k = 0; k < e->leg_count; k++)
            yb_metric_add(t->net, e->legs[k].debit_fen - e->legs[k].credit_fen);
        at->seq = e->seq;
        memcpy(at->hash, e->hash, sizeof at->hash);
    }
    yb_metric_add(t->checked, (int64_t)count);
}

/* Where the look at a lane begins. */
static yb_err_t begin_lane(yb_worker_t *w, yb_books_t *b, const yb_chain_t *head)
{
    yb_chain_t *at = &b->lanes[head->lane];
    yb_err_t err = YB_OK;
    if (b->known[head->lane])
        return YB_OK;
    *at = (yb_chain_t){ .lane = head->lane, .seq = head->seq > BACK ? head->seq - BACK : 0 };
    if (at->seq > 0)
        err = yb_journal_hash_at(yb_worker_db(w), at->lane, at->seq, yb_worker_arena(w), at->hash);
    b->known[head->lane] = err == YB_OK;
    return err;
}

/* Reads on in one lane up to the head it had, as long as pages are left. */
static yb_err_t look_at_lane(yb_worker_t *w, yb_books_t *b, yb_sm3_t *sm3, const yb_chain_t *head, int *pages,
                             const tally_t *t)
{
    yb_chain_t *at = &b->lanes[head->lane];
    yb_err_t err = begin_lane(w, b, head);
    for (; err == YB_OK && at->seq<head->seq && * pages> 0; (*pages)--) {
        yb_entry_t *entries = NULL;
        size_t n = 0;
        yb_arena_reset(yb_worker_arena(w));
        err = yb_journal_page(yb_worker_db(w), at->lane, at->seq, PAGE, yb_worker_arena(w), &entries, &n);
        if (err == YB_OK)
            check_page(w, b, sm3, at, entries, n, t);
        if (err == YB_OK && n == 0) { /* the head is ahead of its entries */
            yb_metric_add(t->broken, 1);
            say(w, b, &(yb_entry_t){ .lane = at->lane, .seq = at->seq + 1 }, "is missing");
            at->seq = head->seq;
            memcpy(at->hash, head->hash, sizeof at->hash);
        }
    }
    return err;
}

static yb_err_t look_at_journal(yb_worker_t *w, yb_books_t *b)
{
    yb_chain_t *read = NULL;
    size_t count = 0;
    int pages = PAGES_MAX;
    int64_t waiting = 0;
    const tally_t t = tally_of(w);
    yb_err_t err = yb_journal_lanes(yb_worker_db(w), yb_worker_arena(w), &read, &count);
    if (err != YB_OK)
        return err;
    yb_chain_t *heads = calloc(count + 1, sizeof *heads); /* each page begins with an empty arena */
    yb_sm3_t *sm3 = yb_sm3_create();
    YB_ASSERT(heads != NULL && sm3 != NULL);
    memcpy(heads, read, count * sizeof *heads);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        if (heads[i].lane >= 0 && heads[i].lane < LANES)
            err = look_at_lane(w, b, sm3, &heads[i], &pages, &t);
    for (size_t i = 0; i < count; i++) /* the look may be ahead of a head that was read before it */
        if (heads[i].lane >= 0 && heads[i].lane < LANES && heads[i].seq > b->lanes[heads[i].lane].seq)
            waiting += heads[i].seq - b->lanes[heads[i].lane].seq;
    yb_metric_set(t.waiting, waiting);
    yb_sm3_destroy(&sm3);
    free(heads);
    return err;
}

/* ---- the last audit ---- */

static void audit_path(yb_worker_t *w, char *path, size_t cap)
{
    snprintf(path, cap, "%s/audit.json", yb_conf_text(yb_worker_conf(w), "HEADS_DIR"));
}

static void tell_audit(yb_worker_t *w)
{
    char path[512];
    json_int_t finished_s = 0, checked = 0, findings = 0;
    audit_path(w, path, sizeof path);
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (file != NULL &&
        json_unpack(file, "{s:I, s:I, s:I}", "finished", &finished_s, "checked", &checked, "findings", &findings) != 0)
        finished_s = checked = findings = 0;
    json_decref(file);
    yb_metric_set(gauge(w, "yibao_audit_finished_seconds", "unix time when the last audit ended; 0 = none is known"),
                  finished_s);
    yb_metric_set(gauge(w, "yibao_audit_checked", "what it checked"), checked);
    yb_metric_set(gauge(w, "yibao_audit_findings", "what it found: must be 0"), findings);
}

yb_err_t yb_books_audited(yb_worker_t *w, uint64_t checked, uint64_t findings)
{
    char path[512], part[520];
    audit_path(w, path, sizeof path);
    snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "we");
    if (f == NULL)
        return YB_E_IO;
    int n = fprintf(f, "{\"finished\": %" PRId64 ", \"checked\": %" PRIu64 ", \"findings\": %" PRIu64 "}\n",
                    yb_worker_now_us(w) / 1000000, checked, findings);
    int closed = fclose(f);
    if (n <= 0 || closed != 0 || rename(part, path) != 0)
        return YB_E_IO;
    tell_audit(w);
    return YB_OK;
}

yb_err_t yb_books_chore(yb_worker_t *w)
{
    const yb_settlement_data_t *data = yb_worker_data(w);
    data->books->said = 0;
    tell_audit(w);
    return look_at_journal(w, data->books);
}
