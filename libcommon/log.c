#include "libcommon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/err.h"
#include "libcommon/text.h"

#define LINE_MAX_BYTES 4096

struct yb_log {
    char service[32];
    yb_log_level_t least;
    int fd;
};

yb_log_t *yb_log_create(const char *service, yb_log_level_t least, int fd)
{
    yb_log_t *log = calloc(1, sizeof *log);
    YB_ASSERT(log != NULL);
    snprintf(log->service, sizeof log->service, "%s", service);
    log->least = least;
    log->fd = fd;
    return log;
}

void yb_log_destroy(yb_log_t **log)
{
    if (log != NULL) {
        free(*log);
        *log = NULL;
    }
}

/* Bytes of the well-formed UTF-8 character at p, 0 = none stands there. */
static size_t char_len(const char *p)
{
    size_t most = strnlen(p, 4);
    for (size_t len = 1; len <= most; len++)
        if (yb_utf8_valid(p, len))
            return len;
    return 0;
}

/* Appends `text` as the inside of a JSON string; stops before the buffer is full. A byte that is not UTF-8 becomes
 * U+FFFD. */
static size_t append_escaped(char *out, size_t at, size_t cap, const char *text)
{
    for (const char *p = text; *p != '\0' && at + 8 < cap;) {
        size_t len = char_len(p);
        unsigned char c = (unsigned char)*p;
        if (len == 0) {
            at += (size_t)snprintf(out + at, cap - at, "\\ufffd");
            p++;
        } else if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f) {
            at += (size_t)snprintf(out + at, cap - at, "\\u%04x", c);
            p++;
        } else {
            memcpy(out + at, p, len);
            at += len;
            p += len;
        }
    }
    return at;
}

void yb_log(yb_log_t *log, yb_log_level_t level, const uint8_t *request_id, const char *fmt, ...)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    if (log == NULL || level < log->least)
        return;
    char message[LINE_MAX_BYTES / 2];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (wanted >= (int)sizeof message)
        message[yb_utf8_cut(message, sizeof message - 1, sizeof message - 2)] = '\0';

    char line[LINE_MAX_BYTES];
    struct timeval tv;
    struct tm tm;
    gettimeofday(&tv, NULL);
    gmtime_r(&tv.tv_sec, &tm);
    size_t at = strftime(line, sizeof line, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &tm);
    at += (size_t)snprintf(line + at, sizeof line - at, ".%03dZ\",\"level\":\"%s\",\"service\":\"%s\"",
                           (int)(tv.tv_usec / 1000), names[level], log->service);
    if (request_id != NULL) {
        at += (size_t)snprintf(line + at, sizeof line - at, ",\"request\":\"");
        for (int i = 0; i < 16; i++)
            at += (size_t)snprintf(line + at, sizeof line - at, "%02x", request_id[i]);
        line[at++] = '"';
    }
    at += (size_t)snprintf(line + at, sizeof line - at, ",\"message\":\"");
    at = append_escaped(line, at, sizeof line - 4, message);
    line[at++] = '"';
    line[at++] = '}';
    line[at++] = '\n';
    /* One write per line: lines of several threads do not mix. A full disk must not stop the service. */
    ssize_t done = write(log->fd, line, at);
    (void)done;
}

#define KEEP_FILES 5

bool yb_log_turn(yb_log_t *log, int64_t max_bytes)
{
    char link[64], path[512], from[528], to[528];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", log->fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0 || fstat(log->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= max_bytes)
        return false;
    path[len] = '\0';
    for (int i = KEEP_FILES; i > 1; i--) {
        snprintf(from, sizeof from, "%s.%d", path, i - 1);
        snprintf(to, sizeof to, "%s.%d", path, i);
        if (rename(from, to) != 0 && errno != ENOENT)
            return false;
    }
    snprintf(to, sizeof to, "%s.1", path);
    if (rename(path, to) != 0)
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, st.st_mode & 0777);
    if (fd < 0)
        return false;                    /* goes on in FILE.1 */
    bool turned = dup2(fd, log->fd) >= 0;
    close(fd);
    return turned;
}
