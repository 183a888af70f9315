#ifndef GIFTBRIDGE_CYAML_SHIM_H
#define GIFTBRIDGE_CYAML_SHIM_H

// libyaml's public C API. pkg-config's `yaml-0.1` gives the folder of this header.
#include <yaml.h>

#endif
