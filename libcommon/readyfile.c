#include "libcommon/readyfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_CAP 512

/* False: longer than PATH_CAP. */
static bool path_of(const yb_conf_t *conf, const char *service, const char *end, char path[PATH_CAP])
{
    const char *folder = yb_conf_text(conf, "RUN_DIR");
    const int64_t node = yb_conf_int(conf, "NODE");
    int len = node == 0 ? snprintf(path, PATH_CAP, "%s/%s.ready%s", folder, service, end)
                        : snprintf(path, PATH_CAP, "%s/%s-%" PRId64 ".ready%s", folder, service, node, end);
    return len > 0 && len < PATH_CAP;
}

yb_err_t yb_readyfile_put(const yb_conf_t *conf, const char *service, char *detail, size_t detail_cap)
{
    char path[PATH_CAP], fresh[PATH_CAP];
    if (!path_of(conf, service, "", path) || !path_of(conf, service, ".new", fresh)) {
        snprintf(detail, detail_cap, "YB_RUN_DIR is too long for a ready file");
        return YB_E_IO;
    }
    FILE *f = fopen(fresh, "we");
    bool written = f != NULL && fprintf(f, "%ld\n", (long)getpid()) > 0;
    if (f != NULL && fclose(f) != 0)
        written = false;
    if (written && rename(fresh, path) == 0)
        return YB_OK;
    snprintf(detail, detail_cap, "cannot write %s: %s", path, strerror(errno));
    unlink(fresh);
    return YB_E_IO;
}

void yb_readyfile_drop(const yb_conf_t *conf, const char *service)
{
    char path[PATH_CAP];
    if (path_of(conf, service, "", path))
        unlink(path);
}
