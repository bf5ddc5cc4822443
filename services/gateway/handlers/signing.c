/* 9001 sign-in, 9002 sign-out. */
#include "services/gateway/handlers/handlers.h"

static void signed_in(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Identity__SignInReply *r = (const Yibao__Identity__SignInReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "signinoutb");
    yb_json_time(out, "sign_time", r->sign_time);
    yb_json_text(out, "sign_no", r->sign_no);
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_9001(yb_txn_t *txn)
{
    Yibao__Identity__SignInRequest req = YIBAO__IDENTITY__SIGN_IN_REQUEST__INIT;
    req.opter_no = yb_lend(yb_input_text(txn->in, "signIn", "opter_no"));
    req.mac = yb_lend(yb_input_text(txn->in, "signIn", "mac"));
    req.ip = yb_lend(yb_input_text(txn->in, "signIn", "ip"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity,
                        .method = "Identity/SignIn",
                        .body = &req.base,
                        .write = true,
                        .answer = &yibao__identity__sign_in_reply__descriptor },
           signed_in);
}

static void signed_out(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "signoutoutb");
    yb_json_time(out, "sign_time", ((const Yibao__Identity__SignOutReply *)reply)->sign_time);
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_9002(yb_txn_t *txn)
{
    Yibao__Identity__SignOutRequest req = YIBAO__IDENTITY__SIGN_OUT_REQUEST__INIT;
    req.sign_no = yb_lend(yb_input_text(txn->in, "signOut", "sign_no"));
    req.opter_no = yb_lend(yb_input_text(txn->in, "signOut", "opter_no"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity,
                        .method = "Identity/SignOut",
                        .body = &req.base,
                        .write = true,
                        .answer = &yibao__identity__sign_out_reply__descriptor },
           signed_out);
}
