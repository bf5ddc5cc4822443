/* The service as a value, for main.c and tests. */
#ifndef SETTLEMENT_SERVICE_H
#define SETTLEMENT_SERVICE_H

#include "libcommon/service.h"

extern const yb_service_def_t yb_settlement_service;

#endif
