#include "libcommon/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/rpc.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN                                                                               \
    93 /* zmq.h hides it from builds without the draft API; the library knows it since 4.3.0 */
#endif

typedef struct entry {
    char name[YB_KEY_NAME_MAX + 1];
    char text[YB_KEY_TEXT];
} entry_t;

struct yb_keys {
    char secret[YB_KEY_TEXT];
    char public_key[YB_KEY_TEXT];
    entry_t *list;             /* sorted by name */
    size_t count;
};

static bool name_is_good(const char *name, size_t len)
{
    return len > 0 && len <= YB_KEY_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= len;
}

/* dir/name.suffix; false when it does not fit. */
static bool path_make(char *out, size_t cap, const char *dir, const char *name, const char *suffix)
{
    int n = snprintf(out, cap, "%s/%s.%s", dir, name, suffix);
    return n > 0 && (size_t)n < cap;
}

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

yb_err_t yb_keys_make(const char *dir, const char *name)
{
    char secret_path[4096], public_path[4096], secret[YB_KEY_TEXT], public_key[YB_KEY_TEXT];
    if (!name_is_good(name, strlen(name)))
        return YB_E_FIELD_FORM;
    if (!path_make(secret_path, sizeof(secret_path), dir, name, "key")
        || !path_make(public_path, sizeof(public_path), dir, name, "pub"))
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

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry_t *)a)->name, ((const entry_t *)b)->name);
}

static yb_err_t list_add(yb_keys_t *k, const char *dir, const char *file, char *detail, size_t cap)
{
    const char *dot = strrchr(file, '.');
    if (!dot || strcmp(dot, ".pub") != 0)
        return YB_OK;
    char path[4096];
    size_t len = (size_t)(dot - file);
    if (!name_is_good(file, len))
        return explain(detail, cap, file, "key names are [a-z0-9_-], at most 32 characters");
    if (k->count == YB_KEYS_MAX)
        return explain(detail, cap, dir, "more than 1024 public keys");
    entry_t *e = &k->list[k->count];
    memcpy(e->name, file, len);
    e->name[len] = '\0';
    if (!path_make(path, sizeof(path), dir, e->name, "pub"))
        return explain(detail, cap, file, "path too long");
    yb_err_t err = file_read(path, false, e->text, detail, cap);
    if (!err)
        k->count++;
    return err;
}

static yb_err_t list_load(yb_keys_t *k, const char *dir, char *detail, size_t cap)
{
    struct stat st;
    DIR *d = opendir(dir);
    if (!d)
        return explain(detail, cap, dir, strerror(errno));
    yb_err_t err = YB_OK;
    if (fstat(dirfd(d), &st) != 0 || (st.st_mode & 022) != 0)
        err = explain(detail, cap, dir, "key folder writable by others, want mode 0700");
    for (struct dirent *e; !err && (e = readdir(d)) != NULL;)
        err = list_add(k, dir, e->d_name, detail, cap);
    closedir(d);
    if (!err)
        qsort(k->list, k->count, sizeof(*k->list), by_name);
    return err;
}

yb_err_t yb_keys_load(const char *dir, const char *name, yb_keys_t **ret_keys, char *detail,
                      size_t detail_cap)
{
    char path[4096], derived[YB_KEY_TEXT];
    yb_keys_t *k = calloc(1, sizeof(*k));
    yb_err_t err = YB_E_NO_MEMORY;
    if (!k || !(k->list = calloc(YB_KEYS_MAX, sizeof(*k->list))))
        goto out;
    if (!name_is_good(name, strlen(name)) || !path_make(path, sizeof(path), dir, name, "key")) {
        err = explain(detail, detail_cap, name, "not a key name");
        goto out;
    }
    err = list_load(k, dir, detail, detail_cap);
    if (err)
        goto out;
    err = file_read(path, true, k->secret, detail, detail_cap);
    if (err)
        goto out;
    const char *own = yb_keys_public(k, name);
    if (zmq_curve_public(derived, k->secret) != 0 || !own || strcmp(derived, own) != 0) {
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
    free((*keys)->list);
    OPENSSL_cleanse(*keys, sizeof(**keys));
    free(*keys);
    *keys = NULL;
}

const char *yb_keys_public(const yb_keys_t *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->list[i].name, name) == 0)
            return keys->list[i].text;
    return NULL;
}

size_t yb_keys_count(const yb_keys_t *keys)
{
    return keys->count;
}

const char *yb_keys_name_at(const yb_keys_t *keys, size_t index)
{
    YB_ASSERT(index < keys->count);
    return keys->list[index].name;
}

const char *yb_keys_find(const yb_keys_t *keys, const char *public_z85)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->list[i].text, public_z85) == 0)
            return keys->list[i].name;
    return NULL;
}

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

yb_err_t yb_keys_client(const yb_keys_t *keys, void *zmq_socket, const char *peer)
{
    const char *server_key = yb_keys_public(keys, peer);
    if (!server_key)
        return YB_E_CONFIG;
    if (!zmq_has("curve"))
        return YB_E_UNSUPPORTED;
    if (zmq_setsockopt(zmq_socket, ZMQ_CURVE_SERVERKEY, server_key, YB_KEY_TEXT) != 0
        || zmq_setsockopt(zmq_socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, YB_KEY_TEXT) != 0
        || zmq_setsockopt(zmq_socket, ZMQ_CURVE_SECRETKEY, keys->secret, YB_KEY_TEXT) != 0)
        return YB_E_IO;
    return YB_OK;
}
