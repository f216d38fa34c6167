// SPDX-License-Identifier: MIT
#include "private.h"

const char *limen_version(void)
{
	return LIMEN_VERSION;
}
