/* Every transaction that is offered, with its handler. */
#include "services/gateway/gateway.h"
#include "services/gateway/handlers/handlers.h"

#define READ(no, fn) { no, fn, true, false }
#define WRITE(no, fn) { no, fn, true, true }

const yb_txn_def_t yb_gateway_defs[] = {
    READ("1101", yb_txn_1101), READ("1201", yb_txn_1201), READ("1312", yb_txn_1312), READ("2001", yb_txn_2001),
    WRITE("2201", yb_txn_2201), WRITE("2202", yb_txn_2202), WRITE("2203", yb_txn_2203), WRITE("2203A", yb_txn_2203),
    WRITE("2204", yb_txn_2204), WRITE("2205", yb_txn_2205), READ("2206", yb_txn_2206), WRITE("2207", yb_txn_2207),
    WRITE("2208", yb_txn_2208), WRITE("2301", yb_txn_2301), WRITE("2302", yb_txn_2302), READ("2303", yb_txn_2303),
    WRITE("2304", yb_txn_2304), WRITE("2305", yb_txn_2305), WRITE("2401", yb_txn_2401), WRITE("2402", yb_txn_2402),
    WRITE("2403", yb_txn_2403), WRITE("2404", yb_txn_2404), WRITE("2405", yb_txn_2405), WRITE("2503", yb_txn_2503),
    WRITE("2504", yb_txn_2504), WRITE("2601", yb_txn_2601), READ("3201", yb_txn_3201), WRITE("3202", yb_txn_3202),
    WRITE("4101", yb_txn_4101), WRITE("4101A", yb_txn_4101), WRITE("4102", yb_txn_4102), READ("4103", yb_txn_4103), READ("4104", yb_txn_4104),
    READ("4101T", yb_txn_4101T), WRITE("4106", yb_txn_4106), READ("4107", yb_txn_4107), READ("4108", yb_txn_4108),
    READ("5201", yb_txn_5201), READ("5202", yb_txn_5202), READ("5203", yb_txn_5203), READ("5204", yb_txn_5204),
    READ("5205", yb_txn_5205), READ("5206", yb_txn_5206), READ("5301", yb_txn_5301), READ("5303", yb_txn_5303),
    { "9001", yb_txn_9001, false, true }, WRITE("9002", yb_txn_9002), WRITE("9101", yb_txn_9101), READ("9102", yb_txn_9102),
};
const size_t yb_gateway_def_count = sizeof yb_gateway_defs / sizeof yb_gateway_defs[0];
