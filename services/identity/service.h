/* The service as a value, for main.c and tests. */
#ifndef YB_IDENTITY_SERVICE_H
#define YB_IDENTITY_SERVICE_H

#include "libcommon/service.h"

extern const yb_service_def_t yb_identity_service;

#endif
