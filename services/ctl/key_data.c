#include "services/ctl/key_data.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/crypto.h"
#include "libcommon/file.h"

static int fail(const char *path, const char *text)
{
    fprintf(stderr,
            "yibaoctl keys: %s: %s\n  what to do: the key must be there, and this user able to write beside it\n", path,
            text);
    return YB_EXIT_FINDINGS;
}

static int make(const char *dir, const char *path, bool signs)
{
    char public_path[PATH_MAX];
    const yb_random_t random = yb_random_real();
    snprintf(public_path, sizeof public_path, "%s/journal.pub", dir);
    if (access(path, F_OK) == 0) {
        printf("%s is there already; it stays\n", path);
        return YB_EXIT_OK;
    }
    yb_err_t err = mkdir(dir, 0700) == 0 || errno == EEXIST ? YB_OK : YB_E_IO;
    if (err == YB_OK)
        err = signs ? yb_sm2_generate(path, public_path) : yb_keyring_create(path, &random);
    if (err != YB_OK)
        return fail(path, yb_err_text(err));
    printf("%s  secret: keep a copy in a safe place; without it the data cannot be %s\n", path,
           signs ? "signed" : "read");
    return YB_EXIT_OK;
}

/* In two steps, so that no replica meets a record it cannot open yet. */
static int append(const char *path)
{
    const yb_random_t random = yb_random_real();
    yb_refusal_t why = { .code = YB_OK };
    unsigned id = 0;
    yb_err_t err = yb_keyring_append(path, &random, &id, &why);
    if (err != YB_OK)
        return fail(path, why.text[0] != '\0' ? why.text : yb_err_text(err));
    printf("%s  has a key number %u, which seals nothing yet: copy the file to the safe place again, restart every "
           "replica "
           "of the\nservice, then `keys data NAME --use`\n",
           path, id);
    return YB_EXIT_OK;
}

static int use(const char *path)
{
    yb_refusal_t why = { .code = YB_OK };
    unsigned id = 0;
    yb_err_t err = yb_keyring_use(path, &id, &why);
    if (err != YB_OK)
        return fail(path, why.text[0] != '\0' ? why.text : yb_err_text(err));
    printf("%s  key number %u seals from each replica's next start on\n", path, id);
    return YB_EXIT_OK;
}

/* The public half of the key that signs so far goes to journal-N.pub, first number that is free; synced before the key
 * itself is replaced. */
static yb_err_t retire_signer(const char *dir, const char *path, char *retired, size_t cap)
{
    yb_sm2_t *key = NULL;
    char *pem = NULL;
    int n = 1;
    yb_arena_t *arena = yb_arena_create(0);
    yb_err_t err = yb_sm2_load_private(path, &key);
    if (err == YB_OK)
        err = yb_sm2_public_pem(key, arena, &pem);
    do
        snprintf(retired, cap, "%s/journal-%d.pub", dir, n);
    while (access(retired, F_OK) == 0 && n++ < 1000);
    FILE *f = err == YB_OK ? fopen(retired, "wxe") : NULL;
    if (err == YB_OK && (f == NULL || fputs(pem, f) < 0 || fflush(f) != 0 || fsync(fileno(f)) != 0))
        err = YB_E_IO;
    if (f != NULL)
        fclose(f);
    yb_sm2_destroy(&key);
    yb_arena_destroy(&arena);
    return err;
}

static int renew_signer(const char *dir, const char *path)
{
    char next[PATH_MAX], next_public[PATH_MAX], public_path[PATH_MAX], retired[PATH_MAX];
    snprintf(next, sizeof next, "%s/journal.next.key", dir);
    snprintf(next_public, sizeof next_public, "%s/journal.next.pub", dir);
    snprintf(public_path, sizeof public_path, "%s/journal.pub", dir);
    unlink(next); /* of an interrupted change: it has signed nothing */
    unlink(next_public);
    yb_err_t err = yb_sm2_generate(next, next_public);
    if (err == YB_OK)
        err = retire_signer(dir, path, retired, sizeof retired);
    if (err == YB_OK && (rename(next, path) != 0 || rename(next_public, public_path) != 0))
        err = YB_E_IO;
    if (err != YB_OK)
        return fail(path, yb_err_text(err));
    yb_file_sync_folder(path);
    printf("%s  signs from now on, copy it to the safe place; %s verifies what was signed before: keep it there\n",
           path, retired);
    return YB_EXIT_OK;
}

static int data_run(const yb_args_t *args)
{
    const char *name = args->operands[0], *dir = yb_args_value(args, "dir");
    const bool signs = strcmp(name, "settlement") == 0;
    const bool next = yb_args_has(args, "next"), using = yb_args_has(args, "use");
    if (!signs && strcmp(name, "identity") != 0 && strcmp(name, "drg") != 0)
        return yb_args_wrong(args, "NAME \"%.40s\" has no data key: identity, drg or settlement", name);
    if ((next && using) || (signs && using))
        return yb_args_wrong(args, "--use follows --next, for identity and drg; settlement's next key signs at once");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.%s", dir, signs ? "journal" : name, signs ? "key" : "box");
    if (!next && !using)
        return make(dir, path, signs);
    if (using)
        return use(path);
    return signs ? renew_signer(dir, path) : append(path);
}

static const yb_option_t options[] = {
    { "dir", "DIR", "the service's YB_KEY_DIR" },
    { "next", NULL, "a further key; settlement's signs at once, another opens only" },
    { "use", NULL, "the further key seals, once every replica was restarted with it" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_keys_data = {
    .name = "data",
    .summary = "Make, once, or renew what a service seals or signs its data with.",
    .synopses = YB_TEXTS("NAME --dir DIR [--next|--use]"),
    .options = options,
    .required = YB_TEXTS("dir"),
    .operands_min = 1,
    .operands_max = 1,
    .run = data_run,
    .details = "NAME is identity (identity.box), drg (drg.box) or settlement (journal.key). --next adds a key to a\n"
               "box and --use puts it into use (old records stay readable), or changes the journal's (old\n"
               "signatures stay verifiable by journal-N.pub). Restart the service.\n",
};
