#include "services/gateway/gateway.h"

int main(int argc, char **argv)
{
    return yb_gateway_main(argc, argv);
}
