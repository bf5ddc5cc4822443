/* yibaoctl audit: settlement checks its books piece by piece; this loop keeps it going and says what was
 * checked. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/text.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/findings.h"

#define PIECE_TIMEOUT_MS 120000
#define PARTS_MAX 64
#define NAME_MAX_BYTES 96
#define CURSOR_MAX_BYTES 512

typedef struct part {
    char name[NAME_MAX_BYTES];
    uint64_t checked, findings;
} part_t;

typedef struct audit {
    yb_bus_t *bus;
    yb_progress_t *progress;
    part_t parts[PARTS_MAX];
    size_t part_count;
    yb_findings_t findings;
    uint64_t checked;
    char part[NAME_MAX_BYTES], cursor[CURSOR_MAX_BYTES];
} audit_t;

static part_t *part_named(audit_t *a, const char *name)
{
    for (size_t i = 0; i < a->part_count; i++)
        if (strcmp(a->parts[i].name, name) == 0)
            return &a->parts[i];
    if (a->part_count == PARTS_MAX)
        return &a->parts[PARTS_MAX - 1];
    part_t *p = &a->parts[a->part_count++];
    yb_text_copy(p->name, sizeof p->name, name);
    return p;
}

static void take(audit_t *a, const Yibao__Settlement__AuditReply *reply)
{
    char name[NAME_MAX_BYTES];
    yb_text_copy(name, sizeof name,
        reply->part_name[0] != '\0' ? reply->part_name
            : a->part[0] != '\0'    ? a->part
                                    : "books");
    part_t *part = part_named(a, name);
    part->checked += reply->checked;
    part->findings += reply->n_findings;
    a->checked += reply->checked;
    if (reply->n_findings > 0) {
        yb_progress_clear(a->progress);
        yb_findings_print(&a->findings, name, reply->findings, reply->n_findings, stdout);
    }
    char what[NAME_MAX_BYTES + 8];
    snprintf(what, sizeof what, "audit: %s:", name);
    yb_progress_label(a->progress, what);
    yb_progress_set(a->progress, 0, a->checked);
}

/* One piece. *ret_done; the place to go on is in `a`. False: it was said, *ret_exit. */
static bool piece(audit_t *a, yb_arena_t *arena, bool *ret_done, int *ret_exit)
{
    Yibao__Settlement__AuditRequest request = YIBAO__SETTLEMENT__AUDIT_REQUEST__INIT;
    const yb_ask_t ask = { .service = "settlement",
        .method = "Settlement/Audit",
        .body = &request.base,
        .timeout_ms = PIECE_TIMEOUT_MS,
        .reply_type = &yibao__settlement__audit_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    request.part = a->part;
    request.cursor = a->cursor;
    request.checked = a->checked;
    request.findings = a->findings.count;
    yb_arena_reset(arena);
    if (yb_bus_ask(a->bus, &ask, arena, &reply, &fault) != YB_OK) {
        yb_progress_clear(a->progress);
        *ret_exit = yb_fault_leave(&fault);
        return false;
    }
    const Yibao__Settlement__AuditReply *got = (const Yibao__Settlement__AuditReply *)reply;
    take(a, got);
    *ret_done = got->done;
    if (got->done)
        return true;
    if (strlen(got->part) >= sizeof a->part || strlen(got->cursor) >= sizeof a->cursor ||
        (strcmp(got->part, a->part) == 0 && strcmp(got->cursor, a->cursor) == 0)) {
        yb_progress_clear(a->progress);
        fprintf(stderr,
            "yibaoctl audit: settlement does not go on after part \"%s\", cursor \"%s\": its log says why\n",
            a->part, a->cursor);
        *ret_exit = YB_EXIT_FINDINGS;
        return false;
    }
    yb_text_copy(a->part, sizeof a->part, got->part);
    yb_text_copy(a->cursor, sizeof a->cursor, got->cursor);
    return true;
}

static void print_parts(const audit_t *a)
{
    static const char *const titles[] = { "CHECKED", ">COUNT", "RESULT", NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < a->part_count; i++) {
        char count[YB_GROUPED_TEXT], result[48] = "holds";
        if (a->parts[i].findings > 0)
            snprintf(result, sizeof result, "%" PRIu64 " findings", a->parts[i].findings);
        const char *cells[] = { a->parts[i].name, yb_count_text(a->parts[i].checked, count), result };
        yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static int audit_run(const yb_args_t *args)
{
    (void)args;
    audit_t a = { .bus = NULL };
    int code = yb_bus_open(&a.bus);
    if (code != YB_EXIT_OK)
        return code;
    const yb_progress_conf_t conf = yb_progress_stderr();
    yb_arena_t *arena = yb_arena_create(0);
    a.progress = yb_progress_create(&conf, "audit:", "checks", 0);
    bool done = false, good = true;
    while (good && !done)
        good = piece(&a, arena, &done, &code);
    yb_progress_destroy(&a.progress);
    yb_findings_end(&a.findings, stdout);
    if (a.part_count > 0)
        print_parts(&a);
    if (!good) {
        printf("audit: stopped before its end; %" PRIu64 " findings so far\n", a.findings.count);
    } else if (a.findings.count > 0) {
        printf("audit: %" PRIu64 " findings\n", a.findings.count);
        code = YB_EXIT_FINDINGS;
    } else {
        char count[YB_GROUPED_TEXT];
        printf("audit: the books hold (%s checks)\n", yb_count_text(a.checked, count));
    }
    yb_arena_destroy(&arena);
    yb_bus_close(&a.bus);
    return code;
}

static const char *const synopses[] = { "", NULL };

const yb_command_t yb_ctl_audit = {
    .name = "audit",
    .summary = "Check settlement's books: sums, chains, signed heads. Exit code 1 on findings.",
    .synopses = synopses,
    .operands_min = 0,
    .operands_max = 0,
    .run = audit_run,
    .details =
        "Settlement checks its books part by part and this command lists what was checked: entries "
        "balance, the chain of each lane is\n"
        "whole, amounts and accumulators follow from the settlements, and the signed heads written outside "
        "the database still fit.\n"
        "It only reads; hospitals may go on working.\n",
};
