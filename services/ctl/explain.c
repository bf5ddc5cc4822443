/* yibaoctl explain: one settlement as a receipt, with the rule and the source of every step. */
#include <string.h>

#include "libcommon/id.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/receipt.h"

#define TIMEOUT_MS 20000

static int explain_run(const yb_args_t *args)
{
    const char *text = args->operands[0];
    yb_id_t setl_id;
    yb_bus_t *bus = NULL;
    if (yb_id_parse(text, strlen(text), &setl_id) != YB_OK)
        return yb_args_wrong(args, "SETL_ID \"%.40s\" is not a settlement's number", text);
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    Yibao__Settlement__GetSettlementRequest request = YIBAO__SETTLEMENT__GET_SETTLEMENT_REQUEST__INIT;
    request.setl_id = setl_id;
    request.operator_read = true;
    const yb_ask_t ask = { .service = "settlement",
        .method = "Settlement/GetSettlement",
        .body = &request.base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__settlement__settle_reply__descriptor };
    yb_arena_t *arena = yb_arena_create(0);
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        code = yb_fault_leave(&fault);
    else if (((const Yibao__Settlement__SettleReply *)reply)->setlinfo == NULL) {
        fprintf(stderr, "yibaoctl explain: settlement answered without a settlement; its log says why\n");
        code = YB_EXIT_FINDINGS;
    } else
        yb_receipt_print((const Yibao__Settlement__SettleReply *)reply, stdout);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const char *const synopses[] = { "SETL_ID", NULL };

const yb_command_t yb_ctl_explain = {
    .name = "explain",
    .summary = "A settlement as a receipt in Chinese: which fund paid what, by which rule of which source.",
    .synopses = synopses,
    .operands_min = 1,
    .operands_max = 1,
    .run = explain_run,
    .details =
        "SETL_ID is setl_id of the answer to 2207 or 2304, or of a reversal. The person's number is "
        "masked.\n",
};
