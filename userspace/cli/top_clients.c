// SPDX-License-Identifier: MIT
/*
 * limen top: who uses a board, from what DRM tells of open files in procfs
 * (Documentation/gpu/drm-usage-stats.rst of the kernel). A file is the board's by
 * its device number: boards that are no PCI devices have no other name there.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "top.h"

#define DRIVER_NAME "limen"

/* What DRM prints of a file is shorter. */
#define FDINFO_SIZE 4096

/* A number and its unit, where there is one: "12 KiB", "99 ns". */
static int read_quantity(const char *text, uint64_t *quantity)
{
	static const struct {
		const char *name;
		unsigned int shift;
	} units[] = {
		{ "", 0 }, { " ns", 0 }, { " KiB", 10 }, { " MiB", 20 },
		{ " GiB", 30 },
	};
	unsigned int i;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EBADMSG;
	errno = 0;
	*quantity = strtoull(text, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (errno || *quantity > UINT64_MAX >> units[i].shift)
			return -EBADMSG;
		*quantity <<= units[i].shift;
		return 0;
	}
	return -EBADMSG;
}

/**
 * struct reading - a text of DRM's, as far as it has been read
 * @client: what is known of it
 * @limen: the driver is Limen's
 * @named: the file's number is known
 */
struct reading {
	struct top_client *client;
	bool limen;
	bool named;
};

static int read_line(struct reading *reading, const char *key,
		     const char *value)
{
	struct top_client *client = reading->client;

	if (!strcmp(key, "drm-driver")) {
		reading->limen = !strcmp(value, DRIVER_NAME);
		return 0;
	}
	if (!strcmp(key, "drm-client-id")) {
		reading->named = true;
		return read_quantity(value, &client->id);
	}
	if (!strcmp(key, "drm-engine-express"))
		return read_quantity(value, &client->express_ns);
	if (!strcmp(key, "drm-engine-scan"))
		return read_quantity(value, &client->scan_ns);
	if (!strcmp(key, "drm-total-host"))
		return read_quantity(value, &client->host_bytes);
	if (!strcmp(key, "drm-total-card"))
		return read_quantity(value, &client->card_bytes);
	return 0;
}

int top_fdinfo_parse(const char *text, struct top_client *client)
{
	struct reading reading = { .client = client };
	char line[256], *value;
	int error = 0;

	*client = (struct top_client){};
	while (!error && *text) {
		size_t length = strcspn(text, "\n");

		if (length >= sizeof(line))
			return -EBADMSG;
		memcpy(line, text, length);
		line[length] = '\0';
		text += length + (text[length] == '\n');
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		error = read_line(&reading, line, value + strspn(value, " \t"));
	}
	if (!reading.limen)
		return -ENOENT;
	return error ?: reading.named ? 0 : -EBADMSG;
}

/* All of a file of procfs; what does not fit makes it useless. */
static int read_text(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + used, size - used);
		used += got > 0 ? got : 0;
	} while (got > 0 && used < size);
	close(fd);
	if (got < 0 || used == size)
		return -EBADMSG;
	text[used] = '\0';
	return 0;
}

static bool known(const struct top_clients *clients, uint64_t id)
{
	size_t i;

	for (i = 0; i < clients->count; i++)
		if (clients->list[i].id == id)
			return true;
	return false;
}

static int add_client(struct top_clients *clients, const struct top_client *client)
{
	size_t room = clients->room ? 2 * clients->room : 16;
	struct top_client *list = clients->list;

	if (clients->count == clients->room) {
		list = reallocarray(list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		clients->list = list;
		clients->room = room;
	}
	list[clients->count++] = *client;
	return 0;
}

/* A process calls itself what it likes, sequences for terminals included. */
static void read_name(int process, char name[TOP_NAME_SIZE])
{
	char *at;

	if (read_text(process, "comm", name, TOP_NAME_SIZE))
		strcpy(name, "?");
	name[strcspn(name, "\n")] = '\0';
	for (at = name; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

static int add_file(struct top_clients *clients, int process, pid_t pid,
		    const char *number)
{
	char path[sizeof("fdinfo/") + NAME_MAX], text[FDINFO_SIZE] = "";
	struct top_client client;

	snprintf(path, sizeof(path), "fdinfo/%s", number);
	if (read_text(process, path, text, sizeof(text)) ||
	    top_fdinfo_parse(text, &client) || known(clients, client.id))
		return 0;
	client.pid = pid;
	read_name(process, client.name);
	return add_client(clients, &client);
}

/* Asks no file system that is not local: it might not answer. */
static bool is_node(int folder, const char *number, dev_t node)
{
	struct statx file;

	return !statx(folder, number, AT_STATX_DONT_SYNC, STATX_TYPE, &file) &&
	       S_ISCHR(file.stx_mode) &&
	       makedev(file.stx_rdev_major, file.stx_rdev_minor) == node;
}

static int add_process(struct top_clients *clients, int process, pid_t pid,
		       dev_t node)
{
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int error = 0;

	while (!error && files && (entry = readdir(files)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    is_node(fd, entry->d_name, node))
			error = add_file(clients, process, pid, entry->d_name);
	if (files)
		closedir(files);
	else if (fd >= 0)
		close(fd);
	return error;
}

int top_clients_read(struct top_clients *clients, const char *proc, dev_t node)
{
	DIR *folder = opendir(proc);
	struct dirent *entry;
	int error = 0;
	int process;
	pid_t pid;

	clients->count = 0;
	if (!folder)
		return -errno;
	while (!error && (entry = readdir(folder))) {
		pid = strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || pid == getpid())
			continue;
		process = openat(dirfd(folder), entry->d_name,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		error = add_process(clients, process, pid, node);
		close(process);
	}
	closedir(folder);
	return error;
}

void top_clients_free(struct top_clients *clients)
{
	free(clients->list);
	*clients = (struct top_clients){};
}

static int busier(const void *a, const void *b)
{
	const struct top_client *x = a, *y = b;
	double load = x->express + x->scan, other = y->express + y->scan;

	if (load != other)
		return load < other ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void top_clients_rank(struct top_clients *clients,
		      const struct top_clients *before, double seconds)
{
	size_t i, k;

	for (i = 0; i < clients->count; i++) {
		struct top_client *client = &clients->list[i];
		uint64_t express = 0, scan = 0;

		/* One that was not there has done all of it since. */
		for (k = 0; k < before->count; k++)
			if (before->list[k].id == client->id) {
				express = before->list[k].express_ns;
				scan = before->list[k].scan_ns;
			}
		if (client->express_ns > express)
			client->express = (client->express_ns - express) /
					  (seconds * 1e9);
		if (client->scan_ns > scan)
			client->scan = (client->scan_ns - scan) /
				       (seconds * 1e9);
	}
	if (clients->count)
		qsort(clients->list, clients->count, sizeof(*clients->list),
		      busier);
}
