// SPDX-License-Identifier: GPL-2.0-only
/* Who uses the board. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

static int fill_once(struct client *client)
{
	int ret = bo_new(client->fd, PAGE, DRM_LIMEN_BO_CARD, &client->card);

	if (ret)
		return ret;
	memset(client->card.map, 1, PAGE);
	ret = gallery_simple(client->fd, &client->card, 512, 8,
			     &client->gallery);
	if (ret)
		bo_free(client->fd, &client->card);
	return ret;
}

/* What is lost before it is a gallery is replaced. */
int client_fill(struct client *client)
{
	int ret;

	do {
		ret = fill_once(client);
	} while (ret == -ESTALE);
	return ret;
}

int client_open(struct client *client)
{
	int ret;

	client->fd = limen_open();
	if (client->fd < 0)
		return client->fd;
	ret = bo_new(client->fd, PAGE, 0, &client->host);
	if (!ret)
		ret = queue_create(client->fd, DRM_LIMEN_QUEUE_EXPRESS,
				   &client->express);
	if (!ret)
		ret = queue_create(client->fd, DRM_LIMEN_QUEUE_SCAN,
				   &client->scan);
	if (!ret)
		ret = client_fill(client);
	if (!ret)
		memset(client->host.map, 1, 1024);
	return ret;
}

void client_close(struct client *client)
{
	bo_free(client->fd, &client->card);
	bo_free(client->fd, &client->host);
	close(client->fd);
}

int client_verify(struct client *client)
{
	struct drm_limen_compare desc = compare_at(&client->host, 0, 512, 2048,
						   512);
	int ret;

	memset(client->host.map + 2048, POISON, 32);
	ret = submit_compares(client->fd, client->express, &desc, 1, PATIENCE);
	return !ret && compare_result(&client->host, 2048)->raw != 512 ? 1 :
									 ret;
}

int client_search(struct client *client)
{
	const struct drm_limen_scan_result *found;
	struct drm_limen_scan scan = scan_at(&client->host, client->gallery,
					     2048, 8, 8);
	int ret;

	memset(client->host.map + 2048, POISON, scan_result_size(8));
	ret = submit_scans(client->fd, client->scan, &scan, 1, PATIENCE);
	found = scan_result(&client->host, 2048);
	return !ret && (found->count != 8 || found->rows[0].raw != 512 ||
			found->rows[7].raw != 512) ? 1 : ret;
}

__u32 client_resets(const struct client *client)
{
	struct drm_limen_device_info info = { .resets = 0 };

	limen_device_info(client->fd, &info);
	return info.resets;
}

static int work_once(struct client *client, struct load *load, unsigned int i)
{
	int ret = client_verify(client);

	if (!ret)
		ret = client_search(client);
	if (!ret) {
		__atomic_add_fetch(&load->right, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&load->own[i], 1, __ATOMIC_RELAXED);
		return 0;
	}
	if (ret == -ECANCELED || ret == -ESTALE) {
		__atomic_add_fetch(&load->refused, 1, __ATOMIC_RELAXED);
		ret = gallery_destroy(client->fd, client->gallery);
		bo_free(client->fd, &client->card);
		if (!ret)
			ret = client_fill(client);
	}
	return ret;
}

static int work(struct load *load, unsigned int i)
{
	struct client client;
	int ret = client_open(&client);

	while (!ret && !__atomic_load_n(&load->end, __ATOMIC_RELAXED))
		ret = work_once(&client, load, i);
	if (ret == -ENODEV) {
		__atomic_add_fetch(&load->gone, 1, __ATOMIC_RELAXED);
		ret = 0;
	}
	client_close(&client);
	return ret < 0 ? 2 : ret;
}

struct load *load_start(void)
{
	struct load *load = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	if (load == MAP_FAILED)
		return NULL;
	for (i = 0; i < LOADS; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(work(load, i));
		load->pids[i] = pid;
	}
	return load;
}

unsigned int load_right(const struct load *load)
{
	return __atomic_load_n(&load->right, __ATOMIC_RELAXED);
}

/* Twice: one time may have been before, and only not been told of. */
bool load_works(const struct load *load)
{
	unsigned int i, before[LOADS];
	__s64 end = in_ns(PATIENCE);

	for (i = 0; i < LOADS; i++)
		before[i] = __atomic_load_n(&load->own[i], __ATOMIC_RELAXED);
	for (i = 0; i < LOADS; i++) {
		while (__atomic_load_n(&load->own[i], __ATOMIC_RELAXED) -
		       before[i] < 2) {
			if (now_ns() > end)
				return false;
			sleep_ms(1);
		}
	}
	return true;
}

bool load_loses_board(const struct load *load)
{
	__s64 end = in_ns(PATIENCE);

	while (__atomic_load_n(&load->gone, __ATOMIC_RELAXED) < LOADS) {
		if (now_ns() > end)
			return false;
		sleep_ms(1);
	}
	return true;
}

int load_end(struct load *load)
{
	unsigned int i;
	int ret = 0;

	__atomic_store_n(&load->end, true, __ATOMIC_RELAXED);
	for (i = 0; i < LOADS; i++) {
		int status = 3;

		if (load->pids[i] < 0 ||
		    waitpid(load->pids[i], &status, 0) != load->pids[i] ||
		    !WIFEXITED(status))
			ret = 3;
		else if (WEXITSTATUS(status))
			ret = WEXITSTATUS(status);
	}
	return ret;
}

void load_free(struct load *load)
{
	munmap(load, PAGE);
}
