#include "services/identity/service.h"

int main(int argc, char **argv)
{
    return yb_service_main(&yb_identity_service, argc, argv);
}
