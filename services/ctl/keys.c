/* yibaoctl keys: CURVE pairs of services and operators (libcommon/keys.h). Needs no platform. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/crypto.h"
#include "libcommon/keys.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/place.h"

static int make(const yb_args_t *args, const char *dir, const char *name)
{
    yb_err_t err = yb_keys_make(dir, name);
    switch ((int)err) {
    case YB_OK:
        printf(
            "%s/%s.key  secret: stays here, mode 0600\n%s/%s.pub  public: copy it into the key folder of "
            "everyone who talks to %s\n",
            dir, name, dir, name, name);
        return YB_EXIT_OK;
    case YB_E_FIELD_FORM:
        return yb_args_wrong(
            args, "NAME \"%.40s\" is not a name: a-z 0-9 _ -, at most %d characters", name, YB_KEY_NAME_MAX);
    case YB_E_ROW_EXISTS:
        fprintf(stderr,
            "yibaoctl keys: %s has a pair for %s already; it is never overwritten.\n"
            "  what to do: to change it, remove %s.key and %s.pub first\n",
            dir, name, name, name);
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

/* What a service seals or signs its data with: <name>.box, or journal.key and .pub for settlement. One that is there
 * stays as it is, so that a start may be begun again. */
static int make_data(const yb_args_t *args, const char *dir, const char *name)
{
    const bool signs = strcmp(name, "settlement") == 0;
    if (!signs && strcmp(name, "identity") != 0 && strcmp(name, "drg") != 0)
        return yb_args_wrong(args, "NAME \"%.40s\" has no data key: identity, drg or settlement", name);
    char path[PATH_MAX], public_path[PATH_MAX];
    const yb_random_t random = yb_random_real();
    snprintf(path, sizeof path, "%s/%s.%s", dir, signs ? "journal" : name, signs ? "key" : "box");
    snprintf(public_path, sizeof public_path, "%s/journal.pub", dir);
    if (access(path, F_OK) == 0) {
        printf("%s is there already; it stays\n", path);
        return YB_EXIT_OK;
    }
    yb_err_t err = mkdir(dir, 0700) == 0 || errno == EEXIST ? YB_OK : YB_E_IO;
    if (err == YB_OK)
        err = signs ? yb_sm2_generate(path, public_path) : yb_keyring_create(path, &random);
    if (err != YB_OK) {
        fprintf(stderr, "yibaoctl keys: %s: %s\n  what to do: this user must be able to write there\n", path, yb_err_text(err));
        return YB_EXIT_FINDINGS;
    }
    printf("%s  secret: keep a copy in a safe place; without it the data cannot be %s\n", path, signs ? "signed" : "read");
    return YB_EXIT_OK;
}

static int is_pub(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && dot != entry->d_name && strcmp(dot, ".pub") == 0;
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

/* One row; false = this pair would not be accepted, it was said. */
static bool show_one(const char *dir, const char *name, yb_table_t *table)
{
    char path[PATH_MAX], text[YB_KEY_TEXT], detail[512] = "";
    yb_keys_t *keys = NULL;
    snprintf(path, sizeof path, "%s/%s.pub", dir, name);
    read_public(path, text);
    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    const bool ours = access(path, F_OK) == 0;
    yb_err_t err = ours ? yb_keys_load(dir, name, &keys, detail, sizeof detail) : YB_OK;
    const char *cells[] = { name, !ours ? "-" : err == YB_OK ? "here" : "BAD", text };
    yb_table_row(table, cells);
    yb_keys_destroy(&keys);
    if (err != YB_OK)
        fprintf(stderr, "yibaoctl keys: %s\n", detail);
    return err == YB_OK;
}

static int show(const char *dir)
{
    static const char *const titles[] = { "NAME", "SECRET", "PUBLIC KEY", NULL };
    struct dirent **entries = NULL;
    const int count = scandir(dir, &entries, is_pub, alphasort);
    if (count < 0) {
        fprintf(stderr,
            "yibaoctl keys: %s: %s\n  what to do: `yibaoctl keys make NAME` makes a pair and the folder\n",
            dir, strerror(errno));
        return YB_EXIT_FINDINGS;
    }
    yb_table_t *table = yb_table_create(titles);
    bool good = true;
    for (int i = 0; i < count; i++) {
        *strrchr(entries[i]->d_name, '.') = '\0';
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

static int keys_run(const yb_args_t *args)
{
    char detail[512] = "";
    const char *what = args->operands[0], *dir = yb_args_value(args, "dir");
    const bool making = strcmp(what, "make") == 0, data = strcmp(what, "data") == 0;
    if (making || data ? args->operand_count != 2 : strcmp(what, "show") != 0 || args->operand_count != 1)
        return yb_args_wrong(args, "say `keys make NAME`, `keys data NAME` or `keys show`");
    if (data && dir == NULL)
        return yb_args_wrong(args, "`keys data NAME` wants --dir DIR, the service's YB_KEY_DIR");
    yb_place_t *place = calloc(1, sizeof *place);
    YB_ASSERT(place != NULL);
    int code = YB_EXIT_USAGE;
    if (dir == NULL && yb_place_find(place, detail, sizeof detail) == YB_OK)
        dir = place->curve_dir;
    if (dir == NULL || dir[0] == '\0')
        fprintf(stderr, "yibaoctl keys: %s\n", detail[0] != '\0' ? detail : "--dir is empty");
    else if (data)
        code = make_data(args, dir, args->operands[1]);
    else
        code = making ? make(args, dir, args->operands[1]) : show(dir);
    free(place);
    return code;
}

static const yb_option_t options[] = { { "dir", "DIR", "key folder [YB_CURVE_DIR, else $YB_HOME/curve]" },
    { NULL, NULL, NULL } };
static const char *const synopses[] = { "make NAME [--dir DIR]", "data NAME --dir DIR", "show [--dir DIR]", NULL };

const yb_command_t yb_ctl_keys = {
    .name = "keys",
    .summary = "Make a CURVE key pair or a data key, or show the keys of a folder.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = keys_run,
    .details =
        "Services that listen on tcp:// need CURVE: a folder (0700) with their own pair NAME.key and "
        "NAME.pub, and the .pub of everyone\n"
        "they let in. NAME is identity, enrollment, settlement, drg, gateway, or ctl for this program.\n"
        "`data` makes what a service seals or signs its data with, once: identity.box, drg.box, or settlement's "
        "journal.key.\n",
};
