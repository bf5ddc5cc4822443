#include "services/ctl/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/file.h"

static bool failed(const char *command, const char *path)
{
    fprintf(stderr, "yibaoctl %s: %s: %s\n", command, path, strerror(errno));
    return false;
}

/* Whether both are one regular file. */
static bool is_same(const char *path, const char *input)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(input, &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool yb_outfile_apart(const yb_args_t *args, const char *const *inputs)
{
    const char *out = yb_args_value(args, "o");
    bool same = false;
    for (int i = 0; out != NULL && i < args->operand_count; i++)
        same = same || is_same(out, args->operands[i]);
    for (size_t i = 0; out != NULL && inputs != NULL && inputs[i] != NULL; i++) {
        const char *input = yb_args_value(args, inputs[i]);
        same = same || (input != NULL && is_same(out, input));
    }
    if (same)
        yb_args_wrong(args, "-o names a file that is read; name another one");
    return !same;
}

/* A file without a name in the folder of `part`: a command that is killed leaves nothing. -1: this file system has none. */
static int open_unnamed(const char *part)
{
    char folder[PATH_MAX];
    return open(yb_file_folder(part, folder), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

bool yb_outfile_open(yb_outfile_t *out, const char *command, const char *path)
{
    struct stat st;
    *out = (yb_outfile_t){ .path = path, .direct = stat(path, &st) == 0 && !S_ISREG(st.st_mode) };
    int n = snprintf(out->part, sizeof out->part, "%s%s", path, out->direct ? "" : ".part");
    if (n < 0 || (size_t)n >= sizeof out->part) {
        errno = ENAMETOOLONG;
        return failed(command, path);
    }
    const int fd = out->direct ? -1 : open_unnamed(out->part);
    out->unnamed = fd >= 0;
    out->file = out->unnamed ? fdopen(fd, "w") : fopen(out->part, "we");
    return out->file != NULL || failed(command, out->part);
}

/* Gives the file its name beside its place. */
static bool name_it(yb_outfile_t *out)
{
    char self[64];
    if (!out->unnamed)
        return true;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fileno(out->file));
    (void)unlink(out->part); /* of one that was killed where files had names */
    out->unnamed = linkat(AT_FDCWD, self, AT_FDCWD, out->part, AT_SYMLINK_FOLLOW) != 0;
    return !out->unnamed;
}

static void take_away(const yb_outfile_t *out)
{
    if (!out->direct && !out->unnamed)
        unlink(out->part);
}

bool yb_outfile_commit(yb_outfile_t *out, const char *command)
{
    bool good = fflush(out->file) == 0 && !ferror(out->file);
    good = good && (out->direct || (fsync(fileno(out->file)) == 0 && name_it(out)));
    int why = errno;
    if (fclose(out->file) != 0 && good) {
        good = false;
        why = errno;
    }
    out->file = NULL;
    if (good && (out->direct || rename(out->part, out->path) == 0)) {
        if (!out->direct)
            yb_file_sync_folder(out->path);
        return true;
    }
    errno = good ? errno : why;
    (void)failed(command, out->path);
    take_away(out);
    return false;
}

void yb_outfile_abandon(yb_outfile_t *out)
{
    if (out->file == NULL)
        return;
    fclose(out->file);
    out->file = NULL;
    take_away(out);
}
