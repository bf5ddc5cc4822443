#include "services/enrollment/service.h"

int main(int argc, char **argv)
{
    return yb_service_main(&yb_enrollment_service, argc, argv);
}
