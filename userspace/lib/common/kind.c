// SPDX-License-Identifier: MIT
/* Kinds of backends, of which limend tells as well. */
#include "private.h"

const char *limen_backend_name(enum limen_backend_kind kind)
{
	switch (kind) {
	case LIMEN_BACKEND_CPU:
		return "cpu";
	case LIMEN_BACKEND_BOARD:
		return "board";
	case LIMEN_BACKEND_OPENCL:
		return "opencl";
	}
	return "unknown";
}
