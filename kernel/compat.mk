# SPDX-License-Identifier: GPL-2.0-only
# What compat.h wants to know of the kernel. Version numbers do not tell, because
# distributions backport; the headers do.
limen-has = $(if $(shell grep -s $(2) $(srctree)/include/$(1)),y)

limen-compat-$(call limen-has,drm/drm_drv.h,'char \*date;') += \
	-DLIMEN_DRIVER_HAS_DATE
limen-compat-$(call limen-has,linux/hrtimer.h,hrtimer_setup) += \
	-DLIMEN_HRTIMER_SETUP
limen-compat-$(call limen-has,media/videobuf2-v4l2.h,vb2_ops_wait_prepare) += \
	-DLIMEN_VB2_OPS_WAIT

ccflags-y += $(limen-compat-y)
