/* Resolve: the batch's keys together, one query per kind, the answers by index, the audit rows of all of it
 * in one insert. */
#include <string.h>

#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/item.h"
#include "services/identity/store/catalogue.h"
#include "services/identity/store/institution.h"
#include "services/identity/store/person.h"

#define PSN_NO_MAX 30
#define INSTITUTION_MAX 12
#define CODE_MAX 50
#define KEYS_MAX 20000               /* of one call */

typedef struct answer {
    Yibao__Identity__ResolveReply *reply;
    yb_person_read_t *reads;
    size_t read_count;
} answer_t;

typedef struct found {               /* by index of the sets; NULL / 0 = not there */
    yb_strset_t psn_nos, asked, codes, items;    /* asked: for existence only */
    const yb_person_t **persons;
    bool *exists;
    const yb_institution_t **institutions;
    struct { const yb_item_t *first; size_t count; } *rows;
} found_t;

static void add(yb_strset_t *set, const char *key, size_t max)
{
    if (yb_key_plausible(key, max))
        yb_strset_add(set, key);
}

static void collect(found_t *f, yb_call_t **calls, size_t count, yb_arena_t *arena)
{
    f->psn_nos = yb_strset_create(arena, count);
    f->asked = yb_strset_create(arena, count);
    f->codes = yb_strset_create(arena, count);
    f->items = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__ResolveRequest *req = (const Yibao__Identity__ResolveRequest *)calls[i]->body;
        if (req->n_psn_no + req->n_fixmedins_code + req->n_catalogue > KEYS_MAX) {
            yb_call_refuse(calls[i], YB_E_FIELD_RANGE, "catalogue", "一次最多查询 %d 个键", KEYS_MAX);
            continue;
        }
        for (size_t k = 0; k < req->n_psn_no; k++)
            add(req->exists_only ? &f->asked : &f->psn_nos, req->psn_no[k], PSN_NO_MAX);
        for (size_t k = 0; k < req->n_fixmedins_code; k++)
            add(&f->codes, req->fixmedins_code[k], INSTITUTION_MAX);
        for (size_t k = 0; k < req->n_catalogue; k++)
            add(&f->items, req->catalogue[k]->med_list_codg, CODE_MAX);
    }
    yb_strset_seal(&f->psn_nos);
    yb_strset_seal(&f->asked);
    yb_strset_seal(&f->codes);
    yb_strset_seal(&f->items);
}

static yb_err_t fetch_people(found_t *f, yb_worker_t *worker)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_person_t *persons = NULL;
    yb_institution_t *institutions = NULL;
    size_t count = 0;
    f->persons = YB_NEW_ARRAY(arena, const yb_person_t *, f->psn_nos.count);
    f->institutions = YB_NEW_ARRAY(arena, const yb_institution_t *, f->codes.count);
    yb_err_t err = yb_person_by_psn_no(yb_worker_db(worker), yb_identity_box(worker), &f->psn_nos, arena,
                                       &persons, &count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        f->persons[yb_strset_find(&f->psn_nos, persons[i].psn_no)] = &persons[i];
    const char **there = NULL;
    f->exists = YB_NEW_ARRAY(arena, bool, f->asked.count);
    err = yb_person_exists(yb_worker_db(worker), &f->asked, arena, &there, &count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        f->exists[yb_strset_find(&f->asked, there[i])] = true;
    err = yb_institution_by_code(yb_worker_db(worker), yb_identity_box(worker), &f->codes, arena,
                                 &institutions, &count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        f->institutions[yb_strset_find(&f->codes, institutions[i].fixmedins_code)] = &institutions[i];
    return YB_OK;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const yb_item_t *)a)->med_list_codg, ((const yb_item_t *)b)->med_list_codg);
}

/* Rows of one code together, so that each key looks at its own only. */
static yb_err_t fetch_items(found_t *f, yb_worker_t *worker)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_item_t *items = NULL;
    size_t count = 0;
    f->rows = yb_arena_calloc(arena, f->items.count, sizeof *f->rows);
    yb_err_t err = yb_item_by_code(yb_worker_db(worker), &f->items, arena, &items, &count);
    if (err != YB_OK || count == 0)
        return err;
    qsort(items, count, sizeof *items, by_code);
    for (size_t i = 0; i < count; i++) {
        size_t at = yb_strset_find(&f->items, items[i].med_list_codg);
        if (f->rows[at].count++ == 0)
            f->rows[at].first = &items[i];
    }
    return YB_OK;
}

static void answer_items(const found_t *f, const yb_call_t *call, const Yibao__Identity__ResolveRequest *req,
                         Yibao__Identity__ResolveReply *reply)
{
    reply->n_catalogue = req->n_catalogue;
    reply->catalogue = YB_NEW_ARRAY(call->arena, Yibao__Types__CatalogueItem *, req->n_catalogue);
    for (size_t k = 0; k < req->n_catalogue; k++) {
        const Yibao__Identity__CatalogueKey *key = req->catalogue[k];
        size_t at = yb_strset_find(&f->items, key->med_list_codg);
        const yb_item_t *item =
            at == SIZE_MAX ? NULL : yb_item_pick(f->rows[at].first, f->rows[at].count, key->day, key->area);
        reply->catalogue[k] = yb_item_message(call, item);
    }
}

static Yibao__Types__Person *answer_exists(const found_t *f, const yb_call_t *call, const char *psn_no)
{
    Yibao__Types__Person *m = yb_person_message(call, NULL);
    size_t at = yb_strset_find(&f->asked, psn_no);
    if (at != SIZE_MAX && f->exists[at])
        m->psn_no = yb_arena_strdup(call->arena, psn_no);
    return m;
}

static void answer_persons(const found_t *f, yb_worker_t *worker, const yb_call_t *call,
                           const Yibao__Identity__ResolveRequest *req, answer_t *a)
{
    a->reads = YB_NEW_ARRAY(yb_worker_arena(worker), yb_person_read_t, req->n_psn_no);
    a->reply->n_persons = req->n_psn_no;
    a->reply->persons = YB_NEW_ARRAY(call->arena, Yibao__Types__Person *, req->n_psn_no);
    for (size_t k = 0; k < req->n_psn_no; k++) {
        if (req->exists_only) {
            a->reply->persons[k] = answer_exists(f, call, req->psn_no[k]);
            continue;
        }
        size_t at = yb_strset_find(&f->psn_nos, req->psn_no[k]);
        const yb_person_t *person = at == SIZE_MAX ? NULL : f->persons[at];
        a->reply->persons[k] = yb_person_message(call, person);
        if (person != NULL) {
            yb_person_read_t *read = &a->reads[a->read_count++];
            yb_person_read_fill(worker, call, person, req->purpose, read);
            if (req->n_readers == req->n_psn_no)
                yb_person_read_by(call, req->readers[k], read);
        }
    }
}

static answer_t *answer(const found_t *f, yb_worker_t *worker, const yb_call_t *call)
{
    const Yibao__Identity__ResolveRequest *req = (const Yibao__Identity__ResolveRequest *)call->body;
    answer_t *a = YB_NEW(call->arena, answer_t);
    a->reply = YB_NEW(call->arena, Yibao__Identity__ResolveReply);
    yibao__identity__resolve_reply__init(a->reply);
    answer_persons(f, worker, call, req, a);
    a->reply->n_institutions = req->n_fixmedins_code;
    a->reply->institutions = YB_NEW_ARRAY(call->arena, Yibao__Types__Institution *, req->n_fixmedins_code);
    for (size_t k = 0; k < req->n_fixmedins_code; k++) {
        size_t at = yb_strset_find(&f->codes, req->fixmedins_code[k]);
        a->reply->institutions[k] = yb_institution_message(call, at == SIZE_MAX ? NULL : f->institutions[at]);
    }
    answer_items(f, call, req, a->reply);
    return a;
}

YB_IDENTITY_PREPARE(resolve)
{
    found_t f = { 0 };
    collect(&f, calls, count, yb_worker_arena(worker));
    yb_err_t err = fetch_people(&f, worker);
    if (err == YB_OK)
        err = fetch_items(&f, worker);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(calls[i]))
            calls[i]->state = answer(&f, worker, calls[i]);
    return YB_OK;
}

YB_IDENTITY_RUN(resolve)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t total = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        total += ((const answer_t *)calls[i]->state)->read_count;
    yb_person_read_t *reads = YB_NEW_ARRAY(arena, yb_person_read_t, total);
    for (size_t i = 0; i < count; i++) {
        const answer_t *a = calls[i]->state;
        if (a->read_count > 0)
            memcpy(reads + at, a->reads, a->read_count * sizeof *reads);
        at += a->read_count;
        calls[i]->reply = &a->reply->base;
    }
    return yb_person_read_insert(yb_worker_db(worker), reads, total, arena);
}
