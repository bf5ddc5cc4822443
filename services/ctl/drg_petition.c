/* yibaoctl drg petition: what hospitals ask for a case, and how two operators decide it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/id.h"
#include "services/ctl/drg.h"
#include "services/ctl/drg_month.h"
#include "services/drg/rules/petition.h"

#define PAGE 500

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

/* The n-th operand, "" = not given. */
static const char *word(const yb_args_t *args, int n) { return n < args->operand_count ? args->operands[n] : ""; }

static int index_of(const char *const *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0)
            return (int)i;
    return -1;
}

static const char *const states[] = { "", "filed", "proposed", "granted", "refused" };
static const char *const kinds[] = { "", "special", "group", "payment" };
static const char *const remedies[] = { "none", "special", "group", "list" };
#define NAME(words, i) ((i) >= 0 && (size_t)(i) < sizeof(words) / sizeof((words)[0]) ? (words)[i] : "?")

/* Nothing is filed or decided twice when its answer was lost: the state says so. */
static yb_ask_t ask_of(const char *method, const ProtobufCMessage *body, const ProtobufCMessageDescriptor *reply)
{
    return (yb_ask_t){
        .service = "drg", .method = method, .body = body, .timeout_ms = YB_MONTH_TIMEOUT_MS, .reply_type = reply
    };
}

static bool read_id(const yb_args_t *args, const char *what, int64_t *ret_id)
{
    const char *text = args->operands[0];
    yb_id_t id = 0;
    if (yb_id_parse(text, strlen(text), &id) == YB_OK) {
        *ret_id = id;
        return true;
    }
    yb_args_wrong(args, "%s \"%.40s\" is not a number", what, text);
    return false;
}

/* ---- showing ---- */

static void print_line(const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    printf("%-10s", label);
    yb_print_clean(stdout, text);
    fputc('\n', stdout);
}

static void print_decision(const Yibao__Drg__Petition *p)
{
    char text[160], day[YB_TIME_TEXT], moment[YB_TIME_TEXT];
    if (p->state == YB_PETITION_FILED)
        return;
    snprintf(text, sizeof text, "%s%s%s%s%s%s", p->grants ? "grant: " : "refuse",
             p->grants ? NAME(remedies, p->remedy) : "", p->drg[0] != '\0' ? " " : "", p->drg,
             p->until_day != 0 ? " until " : "", p->until_day != 0 ? yb_day_format(p->until_day, day) : "");
    print_line("decision", text);
    print_line("answer", p->answer);
    snprintf(text, sizeof text, "%s %s", p->proposed_by, yb_moment_text(p->proposed_us, moment));
    print_line("first", text);
    if (p->decided_us == 0)
        return;
    snprintf(text, sizeof text, "%s %s", p->decided_by, yb_moment_text(p->decided_us, moment));
    print_line("decided", text);
}

static void print_petition(const Yibao__Drg__Petition *p)
{
    char text[160], day[YB_TIME_TEXT], moment[YB_TIME_TEXT];
    printf("%-10s%" PRId64 ": %s, %s\n", "petition", p->petition_id, NAME(kinds, p->kind), NAME(states, p->state));
    printf("%-10s%" PRId64 " of %s, %" PRId32 ", area %" PRId32 "\n", "case", p->setl_id, p->fixmedins_code, p->ym,
           p->poolarea);
    snprintf(text, sizeof text, "%s%s%s", NAME(remedies, p->wanted), p->wanted_drg[0] != '\0' ? " " : "",
             p->wanted_drg);
    print_line("asks for", text);
    print_line("because", p->reason);
    snprintf(text, sizeof text, "%s %s%s%s", p->filed_by, yb_moment_text(p->filed_us, moment),
             p->deadline_day != 0 ? ", until " : "", p->deadline_day != 0 ? yb_day_format(p->deadline_day, day) : "");
    print_line("filed", text);
    print_decision(p);
}

static void print_one(const ProtobufCMessage *reply)
{
    const Yibao__Drg__GetPetitionReply *r = (const Yibao__Drg__GetPetitionReply *)reply;
    static const char *const titles[] = { "TIME", "WHO", "WHAT", "TEXT", NULL };
    if (r->petition == NULL)
        return;
    print_petition(r->petition);
    if (r->petition->kind == YB_PETITION_SPECIAL)
        printf("%-10s%" PRId64 " granted of at most %" PRId64 ", for %" PRId64 " cases of the month\n", "special",
               r->special_granted, r->special_max, r->special_of);
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < r->petition->n_trail; i++) {
        const Yibao__Drg__TrailRow *t = r->petition->trail[i];
        char moment[YB_TIME_TEXT];
        yb_table_row(table, (const char *[]){ yb_moment_text(t->at_us, moment), t->who, t->what, t->text });
    }
    fputc('\n', stdout);
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static int show_run(const yb_args_t *args)
{
    Yibao__Drg__GetPetitionRequest req = YIBAO__DRG__GET_PETITION_REQUEST__INIT;
    if (!read_id(args, "ID", &req.petition_id))
        return YB_EXIT_USAGE;
    const yb_ask_t ask = ask_of("Drg/GetPetition", &req.base, &yibao__drg__get_petition_reply__descriptor);
    return yb_drg_ask(&ask, print_one);
}

static const yb_command_t petition_show = {
    .name = "show",
    .summary = "One petition, its trail, and how many special ones the institution may still have.",
    .synopses = YB_TEXTS("ID"),
    .operands_min = 1,
    .operands_max = 1,
    .run = show_run,
};

/* ---- the list ---- */

static void add_rows(yb_table_t *table, const Yibao__Drg__ListPetitionsReply *r)
{
    for (size_t i = 0; i < r->n_petitions; i++) {
        const Yibao__Drg__Petition *p = r->petitions[i];
        char id[YB_ID_TEXT], setl[YB_ID_TEXT], month[16], moment[YB_TIME_TEXT], asks[32];
        snprintf(month, sizeof month, "%" PRId32, p->ym);
        snprintf(asks, sizeof asks, "%s %s", NAME(remedies, p->wanted), p->wanted_drg);
        yb_table_row(table,
                     (const char *[]){ yb_id_format(p->petition_id, id), month, p->fixmedins_code,
                                       yb_id_format(p->setl_id, setl), NAME(kinds, p->kind), asks,
                                       NAME(states, p->state), p->proposed_by, yb_moment_text(p->filed_us, moment) });
    }
}

static bool read_filter(const yb_args_t *args, Yibao__Drg__ListPetitionsRequest *req)
{
    const char *month = yb_args_value(args, "month"), *institution = yb_args_value(args, "institution");
    int64_t area = 0;
    const int state = index_of(states, sizeof states / sizeof states[0], word(args, 0));
    if (state < 0) {
        yb_args_wrong(args, "\"%.20s\" is none of filed, proposed, granted, refused", word(args, 0));
        return false;
    }
    if (!yb_args_number(args, "area", 100000, 999999, 0, &area))
        return false;
    if (month != NULL && yb_month_parse(month, strlen(month), &req->ym) != YB_OK) {
        yb_args_wrong(args, "--month \"%.20s\" is not a month: 202601", month);
        return false;
    }
    req->state = state;
    req->poolarea = (int32_t)area;
    req->fixmedins_code = lend(institution != NULL ? institution : "");
    req->limit = PAGE;
    return true;
}

static int list_run(const yb_args_t *args)
{
    static const char *const titles[] = { "PETITION", "MONTH", "INSTITUTION", "SETTLEMENT", "KIND",
                                          "ASKS FOR", "STATE", "FIRST",       "FILED",      NULL };
    Yibao__Drg__ListPetitionsRequest req = YIBAO__DRG__LIST_PETITIONS_REQUEST__INIT;
    yb_bus_t *bus = NULL;
    yb_fault_t fault;
    if (!read_filter(args, &req))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    yb_table_t *table = yb_table_create(titles);
    const yb_ask_t ask = ask_of("Drg/ListPetitions", &req.base, &yibao__drg__list_petitions_reply__descriptor);
    do {
        ProtobufCMessage *reply = NULL;
        yb_arena_reset(arena);
        if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK) {
            code = yb_fault_leave(&fault);
            break;
        }
        add_rows(table, (const Yibao__Drg__ListPetitionsReply *)reply);
        req.before = ((const Yibao__Drg__ListPetitionsReply *)reply)->before;
    } while (req.before != 0);
    if (code == YB_EXIT_OK && yb_table_count(table) == 0)
        printf("no petitions\n");
    else if (code == YB_EXIT_OK)
        yb_table_print(table, stdout);
    yb_table_destroy(&table);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return code;
}

static const yb_option_t list_options[] = {
    { "area", "AREA", "of one pooling area (six digits)" },
    { "month", "YYYYMM", "of one month of settlement" },
    { "institution", "CODE", "of one institution" },
    { NULL, NULL, NULL },
};

static const yb_command_t petition_list = {
    .name = "list",
    .summary = "Petitions, the newest first.",
    .synopses = YB_TEXTS("[filed|proposed|granted|refused] [--area AREA] [--month YYYYMM] [--institution CODE]"),
    .options = list_options,
    .operands_max = 1,
    .run = list_run,
};

/* ---- filing and deciding ---- */

static const yb_option_t reason_option[] = { { "reason", "TEXT", "why, in words the hospital reads" },
                                             { NULL, NULL, NULL } };

static const char *reason_of(const yb_args_t *args)
{
    const char *text = yb_args_value(args, "reason");
    return text != NULL ? text : "";
}

static void print_filed(const ProtobufCMessage *reply)
{
    const Yibao__Drg__FilePetitionReply *r = (const Yibao__Drg__FilePetitionReply *)reply;
    printf("petition %" PRId64 "\n", r->petition_id);
}

static int file_run(const yb_args_t *args)
{
    Yibao__Drg__FilePetitionRequest req = YIBAO__DRG__FILE_PETITION_REQUEST__INIT;
    const int kind = index_of(kinds, sizeof kinds / sizeof kinds[0], args->operands[1]);
    const char *wanted = word(args, 2);
    if (!read_id(args, "SETL_ID", &req.setl_id))
        return YB_EXIT_USAGE;
    if (kind <= 0)
        return yb_args_wrong(args, "\"%.20s\" is none of special, group, payment", args->operands[1]);
    const int remedy = wanted[0] == '\0' ? 0 : index_of(remedies, YB_REMEDY_COUNT, wanted);
    if (remedy < 0)
        return yb_args_wrong(args, "\"%.20s\" is none of special, group DRG, list", wanted);
    req.kind = kind;
    req.wanted = remedy;
    req.wanted_drg = lend(word(args, 3));
    req.reason = lend(reason_of(args));
    const yb_ask_t ask = ask_of("Drg/FilePetition", &req.base, &yibao__drg__file_petition_reply__descriptor);
    return yb_drg_ask(&ask, print_filed);
}

static const yb_command_t petition_file = {
    .name = "file",
    .summary = "File one for a hospital: special negotiation, an appeal of its group or of its payment.",
    .synopses = YB_TEXTS("SETL_ID special|group|payment [group DRG|list] --reason TEXT"),
    .options = reason_option,
    .operands_min = 2,
    .operands_max = 4,
    .run = file_run,
};

static void print_decided(const ProtobufCMessage *reply)
{
    const Yibao__Drg__Petition *p = ((const Yibao__Drg__DecidePetitionReply *)reply)->petition;
    print_petition(p);
    if (p->state == YB_PETITION_PROPOSED)
        printf("another person confirms: yibaoctl drg petition second %" PRId64 " yes\n", p->petition_id);
}

static int decide_run(const yb_args_t *args)
{
    Yibao__Drg__DecidePetitionRequest req = YIBAO__DRG__DECIDE_PETITION_REQUEST__INIT;
    const char *what = args->operands[1], *more = word(args, 2);
    const bool refuses = strcmp(what, "refuse") == 0;
    const int remedy = refuses ? 0 : index_of(remedies, YB_REMEDY_COUNT, what);
    int64_t days = 0;
    if (!read_id(args, "ID", &req.petition_id))
        return YB_EXIT_USAGE;
    if (remedy < 0)
        return yb_args_wrong(args, "\"%.20s\" is none of special, group DRG, list DAYS, none, refuse", what);
    if (remedy == YB_REMEDY_LIST && !yb_operand_number(args, "DAYS", more, 1, YB_PETITION_LIST_DAYS_MAX, &days))
        return YB_EXIT_USAGE;
    if (remedy != YB_REMEDY_LIST && remedy != YB_REMEDY_GROUP && more[0] != '\0')
        return yb_args_wrong(args, "\"%.20s\" after %s says nothing", more, what);
    req.grants = !refuses;
    req.remedy = remedy;
    req.drg = lend(remedy == YB_REMEDY_GROUP ? more : "");
    req.list_days = (int32_t)days;
    req.answer = lend(reason_of(args));
    const yb_ask_t ask = ask_of("Drg/DecidePetition", &req.base, &yibao__drg__decide_petition_reply__descriptor);
    return yb_drg_ask(&ask, print_decided);
}

static const yb_command_t petition_decide = {
    .name = "decide",
    .summary = "The first person's word: grant or refuse.",
    .synopses = YB_TEXTS("ID special|group DRG|list DAYS|none [--reason TEXT]", "ID refuse --reason TEXT"),
    .options = reason_option,
    .operands_min = 2,
    .operands_max = 3,
    .run = decide_run,
    .details = "Grants the case paid by cost (special), as a group, its list to come again within DAYS, or an\n"
               "explanation (none); or refuses. Another person confirms; only an appeal that is refused needs no\n"
               "second.\n",
};

static void print_seconded(const ProtobufCMessage *reply)
{
    print_petition(((const Yibao__Drg__SecondPetitionReply *)reply)->petition);
}

static int second_run(const yb_args_t *args)
{
    Yibao__Drg__SecondPetitionRequest req = YIBAO__DRG__SECOND_PETITION_REQUEST__INIT;
    static const char *const words[] = { "no", "yes" };
    const int confirms = index_of(words, 2, args->operands[1]);
    if (!read_id(args, "ID", &req.petition_id))
        return YB_EXIT_USAGE;
    if (confirms < 0)
        return yb_args_wrong(args, "\"%.20s\" is neither yes nor no", args->operands[1]);
    req.confirms = confirms == 1;
    req.reason = lend(reason_of(args));
    const yb_ask_t ask = ask_of("Drg/SecondPetition", &req.base, &yibao__drg__second_petition_reply__descriptor);
    return yb_drg_ask(&ask, print_seconded);
}

static const yb_command_t petition_second = {
    .name = "second",
    .summary = "Another person's word: yes confirms the decision, no sends it back.",
    .synopses = YB_TEXTS("ID yes", "ID no --reason TEXT"),
    .options = reason_option,
    .operands_min = 2,
    .operands_max = 2,
    .run = second_run,
};

/* ---- the command ---- */

static const yb_command_t *const subcommands[] = { &petition_list,   &petition_show,   &petition_file,
                                                   &petition_decide, &petition_second, NULL };

const yb_command_t yb_drg_petition = {
    .name = "petition",
    .summary = "Special negotiation and appeals: list, show, file, decide, second.",
    .details = "What hospitals ask for a case: special negotiation, an appeal of its group or of its payment. Two\n"
               "persons decide (docs/payment.md).\n",
    .subcommands = subcommands,
};
