#include "libcommon/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef enum { TEXT, INT, BOOL } kind_t;

/* Every setting of every program. A service reads what it needs; --help prints all. */
static const struct setting {
    const char *name;
    kind_t kind;
    const char *fallback;
    int64_t min, max;
    const char *meaning;
} settings[] = {
    { "HOME", TEXT, ".run", 0, 0, "where a platform keeps sockets, data, keys and logs" },
    { "RUN_DIR", TEXT, ".run/run", 0, 0, "folder of sockets, pid and ready files (0700)" },
    { "LISTEN", TEXT, "", 0, 0, "endpoints this service binds, comma-separated (ipc:///… or tcp://0.0.0.0:7001)" },
    { "IDENTITY", TEXT, "", 0, 0, "endpoints of identity" },
    { "ENROLLMENT", TEXT, "", 0, 0, "endpoints of enrollment" },
    { "SETTLEMENT", TEXT, "", 0, 0, "endpoints of settlement" },
    { "DRG", TEXT, "", 0, 0, "endpoints of drg" },
    { "DB_SOCKET", TEXT, "", 0, 0, "MariaDB unix socket; empty = DB_HOST" },
    { "DB_HOST", TEXT, "", 0, 0, "MariaDB host, or several comma-separated (host or host:port), tried in turn" },
    { "DB_PORT", INT, "3306", 1, 65535, "MariaDB port" },
    { "DB_USER", TEXT, "", 0, 0, "MariaDB user of this service" },
    { "DB_PASSWORD_FILE", TEXT, "", 0, 0, "file (0600) whose first line is the password" },
    { "DB_NAME", TEXT, "", 0, 0, "schema of this service" },
    { "REDIS", TEXT, "", 0, 0, "shared cache: unix:/path, host:port or sentinel:name@host:port,host:port; empty = none" },
    { "HTTP_PORT", INT, "8080", 0, 65535, "gateway: port; 0 = any free one" },
    { "HTTP_BIND", TEXT, "127.0.0.1", 0, 0, "gateway: address" },
    { "TLS_CERT", TEXT, "", 0, 0, "gateway: certificate (PEM, its chain behind it) for https; empty = http" },
    { "TLS_KEY", TEXT, "", 0, 0, "gateway: the certificate's key (PEM, 0600)" },
    { "GATEWAYS", INT, "1", 1, 64, "gateway: how many there are; with more than one, Redis tells them of each other's nonces" },
    { "SANDBOX", BOOL, "0", 0, 1, "institutions without a secret may call unsigned; missing keys are made" },
    { "RATE_PER_S", INT, "0", 0, 1000000, "gateway: default rate limit per institution, calls a second; 0 = off" },
    { "KEY_DIR", TEXT, ".run/keys", 0, 0, "folder (0700) of encryption and signing keys" },
    { "CURVE_DIR", TEXT, "", 0, 0, "folder of CURVE keys; needed for tcp endpoints, empty = ipc only" },
    { "HEADS_DIR", TEXT, ".run/heads", 0, 0, "settlement: where signed journal heads are written daily" },
    { "POLICY_DIR", TEXT, "services/settlement/data", 0, 0, "settlement: policy files" },
    { "SCHEME_DIR", TEXT, ".run/schemes", 0, 0, "drg: folder of the imported grouping schemes" },
    { "PLAN_DIR", TEXT, "services/drg/data/plans", 0, 0, "drg: folder of the payment plans and their tables of weights" },
    { "LIST_DIR", TEXT, "services/drg/data", 0, 0, "drg: tables of the settlement list's check" },
    { "ICD_DIR", TEXT, "", 0, 0, "drg: folder of the national diagnosis and operation codes; empty = codes are not judged" },
    { "WORKERS", INT, "2", 1, 64, "lanes (worker threads) of a service" },
    { "NODE", INT, "0", 0, 15, "number of this replica among the replicas of its service" },
    { "BATCH_MAX", INT, "64", 1, 256, "messages in one batch" },
    { "QUEUE_MAX", INT, "4096", 16, 65536, "messages waiting per lane; more = OVERLOADED" },
    { "GRACE_MS", INT, "20000", 100, 600000, "time to finish work in hand after SIGTERM, milliseconds" },
    { "DEADLINE_MS", INT, "10000", 100, 600000, "gateway: time given to one transaction, milliseconds" },
    { "LOG_LEVEL", TEXT, "info", 0, 0, "debug, info, warn or error" },
    { "LOG_MAX_MB", INT, "64", 1, 100000, "a log file larger than this is turned, hourly; five old ones are kept" },
    { "SLOW_MS", INT, "500", 1, 600000, "a batch slower than this is logged with where its time went" },
    { "LOG_CALLS", BOOL, "1", 0, 1, "one log line per call, so that a request can be followed by its id" },
    { "METRICS_PORT", INT, "0", 0, 65535, "port of GET /metrics; 0 = none (a gateway's own port has it then)" },
    { "METRICS_BIND", TEXT, "127.0.0.1", 0, 0, "address of GET /metrics: this machine, or a network that operators alone reach" },
    { "WATCH_DIRS", TEXT, "", 0, 0, "folders whose room on disk the metrics tell, comma-separated; empty = YB_HOME, or / where there is none" },
    { "WATCH_CERTS", TEXT, "", 0, 0, "certificates (PEM) whose end the metrics tell, comma-separated" },
    { "BACKUP_DIR", TEXT, "", 0, 0, "folder of backups: the metrics tell how old the newest is; empty = not told" },
    { "KEEP_KEYS_DAYS", INT, "400", 1, 4000, "idempotency keys are kept this long (a clearing period and more)" },
    { "KEEP_EVENTS_DAYS", INT, "30", 1, 4000, "acknowledged outbox and inbox rows are kept this long" },
};
#define SETTINGS (sizeof settings / sizeof settings[0])

struct yb_conf {
    char *text[SETTINGS];
    int64_t number[SETTINGS];
};

static size_t find(const char *name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(settings[i].name, name) == 0)
            return i;
    yb_assert_fail("unknown setting", __FILE__, __LINE__);
}

static bool parse_number(const struct setting *s, const char *text, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < s->min || v > s->max)
        return false;
    *ret = v;
    return true;
}

yb_err_t yb_conf_load(yb_conf_t **ret_conf, char *detail, size_t detail_cap)
{
    yb_conf_t *conf = calloc(1, sizeof *conf);
    YB_ASSERT(conf != NULL);
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        char env[64];
        snprintf(env, sizeof env, "YB_%s", s->name);
        const char *text = getenv(env);
        if (text == NULL || text[0] == '\0')
            text = s->fallback;
        conf->text[i] = strdup(text);
        YB_ASSERT(conf->text[i] != NULL);
        if (s->kind != TEXT && !parse_number(s, text, &conf->number[i])) {
            snprintf(detail, detail_cap, "%s=\"%.60s\" is not a whole number from %lld to %lld: unset it or give such a number (%s)",
                     env, text, (long long)s->min, (long long)s->max, s->meaning);
            yb_conf_destroy(&conf);
            return YB_E_CONFIG;
        }
    }
    *ret_conf = conf;
    return YB_OK;
}

void yb_conf_destroy(yb_conf_t **conf)
{
    if (conf == NULL || *conf == NULL)
        return;
    for (size_t i = 0; i < SETTINGS; i++)
        free((*conf)->text[i]);
    free(*conf);
    *conf = NULL;
}

const char *yb_conf_text(const yb_conf_t *conf, const char *name)
{
    return conf->text[find(name)];
}

int64_t yb_conf_int(const yb_conf_t *conf, const char *name)
{
    size_t i = find(name);
    YB_ASSERT(settings[i].kind != TEXT);
    return conf->number[i];
}

bool yb_conf_bool(const yb_conf_t *conf, const char *name)
{
    return yb_conf_int(conf, name) != 0;
}

yb_err_t yb_conf_secret(const yb_conf_t *conf, const char *name, char **ret_secret, char *detail, size_t detail_cap)
{
    const char *path = yb_conf_text(conf, name);
    if (path[0] == '\0') {
        *ret_secret = strdup("");
        YB_ASSERT(*ret_secret != NULL);
        return YB_OK;
    }
    FILE *f = fopen(path, "re");
    struct stat st;
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        snprintf(detail, detail_cap, "YB_%s: cannot read %s: %s", name, path, strerror(errno));
        if (f != NULL)
            fclose(f);
        return YB_E_CONFIG;
    }
    if ((st.st_mode & 077) != 0) {
        snprintf(detail, detail_cap, "YB_%s: %s may be read by others (mode %o): chmod 600 it", name, path,
                 (unsigned)(st.st_mode & 0777));
        fclose(f);
        return YB_E_CONFIG;
    }
    char line[512] = "";
    char *got = fgets(line, sizeof line, f);
    fclose(f);
    if (got == NULL) {
        snprintf(detail, detail_cap, "YB_%s: %s is empty", name, path);
        return YB_E_CONFIG;
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0') {
        snprintf(detail, detail_cap, "YB_%s: the first line of %s is empty", name, path);
        return YB_E_CONFIG;
    }
    *ret_secret = strdup(line);
    YB_ASSERT(*ret_secret != NULL);
    return YB_OK;
}

const char *yb_conf_endpoints(const yb_conf_t *conf, const char *service)
{
    char name[32];
    size_t n = 0;
    for (; service[n] != '\0' && n + 1 < sizeof name; n++)
        name[n] = (char)toupper((unsigned char)service[n]);
    name[n] = '\0';
    return yb_conf_text(conf, name);
}

void yb_conf_print_help(void)
{
    printf("Settings (environment):\n");
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        printf("  YB_%-18s %s%s%s%s\n", s->name, s->meaning, s->fallback[0] != '\0' ? " [" : "", s->fallback,
               s->fallback[0] != '\0' ? "]" : "");
    }
}
