/* Every method of the bus stands in the table once, and nothing else does. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/access.h"
#include "libcommon/keys.h"
#include "proto/drg.pb-c.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "proto/settlement.pb-c.h"

START_TEST(table_is_the_methods)
{
    const ProtobufCServiceDescriptor *const services[] = { &yibao__rpc__frame__descriptor,
                                                           &yibao__identity__identity__descriptor,
                                                           &yibao__enrollment__enrollment__descriptor,
                                                           &yibao__settlement__settlement__descriptor,
                                                           &yibao__drg__drg__descriptor };
    size_t methods = 0;
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        for (unsigned m = 0; m < services[i]->n_methods; m++, methods++) {
            char name[128];
            snprintf(name, sizeof name, "%s/%s", services[i]->short_name, services[i]->methods[m].name);
            ck_assert_msg(yb_access_of(name) != 0, "libcommon/access.c says nothing of %s", name);
        }
    ck_assert_uint_eq(methods, yb_access_count);
    for (size_t i = 0; i < yb_access_count; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(yb_access_table[i].method, yb_access_table[k].method);
    ck_assert_uint_eq(yb_access_of("Settlement/NoSuch"), 0);
}
END_TEST

/* 三员分立: what one of the three may do besides looking whether it runs, the other two may not. */
START_TEST(three_roles_are_apart)
{
    static const unsigned three[] = { YB_ROLE_SYSTEM, YB_ROLE_SECURITY, YB_ROLE_AUDIT };
    for (size_t i = 0; i < yb_access_count; i++) {
        unsigned held = 0;
        for (size_t r = 0; r < 3; r++)
            held += (yb_access_table[i].roles & three[r]) != 0;
        if (strncmp(yb_access_table[i].method, "Frame/", 6) != 0)
            ck_assert_msg(held <= 1, "%s", yb_access_table[i].method);
    }
    ck_assert(!(yb_access_of("Identity/ImportRows") & YB_ROLE_AUDIT));
    ck_assert(!(yb_access_of("Identity/ListReads") & (YB_ROLE_SYSTEM | YB_ROLE_BUSINESS)));
    ck_assert(!(yb_access_of("Drg/ReleaseMonth") & YB_ROLE_SERVICE));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("access");
    TCase *t = tcase_create("access");
    tcase_add_test(t, table_is_the_methods);
    tcase_add_test(t, three_roles_are_apart);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
