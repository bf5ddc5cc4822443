/* Inside of yb_fixture. Failures end the program. */
#ifndef BENCH_FIXTURE_H
#define BENCH_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include "libcommon/db.h"
#include "services/settlement/settlement.h"

#define FX_LANES 2
#define FX_MESSAGES_PER_JOB 5

typedef struct fx_world {
    yb_settlement_data_t settlement;     /* policies and areas, as the service has them */
    uint64_t settlements;                /* of the past */
} fx_world_t;

/* A loading thread's part: everything of `total` (numbered from `from`) that is its. */
typedef struct fx_lane {
    pthread_t thread;
    const fx_world_t *world;
    int index;
    uint64_t from, total;
    _Atomic uint64_t done;
} fx_lane_t;

_Noreturn void fx_die(const char *what, yb_err_t err, const yb_db_t *db);
void fx_must(yb_err_t err, const char *what, const yb_db_t *db);
const char *fx_env(const char *name);
uint64_t fx_number(const char *text);
/* A connection as root; schema may be NULL. */
yb_db_t *fx_db(const char *schema);
void fx_run(yb_db_t *db, const char *text);
void fx_parallel(const fx_world_t *world, const char *what, uint64_t total, uint64_t from, void *(*work)(void *));

/* fixture_load.c: identity and enrollment; the settled past; prepared stays. */
void fx_load_base(void);
void *fx_load_past(void *lane);
void *fx_load_stays(void *lane);

/* fixture_jobs.c */
typedef struct fx_jobs {
    const char *kind;                    /* settle, visit, query */
    uint64_t first, first_message, count;
    const char *path;
} fx_jobs_t;
/* Returns the exit code. */
int fx_write_jobs(const fx_jobs_t *jobs);

#endif
