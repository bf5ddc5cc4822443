/* The answer of settling, reversing and asking, made of a settlement's row. Persons are identity's: name and ID number
 * are put in by the gateway, so that settlement neither stores nor sees them. */
#ifndef SETTLEMENT_SETLINFO_H
#define SETTLEMENT_SETLINFO_H

#include "libcommon/arena.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/store/settlement.h"

/* Text is borrowed from the row; `funds` unpacked from it. NULL = the row's funds cannot be decoded. */
Yibao__Settlement__SettleReply *yb_setlinfo_reply(const yb_settlement_t *row, yb_arena_t *arena);

#endif
