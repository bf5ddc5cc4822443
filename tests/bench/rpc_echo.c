/* A service with nothing but the frame: what rpc_bench calls (Frame/Echo), through the loop, the gates and the lanes of libcommon/service.h.
 * Settings as of every service: YB_LISTEN, YB_CURVE_DIR, YB_DB_* (the frame keeps its leases in a schema). */
#include "libcommon/service.h"

static const ProtobufCServiceDescriptor nothing = { .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC, .name = "yibao.bench.Bench",
                                                    .short_name = "Bench", .c_name = "Yibao__Bench__Bench", .package = "yibao.bench" };
static const size_t no_schema;

static const yb_service_def_t bench = { .name = "bench", .summary = "answers Frame/Echo", .descriptor = &nothing,
                                        .schema_count = &no_schema };

int main(int argc, char **argv)
{
    return yb_service_main(&bench, argc, argv);
}
