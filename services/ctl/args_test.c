#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/args.h"

static int runs;
static char seen[256];

static int note(const yb_args_t *args)
{
    int64_t wait = -1;
    runs++;
    if (!yb_args_number(args, "wait", 0, 100, 7, &wait))
        return YB_EXIT_USAGE;
    snprintf(seen, sizeof seen, "%d %s %s %d %d", args->operand_count,
        args->operand_count > 0 ? args->operands[0] : "",
        yb_args_has(args, "file") ? yb_args_value(args, "file") : "-", yb_args_has(args, "strict"),
        (int)wait);
    return YB_EXIT_OK;
}

static const yb_option_t options[] = { { "strict", NULL, "all or none" }, { "file", "FILE", "a file" },
    { "wait", "SECONDS", "how long" }, { "o", "OUT", "one letter" }, { "q", NULL, "a letter alone" },
    { NULL, NULL, NULL } };
static const char *const synopses[] = { "KIND [--strict] [--file FILE]", NULL };
static const yb_command_t load = { .name = "load",
    .summary = "Loads.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = note };

static int note_name(const yb_args_t *args)
{
    runs++;
    snprintf(seen, sizeof seen, "%s: %d %s", args->name, args->operand_count,
             args->operand_count > 0 ? args->operands[0] : "");
    return YB_EXIT_OK;
}

static const yb_option_t sell_options[] = {
    { "area", "AREA", "where" }, { "o", "OUT", "bill" }, { "now", NULL, "before noon" }, { NULL, NULL, NULL }
};
static const yb_command_t sell = { .name = "sell",
                                   .summary = "Sells a thing.",
                                   .synopses = YB_TEXTS("--area AREA -o OUT [THING]", "--area AREA -o -"),
                                   .options = sell_options,
                                   .required = YB_TEXTS("area", "o"),
                                   .operands_max = 1,
                                   .details = "Once.\n",
                                   .run = note_name };
static const yb_command_t count = { .name = "count",
                                    .summary = "Counts.",
                                    .synopses = YB_TEXTS("SHELF..."),
                                    .operands_min = 1,
                                    .operands_max = 3,
                                    .run = note_name };
static const yb_command_t *const of_stock[] = { &count, NULL };
static const yb_command_t stock = { .name = "stock", .summary = "What is there.", .subcommands = of_stock };
static const yb_command_t by_day = { .summary = "By day" }, by_night = { .summary = "By night" };
static const yb_command_t *const of_shop[] = { &by_day, &sell, &by_night, &stock, NULL };
static const yb_command_t shop = {
    .name = "shop", .summary = "A shop.", .details = "Open always.\n", .subcommands = of_shop
};
static const yb_command_t *const commands[] = { &load, &shop, NULL };

static char *out_text, *err_text;

/* Runs "yibaoctl WORDS…"; what it printed is in out_text and err_text. Words are split at blanks. */
static int run(const char *words)
{
    char line[256], *argv[16] = { (char *)(uintptr_t)"yibaoctl" }, *rest = line;
    size_t out_len, err_len;
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (word[0] != '\0')
            argv[argc++] = word;
    free(out_text);
    free(err_text);
    FILE *out = open_memstream(&out_text, &out_len), *err = open_memstream(&err_text, &err_len);
    runs = 0;
    int code = yb_ctl_run(commands, argc, argv, out, err);
    fclose(out);
    fclose(err);
    return code;
}

START_TEST(options_stand_anywhere)
{
    static const char *const lines[] = {
        "load --strict --file f --wait 5 persons",
        "load persons --strict --file f --wait 5",
        "load --file=f persons --wait=5 --strict",
    };
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(run(lines[i]), YB_EXIT_OK);
        ck_assert_str_eq(seen, "1 persons f 1 5");
    }
    ck_assert_int_eq(run("load -- --strict"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "1 --strict - 0 7");
}
END_TEST

START_TEST(options_of_one_letter)
{
    char *const lines[][6] = {
        { "load", "-o", "out", "-q", "persons", NULL },
        { "load", "persons", "-qo", "out", NULL },
        { "load", "-oout", "persons", "--q", NULL },
    };
    for (size_t i = 0; i < 3; i++) {
        char *argv[6];
        yb_args_t args;
        int argc = 0;
        for (; lines[i][argc] != NULL; argc++)
            argv[argc] = lines[i][argc];
        argv[argc] = NULL;
        ck_assert_int_eq(yb_args_parse(&load, "load", argc, argv, stdout, stderr, &args), YB_ARGS_RUN);
        ck_assert_str_eq(yb_args_value(&args, "o"), "out");
        ck_assert(yb_args_has(&args, "q"));
        ck_assert_str_eq(args.operands[0], "persons");
    }
    ck_assert_int_eq(run("load persons -o"), YB_EXIT_USAGE);
    ck_assert_int_eq(run("load persons -x"), YB_EXIT_USAGE);
    ck_assert_int_eq(run("load --help"), YB_EXIT_OK);
    ck_assert(strstr(out_text, " -o OUT") != NULL);
}
END_TEST

START_TEST(wrong_usage_is_refused_with_the_usage)
{
    static const char *const lines[][2] = {
        { "load persons --fast", "--fast" },
        { "load", "something is missing" },
        { "load a b", "b" },
        { "load a --file", "--file" },
        { "load a --strict=1", "--strict=1" },
        { "load -x a", "-x" },
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(run(lines[i][0]) == YB_EXIT_USAGE, "%s", lines[i][0]);
        ck_assert_int_eq(runs, 0);
        ck_assert_msg(strstr(err_text, lines[i][1]) != NULL, "%s: %s", lines[i][0], err_text);
        ck_assert_ptr_nonnull(strstr(err_text, "usage: yibaoctl load KIND"));
        ck_assert_str_eq(out_text, "");
    }
}
END_TEST

START_TEST(numbers_are_checked)
{
    static const char *const bad[] = { "load a --wait x", "load a --wait 101", "load a --wait -1",
        "load a --wait 1.5", "load a --wait 99999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(run(bad[i]) == YB_EXIT_USAGE, "%s", bad[i]);
    ck_assert_int_eq(run("load a --wait 100"), YB_EXIT_OK);
}
END_TEST

START_TEST(help_and_version_everywhere)
{
    static const char *const help[] = { "--help", "-h", "help" };
    static const char *const command_help[] = { "load --help", "load -h", "help load", "load a b --help" };
    static const char *const version[] = { "--version", "-V", "load --version", "load a -V" };
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(run(help[i]), YB_EXIT_OK);
        ck_assert_ptr_nonnull(strstr(out_text, "load            Loads."));
        ck_assert_ptr_nonnull(strstr(out_text, "YB_HOME"));
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(run(command_help[i]), YB_EXIT_OK);
        ck_assert_int_eq(runs, 0);
        ck_assert_ptr_nonnull(strstr(out_text, "--file FILE"));
        ck_assert_int_eq(run(version[i]), YB_EXIT_OK);
        ck_assert_str_eq(out_text, "yibaoctl " YB_VERSION "\n");
    }
}
END_TEST

START_TEST(unknown_commands_are_refused)
{
    static const char *const lines[] = { "", "lode", "--fast", "help lode" };
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(run(lines[i]) == YB_EXIT_USAGE, "%s", lines[i]);
        ck_assert_str_eq(out_text, "");
        /* a mistyped name is said, not drowned in the list of all */
        const bool named = lines[i][0] != '\0';
        ck_assert((strstr(err_text, "usage: yibaoctl COMMAND") != NULL) == !named);
        ck_assert((strstr(err_text, "yibaoctl --help") != NULL) == named);
    }
    run("help lode");
    ck_assert_ptr_nonnull(strstr(err_text, "lode"));
}
END_TEST

START_TEST(subcommands_run_with_their_own_operands)
{
    ck_assert_int_eq(run("shop sell --area 1 -o x"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "shop sell: 0 ");
    ck_assert_int_eq(run("shop sell hat -ox --now --area=1"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "shop sell: 1 hat");
    ck_assert_int_eq(run("shop sell --area 1 -o x -- stock"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "shop sell: 1 stock");
    ck_assert_int_eq(run("shop stock count a b"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "shop stock count: 2 a");
    ck_assert_int_eq(run("shop stock count count"), YB_EXIT_OK);
    ck_assert_str_eq(seen, "shop stock count: 1 count");
}
END_TEST

START_TEST(wrong_usage_of_a_subcommand_says_its_whole_name)
{
    static const struct {
        const char *line, *said, *usage;
    } cases[] = {
        { "shop sell", "shop sell: missing: --area, -o", "usage: yibaoctl shop sell --area AREA" },
        { "shop sell -o x hat", "shop sell: missing: --area\n", "       yibaoctl shop sell --area AREA -o -" },
        { "shop sell --area= -o x", "shop sell: missing: --area\n", "shop sell --help" },
        { "shop sell --area 1 -o x hat coat", "the first one too many: coat", "usage: yibaoctl shop sell" },
        { "shop sell --area 1 -o x --file f", "unknown option, or one that takes no value: --file", "shop sell" },
        { "shop stock count", "shop stock count: something is missing", "usage: yibaoctl shop stock count SHELF" },
        { "shop stock count 1 2 3 4", "too many: 4", "`yibaoctl shop stock count --help` explains it." },
        { "shop stock count --area 1 x", "--area", "usage: yibaoctl shop stock count SHELF" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(run(cases[i].line) == YB_EXIT_USAGE, "%s", cases[i].line);
        ck_assert_int_eq(runs, 0);
        ck_assert_str_eq(out_text, "");
        ck_assert_msg(strstr(err_text, cases[i].said) != NULL, "%s: %s", cases[i].line, err_text);
        ck_assert_msg(strstr(err_text, cases[i].usage) != NULL, "%s: %s", cases[i].line, err_text);
    }
}
END_TEST

START_TEST(which_subcommands_there_are)
{
    static const struct {
        const char *line, *said, *choice;
    } cases[] = {
        { "shop", "yibaoctl shop: which of its commands?", "usage: yibaoctl shop sell|stock [ARGUMENTS]" },
        { "shop sel", "yibaoctl shop: \"sel\" is none of its commands", "usage: yibaoctl shop sell|stock [" },
        { "shop --area 1 sell", "shop: \"--area\" is none", "usage: yibaoctl shop sell|stock [" },
        { "shop stock", "yibaoctl shop stock: which", "usage: yibaoctl shop stock count [ARGUMENTS]" },
        { "shop stock sell", "shop stock: \"sell\" is none", "`yibaoctl shop stock --help` lists them." },
        { "help shop sel", "shop: \"sel\" is none", "usage: yibaoctl shop sell|stock [" },
        { "help shop stock cuont", "shop stock: \"cuont\" is none", "usage: yibaoctl shop stock count [" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(run(cases[i].line) == YB_EXIT_USAGE, "%s", cases[i].line);
        ck_assert_int_eq(runs, 0);
        ck_assert_str_eq(out_text, "");
        ck_assert_msg(strstr(err_text, cases[i].said) != NULL, "%s: %s", cases[i].line, err_text);
        ck_assert_msg(strstr(err_text, cases[i].choice) != NULL, "%s: %s", cases[i].line, err_text);
    }
}
END_TEST

START_TEST(help_of_subcommands)
{
    static const char *const lists[] = { "shop --help", "shop -h", "help shop", "--help shop" };
    static const char *const pages[] = { "shop sell --help", "shop sell -h", "help shop sell", "shop sell x y --help",
                                         "help shop sell hat" };
    static const char *const deep[] = { "shop stock count --help", "help shop stock count" };
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(run(lists[i]), YB_EXIT_OK);
        ck_assert_ptr_nonnull(strstr(out_text, "usage: yibaoctl shop COMMAND"));
        ck_assert_ptr_nonnull(strstr(out_text,
                                     "\nA shop.\n\nOpen always.\n\nBy day:\n  sell            Sells a thing.\n"
                                     "\nBy night:\n  stock           What is there.\n"));
        ck_assert(strstr(out_text, "Commands:") == NULL);
        ck_assert(strstr(out_text, "--area") == NULL);
    }
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(run(pages[i]), YB_EXIT_OK);
        ck_assert_int_eq(runs, 0);
        ck_assert_ptr_nonnull(strstr(out_text, "usage: yibaoctl shop sell --area AREA -o OUT [THING]\n"
                                               "       yibaoctl shop sell --area AREA -o -\n"
                                               "\nSells a thing.\n\nOnce.\n\nOptions:\n"));
        ck_assert_ptr_nonnull(strstr(out_text, "--area AREA          where [required]\n"));
        ck_assert_ptr_nonnull(strstr(out_text, "-o OUT               bill [required]\n"));
        ck_assert_ptr_nonnull(strstr(out_text, "--now                before noon\n"));
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(run(deep[i]), YB_EXIT_OK);
        ck_assert_ptr_nonnull(strstr(out_text, "usage: yibaoctl shop stock count SHELF...\n\nCounts.\n"));
    }
    ck_assert_int_eq(run("help shop stock"), YB_EXIT_OK);
    ck_assert_ptr_nonnull(strstr(out_text, "\nCommands:\n  count           Counts.\n"));
    ck_assert_int_eq(run("shop --version"), YB_EXIT_OK);
    ck_assert_str_eq(out_text, "yibaoctl " YB_VERSION "\n");
    ck_assert_int_eq(run("shop sell -V"), YB_EXIT_OK);
    ck_assert_str_eq(out_text, "yibaoctl " YB_VERSION "\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("args");
    TCase *c = tcase_create("args");
    tcase_add_test(c, options_stand_anywhere);
    tcase_add_test(c, options_of_one_letter);
    tcase_add_test(c, wrong_usage_is_refused_with_the_usage);
    tcase_add_test(c, numbers_are_checked);
    tcase_add_test(c, help_and_version_everywhere);
    tcase_add_test(c, unknown_commands_are_refused);
    tcase_add_test(c, subcommands_run_with_their_own_operands);
    tcase_add_test(c, wrong_usage_of_a_subcommand_says_its_whole_name);
    tcase_add_test(c, which_subcommands_there_are);
    tcase_add_test(c, help_of_subcommands);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
