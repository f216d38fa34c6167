// SPDX-License-Identifier: MIT
/*
 * Video nodes by their names.
 */
#include "video.h"

#include <errno.h>
#include <libudev.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Leaves the node of the device if it has the name. */
static bool visit_device(struct udev *udev, const char *syspath,
			 const char *name, char *path, size_t size)
{
	struct udev_device *device = udev_device_new_from_syspath(udev, syspath);
	const char *node = NULL, *found = NULL;

	if (device) {
		node = udev_device_get_devnode(device);
		found = udev_device_get_sysattr_value(device, "name");
	}
	if (!node || !found || strcmp(found, name))
		node = NULL;
	else
		snprintf(path, size, "%s", node);
	udev_device_unref(device);
	return node;
}

static int visit_all(struct udev *udev, struct udev_enumerate *list,
		     const char *name, char *path, size_t size)
{
	struct udev_list_entry *entry;

	udev_enumerate_add_match_subsystem(list, "video4linux");
	udev_enumerate_scan_devices(list);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list))
		if (visit_device(udev, udev_list_entry_get_name(entry), name,
				 path, size))
			return 0;
	return -ENODEV;
}

int gate_video_find(const char *name, char *path, size_t size)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *list = udev ? udev_enumerate_new(udev) : NULL;
	int err = -ENOMEM;

	if (list)
		err = visit_all(udev, list, name, path, size);
	udev_enumerate_unref(list);
	udev_unref(udev);
	return err;
}
