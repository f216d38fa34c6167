// SPDX-License-Identifier: GPL-2.0-only
/* Cards on PCI Express that are processes. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pci.h"

#define VENDOR	"0x1234\n"
#define DEVICE	"0x4c4d\n"

#define WATCHDOG_MS	1000

char cards[CARDS][16];

static unsigned int chosen;

static bool has_id(const char *device, const char *name, const char *wanted)
{
	char path[256], id[16];

	snprintf(path, sizeof(path), "%s/%s", device, name);
	return !read_file(path, id, sizeof(id)) && !strcmp(id, wanted);
}

void cards_find(void)
{
	unsigned int count = 0;
	glob_t devices;
	size_t i;

	if (glob(PCI_BUS "/devices/*", 0, NULL, &devices))
		return;
	for (i = 0; i < devices.gl_pathc && count < CARDS; i++) {
		char *device = devices.gl_pathv[i];

		if (has_id(device, "vendor", VENDOR) &&
		    has_id(device, "device", DEVICE))
			snprintf(cards[count++], sizeof(cards[0]), "%s",
				 basename(device));
	}
	globfree(&devices);
}

const char *card_file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), PCI_BUS "/devices/%s/%s", cards[chosen],
		 name);
	return path;
}

void card_choose(unsigned int index)
{
	char node[64];
	glob_t nodes;

	chosen = index;
	unsetenv("LIMEN_NODE");
	if (glob(card_file("accel/accel*"), 0, NULL, &nodes))
		return;
	snprintf(node, sizeof(node), "/dev/accel/%s",
		 basename(nodes.gl_pathv[0]));
	setenv("LIMEN_NODE", node, true);
	globfree(&nodes);
}

bool card_is_bound(void)
{
	return !access(card_file("driver"), F_OK);
}

int card_bind(void)
{
	int ret = write_file(PCI_DRIVER "/bind", cards[chosen]);

	/*
	 * Kernel 7.3 gives a device up that was in error without a driver, until
	 * it is found anew, which binds it.
	 */
	if (ret == -ENODEV)
		ret = write_file(card_file("remove"), "1") ?:
		      write_file(PCI_BUS "/rescan", "1");
	if (!ret && !card_is_bound())
		ret = -ENODEV;
	/* It may have another node now. */
	if (!ret && getenv("LIMEN_NODE"))
		card_choose(chosen);
	return ret;
}

int card_unbind(void)
{
	return write_file(PCI_DRIVER "/unbind", cards[chosen]);
}

/* Where the capability has a knob's number, and its value. */
#define KNOB_NUMBER	0xa4
#define KNOB_VALUE	0xa8

/*
 * Of a knob the number comes first, and nobody's between that and the value; at which word
 * of configuration space that is, or a negative errno.
 */
static int choose_word(int fd, unsigned int at)
{
	__u32 number = at - KNOBS;

	if (at < KNOBS)
		return at;
	if (flock(fd, LOCK_EX))
		return -errno;
	return pwrite(fd, &number, sizeof(number), KNOB_NUMBER) ==
	       sizeof(number) ? KNOB_VALUE : -EIO;
}

int config_get(unsigned int at, __u32 *value)
{
	int fd = open(card_file("config"), O_RDWR | O_CLOEXEC);
	ssize_t got = 0;
	int word;

	if (fd < 0)
		return -errno;
	word = choose_word(fd, at);
	if (word >= 0)
		got = pread(fd, value, sizeof(*value), word);
	close(fd);
	return got == sizeof(*value) ? 0 : -EIO;
}

int config_set(unsigned int at, __u32 value)
{
	int fd = open(card_file("config"), O_RDWR | O_CLOEXEC);
	ssize_t written = 0;
	int word;

	if (fd < 0)
		return -errno;
	word = choose_word(fd, at);
	if (word >= 0)
		written = pwrite(fd, &value, sizeof(value), word);
	close(fd);
	return written == sizeof(value) ? 0 : -EIO;
}

bool card_masters_bus(void)
{
	__u32 command = PCI_COMMAND_MASTER;

	config_get(PCI_COMMAND, &command);
	return command & PCI_COMMAND_MASTER;
}

int card_calm(void)
{
	static const unsigned int knobs[] = {
		KNOB_HOSTILE, KNOB_VANISH, KNOB_DIE,
		KNOB_DELAY, KNOB_FATAL, KNOB_DEFIANT, KNOB_STUCK, KNOB_GONE,
		KNOB_FICKLE, KNOB_HALTED, KNOB_MUTE, KNOB_WIPE_STUCK,
		KNOB_FLIP_RESULT, KNOB_LOSE, KNOB_LATE, KNOB_REPEAT,
		KNOB_SLOW_MEMORY, KNOB_GARBAGE, KNOB_REFUSE, KNOB_TEMPERATURE,
		KNOB_SPOIL_IMAGE, KNOB_OTHER_IMAGE, KNOB_STOP_BOOTED, KNOB_STALE,
		KNOB_LOSE_VECTORS, KNOB_CORRECTED, KNOB_UNCORRECTED,
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < sizeof(knobs) / sizeof(*knobs) && !ret; i++)
		ret = config_set(knobs[i], 0);
	return ret;
}

__u32 card_resets(void)
{
	__u32 value = 0;

	config_get(KNOB_RESETS, &value);
	return value;
}

int card_restore(void)
{
	int ret = card_watchdog(0);

	if (access(card_file("config"), F_OK))
		ret = write_file(PCI_BUS "/rescan", "1");
	ret = ret ?: card_calm();
	/* One that was given up is bound anew. */
	if (!ret && card_is_bound() && !board_works())
		ret = card_unbind();
	if (!ret && !card_is_bound())
		ret = card_bind();
	return ret;
}

const char *card_left_well(long mark)
{
	static char wrong[512];
	__u32 refused = ~0;
	char line[256];
	int ret = card_restore();

	config_get(KNOB_REFUSED, &refused);
	/* Not what happened before, of which another test has told. */
	config_set(KNOB_REFUSED, 0);
	if (!kmsg_clean(mark, line, sizeof(line)))
		snprintf(wrong, sizeof(wrong), "%s", line);
	else if (ret || !board_works())
		snprintf(wrong, sizeof(wrong), "it does not work: %s",
			 strerror(-ret));
	else if (refused)
		snprintf(wrong, sizeof(wrong), "%u accesses refused", refused);
	else
		return NULL;
	return wrong;
}

struct aer_error {
	__u8 bus;
	__u8 dev;
	__u8 fn;
	__u32 uncorrectable;
	__u32 correctable;
	__u32 header_log[4];
	__u32 domain;
};

int card_error(bool port, __u32 uncorrectable)
{
	struct aer_error error = { .uncorrectable = uncorrectable };
	unsigned int domain, bus, dev, fn;
	char *address = cards[chosen], path[PATH_MAX];
	int fd, ret;

	if (port) {
		if (!realpath(card_file(""), path))
			return -errno;
		address = basename(dirname(path));
	}
	if (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &dev, &fn) != 4)
		return -EINVAL;
	error.domain = domain;
	error.bus = bus;
	error.dev = dev;
	error.fn = fn;
	fd = open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, &error, sizeof(error)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int card_watchdog(unsigned int msec)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", msec ?: WATCHDOG_MS);
	return write_file("/sys/module/limen/parameters/watchdog_ms", text);
}

/* Memory with a pattern, in which what the driver has just let go of soon is. */
#define PATTERN		0x3c
#define WATCHED_MIB	96

struct watched {
	uint8_t *at;
	size_t size;
};

static int watched_fill(struct watched *watched)
{
	watched->size = (size_t)WATCHED_MIB << 20;
	watched->at = mmap(NULL, watched->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (watched->at == MAP_FAILED)
		return -errno;
	memset(watched->at, PATTERN, watched->size);
	return 0;
}

static bool watched_is_whole(struct watched *watched)
{
	bool whole = all_bytes(watched->at, PATTERN, watched->size);

	munmap(watched->at, watched->size);
	return whole;
}

int card_defy(void)
{
	return config_set(KNOB_DEFIANT, 1) ?:
	       config_set(KNOB_STUCK, STUCK_FUNCTION);
}

const char *card_cut_off(void)
{
	struct watched watched;
	__u32 before, after;
	bool whole;

	if (config_get(KNOB_STRAYS, &before))
		return "its knobs cannot be read";
	if (watched_fill(&watched))
		return "no memory to watch";
	sleep_ms(100);
	whole = watched_is_whole(&watched);
	if (config_get(KNOB_STRAYS, &after))
		return "its knobs cannot be read";
	if (!whole)
		return "it has written into memory of somebody else's";
	if (before != after)
		return "it goes on writing";
	return card_masters_bus() ? "it is still the bus's master" : NULL;
}
