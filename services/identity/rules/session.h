/* A sign-in (9001) holds for 24 hours or until 9002: hospitals sign in once a day, and a night shift ends the
 * next morning. Pure. */
#ifndef YB_IDENTITY_RULES_SESSION_H
#define YB_IDENTITY_RULES_SESSION_H

#include <stdbool.h>
#include "libcommon/day.h"

/* out_time 0 = not signed out. */
bool yb_session_live(yb_time_t sign_time, yb_time_t out_time, yb_time_t now);

#endif
