/* The service as a value, for main.c and tests. */
#ifndef YB_DRG_SERVICE_H
#define YB_DRG_SERVICE_H

#include "libcommon/service.h"

extern const yb_service_def_t yb_drg_service;

#endif
