// SPDX-License-Identifier: GPL-2.0-only
#include "layout.h"
