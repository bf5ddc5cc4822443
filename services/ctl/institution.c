/* yibaoctl institution: secret, block, unblock, rate, require-sign-in, show. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/code.h"
#include "proto/identity.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"

#define TIMEOUT_MS 20000
#define RATE_MAX 100000

typedef Yibao__Identity__SetInstitutionRequest set_request_t;

static const char *yes(int flag)
{
    return flag ? "yes" : "no";
}

static void print_institution(const Yibao__Types__Institution *i, const char *secret_state)
{
    char rate[48] = "no limit", class[16];
    if (i->rate_per_s > 0)
        snprintf(rate, sizeof rate, "%" PRId32 " calls a second", i->rate_per_s);
    snprintf(class, sizeof class, "%" PRId32, i->charge_class);
    const struct {
        const char *name, *text;
    } lines[] = {
        { "code", i->fixmedins_code },
        { "name", i->fixmedins_name },
        { "type", i->fixmedins_type },
        { "level", i->hosp_lv },
        { "charge class", class },
        { "tier", i->tier },
        { "area", i->admdvs },
        { "blocked", yes(i->blocked) },
        { "rate", rate },
        { "must sign in", yes(i->require_sign_in) },
        { "secret", secret_state },
    };
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        if (lines[n].text == NULL)
            continue;
        printf("%-13s ", lines[n].name);
        yb_print_clean(stdout, lines[n].text);
        putchar('\n');
    }
}

static int show(yb_bus_t *bus, set_request_t *of, yb_arena_t *arena)
{
    Yibao__Identity__GetCallerRequest request = YIBAO__IDENTITY__GET_CALLER_REQUEST__INIT;
    const yb_ask_t ask = { .service = "identity",
        .method = "Identity/GetCaller",
        .body = &request.base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__identity__get_caller_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    request.fixmedins_code = of->fixmedins_code;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        return yb_fault_leave(&fault);
    const Yibao__Identity__GetCallerReply *got = (const Yibao__Identity__GetCallerReply *)reply;
    if (got->institution == NULL || got->institution->fixmedins_code[0] == '\0') {
        fprintf(stderr,
                "yibaoctl institution: %s is not registered (`yibaoctl import institutions FILE` registers "
                "institutions)\n",
                of->fixmedins_code);
        return YB_EXIT_FINDINGS;
    }
    print_institution(got->institution,
        got->app_secret[0] != '\0' ? "set: calls must be signed" : "none: unsigned, in the sandbox only");
    return YB_EXIT_OK;
}

static int set(yb_bus_t *bus, set_request_t *request, yb_arena_t *arena)
{
    /* Without a key: setting the same again changes nothing, and what a key leads to is stored, which a new
     * secret must not be. */
    const yb_ask_t ask = { .service = "identity",
        .method = "Identity/SetInstitution",
        .body = &request->base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__identity__set_institution_reply__descriptor,
        .route_key = yb_route_key(request->fixmedins_code) };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        return yb_fault_leave(&fault);
    const Yibao__Identity__SetInstitutionReply *got = (const Yibao__Identity__SetInstitutionReply *)reply;
    const bool made = request->what_case == YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET;
    if (made && got->app_secret[0] == '\0') {
        fprintf(stderr, "yibaoctl institution: identity made no secret; its log says why\n");
        return YB_EXIT_FINDINGS;
    }
    if (got->institution != NULL && !made)
        print_institution(got->institution,
            request->what_case == YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_APP_SECRET ? "none" : NULL);
    if (made) {
        fprintf(stderr,
            "secret of %s (x-tif-signature); it is shown this once, hand it over on a safe way:\n",
            request->fixmedins_code);
        printf("%s\n", got->app_secret);
    }
    return YB_EXIT_OK;
}

/* The institution that operands[0] names, asked of or set over the bus. */
static int at_identity(const yb_args_t *args, set_request_t *request,
                       int (*act)(yb_bus_t *bus, set_request_t *request, yb_arena_t *arena))
{
    const char *code = args->operands[0];
    yb_refusal_t refusal = { .code = YB_OK };
    yb_bus_t *bus = NULL;
    if (yb_code_institution(code, strlen(code), "fixmedins_code", &refusal) != YB_OK)
        return yb_args_wrong(args, "CODE \"%.40s\" is not an institution's code: H or P and eleven digits", code);
    request->fixmedins_code = (char *)(uintptr_t)code;
    int exit_code = yb_bus_open(&bus);
    if (exit_code != YB_EXIT_OK)
        return exit_code;
    yb_arena_t *arena = yb_arena_create(0);
    exit_code = act(bus, request, arena);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return exit_code;
}

/* ---- show ---- */

static int show_run(const yb_args_t *args)
{
    set_request_t of = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    return at_identity(args, &of, show);
}

static const yb_command_t institution_show = {
    .name = "show",
    .summary = "What is registered of an institution, and whether its calls must be signed.",
    .synopses = YB_TEXTS("CODE"),
    .operands_min = 1,
    .operands_max = 1,
    .run = show_run,
};

/* ---- secret ---- */

static int secret_run(const yb_args_t *args)
{
    set_request_t request = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    request.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET;
    request.new_secret = true;
    if (yb_args_has(args, "remove")) {
        request.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_APP_SECRET;
        request.app_secret = (char *)(uintptr_t) "";
    }
    return at_identity(args, &request, set);
}

static const yb_option_t secret_options[] = {
    { "remove", NULL, "take it away; unsigned calls are then let in by a sandbox only" },
    { NULL, NULL, NULL },
};

static const yb_command_t institution_secret = {
    .name = "secret",
    .summary = "Make a new secret and print it once; the old one ends within 3 s.",
    .synopses = YB_TEXTS("CODE [--remove]"),
    .options = secret_options,
    .operands_min = 1,
    .operands_max = 1,
    .run = secret_run,
};

/* ---- block, unblock ---- */

static int set_blocked(const yb_args_t *args, bool blocked)
{
    set_request_t request = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    request.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_BLOCKED;
    request.blocked = blocked;
    return at_identity(args, &request, set);
}

static int block_run(const yb_args_t *args) { return set_blocked(args, true); }

static const yb_command_t institution_block = {
    .name = "block",
    .summary = "Refuse every transaction of an institution.",
    .synopses = YB_TEXTS("CODE"),
    .operands_min = 1,
    .operands_max = 1,
    .run = block_run,
};

static int unblock_run(const yb_args_t *args) { return set_blocked(args, false); }

static const yb_command_t institution_unblock = {
    .name = "unblock",
    .summary = "Let a blocked institution in again.",
    .synopses = YB_TEXTS("CODE"),
    .operands_min = 1,
    .operands_max = 1,
    .run = unblock_run,
};

/* ---- rate ---- */

static int rate_run(const yb_args_t *args)
{
    set_request_t request = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    int64_t rate = 0;
    if (!yb_operand_number(args, "N", args->operands[1], 0, RATE_MAX, &rate))
        return YB_EXIT_USAGE;
    request.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_RATE_PER_S;
    request.rate_per_s = (int32_t)rate;
    return at_identity(args, &request, set);
}

static const yb_command_t institution_rate = {
    .name = "rate",
    .summary = "Let in at most N calls a second; 0 = no limit.",
    .synopses = YB_TEXTS("CODE N"),
    .operands_min = 2,
    .operands_max = 2,
    .run = rate_run,
};

/* ---- require-sign-in ---- */

static int sign_in_run(const yb_args_t *args)
{
    set_request_t request = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    const char *value = args->operands[1];
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return yb_args_wrong(args, "\"%.40s\" is neither on nor off", value);
    request.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_REQUIRE_SIGN_IN;
    request.require_sign_in = strcmp(value, "on") == 0;
    return at_identity(args, &request, set);
}

static const yb_command_t institution_sign_in = {
    .name = "require-sign-in",
    .summary = "On: refuse calls without a live sign_no (9001).",
    .synopses = YB_TEXTS("CODE on|off"),
    .operands_min = 2,
    .operands_max = 2,
    .run = sign_in_run,
};

/* ---- the command ---- */

static const yb_command_t *const subcommands[] = { &institution_show,
                                                   &institution_secret,
                                                   &institution_block,
                                                   &institution_unblock,
                                                   &institution_rate,
                                                   &institution_sign_in,
                                                   NULL };

const yb_command_t yb_ctl_institution = {
    .name = "institution",
    .summary = "Show an institution; its secret, block, rate limit, duty to sign in.",
    .subcommands = subcommands,
};
