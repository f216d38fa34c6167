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
	struct drm_limen_scan desc = scan_at(&client->host, client->gallery,
					     RESULT, 0, TOP);
	__u32 count;
	int ret;

	desc.min_similarity = (int)(next_random(&client->seed) % 8000) - 4000;
	desc.first_row = next_random(&client->seed) % ROWS;
	desc.row_count = next_random(&client->seed) % (ROWS - desc.first_row) +
			 1;
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
	count = reference_scan(&desc, (__s8 *)client->host.map, client->rows,
			       DIM, DIM, expected);
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

	if (ret && ret != -ENOBUFS && !honest_error(ret))
		return ret;
	client_close(client);
	memset(&client->host, 0, sizeof(client->host));
	memset(&client->card, 0, sizeof(client->card));
	return client_open(client);
}

/* Works until it is killed, or @end is true (NULL: never). */
static int run_client(__u32 seed, const bool *end, unsigned long *right)
{
	struct client client = { .seed = seed * 2654435761u | 1 };
	int ret = client_open(&client);

	while (!ret && !(end && __atomic_load_n(end, __ATOMIC_RELAXED))) {
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

static void leave_alone(void)
{
	sleep_ms(SECONDS * 1000);
}

#define CLIENTS_MAX	16

/* What clients and the one who started them share. */
struct crowd {
	bool end;
	unsigned long right[CLIENTS_MAX];
};

/* @count clients work while @meanwhile runs: 0 if all of them were satisfied. */
static int run_clients(unsigned int count, void (*meanwhile)(void))
{
	struct crowd *crowd = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[CLIENTS_MAX];
	unsigned int i;
	int status, worst = 0;

	for (i = 0; i < count; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(-run_client(i + 1, &crowd->end,
					  &crowd->right[i]));
	}
	meanwhile();
	__atomic_store_n(&crowd->end, true, __ATOMIC_RELAXED);
	for (i = 0; i < count; i++) {
		waitpid(pids[i], &status, 0);
		if (!WIFEXITED(status))
			worst = -EFAULT;
		else if (WEXITSTATUS(status))
			worst = -WEXITSTATUS(status);
		else if (!crowd->right[i] && !worst)
			worst = -ENODATA;
	}
	munmap(crowd, PAGE);
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

TEST_F(stress, many_clients)
{
	EXPECT_EQ(0, run_clients(4, leave_alone));
}

/* How often the board was reset; not at all if it cannot be asked. */
static __u64 resets(void)
{
	struct drm_limen_device_info info = {};
	int fd = limen_open();

	if (fd >= 0) {
		limen_device_info(fd, &info);
		close(fd);
	}
	return info.resets;
}

/* For some seconds, and until the board was reset. */
static void break_things(void)
{
	static const char * const knobs[] = {
		"fatal", "hang", "corrupt_cookie", "fail", "drop_irq",
		"corrupt_score", "corrupt_seq", "corrupt_rows", "corrupt_order",
		"corrupt_status", "corrupt_count", "deaf", "stick_ring",
	};
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);
	__s64 give_up = end + 4 * SECONDS * NSEC_PER_SEC;
	__u64 before = resets();
	unsigned int i = 0;

	emu_calm();
	while (now_ns() < end || (resets() <= before && now_ns() < give_up)) {
		emu_set(knobs[i++ % ARRAY_SIZE(knobs)], 1);
		sleep_ms(150);
	}
	emu_calm();
}

TEST_F(stress, many_clients_and_faults)
{
	__u64 before = resets();

	EMU_OR_SKIP();
	EXPECT_EQ(0, run_clients(4, break_things));
	EXPECT_LT(before, resets());
}

static void kill_clients(void)
{
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);

	while (now_ns() < end) {
		unsigned long right;
		pid_t pid = fork();

		if (!pid)
			_exit(-run_client(99, NULL, &right));
		sleep_ms(200);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

TEST_F(stress, clients_killed)
{
	EXPECT_EQ(0, run_clients(2, kill_clients));
}

/* One file, shared by threads of control that do not know of each other. */
TEST_F(stress, one_file_shared)
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

/*
 * Random calls: identifiers and handles from a small range, so that they often
 * exist and are often in use by another process at that moment.
 */
#define HANDLES		12
#define IDENTIFIERS	6

static sigjmp_buf escape;

static void on_bus_error(int signal)
{
	siglongjmp(escape, signal);
}

static void random_touch(int fd, __u32 handle, __u32 value)
{
	volatile uint8_t *map;
	__u64 offset;

	if (bo_offset(fd, handle, &offset))
		return;
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (map == MAP_FAILED)
		return;
	/* The buffer may be frozen between any two of these lines. */
	if (!sigsetjmp(escape, 1))
		map[value % PAGE] = value;
	munmap((void *)map, PAGE);
}

static void random_gallery(int fd, __u32 *seed)
{
	struct drm_limen_gallery_create args = {
		.handle = next_random(seed) % HANDLES + 1,
		.format = DRM_LIMEN_FORMAT_S8,
		.offset = next_random(seed) % 4 * 64,
		.dim = 64 * (next_random(seed) % 9),
		.stride = 512 + next_random(seed) % 3 * 64,
		.rows = next_random(seed) % 20,
	};

	gallery_create(fd, &args);
}

static int random_compare(int fd, __u32 *seed)
{
	struct drm_limen_compare descs[4];
	__u32 i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		descs[i] = (struct drm_limen_compare) {
			.probe_handle = next_random(seed) % HANDLES + 1,
			.reference_handle = next_random(seed) % HANDLES + 1,
			.probe_offset = next_random(seed) % 80 * 64,
			.reference_offset = next_random(seed) % 80 * 64,
			.result_handle = next_random(seed) % HANDLES + 1,
			.dim = 64 * (next_random(seed) % 9),
			.result_offset = next_random(seed) % 140 * 32,
			.result_size = sizeof(struct drm_limen_compare_result),
		};
	return submit_compares(fd, next_random(seed) % IDENTIFIERS + 1, descs,
			       next_random(seed) % 4 + 1,
			       next_random(seed) % 2 * NSEC_PER_MSEC);
}

static int random_scan(int fd, __u32 *seed)
{
	struct drm_limen_scan descs[2];
	__u32 i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		descs[i] = (struct drm_limen_scan) {
			.gallery = next_random(seed) % IDENTIFIERS + 1,
			.probe_handle = next_random(seed) % HANDLES + 1,
			.probe_offset = next_random(seed) % 80 * 64,
			.first_row = next_random(seed) % 8,
			.row_count = next_random(seed) % 16,
			.top_k = next_random(seed) % 20 + 1,
			.result_handle = next_random(seed) % HANDLES + 1,
			.result_offset = next_random(seed) % 70 * 64,
			.result_size = sizeof(struct drm_limen_scan_result),
			.row_size = sizeof(struct drm_limen_scan_row),
		};
	return submit_scans(fd, next_random(seed) % IDENTIFIERS + 1, descs,
			    next_random(seed) % 2 + 1,
			    next_random(seed) % 2 * NSEC_PER_MSEC);
}

/* What a submission may come back with; nothing else is in the contract. */
static bool known_error(int error)
{
	static const int known[] = {
		0, -ENOENT, -EINVAL, -EBUSY, -ENOBUFS, -ETIMEDOUT, -E2BIG, -EIO,
		-ETIME, -ECANCELED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (error == known[i])
			return true;
	return false;
}

static int random_call(int fd, __u32 *seed)
{
	__u32 queue, handle;

	switch (next_random(seed) % 12) {
	case 0:
	case 1:
		bo_create(fd, next_random(seed) % (2 * PAGE) + 1,
			  next_random(seed) % 2, &handle);
		return 0;
	case 2:
		bo_close(fd, next_random(seed) % HANDLES + 1);
		return 0;
	case 3:
		random_gallery(fd, seed);
		return 0;
	case 4:
		gallery_destroy(fd, next_random(seed) % IDENTIFIERS + 1);
		return 0;
	case 5:
		queue_create(fd, next_random(seed) % 2 + 1, &queue);
		return 0;
	case 6:
		if (next_random(seed) % 4 == 0)
			queue_destroy(fd, next_random(seed) % IDENTIFIERS + 1);
		return 0;
	case 7:
		random_touch(fd, next_random(seed) % HANDLES + 1,
			     next_random(seed));
		return 0;
	case 8:
	case 9:
		return random_scan(fd, seed);
	default:
		return random_compare(fd, seed);
	}
}

static int run_random(int fd, __u32 seed)
{
	struct sigaction action = { .sa_handler = on_bus_error };
	__s64 end = in_ns(SECONDS * NSEC_PER_SEC);
	int ret = 0;

	sigaction(SIGBUS, &action, NULL);
	while (known_error(ret) && now_ns() < end)
		ret = random_call(fd, &seed);
	return known_error(ret) ? 0 : ret;
}

/* A file of their own for four processes; with faults if the board has them. */
TEST_F(stress, random_calls)
{
	int fd = limen_open(), status;
	pid_t pids[4];
	unsigned int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(-run_random(fd, i * 2654435761u + 1));
	}
	if (emu_present())
		break_things();
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status) TH_LOG("errno %d", WEXITSTATUS(status));
	}
	close(fd);
}

TEST_HARNESS_MAIN
