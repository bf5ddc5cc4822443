#include "libcommon/metrics_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/http.h"

#define CONNECTIONS_MAX 16 /* a scraper or two; a stranger cannot hold more */
#define BODY_MAX 1024

struct yb_metrics_page {
    yb_http_t *http;
    const char *(*text)(void *ctx, yb_arena_t *arena);
    void *ctx;
};

static void on_request(void *ctx, yb_http_req_t *req, yb_http_fault_t fault)
{
    static const char nothing[] = "the page is /metrics\n";
    yb_metrics_page_t *page = ctx;
    if (fault != YB_HTTP_FINE || yb_http_is_post(req)) {
        yb_http_reply(req, fault == YB_HTTP_FINE ? 405 : 400, "text/plain", "", 0);
    } else if (strcmp(yb_http_path(req), "/metrics") != 0) {
        yb_http_reply(req, 404, "text/plain", nothing, sizeof nothing - 1);
    } else {
        const char *text = page->text(page->ctx, yb_http_arena(req));
        yb_http_reply(req, 200, YB_METRICS_TYPE, text, strlen(text));
    }
}

yb_err_t yb_metrics_page_open(uv_loop_t *loop, const yb_conf_t *conf, const char *(*text)(void *ctx, yb_arena_t *arena),
                              void *ctx, yb_metrics_page_t **ret_page, char *detail, size_t detail_cap)
{
    yb_refusal_t why = { .code = YB_OK };
    *ret_page = NULL;
    if (yb_conf_int(conf, "METRICS_PORT") == 0)
        return YB_OK;
    yb_metrics_page_t *page = calloc(1, sizeof *page);
    YB_ASSERT(page != NULL);
    page->text = text;
    page->ctx = ctx;
    yb_http_conf_t http = { .address = yb_conf_text(conf, "METRICS_BIND"),
                            .port = (unsigned)yb_conf_int(conf, "METRICS_PORT"),
                            .connections_max = CONNECTIONS_MAX,
                            .receive_ms = 10000,
                            .send_ms = 10000,
                            .body_max = BODY_MAX,
                            .request = on_request,
                            .ctx = page };
    yb_err_t err = yb_http_create(loop, &http, &page->http, &why);
    if (err != YB_OK) {
        snprintf(detail, detail_cap, "the page of metrics: %s (YB_METRICS_BIND=%s YB_METRICS_PORT=%u)", why.text,
                 http.address, http.port);
        free(page);
        return err;
    }
    *ret_page = page;
    return YB_OK;
}

unsigned yb_metrics_page_port(const yb_metrics_page_t *page) { return yb_http_port(page->http); }

void yb_metrics_page_close(yb_metrics_page_t **page)
{
    if (*page == NULL)
        return;
    yb_http_close(&(*page)->http); /* nothing is pending: requests are answered as they come */
    free(*page);
    *page = NULL;
}
