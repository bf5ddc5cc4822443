/* A file of results, whole or not at all: written without a name where the file system can (nothing is left of a command
 * that is killed), else as `.part` beside its place; on disk and renamed when it is complete. */
#ifndef CTL_OUTFILE_H
#define CTL_OUTFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "services/ctl/args.h"

typedef struct yb_outfile {
    FILE *file;
    const char *path; /* borrowed */
    char part[PATH_MAX];
    bool unnamed; /* has no name before it is complete */
    bool direct;  /* the name is a device or pipe and is written to as it is */
} yb_outfile_t;

/* Whether -o, when it is given, is none of the files that are read: the operands, and the values of the options
 * `inputs` (NULL-ended; NULL = none). Results over what they are made of would be the end of it. False: it was said,
 * leave with YB_EXIT_USAGE. */
bool yb_outfile_apart(const yb_args_t *args, const char *const *inputs);
/* False: the fault was printed to stderr. */
bool yb_outfile_open(yb_outfile_t *out, const char *command, const char *path);
/* Closes and puts it in its place; false: the fault was printed, nothing stands at the path that was not there. */
bool yb_outfile_commit(yb_outfile_t *out, const char *command);
/* Takes away what was written; nothing when committed or never opened. */
void yb_outfile_abandon(yb_outfile_t *out);

#endif
