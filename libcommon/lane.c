/* A lane: one thread, one database connection, one queue. It takes what has piled up and runs it in batches
 * (lane_batch.c): that is why one person's settlements never race. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/service_impl.h"

/* The first `count` of the list, moved to the end of the other. */
static void move_jobs(queue_t *from, queue_t *to, size_t count)
{
    for (; count > 0; count--) {
        job_t *job = from->head;
        from->head = job->next;
        from->count--;
        queue_push(to, job);
    }
    if (from->count == 0)
        from->tail = &from->head;
}

void yb_lane_push(yb_worker_t *worker)
{
    size_t max = (size_t)yb_conf_int(worker->service->conf, "QUEUE_MAX"), count = worker->gathered.count;
    pthread_mutex_lock(&worker->lock);
    bool was_empty = worker->queue.count == 0;
    size_t room = max > worker->queue.count ? max - worker->queue.count : 0;
    move_jobs(&worker->gathered, &worker->queue, count < room ? count : room);
    if (was_empty && worker->queue.count > 0)
        pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
}

static bool take(yb_worker_t *worker, queue_t *ret_taken)
{
    pthread_mutex_lock(&worker->lock);
    while (worker->queue.head == NULL && !worker->stop)
        pthread_cond_wait(&worker->wake, &worker->lock);
    *ret_taken = worker->queue;
    if (ret_taken->head != NULL)
        *ret_taken->tail = NULL;
    queue_init(&worker->queue);
    bool go_on = ret_taken->head != NULL || !worker->stop;
    pthread_mutex_unlock(&worker->lock);
    return go_on;
}

static void *lane_main(void *arg)
{
    yb_worker_t *worker = arg;
    queue_t taken;
    while (take(worker, &taken))
        yb_lane_run(worker, &taken);
    return NULL;
}

yb_err_t yb_worker_open_db(yb_worker_t *worker)
{
    const yb_conf_t *conf = worker->service->conf;
    const char *socket_path = yb_conf_text(conf, "DB_SOCKET");
    yb_db_conf_t db = {
        .socket_path = socket_path[0] != '\0' ? socket_path : NULL,
        .host = yb_conf_text(conf, "DB_HOST"),
        .port = (unsigned)yb_conf_int(conf, "DB_PORT"),
        .user = yb_conf_text(conf, "DB_USER"),
        .password = worker->service->db_password,
        .schema = yb_conf_text(conf, "DB_NAME"),
    };
    return yb_db_open(&db, &worker->db);
}

static yb_err_t claim_lane(yb_worker_t *worker)
{
    char host[64] = "?", holder[128];
    gethostname(host, sizeof host - 1);
    const yb_conf_t *conf = worker->service->conf;
    char *run_dir = realpath(yb_conf_text(conf, "RUN_DIR"), NULL);
    YB_ASSERT(run_dir != NULL);          /* the replica's lock file is open in it */
    snprintf(holder, sizeof holder, "%.40s:%016llx:%.20s:%lld:%d", host, (unsigned long long)yb_route_key(run_dir),
             worker->service->def->name, (long long)yb_conf_int(conf, "NODE"), worker->index);
    free(run_dir);
    return yb_lease_claim(worker->db, holder, yb_clock_unix_us(&worker->service->clock), &worker->lease);
}

yb_err_t yb_lane_regain(yb_worker_t *worker)
{
    pthread_mutex_lock(&worker->lease_lock);
    int lost = worker->lease.lane;
    yb_err_t err = claim_lane(worker);
    if (err == YB_OK) {
        yb_id_gen_init(&worker->ids, &worker->service->clock, (uint32_t)worker->lease.lane);
        atomic_store(&worker->lane_lost, false);
    }
    pthread_mutex_unlock(&worker->lease_lock);
    if (err == YB_OK)
        yb_log(worker->service->log, YB_LOG_WARN, NULL, "lane %d was lost; lane %d taken in its place", lost,
               worker->lease.lane);
    return err;
}

static yb_err_t open_peers(yb_worker_t *worker)
{
    const yb_service_def_t *def = worker->service->def;
    YB_ASSERT(def->peer_count <= COST_PEERS_MAX);
    worker->peers = calloc(def->peer_count + 1, sizeof *worker->peers);
    YB_ASSERT(worker->peers != NULL);
    for (size_t i = 0; i < def->peer_count; i++) {
        yb_rpc_conf_t conf = { .name = def->peers[i],
                               .endpoints = yb_conf_endpoints(worker->service->conf, def->peers[i]),
                               .keys = worker->service->keys,
                               .clock = &worker->service->clock };
        yb_err_t err = yb_rpc_sync_create(worker->service->zmq, &conf, &worker->peers[i]);
        if (err != YB_OK)
            return err;
    }
    return YB_OK;
}

/* Waits for it are by the monotonic clock. */
static void wake_init(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    YB_ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    pthread_cond_init(wake, &attr);
    pthread_condattr_destroy(&attr);
}

yb_err_t yb_lane_setup(yb_worker_t *worker, yb_service_t *service, int index)
{
    worker->service = service;
    worker->index = index;
    worker->arena = yb_arena_create(0);
    pthread_mutex_init(&worker->lock, NULL);
    wake_init(&worker->wake);
    pthread_mutex_init(&worker->lease_lock, NULL);
    queue_init(&worker->queue);
    queue_init(&worker->gathered);
    worker->now_us = worker->used_us = yb_clock_unix_us(&service->clock);
    yb_err_t err = yb_worker_open_db(worker);
    if (err == YB_OK)
        err = claim_lane(worker);
    if (err == YB_OK)
        err = open_peers(worker);
    if (err != YB_OK)
        return err;
    yb_id_gen_init(&worker->ids, &service->clock, (uint32_t)worker->lease.lane);
    if (service->def->lane_open != NULL && index >= 0)
        err = service->def->lane_open(worker, &worker->own);
    return err;
}

void yb_signals_block(sigset_t *ret_old)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, ret_old);
}

yb_err_t yb_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    sigset_t old;
    yb_signals_block(&old);
    bool started = pthread_create(thread, NULL, run, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started ? YB_OK : YB_E_NO_MEMORY;
}

yb_err_t yb_lane_start(yb_worker_t *worker)
{
    return yb_thread_start(&worker->thread, lane_main, worker);
}

void yb_lane_stop(yb_worker_t *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->stop = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
}

void yb_worker_close(yb_worker_t *worker)
{
    const yb_service_def_t *def = worker->service->def;
    if (def->lane_close != NULL && worker->own != NULL)
        def->lane_close(worker, &worker->own);
    if (worker->lease.fence > 0) {
        yb_err_t err = yb_lease_release(worker->db, &worker->lease);
        (void)err;                       /* it runs out by itself */
    }
    for (size_t i = 0; worker->peers != NULL && i < def->peer_count; i++)
        yb_rpc_sync_destroy(&worker->peers[i]);
    free(worker->peers);
    yb_db_close(&worker->db);
    yb_arena_destroy(&worker->arena);
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->wake);
    pthread_mutex_destroy(&worker->lease_lock);
}
