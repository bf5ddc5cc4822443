#include "services/ctl/key_change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/keys.h"

#define FILES_MAX 16 /* public keys of one name */

typedef struct files {
    yb_key_owner_t owners[FILES_MAX];
    size_t count;
} files_t;

static yb_err_t say(char *detail, size_t cap, yb_err_t err, const char *dir, const char *file, const char *text)
{
    snprintf(detail, cap, "%s/%s: %s", dir, file, text);
    return err;
}

/* The public keys of `name` in the folder. */
static yb_err_t find(const char *dir, const char *name, files_t *ret_files, char *detail, size_t cap)
{
    yb_key_owner_t o;
    ret_files->count = 0;
    DIR *d = opendir(dir);
    if (d == NULL)
        return say(detail, cap, YB_E_IO, dir, "", strerror(errno));
    for (const struct dirent *e = readdir(d); e != NULL && ret_files->count < FILES_MAX; e = readdir(d))
        if (yb_key_file_parse(e->d_name, &o) && strcmp(o.name, name) == 0)
            ret_files->owners[ret_files->count++] = o;
    closedir(d);
    return YB_OK;
}

static const yb_key_owner_t *at_stage(const files_t *files, yb_key_stage_t stage)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->owners[i].stage == stage)
            return &files->owners[i];
    return NULL;
}

static bool is_there(const char *dir, const char *file)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return access(path, F_OK) == 0;
}

/* Renames when the one is there and the other is not yet: what an interrupted step did is not done again. */
static yb_err_t move(const char *dir, const char *from, const char *to, char *detail, size_t cap)
{
    char a[PATH_MAX], b[PATH_MAX];
    snprintf(a, sizeof a, "%s/%s", dir, from);
    snprintf(b, sizeof b, "%s/%s", dir, to);
    if (access(a, F_OK) != 0 || access(b, F_OK) == 0)
        return YB_OK;
    return rename(a, b) == 0 ? YB_OK : say(detail, cap, YB_E_IO, dir, from, strerror(errno));
}

static yb_err_t drop(const char *dir, const char *file, char *detail, size_t cap)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return unlink(path) == 0 || errno == ENOENT ? YB_OK : say(detail, cap, YB_E_IO, dir, file, strerror(errno));
}

/* The file of a secret: "drg.next.key"; returns buf. */
static char *secret_name(const char *name, yb_key_stage_t stage, char buf[YB_KEY_FILE_MAX])
{
    static const char *const stages[] = { "", ".next", ".old" };
    snprintf(buf, YB_KEY_FILE_MAX, "%.40s%s.key", name, stages[stage]);
    return buf;
}

static bool has_secret(const char *dir, const char *name, yb_key_stage_t stage)
{
    char file[YB_KEY_FILE_MAX];
    return is_there(dir, secret_name(name, stage, file));
}

yb_err_t yb_key_next(const char *dir, const char *name, char *detail, size_t cap)
{
    files_t files;
    char secret[YB_KEY_FILE_MAX];
    yb_err_t err = find(dir, name, &files, detail, cap);
    if (err != YB_OK)
        return err;
    const yb_key_owner_t *now = at_stage(&files, YB_KEY_CURRENT);
    if (now == NULL || !has_secret(dir, name, YB_KEY_CURRENT))
        return say(detail, cap, YB_E_NOT_FOUND, dir, secret_name(name, YB_KEY_CURRENT, secret),
                   "no pair of that name is here (`keys make` makes one)");
    if (at_stage(&files, YB_KEY_OLD) != NULL)
        return say(detail, cap, YB_E_ROW_EXISTS, dir, name, "a change is under way: `keys retire` ends it");
    if (at_stage(&files, YB_KEY_NEXT) != NULL)
        return say(detail, cap, YB_E_ROW_EXISTS, dir, name, "the next pair is made already");
    yb_key_owner_t next = *now;
    next.stage = YB_KEY_NEXT;
    /* Half a pair, of an interrupted step: nobody knows its other half. */
    err = drop(dir, secret_name(name, YB_KEY_NEXT, secret), detail, cap);
    if (err != YB_OK)
        return err;
    err = yb_keys_make_for(dir, &next);
    return err == YB_OK ? err : say(detail, cap, err, dir, name, yb_err_text(err));
}

static yb_err_t move_secret(const char *dir, const char *name, yb_key_stage_t from, yb_key_stage_t to, char *detail,
                            size_t cap)
{
    char a[YB_KEY_FILE_MAX], b[YB_KEY_FILE_MAX];
    return move(dir, secret_name(name, from, a), secret_name(name, to, b), detail, cap);
}

yb_err_t yb_key_switch(const char *dir, const char *name, char *detail, size_t cap)
{
    files_t files;
    char from[YB_KEY_FILE_MAX], to[YB_KEY_FILE_MAX], lost[2 * YB_KEY_FILE_MAX];
    yb_err_t err = find(dir, name, &files, detail, cap);
    if (err != YB_OK)
        return err;
    const yb_key_owner_t *next = at_stage(&files, YB_KEY_NEXT);
    if (next == NULL)
        return say(detail, cap, YB_E_ROW_EXISTS, dir, name, "there is no next pair: `keys next` makes it");
    const bool secret = has_secret(dir, name, YB_KEY_NEXT); /* else it has been moved already, or never was here */
    if (!secret && has_secret(dir, name, YB_KEY_CURRENT) && !has_secret(dir, name, YB_KEY_OLD)) {
        snprintf(lost, sizeof lost, "is not there: remove %s, then `keys next` makes a whole pair",
                 yb_key_file_name(next, to, sizeof to));
        return say(detail, cap, YB_E_NOT_FOUND, dir, secret_name(name, YB_KEY_NEXT, from), lost);
    }
    yb_key_owner_t current = *next, old = *next;
    current.stage = YB_KEY_CURRENT;
    old.stage = YB_KEY_OLD;
    yb_key_file_name(&current, from, sizeof from);
    err = move(dir, from, yb_key_file_name(&old, to, sizeof to), detail, cap);
    if (err == YB_OK && secret)
        err = move_secret(dir, name, YB_KEY_CURRENT, YB_KEY_OLD, detail, cap);
    if (err == YB_OK && secret)
        err = move_secret(dir, name, YB_KEY_NEXT, YB_KEY_CURRENT, detail, cap);
    yb_key_file_name(next, to, sizeof to);
    return err == YB_OK ? move(dir, to, from, detail, cap) : err;
}

yb_err_t yb_key_retire(const char *dir, const char *name, char *detail, size_t cap)
{
    files_t files;
    char file[YB_KEY_FILE_MAX];
    yb_err_t err = find(dir, name, &files, detail, cap);
    if (err != YB_OK)
        return err;
    if (at_stage(&files, YB_KEY_NEXT) != NULL)
        return say(detail, cap, YB_E_ROW_EXISTS, dir, name,
                   "its next pair is not in use yet: `keys switch` comes first");
    const yb_key_owner_t *old = at_stage(&files, YB_KEY_OLD);
    if (old == NULL)
        return say(detail, cap, YB_E_NOT_FOUND, dir, name, "no change is under way");
    err = drop(dir, secret_name(name, YB_KEY_OLD, file), detail, cap);
    return err == YB_OK ? drop(dir, yb_key_file_name(old, file, sizeof file), detail, cap) : err;
}

/* Written beside its place and moved there: who reads the folder sees a whole key. */
static yb_err_t copy(const char *dir, const char *to, const char *file, char *detail, size_t cap)
{
    char from[PATH_MAX], path[PATH_MAX], fresh[PATH_MAX + 8], text[YB_KEY_TEXT + 2], have[YB_KEY_TEXT + 2];
    snprintf(from, sizeof from, "%s/%s", dir, file);
    snprintf(path, sizeof path, "%s/%s", to, file);
    snprintf(fresh, sizeof fresh, "%s.tmp", path);
    FILE *f = fopen(from, "re");
    size_t len = f != NULL ? fread(text, 1, sizeof text, f) : 0;
    if (f != NULL)
        fclose(f);
    if (len == 0)
        return say(detail, cap, YB_E_IO, dir, file, "cannot be read");
    f = fopen(path, "re");
    size_t have_len = f != NULL ? fread(have, 1, sizeof have, f) : 0;
    if (f != NULL)
        fclose(f);
    if (have_len == len && memcmp(have, text, len) == 0)
        return YB_OK;
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    good = fd >= 0 && close(fd) == 0 && good && rename(fresh, path) == 0;
    return good ? YB_OK : say(detail, cap, YB_E_IO, to, file, strerror(errno));
}

yb_err_t yb_key_share(const char *dir, const char *name, const char *to, char *detail, size_t cap)
{
    static const yb_key_stage_t order[] = { YB_KEY_OLD, YB_KEY_NEXT, YB_KEY_CURRENT };
    files_t here, there;
    char file[YB_KEY_FILE_MAX];
    yb_err_t err = find(dir, name, &here, detail, cap);
    if (err == YB_OK)
        err = find(to, name, &there, detail, cap);
    if (err == YB_OK && at_stage(&here, YB_KEY_CURRENT) == NULL)
        err = say(detail, cap, YB_E_NOT_FOUND, dir, name, "no public key of that name is here");
    for (size_t s = 0; s < sizeof order / sizeof order[0]; s++)
        for (size_t i = 0; err == YB_OK && i < here.count; i++)
            if (here.owners[i].stage == order[s])
                err = copy(dir, to, yb_key_file_name(&here.owners[i], file, sizeof file), detail, cap);
    for (size_t i = 0; err == YB_OK && i < there.count; i++)
        if (!is_there(dir, yb_key_file_name(&there.owners[i], file, sizeof file)))
            err = drop(to, file, detail, cap);
    return err;
}

yb_err_t yb_key_withdraw(const char *dir, const char *name, char *detail, size_t cap)
{
    files_t files;
    char file[YB_KEY_FILE_MAX];
    yb_err_t err = find(dir, name, &files, detail, cap);
    if (err == YB_OK && files.count == 0)
        err = say(detail, cap, YB_E_NOT_FOUND, dir, name, "no public key of that name is here");
    for (size_t i = 0; err == YB_OK && i < files.count; i++)
        err = drop(dir, yb_key_file_name(&files.owners[i], file, sizeof file), detail, cap);
    return err;
}
