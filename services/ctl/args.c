#include "services/ctl/args.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "libcommon/money.h"
#include "services/ctl/place.h"

#define PROGRAM "yibaoctl"

static size_t option_count(const yb_command_t *command)
{
    size_t n = 0;
    while (command->options != NULL && command->options[n].name != NULL)
        n++;
    YB_ASSERT(n <= YB_OPTIONS_MAX);
    return n;
}

static bool is_short(const yb_option_t *option)
{
    return option->name[1] == '\0';
}

static bool is_required(const yb_command_t *command, const char *name)
{
    for (size_t i = 0; command->required != NULL && command->required[i] != NULL; i++)
        if (strcmp(command->required[i], name) == 0)
            return true;
    return false;
}

/* ---- what is printed ---- */

static void print_usage(const yb_command_t *command, const char *name, FILE *out)
{
    for (size_t i = 0; command->synopses[i] != NULL; i++)
        fprintf(out, "%s " PROGRAM " %s%s%s\n", i == 0 ? "usage:" : "      ", name,
                command->synopses[i][0] != '\0' ? " " : "", command->synopses[i]);
}

/* The sub-commands there are, on a line. */
static void print_choice(const yb_command_t *command, const char *name, FILE *out)
{
    char before = ' ';
    fprintf(out, "usage: " PROGRAM " %s", name);
    for (const yb_command_t *const *sub = command->subcommands; *sub != NULL; sub++)
        if ((*sub)->name != NULL) {
            fprintf(out, "%c%s", before, (*sub)->name);
            before = '|';
        }
    fprintf(out, " [ARGUMENTS]\n");
}

static void print_list(const yb_command_t *const *commands, FILE *out)
{
    if ((*commands)->name != NULL)
        fprintf(out, "\nCommands:\n");
    for (; *commands != NULL; commands++)
        if ((*commands)->name == NULL)
            fprintf(out, "\n%s:\n", (*commands)->summary);
        else
            fprintf(out, "  %-15s %s\n", (*commands)->name, (*commands)->summary);
}

static void print_options(const yb_command_t *command, FILE *out)
{
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < option_count(command); i++) {
        const yb_option_t *o = &command->options[i];
        char left[48];
        snprintf(left, sizeof left, "%s%s%s%s", is_short(o) ? "-" : "--", o->name, o->value != NULL ? " " : "",
                 o->value != NULL ? o->value : "");
        fprintf(out, "  %-20s %s%s\n", left, o->meaning, is_required(command, o->name) ? " [required]" : "");
    }
    fprintf(out, "  %-20s %s\n  %-20s %s\n", "--help", "this text", "--version", "the version");
}

static void print_exit_codes(FILE *out)
{
    fprintf(out, "\nExit code: 0 done, 1 findings or row errors, 2 wrong usage, 3 a service cannot be reached.\n");
}

static void print_version(FILE *out) { fprintf(out, PROGRAM " " YB_VERSION "\n"); }

static void print_help(const yb_command_t *command, const char *name, FILE *out)
{
    if (command->subcommands == NULL)
        print_usage(command, name, out);
    else
        fprintf(out, "usage: " PROGRAM " %s COMMAND [ARGUMENTS]\n       " PROGRAM " %s COMMAND --help\n", name, name);
    fprintf(out, "\n%s\n", command->summary);
    if (command->details != NULL)
        fprintf(out, "\n%s", command->details);
    if (command->subcommands != NULL)
        print_list(command->subcommands, out);
    print_options(command, out);
    print_exit_codes(out);
}

static void print_commands(const yb_command_t *const *commands, FILE *out)
{
    fprintf(out, "usage: " PROGRAM " COMMAND [ARGUMENTS]\n       " PROGRAM " COMMAND --help\n\n"
                 "The operator's command line of a yibao platform. It talks to the services over their message bus.\n");
    print_list(commands, out);
    fprintf(out, "\nOptions:\n  %-14s %s\n  %-14s %s\n\n", "--help", "this text", "--version", "the version");
    yb_place_print_help(out);
    print_exit_codes(out);
}

static yb_args_result_t wrong(const yb_args_t *args, FILE *err, const char *fault, const char *what)
{
    fprintf(err, PROGRAM " %s: %s%s%s\n", args->name, fault, what != NULL ? ": " : "", what != NULL ? what : "");
    print_usage(args->command, args->name, err);
    fprintf(err, "`" PROGRAM " %s --help` explains it.\n", args->name);
    return YB_ARGS_WRONG;
}

/* ---- one command's line ---- */

enum { GIVEN_HELP = 1000, GIVEN_VERSION, GIVEN_OPTION };

/* `letters`: room for 4 + 2 * YB_OPTIONS_MAX bytes. */
static void all_options(const yb_command_t *command, struct option *list, char *letters)
{
    const size_t count = option_count(command);
    *letters++ = ':';
    *letters++ = 'h';
    *letters++ = 'V';
    for (size_t i = 0; i < count; i++)
        if (is_short(&command->options[i])) {
            *letters++ = command->options[i].name[0];
            if (command->options[i].value != NULL)
                *letters++ = ':';
        }
    *letters = '\0';
    for (size_t i = 0; i < count; i++)
        list[i] = (struct option){ command->options[i].name,
            command->options[i].value != NULL ? required_argument : no_argument, NULL,
            GIVEN_OPTION + (int)i };
    list[count] = (struct option){ "help", no_argument, NULL, GIVEN_HELP };
    list[count + 1] = (struct option){ "version", no_argument, NULL, GIVEN_VERSION };
}

/* Index of what getopt_long returned. */
static size_t option_index(const yb_command_t *command, int which)
{
    if (which >= GIVEN_OPTION)
        return (size_t)(which - GIVEN_OPTION);
    size_t i = 0;
    while (!is_short(&command->options[i]) || command->options[i].name[0] != which)
        i++;
    return i;
}

/* Of the required options those without a value, "--area, --month"; "" = none. */
static const char *missing_options(const yb_args_t *args, char *buf, size_t cap)
{
    size_t len = 0;
    buf[0] = '\0';
    for (const char *const *name = args->command->required; name != NULL && *name != NULL && len < cap; name++) {
        const char *value = yb_args_value(args, *name);
        if (value == NULL || value[0] == '\0')
            len += (size_t)snprintf(buf + len, cap - len, "%s%s%s", len > 0 ? ", " : "",
                                    (*name)[1] == '\0' ? "-" : "--", *name);
    }
    return buf;
}

/* What the command needs and may have. */
static yb_args_result_t check(const yb_args_t *args, FILE *err)
{
    const yb_command_t *command = args->command;
    char missing[256];
    if (missing_options(args, missing, sizeof missing)[0] != '\0')
        return wrong(args, err, "missing", missing);
    if (args->operand_count < command->operands_min)
        return wrong(args, err, "something is missing", NULL);
    if (args->operand_count > command->operands_max)
        return wrong(args, err, "too many arguments, the first one too many", args->operands[command->operands_max]);
    return YB_ARGS_RUN;
}

yb_args_result_t yb_args_parse(const yb_command_t *command, const char *name, int argc, char **argv, FILE *out,
                               FILE *err, yb_args_t *ret_args)
{
    struct option list[YB_OPTIONS_MAX + 3] = { 0 };
    yb_args_t args = { .command = command, .name = name };
    char letters[4 + 2 * YB_OPTIONS_MAX];
    all_options(command, list, letters);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (;;) {
        int which = getopt_long(argc, argv, letters, list, NULL);
        if (which < 0)
            break;
        if (which == GIVEN_HELP || which == 'h') {
            print_help(command, name, out);
            return YB_ARGS_SHOWN;
        }
        if (which == GIVEN_VERSION || which == 'V') {
            print_version(out);
            return YB_ARGS_SHOWN;
        }
        if (which == ':')
            return wrong(&args, err, "this option needs a value", argv[optind - 1]);
        if (which == '?')
            return wrong(&args, err, "unknown option, or one that takes no value", argv[optind - 1]);
        args.values[option_index(command, which)] = optarg != NULL ? optarg : "";
    }
    args.operands = argv + optind;
    args.operand_count = argc - optind;
    const yb_args_result_t result = check(&args, err);
    if (result == YB_ARGS_RUN)
        *ret_args = args;
    return result;
}

const char *yb_args_value(const yb_args_t *args, const char *name)
{
    for (size_t i = 0; i < option_count(args->command); i++)
        if (strcmp(args->command->options[i].name, name) == 0)
            return args->values[i];
    const bool is_option_of_the_command = false;
    YB_ASSERT(is_option_of_the_command);
    return NULL;
}

bool yb_args_has(const yb_args_t *args, const char *name)
{
    return yb_args_value(args, name) != NULL;
}

int yb_args_wrong(const yb_args_t *args, const char *fmt, ...)
{
    char fault[256];
    va_list list;
    va_start(list, fmt);
    vsnprintf(fault, sizeof fault, fmt, list);
    va_end(list);
    (void)wrong(args, stderr, fault, NULL);
    return YB_EXIT_USAGE;
}

bool yb_operand_number(
    const yb_args_t *args, const char *what, const char *text, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t n;
    if (yb_decimal_parse(text, strlen(text), 0, &n) != YB_OK || n < min || n > max) {
        yb_args_wrong(
            args, "%s \"%.40s\" is not a whole number from %" PRId64 " to %" PRId64, what, text, min, max);
        return false;
    }
    *ret_number = n;
    return true;
}

bool yb_args_number(
    const yb_args_t *args, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *ret_number)
{
    const char *text = yb_args_value(args, name);
    char what[64];
    if (text == NULL) {
        *ret_number = fallback;
        return true;
    }
    snprintf(what, sizeof what, "--%s", name);
    return yb_operand_number(args, what, text, min, max, ret_number);
}

/* ---- which command ---- */

#define NAME_TEXT 64

typedef struct found {
    const yb_command_t *command; /* NULL = none */
    char name[NAME_TEXT];
    int words; /* of the name */
} found_t;

static const yb_command_t *command_named(const yb_command_t *const *commands, const char *name)
{
    for (; commands != NULL && *commands != NULL; commands++)
        if ((*commands)->name != NULL && strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

/* The command that words[0..count) begin with, as deep as they go. */
static found_t find(const yb_command_t *const *commands, int count, char *const *words)
{
    found_t f = { .command = NULL };
    size_t len = 0;
    while (f.words < count) {
        const yb_command_t *next = command_named(commands, words[f.words]);
        if (next == NULL)
            break;
        len += (size_t)snprintf(f.name + len, sizeof f.name - len, "%s%s", len > 0 ? " " : "", next->name);
        YB_ASSERT(len < sizeof f.name);
        f.command = next;
        commands = next->subcommands;
        f.words++;
    }
    return f;
}

static bool is_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

static bool is_version(const char *word) { return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0; }

/* `word` stands where a command should. */
static int unknown(const found_t *in, const char *word, FILE *err)
{
    if (in->command == NULL) {
        fprintf(err, PROGRAM ": unknown command or option: %s\n`" PROGRAM " --help` lists the commands.\n", word);
        return YB_EXIT_USAGE;
    }
    if (word[0] == '\0')
        fprintf(err, PROGRAM " %s: which of its commands?\n", in->name);
    else
        fprintf(err, PROGRAM " %s: \"%s\" is none of its commands\n", in->name, word);
    print_choice(in->command, in->name, err);
    fprintf(err, "`" PROGRAM " %s --help` lists them.\n", in->name);
    return YB_EXIT_USAGE;
}

/* yibaoctl help drg freeze; what follows a whole name is passed over. */
static int explain(const yb_command_t *const *commands, int count, char *const *words, FILE *out, FILE *err)
{
    const found_t f = find(commands, count, words);
    if (f.words < count && (f.command == NULL || f.command->subcommands != NULL))
        return unknown(&f, words[f.words], err);
    if (f.command == NULL)
        print_commands(commands, out);
    else
        print_help(f.command, f.name, out);
    return YB_EXIT_OK;
}

/* A command that has sub-commands, and `word` after it which is none. */
static int show_group(const found_t *f, const char *word, FILE *out, FILE *err)
{
    if (is_help(word))
        print_help(f->command, f->name, out);
    else if (is_version(word))
        print_version(out);
    else
        return unknown(f, word, err);
    return YB_EXIT_OK;
}

int yb_ctl_run(const yb_command_t *const *commands, int argc, char **argv, FILE *out, FILE *err)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (is_help(first) || strcmp(first, "help") == 0)
        return explain(commands, argc - 2, argv + 2, out, err);
    if (is_version(first)) {
        print_version(out);
        return YB_EXIT_OK;
    }
    if (first[0] == '\0') {
        print_commands(commands, err);
        return YB_EXIT_USAGE;
    }
    const found_t f = find(commands, argc - 1, argv + 1);
    const char *next = f.words + 1 < argc ? argv[f.words + 1] : "";
    if (f.command == NULL)
        return unknown(&f, next, err);
    if (f.command->subcommands != NULL)
        return show_group(&f, next, out, err);
    yb_args_t args;
    const yb_args_result_t result = yb_args_parse(f.command, f.name, argc - f.words, argv + f.words, out, err, &args);
    if (result != YB_ARGS_RUN)
        return result == YB_ARGS_SHOWN ? YB_EXIT_OK : YB_EXIT_USAGE;
    return f.command->run(&args);
}
