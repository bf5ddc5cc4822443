#include "libcommon/access.h"

#include <string.h>

#include "libcommon/keys.h"

#define SERVICE YB_ROLE_SERVICE
#define SYSTEM YB_ROLE_SYSTEM
#define SECURITY YB_ROLE_SECURITY
#define AUDIT YB_ROLE_AUDIT
#define BUSINESS YB_ROLE_BUSINESS
#define ANY (YB_ROLE_SERVICE | YB_ROLE_ANY_OPERATOR)

/* docs/operations.md (Operators and roles) and docs/dengbao.md say the same in words. What changes the books, or a
 * person's record, is the clerks' (经办); who may connect is the security administrator's; the auditor reads what others
 * did and changes nothing; the system administrator sees whether it runs, and no person. Transactions of hospitals come
 * from services only. */
const yb_access_t yb_access_table[] = {
    { "Frame/Health", ANY },
    { "Frame/Metrics", ANY },
    { "Frame/Deliver", SERVICE },
    { "Frame/Echo", SERVICE },

    { "Identity/Resolve", SERVICE },
    { "Identity/FindPerson", SERVICE },
    { "Identity/GetCaller", SERVICE | SECURITY },
    { "Identity/ListInstitutions", SERVICE },
    { "Identity/ListCatalogue", SERVICE },
    { "Identity/SignIn", SERVICE },
    { "Identity/SignOut", SERVICE },
    { "Identity/ImportRows", BUSINESS },
    { "Identity/FinishImport", BUSINESS },
    { "Identity/SetInstitution", SECURITY },
    { "Identity/ListReads", AUDIT },

    { "Enrollment/Entitle", SERVICE },
    { "Enrollment/GetCover", SERVICE },
    { "Enrollment/CheckTreatment", SERVICE },
    { "Enrollment/FileChronic", SERVICE },
    { "Enrollment/CancelFiling", SERVICE },
    { "Enrollment/ListFilings", SERVICE },
    { "Enrollment/ImportRows", BUSINESS },
    { "Enrollment/FinishImport", BUSINESS },

    { "Settlement/RegisterVisit", SERVICE },
    { "Settlement/Treat", SERVICE },
    { "Settlement/ChangeVisit", SERVICE },
    { "Settlement/Discharge", SERVICE },
    { "Settlement/CancelVisit", SERVICE },
    { "Settlement/UploadLines", SERVICE },
    { "Settlement/CancelLines", SERVICE },
    { "Settlement/PreSettle", SERVICE },
    { "Settlement/Settle", SERVICE },
    { "Settlement/Reverse", SERVICE },
    { "Settlement/ListVisits", SERVICE },
    { "Settlement/ListDiagnoses", SERVICE },
    { "Settlement/GetSettlement", SERVICE | BUSINESS | AUDIT },
    { "Settlement/ListLines", SERVICE | BUSINESS | AUDIT },
    { "Settlement/ListChronicDrugs", SERVICE },
    { "Settlement/GetAccumulators", SERVICE },
    { "Settlement/GetAccounts", SERVICE },
    { "Settlement/Reconcile", SERVICE },
    { "Settlement/ReconcileDetail", SERVICE },
    { "Settlement/PutFile", SERVICE },
    { "Settlement/GetFile", SERVICE },
    { "Settlement/Audit", AUDIT },
    { "Settlement/Recompute", BUSINESS | AUDIT },
    { "Settlement/ListUnsettled", BUSINESS | AUDIT },
    { "Settlement/CountOpenings", BUSINESS },
    { "Settlement/Announce", BUSINESS },
    { "Settlement/CountCases", BUSINESS | AUDIT },

    { "Drg/PutList", SERVICE },
    { "Drg/SetListState", SERVICE },
    { "Drg/GetList", SERVICE },
    { "Drg/GetFindings", SERVICE },
    { "Drg/TrialGroup", SERVICE },
    { "Drg/FreezeMonth", BUSINESS },
    { "Drg/ReopenMonth", BUSINESS },
    { "Drg/StartClose", BUSINESS },
    { "Drg/CloseStep", BUSINESS },
    { "Drg/ReleaseMonth", BUSINESS },
    { "Drg/CloseYear", BUSINESS },
    { "Drg/DecidePetition", BUSINESS },
    { "Drg/SecondPetition", BUSINESS },
    { "Drg/FilePetition", SERVICE | BUSINESS },
    { "Drg/ListPetitions", SERVICE | BUSINESS | AUDIT },
    { "Drg/GetPetition", SERVICE | BUSINESS | AUDIT },
    { "Drg/GetFeedback", SERVICE | BUSINESS | AUDIT },
    { "Drg/ListMonths", BUSINESS | AUDIT },
    { "Drg/GetStatements", BUSINESS | AUDIT },
    { "Drg/CountCases", BUSINESS | AUDIT },
    { "Drg/GetYear", BUSINESS | AUDIT },
    { "Drg/Report", BUSINESS | AUDIT },
    { "Drg/ExplainCase", BUSINESS | AUDIT },
};
const size_t yb_access_count = sizeof yb_access_table / sizeof yb_access_table[0];

unsigned yb_access_of(const char *method)
{
    for (size_t i = 0; i < yb_access_count; i++)
        if (strcmp(yb_access_table[i].method, method) == 0)
            return yb_access_table[i].roles;
    return 0;
}
