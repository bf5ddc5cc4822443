/* Rows in bulk, each by the store code of the service it belongs to; what settlements pay is computed by the service's rules. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"
#include "fixture_data.h"
#include "libcommon/id.h"
#include "libcommon/idem.h"
#include "services/enrollment/store/cover.h"
#include "services/identity/store/catalogue.h"
#include "services/identity/store/institution.h"
#include "services/identity/store/person.h"
#include "services/settlement/handlers/benefit.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/lane_state.h"
#include "services/settlement/handlers/setlinfo.h"

#define BATCH 256
#define PAST_FROM_US 1672534800000000LL    /* 2023-01-01 09:00 in Asia/Shanghai */
#define PAST_SPAN_US 60480000000000LL      /* 700 days: each person once a week */
#define PAST_YEARS 2
#define DETAIL "{\"adm_dept_codg\":\"A03\",\"adm_dept_name\":\"呼吸内科\",\"atddr_no\":\"D141102000001\",\"chfpdr_name\":\"医师\"}"

/* ---- identity and enrollment ---- */

static yb_box_t *open_box(void)
{
    char path[4096];
    struct stat st;
    yb_keyring_t ring;
    yb_refusal_t why = { 0 };
    yb_box_t *box = NULL;
    yb_random_t random = yb_random_real();
    snprintf(path, sizeof path, "%s/identity.box", fx_env("YB_KEY_DIR"));
    if (stat(path, &st) != 0)
        fx_must(yb_keyring_create(path, &random), path, NULL);
    fx_must(yb_keyring_load(path, &ring, &why), path, NULL);
    fx_must(yb_box_create(&ring, NULL, &box), path, NULL);
    yb_keyring_wipe(&ring);
    return box;
}

static void load_persons(yb_db_t *identity, yb_db_t *enrollment, yb_box_t *box, uint32_t from, yb_arena_t *arena)
{
    fx_person_t *fx = YB_NEW_ARRAY(arena, fx_person_t, 1000);
    yb_person_t **persons = YB_NEW_ARRAY(arena, yb_person_t *, 1000);
    yb_cover_t **covers = YB_NEW_ARRAY(arena, yb_cover_t *, 1000);
    yb_account_opening_t *openings = YB_NEW_ARRAY(arena, yb_account_opening_t, 1000);
    size_t n = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        fx[i] = fx_person(from + i);
        persons[i] = YB_NEW(arena, yb_person_t);
        *persons[i] = (yb_person_t){ .psn_no = fx[i].psn_no, .psn_cert_type = "01", .certno = fx[i].certno, .psn_name = fx[i].psn_name,
                                     .gend = fx[i].gend, .naty = "01", .brdy = fx[i].brdy, .poolarea = FX_POOLAREA };
        covers[i] = YB_NEW(arena, yb_cover_t);
        *covers[i] = (yb_cover_t){ .psn_no = fx[i].psn_no, .insutype = fx[i].insutype, .psn_type = fx[i].psn_type, .insuplc_admdvs = FX_AREA,
                                   .emp_no = "", .begndate = 20200101, .enddate = YB_DAY_OPEN, .poolarea = FX_POOLAREA,
                                   .clct_wage_fen = fx[i].clct_wage_fen };
        if (fx[i].opening_fen != 0)
            openings[n++] = (yb_account_opening_t){ .psn_no = fx[i].psn_no, .insutype = fx[i].insutype, .poolarea = FX_POOLAREA,
                                                    .begndate = 20200101, .balc_fen = fx[i].opening_fen };
    }
    fx_must(yb_person_insert(identity, box, persons, 1000, PAST_FROM_US, arena), "persons", identity);
    fx_must(yb_cover_insert(enrollment, covers, 1000, PAST_FROM_US, arena), "covers", enrollment);
    fx_must(yb_opening_insert(enrollment, openings, n, PAST_FROM_US, arena), "openings", enrollment);
}

static void load_registers(yb_db_t *identity, yb_box_t *box, yb_arena_t *arena)
{
    fx_institution_t *fx = YB_NEW_ARRAY(arena, fx_institution_t, FX_INSTITUTIONS);
    yb_institution_t **institutions = YB_NEW_ARRAY(arena, yb_institution_t *, FX_INSTITUTIONS);
    fx_item_t *fi = YB_NEW_ARRAY(arena, fx_item_t, FX_ITEMS);
    yb_item_t **items = YB_NEW_ARRAY(arena, yb_item_t *, FX_ITEMS);
    for (uint32_t i = 0; i < FX_INSTITUTIONS; i++) {
        fx[i] = fx_institution(i);
        institutions[i] = YB_NEW(arena, yb_institution_t);
        *institutions[i] = (yb_institution_t){ .fixmedins_code = fx[i].fixmedins_code, .fixmedins_name = fx[i].fixmedins_name,
                                               .fixmedins_type = "1", .hosp_lv = fx[i].hosp_lv, .tier = fx[i].tier, .admdvs = FX_AREA,
                                               .uscc = "", .app_secret = "", .charge_class = fx[i].charge_class, .poolarea = FX_POOLAREA };
    }
    for (uint32_t i = 0; i < FX_ITEMS; i++) {
        fi[i] = fx_item(i);
        items[i] = YB_NEW(arena, yb_item_t);
        *items[i] = (yb_item_t){ .med_list_codg = fi[i].med_list_codg, .insu_admdvs = "", .list_type = "101", .name = fi[i].name,
                                 .chrgitm_lv = fi[i].chrgitm_lv, .begndate = 20200101, .enddate = YB_DAY_OPEN,
                                 .selfpay_prop_ppm = fi[i].selfpay_prop_ppm, .pric_uplmt = fi[i].pric_uplmt };
    }
    fx_must(yb_institution_insert(identity, box, institutions, FX_INSTITUTIONS, PAST_FROM_US, arena), "institutions", identity);
    fx_must(yb_item_insert(identity, items, FX_ITEMS, 20230101, arena), "catalogue", identity);
}

void fx_load_base(void)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_db_t *identity = fx_db("yibao_identity"), *enrollment = fx_db("yibao_enrollment");
    yb_box_t *box = open_box();
    load_registers(identity, box, arena);
    for (uint32_t from = 0; from < FX_PERSONS; from += 1000) {
        yb_arena_reset(arena);
        load_persons(identity, enrollment, box, from, arena);
    }
    printf("  persons: %d with covers, institutions: %d, catalogue: %d\n", FX_PERSONS, FX_INSTITUTIONS, FX_ITEMS);
    yb_box_destroy(&box);
    yb_db_close(&identity);
    yb_db_close(&enrollment);
    yb_arena_destroy(&arena);
}

/* ---- the settled past ---- */

typedef struct past {                      /* one thread's; its persons are nobody else's */
    const fx_world_t *world;
    yb_db_t *db;
    yb_arena_t *arena;
    yb_sm3_t *sm3;
    yb_chain_t chain;
    yb_id_gen_t ids;
    yb_manual_clock_t manual;
    yb_clock_t clock;
    yb_acc_t (*accs)[PAST_YEARS];          /* by person */
    yb_account_t *accounts;
} past_t;

typedef struct sheet {                     /* a batch */
    size_t count, line_count;
    yb_visit_t visits[BATCH]; const yb_visit_t *visit_of[BATCH];
    yb_fee_batch_t batches[BATCH];
    yb_fee_line_t lines[BATCH * FX_PAST_LINES]; const yb_fee_line_t *line_of[BATCH * FX_PAST_LINES];
    yb_settlement_t rows[BATCH]; const yb_settlement_t *row_of[BATCH];
    yb_entry_t entries[BATCH];
    yb_idem_t keys[BATCH];
    char persons[BATCH][24], institutions[BATCH][16], msgids[BATCH][32];
} sheet_t;

static yb_visit_t visit_of(const fx_stay_t *s, const char *psn_no, const char *insutype, const char *fixmedins_code)
{
    return (yb_visit_t){ .mdtrt_id = s->mdtrt_id, .poolarea = FX_POOLAREA, .insuplc_admdvs = FX_AREA, .mdtrtarea_admvs = FX_AREA,
                         .fixmedins_code = fixmedins_code, .psn_no = psn_no, .insutype = insutype, .med_type = "21", .inpatient = true,
                         .state = YB_VISIT_DISCHARGED, .begntime = s->begntime, .endtime = s->endtime, .dise_codg = "", .dise_name = "",
                         .ipt_otp_no = "ZY0001", .mdtrt_cert_type = "02", .dscg_way = "1", .opter = "001", .batch_count = 1, .detail = DETAIL };
}

static void hash_key(yb_sm3_t *sm3, const char *institution, const char *msgid, uint8_t *key, uint8_t *hash, yb_arena_t *arena)
{
    uint8_t *digest = yb_arena_alloc(arena, 32);
    yb_sm3_update(sm3, "msg", 4);          /* as the gateway makes it (edge/canon.h) */
    yb_sm3_update(sm3, institution, strlen(institution) + 1);
    yb_sm3_update(sm3, msgid, strlen(msgid));
    yb_sm3_final(sm3, digest);
    memcpy(key, digest, YB_IDEM_KEY);
    yb_sm3_update(sm3, digest, 32);
    yb_sm3_final(sm3, hash);
}

static void inputs_of(Yibao__Settlement__StoredInputs *in, const fx_person_t *person, const fx_institution_t *place, const yb_acc_t *acc,
                      const yb_account_t *account, yb_day_t day)
{
    yibao__settlement__stored_inputs__init(in);
    in->charge_class = place->charge_class;
    in->tier = (char *)(uintptr_t)place->tier;
    in->institution_admdvs = (char *)(uintptr_t)FX_AREA;
    in->clct_wage_fen = person->clct_wage_fen;
    in->balc_before_fen = account->balc_fen;
    in->acct_used = person->opening_fen != 0;
    in->policy_day = day;
    in->stays = acc->stays;
    in->pool_fen = acc->pool_fen;
    in->burden_fen = acc->burden_fen;
    in->dabing_fen = acc->dabing_fen;
    in->jiuzhu_fen = acc->jiuzhu_fen;
    in->own136_fen = acc->own136_fen;
    in->opt_fund_fen = acc->opt_fund_fen;
    in->opt_dedc_fen = acc->opt_dedc_fen;
    in->line_no_max = FX_PAST_LINES;
}

static void compute(past_t *p, sheet_t *s, size_t at, const fx_person_t *person, const fx_institution_t *place, uint32_t who)
{
    yb_settlement_t *row = &s->rows[at];
    const yb_visit_t *visit = &s->visits[at];
    const yb_raw_line_t **raws = YB_NEW_ARRAY(p->arena, const yb_raw_line_t *, FX_PAST_LINES);
    Yibao__Settlement__StoredInputs inputs;
    yb_day_t day = yb_time_day(row->setl_time);
    yb_acc_t *acc = &p->accs[who][yb_day_year(day) - 2023];
    yb_account_t *account = &p->accounts[who];
    yb_benefit_t benefit = { 0 };
    yb_refusal_t why = { 0 };
    for (size_t i = 0; i < FX_PAST_LINES; i++)
        raws[i] = &s->lines[at * FX_PAST_LINES + i].raw;
    inputs_of(&inputs, person, place, acc, account, day);
    yb_benefit_in_t in = { .poolarea = FX_POOLAREA, .insutype = visit->insutype, .med_type = visit->med_type, .dise_codg = "",
                           .lines = raws, .line_count = FX_PAST_LINES, .inputs = &inputs };
    yb_err_t err = yb_benefit_compute(&p->world->settlement, &in, p->arena, &why, &benefit);
    if (err != YB_OK)
        fx_die(why.text, err, NULL);
    row->amounts = benefit.amounts;
    row->year = yb_day_year(day);
    memcpy(row->policy_hash, benefit.policy->hash, 32);
    yb_booking_pack(row, &benefit.inputs, &benefit.funds, p->arena);
    yb_booking_apply(&benefit.inputs, +1, acc, NULL);
    account->balc_fen -= row->amounts.acct_pay_fen;
}

/* The row, its journal entry and its key with the reply stored under it. */
static void book(past_t *p, sheet_t *s, size_t at)
{
    yb_settlement_t *row = &s->rows[at];
    int64_t now_us = yb_clock_unix_us(&p->clock);
    s->entries[at] = (yb_entry_t){ .kind = YB_ENTRY_SETTLEMENT, .poolarea = FX_POOLAREA, .subject = row->setl_id,
                                   .day = yb_time_day(row->setl_time), .time_us = now_us };
    yb_booking_legs(&s->entries[at], row->insutype, row->fixmedins_code, row->psn_no, &row->amounts);
    s->batches[at] = (yb_fee_batch_t){ row->mdtrt_id, 1, FX_POOLAREA, s->visits[at].inpatient ? "" : "1", row->setl_id };
    s->row_of[at] = row;
    Yibao__Settlement__SettleReply *reply = yb_setlinfo_reply(row, p->arena);
    YB_ASSERT(reply != NULL);
    uint8_t *key = yb_arena_alloc(p->arena, YB_IDEM_KEY), *hash = yb_arena_alloc(p->arena, YB_IDEM_HASH);
    hash_key(p->sm3, row->fixmedins_code, row->msgid, key, hash, p->arena);
    size_t len = yibao__settlement__settle_reply__get_packed_size(reply);
    uint8_t *packed = yb_arena_alloc(p->arena, len);
    yibao__settlement__settle_reply__pack(reply, packed);
    s->keys[at] = (yb_idem_t){ .key = key, .hash = hash, .reply = packed, .reply_len = len };
}

static void add(past_t *p, sheet_t *s, uint64_t n)
{
    size_t at = s->count++;
    uint64_t total = p->world->settlements;
    uint32_t who = (uint32_t)(n % FX_PERSONS);
    bool inpatient = n / FX_PERSONS % 10 == 9;
    fx_person_t person = fx_person(who);
    fx_institution_t place = fx_institution(fx_stay(n).institution);
    memcpy(s->persons[at], person.psn_no, sizeof s->persons[at]);
    memcpy(s->institutions[at], place.fixmedins_code, sizeof s->institutions[at]);
    snprintf(s->msgids[at], sizeof s->msgids[at], "%.12sP%010u", place.fixmedins_code, (unsigned)n);
    atomic_store(&p->manual.unix_us, PAST_FROM_US + (int64_t)(n * (PAST_SPAN_US / total)));
    yb_time_t now = yb_time_of_unix_us(yb_clock_unix_us(&p->clock));
    fx_stay_t stay = { .person = who, .begntime = now, .endtime = inpatient ? now : 0 };
    int64_t setl_id = 0;
    fx_must(yb_id_next(&p->ids, &stay.mdtrt_id), "ids", NULL);
    fx_must(yb_id_next(&p->ids, &setl_id), "ids", NULL);
    yb_visit_t *visit = &s->visits[at];
    *visit = visit_of(&stay, s->persons[at], person.insutype, s->institutions[at]);
    visit->inpatient = inpatient;
    visit->med_type = inpatient ? "21" : "11";
    visit->state = inpatient ? YB_VISIT_SETTLED : YB_VISIT_TREATED;
    visit->line_count = FX_PAST_LINES;
    s->visit_of[at] = visit;
    stay.begntime = yb_time_day(now) * 1000000LL;     /* lines carry whole seconds after it */
    (void)fx_lines(n, &stay, "", FX_PAST_LINES, p->arena, &s->lines[at * FX_PAST_LINES]);
    for (size_t i = 0; i < FX_PAST_LINES; i++)
        s->line_of[s->line_count++] = &s->lines[at * FX_PAST_LINES + i];
    s->rows[at] = (yb_settlement_t){
        .setl_id = setl_id, .mdtrt_id = stay.mdtrt_id, .batch_no = 1, .live = true, .poolarea = FX_POOLAREA, .insuplc_admdvs = FX_AREA,
        .fixmedins_code = s->institutions[at], .psn_no = s->persons[at], .insutype = person.insutype, .psn_type = person.psn_type,
        .med_type = visit->med_type, .clr_type = inpatient ? "21" : "11", .setl_time = now, .begntime = now, .endtime = now, .dise_codg = "",
        .mdtrt_cert_type = "02", .psn_setlway = "01", .infno = inpatient ? "2304" : "2207", .msgid = s->msgids[at], .invono = "", .opter = "001" };
    compute(p, s, at, &person, &place, who);
    book(p, s, at);
}

static void write_sheet(past_t *p, sheet_t *s)
{
    int64_t now_us = yb_clock_unix_us(&p->clock);
    yb_chain_t next;
    fx_must(yb_db_begin(p->db), "begin", p->db);
    fx_must(yb_visit_insert(p->db, s->visit_of, s->count, now_us, p->arena), "visits", p->db);
    fx_must(yb_batch_insert(p->db, s->batches, s->count, p->arena), "batches", p->db);
    fx_must(yb_line_insert(p->db, s->line_of, s->line_count, p->arena), "lines", p->db);
    fx_must(yb_settlement_insert(p->db, s->row_of, s->count, p->arena), "settlements", p->db);
    fx_must(yb_journal_append(p->db, p->sm3, &p->chain, s->entries, s->count, p->arena, &next), "journal", p->db);
    fx_must(yb_idem_store(p->db, s->keys, s->count, now_us, p->arena), "keys", p->db);
    fx_must(yb_db_commit(p->db), "commit", p->db);
    p->chain = next;
}

/* Accounts are opened in the books before the first settlement. */
static void open_accounts(past_t *p, int lane)
{
    yb_chain_t next;
    for (uint32_t who = (uint32_t)lane; who < FX_PERSONS; who += FX_LANES) {
        fx_person_t person = fx_person(who);
        char *psn_no = strdup(person.psn_no);
        YB_ASSERT(psn_no != NULL);
        p->accounts[who] = (yb_account_t){ .psn_no = psn_no, .insutype = person.insutype, .poolarea = FX_POOLAREA,
                                           .opening_fen = person.opening_fen, .balc_fen = person.opening_fen, .opened_us = PAST_FROM_US };
        for (int y = 0; y < PAST_YEARS; y++)
            p->accs[who][y] = (yb_acc_t){ .psn_no = psn_no, .insutype = person.insutype, .year = 2023 + y, .changed = true };
        if (person.opening_fen == 0)
            continue;
        yb_arena_reset(p->arena);
        yb_entry_t entry = { .kind = YB_ENTRY_OPENING, .poolarea = FX_POOLAREA, .day = 20230101, .time_us = PAST_FROM_US };
        fx_must(yb_id_next(&p->ids, &entry.subject), "ids", NULL);
        yb_entry_post(&entry, YB_BOOK_ACCOUNT, YB_LEDGER_OPENING, psn_no, YB_LEDGER_PERSONAL, psn_no, person.opening_fen);
        fx_must(yb_db_begin(p->db), "begin", p->db);
        fx_must(yb_journal_append(p->db, p->sm3, &p->chain, &entry, 1, p->arena, &next), "journal", p->db);
        fx_must(yb_db_commit(p->db), "commit", p->db);
        p->chain = next;
    }
}

/* What all of it adds up to, once at the end. */
static void write_sums(past_t *p, int lane)
{
    fx_must(yb_db_begin(p->db), "begin", p->db);
    for (uint32_t who = (uint32_t)lane; who < FX_PERSONS; who += FX_LANES) {
        yb_account_t *account = &p->accounts[who];
        int64_t left = account->balc_fen;
        yb_arena_reset(p->arena);
        yb_acc_key_t keys[PAST_YEARS + 1];
        for (int y = 0; y <= PAST_YEARS; y++)
            keys[y] = (yb_acc_key_t){ .psn_no = account->psn_no, .insutype = account->insutype, .year = 2023 + y, .dise_codg = "",
                                      .poolarea = FX_POOLAREA };
        fx_must(yb_accumulator_ensure_many(p->db, keys, PAST_YEARS + 1, p->arena), "accumulators", p->db);
        yb_acc_set_t set = { .accs = p->accs[who], .acc_count = PAST_YEARS };
        if (account->opening_fen != 0) {
            account->balc_fen = account->opening_fen;
            fx_must(yb_account_open(p->db, account, 1, p->arena), "accounts", p->db);
            account->balc_fen = left;
            account->changed = true;
            set.accounts = account;
            set.account_count = 1;
        }
        fx_must(yb_acc_put(p->db, &set, p->arena), "accumulators", p->db);
    }
    fx_must(yb_db_commit(p->db), "commit", p->db);
}

void *fx_load_past(void *arg)
{
    fx_lane_t *lane = arg;
    past_t p = { .world = lane->world, .db = fx_db("yibao_settlement"), .arena = yb_arena_create(0), .sm3 = yb_sm3_create() };
    sheet_t *s = calloc(1, sizeof *s);
    p.accs = calloc(FX_PERSONS, sizeof *p.accs);
    p.accounts = calloc(FX_PERSONS, sizeof *p.accounts);
    YB_ASSERT(s != NULL && p.accs != NULL && p.accounts != NULL && p.sm3 != NULL);
    p.clock = yb_clock_manual(&p.manual, PAST_FROM_US - 1000000);
    yb_id_gen_init(&p.ids, &p.clock, (uint32_t)(FX_PAST_NODE + lane->index));
    fx_must(yb_chain_load(p.db, FX_PAST_NODE + lane->index, 0, p.arena, &p.chain), "journal", p.db);
    open_accounts(&p, lane->index);
    for (uint64_t n = (uint64_t)lane->index; n < lane->total;) {
        yb_arena_reset(p.arena);
        s->count = s->line_count = 0;
        for (; s->count < BATCH && n < lane->total; n += FX_LANES)
            add(&p, s, n);
        write_sheet(&p, s);
        if (n < lane->total)
            atomic_fetch_add(&lane->done, s->count);
    }
    write_sums(&p, lane->index);
    atomic_fetch_add(&lane->done, s->count);    /* only now is it all there */
    yb_sm3_destroy(&p.sm3);
    yb_db_close(&p.db);
    yb_arena_destroy(&p.arena);
    free(p.accs);
    free(p.accounts);
    free(s);
    return NULL;
}

/* ---- prepared stays: admitted, lines uploaded, discharged ---- */

#define STAY_BATCH 64

static void write_stays(yb_db_t *db, uint64_t from, size_t count, yb_arena_t *arena)
{
    yb_visit_t *visits = YB_NEW_ARRAY(arena, yb_visit_t, count);
    const yb_visit_t **visit_of_stay = YB_NEW_ARRAY(arena, const yb_visit_t *, count);
    yb_fee_batch_t *batches = YB_NEW_ARRAY(arena, yb_fee_batch_t, count);
    yb_fee_line_t *lines = YB_NEW_ARRAY(arena, yb_fee_line_t, count * FX_STAY_LINES);
    const yb_fee_line_t **line_of = YB_NEW_ARRAY(arena, const yb_fee_line_t *, count * FX_STAY_LINES);
    yb_diagnoses_t *diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count);
    static char i10[] = "I10.x00x002", hypertension[] = "高血压", ward[] = "内科", doctor[] = "D141102000001", doctor_name[] = "医师", one[] = "1";
    Yibao__Settlement__Diagnosis *d = YB_NEW(arena, Yibao__Settlement__Diagnosis);
    yibao__settlement__diagnosis__init(d);
    d->diag_type = d->maindiag_flag = d->vali_flag = d->adm_cond = one;
    d->diag_code = i10;
    d->diag_name = hypertension;
    d->diag_dept = ward;
    d->dise_dor_no = doctor;
    d->dise_dor_name = doctor_name;
    d->diag_srt_no = 1;
    for (size_t i = 0; i < count; i++) {
        fx_stay_t stay = fx_stay(from + i);
        fx_person_t person = fx_person(stay.person);
        fx_institution_t place = fx_institution(stay.institution);
        visits[i] = visit_of(&stay, yb_arena_strdup(arena, person.psn_no), person.insutype, yb_arena_strdup(arena, place.fixmedins_code));
        visits[i].line_count = FX_STAY_LINES;
        visit_of_stay[i] = &visits[i];
        batches[i] = (yb_fee_batch_t){ stay.mdtrt_id, 1, FX_POOLAREA, "", 0 };
        diagnoses[i] = (yb_diagnoses_t){ stay.mdtrt_id, FX_POOLAREA, YB_PHASE_BEGIN, &d, 1, false };
        (void)fx_lines(fx_stay_stream(from + i), &stay, "", FX_STAY_LINES, arena, &lines[i * FX_STAY_LINES]);
        for (size_t k = 0; k < FX_STAY_LINES; k++)
            line_of[i * FX_STAY_LINES + k] = &lines[i * FX_STAY_LINES + k];
    }
    fx_must(yb_db_begin(db), "begin", db);
    fx_must(yb_visit_insert(db, visit_of_stay, count, PAST_FROM_US + PAST_SPAN_US, arena), "stays", db);
    fx_must(yb_batch_insert(db, batches, count, arena), "batches", db);
    fx_must(yb_diagnoses_put(db, diagnoses, count, arena), "diagnoses", db);
    fx_must(yb_line_insert(db, line_of, count * FX_STAY_LINES, arena), "lines", db);
    fx_must(yb_db_commit(db), "commit", db);
}

/* Each lane has a half of the numbers: both append in the order of the key. */
void *fx_load_stays(void *arg)
{
    fx_lane_t *lane = arg;
    yb_db_t *db = fx_db("yibao_settlement");
    yb_arena_t *arena = yb_arena_create(0);
    uint64_t half = lane->total / FX_LANES, from = lane->from + half * (uint64_t)lane->index;
    uint64_t to = lane->index == FX_LANES - 1 ? lane->from + lane->total : from + half;
    for (uint64_t n = from; n < to;) {
        size_t count = to - n < STAY_BATCH ? (size_t)(to - n) : STAY_BATCH;
        yb_arena_reset(arena);
        write_stays(db, n, count, arena);
        n += count;
        atomic_fetch_add(&lane->done, count);
    }
    yb_db_close(&db);
    yb_arena_destroy(&arena);
    return NULL;
}
