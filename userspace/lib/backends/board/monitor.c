// SPDX-License-Identifier: MIT
/*
 * Boards: which there are, and which come and go. By libudev, because libdrm
 * before 2.4.130 does not list accel nodes.
 */
#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

#define SUBSYSTEM "accel"

/* Drivers of Limen boards: limen for cards, limen_emu for the emulated one. */
#define DRIVER_PREFIX "limen"

/* udevd is there to pass events on, after it has set a node's permissions. */
#define UDEVD_CONTROL "/run/udev/control"

struct limen_monitor {
	struct udev *udev;
	struct udev_monitor *events;
};

static bool is_board(struct udev_device *device)
{
	struct udev_device *parent = udev_device_get_parent(device);
	const char *driver = parent ? udev_device_get_driver(parent) : NULL;

	return udev_device_get_devnode(device) && driver &&
	       !strncmp(driver, DRIVER_PREFIX, strlen(DRIVER_PREFIX));
}

static int visit(struct udev *udev, const char *syspath,
		 int (*found)(const char *node, void *context), void *context)
{
	struct udev_device *device = udev_device_new_from_syspath(udev, syspath);
	int result = 0;

	if (device && is_board(device))
		result = found(udev_device_get_devnode(device), context);
	udev_device_unref(device);
	return result;
}

static int visit_all(struct udev *udev, struct udev_enumerate *list,
		     int (*found)(const char *node, void *context),
		     void *context)
{
	struct udev_list_entry *entry;
	int result = 0;

	udev_enumerate_add_match_subsystem(list, SUBSYSTEM);
	udev_enumerate_scan_devices(list);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list)) {
		result = visit(udev, udev_list_entry_get_name(entry), found,
			       context);
		if (result)
			break;
	}
	return result;
}

int limen_boards_enumerate(int (*found)(const char *node, void *context),
			   void *context)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *list = udev ? udev_enumerate_new(udev) : NULL;
	int result = -ENOMEM;

	if (list)
		result = visit_all(udev, list, found, context);
	udev_enumerate_unref(list);
	udev_unref(udev);
	return result;
}

void board_address(int fd, char address[LIMEN_BOARD_ADDRESS_SIZE])
{
	struct udev_device *device = NULL, *parent = NULL;
	struct udev *udev = udev_new();
	struct stat stat;

	*address = '\0';
	if (udev && !fstat(fd, &stat) && S_ISCHR(stat.st_mode))
		device = udev_device_new_from_devnum(udev, 'c', stat.st_rdev);
	if (device)
		parent = udev_device_get_parent(device);
	/* Cut short it might be another one's. */
	if (parent && strlen(udev_device_get_sysname(parent)) < LIMEN_BOARD_ADDRESS_SIZE)
		strcpy(address, udev_device_get_sysname(parent));
	udev_device_unref(device);
	udev_unref(udev);
}

int limen_monitor_open(struct limen_monitor **monitor)
{
	bool udevd = !access(UDEVD_CONTROL, F_OK);
	struct limen_monitor *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->udev = udev_new();
	if (made->udev)
		made->events = udev_monitor_new_from_netlink(
			made->udev, udevd ? "udev" : "kernel");
	if (!made->events ||
	    udev_monitor_filter_add_match_subsystem_devtype(
		    made->events, SUBSYSTEM, NULL) < 0 ||
	    udev_monitor_enable_receiving(made->events) < 0) {
		limen_monitor_close(made);
		return -EIO;
	}
	*monitor = made;
	return 0;
}

int limen_monitor_fd(const struct limen_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->events);
}

static int event_of(struct udev_device *device, enum limen_board_event *event)
{
	const char *action = udev_device_get_action(device);

	if (!action || !udev_device_get_devnode(device))
		return -ENOENT;
	/* The driver is no longer bound when the node has gone. */
	if (!strcmp(action, "remove"))
		*event = LIMEN_BOARD_REMOVED;
	else if (!strcmp(action, "add") && is_board(device))
		*event = LIMEN_BOARD_ADDED;
	else
		return -ENOENT;
	return 0;
}

int limen_monitor_next(struct limen_monitor *monitor,
		       enum limen_board_event *event, char *node, size_t size)
{
	struct udev_device *device;
	int error = -ENOENT;

	while (error == -ENOENT) {
		device = udev_monitor_receive_device(monitor->events);
		if (!device)
			return -EAGAIN;
		error = event_of(device, event);
		if (!error && snprintf(node, size, "%s",
				       udev_device_get_devnode(device)) >=
		    (int)size)
			error = -ENAMETOOLONG;
		udev_device_unref(device);
	}
	return error;
}

void limen_monitor_close(struct limen_monitor *monitor)
{
	if (!monitor)
		return;
	udev_monitor_unref(monitor->events);
	udev_unref(monitor->udev);
	free(monitor);
}
