#include "services/ctl/outfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const char *command, const char *path)
{
    fprintf(stderr, "yibaoctl %s: %s: %s\n", command, path, strerror(errno));
    return false;
}

bool yb_outfile_is(const char *path, const char *input)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(input, &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
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
    out->file = fopen(out->part, "we");
    return out->file != NULL || failed(command, out->part);
}

bool yb_outfile_commit(yb_outfile_t *out, const char *command)
{
    const bool written = fflush(out->file) == 0 && !ferror(out->file);
    const int why = errno;
    const bool closed = fclose(out->file) == 0;
    out->file = NULL;
    if (written && closed && (out->direct || rename(out->part, out->path) == 0))
        return true;
    errno = written ? errno : why;
    (void)failed(command, out->path);
    if (!out->direct)
        unlink(out->part);
    return false;
}

void yb_outfile_abandon(yb_outfile_t *out)
{
    if (out->file == NULL)
        return;
    fclose(out->file);
    out->file = NULL;
    if (!out->direct)
        unlink(out->part);
}
