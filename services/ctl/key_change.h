/* A pair of CURVE keys is changed in three steps, and nobody is turned away meanwhile: next (a second pair is made, its
 * public key distributed), switch (it becomes the current one; the program takes it at its next start), retire (the old
 * one goes). Each step may be run again after an interruption. Files: libcommon/keys.h. */
#ifndef YB_CTL_KEY_CHANGE_H
#define YB_CTL_KEY_CHANGE_H

#include <stddef.h>

#include "libcommon/err.h"

/* All return YB_OK, or an error with what is wrong and what to do in `detail`. YB_E_NOT_FOUND: no such key here;
 * YB_E_ROW_EXISTS: not in this step of a change; YB_E_IO. */
YB_CHECK yb_err_t yb_key_next(const char *dir, const char *name, char *detail, size_t cap);
YB_CHECK yb_err_t yb_key_switch(const char *dir, const char *name, char *detail, size_t cap);
YB_CHECK yb_err_t yb_key_retire(const char *dir, const char *name, char *detail, size_t cap);
/* Makes the public keys of `name` in the folder `to` those that `dir` has: new ones first, then those that went. A
 * folder that has none of that name gets them. */
YB_CHECK yb_err_t yb_key_share(const char *dir, const char *name, const char *to, char *detail, size_t cap);
/* Removes the public keys of `name` from `dir`; its secret, if it is there, stays. */
YB_CHECK yb_err_t yb_key_withdraw(const char *dir, const char *name, char *detail, size_t cap);

#endif
