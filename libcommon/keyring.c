#include "keyring.h"

#include <stdio.h>
#include <sys/stat.h>

static yb_err_t make(const char *dir, const char *path, char *detail, size_t detail_cap)
{
    struct stat st;
    if (mkdir(dir, 0700) != 0 && stat(dir, &st) != 0) {
        snprintf(detail, detail_cap, "key folder %.200s cannot be made: make it with mode 0700, or set YB_KEY_DIR",
                 dir);
        return YB_E_CONFIG;
    }
    yb_random_t random = yb_random_real();
    yb_err_t err = yb_keyring_create(path, &random);
    if (err == YB_OK || err == YB_E_ROW_EXISTS) /* another replica may have been first */
        return YB_OK;
    snprintf(detail, detail_cap, "key file %.200s cannot be written (%s)", path, yb_err_text(err));
    return err;
}

yb_err_t yb_keyring_open(const yb_conf_t *conf, const char *name, yb_keyring_t *ret_ring, char *detail,
                         size_t detail_cap)
{
    const char *dir = yb_conf_text(conf, "KEY_DIR");
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.box", dir, name);
    if (stat(path, &st) != 0 && yb_conf_bool(conf, "SANDBOX")) {
        yb_err_t made = make(dir, path, detail, detail_cap);
        if (made != YB_OK)
            return made;
    }
    yb_refusal_t why = { 0 };
    yb_err_t err = yb_keyring_load(path, ret_ring, &why);
    const char *said = why.text[0] != '\0' ? why.text : yb_err_text(err);
    if (err != YB_OK && stat(path, &st) == 0) /* it is there, and cannot be used as it is */
        snprintf(detail, detail_cap, "key file: %s", said);
    else if (err != YB_OK)
        snprintf(detail, detail_cap,
                 "key file %.200s: %s — restore it from its backup (without it no person's record can be read); a new "
                 "installation starts once with YB_SANDBOX=1 to make it",
                 path, said);
    return err;
}

yb_err_t yb_keyring_lane_open(const yb_keyring_t *ring, void **ret_lane)
{
    yb_box_t *box = NULL;
    yb_err_t err = yb_box_create(ring, NULL, &box);
    if (err == YB_OK)
        *ret_lane = box;
    return err;
}

void yb_keyring_lane_close(yb_worker_t *worker, void **lane)
{
    (void)worker;
    yb_box_t *box = *lane;
    yb_box_destroy(&box);
    *lane = NULL;
}
