// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several processes submit, close and reset at once: each verify and each scan
 * ends right or with an error, none is lost, and nothing is left behind.
 */
#include "limen_kselftest.h"

#define SECONDS		4
#define BATCH		8
#define DIM		128
#define ROWS		100
#define TOP		5
#define VECTORS		(BATCH * 2 * DIM)
#define RESULT		PAGE

/* What a client may be told when others make the board fail. */
static bool honest_error(int error)
{
	return error == -EIO || error == -ETIME || error == -ECANCELED;
}

struct client {
	int fd;
	__u32 seed;
	struct bo host;
	struct bo card;
	__u32 express;
	__u32 scan;
	__u32 gallery;
	__s8 rows[ROWS * DIM];
	unsigned long right;
	unsigned long failed;
};

static int client_open(struct client *client)
{
	int ret;

	client->fd = limen_open();
	if (client->fd < 0)
		return client->fd;
	ret = bo_new(client->fd, 2 * PAGE, 0, &client->host);
	if (!ret)
		ret = bo_new(client->fd, sizeof(client->rows),
			     DRM_LIMEN_BO_CARD, &client->card);
	if (ret)
		return ret;
	fill_rows(client->rows, ROWS, DIM, DIM, next_random(&client->seed));
	memcpy(client->card.map, client->rows, sizeof(client->rows));
	ret = gallery_simple(client->fd, &client->card, DIM, ROWS,
			     &client->gallery);
	if (!ret)
		ret = queue_create(client->fd, DRM_LIMEN_QUEUE_EXPRESS,
				   &client->express);
	if (!ret)
		ret = queue_create(client->fd, DRM_LIMEN_QUEUE_SCAN,
				   &client->scan);
	return ret;
}

static void client_close(struct client *client)
{
	if (client->host.map)
		munmap(client->host.map, client->host.size);
	if (client->card.map)
		munmap(client->card.map, client->card.size);
	close(client->fd);
}

/* 0 if every result is right or an honest error. */
static int verify(struct client *client)
{
	struct drm_limen_compare descs[BATCH];
	__u32 count = next_random(&client->seed) % BATCH + 1;
	int ret, first = 0;
	__u32 i;

	fill_vector((__s8 *)client->host.map, VECTORS, PATTERN_RANDOM,
		    next_random(&client->seed));
	memset(client->host.map + RESULT, POISON, PAGE);
	for (i = 0; i < count; i++)
		descs[i] = compare_at(&client->host, 2 * i * DIM,
				      (2 * i + 1) * DIM, RESULT + i * 32, DIM);
	ret = submit_compares(client->fd, client->express, descs, count,
			      PATIENCE);
	if (ret && !honest_error(ret))
		return ret;
	for (i = 0; i < count; i++) {
		struct drm_limen_compare_result *result =
			compare_result(&client->host, RESULT + i * 32);
		struct limen_score score = limen_score_vectors(
				(__s8 *)client->host.map + 2 * i * DIM,
				(__s8 *)client->host.map + (2 * i + 1) * DIM,
				DIM);

		if (result->error) {
			if (!honest_error(result->error))
				return -EBADMSG;
			if (!first)
				first = result->error;
			client->failed++;
		} else if (result->raw != score.raw ||
			   result->similarity != score.similarity) {
			return -EBADMSG;
		} else {
			client->right++;
		}
	}
	return ret == first ? 0 : -EBADMSG;
}

static int search(struct client *client)
{
	struct drm_limen_scan_result *result = scan_result(&client->host,
							   RESULT);
	struct drm_limen_scan_row expected[TOP];
	struct drm_limen_scan desc = {
		.gallery = client->gallery,
		.probe_handle = client->host.handle,
		.top_k = TOP,
		.min_similarity = (int)(next_random(&client->seed) % 4000),
		.result_handle = client->host.handle,
		.result_offset = RESULT,
	};
	__u32 count;
	int ret;

	fill_vector((__s8 *)client->host.map, DIM, PATTERN_RANDOM,
		    next_random(&client->seed));
	memset(client->host.map + RESULT, POISON, PAGE);
	ret = submit_scans(client->fd, client->scan, &desc, 1, PATIENCE);
	if (ret && !honest_error(ret))
		return ret;
	if (result->error) {
		client->failed++;
		return ret == result->error ? 0 : -EBADMSG;
	}
	count = reference_scan((__s8 *)client->host.map, client->rows, ROWS,
			       DIM, DIM, TOP, desc.min_similarity, expected);
	if (ret || result->count != count ||
	    memcmp(result->rows, expected, count * sizeof(*expected)))
		return -EBADMSG;
	client->right++;
	return 0;
}

/* Leave with work on the board: whoever comes next must not notice. */
static int abandon(struct client *client)
{
	struct drm_limen_compare desc = compare_at(&client->host, 0, DIM,
						   RESULT, DIM);
	int ret = submit_compares(client->fd, client->express, &desc, 1, 0);

	if (ret && ret != -EAGAIN && !honest_error(ret))
		return ret;
	client_close(client);
	memset(&client->host, 0, sizeof(client->host));
	memset(&client->card, 0, sizeof(client->card));
	return client_open(client);
}

static int run_client(__u32 seed, unsigned long *right)
{
	struct client client = { .seed = seed * 2654435761u | 1 };
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);
	int ret = client_open(&client);

	while (!ret && now_ns() < end) {
		__u32 choice = next_random(&client.seed) % 16;

		if (choice < 10)
			ret = verify(&client);
		else if (choice < 15)
			ret = search(&client);
		else
			ret = abandon(&client);
	}
	*right = client.right;
	client_close(&client);
	return ret;
}

/* Start @count clients; 0 if all of them were satisfied. */
static int run_clients(unsigned int count, void (*meanwhile)(void))
{
	unsigned long *right = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[16];
	unsigned int i;
	int status, worst = 0;

	for (i = 0; i < count; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(-run_client(i + 1, &right[i]));
	}
	if (meanwhile)
		meanwhile();
	for (i = 0; i < count; i++) {
		waitpid(pids[i], &status, 0);
		if (!WIFEXITED(status))
			worst = -EFAULT;
		else if (WEXITSTATUS(status))
			worst = -WEXITSTATUS(status);
		else if (!right[i] && !worst)
			worst = -ENODATA;
	}
	munmap(right, PAGE);
	return worst;
}

FIXTURE(stress)
{
	int fd;
	struct drm_limen_memory_info memory;
	long mark;
};

FIXTURE_SETUP(stress)
{
	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, limen_memory_info(self->fd, &self->memory));
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN(stress)
{
	char line[256];

	if (emu_present()) {
		EXPECT_EQ(0, emu_calm());
	}
	EXPECT_TRUE(card_free_becomes(self->fd, self->memory.card_free));
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->fd);
}

TEST_F_TIMEOUT(stress, many_clients, 120)
{
	EXPECT_EQ(0, run_clients(4, NULL));
}

static void break_things(void)
{
	static const char * const knobs[] = {
		"fatal", "hang", "corrupt_cookie", "fail", "drop_irq",
		"corrupt_score", "corrupt_seq", "corrupt_rows", "corrupt_order",
		"corrupt_status", "corrupt_count",
	};
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);
	unsigned int i = 0;

	while (now_ns() < end) {
		emu_set(knobs[i++ % ARRAY_SIZE(knobs)], 1);
		sleep_ms(150);
	}
	emu_calm();
}

TEST_F_TIMEOUT(stress, many_clients_and_faults, 120)
{
	struct drm_limen_device_info before, after;

	EMU_OR_SKIP();
	ASSERT_EQ(0, limen_device_info(self->fd, &before));
	EXPECT_EQ(0, run_clients(4, break_things));
	ASSERT_EQ(0, limen_device_info(self->fd, &after));
	EXPECT_LT(before.resets, after.resets);
}

static void kill_clients(void)
{
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);

	while (now_ns() < end) {
		unsigned long right;
		pid_t pid = fork();

		if (!pid)
			_exit(-run_client(99, &right));
		sleep_ms(200);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

TEST_F_TIMEOUT(stress, clients_killed, 120)
{
	EXPECT_EQ(0, run_clients(2, kill_clients));
}

/* One file, shared by threads of control that do not know of each other. */
TEST_F_TIMEOUT(stress, one_file_shared, 120)
{
	struct client client = { .seed = 5 };
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);
	unsigned int i;
	pid_t pids[3];
	int status;

	ASSERT_EQ(0, client_open(&client));
	for (i = 0; i < 3; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			while (now_ns() < end) {
				__u32 queue, gallery, handle;

				if (!queue_create(client.fd, 1 + i % 2, &queue))
					queue_destroy(client.fd, queue);
				if (!gallery_simple(client.fd, &client.card,
						    DIM, ROWS, &gallery))
					gallery_destroy(client.fd, gallery);
				if (!bo_create(client.fd, PAGE, i % 2, &handle))
					bo_close(client.fd, handle);
			}
			_exit(0);
		}
	}
	while (now_ns() < end) {
		ASSERT_EQ(0, verify(&client));
		ASSERT_EQ(0, search(&client));
	}
	for (i = 0; i < 3; i++) {
		waitpid(pids[i], &status, 0);
		EXPECT_EQ(0, status);
	}
	client_close(&client);
}

TEST_HARNESS_MAIN
