/* Fills the database of the benchmark platform, through the services' own store code and rules.
 *
 *   yb_fixture load                        persons, covers, catalogue, institutions and the settled past; nothing is done while they stand
 *   yb_fixture stays COUNT                 sees to it that COUNT prepared stays are not yet used
 *   yb_fixture release COUNT               the last COUNT of those handed out were not used after all
 *   yb_fixture settle|visit|query COUNT FILE    jobs for yb_load: 2304 of prepared stays; 2401 to 2304; 1101
 *
 * Settings: YB_DB_SOCKET, YB_SECRET_DIR, YB_KEY_DIR, YB_POLICY_DIR (scripts/env.sh); YB_BENCH_SETTLEMENTS (1000000). */
#include "fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture_data.h"
#include "libcommon/crypto.h"
#include "libcommon/migrate.h"
#include "services/settlement/policy/policy_file.h"
#include "services/settlement/store/settlement.h"

#define VERSION "1"                      /* of what is loaded: another number loads anew */

extern const yb_migration_t yb_schema_identity[], yb_schema_enrollment[], yb_schema_settlement[];
extern const size_t yb_schema_identity_count, yb_schema_enrollment_count, yb_schema_settlement_count;

static const yb_sql_t sql_state = { "fixture.state", "SELECT mark, stays_made, stays_used, messages FROM fixture" };
static const yb_sql_t sql_begin = { "fixture.begin", "INSERT INTO fixture (mark, stays_made, stays_used, messages) VALUES (?, 0, 0, 0)" };
static const yb_sql_t sql_put = { "fixture.put", "UPDATE fixture SET stays_made = ?, stays_used = ?, messages = ?" };
static const yb_sql_t sql_dirty = { "fixture.dirty",
    "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status WHERE variable_name = 'INNODB_BUFFER_POOL_PAGES_DIRTY'" };

_Noreturn void fx_die(const char *what, yb_err_t err, const yb_db_t *db)
{
    fprintf(stderr, "yb_fixture: %s: %s%s%s\n", what, yb_err_text(err), db != NULL ? ": " : "", db != NULL ? yb_db_error_text(db) : "");
    exit(1);
}

void fx_must(yb_err_t err, const char *what, const yb_db_t *db)
{
    if (err != YB_OK)
        fx_die(what, err, db);
}

const char *fx_env(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL || value[0] == '\0') {
        fprintf(stderr, "yb_fixture: %s is not set; run through make bench\n", name);
        exit(2);
    }
    return value;
}

uint64_t fx_number(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text == NULL || errno != 0 || end == text || *end != '\0' || text[0] == '-' || n > 1000000000) {
        fprintf(stderr, "yb_fixture: %s is not a number up to 1000000000\n", text != NULL ? text : "");
        exit(2);
    }
    return n;
}

yb_db_t *fx_db(const char *schema)
{
    static char password[128];
    char path[4096];
    snprintf(path, sizeof path, "%s/db-root", fx_env("YB_SECRET_DIR"));
    FILE *f = fopen(path, "re");
    if (f == NULL || fgets(password, sizeof password, f) == NULL)
        fx_die(path, YB_E_IO, NULL);
    fclose(f);
    password[strcspn(password, "\n")] = '\0';
    yb_db_conf_t conf = { .socket_path = fx_env("YB_DB_SOCKET"), .user = "root", .password = password, .schema = schema };
    yb_db_t *db = NULL;
    fx_must(yb_db_open(&conf, &db), "database", NULL);
    static const char unlogged[] = "SET SESSION sql_log_bin = 0"; /* gigabytes that nobody will restore */
    fx_must(yb_db_run(db, unlogged, sizeof unlogged - 1), unlogged, db);
    return db;
}

void fx_run(yb_db_t *db, const char *text)
{
    fx_must(yb_db_run(db, text, strlen(text)), text, db);
}

/* ---- what stands ---- */

typedef struct state {
    char mark[200];
    int64_t made, used, messages;
} state_t;

static bool read_state(yb_db_t *db, state_t *ret)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_rows_t *rows = NULL;
    *ret = (state_t){ 0 };
    fx_must(yb_db_query(db, &sql_state, NULL, arena, 1, &rows), "read fixture", db);
    bool there = yb_rows_count(rows) == 1;
    if (there) {
        snprintf(ret->mark, sizeof ret->mark, "%s", yb_rows_text(rows, 0, 0));
        ret->made = yb_rows_i64(rows, 0, 1);
        ret->used = yb_rows_i64(rows, 0, 2);
        ret->messages = yb_rows_i64(rows, 0, 3);
    }
    yb_arena_destroy(&arena);
    return there;
}

static void write_state(yb_db_t *db, const state_t *s)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, s->made);
    yb_params_i64(p, s->used);
    yb_params_i64(p, s->messages);
    fx_must(yb_db_execute(db, &sql_put, p, NULL), "write fixture", db);
    yb_arena_destroy(&arena);
}

/* The fixture's version, size, policies and schemas in one line: when it differs, everything is loaded anew. */
static void make_mark(const fx_world_t *world, char mark[200])
{
    const struct { const yb_migration_t *list; size_t count; } schemas[] = {
        { yb_schema_identity, yb_schema_identity_count }, { yb_schema_enrollment, yb_schema_enrollment_count },
        { yb_schema_settlement, yb_schema_settlement_count } };
    yb_sm3_t *sm3 = yb_sm3_create();
    uint8_t digest[32];
    char hex[65];
    YB_ASSERT(sm3 != NULL);
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < schemas[s].count; i++)
            yb_sm3_update(sm3, schemas[s].list[i].sql, schemas[s].list[i].sql_len);
    for (size_t i = 0; i < world->settlement.policies->count; i++)
        if (world->settlement.policies->policies[i]->region == FX_POOLAREA)
            yb_sm3_update(sm3, world->settlement.policies->policies[i]->hash, 32);
    yb_sm3_final(sm3, digest);
    yb_sm3_destroy(&sm3);
    snprintf(mark, 200, "version %s, %d persons, %" PRIu64 " settlements, %s", VERSION, FX_PERSONS, world->settlements,
             yb_hex_encode(digest, 32, hex));
}

static fx_world_t *open_world(void)
{
    fx_world_t *world = calloc(1, sizeof *world);
    char detail[512] = "";
    YB_ASSERT(world != NULL);
    const char *settlements = getenv("YB_BENCH_SETTLEMENTS"), *dir = fx_env("YB_POLICY_DIR");
    world->settlements = fx_number(settlements != NULL ? settlements : "1000000");
    yb_err_t err = yb_area_set_load(dir, &world->settlement.areas, detail, sizeof detail);
    if (err == YB_OK)
        err = yb_policy_set_load(dir, &world->settlement.policies, detail, sizeof detail);
    if (err != YB_OK)
        fx_die(detail[0] != '\0' ? detail : dir, err, NULL);
    return world;
}

static yb_db_t *open_state(void)
{
    yb_db_t *db = fx_db(NULL);
    fx_run(db, "CREATE DATABASE IF NOT EXISTS yibao_bench CHARACTER SET utf8mb4");
    yb_db_close(&db);
    db = fx_db("yibao_bench");
    fx_run(db, "CREATE TABLE IF NOT EXISTS fixture (mark VARCHAR(200) NOT NULL, stays_made BIGINT NOT NULL, stays_used BIGINT NOT NULL, "
               "messages BIGINT NOT NULL) ENGINE=InnoDB");
    return db;
}

/* ---- loading ---- */

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

/* Runs `work` on FX_LANES threads and says how far they are. */
void fx_parallel(const fx_world_t *world, const char *what, uint64_t total, uint64_t from, void *(*work)(void *))
{
    struct timespec begin, tick = { 0, 200000000 };
    fx_lane_t lanes[FX_LANES] = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < FX_LANES; i++) {
        lanes[i] = (fx_lane_t){ .world = world, .index = i, .from = from, .total = total };
        YB_ASSERT(pthread_create(&lanes[i].thread, NULL, work, &lanes[i]) == 0);
    }
    double told = 0;
    for (uint64_t done = 0; done < total;) {
        nanosleep(&tick, NULL);
        done = 0;
        for (int i = 0; i < FX_LANES; i++)
            done += atomic_load(&lanes[i].done);
        double took = seconds_since(&begin);
        if (done < total && took - told < 10)
            continue;
        told = took;
        printf("  %s: %" PRIu64 " of %" PRIu64 ", %.0f s, %.0f/s\n", what, done, total, took, (double)done / took);
        fflush(stdout);
    }
    for (int i = 0; i < FX_LANES; i++)
        pthread_join(lanes[i].thread, NULL);
}

static void migrate(const char *schema, const char *service, const yb_migration_t *list, size_t count)
{
    char detail[512] = "";
    yb_db_t *db = fx_db(schema);
    yb_err_t err = yb_migrate(db, service, list, count, NULL, detail, sizeof detail);
    if (err != YB_OK)
        fx_die(detail, err, db);
    yb_db_close(&db);
}

static void make_empty(yb_db_t *db)
{
    static const char *const schemas[] = { "yibao_identity", "yibao_enrollment", "yibao_settlement" };
    char text[200];
    fx_run(db, "DELETE FROM fixture");
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s", schemas[i]);
        fx_run(db, text);
        snprintf(text, sizeof text, "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", schemas[i]);
        fx_run(db, text);
    }
    migrate("yibao_identity", "identity", yb_schema_identity, yb_schema_identity_count);
    migrate("yibao_enrollment", "enrollment", yb_schema_enrollment, yb_schema_enrollment_count);
    migrate("yibao_settlement", "settlement", yb_schema_settlement, yb_schema_settlement_count);
}

/* Loading need not survive a power cut: it would be repeated. What is measured later runs with the platform's setting. */
static void hurry(yb_db_t *db, bool on)
{
    fx_run(db, on ? "SET GLOBAL innodb_flush_log_at_trx_commit = 2" : "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    if (on)
        fx_run(db, "SET GLOBAL innodb_io_capacity_max = 40000, innodb_io_capacity = 20000");
}

/* Nothing of the loading is left to be written while something is measured. */
static void settle_down(yb_db_t *db)
{
    struct timespec begin, tick = { 0, 500000000 };
    yb_arena_t *arena = yb_arena_create(0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    fx_run(db, "SET GLOBAL innodb_max_dirty_pages_pct = 0, innodb_max_dirty_pages_pct_lwm = 0");
    for (int64_t dirty = 1000; dirty > 200 && seconds_since(&begin) < 120;) {
        yb_rows_t *rows = NULL;
        nanosleep(&tick, NULL);
        yb_arena_reset(arena);
        fx_must(yb_db_query(db, &sql_dirty, NULL, arena, 1, &rows), "dirty pages", db);
        dirty = yb_rows_i64(rows, 0, 0);
    }
    fx_run(db, "SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT, innodb_io_capacity = DEFAULT, innodb_io_capacity_max = DEFAULT");
    printf("  pages written back in %.0f s\n", seconds_since(&begin));
    yb_arena_destroy(&arena);
}

static void keep_policies(const fx_world_t *world)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_db_t *db = fx_db("yibao_settlement");
    for (size_t i = 0; i < world->settlement.policies->count; i++) {
        const yb_policy_t *p = world->settlement.policies->policies[i];
        fx_must(yb_policy_file_keep(db, p->hash, p->region, p->file_name, yb_arena_strndup(arena, p->text, p->text_len), 1, arena), "policy", db);
    }
    yb_db_close(&db);
    yb_arena_destroy(&arena);
}

static int load(void)
{
    fx_world_t *world = open_world();
    yb_db_t *db = open_state();
    yb_arena_t *arena = yb_arena_create(0);
    char mark[200];
    state_t state;
    make_mark(world, mark);
    if (read_state(db, &state) && strcmp(state.mark, mark) == 0) {
        printf("fixture: stands (%s; %" PRId64 " stays made, %" PRId64 " used)\n", mark, state.made, state.used);
    } else {
        printf("fixture: loading (%s)\n", mark);
        make_empty(db);
        hurry(db, true);
        fx_load_base();
        keep_policies(world);
        fx_parallel(world, "settlements", world->settlements, 0, fx_load_past);
        fx_run(db, "ANALYZE TABLE yibao_settlement.settlement, yibao_settlement.visit, yibao_settlement.fee_line, yibao_settlement.fee_batch, "
                   "yibao_settlement.journal_entry, yibao_settlement.journal_leg, yibao_settlement.idem_key");
        hurry(db, false);
        yb_params_t *p = yb_params_create(arena, 1);
        yb_params_text(p, mark);
        fx_must(yb_db_execute(db, &sql_begin, p, NULL), "mark fixture", db);
        settle_down(db);
    }
    yb_arena_destroy(&arena);
    yb_db_close(&db);
    return 0;
}

static state_t must_state(yb_db_t *db)
{
    state_t state;
    if (!read_state(db, &state)) {
        fprintf(stderr, "yb_fixture: nothing is loaded: run yb_fixture load\n");
        exit(1);
    }
    return state;
}

/* What an interrupted run left behind of stays that were never counted as made. */
static void drop_uncounted(const state_t *state)
{
    static const yb_sql_t drops[] = {
        { "fixture.drop_lines", "DELETE FROM fee_line WHERE mdtrt_id BETWEEN ? AND ?" },
        { "fixture.drop_batches", "DELETE FROM fee_batch WHERE mdtrt_id BETWEEN ? AND ?" },
        { "fixture.drop_diagnoses", "DELETE FROM diagnosis WHERE mdtrt_id BETWEEN ? AND ?" },
        { "fixture.drop_visits", "DELETE FROM visit WHERE mdtrt_id BETWEEN ? AND ?" },
    };
    yb_arena_t *arena = yb_arena_create(0);
    yb_db_t *db = fx_db("yibao_settlement");
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        yb_params_t *p = yb_params_create(arena, 2);
        yb_params_i64(p, fx_stay((uint64_t)state->made).mdtrt_id);
        yb_params_i64(p, fx_stay(1000000000).mdtrt_id);
        fx_must(yb_db_execute(db, &drops[i], p, NULL), "drop stays", db);
    }
    yb_db_close(&db);
    yb_arena_destroy(&arena);
}

static int stays(uint64_t count)
{
    yb_db_t *db = open_state();
    state_t state = must_state(db);
    int64_t missing = (int64_t)count - (state.made - state.used);
    if (missing > 0) {
        fx_world_t *world = open_world();
        drop_uncounted(&state);
        hurry(db, true);
        fx_parallel(world, "prepared stays", (uint64_t)missing, (uint64_t)state.made, fx_load_stays);
        hurry(db, false);
        state.made += missing;
        write_state(db, &state);
        settle_down(db);
    }
    yb_db_close(&db);
    return 0;
}

static int release(uint64_t count)
{
    yb_db_t *db = open_state();
    state_t state = must_state(db);
    state.used -= (int64_t)count < state.used ? (int64_t)count : state.used;
    write_state(db, &state);
    yb_db_close(&db);
    return 0;
}

/* What is handed out is marked used first: a run that is interrupted spoils numbers, never a later run. */
static int jobs(const char *kind, uint64_t count, const char *path)
{
    yb_db_t *db = open_state();
    state_t state = must_state(db);
    fx_jobs_t job = { .kind = kind, .first = (uint64_t)state.used, .first_message = (uint64_t)state.messages, .count = count, .path = path };
    bool settles = strcmp(kind, "settle") == 0;
    if (settles && state.made - state.used < (int64_t)count) {
        fprintf(stderr, "yb_fixture: only %" PRId64 " stays are left: run yb_fixture stays %" PRIu64 "\n", state.made - state.used, count);
        return 1;
    }
    state.used += settles ? (int64_t)count : 0;
    state.messages += (int64_t)count * FX_MESSAGES_PER_JOB;
    write_state(db, &state);
    yb_db_close(&db);
    return fx_write_jobs(&job);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "load") == 0)
        return load();
    if (argc == 3 && strcmp(argv[1], "stays") == 0)
        return stays(fx_number(argv[2]));
    if (argc == 3 && strcmp(argv[1], "release") == 0)
        return release(fx_number(argv[2]));
    if (argc == 4 && (strcmp(argv[1], "settle") == 0 || strcmp(argv[1], "visit") == 0 || strcmp(argv[1], "query") == 0))
        return jobs(argv[1], fx_number(argv[2]), argv[3]);
    fprintf(stderr, "usage: yb_fixture load | stays COUNT | release COUNT | settle|visit|query COUNT FILE\n");
    return 2;
}
