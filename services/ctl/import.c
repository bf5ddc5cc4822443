/* yibaoctl import KIND FILE: rows of a CSV file to the service that keeps them, in batches, in order. While
 * the service works on one batch the next one is read. Every batch has its own key, so a repeated one changes
 * nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "libcommon/clock.h"
#include "libcommon/crypto.h"
#include "libcommon/csv.h"
#include "libcommon/money.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"

#define BATCH_ROWS 1000
#define BATCH_BYTES (2u << 20) /* well below the frame's cap, whatever the cells */
#define BATCH_TIMEOUT_MS 60000
#define FINISH_TIMEOUT_MS 1800000 /* one transaction over a million rows */
#define TRIES_MAX 6
#define ERRORS_SHOWN 20

typedef Yibao__Identity__ImportRowsReply rows_reply_t;
typedef Yibao__Identity__FinishImportReply finish_reply_t;

static const struct kind {
    const char *name, *service, *rows_method, *finish_method;
} kinds[] = {
    { "persons", "identity", "Identity/ImportRows", "Identity/FinishImport" },
    { "institutions", "identity", "Identity/ImportRows", "Identity/FinishImport" },
    { "catalogue", "identity", "Identity/ImportRows", "Identity/FinishImport" },
    { "coverage", "enrollment", "Enrollment/ImportRows", "Enrollment/FinishImport" },
    { "tags", "enrollment", "Enrollment/ImportRows", "Enrollment/FinishImport" },
    { "chronic", "enrollment", "Enrollment/ImportRows", "Enrollment/FinishImport" },
};

typedef struct fault_list {
    Yibao__Identity__RowError **items;
    size_t count, capacity;
} fault_list_t;

typedef struct batch {
    yb_arena_t *arena; /* rows and answer */
    Yibao__Identity__ImportRowsRequest request;
    Yibao__Identity__ImportRow *rows[BATCH_ROWS];
    fault_list_t faults;          /* of the file's form, then the service's; in order of line when printed */
    uint64_t form_failed, offset; /* offset: bytes of the file up to the end of this batch */
    uint64_t last_line;
    uint8_t key[YB_SM3_SIZE];
    yb_ask_t ask;
} batch_t;

typedef struct import {
    const yb_args_t *args;
    const struct kind *kind;
    const char *path, *area;
    bool strict, replace, ignored_said;
    char id[33];
    yb_bus_t *bus;
    yb_progress_t *progress;
    FILE *file, *errors_file;
    yb_csv_t *csv;
    char **columns;
    size_t column_count;
    batch_t *batches[2];
    uint64_t batch_no, rows_sent, rows_done, last_line_done, errors_shown, errors_all, errors_unseen;
    uint64_t added, changed, same, failed;
} import_t;

/* ---- row errors ---- */

static void note_fault(batch_t *b, uint64_t line, const char *column, const char *reason)
{
    if (b->faults.count == b->faults.capacity) {
        b->faults.capacity = b->faults.capacity == 0 ? 64 : b->faults.capacity * 2;
        b->faults.items = realloc(b->faults.items, b->faults.capacity * sizeof *b->faults.items);
        YB_ASSERT(b->faults.items != NULL);
    }
    Yibao__Identity__RowError *e = YB_NEW(b->arena, Yibao__Identity__RowError);
    yibao__identity__row_error__init(e);
    e->line = line;
    e->column = yb_arena_strdup(b->arena, column);
    e->reason = yb_arena_strdup(b->arena, reason);
    b->faults.items[b->faults.count++] = e;
}

static void print_fault(const import_t *im, const Yibao__Identity__RowError *e, FILE *out)
{
    fprintf(out, "%s:%" PRIu64 ": ", im->path, e->line);
    if (e->column[0] != '\0') {
        fputs("column ", out);
        yb_print_clean(out, e->column);
        fputs(": ", out);
    }
    yb_print_clean(out, e->reason);
    fputc('\n', out);
}

static int by_line(const void *a, const void *b)
{
    const Yibao__Identity__RowError *x = *(Yibao__Identity__RowError *const *)a,
                                    *y = *(Yibao__Identity__RowError *const *)b;
    return x->line < y->line ? -1 : x->line > y->line;
}

static void print_faults(import_t *im, fault_list_t *list)
{
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_line);
    for (size_t i = 0; i < list->count; i++) {
        if (im->errors_file != NULL)
            print_fault(im, list->items[i], im->errors_file);
        if (im->errors_shown < ERRORS_SHOWN) {
            yb_progress_clear(im->progress);
            print_fault(im, list->items[i], stderr);
            im->errors_shown++;
        }
        im->errors_all++;
    }
    list->count = 0;
}

/* ---- one batch: read, send, collect ---- */

static char *cell(yb_arena_t *arena, yb_slice_t field)
{
    return yb_arena_strndup(arena, field.data, field.len);
}

static void take_row(import_t *im, batch_t *b, const yb_csv_row_t *row, size_t *bytes)
{
    Yibao__Identity__ImportRow *out = YB_NEW(b->arena, Yibao__Identity__ImportRow);
    yibao__identity__import_row__init(out);
    out->line = row->line;
    out->n_cells = row->count;
    out->cells = YB_NEW_ARRAY(b->arena, char *, row->count);
    for (size_t i = 0; i < row->count; i++) {
        out->cells[i] = cell(b->arena, row->fields[i]);
        *bytes += row->fields[i].len + 8;
    }
    b->rows[b->request.n_rows++] = out;
    b->last_line = row->line;
    im->rows_sent++;
}

static void new_batch(import_t *im, batch_t *b)
{
    char name[96];
    yb_arena_reset(b->arena);
    b->form_failed = 0;
    yibao__identity__import_rows_request__init(&b->request);
    b->request.kind = (char *)(uintptr_t)im->kind->name;
    b->request.import_id = im->id;
    b->request.columns = im->columns;
    b->request.n_columns = im->column_count;
    b->request.rows = b->rows;
    b->request.replace = im->replace;
    b->request.strict = im->strict;
    b->request.area = (char *)(uintptr_t)im->area;
    int n = snprintf(name, sizeof name, "%s/%s/%" PRIu64, im->kind->name, im->id, im->batch_no++);
    YB_ASSERT(n > 0 && (size_t)n < sizeof name && yb_sm3(name, (size_t)n, b->key) == YB_OK);
    b->ask = (yb_ask_t){ .service = im->kind->service,
        .method = im->kind->rows_method,
        .body = &b->request.base,
        .reply_type = &yibao__identity__import_rows_reply__descriptor,
        .timeout_ms = BATCH_TIMEOUT_MS,
        .idem_key = b->key,
        .route_key = yb_route_key(im->kind->name) };
}

/* Fills `b` from the file. *ret_more = false at its end. False: reading failed, it was said. */
static bool read_batch(import_t *im, batch_t *b, bool *ret_more)
{
    yb_csv_row_t row;
    yb_csv_error_t fault;
    size_t bytes = 0;
    new_batch(im, b);
    *ret_more = true;
    while (b->request.n_rows < BATCH_ROWS && bytes < BATCH_BYTES && b->form_failed < BATCH_ROWS) {
        yb_csv_result_t got = yb_csv_next(im->csv, &row, &fault);
        if (got == YB_CSV_END) {
            *ret_more = false;
            break;
        }
        if (got == YB_CSV_FAILED) {
            yb_progress_clear(im->progress);
            fprintf(stderr, "yibaoctl import: %s:%" PRIu64 ": %s\n", im->path, fault.line, fault.reason);
            return false;
        }
        if (got == YB_CSV_BAD) {
            note_fault(b, fault.line, fault.column, fault.reason);
            b->form_failed++;
            b->last_line = fault.line;
        } else {
            take_row(im, b, &row, &bytes);
        }
    }
    b->offset = yb_csv_offset(im->csv);
    return true;
}

/* Bounded pause before the same batch is sent again: 0.25 s, doubled each time. */
static void pause_before(unsigned attempt)
{
    const int64_t ms = 250LL << attempt;
    const struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

/* The answer to the batch that was started; asks again with the same key while there is hope. */
static yb_err_t await(import_t *im, batch_t *b, rows_reply_t **ret_reply, yb_fault_t *fault)
{
    ProtobufCMessage *reply = NULL;
    yb_err_t err = yb_bus_wait(im->bus, &b->ask, b->arena, &reply, fault);
    for (unsigned attempt = 0; err != YB_OK && yb_fault_is_passing(fault) && attempt + 1 < TRIES_MAX;
         attempt++) {
        yb_progress_clear(im->progress);
        fprintf(stderr, "%s: %s; trying again (%u of %d)\n", im->kind->service, yb_err_text(err), attempt + 1,
            TRIES_MAX - 1);
        pause_before(attempt);
        err = yb_bus_ask(im->bus, &b->ask, b->arena, &reply, fault);
    }
    if (err == YB_OK)
        *ret_reply = (rows_reply_t *)reply;
    return err;
}

/* Once per file: all batches have its columns. */
static void say_ignored(import_t *im, const rows_reply_t *reply)
{
    if (im->ignored_said || reply->n_columns_ignored == 0)
        return;
    im->ignored_said = true;
    yb_progress_clear(im->progress);
    fprintf(stderr, "%s:1: warning: %s has no such column, ignored:", im->path, im->kind->name);
    for (size_t i = 0; i < reply->n_columns_ignored; i++) {
        fputs(i == 0 ? " " : ", ", stderr);
        yb_print_clean(stderr, reply->columns_ignored[i]);
    }
    fputc('\n', stderr);
}

static yb_err_t collect(import_t *im, batch_t *b, yb_fault_t *fault)
{
    rows_reply_t *reply = NULL;
    yb_err_t err = await(im, b, &reply, fault);
    if (err != YB_OK)
        return err;
    say_ignored(im, reply);
    im->added += reply->added;
    im->changed += reply->changed;
    im->same += reply->same;
    im->failed += reply->failed + b->form_failed;
    im->rows_done += b->request.n_rows;
    im->last_line_done = b->last_line;
    for (size_t i = 0; i < reply->n_errors; i++)
        note_fault(b, reply->errors[i]->line, reply->errors[i]->column, reply->errors[i]->reason);
    print_faults(im, &b->faults);
    yb_progress_set(im->progress, b->offset, im->rows_done);
    return YB_OK;
}

/* Two batches take turns: one is read while the other is at the service. False: it was said; *ret_exit. */
static bool send_all(import_t *im, int *ret_exit)
{
    yb_fault_t fault;
    batch_t *flying = NULL;
    bool more = true;
    for (unsigned turn = 0; more; turn++) {
        batch_t *b = im->batches[turn % 2];
        *ret_exit = YB_EXIT_FINDINGS;
        if (!read_batch(im, b, &more))
            return false;
        if (flying != NULL && collect(im, flying, &fault) != YB_OK)
            goto failed;
        /* An empty file goes out too: the service looks at its columns. */
        if (yb_bus_start(im->bus, &b->ask, &fault) != YB_OK)
            goto failed;
        flying = b;
    }
    if (collect(im, flying, &fault) == YB_OK)
        return true;
failed:
    yb_progress_clear(im->progress);
    *ret_exit = yb_fault_leave(&fault);
    return false;
}

/* ---- finishing ---- */

static yb_err_t finish(
    import_t *im, bool abort_it, yb_arena_t *arena, finish_reply_t **ret_reply, yb_fault_t *fault)
{
    Yibao__Identity__FinishImportRequest request = YIBAO__IDENTITY__FINISH_IMPORT_REQUEST__INIT;
    request.import_id = im->id;
    request.kind = (char *)(uintptr_t)im->kind->name;
    request.abort = abort_it;
    request.replace = im->replace;
    request.area = (char *)(uintptr_t)im->area;
    const yb_ask_t ask = { .service = im->kind->service,
        .method = im->kind->finish_method,
        .body = &request.base,
        .reply_type = &yibao__identity__finish_import_reply__descriptor,
        .timeout_ms = FINISH_TIMEOUT_MS,
        .route_key = yb_route_key(im->kind->name) };
    ProtobufCMessage *reply = NULL;
    yb_arena_reset(arena);
    yb_err_t err = yb_bus_ask(im->bus, &ask, arena, &reply, fault);
    if (err == YB_OK)
        *ret_reply = (finish_reply_t *)reply;
    return err;
}

/* --strict: all rows were staged; now all are applied, or none. */
static bool finish_strict(import_t *im, yb_arena_t *arena, int *ret_exit)
{
    yb_fault_t fault;
    finish_reply_t *reply = NULL;
    const bool abort_it = im->failed > 0;
    yb_progress_rename(im->progress,
        abort_it ? "dropping the staged rows:" : "applying all rows in one transaction:", "rows", 0);
    yb_progress_without_rate(im->progress);
    yb_progress_set(im->progress, 0, im->rows_done);
    yb_progress_wait_begin(im->progress);
    yb_err_t err = finish(im, abort_it, arena, &reply, &fault);
    yb_progress_wait_end(im->progress);
    yb_progress_clear(im->progress);
    if (err != YB_OK) {
        *ret_exit = yb_fault_leave(&fault);
        if (!abort_it)
            return false;
        fprintf(stderr, "nothing was loaded; the staged rows are dropped within a day\n");
    }
    im->added = im->changed = im->same = 0;
    if (!abort_it) {
        batch_t *b = im->batches[0];
        yb_arena_reset(b->arena);
        for (size_t i = 0; i < reply->n_errors; i++)
            note_fault(b, reply->errors[i]->line, reply->errors[i]->column, reply->errors[i]->reason);
        im->failed = reply->failed;
        im->errors_unseen = reply->failed > reply->n_errors ? reply->failed - reply->n_errors : 0;
        print_faults(im, &b->faults);
        if (im->failed == 0) {
            im->added = reply->added;
            im->changed = reply->changed;
            im->same = reply->same;
        }
    }
    if (im->failed > 0)
        fprintf(stderr, "nothing was loaded (--strict): mend the rows above and import the file again\n");
    return true;
}

static bool count_openings(
    import_t *im, yb_arena_t *arena, uint64_t *ret_accounts, int64_t *ret_fen, yb_fault_t *fault)
{
    Yibao__Settlement__CountOpeningsRequest request = YIBAO__SETTLEMENT__COUNT_OPENINGS_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
        .method = "Settlement/CountOpenings",
        .body = &request.base,
        .timeout_ms = 20000,
        .reply_type = &yibao__settlement__count_openings_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_arena_reset(arena);
    if (yb_bus_ask(im->bus, &ask, arena, &reply, fault) != YB_OK)
        return false;
    const Yibao__Settlement__CountOpeningsReply *counted =
        (const Yibao__Settlement__CountOpeningsReply *)reply;
    *ret_accounts = counted->accounts;
    *ret_fen = counted->balc_fen;
    return true;
}

static void say_openings(import_t *im, yb_arena_t *arena)
{
    yb_fault_t fault;
    uint64_t accounts;
    int64_t fen;
    char text[YB_DECIMAL_TEXT], grouped[YB_GROUPED_TEXT], count[YB_GROUPED_TEXT];
    if (count_openings(im, arena, &accounts, &fen, &fault))
        fprintf(stderr,
            "settlement's books: %s personal accounts opened, %s yuan of opening balances in all\n",
            yb_count_text(accounts, count), yb_grouped(yb_fen_format(fen, text), grouped));
    else
        yb_fault_print(&fault, stderr);
}

/* Enrollment hands opening balances to settlement as events; a settlement made before they stand there would
 * miss them. Gives up when none arrives for --wait seconds. */
static bool wait_for_openings(import_t *im, yb_arena_t *arena, int64_t wait_s, int *ret_exit)
{
    const yb_clock_t clock = yb_clock_real();
    uint64_t fewest = UINT64_MAX, most = 0;
    int64_t moved_ns = yb_clock_monotonic_ns(&clock);
    yb_progress_rename(
        im->progress, "waiting for settlement to book the opening balances:", "still to come", 0);
    yb_progress_without_rate(im->progress);
    for (;;) {
        yb_fault_t fault;
        finish_reply_t *reply = NULL;
        yb_err_t err = finish(im, false, arena, &reply, &fault);
        if (err != YB_OK && !yb_fault_is_passing(&fault)) {
            yb_progress_clear(im->progress);
            *ret_exit = yb_fault_leave(&fault);
            return false;
        }
        const uint64_t pending = err == YB_OK ? reply->events_pending : fewest;
        const int64_t now_ns = yb_clock_monotonic_ns(&clock);
        if (err == YB_OK && pending == 0)
            return true;
        most = pending != UINT64_MAX && pending > most ? pending : most;
        if (pending < fewest) {
            fewest = pending;
            moved_ns = now_ns;
        }
        yb_progress_set(
            im->progress, most - (pending > most ? most : pending), pending == UINT64_MAX ? 0 : pending);
        if (now_ns - moved_ns >= wait_s * 1000000000LL) {
            yb_progress_clear(im->progress);
            fprintf(stderr,
                "yibaoctl import: the rows are in, but %" PRIu64
                " opening balances do not yet stand in settlement's books, and none"
                " arrived for %" PRId64
                " s.\n  what to do: `yibaoctl status` (is settlement ready?). They are delivered as soon "
                "as it"
                " is; the same import again waits for them.\n",
                pending == UINT64_MAX ? 0 : pending, wait_s);
            *ret_exit = YB_EXIT_UNREACHABLE;
            return false;
        }
        const struct timespec wait = { .tv_nsec = 100000000 };
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
    }
}

/* ---- opening the file ---- */

static bool read_header(import_t *im)
{
    yb_csv_error_t fault;
    if (yb_csv_header(im->csv, NULL, &fault) != YB_OK) {
        fprintf(stderr, "yibaoctl import: %s:%" PRIu64 ": %s\n", im->path, fault.line, fault.reason);
        return false;
    }
    im->column_count = yb_csv_column_count(im->csv);
    im->columns = calloc(im->column_count + 1, sizeof *im->columns);
    YB_ASSERT(im->columns != NULL);
    for (size_t i = 0; i < im->column_count; i++)
        im->columns[i] = (char *)(uintptr_t)yb_csv_column_name(im->csv, i);
    return true;
}

static bool open_files(import_t *im)
{
    struct stat st;
    const char *errors_path = yb_args_value(im->args, "errors");
    im->file = strcmp(im->path, "-") == 0 ? stdin : fopen(im->path, "re");
    if (im->file == NULL || fstat(fileno(im->file), &st) != 0 || S_ISDIR(st.st_mode)) {
        fprintf(stderr, "yibaoctl import: %s: %s\n", im->path,
            im->file != NULL && S_ISDIR(st.st_mode) ? strerror(EISDIR) : strerror(errno));
        return false;
    }
    if (errors_path != NULL && (im->errors_file = fopen(errors_path, "we")) == NULL) {
        fprintf(stderr, "yibaoctl import: --errors %s: %s\n", errors_path, strerror(errno));
        return false;
    }
    im->csv = yb_csv_create_file(im->file);
    YB_ASSERT(im->csv != NULL);
    if (!read_header(im))
        return false;
    const yb_progress_conf_t conf = yb_progress_stderr();
    im->progress =
        yb_progress_create(&conf, im->kind->name, "rows", S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
    return true;
}

static bool close_errors(import_t *im)
{
    if (im->errors_file == NULL)
        return true;
    const bool good = !ferror(im->errors_file);
    const bool closed = fclose(im->errors_file) == 0;
    im->errors_file = NULL;
    if (!good || !closed)
        fprintf(
            stderr, "yibaoctl import: --errors %s: %s\n", yb_args_value(im->args, "errors"), strerror(errno));
    return good && closed;
}

static void dispose(import_t *im)
{
    (void)close_errors(im);
    for (int i = 0; i < 2; i++) {
        yb_arena_destroy(&im->batches[i]->arena);
        free(im->batches[i]->faults.items);
        free(im->batches[i]);
    }
    yb_progress_destroy(&im->progress);
    yb_csv_destroy(&im->csv);
    free(im->columns);
    if (im->file != NULL && im->file != stdin)
        fclose(im->file);
    yb_bus_close(&im->bus);
}

/* ---- the command ---- */

static void say_stopped(const import_t *im)
{
    if (im->strict)
        fprintf(stderr, "nothing was loaded (--strict); the staged rows are dropped within a day\n");
    else if (im->rows_done > 0)
        fprintf(stderr,
            "stopped: rows up to line %" PRIu64
            " are in; the same command again takes them as \"same\" and goes on\n",
            im->last_line_done);
}

static void say_hidden(const import_t *im)
{
    const uint64_t hidden = im->errors_all - im->errors_shown + im->errors_unseen;
    const char *path = yb_args_value(im->args, "errors");
    if (hidden > 0 && path != NULL)
        fprintf(stderr, "… and %" PRIu64 " more, in %s\n", hidden, path);
    else if (hidden > 0)
        fprintf(stderr, "… and %" PRIu64 " more (--errors FILE writes them all)\n", hidden);
}

static int work(import_t *im, int64_t wait_s)
{
    int code = YB_EXIT_FINDINGS;
    yb_arena_t *arena = yb_arena_create(0);
    bool good = send_all(im, &code);
    if (!good)
        say_stopped(im);
    if (good && im->strict)
        good = finish_strict(im, arena, &code);
    if (good && strcmp(im->kind->name, "coverage") == 0 && !(im->strict && im->failed > 0)) {
        good = wait_for_openings(im, arena, wait_s, &code);
        yb_progress_clear(im->progress);
        if (good)
            say_openings(im, arena);
    }
    yb_arena_destroy(&arena);
    yb_progress_clear(im->progress);
    say_hidden(im);
    if (!close_errors(im))
        good = false;
    printf("added %" PRIu64 ", changed %" PRIu64 ", same %" PRIu64 ", failed %" PRIu64 "\n", im->added,
        im->changed, im->same, im->failed);
    if (!good)
        return code;
    return im->failed > 0 ? YB_EXIT_FINDINGS : YB_EXIT_OK;
}

static bool make_id(char id[33])
{
    const yb_random_t random = yb_random_real();
    uint8_t raw[16];
    if (yb_random_fill(&random, raw, sizeof raw) != YB_OK)
        return false;
    yb_hex_encode(raw, sizeof raw, id);
    return true;
}

static int import_run(const yb_args_t *args)
{
    import_t im = { .args = args,
        .path = args->operands[1],
        .strict = yb_args_has(args, "strict"),
        .replace = yb_args_has(args, "replace") };
    int64_t wait_s;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, args->operands[0]) == 0)
            im.kind = &kinds[i];
    if (im.kind == NULL)
        return yb_args_wrong(args,
            "unknown kind \"%.40s\": persons, institutions, catalogue, coverage, tags or chronic",
            args->operands[0]);
    im.area = yb_args_has(args, "area") ? yb_args_value(args, "area") : "";
    if (im.area[0] != '\0' && (strlen(im.area) != 6 || strspn(im.area, "0123456789") != 6))
        return yb_args_wrong(args, "--area \"%.40s\" is not an area of six digits", im.area);
    if (!yb_args_number(args, "wait", 1, 3600, 60, &wait_s))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&im.bus);
    if (code != YB_EXIT_OK)
        return code;
    for (int i = 0; i < 2; i++) {
        im.batches[i] = calloc(1, sizeof *im.batches[i]);
        YB_ASSERT(im.batches[i] != NULL);
        im.batches[i]->arena = yb_arena_create(0);
    }
    code = YB_EXIT_FINDINGS;
    if (!make_id(im.id))
        fprintf(stderr, "yibaoctl import: no random numbers from OpenSSL\n");
    else if (open_files(&im))
        code = work(&im, wait_s);
    dispose(&im);
    return code;
}

static const yb_option_t options[] = {
    { "strict", NULL, "load all rows or none: one bad row and nothing is loaded" },
    { "replace", NULL, "other values under a key that stands already replace it (without: a row error)" },
    { "area", "NNNNNN", "catalogue: the rows hold in this area only (without: in every area)" },
    { "errors", "FILE", "write every row error to FILE" },
    { "wait", "SECONDS", "coverage: give up when no opening balance arrived for so long [60]" },
    { NULL, NULL, NULL },
};
static const char *const synopses[] = {
    "KIND FILE [--strict] [--replace] [--area NNNNNN] [--errors FILE] [--wait SECONDS]", NULL
};

const yb_command_t yb_ctl_import = {
    .name = "import",
    .summary = "Load a CSV file: persons, institutions, catalogue, coverage, tags or chronic.",
    .synopses = synopses,
    .options = options,
    .operands_min = 2,
    .operands_max = 2,
    .run = import_run,
    .details =
        "FILE is CSV in UTF-8 (with or without BOM, LF or CRLF) with a header row of national field names; "
        "- reads standard input.\n"
        "Columns (an empty end date = open; dates 2025-01-31; amounts in yuan):\n"
        "  persons       psn_no psn_cert_type certno psn_name gend naty brdy\n"
        "  institutions  fixmedins_code fixmedins_name fixmedins_type hosp_lv charge_class tier admdvs "
        "app_secret\n"
        "  catalogue     med_list_codg list_type name chrgitm_lv selfpay_prop pric_uplmt_amt begndate "
        "enddate\n"
        "  coverage      psn_no insutype psn_type insuplc_admdvs begndate enddate emp_no clct_wage balc\n"
        "  tags          psn_no tag begndate enddate\n"
        "  chronic       psn_no insutype opsp_dise_code opsp_dise_name begndate enddate\n"
        "Load institutions and persons first. The same rows again change nothing. A bad row is reported as\n"
        "  FILE:LINE: column NAME: what is wrong\n"
        "and the others are loaded; a column of another name is ignored and named in a warning. After coverage the command returns when the opening balances stand in "
        "settlement's books.\n"
        "The last line of the output counts: added N, changed N, same N, failed N\n",
};
