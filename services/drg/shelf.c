#include "services/drg/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One reading of the folder. */
typedef struct copy {
    struct copy *next;
    void *set;
    size_t holders; /* the shelf itself not counted */
} copy_t;

struct yb_shelf {
    const yb_shelf_kind_t *kind;
    char *dir;
    pthread_mutex_t lock;
    copy_t *copies; /* the newest first; older ones while somebody holds them */
    uint64_t stamp; /* of the folder as the newest was read */
    bool is_read;
};

yb_shelf_t *yb_shelf_create(const char *dir, const yb_shelf_kind_t *kind)
{
    yb_shelf_t *shelf = calloc(1, sizeof *shelf);
    YB_ASSERT(shelf != NULL);
    shelf->dir = strdup(dir);
    shelf->kind = kind;
    YB_ASSERT(shelf->dir != NULL && pthread_mutex_init(&shelf->lock, NULL) == 0);
    return shelf;
}

void yb_shelf_destroy(yb_shelf_t **shelf)
{
    if (shelf == NULL || *shelf == NULL)
        return;
    for (copy_t *c = (*shelf)->copies, *next; c != NULL; c = next) {
        next = c->next;
        YB_ASSERT(c->holders == 0);
        (*shelf)->kind->destroy(&c->set);
        free(c);
    }
    pthread_mutex_destroy(&(*shelf)->lock);
    free((*shelf)->dir);
    free(*shelf);
    *shelf = NULL;
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ (sum >> 29);
}

/* Of a file: name, place, size and times. A file written anew in one move has another place. */
static uint64_t stamp_of_file(int dir, const char *name)
{
    struct stat st;
    uint64_t sum = 1;
    for (const char *c = name; *c != '\0'; c++)
        sum = mix(sum, (unsigned char)*c);
    if (fstatat(dir, name, &st, 0) != 0)
        return mix(sum, 2);
    sum = mix(sum, st.st_ino);
    sum = mix(sum, (uint64_t)st.st_size);
    sum = mix(sum, (uint64_t)st.st_mtim.tv_sec);
    sum = mix(sum, (uint64_t)st.st_mtim.tv_nsec);
    sum = mix(sum, (uint64_t)st.st_ctim.tv_sec);
    return mix(sum, (uint64_t)st.st_ctim.tv_nsec);
}

/* A sum, not a chain: the order in which a folder names its files says nothing. */
static uint64_t stamp_of(const char *dir)
{
    uint64_t sum = 0;
    DIR *d = opendir(dir);
    if (d == NULL)
        return (uint64_t)errno;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            sum += stamp_of_file(dirfd(d), e->d_name);
    closedir(d);
    return sum;
}

/* Older readings that nobody holds go. */
static void sweep(yb_shelf_t *shelf)
{
    for (copy_t **at = shelf->copies == NULL ? &shelf->copies : &shelf->copies->next; *at != NULL;) {
        copy_t *c = *at;
        if (c->holders > 0) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        shelf->kind->destroy(&c->set);
        free(c);
    }
}

static yb_err_t read_anew(yb_shelf_t *shelf, uint64_t stamp, char *detail, size_t detail_cap)
{
    copy_t *c = calloc(1, sizeof *c);
    YB_ASSERT(c != NULL);
    yb_err_t err = shelf->kind->load(shelf->dir, &c->set, detail, detail_cap);
    shelf->is_read = err == YB_OK;
    if (err != YB_OK) {
        free(c);
        return err;
    }
    c->next = shelf->copies;
    shelf->copies = c;
    shelf->stamp = stamp;
    sweep(shelf);
    return YB_OK;
}

yb_err_t yb_shelf_take(yb_shelf_t *shelf, const void **ret_set, char *detail, size_t detail_cap)
{
    yb_err_t err = YB_OK;
    pthread_mutex_lock(&shelf->lock);
    const uint64_t stamp = stamp_of(shelf->dir); /* before the reading: what changes during it is seen the next time */
    if (!shelf->is_read || shelf->stamp != stamp)
        err = read_anew(shelf, stamp, detail, detail_cap);
    if (err == YB_OK) {
        shelf->copies->holders++;
        *ret_set = shelf->copies->set;
    }
    pthread_mutex_unlock(&shelf->lock);
    return err;
}

void yb_shelf_give(yb_shelf_t *shelf, const void **set)
{
    if (*set == NULL)
        return;
    pthread_mutex_lock(&shelf->lock);
    copy_t *c = shelf->copies;
    while (c != NULL && c->set != *set)
        c = c->next;
    YB_ASSERT(c != NULL && c->holders > 0);
    c->holders--;
    sweep(shelf);
    pthread_mutex_unlock(&shelf->lock);
    *set = NULL;
}
