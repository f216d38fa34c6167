// SPDX-License-Identifier: GPL-2.0-only
/* The user API needs nothing before it, in C and in C++. */
#include <drm/limen_accel.h>

unsigned long limen_submit_request(void);

unsigned long limen_submit_request(void)
{
	return DRM_IOCTL_LIMEN_SUBMIT;
}
