/* gateways.c - the gateways of the kit. */
#include "service.h"

const struct gateway *const all_gateways[] = {&cgi_gateway, &app_gateway,
                                              &wsgi_gateway, NULL};
