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

static int show(yb_bus_t *bus, const char *code, yb_arena_t *arena)
{
    Yibao__Identity__GetCallerRequest request = YIBAO__IDENTITY__GET_CALLER_REQUEST__INIT;
    const yb_ask_t ask = { .service = "identity",
        .method = "Identity/GetCaller",
        .body = &request.base,
        .timeout_ms = TIMEOUT_MS,
        .reply_type = &yibao__identity__get_caller_reply__descriptor };
    ProtobufCMessage *reply = NULL;
    yb_fault_t fault;
    request.fixmedins_code = (char *)(uintptr_t)code;
    if (yb_bus_ask(bus, &ask, arena, &reply, &fault) != YB_OK)
        return yb_fault_leave(&fault);
    const Yibao__Identity__GetCallerReply *got = (const Yibao__Identity__GetCallerReply *)reply;
    if (got->institution == NULL || got->institution->fixmedins_code[0] == '\0') {
        fprintf(stderr,
            "yibaoctl institution: %s is not registered (`yibaoctl import institutions FILE` registers "
            "institutions)\n",
            code);
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

/* Turns action and value into the request. False: it was said. */
static bool understand(const yb_args_t *args, const char *action, const char *value, set_request_t *request)
{
    int64_t rate;
    if (strcmp(action, "secret") == 0 && value == NULL) {
        request->what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET;
        request->new_secret = true;
        if (yb_args_has(args, "remove")) {
            request->what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_APP_SECRET;
            request->app_secret = (char *)(uintptr_t)"";
        }
        return true;
    }
    if ((strcmp(action, "block") == 0 || strcmp(action, "unblock") == 0) && value == NULL) {
        request->what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_BLOCKED;
        request->blocked = action[0] == 'b';
        return true;
    }
    if (strcmp(action, "rate") == 0 && value != NULL) {
        if (!yb_operand_number(args, "N", value, 0, RATE_MAX, &rate))
            return false;
        request->what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_RATE_PER_S;
        request->rate_per_s = (int32_t)rate;
        return true;
    }
    if (strcmp(action, "require-sign-in") == 0 && value != NULL &&
        (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)) {
        request->what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_REQUIRE_SIGN_IN;
        request->require_sign_in = strcmp(value, "on") == 0;
        return true;
    }
    yb_args_wrong(
        args, "not understood: \"%.40s\" with %s", action, value != NULL ? "this value" : "no value");
    return false;
}

static int institution_run(const yb_args_t *args)
{
    const char *action = args->operands[0], *code = args->operands[1],
               *value = args->operand_count > 2 ? args->operands[2] : NULL;
    const bool showing = strcmp(action, "show") == 0 && value == NULL;
    yb_refusal_t refusal = { .code = YB_OK };
    set_request_t request = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    yb_bus_t *bus = NULL;
    if (yb_args_has(args, "remove") && strcmp(action, "secret") != 0)
        return yb_args_wrong(args, "--remove goes with `secret` only");
    if (!showing && !understand(args, action, value, &request))
        return YB_EXIT_USAGE;
    if (yb_code_institution(code, strlen(code), "fixmedins_code", &refusal) != YB_OK)
        return yb_args_wrong(
            args, "CODE \"%.40s\" is not an institution's code: H or P and eleven digits", code);
    request.fixmedins_code = (char *)(uintptr_t)code;
    int exit_code = yb_bus_open(&bus);
    if (exit_code != YB_EXIT_OK)
        return exit_code;
    yb_arena_t *arena = yb_arena_create(0);
    exit_code = showing ? show(bus, code, arena) : set(bus, &request, arena);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return exit_code;
}

static const yb_option_t options[] = {
    { "remove", NULL, "secret: take it away; unsigned calls are then let in by a sandbox only" },
    { NULL, NULL, NULL }
};
static const char *const synopses[] = { "show CODE", "secret CODE [--remove]", "block CODE", "unblock CODE",
    "rate CODE N", "require-sign-in CODE on|off", NULL };

const yb_command_t yb_ctl_institution = {
    .name = "institution",
    .summary = "Show an institution; its secret, block, rate limit, duty to sign in.",
    .synopses = synopses,
    .options = options,
    .operands_min = 2,
    .operands_max = 3,
    .run = institution_run,
    .details = "secret           makes a new secret and prints it once; the old one ends within 3 s\n"
               "block, unblock   every transaction of a blocked institution is refused\n"
               "rate             at most N calls a second; 0 = no limit\n"
               "require-sign-in  on: a call without a live sign_no (9001) is refused\n",
};
