/* libFuzzer: any bytes as any message of the bus. The first byte picks the message; the rest must unpack within the arena's budget or be refused, never
 * crash; what unpacks must pack again. */
#include <stddef.h>
#include <stdint.h>

#include "libcommon/rpc.h"
#include "proto/drg.pb-c.h"
#include "proto/enrollment.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/settlement.pb-c.h"

#define BUDGET (4u << 20)
#define TYPES_MAX 256

static size_t collect(const ProtobufCServiceDescriptor *service, const ProtobufCMessageDescriptor **types, size_t n)
{
    for (unsigned i = 0; i < service->n_methods && n + 2 <= TYPES_MAX; i++) {
        types[n++] = service->methods[i].input;
        types[n++] = service->methods[i].output;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *types[TYPES_MAX];
    static size_t count;
    static yb_arena_t *arena;
    if (count == 0) {
        types[count++] = &yibao__rpc__request__descriptor;
        types[count++] = &yibao__rpc__reply__descriptor;
        types[count++] = &yibao__events__account_opened__descriptor;
        types[count++] = &yibao__events__settlement_made__descriptor;
        types[count++] = &yibao__settlement__stored_inputs__descriptor;
        types[count++] = &yibao__settlement__stored_funds__descriptor;
        types[count++] = &yibao__drg__settlement_list__descriptor;
        types[count++] = &yibao__drg__stored_funds__descriptor;
        count = collect(&yibao__rpc__frame__descriptor, types, count);
        count = collect(&yibao__identity__identity__descriptor, types, count);
        count = collect(&yibao__drg__drg__descriptor, types, count);
        count = collect(&yibao__enrollment__enrollment__descriptor, types, count);
        count = collect(&yibao__settlement__settlement__descriptor, types, count);
        arena = yb_arena_create(BUDGET);
    }
    if (size == 0)
        return 0;
    yb_arena_reset(arena);
    ProtobufCMessage *message = yb_rpc_unpack(types[data[0] % count], data + 1, size - 1, arena);
    if (message != NULL) {
        size_t len = protobuf_c_message_get_packed_size(message);
        uint8_t *packed = yb_arena_alloc(arena, len + 1);
        if (packed != NULL)
            YB_ASSERT(protobuf_c_message_pack(message, packed) == len);
    }
    return 0;
}
