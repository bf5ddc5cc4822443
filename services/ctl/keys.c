/* yibaoctl keys: CURVE pairs of services and operators (libcommon/keys.h), keys of data. Needs no platform. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/clock.h"
#include "libcommon/keys.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/key_change.h"
#include "services/ctl/key_data.h"
#include "services/ctl/place.h"

/* ---- shared ---- */

static const yb_option_t dir_only[] = { { "dir", "DIR", "key folder [YB_CURVE_DIR, else $YB_HOME/curve]" },
                                        { NULL, NULL, NULL } };

/* Runs `act` in the folder that --dir names, else the platform's. */
static int in_folder(const yb_args_t *args, int (*act)(const yb_args_t *args, const char *dir))
{
    char detail[512] = "";
    const char *dir = yb_args_value(args, "dir");
    yb_place_t *place = calloc(1, sizeof *place);
    YB_ASSERT(place != NULL);
    int code = YB_EXIT_USAGE;
    if (dir == NULL && yb_place_find(place, detail, sizeof detail) == YB_OK)
        dir = place->curve_dir;
    if (dir == NULL || dir[0] == '\0')
        fprintf(stderr, "yibaoctl keys: %s\n", detail[0] != '\0' ? detail : "--dir is empty");
    else
        code = act(args, dir);
    free(place);
    return code;
}

/* ---- make, operator ---- */

static int make(const yb_args_t *args, const char *dir, unsigned role)
{
    const char *name = args->operands[0];
    yb_key_owner_t owner = { .roles = role };
    char file[YB_KEY_FILE_MAX];
    snprintf(owner.name, sizeof owner.name, "%s", name);
    yb_err_t err = strlen(name) > YB_KEY_NAME_MAX ? YB_E_FIELD_FORM : yb_keys_make_for(dir, &owner);
    yb_key_file_name(&owner, file, sizeof file);
    switch ((int)err) {
    case YB_OK:
        printf(
            "%s/%s.key  secret: stays here, mode 0600\n%s/%s  public: copy it into the key folder of "
            "everyone who talks to %s\n",
            dir, name, dir, file, name);
        return YB_EXIT_OK;
    case YB_E_FIELD_FORM:
        return yb_args_wrong(
            args, "NAME \"%.40s\" is not a name: a-z 0-9 _ -, at most %d characters", name, YB_KEY_NAME_MAX);
    case YB_E_ROW_EXISTS:
        fprintf(stderr,
            "yibaoctl keys: %s has a pair for %s already; it is never overwritten.\n"
            "  what to do: `keys next`, `switch` and `retire` change it; or remove %s.key and %s first\n",
            dir, name, name, file);
        return YB_EXIT_FINDINGS;
    case YB_E_UNSUPPORTED:
        fprintf(stderr, "yibaoctl keys: this libzmq was built without CURVE\n");
        return YB_EXIT_FINDINGS;
    default:
        fprintf(stderr,
            "yibaoctl keys: %s: %s\n  what to do: the folder above it must exist, and this user must be "
            "able to write there\n",
            dir, yb_err_text(err));
        return YB_EXIT_FINDINGS;
    }
}

static int make_service(const yb_args_t *args, const char *dir) { return make(args, dir, YB_ROLE_SERVICE); }

static int make_operator(const yb_args_t *args, const char *dir)
{
    const char *role = yb_args_value(args, "role");
    const unsigned named = yb_role_named(role, strlen(role));
    if (named == 0)
        return yb_args_wrong(args, "--role is system, security, audit or business");
    return make(args, dir, named);
}

static int make_run(const yb_args_t *args) { return in_folder(args, make_service); }

static const yb_command_t keys_make = {
    .name = "make",
    .summary = "Make the pair of a service.",
    .synopses = YB_TEXTS("NAME [--dir DIR]"),
    .options = dir_only,
    .operands_min = 1,
    .operands_max = 1,
    .run = make_run,
    .details = "NAME is identity, enrollment, settlement, drg, gateway or ctl. A pair that is there is never overwritten.\n",
};

static int operator_run(const yb_args_t *args) { return in_folder(args, make_operator); }

static const yb_option_t operator_options[] = {
    { "role", "ROLE", "system, security, audit or business" },
    { "dir", "DIR", "key folder [YB_CURVE_DIR, else $YB_HOME/curve]" },
    { NULL, NULL, NULL },
};

static const yb_command_t keys_operator = {
    .name = "operator",
    .summary = "Make the pair of an operator, with his role.",
    .synopses = YB_TEXTS("NAME --role ROLE [--dir DIR]"),
    .options = operator_options,
    .required = YB_TEXTS("role"),
    .operands_min = 1,
    .operands_max = 1,
    .run = operator_run,
    .details = "He names it with YB_OPERATOR. A pair that is there is never overwritten.\n",
};

/* ---- show ---- */

static int is_pub(const struct dirent *entry)
{
    yb_key_owner_t owner;
    return yb_key_file_parse(entry->d_name, &owner);
}

static void read_public(const char *path, char text[YB_KEY_TEXT])
{
    FILE *f = fopen(path, "re");
    text[0] = '\0';
    if (f == NULL)
        return;
    if (fgets(text, YB_KEY_TEXT, f) == NULL)
        text[0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    fclose(f);
}

/* Days since the file was written: a key's text does not say when it was made. */
static void age_of(const char *path, char *out, size_t cap)
{
    struct stat st;
    const yb_clock_t clock = yb_clock_real();
    int64_t now_s = yb_clock_unix_us(&clock) / 1000000;
    out[0] = '\0';
    if (stat(path, &st) == 0)
        snprintf(out, cap, "%lld d", (long long)((now_s - (int64_t)st.st_mtime) / 86400));
}

/* One row; false = this pair would not be accepted, it was said. */
static bool show_one(const char *dir, const char *file, yb_table_t *table)
{
    static const char *const stages[] = { "current", "next", "old" }, *const suffixes[] = { "", ".next", ".old" };
    char path[PATH_MAX], text[YB_KEY_TEXT], age[32], roles[128], detail[512] = "";
    yb_key_owner_t owner;
    yb_keys_t *keys = NULL;
    YB_ASSERT(yb_key_file_parse(file, &owner));
    snprintf(path, sizeof path, "%s/%s", dir, file);
    read_public(path, text);
    age_of(path, age, sizeof age);
    snprintf(path, sizeof path, "%s/%s%s.key", dir, owner.name, suffixes[owner.stage]);
    const bool ours = access(path, F_OK) == 0;
    yb_err_t err = YB_OK;
    if (ours && owner.stage == YB_KEY_CURRENT)
        err = yb_keys_load(dir, owner.name, &keys, detail, sizeof detail);
    const char *cells[] = { owner.name, yb_role_text(owner.roles, roles, sizeof roles), stages[owner.stage], age,
        !ours ? "-" : err == YB_OK ? "here" : "BAD", text };
    yb_table_row(table, cells);
    yb_keys_destroy(&keys);
    if (err != YB_OK)
        fprintf(stderr, "yibaoctl keys: %s\n", detail);
    return err == YB_OK;
}

static int show(const yb_args_t *args, const char *dir)
{
    static const char *const titles[] = { "NAME", "ROLE", "STATE", "AGE", "SECRET", "PUBLIC KEY", NULL };
    struct dirent **entries = NULL;
    const int count = scandir(dir, &entries, is_pub, alphasort);
    (void)args;
    if (count < 0) {
        fprintf(stderr,
            "yibaoctl keys: %s: %s\n  what to do: `yibaoctl keys make NAME` makes a pair and the folder\n",
            dir, strerror(errno));
        return YB_EXIT_FINDINGS;
    }
    yb_table_t *table = yb_table_create(titles);
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = show_one(dir, entries[i]->d_name, table) && good;
        free(entries[i]);
    }
    free(entries);
    printf("%s: %d public keys; every one of them is let in\n", dir, count);
    if (count > 0)
        yb_table_print(table, stdout);
    yb_table_destroy(&table);
    return good ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static int show_run(const yb_args_t *args) { return in_folder(args, show); }

static const yb_command_t keys_show = {
    .name = "show",
    .summary = "The public keys of a folder: name, role, state, age, whether its secret is here and good.",
    .synopses = YB_TEXTS("[--dir DIR]"),
    .options = dir_only,
    .run = show_run,
};

/* ---- the change of a pair ---- */

static int changed(yb_err_t err, const char *detail, const char *text)
{
    if (err == YB_OK)
        printf("%s\n", text);
    else
        fprintf(stderr, "yibaoctl keys: %s\n", detail);
    return err == YB_OK ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static int next(const yb_args_t *args, const char *dir)
{
    char detail[PATH_MAX + 256] = "";
    return changed(
        yb_key_next(dir, args->operands[0], detail, sizeof detail), detail,
        "the next pair is made. Now: `keys share` its public key with everyone who talks to it, then `keys switch`");
}

static int next_run(const yb_args_t *args) { return in_folder(args, next); }

static const yb_command_t keys_next = {
    .name = "next",
    .summary = "A change, first: make the next pair of a name.",
    .synopses = YB_TEXTS("NAME [--dir DIR]"),
    .options = dir_only,
    .operands_min = 1,
    .operands_max = 1,
    .run = next_run,
};

static int take_over(const yb_args_t *args, const char *dir)
{
    char detail[PATH_MAX + 256] = "";
    return changed(yb_key_switch(dir, args->operands[0], detail, sizeof detail), detail,
                   "the next pair is the current one. Now: `keys share` again, restart its program (one replica after "
                   "the other), then `keys retire`");
}

static int switch_run(const yb_args_t *args) { return in_folder(args, take_over); }

static const yb_command_t keys_switch = {
    .name = "switch",
    .summary = "A change, second: the next pair becomes the current one; then restart its program.",
    .synopses = YB_TEXTS("NAME [--dir DIR]"),
    .options = dir_only,
    .operands_min = 1,
    .operands_max = 1,
    .run = switch_run,
};

static int retire(const yb_args_t *args, const char *dir)
{
    char detail[PATH_MAX + 256] = "";
    return changed(yb_key_retire(dir, args->operands[0], detail, sizeof detail), detail,
                   "the old pair is gone here. Now: `keys share` once more; then nobody lets it in");
}

static int retire_run(const yb_args_t *args) { return in_folder(args, retire); }

static const yb_command_t keys_retire = {
    .name = "retire",
    .summary = "A change, third: remove the old pair.",
    .synopses = YB_TEXTS("NAME [--dir DIR]"),
    .options = dir_only,
    .operands_min = 1,
    .operands_max = 1,
    .run = retire_run,
};

static int share(const yb_args_t *args, const char *dir)
{
    char detail[PATH_MAX + 256] = "";
    return changed(yb_key_share(dir, args->operands[0], yb_args_value(args, "to"), detail, sizeof detail), detail,
                   "shared; it is read within a second or two");
}

static int share_run(const yb_args_t *args) { return in_folder(args, share); }

static const yb_option_t share_options[] = {
    { "to", "DIR", "the key folder that gets the public keys" },
    { "dir", "DIR", "key folder they come from [YB_CURVE_DIR, else $YB_HOME/curve]" },
    { NULL, NULL, NULL },
};

static const yb_command_t keys_share = {
    .name = "share",
    .summary = "Bring the public keys of a name in another folder up to date.",
    .synopses = YB_TEXTS("NAME --to DIR [--dir DIR]"),
    .options = share_options,
    .required = YB_TEXTS("to"),
    .operands_min = 1,
    .operands_max = 1,
    .run = share_run,
};

static int withdraw(const yb_args_t *args, const char *dir)
{
    char detail[PATH_MAX + 256] = "";
    return changed(yb_key_withdraw(dir, args->operands[0], detail, sizeof detail), detail,
                   "withdrawn here: it is let in no more within a second or two, open connections are refused too");
}

static int withdraw_run(const yb_args_t *args) { return in_folder(args, withdraw); }

static const yb_command_t keys_withdraw = {
    .name = "withdraw",
    .summary = "Remove the public keys of a name: it is let in no more.",
    .synopses = YB_TEXTS("NAME [--dir DIR]"),
    .options = dir_only,
    .operands_min = 1,
    .operands_max = 1,
    .run = withdraw_run,
};

/* ---- the command ---- */

static const yb_command_t pairs = { .summary = "Pairs" }, change = { .summary = "A pair is changed" },
                          data = { .summary = "Keys of data" };
static const yb_command_t *const subcommands[] = { &pairs,       &keys_show,     &keys_make, &keys_operator,
                                                   &keys_share,  &keys_withdraw, &change,    &keys_next,
                                                   &keys_switch, &keys_retire,   &data,      &yb_keys_data,
                                                   NULL };

const yb_command_t yb_ctl_keys = {
    .name = "keys",
    .summary = "Make, change and show CURVE pairs of services and operators, and keys of data.",
    .details = "Services that listen on tcp:// need CURVE: a folder (0700) with their own pair NAME.key and\n"
               "NAME.pub, and the .pub of everyone they let in. An operator has a pair of his own. Folders are\n"
               "read anew while services run: a .pub that comes is let in, one that goes is not. A pair is changed\n"
               "without an interruption by `next`, `switch` (then restart its program) and `retire`, each followed\n"
               "by `share` with everyone who talks to NAME; deploy/curve.sh does all of that for containers.\n",
    .subcommands = subcommands,
};
