#include "services/ctl/console.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/arena.h"
#include "libcommon/err.h"
#include "libcommon/text.h"

/* ---- width ---- */

typedef struct range {
    uint32_t from, to;
} range_t;

/* Unicode 15, EastAsianWidth W and F, neighbouring blocks joined over unassigned points. */
static const range_t wide[] = {
    { 0x1100, 0x115f },
    { 0x2e80, 0x303e },
    { 0x3041, 0x33ff },
    { 0x3400, 0x4dbf },
    { 0x4e00, 0xa4cf },
    { 0xa960, 0xa97c },
    { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff },
    { 0xfe10, 0xfe19 },
    { 0xfe30, 0xfe6b },
    { 0xff01, 0xff60 },
    { 0xffe0, 0xffe6 },
    { 0x16fe0, 0x18cd5 },
    { 0x1aff0, 0x1b2fb },
    { 0x1f300, 0x1f64f },
    { 0x1f680, 0x1f6ff },
    { 0x1f900, 0x1faff },
    { 0x20000, 0x3fffd },
};
static const range_t none[] = {
    { 0x0300, 0x036f },
    { 0x200b, 0x200f },
    { 0x20d0, 0x20f0 },
    { 0xfe00, 0xfe0f },
    { 0xfe20, 0xfe2f },
    { 0xe0100, 0xe01ef },
};

static bool in_ranges(uint32_t c, const range_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= list[i].from && c <= list[i].to)
            return true;
    return false;
}

/* Bytes of the character at `text` (at least 1) and its code point; a byte that is no UTF-8 is its own
 * character. */
static size_t next_char(const char *text, uint32_t *ret_code)
{
    const uint8_t lead = (uint8_t)text[0];
    const size_t len = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    *ret_code = lead;
    if (len == 1 || strnlen(text, len) < len || !yb_utf8_valid(text, len))
        return 1;
    uint32_t code = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((uint8_t)text[i] & 0x3fu);
    *ret_code = code;
    return len;
}

static size_t columns_of(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (in_ranges(code, none, sizeof none / sizeof none[0]))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t yb_text_columns(const char *text)
{
    size_t columns = 0;
    uint32_t code;
    for (size_t i = 0; text[i] != '\0';) {
        i += next_char(text + i, &code);
        columns += columns_of(code);
    }
    return columns;
}

/* What moves the cursor or turns the order of characters must not come from a file or a database. */
static bool is_unsafe(uint32_t code, size_t len)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (len == 1 && code >= 0x80) ||
        (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void yb_print_clean(FILE *out, const char *text)
{
    uint32_t code;
    for (size_t i = 0; text[i] != '\0';) {
        size_t len = next_char(text + i, &code);
        if (is_unsafe(code, len))
            fputc('?', out);
        else
            fwrite(text + i, 1, len, out);
        i += len;
    }
}

void yb_print_cell(FILE *out, const char *text, size_t columns, bool right)
{
    const size_t used = yb_text_columns(text);
    const int fill = used < columns ? (int)(columns - used) : 0;
    if (right)
        fprintf(out, "%*s", fill, "");
    yb_print_clean(out, text);
    if (!right)
        fprintf(out, "%*s", fill, "");
}

static bool is_word(uint32_t code)
{
    return code > 0x20 && code < 0x7f;
}

/* No line begins with one of ， 。 、 ： ； ” 〕 ） */
static bool is_closing(uint32_t code)
{
    static const range_t closing[] = { { 0x201d, 0x201d }, { 0x3001, 0x3002 }, { 0x3015, 0x3015 },
        { 0xff09, 0xff09 }, { 0xff0c, 0xff0c }, { 0xff1a, 0xff1b } };
    return in_ranges(code, closing, sizeof closing / sizeof closing[0]);
}

/* What stays together: a number or a Latin word, else one character; with the marks that close it. */
static size_t next_piece(const char *text, size_t *ret_columns)
{
    uint32_t code, next;
    size_t len = next_char(text, &code), columns = columns_of(code);
    while (text[len] != '\0') {
        size_t more = next_char(text + len, &next);
        if (!(is_word(code) && is_word(next)) && !is_closing(next))
            break;
        len += more;
        columns += columns_of(next);
        code = next;
    }
    *ret_columns = columns;
    return len;
}

void yb_print_wrapped(FILE *out, const char *first, const char *rest, const char *text, size_t columns)
{
    const size_t indent = yb_text_columns(rest);
    size_t used = yb_text_columns(first), end = 0;
    uint32_t code;
    bool whole = false;
    fputs(first, out);
    for (size_t i = 0; text[i] != '\0';) {
        size_t len = next_char(text + i, &code), width = columns_of(code);
        if (i >= end) {
            size_t piece;
            end = i + next_piece(text + i, &piece);
            whole = indent + piece <= columns;      /* else no line holds it: cut anywhere */
            if (whole)
                width = piece;
        } else if (whole) {
            width = 0;                      /* counted with the begin of its piece */
        }
        if (used + width > columns && used > indent) {
            fprintf(out, "\n%s", rest);
            used = indent;
        }
        used += width;
        if (is_unsafe(code, len))
            fputc('?', out);
        else if (code != ' ' || used > indent + 1)      /* a space at a break is the break */
            fwrite(text + i, 1, len, out);
        else
            used = indent;
        i += len;
    }
    fputc('\n', out);
}

char *yb_grouped(const char *number, char buf[YB_GROUPED_TEXT])
{
    const size_t sign = number[0] == '-' ? 1 : 0, whole = strcspn(number + sign, "."), len = strlen(number);
    const size_t commas = whole > 0 ? (whole - 1) / 3 : 0;
    size_t at = 0;
    if (len + commas >= YB_GROUPED_TEXT) {
        yb_text_copy(buf, YB_GROUPED_TEXT, number);
        return buf;
    }
    for (size_t i = 0; i < len; i++) {
        const size_t digit = i - sign; /* of the whole part */
        if (i > sign && digit < whole && (whole - digit) % 3 == 0)
            buf[at++] = ',';
        buf[at++] = number[i];
    }
    buf[at] = '\0';
    return buf;
}

char *yb_count_text(uint64_t count, char buf[YB_GROUPED_TEXT])
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, count);
    return yb_grouped(digits, buf);
}

const char *yb_moment_text(int64_t unix_us, char buf[YB_TIME_TEXT])
{
    if (unix_us == 0)
        return "";
    yb_time_format(yb_time_of_unix_us(unix_us), buf);
    buf[sizeof "2026-01-31 23:59" - 1] = '\0';
    return buf;
}

/* ---- table ---- */

typedef struct row {
    struct row *next;
    const char *cells[YB_TABLE_COLUMNS_MAX];
    yb_tone_t tone;
} row_t;

struct yb_table {
    yb_arena_t *arena;
    const char *const *titles;
    size_t columns, count;
    row_t *first, **last, *newest;
};

yb_table_t *yb_table_create(const char *const *titles)
{
    yb_table_t *table = calloc(1, sizeof *table);
    YB_ASSERT(table != NULL);
    table->arena = yb_arena_create(0);
    table->titles = titles;
    table->last = &table->first;
    while (titles[table->columns] != NULL)
        table->columns++;
    YB_ASSERT(table->columns <= YB_TABLE_COLUMNS_MAX);
    return table;
}

void yb_table_destroy(yb_table_t **table)
{
    if (table == NULL || *table == NULL)
        return;
    yb_arena_destroy(&(*table)->arena);
    free(*table);
    *table = NULL;
}

void yb_table_row(yb_table_t *table, const char *const *cells)
{
    row_t *row = YB_NEW(table->arena, row_t);
    for (size_t i = 0; i < table->columns; i++)
        row->cells[i] = yb_arena_strdup(table->arena, cells[i] != NULL ? cells[i] : "");
    *table->last = row;
    table->last = &row->next;
    table->newest = row;
    table->count++;
}

void yb_table_tone(yb_table_t *table, yb_tone_t tone)
{
    YB_ASSERT(table->newest != NULL);
    table->newest->tone = tone;
}

static bool wants_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(out)) == 1 && (no == NULL || no[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

const char *yb_tone_begin(yb_tone_t tone, FILE *out)
{
    static const char *const codes[] = { "", "\033[32m", "\033[33m", "\033[1;31m" };
    return tone != YB_TONE_PLAIN && wants_colour(out) ? codes[tone] : "";
}

const char *yb_tone_end(yb_tone_t tone, FILE *out)
{
    return yb_tone_begin(tone, out)[0] != '\0' ? "\033[0m" : "";
}

size_t yb_table_count(const yb_table_t *table)
{
    return table->count;
}

static void print_row(
    const yb_table_t *table, const char *const *cells, const size_t *widths, bool title, FILE *out)
{
    for (size_t i = 0; i < table->columns; i++) {
        const bool right = table->titles[i][0] == '>', last = i + 1 == table->columns;
        const char *text = title && right ? cells[i] + 1 : cells[i];
        yb_print_cell(out, text, last && !right ? 0 : widths[i], right);
        fputs(last ? "\n" : "  ", out);
    }
}

void yb_table_print(const yb_table_t *table, FILE *out)
{
    size_t widths[YB_TABLE_COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < table->columns; i++) {
        const char *title = table->titles[i];
        widths[i] = yb_text_columns(title[0] == '>' ? title + 1 : title);
        for (const row_t *row = table->first; row != NULL; row = row->next) {
            const size_t w = yb_text_columns(row->cells[i]);
            widths[i] = w > widths[i] ? w : widths[i];
        }
    }
    print_row(table, table->titles, widths, true, out);
    for (const row_t *row = table->first; row != NULL; row = row->next) {
        fputs(yb_tone_begin(row->tone, out), out);
        print_row(table, row->cells, widths, false, out);
        fputs(yb_tone_end(row->tone, out), out);
    }
}

/* ---- progress ---- */

#define BAR_COLUMNS 24
#define REDRAW_NS 100000000LL
#define SECOND_NS 1000000000LL

static void duration_text(uint64_t seconds, char *buf, size_t cap)
{
    if (seconds >= 3600)
        snprintf(buf, cap, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60,
            seconds % 60);
    else
        snprintf(buf, cap, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
}

static uint64_t scaled(uint64_t value, uint64_t times, uint64_t by)
{
    return (uint64_t)((unsigned __int128)value * times / (by == 0 ? 1 : by));
}

/* What is left at the speed so far; nothing is promised in the first second. */
static void left_text(const yb_progress_view_t *v, char *buf, size_t cap)
{
    buf[0] = '\0';
    if (v->total == 0 || v->done == 0 || v->done >= v->total || v->elapsed_ns < SECOND_NS)
        return;
    char time[32];
    duration_text(
        scaled((uint64_t)(v->elapsed_ns / SECOND_NS), v->total - v->done, v->done), time, sizeof time);
    snprintf(buf, cap, "  %s left", time);
}

char *yb_progress_text(const yb_progress_view_t *v, bool bar, char buf[YB_PROGRESS_TEXT])
{
    char drawn[BAR_COLUMNS + 16] = "", count[YB_GROUPED_TEXT], rate[YB_GROUPED_TEXT + 16] = "", left[48] = "",
                             time[32];
    const uint64_t done = v->total > 0 && v->done > v->total ? v->total : v->done;
    if (v->total > 0) {
        char cells[BAR_COLUMNS + 1];
        const size_t filled = (size_t)scaled(BAR_COLUMNS, done, v->total);
        memset(cells, '#', filled);
        memset(cells + filled, '-', BAR_COLUMNS - filled);
        cells[BAR_COLUMNS] = '\0';
        const unsigned percent = (unsigned)scaled(100, done, v->total);
        if (bar)
            snprintf(drawn, sizeof drawn, " [%s] %3u %%", cells, percent);
        else
            snprintf(drawn, sizeof drawn, " %u %%", percent);
        left_text(v, left, sizeof left);
    }
    if (v->elapsed_ns >= SECOND_NS && v->count > 0 && !v->without_rate) {
        char n[YB_GROUPED_TEXT];
        snprintf(rate, sizeof rate, "  %s %s/s",
            yb_count_text(scaled(v->count, SECOND_NS, (uint64_t)v->elapsed_ns), n), v->unit);
    }
    duration_text((uint64_t)(v->elapsed_ns / SECOND_NS), time, sizeof time);
    snprintf(buf, YB_PROGRESS_TEXT, "%s%s  %s %s%s  %s%s", v->what, drawn, yb_count_text(v->count, count),
        v->unit, rate, time, left);
    return buf;
}

struct yb_progress {
    yb_progress_conf_t conf;
    char what[64], unit[32];
    yb_progress_view_t view;
    int64_t begin_ns, shown_ns;
    bool drawn;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool waiting;
};

yb_progress_conf_t yb_progress_stderr(void)
{
    return (yb_progress_conf_t){ .out = stderr,
        .tty = isatty(STDERR_FILENO) == 1,
        .clock = yb_clock_real(),
        .plain_every_ns = 5 * SECOND_NS };
}

void yb_progress_rename(yb_progress_t *p, const char *what, const char *unit, uint64_t total)
{
    yb_text_copy(p->what, sizeof p->what, what);
    yb_text_copy(p->unit, sizeof p->unit, unit);
    p->view = (yb_progress_view_t){ .what = p->what, .unit = p->unit, .total = total };
    p->begin_ns = p->shown_ns = yb_clock_monotonic_ns(&p->conf.clock);
}

void yb_progress_without_rate(yb_progress_t *p)
{
    p->view.without_rate = true;
}

void yb_progress_label(yb_progress_t *p, const char *what)
{
    yb_text_copy(p->what, sizeof p->what, what);
}

yb_progress_t *yb_progress_create(
    const yb_progress_conf_t *conf, const char *what, const char *unit, uint64_t total)
{
    yb_progress_t *p = calloc(1, sizeof *p);
    YB_ASSERT(p != NULL);
    p->conf = *conf;
    YB_ASSERT(pthread_mutex_init(&p->lock, NULL) == 0 && pthread_cond_init(&p->wake, NULL) == 0);
    yb_progress_rename(p, what, unit, total);
    return p;
}

void yb_progress_clear(yb_progress_t *p)
{
    if (p->drawn)
        fputs("\r\033[K", p->conf.out);
    p->drawn = false;
    fflush(p->conf.out);
}

void yb_progress_destroy(yb_progress_t **progress)
{
    if (progress == NULL || *progress == NULL)
        return;
    YB_ASSERT(!(*progress)->waiting);
    yb_progress_clear(*progress);
    pthread_cond_destroy(&(*progress)->wake);
    pthread_mutex_destroy(&(*progress)->lock);
    free(*progress);
    *progress = NULL;
}

static void show(yb_progress_t *p)
{
    const int64_t now_ns = yb_clock_monotonic_ns(&p->conf.clock);
    if (now_ns - p->shown_ns < (p->conf.tty ? REDRAW_NS : p->conf.plain_every_ns))
        return;
    char text[YB_PROGRESS_TEXT];
    p->shown_ns = now_ns;
    p->view.elapsed_ns = now_ns - p->begin_ns;
    yb_progress_text(&p->view, p->conf.tty, text);
    fprintf(p->conf.out, p->conf.tty ? "\r%s\033[K" : "%s\n", text);
    p->drawn = p->conf.tty;
    fflush(p->conf.out);
}

void yb_progress_set(yb_progress_t *p, uint64_t done, uint64_t count)
{
    p->view.done = done;
    p->view.count = count;
    show(p);
}

static void *keep_time(void *ctx)
{
    yb_progress_t *p = ctx;
    pthread_mutex_lock(&p->lock);
    while (p->waiting) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        (void)pthread_cond_timedwait(&p->wake, &p->lock, &until);
        if (p->waiting)
            show(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void yb_progress_wait_begin(yb_progress_t *p)
{
    YB_ASSERT(!p->waiting);
    p->waiting = true;
    YB_ASSERT(pthread_create(&p->thread, NULL, keep_time, p) == 0);
}

void yb_progress_wait_end(yb_progress_t *p)
{
    pthread_mutex_lock(&p->lock);
    p->waiting = false;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
}
