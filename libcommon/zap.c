#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/keys.h"

/* ZeroMQ RFC 27: a request has these frames, and the credentials of the mechanism (CURVE: the client's public
 * key, 32 bytes). */
enum { F_VERSION, F_ID, F_DOMAIN, F_ADDRESS, F_IDENTITY, F_MECHANISM, F_KEY, F_MAX };
#define FRAME_MAX 256
#define LOOK_EVERY_MS 1000

struct yb_zap {
    void *socket;              /* the thread's own while it runs */
    const yb_keys_t *keys;
    yb_log_t *log;
    pthread_t thread;
    int stop_fd;
};

typedef struct frame {
    uint8_t data[FRAME_MAX];
    size_t len;
} frame_t;

static bool frame_is(const frame_t *f, const char *text)
{
    return f->len == strlen(text) && memcmp(f->data, text, f->len) == 0;
}

/* All frames of one request, how many there were; those over our maximum count, but are not kept. -1: none
 * there. */
static int request_recv(void *socket, frame_t frames[F_MAX])
{
    int count = 0, more = 1;
    while (more) {
        frame_t spill, *f = count < F_MAX ? &frames[count] : &spill;
        int n = zmq_recv(socket, f->data, FRAME_MAX, ZMQ_DONTWAIT);
        if (n < 0)
            return -1;
        f->len = n > FRAME_MAX ? 0 : (size_t)n;
        count++;
        size_t len = sizeof(more);
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &len) != 0)
            return -1;
    }
    return count;
}

/* What changed in the folder takes effect: a key put there is let in, one taken away is not. */
static void look(yb_zap_t *z)
{
    char detail[512] = "";
    bool changed = false;
    yb_err_t err = yb_keys_refresh(z->keys, &changed, detail, sizeof(detail));
    if (z->log && changed)
        yb_log(z->log, YB_LOG_INFO, NULL, "the key folder changed: %zu public keys are let in", yb_keys_count(z->keys));
    if (z->log && err)
        yb_log(z->log, YB_LOG_WARN, NULL, "not let in: %s", detail);
}

/* The key, when it is let in; "" otherwise. One that is not known may have been put there a moment ago. */
static void judge(yb_zap_t *z, const frame_t frames[F_MAX], int count, char ret_key[YB_KEY_TEXT])
{
    char text[YB_KEY_TEXT];
    yb_key_owner_t owner;
    ret_key[0] = '\0';
    if (count != F_MAX || !frame_is(&frames[F_VERSION], "1.0") || !frame_is(&frames[F_DOMAIN], "yibao"))
        return;
    if (!frame_is(&frames[F_MECHANISM], "CURVE") || frames[F_KEY].len != 32)
        return;
    if (!zmq_z85_encode(text, frames[F_KEY].data, 32))
        return;
    if (!yb_keys_find(z->keys, text, &owner))
        look(z);
    if (yb_keys_find(z->keys, text, &owner))
        memcpy(ret_key, text, YB_KEY_TEXT);
}

static void reply_send(void *socket, const frame_t *id, const char *user)
{
    const bool in = user[0] != '\0';
    const char *text = in ? "OK" : "key not on the allow-list";
    if (zmq_send(socket, "1.0", 3, ZMQ_SNDMORE) < 0 || zmq_send(socket, id->data, id->len, ZMQ_SNDMORE) < 0
        || zmq_send(socket, in ? "200" : "400", 3, ZMQ_SNDMORE) < 0
        || zmq_send(socket, text, strlen(text), ZMQ_SNDMORE) < 0
        || zmq_send(socket, user, strlen(user), ZMQ_SNDMORE) < 0)
        return;                /* the context is being terminated */
    (void)zmq_send(socket, "", 0, 0);
}

static void *zap_run(void *arg)
{
    yb_zap_t *z = arg;
    for (;;) {
        zmq_pollitem_t items[2] = { { z->socket, 0, ZMQ_POLLIN, 0 }, { NULL, z->stop_fd, ZMQ_POLLIN, 0 } };
        if (zmq_poll(items, 2, LOOK_EVERY_MS) < 0 && zmq_errno() != EINTR)
            return NULL;
        if (items[1].revents)
            return NULL;
        look(z);
        frame_t frames[F_MAX];
        memset(frames, 0, sizeof(frames));
        int count = items[0].revents ? request_recv(z->socket, frames) : -1;
        if (count <= 0)
            continue;
        char key[YB_KEY_TEXT];
        judge(z, frames, count, key);
        reply_send(z->socket, &frames[F_ID], key);
    }
}

yb_err_t yb_zap_start(void *zmq_ctx, const yb_keys_t *keys, yb_log_t *log, yb_zap_t **ret_zap)
{
    yb_err_t err = YB_E_IO;
    int zero = 0;
    sigset_t all, old;
    yb_zap_t *z = calloc(1, sizeof(*z));
    if (!z)
        return YB_E_NO_MEMORY;
    z->keys = keys;
    z->log = log;
    z->stop_fd = eventfd(0, EFD_CLOEXEC);
    z->socket = zmq_socket(zmq_ctx, ZMQ_REP);
    if (z->stop_fd < 0 || !z->socket || zmq_setsockopt(z->socket, ZMQ_LINGER, &zero, sizeof(zero)) != 0
        || zmq_bind(z->socket, "inproc://zeromq.zap.01") != 0)
        goto out;
    sigfillset(&all);          /* signals are the loop's business */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&z->thread, NULL, zap_run, z);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        goto out;
    *ret_zap = z;
    return YB_OK;
out:
    if (z->socket)
        zmq_close(z->socket);
    if (z->stop_fd >= 0)
        close(z->stop_fd);
    free(z);
    return err;
}

void yb_zap_stop(yb_zap_t **zap)
{
    if (!zap || !*zap)
        return;
    yb_zap_t *z = *zap;
    *zap = NULL;
    uint64_t one = 1;
    YB_ASSERT(write(z->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one));
    pthread_join(z->thread, NULL);
    zmq_close(z->socket);
    close(z->stop_fd);
    free(z);
}
