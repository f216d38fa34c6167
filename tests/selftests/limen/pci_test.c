// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver for cards on PCI Express. There is no card to test with, but there
 * are strangers: introduced by new_id, they are asked who they are and left
 * alone.
 */
#include <glob.h>

#include "limen_kselftest.h"

#define DRIVER	"/sys/bus/pci/drivers/limen"

/* Asking a real stranger reads its registers, which can have side effects. */
static bool in_virtual_machine(void)
{
	char line[4096];
	bool found = false;
	FILE *info = fopen("/proc/cpuinfo", "r");

	while (info && !found && fgets(line, sizeof(line), info))
		found = strstr(line, " hypervisor");
	if (info)
		fclose(info);
	return found;
}

static int identifier(const char *device, const char *name, char *id,
		      size_t size)
{
	char path[256];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	ret = read_file(path, id, size);
	id[strcspn(id, "\n")] = '\0';
	return ret;
}

static bool is_bound(const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/driver", device);
	return !access(path, F_OK);
}

/* 0 if the device was offered to the driver and the driver did not take it. */
static int introduce(const char *device)
{
	char vendor[16], product[16], ids[64];
	int ret;

	ret = identifier(device, "vendor", vendor, sizeof(vendor));
	if (!ret)
		ret = identifier(device, "device", product, sizeof(product));
	if (ret)
		return ret;
	snprintf(ids, sizeof(ids), "%s %s", vendor, product);
	ret = write_file(DRIVER "/new_id", ids);
	if (!ret && is_bound(device))
		ret = -EBUSY;
	write_file(DRIVER "/remove_id", ids);
	return ret;
}

TEST(strangers_are_left_alone)
{
	long mark = kmsg_mark();
	unsigned int asked = 0;
	char line[256];
	glob_t devices;
	size_t i;

	if (access(DRIVER, F_OK))
		SKIP(return, "no PCI");
	if (!in_virtual_machine())
		SKIP(return, "would read the registers of strangers");
	if (glob("/sys/bus/pci/devices/*", 0, NULL, &devices))
		SKIP(return, "no PCI device");
	for (i = 0; i < devices.gl_pathc; i++) {
		if (is_bound(devices.gl_pathv[i]))
			continue;
		EXPECT_EQ(0, introduce(devices.gl_pathv[i])) {
			TH_LOG("%s", devices.gl_pathv[i]);
		}
		asked++;
	}
	globfree(&devices);
	EXPECT_TRUE(kmsg_clean(mark, line, sizeof(line))) TH_LOG("%s", line);
	if (!asked)
		SKIP(return, "every PCI device has its driver");
}

/* It claims nobody by itself. */
TEST(no_card_is_claimed)
{
	glob_t bound;

	if (access(DRIVER, F_OK))
		SKIP(return, "no PCI");
	EXPECT_EQ(GLOB_NOMATCH, glob(DRIVER "/0000:*", 0, NULL, &bound));
}

TEST_HARNESS_MAIN
