#include "services/drg/service.h"

int main(int argc, char **argv)
{
    return yb_service_main(&yb_drg_service, argc, argv);
}
