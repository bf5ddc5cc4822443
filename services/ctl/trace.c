/* yibaoctl trace: one request through the logs of all services, in the order of time. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "libcommon/err.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/place.h"
#include "services/ctl/trace_lines.h"

#define FILES_MAX 512
#define LINES_MAX 100000 /* of one request; more are not shown */
#define ROUNDS_MAX 8     /* a lane asks below under another id, that service again, … */

typedef struct source {
    FILE *file;
    uint64_t bytes;
} source_t;

typedef struct trace {
    const char *word; /* what was asked for: an id, or a msgid that the gateway's lines name */
    source_t sources[FILES_MAX];
    size_t source_count;
    yb_trace_ids_t ids;
    yb_trace_line_t *lines;
    size_t line_count, line_cap;
    yb_progress_t *progress;
    uint64_t bytes, done;
} trace_t;

/* ---- where the lines come from ---- */

static void add_source(trace_t *t, FILE *file)
{
    struct stat st;
    if (t->source_count == FILES_MAX) {
        fclose(file);
        return;
    }
    source_t *s = &t->sources[t->source_count++];
    *s = (source_t){ .file = file, .bytes = fstat(fileno(file), &st) == 0 ? (uint64_t)st.st_size : 0 };
    t->bytes += s->bytes;
}

/* In a container there may be no folder to write to: then it is kept in memory. */
static FILE *scratch(void)
{
    FILE *file = tmpfile();
    if (file != NULL)
        return file;
    int fd = memfd_create("trace", MFD_CLOEXEC);
    return fd >= 0 ? fdopen(fd, "w+") : NULL;
}

/* Read several times, so what comes through a pipe is kept for the while. */
static bool add_stdin(trace_t *t)
{
    char buffer[65536];
    FILE *copy = scratch();
    if (copy == NULL)
        return false;
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, stdin)) > 0;)
        if (fwrite(buffer, 1, n, copy) != n) {
            fclose(copy);
            return false;
        }
    if (fflush(copy) != 0) {
        fclose(copy);
        return false;
    }
    add_source(t, copy);
    return true;
}

static int is_log(const struct dirent *entry)
{
    const char *dot = strstr(entry->d_name, ".log");
    return dot != NULL && dot != entry->d_name && (dot[4] == '\0' || dot[4] == '.'); /* NAME.log, NAME.log.1 */
}

static bool add_folder(trace_t *t, const char *dir)
{
    struct dirent **found = NULL;
    int count = scandir(dir, &found, is_log, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", dir, found[i]->d_name);
        FILE *file = fopen(path, "re");
        if (file != NULL)
            add_source(t, file);
        free(found[i]);
    }
    free(found);
    return t->source_count > 0;
}

/* ---- reading ---- */

static void keep(trace_t *t, const yb_trace_line_t *line)
{
    if (t->line_count == LINES_MAX)
        return;
    if (t->line_count == t->line_cap) {
        t->line_cap = t->line_cap == 0 ? 64 : t->line_cap * 2;
        t->lines = realloc(t->lines, t->line_cap * sizeof *t->lines);
        YB_ASSERT(t->lines != NULL);
    }
    t->lines[t->line_count++] = *line;
}

/* True when the line told of an id that was not known. */
static bool take(trace_t *t, const yb_trace_line_t *line)
{
    char below[YB_TRACE_ID];
    bool more = false;
    if (strcmp(line->service, "gateway") == 0 && yb_trace_names(line, t->word))
        more = yb_trace_add(&t->ids, line->request);
    if (!yb_trace_has(&t->ids, line->request))
        return more;
    yb_trace_below(line, below);
    if (below[0] != '\0')
        more = yb_trace_add(&t->ids, below) || more;
    keep(t, line);
    return more;
}

static bool read_source(trace_t *t, const source_t *s)
{
    char *text = NULL;
    size_t cap = 0;
    bool more = false;
    yb_trace_line_t *line = malloc(sizeof *line);
    YB_ASSERT(line != NULL);
    rewind(s->file);
    for (ssize_t n; (n = getline(&text, &cap, s->file)) >= 0;) {
        t->done += (uint64_t)n;
        yb_progress_set(t->progress, t->done, t->done >> 20);
        if (yb_trace_parse(text, line))
            more = take(t, line) || more;
    }
    free(line);
    free(text);
    return more;
}

/* Until no line tells of another id. */
static void read_all(trace_t *t)
{
    const yb_progress_conf_t conf = yb_progress_stderr();
    bool more = true;
    t->progress = yb_progress_create(&conf, "logs", "MB", t->bytes);
    for (int round = 0; more && round < ROUNDS_MAX; round++) {
        more = false;
        t->line_count = t->done = 0;
        for (size_t i = 0; i < t->source_count; i++)
            more = read_source(t, &t->sources[i]) || more;
    }
    yb_progress_destroy(&t->progress);
}

/* ---- showing ---- */

static int by_time(const void *a, const void *b)
{
    const yb_trace_line_t *x = a, *y = b;
    int order = strcmp(x->time, y->time);
    return order != 0 ? order : strcmp(x->service, y->service);
}

static void print_lines(const trace_t *t)
{
    static const char *const titles[] = { "TIME", "SERVICE", "LEVEL", "REQUEST", "MESSAGE", NULL };
    yb_table_t *table = yb_table_create(titles);
    qsort(t->lines, t->line_count, sizeof *t->lines, by_time);
    for (size_t i = 0; i < t->line_count; i++) {
        const yb_trace_line_t *l = &t->lines[i];
        const char *cells[] = { l->time, l->service, l->level, l->request, l->message };
        yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static int finish(trace_t *t, const char *where)
{
    int code = YB_EXIT_OK;
    if (t->line_count > 0) {
        print_lines(t);
    } else {
        fprintf(stderr,
                "no line of %s belongs to %s\n  what to do: look in the logs of the right days and machines; with "
                "YB_LOG_CALLS=0 only trouble is logged\n",
                where, t->word);
        code = YB_EXIT_FINDINGS;
    }
    for (size_t i = 0; i < t->source_count; i++)
        fclose(t->sources[i].file);
    free(t->lines);
    free(t);
    return code;
}

static int trace_run(const yb_args_t *args)
{
    char detail[512] = "", dir[PATH_MAX + 8];
    const char *word = args->operands[0], *where = args->operand_count > 1 ? args->operands[1] : NULL;
    if (strlen(word) < 8)
        return yb_args_wrong(args, "\"%.40s\" is neither a request id (32 hexadecimal digits) nor a msgid", word);
    if (where == NULL) {
        yb_place_t *place = calloc(1, sizeof *place);
        YB_ASSERT(place != NULL);
        yb_err_t err = yb_place_find(place, detail, sizeof detail);
        snprintf(dir, sizeof dir, "%s/log", place->home);
        free(place);
        if (err != YB_OK) {
            fprintf(stderr, "yibaoctl trace: %s\n", detail);
            return YB_EXIT_USAGE;
        }
        where = dir;
    }
    trace_t *t = calloc(1, sizeof *t);
    YB_ASSERT(t != NULL);
    t->word = word;
    if (yb_trace_is_id(word))
        yb_trace_add(&t->ids, word);
    if (strcmp(where, "-") == 0 ? !add_stdin(t) : !add_folder(t, where)) {
        fprintf(stderr,
                "yibaoctl trace: no log can be read in %s\n  what to do: name the folder of *.log, or - for standard "
                "input\n",
                where);
        free(t);
        return YB_EXIT_USAGE;
    }
    read_all(t);
    return finish(t, where);
}

static const char *const synopses[] = { "REQUEST_ID [LOGDIR]", "MSGID [LOGDIR]", "REQUEST_ID -", NULL };

const yb_command_t yb_ctl_trace = {
    .name = "trace",
    .summary = "Follow one request through the logs of all services.",
    .synopses = synopses,
    .operands_min = 1,
    .operands_max = 2,
    .run = trace_run,
    .details = "REQUEST_ID is what log lines have as \"request\"; MSGID is the hospital's message id, which the "
               "gateway's lines name.\n"
               "Lines come from LOGDIR (default $YB_HOME/log, with the turned files), or from standard input:\n"
               "  docker-compose logs --no-color | yibaoctl trace REQUEST_ID -\n"
               "Calls in one batch are asked below under the id of one of them; those lines are shown as well. Exit "
               "code 1 when there\n"
               "is no line.\n",
};
