/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The key that signs for this board; made from a certificate when the ROM is built. */
#ifndef ROM_KEY_H
#define ROM_KEY_H

#include "rsa.h"

extern const uint8_t key_modulus[RSA_SIZE];

#endif /* ROM_KEY_H */
