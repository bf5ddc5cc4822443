#include "services/ctl/place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/conf.h"
#include "libcommon/money.h"

static const char *set_or_null(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static yb_err_t fill(
    char *out, size_t cap, const char *setting, char *detail, size_t detail_cap, const char *a, const char *b)
{
    int n = snprintf(out, cap, "%s%s", a, b);
    if (n >= 0 && (size_t)n < cap)
        return YB_OK;
    snprintf(detail, detail_cap, "%s is too long (%d bytes, %zu are possible)", setting, n, cap - 1);
    return YB_E_CONFIG;
}

/* YB_HOME; else .run here; else .run of the checkout that this program's bin/ belongs to. */
static yb_err_t find_home(const yb_conf_t *conf, char *home, size_t cap, char *detail, size_t detail_cap)
{
    char program[PATH_MAX - 16] = "";
    if (set_or_null("YB_HOME") == NULL && !is_folder(".run")) {
        ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
        program[n > 0 ? n : 0] = '\0';
        for (int up = 0; up < 2; up++) {
            char *slash = strrchr(program, '/');
            if (slash != NULL)
                *slash = '\0';
        }
        if (fill(home, cap, "YB_HOME", detail, detail_cap, program, "/.run") == YB_OK && program[0] != '\0' &&
            is_folder(home))
            return YB_OK;
    }
    return fill(home, cap, "YB_HOME", detail, detail_cap, yb_conf_text(conf, "HOME"), "");
}

static yb_err_t find_endpoints(
    const yb_conf_t *conf, const yb_place_t *place, const char *service, char *out, char *detail, size_t cap)
{
    char derived[YB_ENDPOINT_TEXT];
    const char *given = yb_conf_endpoints(conf, service);
    if (given[0] != '\0')
        return fill(out, YB_ENDPOINT_TEXT, service, detail, cap, given, "");
    int n = snprintf(derived, sizeof derived, "ipc://%s/%s.sock", place->run_dir, service);
    if (n < 0 || n - 6 > 107) {
        snprintf(detail, cap,
            "socket path has %d bytes, the system allows 107: %s (set YB_HOME to a shorter path)", n - 6,
            derived + 6);
        return YB_E_CONFIG;
    }
    return fill(out, YB_ENDPOINT_TEXT, service, detail, cap, derived, "");
}

/* YB_HTTP_PORT, else the port `make up` wrote down, else the default. */
static void find_http(const yb_conf_t *conf, yb_place_t *place)
{
    const char *host = yb_conf_text(conf, "HTTP_BIND");
    snprintf(
        place->http_host, sizeof place->http_host, "%s", strcmp(host, "0.0.0.0") == 0 ? "127.0.0.1" : host);
    place->http_port = (int)yb_conf_int(conf, "HTTP_PORT");
    if (set_or_null("YB_HTTP_PORT") != NULL)
        return;
    char path[PATH_MAX + 16], line[16] = "";
    snprintf(path, sizeof path, "%s/http_port", place->run_dir);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    int64_t port;
    if (fgets(line, sizeof line, f) != NULL &&
        yb_decimal_parse(line, strcspn(line, "\r\n"), 0, &port) == YB_OK && port > 0 && port < 65536)
        place->http_port = (int)port;
    fclose(f);
}

yb_err_t yb_place_find(yb_place_t *ret_place, char *detail, size_t cap)
{
    yb_conf_t *conf = NULL;
    yb_place_t place = { .http_port = 0 };
    yb_err_t err = yb_conf_load(&conf, detail, cap);
    if (err != YB_OK)
        return err;
    const char *run_dir = set_or_null("YB_RUN_DIR"), *curve_dir = set_or_null("YB_CURVE_DIR"),
               *scheme_dir = set_or_null("YB_SCHEME_DIR");
    err = find_home(conf, place.home, sizeof place.home, detail, cap);
    if (err == YB_OK)
        err = fill(place.run_dir, sizeof place.run_dir, "YB_RUN_DIR", detail, cap,
            run_dir ? run_dir : place.home, run_dir ? "" : "/run");
    if (err == YB_OK)
        err = fill(place.curve_dir, sizeof place.curve_dir, "YB_CURVE_DIR", detail, cap,
            curve_dir ? curve_dir : place.home, curve_dir ? "" : "/curve");
    if (err == YB_OK)
        err = fill(place.scheme_dir, sizeof place.scheme_dir, "YB_SCHEME_DIR", detail, cap,
            scheme_dir ? scheme_dir : place.home, scheme_dir ? "" : "/schemes");
    place.curve_given = curve_dir != NULL;
    if (err == YB_OK)
        err = find_endpoints(conf, &place, "identity", place.identity, detail, cap);
    if (err == YB_OK)
        err = find_endpoints(conf, &place, "enrollment", place.enrollment, detail, cap);
    if (err == YB_OK)
        err = find_endpoints(conf, &place, "settlement", place.settlement, detail, cap);
    if (err == YB_OK)
        err = find_endpoints(conf, &place, "drg", place.drg, detail, cap);
    if (err == YB_OK) {
        find_http(conf, &place);
        *ret_place = place;
    }
    yb_conf_destroy(&conf);
    return err;
}

const char *yb_place_endpoints(const yb_place_t *place, const char *service)
{
    if (strcmp(service, "identity") == 0)
        return place->identity;
    if (strcmp(service, "enrollment") == 0)
        return place->enrollment;
    if (strcmp(service, "settlement") == 0)
        return place->settlement;
    YB_ASSERT(strcmp(service, "drg") == 0);
    return place->drg;
}

void yb_place_print_help(FILE *out)
{
    static const char *const lines[][2] = {
        { "YB_HOME", "folder of the platform [.run here, else .run beside this program's bin/]" },
        { "YB_RUN_DIR", "folder of its sockets [$YB_HOME/run]" },
        { "YB_IDENTITY", "endpoints of identity [ipc://$YB_RUN_DIR/identity.sock]" },
        { "YB_ENROLLMENT", "endpoints of enrollment [ipc://$YB_RUN_DIR/enrollment.sock]" },
        { "YB_SETTLEMENT", "endpoints of settlement [ipc://$YB_RUN_DIR/settlement.sock]" },
        { "YB_DRG", "endpoints of drg [ipc://$YB_RUN_DIR/drg.sock]" },
        { "YB_HTTP_BIND", "address of the gateway, for status [127.0.0.1]" },
        { "YB_HTTP_PORT", "port of the gateway, for status [as `make up` chose it, else 8080]" },
        { "YB_SCHEME_DIR", "folder of the imported grouping schemes [$YB_HOME/schemes]" },
        { "YB_OPERATOR", "who runs this, for steps that need two persons [$USER]; with keys, whose pair to use [ctl]" },
        { "YB_CURVE_DIR",
            "folder of CURVE keys with your pair; needed for tcp endpoints [$YB_HOME/curve]" },
    };
    fprintf(out, "Settings (environment):\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(out, "  %-14s %s\n", lines[i][0], lines[i][1]);
}
