#include "libcommon/watch.h"

#include <dirent.h>
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/text.h"

#define LOOK_EVERY_US 10000000LL
#define PLACES_MAX 16   /* folders, and certificates, of one program */
#define FILES_MAX 20000 /* of a backup folder; more are not looked at */
#define PATH_TEXT 512
#define MICROS 1000000LL
#define KINDS 3

typedef struct place {
    char path[PATH_TEXT];
    yb_metric_t *free_bytes, *size_bytes;
} place_t;

typedef struct certificate {
    char path[PATH_TEXT];
    yb_metric_t *ends;
} certificate_t;

/* deploy/backup leaves how its last run ended in YB_BACKUP_DIR/.last-KIND. */
static const char *const kinds[KINDS] = { "full", "binlog", "heads" };

struct yb_watch {
    const yb_clock_t *clock;
    int64_t looked_us;
    place_t places[PLACES_MAX];
    size_t place_count;
    certificate_t certs[PLACES_MAX];
    size_t cert_count;
    char curve_key[PATH_TEXT], backup_dir[PATH_TEXT];
    yb_metric_t *time, *resident, *files, *synced, *clock_error, *curve_made, *backup_made, *backup_bytes;
    yb_metric_t *last_ok[KINDS], *last_seconds[KINDS];
};

/* ---- reading ---- */

yb_err_t yb_watch_certificate(const char *path, int64_t *ret_ends_s)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return YB_E_IO;
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    if (cert == NULL)
        return YB_E_CRYPTO;
    struct tm ends = { 0 };
    yb_err_t err = ASN1_TIME_to_tm(X509_get0_notAfter(cert), &ends) == 1 ? YB_OK : YB_E_CRYPTO;
    X509_free(cert);
    if (err == YB_OK)
        *ret_ends_s = (int64_t)timegm(&ends);
    return err;
}

static bool unfinished(const char *name)
{
    size_t len = strlen(name);
    return name[0] == '.' || (len > 5 && strcmp(name + len - 5, ".part") == 0);
}

/* depth 0 = files here only. */
static yb_err_t newest_in(const char *dir, int depth, int *left, int64_t *changed_s, int64_t *bytes)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return YB_E_IO;
    for (const struct dirent *e = readdir(d); e != NULL && *left > 0; e = readdir(d)) {
        char path[PATH_TEXT];
        struct stat st;
        if (unfinished(e->d_name) || snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path ||
            lstat(path, &st) != 0)
            continue;
        (*left)--;
        if (S_ISDIR(st.st_mode) && depth > 0) {
            yb_err_t err = newest_in(path, depth - 1, left, changed_s, bytes);
            (void)err; /* a folder that went meanwhile */
        } else if (S_ISREG(st.st_mode) && st.st_mtime > *changed_s) {
            *changed_s = st.st_mtime;
            *bytes = st.st_size;
        }
    }
    closedir(d);
    return YB_OK;
}

yb_err_t yb_watch_newest(const char *dir, int64_t *ret_changed_s, int64_t *ret_bytes)
{
    int left = FILES_MAX;
    *ret_changed_s = *ret_bytes = 0;
    return newest_in(dir, 1, &left, ret_changed_s, ret_bytes);
}

yb_err_t yb_watch_outcome(const char *dir, const char *kind, bool *ret_ok, int64_t *ret_ended_s)
{
    char path[PATH_TEXT], word[8] = "";
    long long ended_s = 0;
    if (snprintf(path, sizeof path, "%s/.last-%s", dir, kind) >= (int)sizeof path)
        return YB_E_IO;
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return YB_E_IO;
    int got = fscanf(f, "%7s %lld", word, &ended_s);
    fclose(f);
    if (got != 2 || (strcmp(word, "ok") != 0 && strcmp(word, "failed") != 0))
        return YB_E_MALFORMED;
    *ret_ok = word[0] == 'o';
    *ret_ended_s = ended_s;
    return YB_OK;
}

static int64_t resident_bytes(void)
{
    long long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f != NULL && fscanf(f, "%lld %lld", &size, &resident) != 2)
        resident = 0;
    if (f != NULL)
        fclose(f);
    return (int64_t)resident * (int64_t)sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void)
{
    int64_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (const struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d))
        n += e->d_name[0] != '.';
    if (d != NULL)
        closedir(d);
    return n > 0 ? n - 1 : 0; /* less the one that reads */
}

/* ---- making ---- */

/* Label values know \" and \\; a path with those is told without them. */
static char *path_label(char *buf, size_t cap, const char *name, const char *path)
{
    char clean[120];
    yb_text_copy(clean, sizeof clean, path);
    for (char *p = clean; *p != '\0'; p++)
        if (*p == '"' || *p == '\\' || (unsigned char)*p < 0x20)
            *p = '?';
    snprintf(buf, cap, "%s=\"%s\"", name, clean);
    return buf;
}

static void add_place(yb_watch_t *w, yb_metrics_t *m, const char *path)
{
    char labels[160];
    place_t *p = &w->places[w->place_count++];
    yb_text_copy(p->path, sizeof p->path, path);
    path_label(labels, sizeof labels, "dir", path);
    p->free_bytes = yb_metrics_gauge(m, "yibao_disk_free_bytes", labels, "room for this program where the folder is");
    p->size_bytes = yb_metrics_gauge(m, "yibao_disk_size_bytes", labels, "size of that file system");
}

static void add_cert(yb_watch_t *w, yb_metrics_t *m, const char *path)
{
    char labels[160];
    certificate_t *c = &w->certs[w->cert_count++];
    yb_text_copy(c->path, sizeof c->path, path);
    c->ends = yb_metrics_gauge(m, "yibao_certificate_expires_seconds", path_label(labels, sizeof labels, "file", path),
                               "unix time when the certificate ends; 0 = it cannot be read");
}

static bool is_watched(const yb_watch_t *w, const char *path)
{
    for (size_t i = 0; i < w->cert_count; i++)
        if (strcmp(w->certs[i].path, path) == 0)
            return true;
    return false;
}

static void add_backups(yb_watch_t *w, yb_metrics_t *m, const char *dir)
{
    char labels[32];
    yb_text_copy(w->backup_dir, sizeof w->backup_dir, dir);
    w->backup_made = yb_metrics_gauge(m, "yibao_backup_newest_seconds", NULL,
                                      "unix time of the newest file of YB_BACKUP_DIR; 0 = none");
    w->backup_bytes = yb_metrics_gauge(m, "yibao_backup_newest_bytes", NULL, "its size");
    for (size_t i = 0; i < KINDS; i++) {
        snprintf(labels, sizeof labels, "kind=\"%s\"", kinds[i]);
        w->last_ok[i] = yb_metrics_gauge(m, "yibao_backup_last_ok", labels,
                                         "1 = the last run of deploy/backup went to its end; 0 = it failed, or none ran");
        w->last_seconds[i] =
            yb_metrics_gauge(m, "yibao_backup_last_seconds", labels, "unix time when it ended; 0 = none ran");
    }
}

static void each_of(yb_watch_t *w, yb_metrics_t *m, const char *list, size_t *count,
                    void (*add)(yb_watch_t *, yb_metrics_t *, const char *))
{
    char *copy = strdup(list), *rest = NULL;
    YB_ASSERT(copy != NULL);
    for (char *p = strtok_r(copy, ",", &rest); p != NULL && *count < PLACES_MAX; p = strtok_r(NULL, ",", &rest))
        add(w, m, p);
    free(copy);
}

yb_watch_t *yb_watch_create(const yb_conf_t *conf, yb_metrics_t *m, const yb_clock_t *clock, const char *name)
{
    yb_watch_t *w = calloc(1, sizeof *w);
    YB_ASSERT(w != NULL);
    w->clock = clock;
    const char *curve = yb_conf_text(conf, "CURVE_DIR"), *backup = yb_conf_text(conf, "BACKUP_DIR");
    yb_metric_set(yb_metrics_gauge(m, "yibao_info", "version=\"" YB_VERSION "\"", "1; the version is a label"), 1);
    yb_metric_set(yb_metrics_gauge(m, "yibao_start_time_seconds", NULL, "unix time of this program's start"),
                  yb_clock_unix_us(clock) / MICROS);
    w->time = yb_metrics_seconds_gauge(m, "yibao_time_seconds", NULL, "this machine's clock when the page was made");
    w->resident = yb_metrics_gauge(m, "yibao_resident_bytes", NULL, "memory of this program");
    w->files = yb_metrics_gauge(m, "yibao_open_files", NULL, "open files and sockets of this program");
    w->synced = yb_metrics_gauge(m, "yibao_clock_synchronised", NULL,
                                 "1 = the kernel says that something keeps its clock right");
    w->clock_error =
        yb_metrics_seconds_gauge(m, "yibao_clock_error_seconds", NULL, "the kernel's bound of its clock's error");
    const char *dirs = yb_conf_text(conf, "WATCH_DIRS");
    const char *home = yb_conf_text(conf, "HOME"),
               *own = access(home, F_OK) == 0 ? home : "/"; /* a container has none */
    each_of(w, m, dirs[0] != '\0' ? dirs : own, &w->place_count, add_place);
    each_of(w, m, yb_conf_text(conf, "WATCH_CERTS"), &w->cert_count, add_cert);
    const char *tls = strcmp(name, "gateway") == 0 ? yb_conf_text(conf, "TLS_CERT") : "";
    if (tls[0] != '\0' && w->cert_count < PLACES_MAX && !is_watched(w, tls))
        add_cert(w, m, tls);
    if (curve[0] != '\0') {
        snprintf(w->curve_key, sizeof w->curve_key, "%.400s/%.60s.key", curve, name);
        w->curve_made = yb_metrics_gauge(m, "yibao_curve_key_made_seconds", NULL,
                                         "unix time when this program's CURVE key was made");
    }
    if (backup[0] != '\0')
        add_backups(w, m, backup);
    yb_watch_look(w);
    return w;
}

void yb_watch_destroy(yb_watch_t **watch)
{
    free(*watch);
    *watch = NULL;
}

/* ---- looking ---- */

static void look_at_clock(yb_watch_t *w)
{
    struct timex t = { 0 }; /* asks, sets nothing */
    int state = adjtimex(&t);
    yb_metric_set(w->synced, state >= 0 && state != TIME_ERROR);
    yb_metric_set(w->clock_error, state >= 0 ? t.maxerror : 0);
}

static void look_at_places(yb_watch_t *w)
{
    for (size_t i = 0; i < w->place_count; i++) {
        struct statvfs fs;
        const place_t *p = &w->places[i];
        bool there = statvfs(p->path, &fs) == 0;
        yb_metric_set(p->free_bytes, there ? (int64_t)(fs.f_bavail * fs.f_frsize) : 0);
        yb_metric_set(p->size_bytes, there ? (int64_t)(fs.f_blocks * fs.f_frsize) : 0);
    }
}

static void look_at_backups(yb_watch_t *w)
{
    int64_t changed_s = 0, bytes = 0;
    if (yb_watch_newest(w->backup_dir, &changed_s, &bytes) != YB_OK)
        changed_s = bytes = 0;
    yb_metric_set(w->backup_made, changed_s);
    yb_metric_set(w->backup_bytes, bytes);
    for (size_t i = 0; i < KINDS; i++) {
        bool ok = false;
        int64_t ended_s = 0;
        if (yb_watch_outcome(w->backup_dir, kinds[i], &ok, &ended_s) != YB_OK)
            ok = false, ended_s = 0;
        yb_metric_set(w->last_ok[i], ok);
        yb_metric_set(w->last_seconds[i], ended_s);
    }
}

void yb_watch_look(yb_watch_t *w)
{
    int64_t now_us = yb_clock_monotonic_ns(w->clock) / 1000;
    struct stat st;
    if (w->looked_us != 0 && now_us - w->looked_us < LOOK_EVERY_US)
        return;
    w->looked_us = now_us;
    look_at_clock(w);
    look_at_places(w);
    for (size_t i = 0; i < w->cert_count; i++) {
        int64_t ends_s = 0;
        if (yb_watch_certificate(w->certs[i].path, &ends_s) != YB_OK)
            ends_s = 0;
        yb_metric_set(w->certs[i].ends, ends_s);
    }
    if (w->curve_made != NULL)
        yb_metric_set(w->curve_made, stat(w->curve_key, &st) == 0 ? (int64_t)st.st_mtime : 0);
    if (w->backup_made != NULL)
        look_at_backups(w);
}

void yb_watch_now(yb_watch_t *w)
{
    yb_metric_set(w->time, yb_clock_unix_us(w->clock));
    yb_metric_set(w->resident, resident_bytes());
    yb_metric_set(w->files, open_files());
}
