// SPDX-License-Identifier: MIT
/*
 * The board backend on a driver that stands in for the real one, by functions that
 * come before libdrm's: what it does when the driver refuses. Its memory is a file
 * of the test's; it searches by the score's definition.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include <drm/limen_accel.h>
#include <limen/hw.h>

#include "../face/suite.h"
#include "sample.h"

#define MEMORY_SIZE (16 << 20)
#define BUFFERS 64
#define GALLERIES 8
#define ROWS 300
#define DIM 128
#define TOP_K 64
#define TIMEOUT_MS 10000

/**
 * struct driver - the stand-in
 * @memory: of all buffers
 * @used: of it
 * @offsets: where buffers begin, by handle; 0 for none
 * @lost: the content of galleries up to this one is
 * @galleries: by their identifiers; those that are none have no handle
 * @uploads: galleries made so far
 * @submissions: taken so far
 * @slow: the time is over before the next submission has finished
 * @full: likewise before it finds room
 * @signals: that come, one after the other, while somebody waits
 * @ticket: of the submission that somebody waited for; 0 for none
 * @queues: made so far
 * @sleeps_after: submissions until card memory is lost; -1 for never
 * @create_error: of the next buffer, or 0
 */
static struct driver {
	uint8_t *memory;
	size_t used;
	size_t offsets[BUFFERS];
	uint32_t lost;
	struct drm_limen_gallery_create galleries[GALLERIES];
	unsigned int uploads;
	unsigned int submissions;
	bool slow;
	bool full;
	unsigned int signals;
	uint64_t ticket;
	unsigned int queues;
	int sleeps_after;
	int create_error;
} driver;

static struct limen_backend *board, *cpu;
static struct limen_gallery *gallery;

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int fake_query(const struct drm_limen_query *query)
{
	struct drm_limen_device_info info = {
		.hw_version = LIMEN_HW_VERSION_MAJOR << 16,
		.dim_max = LIMEN_DIM_MAX,
		.top_k_max = TOP_K,
		.batch_max = LIMEN_BATCH_MAX,
		.board = "stand-in",
	};

	ck_assert_uint_eq(query->type, DRM_LIMEN_QUERY_DEVICE);
	memcpy((void *)(uintptr_t)query->pointer, &info,
	       query->size < sizeof(info) ? query->size : sizeof(info));
	return 0;
}

static int fake_create(struct drm_limen_bo_create *create)
{
	uint32_t handle = 1;

	if (driver.create_error)
		return refuse(driver.create_error);
	while (driver.offsets[handle])
		ck_assert_uint_lt(++handle, BUFFERS);
	create->size = (create->size + 4095) / 4096 * 4096;
	ck_assert_uint_le(driver.used + create->size, MEMORY_SIZE);
	driver.offsets[handle] = driver.used;
	driver.used += create->size;
	create->handle = handle;
	return 0;
}

static int fake_gallery(struct drm_limen_gallery_create *create)
{
	ck_assert_uint_ne(driver.offsets[create->handle], 0);
	driver.uploads++;
	ck_assert_uint_lt(driver.uploads, GALLERIES);
	create->gallery = driver.uploads;
	driver.galleries[create->gallery] = *create;
	return 0;
}

static unsigned int galleries_held(void)
{
	unsigned int count = 0, i;

	for (i = 0; i < GALLERIES; i++)
		count += driver.galleries[i].handle != 0;
	return count;
}

/* What card memory holds now is not there any more. */
static void lose_memory(void)
{
	driver.lost = driver.uploads;
}

/* Puts a row where it belongs among the best ones. */
static void rank(struct drm_limen_scan_result *result, uint32_t most,
		 const struct drm_limen_scan_row *row)
{
	uint32_t at = result->count;

	while (at && result->rows[at - 1].similarity < row->similarity)
		at--;
	if (at >= most)
		return;
	result->count += result->count < most;
	memmove(&result->rows[at + 1], &result->rows[at],
		(result->count - at - 1) * sizeof(*row));
	result->rows[at] = *row;
}

static void fake_scan(const struct drm_limen_scan *desc)
{
	const struct drm_limen_gallery_create *searched = &driver.galleries[desc->gallery];
	const uint8_t *rows = driver.memory + driver.offsets[searched->handle];
	const uint8_t *probe = driver.memory + desc->probe_offset +
			       driver.offsets[desc->probe_handle];
	struct drm_limen_scan_result *result =
		(void *)(driver.memory + desc->result_offset +
			 driver.offsets[desc->result_handle]);
	uint32_t i;

	ck_assert_uint_eq(desc->result_size, sizeof(*result));
	ck_assert_uint_eq(desc->row_size, sizeof(result->rows[0]));
	result->count = 0;
	for (i = desc->first_row; i < desc->first_row + desc->row_count; i++) {
		struct limen_score score = limen_score_vectors(
			(const int8_t *)probe,
			(const int8_t *)rows + (size_t)i * searched->stride,
			searched->dim);
		struct drm_limen_scan_row row = {
			.row = i,
			.raw = score.raw,
			.similarity = score.similarity,
		};

		if (score.similarity >= desc->min_similarity)
			rank(result, desc->top_k, &row);
	}
	result->error = 0;
}

static void fake_compare(const struct drm_limen_compare *desc)
{
	const uint8_t *probe = driver.memory + desc->probe_offset +
			       driver.offsets[desc->probe_handle];
	const uint8_t *reference = driver.memory + desc->reference_offset +
				   driver.offsets[desc->reference_handle];
	struct drm_limen_compare_result *result =
		(void *)(driver.memory + desc->result_offset +
			 driver.offsets[desc->result_handle]);
	struct limen_score score = limen_score_vectors(
		(const int8_t *)probe, (const int8_t *)reference, desc->dim);

	ck_assert_uint_eq(desc->result_size, sizeof(*result));
	result->raw = score.raw;
	result->similarity = score.similarity;
	result->error = 0;
}

static int fake_scans(const struct drm_limen_submit *submit)
{
	const struct drm_limen_scan *descs = (void *)(uintptr_t)submit->descs;
	uint32_t i;

	ck_assert_uint_eq(submit->desc_size, sizeof(*descs));
	if (!driver.sleeps_after)
		lose_memory();
	if (driver.sleeps_after >= 0)
		driver.sleeps_after--;
	for (i = 0; i < submit->count; i++) {
		ck_assert_uint_lt(descs[i].gallery, GALLERIES);
		ck_assert_uint_ne(driver.galleries[descs[i].gallery].handle, 0);
		ck_assert_uint_le(descs[i].first_row + descs[i].row_count,
				  driver.galleries[descs[i].gallery].rows);
		if (descs[i].gallery <= driver.lost)
			return refuse(ESTALE);
	}
	for (i = 0; i < submit->count; i++)
		fake_scan(&descs[i]);
	return 0;
}

static int fake_compares(const struct drm_limen_submit *submit)
{
	const struct drm_limen_compare *descs =
		(void *)(uintptr_t)submit->descs;
	uint32_t i;

	ck_assert_uint_eq(submit->desc_size, sizeof(*descs));
	for (i = 0; i < submit->count; i++)
		fake_compare(&descs[i]);
	return 0;
}

/* A signal comes while one waits for room, and then one during each wait. */
static int fake_submit(struct drm_limen_submit *submit)
{
	int result;

	ck_assert_uint_eq(submit->flags, DRM_LIMEN_SUBMIT_WAIT);
	ck_assert_uint_eq(submit->ticket, driver.ticket);
	if (!submit->ticket) {
		if (driver.full)
			return refuse(driver.signals && driver.signals-- ?
				      EINTR : ETIMEDOUT);
		result = submit->queue == DRM_LIMEN_QUEUE_SCAN ?
			 fake_scans(submit) : fake_compares(submit);
		if (result)
			return result;
		driver.submissions++;
	}
	submit->ticket = 0;
	if (driver.signals || driver.slow)
		submit->ticket = driver.submissions;
	driver.ticket = submit->ticket;
	if (driver.signals) {
		driver.signals--;
		return refuse(EINTR);
	}
	return driver.slow ? refuse(ETIMEDOUT) : 0;
}

static int fake_call(unsigned long request, void *args)
{
	struct drm_limen_bo_mmap_offset *map = args;
	struct drm_limen_queue_create *queue = args;
	struct drm_limen_gallery_destroy *destroy = args;

	switch (request) {
	case DRM_IOCTL_LIMEN_QUERY:
		return fake_query(args);
	case DRM_IOCTL_LIMEN_BO_CREATE:
		return fake_create(args);
	case DRM_IOCTL_LIMEN_BO_MMAP_OFFSET:
		map->offset = driver.offsets[map->handle];
		return 0;
	case DRM_IOCTL_LIMEN_GALLERY_CREATE:
		return fake_gallery(args);
	case DRM_IOCTL_LIMEN_GALLERY_DESTROY:
		ck_assert_uint_ne(driver.galleries[destroy->gallery].handle, 0);
		driver.galleries[destroy->gallery].handle = 0;
		return 0;
	case DRM_IOCTL_LIMEN_QUEUE_CREATE:
		driver.queues++;
		queue->queue = queue->type;
		return 0;
	case DRM_IOCTL_LIMEN_QUEUE_DESTROY:
		driver.ticket = 0;
		return 0;
	case DRM_IOCTL_LIMEN_SUBMIT:
		return fake_submit(args);
	}
	return refuse(ENOTTY);
}

/* Calls come from several threads. */
static pthread_mutex_t driver_lock = PTHREAD_MUTEX_INITIALIZER;

/* Descriptors of a board that has gone; another one has its node. */
static int gone[8], gone_count;

static bool fd_gone(int fd)
{
	int i;

	for (i = 0; i < gone_count; i++)
		if (gone[i] == fd)
			return true;
	return false;
}

/* From here on, what the library calls. */
int drmIoctl(int fd, unsigned long request, void *args)
{
	int result;

	pthread_mutex_lock(&driver_lock);
	if (fd_gone(fd))
		result = refuse(ENODEV);
	else
		do
			result = fake_call(request, args);
		while (result < 0 && (errno == EINTR || errno == EAGAIN));
	pthread_mutex_unlock(&driver_lock);
	return result;
}

drmVersionPtr drmGetVersion(int fd)
{
	static char name[] = "limen";
	static drmVersion version = { .name = name };

	(void)fd;
	return &version;
}

void drmFreeVersion(drmVersionPtr version)
{
	(void)version;
}

int drmCloseBufferHandle(int fd, uint32_t handle)
{
	pthread_mutex_lock(&driver_lock);
	if (!fd_gone(fd))
		driver.offsets[handle] = 0;
	pthread_mutex_unlock(&driver_lock);
	return 0;
}

static struct limen_template probe_of(uint32_t seed)
{
	return sample(DIM, seed);
}

/* Half of the rows are alike: more than one scan of a small board returns. */
static void gallery_make(void)
{
	struct limen_template tmpl = probe_of(1);
	uint32_t row;

	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, DIM), 0);
	for (row = 0; row < ROWS; row++) {
		tmpl = probe_of(row % 2 ? row : 1);
		tmpl.vector[0] = row;
		ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), row);
	}
}

static void setup(void)
{
	int fd;

	folder_make();
	fd = open(in_folder("node"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, MEMORY_SIZE), 0);
	driver.memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(driver.memory, MAP_FAILED);
	close(fd);
	driver.used = 4096;
	driver.sleeps_after = -1;
	ck_assert_int_eq(limen_backend_open(&board, LIMEN_BACKEND_BOARD,
					    in_folder("node")), 0);
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, "plain"),
			 0);
	gallery_make();
}

static void teardown(void)
{
	limen_gallery_close(gallery);
	limen_backend_close(cpu);
	limen_backend_close(board);
	munmap(driver.memory, MEMORY_SIZE);
	folder_remove();
}

static void check_rows(const struct limen_row *a, const struct limen_row *b,
		       int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++) {
		ck_assert_uint_eq(a[i].row, b[i].row);
		ck_assert_int_eq(a[i].score.raw, b[i].score.raw);
		ck_assert_int_eq(a[i].score.similarity, b[i].score.similarity);
	}
}

/* A backend finds what the CPU finds. */
static void check_search_by(struct limen_backend *by, uint32_t top_k, int32_t min)
{
	struct limen_row rows[2][LIMEN_TOP_K_MAX];
	struct limen_template probe = probe_of(1);
	int count = limen_search(cpu, &probe, gallery, top_k, min, rows[0],
				 TIMEOUT_MS);

	ck_assert_int_gt(count, 0);
	ck_assert_int_eq(limen_search(by, &probe, gallery, top_k, min,
				      rows[1], TIMEOUT_MS), count);
	check_rows(rows[0], rows[1], count);
}

static void check_search(uint32_t top_k, int32_t min)
{
	check_search_by(board, top_k, min);
}

static void check_search_all(int32_t min, int64_t least)
{
	struct limen_template probe = probe_of(1);
	struct limen_row *rows[2];
	int64_t count = limen_search_all(cpu, &probe, gallery, min, &rows[0],
					 TIMEOUT_MS);

	ck_assert_int_ge(count, least);
	ck_assert_int_eq(limen_search_all(board, &probe, gallery, min, &rows[1],
					  TIMEOUT_MS), count);
	check_rows(rows[0], rows[1], count);
	limen_rows_free(rows[0], count);
	limen_rows_free(rows[1], count);
}

static int search_fails(uint32_t top_k, int32_t min)
{
	static struct limen_row rows[LIMEN_TOP_K_MAX];
	struct limen_template probe = probe_of(1);

	return limen_search(board, &probe, gallery, top_k, min, rows, 50);
}

static int compare_fails(void)
{
	struct limen_template probe = probe_of(1);
	struct limen_pair pair = { .size = sizeof(pair), .probe = &probe,
				   .reference = &probe };
	int error = limen_compare(board, &pair, 1, TIMEOUT_MS);

	ck_assert_int_eq(pair.error, error);
	if (!error)
		ck_assert_int_eq(pair.score.similarity, LIMEN_SIMILARITY_ONE);
	return error;
}

START_TEST(searches_agree)
{
	check_search(10, 0);
	check_search(TOP_K, -LIMEN_SIMILARITY_ONE);
	check_search_all(-LIMEN_SIMILARITY_ONE, ROWS);
	check_search_all(0, 2 * TOP_K);
	check_search_all(16384, 2 * TOP_K);
	ck_assert_uint_gt(driver.submissions, 2);
	ck_assert_uint_eq(driver.uploads, 1);
}
END_TEST

/* No fewer rows than asked for: an error instead. */
START_TEST(more_than_a_scan_returns)
{
	ck_assert_int_eq(search_fails(TOP_K + 1, 0), -EINVAL);
	ck_assert_uint_eq(driver.submissions, 0);
}
END_TEST

START_TEST(card_memory_lost)
{
	check_search(10, 0);
	lose_memory();
	check_search(10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	/* Now in the midst of many scans. */
	driver.sleeps_after = 3;
	check_search_all(0, 2 * TOP_K);
	ck_assert_uint_eq(driver.uploads, 3);
	check_search(10, 0);
	ck_assert_uint_eq(driver.uploads, 3);
}
END_TEST

/* Nothing was submitted: what there is serves the next one. */
START_TEST(no_room)
{
	driver.full = true;
	ck_assert_int_eq(search_fails(10, 0), -ETIMEDOUT);
	ck_assert_int_eq(compare_fails(), -ETIMEDOUT);
	ck_assert_uint_eq(driver.submissions, 0);
	driver.full = false;
	check_search(10, 0);
	ck_assert_int_eq(compare_fails(), 0);
	ck_assert_uint_eq(driver.uploads, 1);
	ck_assert_uint_eq(driver.queues, 2);
}
END_TEST

/* The board may still use queue and buffer: the next one gets others. */
START_TEST(not_in_time)
{
	driver.slow = true;
	ck_assert_int_eq(search_fails(10, 0), -ETIMEDOUT);
	driver.slow = false;
	check_search(10, 0);
	ck_assert_uint_eq(driver.queues, 2);
	/* Scores that came in time all the same are told. */
	driver.slow = true;
	ck_assert_int_eq(compare_fails(), 0);
	driver.slow = false;
	ck_assert_int_eq(compare_fails(), 0);
	ck_assert_uint_eq(driver.queues, 4);
	ck_assert_uint_eq(driver.uploads, 1);
	ck_assert_uint_eq(driver.submissions, 4);
}
END_TEST

/* However many signals there are, each search is submitted once. */
START_TEST(signals)
{
	driver.signals = 5;
	check_search(10, 0);
	driver.signals = 5;
	ck_assert_int_eq(compare_fails(), 0);
	ck_assert_uint_eq(driver.submissions, 2);
	ck_assert_uint_eq(driver.queues, 2);
	driver.full = true;
	driver.signals = 5;
	ck_assert_int_eq(search_fails(10, 0), -ETIMEDOUT);
	ck_assert_uint_eq(driver.signals, 0);
	ck_assert_uint_eq(driver.submissions, 2);
}
END_TEST

START_TEST(share_used_up)
{
	driver.create_error = EDQUOT;
	ck_assert_int_eq(search_fails(10, 0), -EDQUOT);
	ck_assert_int_eq(compare_fails(), -EDQUOT);
	ck_assert_ptr_nonnull(strstr(limen_strerror(-EDQUOT), "share"));
	driver.create_error = 0;
	check_search(10, 0);
}
END_TEST

static struct limen_backend *another(void)
{
	struct limen_backend *backend;

	ck_assert_int_eq(limen_backend_open(&backend, LIMEN_BACKEND_BOARD,
					    in_folder("node")), 0);
	return backend;
}

/* A gallery is on the card once, for as long as anybody searches it. */
START_TEST(backends_share_the_card)
{
	struct limen_backend *second = another();

	check_search(10, 0);
	check_search_by(second, 10, 0);
	ck_assert_uint_eq(driver.uploads, 1);
	limen_backend_close(board);
	board = another();
	check_search_by(second, 10, 0);
	check_search(10, 0);
	ck_assert_uint_eq(driver.uploads, 1);
	limen_backend_close(second);
	check_search(10, 0);
	ck_assert_uint_eq(galleries_held(), 1);
	limen_backend_close(board);
	ck_assert_uint_eq(galleries_held(), 0);
	board = another();
	check_search(10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
}
END_TEST

/* Who has searched before a row went keeps what he has until he searches again. */
START_TEST(a_changed_gallery_is_another_copy)
{
	struct limen_backend *second = another();

	check_search(10, 0);
	check_search_by(second, 10, 0);
	ck_assert_int_eq(limen_gallery_remove(gallery, 7), 0);
	check_search(10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	ck_assert_uint_eq(galleries_held(), 2);
	check_search_by(second, 10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	ck_assert_uint_eq(galleries_held(), 1);
	limen_backend_close(second);
	check_search(10, 0);
}
END_TEST

START_TEST(card_memory_lost_by_all)
{
	struct limen_backend *second = another();

	check_search(10, 0);
	check_search_by(second, 10, 0);
	lose_memory();
	check_search_by(second, 10, 0);
	check_search(10, 0);
	check_search_by(second, 10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	ck_assert_uint_eq(galleries_held(), 1);
	limen_backend_close(second);
}
END_TEST

/* Another board at the node of one that has gone: nothing is shared with the dead. */
START_TEST(a_board_at_the_same_node)
{
	struct limen_backend *second;
	int fd;

	check_search(10, 0);
	for (fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			ck_assert_int_lt(gone_count, (int)COUNT_OF(gone));
			gone[gone_count++] = fd;
		}
	memset(driver.galleries, 0, sizeof(driver.galleries));
	second = another();
	check_search_by(second, 10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	ck_assert_int_eq(search_fails(10, 0), -ENODEV);
	limen_backend_close(board);
	/* Its descriptors' numbers are free for others. */
	gone_count = 0;
	board = another();
	check_search(10, 0);
	check_search_by(second, 10, 0);
	ck_assert_uint_eq(driver.uploads, 2);
	limen_backend_close(second);
}
END_TEST

#define SEARCHERS 4

static pthread_barrier_t barrier;
static struct limen_row expected[10];

/* All at once at first, so that none is through before another begins. */
static void *search_often(void *context)
{
	struct limen_row rows[COUNT_OF(expected)];
	struct limen_template probe = probe_of(1);
	struct limen_backend *own = another();
	int i;

	(void)context;
	pthread_barrier_wait(&barrier);
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(limen_search(own, &probe, gallery, COUNT_OF(rows), 0, rows,
					      TIMEOUT_MS), COUNT_OF(rows));
		check_rows(rows, expected, COUNT_OF(rows));
		if (!i)
			pthread_barrier_wait(&barrier);
	}
	limen_backend_close(own);
	return NULL;
}

/* One of them has the gallery copied. */
START_TEST(threads_share_the_card)
{
	struct limen_template probe = probe_of(1);
	pthread_t threads[SEARCHERS];
	int i;

	ck_assert_int_eq(limen_search(cpu, &probe, gallery, COUNT_OF(expected), 0, expected,
				      TIMEOUT_MS), COUNT_OF(expected));
	pthread_barrier_init(&barrier, NULL, SEARCHERS);
	for (i = 0; i < SEARCHERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, search_often, NULL), 0);
	for (i = 0; i < SEARCHERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	ck_assert_uint_eq(driver.uploads, 1);
	ck_assert_uint_eq(galleries_held(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("board");
	TCase *tests = tcase_create("board");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, searches_agree);
	tcase_add_test(tests, more_than_a_scan_returns);
	tcase_add_test(tests, card_memory_lost);
	tcase_add_test(tests, no_room);
	tcase_add_test(tests, not_in_time);
	tcase_add_test(tests, signals);
	tcase_add_test(tests, share_used_up);
	tcase_add_test(tests, backends_share_the_card);
	tcase_add_test(tests, a_changed_gallery_is_another_copy);
	tcase_add_test(tests, card_memory_lost_by_all);
	tcase_add_test(tests, a_board_at_the_same_node);
	tcase_add_test(tests, threads_share_the_card);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
