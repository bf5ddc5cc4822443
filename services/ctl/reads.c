/* yibaoctl reads: who read this person's record. */
#include <string.h>

#include "libcommon/code.h"
#include "libcommon/crypto.h"
#include "libcommon/day.h"
#include "proto/identity.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"

#define TIMEOUT_MS 20000

static void print_reads(const Yibao__Identity__ListReadsReply *reply)
{
    static const char *const titles[] = { "TIME", "SERVICE", "INSTITUTION", "OPERATOR", "PURPOSE", "REQUEST",
        NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < reply->n_reads; i++) {
        const Yibao__Identity__PersonRead *r = reply->reads[i];
        char time[YB_TIME_TEXT], request[33] = "";
        if (r->request_id.len == 16)
            yb_hex_encode(r->request_id.data, 16, request);
        const char *cells[] = { yb_time_format(r->read_time, time), r->service, r->fixmedins_code, r->opter,
            r->purpose, request };
        yb_table_row(table, cells);
    }
    if (yb_table_count(table) == 0)
        printf("nobody read this person's record\n");
    else
        yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static int reads_run(const yb_args_t *args)
{
    const char *psn_no = args->operands[0];
    yb_refusal_t refusal = { .code = YB_OK };
    int64_t limit;
    yb_bus_t *bus = NULL;
    if (yb_code_psn_no(psn_no, strlen(psn_no), "psn_no", &refusal) != YB_OK)
        return yb_args_wrong(
            args, "PSN_NO \"%.40s\" is not a person's number (1 to 30 of A-Z a-z 0-9 _ -)", psn_no);
    if (!yb_args_number(args, "limit", 1, 1000, 50, &limit))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    Yibao__Identity__ListReadsRequest request = YIBAO__IDENTITY__LIST_READS_REQUEST__INIT;
    request.psn_no = (char *)(uintptr_t)psn_no;
    request.limit = (uint32_t)limit;
    const yb_ask_t ask = { .service = "identity",
        .method = "Identity/ListReads",
        .body = &request.base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__identity__list_reads_reply__descriptor };
    yb_arena_t *arena = yb_arena_create(0);
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) == YB_OK)
        print_reads((const Yibao__Identity__ListReadsReply *)reply);
    else
        code = yb_fault_leave(&fault);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t options[] = { { "limit", "N", "at most so many reads, newest first [50]" },
    { NULL, NULL, NULL } };
static const char *const synopses[] = { "PSN_NO [--limit N]", NULL };

const yb_command_t yb_ctl_reads = {
    .name = "reads",
    .summary = "Who read this person's record, when, from where and for which transaction.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = reads_run,
};
