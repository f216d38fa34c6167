/* SPDX-License-Identifier: MIT */
/* Emulators of instructions, for processors that have the rest of what a set needs. */
#ifndef TEST_EMULATORS_H
#define TEST_EMULATORS_H

#include <match.h>

/* Whether an emulator does from now on what the processor lacks for a set. */
bool emulators_start(const struct match_kernels *kernels);

#endif /* TEST_EMULATORS_H */
