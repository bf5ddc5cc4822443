#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)64 << 10)

/* The rest of the file, at most `max` bytes and one more, which shows that there is more. */
static yb_err_t read_open(FILE *file, size_t max, char **ret_data, size_t *ret_len)
{
    char *data = NULL;
    size_t len = 0, room = 0;
    do {
        room = room == 0 ? FIRST_ROOM : 2 * room;
        room = room > max + 1 ? max + 1 : room;
        char *grown = realloc(data, room + 1);
        if (grown == NULL) {
            free(data);
            return YB_E_NO_MEMORY;
        }
        data = grown;
        len += fread(data + len, 1, room - len, file);
    } while (len == room && len <= max);
    yb_err_t err = ferror(file) ? YB_E_IO : len > max ? YB_E_TOO_LARGE : YB_OK;
    if (err != YB_OK) {
        free(data);
        return err;
    }
    data[len] = '\0';
    *ret_data = data;
    *ret_len = len;
    return YB_OK;
}

yb_err_t yb_file_read(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return YB_E_IO;
    yb_err_t err = read_open(file, max, ret_data, ret_len);
    const int why = errno;
    fclose(file);
    errno = why;
    return err;
}

char *yb_file_folder(const char *path, char buf[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(buf, PATH_MAX, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
    return buf;
}

void yb_file_sync_folder(const char *path)
{
    char dir[PATH_MAX];
    const int fd = open(yb_file_folder(path, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}
