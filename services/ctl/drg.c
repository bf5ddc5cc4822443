/* yibaoctl drg: what of DRG and DIP runs on files, without any service, and the months of the drg service. */
#include "services/ctl/drg.h"

#include <string.h>

#include "services/ctl/commands.h"
#include "services/ctl/outfile.h"

static const struct {
    const char *name;
    int (*run)(const yb_args_t *args);
    const char *takes; /* options, separated by blanks */
    bool is_alone;     /* no operand follows */
} subcommands[] = {
    { "pay", yb_drg_pay, "plan o", false },
    { "plan", yb_drg_plan, "kind o", false },
    { "dip", yb_drg_dip, "threshold trim catalogue aux bounds require o", false },
    { "year", yb_drg_year, "plan o", false },
    { "head", yb_drg_head, "plan o", false },
    { "months", yb_drg_months, "area", true },
    { "freeze", yb_drg_freeze, "area month now", true },
    { "reopen", yb_drg_reopen, "area month reason", true },
    { "close", yb_drg_close, "area month year inputs now", true },
    { "release", yb_drg_release, "area month year", true },
    { "statements", yb_drg_statements, "area month year institution o", true },
    { "compare", yb_drg_compare, "area month wait", true },
    { "backfill", yb_drg_backfill, "area from to wait", true },
    { "petition", yb_drg_petition, "area month institution reason", false },
    { "report", yb_drg_report, "by month institution area format o", true },
    { "case", yb_drg_case, "", false },
    { "feedback", yb_drg_feedback, "month institution area o", true },
};

static const yb_option_t options[] = {
    { "plan", "PLAN.yaml", "pay, year, head: the plan; its tables stand beside it" },
    { "kind", "WORD=KIND,...", "plan import: what the table's own words for kinds of groups mean" },
    { "threshold", "N", "dip build: weighted cases from which a disease is core [15]" },
    { "catalogue", "CATALOGUE.tsv", "dip score: what `dip build` wrote" },
    { "aux", "AUX.tsv", "dip score: auxiliary coefficients by age, severity and tumour" },
    { "trim", "SHARE", "dip build: of every disease and year, leave out this share of the cases at either end [0]" },
    { "bounds", "included|excluded", "dip score: is exactly 50 % low and exactly 200 % high [excluded]" },
    { "require", "same|listed|all", "dip score: when a disease with operations takes a case [same]" },
    { "o", "FILE", "where the results go; whole or not at all" },
    { "area", "AREA", "months: of which pooling area (six digits)" },
    { "from", "YYYYMM", "backfill: the first month of settlement" },
    { "to", "YYYYMM", "backfill: the last one [this month]" },
    { "wait", "SECONDS", "for events under way [compare: 10; backfill: 60 without progress]" },
    { "year", "YYYY", "close, release, statements: the year's clearing instead of a month" },
    { "inputs", "INPUTS.tsv", "close --year: what is known of institutions beside their months (docs/payment.md)" },
    { "now", NULL, "freeze: though the upload day has not passed; close --year: though the year has not" },
    { "month", "YYYYMM", "months: of settlement; report: or YYYYMM-YYYYMM, at most 12 [the newest that is closed]" },
    { "reason", "TEXT", "reopen; petition file, decide, second: why, in words the hospital reads" },
    { "institution", "CODE",
      "statements, petition list, report, feedback: of one institution; statements without --month: all that was "
      "released to it" },
    { "by", "WHAT", "report: a row per hospital, department, drg, month or class [hospital]" },
    { "format", "text|csv", "report: a table to read, or CSV for a spreadsheet [text]" },
    { NULL, NULL, NULL },
};

/* Results over what they are made of would be the end of it. */
static bool output_is_apart(const yb_args_t *args)
{
    static const char *const inputs[] = { "plan", "catalogue", "aux", "inputs" };
    const char *out = yb_args_value(args, "o");
    bool same = false;
    for (int i = 1; i < args->operand_count && out != NULL; i++)
        same = same || yb_outfile_is(out, args->operands[i]);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0] && out != NULL; i++)
        same = same || (yb_args_value(args, inputs[i]) != NULL && yb_outfile_is(out, yb_args_value(args, inputs[i])));
    return !same;
}

/* An option that a command would not look at is a mistake. */
static const char *foreign_option(const yb_args_t *args, const char *takes)
{
    for (size_t i = 0; options[i].name != NULL; i++) {
        const size_t len = strlen(options[i].name);
        const char *at = takes;
        while (*at != '\0' && (strncmp(at, options[i].name, len) != 0 || (at[len] != ' ' && at[len] != '\0'))) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
        if (*at == '\0' && yb_args_has(args, options[i].name))
            return options[i].name;
    }
    return NULL;
}

static int drg_run(const yb_args_t *args)
{
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++) {
        if (strcmp(args->operands[0], subcommands[i].name) != 0)
            continue;
        const char *foreign = foreign_option(args, subcommands[i].takes);
        if (foreign != NULL)
            return yb_args_wrong(args, "drg %s has no option %s%s", subcommands[i].name,
                                 foreign[1] != '\0' ? "--" : "-", foreign);
        if (yb_args_has(args, "year") && yb_args_has(args, "month"))
            return yb_args_wrong(args, "--month or --year, not both");
        if (yb_args_has(args, "month") && yb_args_has(args, "o") && strcmp(subcommands[i].name, "statements") == 0)
            return yb_args_wrong(args, "-o is for the sheets of a year (--year)");
        if (subcommands[i].is_alone && args->operand_count > 1)
            return yb_args_wrong(args, "drg %s takes no \"%.40s\"", subcommands[i].name, args->operands[1]);
        return output_is_apart(args) ? subcommands[i].run(args)
                                     : yb_args_wrong(args, "-o names a file that is read; name another one");
    }
    return yb_args_wrong(args, "\"%.40s\" is not one of its commands", args->operands[0]);
}

static const char *const synopses[] = {
    "pay --plan PLAN.yaml CASES.tsv -o OUT.tsv",
    "year --plan PLAN.yaml MONTHS.tsv -o OUT.tsv",
    "head --plan PLAN.yaml SIGNED.tsv -o OUT.tsv",
    "plan check PLAN.yaml...",
    "plan import FILE.csv -o weights.tsv [--kind WORD=KIND,...]",
    "dip build HISTORY.tsv -o CATALOGUE.tsv [--threshold N] [--trim SHARE]",
    "dip import CITY.csv -o CATALOGUE.tsv",
    "dip score --catalogue CATALOGUE.tsv CASES.tsv -o OUT.tsv [--aux AUX.tsv] [--bounds included|excluded] [--require "
    "same|listed|all]",
    "months [--area AREA]",
    "freeze --area AREA --month YYYYMM [--now]",
    "reopen --area AREA --month YYYYMM --reason TEXT",
    "close --area AREA --month YYYYMM",
    "release --area AREA --month YYYYMM",
    "statements --area AREA --month YYYYMM [--institution CODE]",
    "statements --institution CODE",
    "compare --area AREA --month YYYYMM [--wait SECONDS]",
    "backfill --area AREA --from YYYYMM [--to YYYYMM] [--wait SECONDS]",
    "close --area AREA --year YYYY [--inputs INPUTS.tsv] [--now]",
    "release --area AREA --year YYYY",
    "statements --area AREA --year YYYY [--institution CODE] [-o OUT.csv]",
    "petition list [filed|proposed|granted|refused] [--area AREA] [--month YYYYMM] [--institution CODE]",
    "petition show ID",
    "petition file SETL_ID special|group|payment [group DRG|list] --reason TEXT",
    "petition decide ID special|group DRG|list DAYS|none [--reason TEXT]",
    "petition decide ID refuse --reason TEXT",
    "petition second ID yes | no --reason TEXT",
    "report [--by hospital|department|drg|month|class] [--month YYYYMM[-YYYYMM]] [--institution CODE] [--area AREA] "
    "[--format text|csv] [-o FILE]",
    "case SETL_ID",
    "feedback --month YYYYMM --institution CODE -o FILE.csv [--area AREA]",
    NULL
};

const yb_command_t yb_ctl_drg = {
    .name = "drg",
    .summary = "Months of hospitals paid by DRG: freeze, close, release. And on files, without a service: pay cases, "
               "clear a year, check plans, build and apply a DIP catalogue.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 1000,
    .run = drg_run,
    .details =
        "pay         class, points, gross and due of every case, in the order of CASES; prints the sums per insurance "
        "type. Nothing is written\n"
        "            when a case or the plan has a fault\n"
        "year        the year's clearing sheet of every institution and county group, from what its months came to\n"
        "head        what is paid by head, balanced against what was used by the plan's terms of the year\n"
        "plan check  prints FILE:LINE: error|warning: KEY: what is wrong. Exit code 1 when a plan is not usable\n"
        "plan import a city's published table of weights to the weights.tsv of a plan\n"
        "dip build   the catalogue of diseases and their weights from three years of cases\n"
        "dip import  a published catalogue (code, weight, mean; without sums) to the same form\n"
        "dip score   the score of every case by a catalogue; a plan with `method: dip` turns scores into money (pay)\n"
        "months      how far each month is: open, frozen, closed by whom, released\n"
        "freeze      its lists stay as they are from now on; refused before the plan's upload day has passed\n"
        "reopen      lists may be replaced again; a run that was not released is dropped\n"
        "close       every case of a frozen month grouped and paid: a statement per institution and insutype. Started "
        "again after a kill it goes on;\n"
        "            the same again changes nothing\n"
        "release     by another person than the one who closed (YB_OPERATOR, else USER): the differences go to "
        "settlement's books\n"
        "statements  what a month owes each institution\n"
        "compare     stays, fees and basic fund of a month in settlement and in drg. Exit code 1 when they differ\n"
        "backfill    settlement tells drg again of the stays of these months and what reversed them; then compares\n"
        "--year      close: the clearing sheet of every institution, when each month of the year was released; the "
        "same "
        "again changes nothing.\n"
        "            release: the differences to what the months have booked go to settlement's books. statements -o: "
        "the "
        "sheets as CSV\n"
        "petition    what hospitals ask for a case: special negotiation, an appeal of its group or of its payment. "
        "One person decides: grants\n"
        "            it paid by cost (special), as a group, its list to come again within DAYS, or an explanation "
        "(none); or refuses.\n"
        "            Another person confirms (second yes) or sends it back (second no); only an appeal that is refused "
        "needs no second\n"
        "report      of months that are closed: CMI, time and cost index, share grouped, low and high, low-risk "
        "deaths, surplus\n"
        "case        one case: what its list said, its path to the group, the comparison and the money, its statement "
        "and trail\n"
        "feedback    every case of an institution's month as CSV: cost, standard, class, reason\n"
        "docs/payment.md says how plans and files are written, and how a month goes.\n",
};
