#include "services/identity/rules/session.h"

bool yb_session_live(yb_time_t sign_time, yb_time_t out_time, yb_time_t now)
{
    const yb_day_t next = yb_day_next(yb_time_day(sign_time));
    const yb_time_t until = (yb_time_t)next * 1000000 + sign_time % 1000000; /* the same hour, a day later */
    return out_time == 0 && sign_time <= now && now < until;
}
