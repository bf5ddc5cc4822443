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

static void print_usage(const yb_command_t *command, FILE *out)
{
    for (size_t i = 0; command->synopses[i] != NULL; i++)
        fprintf(out, "%s " PROGRAM " %s%s%s\n", i == 0 ? "usage:" : "      ", command->name,
            command->synopses[i][0] != '\0' ? " " : "", command->synopses[i]);
}

void yb_args_print_version(FILE *out)
{
    fprintf(out, PROGRAM " " YB_VERSION "\n");
}

void yb_args_print_help(const yb_command_t *command, FILE *out)
{
    print_usage(command, out);
    fprintf(out, "\n%s\n", command->summary);
    if (command->details != NULL)
        fprintf(out, "\n%s", command->details);
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < option_count(command); i++) {
        const yb_option_t *o = &command->options[i];
        char left[48];
        snprintf(left, sizeof left, "%s%s%s%s", is_short(o) ? "-" : "--", o->name, o->value != NULL ? " " : "",
            o->value != NULL ? o->value : "");
        fprintf(out, "  %-20s %s\n", left, o->meaning);
    }
    fprintf(out, "  %-20s %s\n  %-20s %s\n", "--help", "this text", "--version", "the version");
    fprintf(out,
        "\nExit code: 0 done, 1 findings or row errors, 2 wrong usage, 3 a service cannot be reached.\n");
}

static yb_args_result_t wrong(const yb_command_t *command, FILE *err, const char *fault, const char *what)
{
    fprintf(err, PROGRAM " %s: %s%s%s\n", command->name, fault, what != NULL ? ": " : "",
        what != NULL ? what : "");
    print_usage(command, err);
    fprintf(err, "`" PROGRAM " %s --help` explains it.\n", command->name);
    return YB_ARGS_WRONG;
}

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

yb_args_result_t yb_args_parse(
    const yb_command_t *command, int argc, char **argv, FILE *out, FILE *err, yb_args_t *ret_args)
{
    struct option list[YB_OPTIONS_MAX + 3] = { 0 };
    yb_args_t args = { .command = command };
    char letters[4 + 2 * YB_OPTIONS_MAX];
    all_options(command, list, letters);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (;;) {
        int which = getopt_long(argc, argv, letters, list, NULL);
        if (which < 0)
            break;
        if (which == GIVEN_HELP || which == 'h') {
            yb_args_print_help(command, out);
            return YB_ARGS_SHOWN;
        }
        if (which == GIVEN_VERSION || which == 'V') {
            yb_args_print_version(out);
            return YB_ARGS_SHOWN;
        }
        if (which == ':')
            return wrong(command, err, "this option needs a value", argv[optind - 1]);
        if (which == '?')
            return wrong(command, err, "unknown option, or one that takes no value", argv[optind - 1]);
        args.values[option_index(command, which)] = optarg != NULL ? optarg : "";
    }
    args.operands = argv + optind;
    args.operand_count = argc - optind;
    if (args.operand_count < command->operands_min)
        return wrong(command, err, "something is missing", NULL);
    if (args.operand_count > command->operands_max)
        return wrong(
            command, err, "too many arguments, the first one too many", args.operands[command->operands_max]);
    *ret_args = args;
    return YB_ARGS_RUN;
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
    (void)wrong(args->command, stderr, fault, NULL);
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

static void print_commands(const yb_command_t *const *commands, size_t count, FILE *out)
{
    fprintf(out,
        "usage: " PROGRAM " COMMAND [ARGUMENTS]\n       " PROGRAM " COMMAND --help\n\n"
        "The operator's command line of a yibao platform. It talks to the services over their message "
        "bus.\n\nCommands:\n");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\nOptions:\n  %-14s %s\n  %-14s %s\n\n", "--help", "this text", "--version", "the version");
    yb_place_print_help(out);
    fprintf(out,
        "\nExit code: 0 done, 1 findings or row errors, 2 wrong usage, 3 a service cannot be reached.\n");
}

int yb_ctl_run(const yb_command_t *const *commands, size_t count, int argc, char **argv, FILE *out, FILE *err)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        yb_args_print_version(out);
        return YB_EXIT_OK;
    }
    const bool help = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    const char *about = help && argc > 2 ? argv[2] : NULL; /* yibaoctl help import */
    for (size_t i = 0; i < count; i++) {
        if (about != NULL && strcmp(commands[i]->name, about) == 0) {
            yb_args_print_help(commands[i], out);
            return YB_EXIT_OK;
        }
        if (strcmp(commands[i]->name, name) != 0)
            continue;
        yb_args_t args;
        yb_args_result_t result = yb_args_parse(commands[i], argc - 1, argv + 1, out, err, &args);
        if (result != YB_ARGS_RUN)
            return result == YB_ARGS_SHOWN ? YB_EXIT_OK : YB_EXIT_USAGE;
        return commands[i]->run(&args);
    }
    if (help && about == NULL) {
        print_commands(commands, count, out);
        return YB_EXIT_OK;
    }
    if (name[0] == '\0') {
        print_commands(commands, count, err);
        return YB_EXIT_USAGE;
    }
    fprintf(err, PROGRAM ": unknown command or option: %s\n`" PROGRAM " --help` lists the commands.\n",
        about != NULL ? about : name);
    return YB_EXIT_USAGE;
}
