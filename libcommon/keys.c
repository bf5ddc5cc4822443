#include "libcommon/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/rpc.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN                                                                               \
    93 /* zmq.h hides it from builds without the draft API; the library knows it since 4.3.0 */
#endif

#define LOOK_EVERY_NS 200000000LL
#define NOT_READ SIZE_MAX

typedef struct entry {
    yb_key_owner_t owner;
    char text[YB_KEY_TEXT];
} entry_t;

/* The allow-list: changes while the program runs. */
typedef struct list {
    pthread_mutex_t lock;
    entry_t *entries;          /* sorted by name, the current key of each before its others */
    size_t count;
    uint64_t mark;             /* of the files it was read from */
    bool faulty;               /* not all of it could be read the last time */
    bool untold;               /* who found the change did not listen */
    int64_t looked_ns;
} list_t;

struct yb_keys {
    char *dir;
    char secret[YB_KEY_TEXT];
    char public_key[YB_KEY_TEXT];
    list_t *list;
};

/* ---- names ---- */

static const struct { unsigned role; const char *name, *text; } roles[] = {
    { YB_ROLE_SYSTEM, "system", "系统管理员" }, { YB_ROLE_SECURITY, "security", "安全管理员" },
    { YB_ROLE_AUDIT, "audit", "审计管理员" },   { YB_ROLE_BUSINESS, "business", "经办人" },
};
#define ROLES (sizeof(roles) / sizeof(*roles))
static const char *const stages[] = { "", ".next", ".old" };

unsigned yb_role_named(const char *name, size_t len)
{
    for (size_t i = 0; i < ROLES; i++)
        if (strlen(roles[i].name) == len && memcmp(roles[i].name, name, len) == 0)
            return roles[i].role;
    return 0;
}

char *yb_role_text(unsigned mask, char *buf, size_t cap)
{
    size_t len = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < ROLES && len < cap; i++)
        if (mask & roles[i].role)
            len += (size_t)snprintf(buf + len, cap - len, "%s%s", len > 0 ? "、" : "", roles[i].text);
    if (mask & YB_ROLE_SERVICE && len < cap)
        snprintf(buf + len, cap - len, "%s服务", len > 0 ? "、" : "");
    return buf;
}

static bool name_is_good(const char *name, size_t len)
{
    return len > 0 && len <= YB_KEY_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= len;
}

bool yb_key_file_parse(const char *file, yb_key_owner_t *ret_owner)
{
    yb_key_owner_t o = { .stage = YB_KEY_CURRENT };
    size_t len = strcspn(file, "."), whole = strlen(file);
    if (!name_is_good(file, len) || whole < len + 4 || strcmp(file + whole - 4, ".pub") != 0)
        return false;
    memcpy(o.name, file, len);
    const char *at = file + len, *end = file + whole - 4;
    size_t part = at < end ? strcspn(at + 1, ".") : 0;
    if (part > 0 && (o.roles = yb_role_named(at + 1, part)) != 0)
        at += 1 + part;
    for (int i = YB_KEY_NEXT; i <= YB_KEY_OLD && at < end; i++)
        if (strncmp(at, stages[i], strlen(stages[i])) == 0 && at + strlen(stages[i]) == end) {
            o.stage = (yb_key_stage_t)i;
            at = end;
        }
    if (at != end)
        return false;
    if (o.roles == 0)
        o.roles = strcmp(o.name, "ctl") == 0 ? YB_ROLE_ANY_OPERATOR : YB_ROLE_SERVICE;
    *ret_owner = o;
    return true;
}

char *yb_key_file_name(const yb_key_owner_t *owner, char *buf, size_t cap)
{
    const char *role = "";
    for (size_t i = 0; i < ROLES; i++)
        if (owner->roles == roles[i].role)
            role = roles[i].name;
    snprintf(buf, cap, "%s%s%s%s.pub", owner->name, role[0] ? "." : "", role, stages[owner->stage]);
    return buf;
}

/* dir/file; false when it does not fit. */
static bool path_join(char *out, size_t cap, const char *dir, const char *file)
{
    int n = snprintf(out, cap, "%s/%s", dir, file);
    return n > 0 && (size_t)n < cap;
}

/* ---- making ---- */

static yb_err_t file_write(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return errno == EEXIST ? YB_E_ROW_EXISTS : YB_E_IO;
    char line[YB_KEY_TEXT + 1];
    int n = snprintf(line, sizeof(line), "%s\n", text);
    bool good = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
    OPENSSL_cleanse(line, sizeof(line));
    good = close(fd) == 0 && good;
    if (!good)
        unlink(path);
    return good ? YB_OK : YB_E_IO;
}

yb_err_t yb_keys_make_for(const char *dir, const yb_key_owner_t *owner)
{
    char secret_path[4096], public_path[4096], file[YB_KEY_FILE_MAX];
    char secret[YB_KEY_TEXT], public_key[YB_KEY_TEXT];
    if (!name_is_good(owner->name, strlen(owner->name)))
        return YB_E_FIELD_FORM;
    snprintf(file, sizeof(file), "%s%s.key", owner->name, stages[owner->stage]);
    if (!path_join(secret_path, sizeof(secret_path), dir, file)
        || !path_join(public_path, sizeof(public_path), dir, yb_key_file_name(owner, file, sizeof(file))))
        return YB_E_FIELD_LENGTH;
    if (!zmq_has("curve"))
        return YB_E_UNSUPPORTED;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return YB_E_IO;
    if (access(public_path, F_OK) == 0)
        return YB_E_ROW_EXISTS;
    if (zmq_curve_keypair(public_key, secret) != 0)
        return YB_E_CRYPTO;
    yb_err_t err = file_write(secret_path, secret, 0600);
    OPENSSL_cleanse(secret, sizeof(secret));
    if (err)
        return err;
    err = file_write(public_path, public_key, 0644);
    if (err)
        unlink(secret_path);   /* half a pair would block the name */
    return err;
}

yb_err_t yb_keys_make(const char *dir, const char *name)
{
    yb_key_owner_t owner = { .roles = YB_ROLE_SERVICE };
    if (!name_is_good(name, strlen(name)))
        return YB_E_FIELD_FORM;
    memcpy(owner.name, name, strlen(name));
    return yb_keys_make_for(dir, &owner);
}

/* ---- reading ---- */

static yb_err_t explain(char *detail, size_t cap, const char *path, const char *fault)
{
    if (cap > 0)
        snprintf(detail, cap, "%s: %s", path, fault);
    return YB_E_CONFIG;
}

/* One Z85 key of 40 characters, an end of line allowed. */
static yb_err_t file_read(const char *path, bool is_secret, char out[YB_KEY_TEXT], char *detail, size_t cap)
{
    struct stat st;
    char line[YB_KEY_TEXT + 2] = "";
    uint8_t raw[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return explain(detail, cap, path, strerror(errno));
    yb_err_t err = YB_OK;
    ssize_t n = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = explain(detail, cap, path, "not a plain file");
    else if (is_secret && (st.st_mode & 077) != 0)
        err = explain(detail, cap, path, "secret key open to others, want mode 0600");
    else if ((n = read(fd, line, sizeof(line) - 1)) < 0)
        err = explain(detail, cap, path, strerror(errno));
    close(fd);
    if (err)
        return err;
    size_t len = strcspn(line, "\r\n");
    line[len] = '\0';
    if (len != YB_KEY_TEXT - 1 || !zmq_z85_decode(raw, line))
        err = explain(detail, cap, path, "not a Z85 key of 40 characters");
    else
        memcpy(out, line, YB_KEY_TEXT);
    OPENSSL_cleanse(line, sizeof(line));
    OPENSSL_cleanse(raw, sizeof(raw));
    return err;
}

static int by_owner(const void *a, const void *b)
{
    const yb_key_owner_t *x = &((const entry_t *)a)->owner, *y = &((const entry_t *)b)->owner;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (int)x->stage - (int)y->stage;
}

static bool is_pub(const char *file)
{
    size_t len = strlen(file);
    return len > 4 && strcmp(file + len - 4, ".pub") == 0;
}

static yb_err_t entry_read(const char *dir, const char *file, entry_t *ret_entry, char *detail, size_t cap)
{
    char path[4096];
    if (!yb_key_file_parse(file, &ret_entry->owner))
        return explain(detail, cap, file,
                       "want NAME[.ROLE][.next|.old].pub; key names are [a-z0-9_-], at most 32 characters, "
                       "roles system, security, audit, business");
    if (!path_join(path, sizeof(path), dir, file))
        return explain(detail, cap, file, "path too long");
    return file_read(path, false, ret_entry->text, detail, cap);
}

/* The public keys of the folder; `entries` has room for YB_KEYS_MAX. A faulty one is left out: the first fault is told,
 * the others are read all the same. *ret_count stays as it is when the folder itself cannot be read. */
static yb_err_t folder_read(const char *dir, entry_t *entries, size_t *ret_count, char *detail, size_t cap)
{
    struct stat st;
    size_t count = 0;
    DIR *d = opendir(dir);
    if (!d)
        return explain(detail, cap, dir, strerror(errno));
    yb_err_t err = YB_OK, first = YB_OK;
    if (fstat(dirfd(d), &st) != 0 || (st.st_mode & 022) != 0) {
        closedir(d);
        return explain(detail, cap, dir, "key folder writable by others, want mode 0700");
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (!is_pub(e->d_name))
            continue;
        if (count == YB_KEYS_MAX)
            err = explain(detail, first ? 0 : cap, dir, "more than 1024 public keys");
        else
            err = entry_read(dir, e->d_name, &entries[count], detail, first ? 0 : cap);
        count += err == YB_OK;
        first = first ? first : err;
    }
    closedir(d);
    qsort(entries, count, sizeof(*entries), by_owner);
    *ret_count = count;
    return first;
}

/* Changes with every .pub that comes, goes or is written. */
static uint64_t folder_mark(const char *dir)
{
    uint64_t mark = 1;
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct stat st;
        char text[512];
        if (!is_pub(e->d_name) || fstatat(dirfd(d), e->d_name, &st, 0) != 0)
            continue;
        snprintf(text, sizeof(text), "%s %ju %jd %jd.%09ld %jd.%09ld", e->d_name, (uintmax_t)st.st_ino,
                 (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                 (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
        mark += yb_route_key(text);      /* a sum: the folder has no order */
    }
    closedir(d);
    return mark;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* A folder that cannot be read (no descriptor left, a wrong mode) takes nobody off the list. */
static void list_take(list_t *l, entry_t *entries, size_t count)
{
    if (count == NOT_READ) {
        free(entries);
        return;
    }
    free(l->entries);
    l->entries = entries;
    l->count = count;
}

yb_err_t yb_keys_refresh(const yb_keys_t *keys, bool *ret_changed, char *detail, size_t cap)
{
    list_t *l = keys->list;
    yb_err_t err = YB_OK;
    *ret_changed = false;
    pthread_mutex_lock(&l->lock);
    const int64_t now = now_ns();
    const bool due = l->looked_ns == 0 || now - l->looked_ns >= LOOK_EVERY_NS, listens = cap > 0;
    const uint64_t mark = due ? folder_mark(keys->dir) : l->mark;
    const bool fresh = mark != l->mark, again = due && (l->faulty || (l->untold && listens));
    l->looked_ns = due ? now : l->looked_ns;
    entry_t *entries = fresh || again ? calloc(YB_KEYS_MAX, sizeof(*entries)) : NULL;
    if (entries) {
        size_t count = NOT_READ;
        err = folder_read(keys->dir, entries, &count, detail, cap);
        const bool news = l->untold || fresh || (l->faulty && err == YB_OK);
        l->mark = mark;
        l->faulty = err != YB_OK;
        l->untold = news && !listens;
        *ret_changed = news && listens && count != NOT_READ;
        list_take(l, entries, count);
        err = news && listens ? err : YB_OK;
    }
    pthread_mutex_unlock(&l->lock);
    return err;
}

static yb_err_t list_create(const char *dir, list_t **ret_list, char *detail, size_t cap)
{
    list_t *l = calloc(1, sizeof(*l));
    if (!l || !(l->entries = calloc(YB_KEYS_MAX, sizeof(*l->entries)))) {
        free(l);
        return YB_E_NO_MEMORY;
    }
    pthread_mutex_init(&l->lock, NULL);
    *ret_list = l;
    l->mark = folder_mark(dir);
    return folder_read(dir, l->entries, &l->count, detail, cap);
}

yb_err_t yb_keys_load(const char *dir, const char *name, yb_keys_t **ret_keys, char *detail,
                      size_t detail_cap)
{
    char path[4096], file[YB_KEY_FILE_MAX], derived[YB_KEY_TEXT], own[YB_KEY_TEXT];
    yb_keys_t *k = calloc(1, sizeof(*k));
    yb_err_t err = YB_E_NO_MEMORY;
    if (!k || !(k->dir = strdup(dir)))
        goto out;
    snprintf(file, sizeof(file), "%.40s.key", name);
    if (!name_is_good(name, strlen(name)) || !path_join(path, sizeof(path), dir, file)) {
        err = explain(detail, detail_cap, name, "not a key name");
        goto out;
    }
    err = list_create(dir, &k->list, detail, detail_cap);
    if (err)
        goto out;
    err = file_read(path, true, k->secret, detail, detail_cap);
    if (err)
        goto out;
    if (zmq_curve_public(derived, k->secret) != 0 || !yb_keys_public(k, name, 0, own) || strcmp(derived, own) != 0) {
        err = explain(detail, detail_cap, path, "its .pub is missing or not of this pair");
        goto out;
    }
    memcpy(k->public_key, derived, sizeof(derived));
    *ret_keys = k;
    k = NULL;
out:
    yb_keys_destroy(&k);
    return err;
}

void yb_keys_destroy(yb_keys_t **keys)
{
    if (!keys || !*keys)
        return;
    list_t *l = (*keys)->list;
    if (l) {
        pthread_mutex_destroy(&l->lock);
        free(l->entries);
        free(l);
    }
    free((*keys)->dir);
    OPENSSL_cleanse(*keys, sizeof(**keys));
    free(*keys);
    *keys = NULL;
}

/* ---- asking ---- */

bool yb_keys_public(const yb_keys_t *keys, const char *name, size_t which, char ret_text[YB_KEY_TEXT])
{
    list_t *l = keys->list;
    bool found = false;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count && !found; i++)
        if (strcmp(l->entries[i].owner.name, name) == 0 && which-- == 0) {
            memcpy(ret_text, l->entries[i].text, YB_KEY_TEXT);
            found = true;
        }
    pthread_mutex_unlock(&l->lock);
    return found;
}

size_t yb_keys_count(const yb_keys_t *keys)
{
    pthread_mutex_lock(&keys->list->lock);
    size_t count = keys->list->count;
    pthread_mutex_unlock(&keys->list->lock);
    return count;
}

bool yb_keys_find(const yb_keys_t *keys, const char *public_z85, yb_key_owner_t *ret_owner)
{
    list_t *l = keys->list;
    bool found = false;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count && !found; i++)
        if (strcmp(l->entries[i].text, public_z85) == 0) {
            *ret_owner = l->entries[i].owner;
            found = true;
        }
    pthread_mutex_unlock(&l->lock);
    return found;
}

/* ---- sockets ---- */

typedef struct option { int name, value; } option_t;

static yb_err_t options_set(void *socket, const option_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(socket, list[i].name, &list[i].value, sizeof(int)) != 0)
            return YB_E_IO;
    return YB_OK;
}

yb_err_t yb_socket_setup(void *zmq_socket, bool is_router)
{
    static const option_t all[] = {
        { ZMQ_IMMEDIATE, 1 },         { ZMQ_HEARTBEAT_IVL, 1000 },  { ZMQ_HEARTBEAT_TIMEOUT, 3000 },
        { ZMQ_HEARTBEAT_TTL, 3000 },  { ZMQ_HANDSHAKE_IVL, 3000 },  { ZMQ_SNDHWM, 10000 },
        { ZMQ_RCVHWM, 10000 },        { ZMQ_LINGER, 0 },            { ZMQ_RECONNECT_IVL, 100 },
        { ZMQ_RECONNECT_IVL_MAX, 1000 }, { ZMQ_IPV6, 1 },
    };
    static const option_t router[] = { { ZMQ_ROUTER_MANDATORY, 1 }, { ZMQ_ROUTER_HANDOVER, 1 } };
    int64_t frame_max = YB_RPC_FRAME_MAX;
    if (zmq_setsockopt(zmq_socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) != 0)
        return YB_E_IO;
    yb_err_t err = options_set(zmq_socket, all, sizeof(all) / sizeof(*all));
    if (!err && is_router)
        err = options_set(zmq_socket, router, sizeof(router) / sizeof(*router));
    return err;
}

yb_err_t yb_keys_server(const yb_keys_t *keys, void *zmq_socket)
{
    static const option_t server[] = { { ZMQ_CURVE_SERVER, 1 }, { ZMQ_ZAP_ENFORCE_DOMAIN, 1 } };
    if (!zmq_has("curve"))
        return YB_E_UNSUPPORTED;
    yb_err_t err = options_set(zmq_socket, server, sizeof(server) / sizeof(*server));
    if (err)
        return err;
    if (zmq_setsockopt(zmq_socket, ZMQ_ZAP_DOMAIN, "yibao", 5) != 0
        || zmq_setsockopt(zmq_socket, ZMQ_CURVE_SECRETKEY, keys->secret, YB_KEY_TEXT) != 0)
        return YB_E_IO;
    return YB_OK;
}

yb_err_t yb_keys_client(const yb_keys_t *keys, void *zmq_socket, const char *peer, unsigned turn)
{
    char server_key[YB_KEY_TEXT];
    unsigned count = 0;
    while (yb_keys_public(keys, peer, count, server_key))
        count++;
    if (count == 0 || !yb_keys_public(keys, peer, turn % count, server_key))
        return YB_E_CONFIG;
    if (!zmq_has("curve"))
        return YB_E_UNSUPPORTED;
    if (zmq_setsockopt(zmq_socket, ZMQ_CURVE_SERVERKEY, server_key, YB_KEY_TEXT) != 0
        || zmq_setsockopt(zmq_socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, YB_KEY_TEXT) != 0
        || zmq_setsockopt(zmq_socket, ZMQ_CURVE_SECRETKEY, keys->secret, YB_KEY_TEXT) != 0)
        return YB_E_IO;
    return YB_OK;
}
