/* yibaoctl drg case: one case in full. */
#include <string.h>

#include "libcommon/id.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"

static void print_case(const Yibao__Drg__ExplainCaseReply *reply, FILE *out)
{
    for (size_t i = 0; i < reply->n_sections; i++) {
        const Yibao__Drg__ExplainSection *s = reply->sections[i];
        if (s->n_lines == 0)
            continue;
        fprintf(out, "%s%s\n", i > 0 ? "\n" : "", s->title);
        for (size_t k = 0; k < s->n_lines; k++) {
            fputs("  ", out);
            yb_print_clean(out, s->lines[k]);
            fputc('\n', out);
        }
    }
}

static int case_run(const yb_args_t *args)
{
    Yibao__Drg__ExplainCaseRequest request = YIBAO__DRG__EXPLAIN_CASE_REQUEST__INIT;
    const yb_ask_t ask = { .service = "drg",
                           .method = "Drg/ExplainCase",
                           .body = &request.base,
                           .timeout_ms = YB_MONTH_TIMEOUT_MS,
                           .reply_type = &yibao__drg__explain_case_reply__descriptor };
    yb_id_t setl_id;
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    ProtobufCMessage *reply = NULL;
    if (yb_id_parse(args->operands[0], strlen(args->operands[0]), &setl_id) != YB_OK)
        return yb_args_wrong(args, "SETL_ID \"%.40s\" is not a settlement's number", args->operands[0]);
    request.setl_id = setl_id;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        code = yb_fault_leave(&fault);
    else
        print_case((const Yibao__Drg__ExplainCaseReply *)reply, stdout);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

const yb_command_t yb_drg_case = {
    .name = "case",
    .summary = "One case: list, path to the group, comparison, money, statement and trail.",
    .synopses = YB_TEXTS("SETL_ID"),
    .operands_min = 1,
    .operands_max = 1,
    .run = case_run,
    .details = "In Chinese; names no person.\n",
};
