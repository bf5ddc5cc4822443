/* Who may call which method of the bus: one table, by the role of the caller's key (libcommon/keys.h). It binds where
 * sockets have keys; ipc:// without keys is guarded by the permissions of its file. */
#ifndef YB_ACCESS_H
#define YB_ACCESS_H

#include <stddef.h>

typedef struct yb_access {
    const char *method; /* "Settlement/Settle" */
    unsigned roles;     /* yb_role_t bits */
} yb_access_t;

extern const yb_access_t yb_access_table[];
extern const size_t yb_access_count;

/* Roles that may call the method; 0 = it is not in the table: nobody. */
unsigned yb_access_of(const char *method);

#endif
