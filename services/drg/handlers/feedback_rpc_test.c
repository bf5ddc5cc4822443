/* The feedback of a month over the bus, with its database: before and after a petition changes it. */
#include "services/drg/handlers/testhospital.h"

static const Yibao__Drg__GetFeedbackReply *feedback(int32_t ym, const char *cursor, const yb_test_ask_t *who)
{
    Yibao__Drg__GetFeedbackRequest req = YIBAO__DRG__GET_FEEDBACK_REQUEST__INIT;
    req.ym = ym;
    req.cursor = MUTABLE(cursor);
    req.limit = 2;
    req.fixmedins_code = MUTABLE(HERE);
    return CALL("GetFeedback", req, yibao__drg__get_feedback_reply__descriptor, who);
}

START_TEST(a_month_comes_back_page_by_page)
{
    for (int64_t i = 0; i < 5; i++)
        settle(800 + i, 202411);
    for (int64_t i = 0; i < 4; i++)
        done(put(800 + i, 202411));
    refused(feedback(202411, "", HOSPITAL(HERE)), YB_E_MONTH_STATE, "data.setl_ym");
    freeze(202411);
    const int64_t run_id = close_month(202411);
    const Yibao__Drg__GetFeedbackReply *r = feedback(202411, "", HOSPITAL(HERE));
    done(r);
    ck_assert_int_eq(r->run_id, run_id);
    ck_assert_int_eq(r->run_state, 2);
    ck_assert_uint_eq(r->n_statements, 1);
    ck_assert_int_eq(r->statements[0]->case_count, 5);
    int64_t due = 0, seen = 0;
    for (const char *cursor = "";;) {
        r = feedback(202411, cursor, HOSPITAL(HERE));
        done(r);
        for (size_t i = 0; i < r->n_cases; i++, seen++) {
            const Yibao__Drg__FeedbackCase *c = r->cases[i];
            ck_assert_int_eq(c->setl_id, 800 + seen);
            ck_assert_str_eq(c->drg, seen < 4 ? "GD25" : "");
            ck_assert_int_eq(c->setl_list_id != 0, seen < 4);
            ck_assert_int_eq(c->late, true); /* lists of 2024 come today */
            ck_assert_ptr_nonnull(strstr(c->reason, seen < 4 ? "低于病组标准" : "没有已提交的清单"));
            due += c->due_fen;
        }
        if (r->cursor[0] == '\0')
            break;
        cursor = r->cursor;
        ck_assert_uint_eq(r->n_cases, 2);
    }
    ck_assert_int_eq(seen, 5);
    ck_assert_int_eq(due, number("SELECT due_fen FROM statement WHERE run_id = ?", run_id));
    const char *old = yb_arena_strdup(arena, feedback(202411, "", HOSPITAL(HERE))->cursor);
    granted(filed(800, GROUP), 2, "GV11", 0);
    close_month(202411);
    refused(feedback(202411, old, HOSPITAL(HERE)), YB_E_FIELD_RANGE, "data.cursor");
    refused(feedback(202411, "1.2", HOSPITAL(HERE)), YB_E_FIELD_FORM, "data.cursor");
    r = feedback(202411, "", AS("anna"));
    done(r);
    ck_assert_str_eq(r->cases[0]->drg, "GV11");
    ck_assert_ptr_nonnull(strstr(r->cases[0]->reason, "按申诉决定"));
    r = feedback(202411, "", HOSPITAL(THERE)); /* has no case there */
    done(r);
    ck_assert_uint_eq(r->n_cases + r->n_statements, 0);
}
END_TEST

static void fill(TCase *tc) { tcase_add_test(tc, a_month_comes_back_page_by_page); }

int main(void) { return hospital_main("feedback", fill); }
