/* yibaoctl metrics: what Prometheus would be told by one replica of a service, asked on the bus. */
#include <string.h>

#include "proto/rpc.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"

#define TIMEOUT_MS 5000

static int metrics_run(const yb_args_t *args)
{
    static const char *const known[] = { "identity", "enrollment", "settlement", "drg" };
    const char *service = NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], args->operands[0]) == 0)
            service = known[i];
    if (service == NULL)
        return yb_args_wrong(args,
                             "SERVICE \"%.40s\" is none of identity, enrollment, settlement, drg (the gateway's are at "
                             "its GET /metrics)",
                             args->operands[0]);
    yb_bus_t *bus = NULL;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    Yibao__Rpc__MetricsRequest request = YIBAO__RPC__METRICS_REQUEST__INIT;
    const yb_ask_t ask = { .service = service,
                           .method = "Frame/Metrics",
                           .body = &request.base,
                           .timeout_ms = TIMEOUT_MS,
                           .reply_type = &yibao__rpc__metrics_reply__descriptor };
    yb_arena_t *arena = yb_arena_create(0);
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) == YB_OK)
        fputs(((const Yibao__Rpc__MetricsReply *)reply)->text, stdout);
    else
        code = yb_fault_leave(&fault);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const char *const synopses[] = { "SERVICE", NULL };

const yb_command_t yb_ctl_metrics = {
    .name = "metrics",
    .summary = "The metrics of a service, as Prometheus reads them.",
    .synopses = synopses,
    .operands_min = 1,
    .operands_max = 1,
    .run = metrics_run,
    .details =
        "Asks one replica on the bus; no page needs to be open for it. docs/operations.md explains each metric.\n",
};
