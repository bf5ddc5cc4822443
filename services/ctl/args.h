/* The command line: the description of each command and sub-command, which is also its --help, and what was given.
 * Built on getopt_long. */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "libcommon/err.h"

/* Exit codes of every command. */
enum { YB_EXIT_OK = 0, YB_EXIT_FINDINGS = 1, YB_EXIT_USAGE = 2, YB_EXIT_UNREACHABLE = 3 };

#define YB_OPTIONS_MAX 24

typedef struct yb_option {
    const char *name;  /* without "--"; one letter: "-o"; NULL ends the list */
    const char *value; /* what stands for its value in the help; NULL = a flag */
    const char *meaning;
} yb_option_t;

typedef struct yb_command yb_command_t;

typedef struct yb_args {
    const yb_command_t *command;
    const char *name; /* as one says it, with the commands it belongs to: "drg plan check" */
    const char
        *values[YB_OPTIONS_MAX]; /* by index of the command's options; NULL = not given, "" = flag given */
    char *const *operands;
    int operand_count;
} yb_args_t;

/* A NULL-ended list, for synopses and required options. */
#define YB_TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A command does something (`run`) or has sub-commands, which are described in the same way. In a list of commands an
 * entry without a name is a heading, its summary, over those that follow it. */
struct yb_command {
    const char *name;
    const char *summary;         /* one line */
    const char *const *synopses; /* NULL-ended, each without the program's and the command's name */
    const yb_option_t *options;  /* ended by an entry without a name; NULL = none */
    const char *const *required; /* NULL-ended names of options that must be given, with a value; NULL = none */
    const char *details;         /* for --help, lines ended; NULL = none */
    int operands_min, operands_max;
    int (*run)(const yb_args_t *args);      /* returns the exit code */
    const yb_command_t *const *subcommands; /* NULL-ended; then name, summary and details only. NULL = none */
};

typedef enum yb_args_result { YB_ARGS_RUN, YB_ARGS_SHOWN, YB_ARGS_WRONG } yb_args_result_t;

/* Reads argv[0..argc) for a command without sub-commands (argv[0] is its own name; reordered). `name` is borrowed.
 * SHOWN: --help or --version was printed to `out`. WRONG: the fault and the usage were printed to `err`. */
yb_args_result_t yb_args_parse(const yb_command_t *command, const char *name, int argc, char **argv, FILE *out,
                               FILE *err, yb_args_t *ret_args);

/* Value of an option of the command (asserted); NULL = not given. */
const char *yb_args_value(const yb_args_t *args, const char *name);
bool yb_args_has(const yb_args_t *args, const char *name);
/* Whole number in min..max. False: the fault was printed to stderr, leave with YB_EXIT_USAGE. */
bool yb_args_number(
    const yb_args_t *args, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *ret_number);
bool yb_operand_number(
    const yb_args_t *args, const char *what, const char *text, int64_t min, int64_t max, int64_t *ret_number);
/* Prints the fault and the usage to stderr; returns YB_EXIT_USAGE. */
int yb_args_wrong(const yb_args_t *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The whole program: finds the command among the NULL-ended ones and runs it. */
int yb_ctl_run(const yb_command_t *const *commands, int argc, char **argv, FILE *out, FILE *err);

#endif
