#include "services/settlement/service.h"

int main(int argc, char **argv)
{
    return yb_service_main(&yb_settlement_service, argc, argv);
}
