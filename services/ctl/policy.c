/* yibaoctl policy check: the service's own reading of policy files, without any service. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/settlement/policy/policy_file.h"

#define FILES_MAX 1000

static void print_finding(const char *path, const yb_policy_finding_t *f)
{
    printf("%s:%" PRId32 ": %s: ", path, f->line, f->severity == YB_SEVERITY_ERROR ? "error" : "warning");
    if (f->key[0] != '\0') {
        yb_print_clean(stdout, f->key);
        fputs(": ", stdout);
    }
    yb_print_clean(stdout, f->text);
    putchar('\n');
}

/* True: the file is good. */
static bool check_file(const char *path, yb_policy_report_t *report)
{
    yb_err_t err = yb_policy_check(path, report);
    for (size_t i = 0; i < report->count; i++)
        print_finding(path, &report->findings[i]);
    if (report->left_out > 0)
        printf("%s: … and %zu more findings\n", path, report->left_out);
    if (err != YB_OK && report->count == 0)
        printf("%s:0: error: %s\n", path, yb_err_text(err));
    if (err == YB_OK)
        printf("%s: good%s\n", path, report->count > 0 ? ", with warnings" : "");
    return err == YB_OK;
}

/* A folder as the service loads it: every file, and that no two speak of one region and day. */
static bool check_folder(const char *path)
{
    char detail[1024] = "";
    yb_policy_set_t *set = NULL;
    yb_err_t err = yb_policy_set_load(path, &set, detail, sizeof detail);
    if (err != YB_OK) {
        printf("%s: error: ", path);
        yb_print_clean(stdout, detail[0] != '\0' ? detail : yb_err_text(err));
        putchar('\n');
        return false;
    }
    for (size_t i = 0; i < set->count; i++)
        printf("%s/%s: good: %s, %" PRId32 "\n", path, set->policies[i]->file_name, set->policies[i]->name,
            set->policies[i]->region);
    yb_policy_set_destroy(&set);
    return true;
}

static int check_run(const yb_args_t *args)
{
    yb_policy_report_t *report = malloc(sizeof *report);
    YB_ASSERT(report != NULL);
    int bad = 0;
    for (int i = 0; i < args->operand_count; i++) {
        struct stat st;
        const bool folder = stat(args->operands[i], &st) == 0 && S_ISDIR(st.st_mode);
        bad += folder ? !check_folder(args->operands[i]) : !check_file(args->operands[i], report);
    }
    free(report);
    if (bad > 0)
        fprintf(stderr, "%d of %d not usable (docs/policy.md says how a file is written)\n", bad, args->operand_count);
    return bad > 0 ? YB_EXIT_FINDINGS : YB_EXIT_OK;
}

static const yb_command_t policy_check = {
    .name = "check",
    .summary = "Check policy files or folders: gaps, overlaps, numbers without source.",
    .synopses = YB_TEXTS("FILE|FOLDER..."),
    .operands_min = 1,
    .operands_max = FILES_MAX,
    .run = check_run,
    .details = "Prints FILE:LINE: error|warning: KEY: what is wrong. A folder is checked as settlement loads it:\n"
               "also that no two files speak of one region and day. Exit code 1 when a file is not usable.\n",
};

static const yb_command_t *const subcommands[] = { &policy_check, NULL };

const yb_command_t yb_ctl_policy = {
    .name = "policy",
    .summary = "Check policy files: gaps, overlaps, numbers without source. Needs no service.",
    .details = "docs/policy.md says how a policy file is written.\n",
    .subcommands = subcommands,
};
