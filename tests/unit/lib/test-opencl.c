// SPDX-License-Identifier: MIT
/*
 * The OpenCL backend: its self-test, devices of several kinds and what becomes of a wrong
 * answer.
 *
 * Some functions of the OpenCL loader, and dlopen(), are defined here once more. The
 * library finds these first, so that a device can be made to err, or to look like
 * another, and the loader to be missing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "../face/suite.h"
#include "sample.h"

#define WAIT_MS 120000
#define LEAST (-LIMEN_SIMILARITY_ONE)
#define LIST_OFFSET (256 * 4) /* of the number of candidates, then they follow */

/* What the functions below do beside passing a call on. */
static struct {
	bool outside; /* the device has memory of its own, a little of it */
	bool dots; /* it has fast products of four bytes */
	bool plain; /* its compiler offers nothing but OpenCL */
	bool raw; /* the next raw score of a search is not possible */
	bool row; /* the next row of a search is not one of it */
	int wrong_read; /* the read of this number has one wrong bit */
	int reads; /* those that bring something */
	int sources; /* programs built from source */
	int overflows; /* lists that were too short */
	bool unwilling; /* the driver lists no device */
	bool unloaded; /* there is no loader */
	bool frozen; /* no time passes: a launch is as long as it may be */
} act;

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (!act.frozen)
		return syscall(SYS_clock_gettime, clock, time);
	*time = (struct timespec){ .tv_sec = 1 };
	return 0;
}

void *dlopen(const char *name, int flags)
{
	void *(*next)(const char *, int) = dlsym(RTLD_NEXT, "dlopen");

	if (act.unloaded && name && !strcmp(name, "libOpenCL.so.1"))
		return NULL;
	return next(name, flags);
}

static void *next_function(const char *name)
{
	static void *loader;
	void *function;

	if (!loader)
		loader = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
	function = loader ? dlsym(loader, name) : NULL;
	if (!function)
		abort();
	return function;
}

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type,
		      cl_uint room, cl_device_id *devices, cl_uint *count)
{
	cl_int (*next)(cl_platform_id, cl_device_type, cl_uint, cl_device_id *,
		       cl_uint *) = next_function("clGetDeviceIDs");

	return act.unwilling ? CL_OUT_OF_HOST_MEMORY :
			       next(platform, type, room, devices, count);
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size,
		       void *value, size_t *used)
{
	cl_int (*next)(cl_device_id, cl_device_info, size_t, void *, size_t *) =
		next_function("clGetDeviceInfo");

	if (act.outside && what == CL_DEVICE_TYPE) {
		*(cl_device_type *)value = CL_DEVICE_TYPE_GPU;
		return CL_SUCCESS;
	}
	if (act.outside && what == CL_DEVICE_MAX_MEM_ALLOC_SIZE) {
		*(cl_ulong *)value = 1 << 19;
		return CL_SUCCESS;
	}
	if (act.dots && what == CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR) {
		*(cl_device_integer_dot_product_capabilities_khr *)value =
			CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED_KHR;
		return CL_SUCCESS;
	}
	if (act.dots &&
	    what == CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR) {
		cl_device_integer_dot_product_acceleration_properties_khr fast = {
			.signed_accelerated = CL_TRUE,
		};

		memcpy(value, &fast, sizeof(fast));
		return CL_SUCCESS;
	}
	return next(device, what, size, value, used);
}

static const char the_dots[] =
	"#define dot_4x8packed_ss_int(a, b) ({ uint u_ = a, v_ = b; \\\n"
	"	char4 x_ = as_char4(u_), y_ = as_char4(v_); \\\n"
	"	x_.x * y_.x + x_.y * y_.y + x_.z * y_.z + x_.w * y_.w; })\n";

cl_program clCreateProgramWithSource(cl_context context, cl_uint count,
				     const char **sources, const size_t *sizes,
				     cl_int *status)
{
	cl_program (*next)(cl_context, cl_uint, const char **, const size_t *,
			   cl_int *) =
		next_function("clCreateProgramWithSource");
	const char *parts[3] = { act.dots ? the_dots : "",
				 act.plain ? "#undef __AVX512BW__\n" : "",
				 sources[0] };

	ck_assert_uint_eq(count, 1);
	ck_assert_ptr_null(sizes);
	act.sources++;
	return next(context, 3, parts, NULL, status);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer,
			   cl_bool blocking, size_t offset, size_t size,
			   void *data, cl_uint count, const cl_event *list,
			   cl_event *event)
{
	cl_int (*next)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, void *,
		       cl_uint, const cl_event *, cl_event *) =
		next_function("clEnqueueReadBuffer");
	cl_int status = next(queue, buffer, blocking, offset, size, data, count,
			     list, event);
	uint32_t *words = data;

	/* Raw scores, unless the list is empty, and sums of comparisons. */
	act.reads += offset != LIST_OFFSET || words[0];
	if (act.reads == act.wrong_read)
		words[!offset ? 0 : offset == LIST_OFFSET ? 2 : 1] ^= 1 << 3;
	if (offset == LIST_OFFSET && words[0]) {
		act.overflows += words[0] > 65536;
		if (act.row)
			words[1] = 1 << 30;
		if (act.raw)
			words[2] = 1 << 30;
	}
	return status;
}

/* PoCL's cache, for all tests: each would build the program again. */
static char pocl_folder[] = "/tmp/limen-pocl.XXXXXX";

static void remove_folder(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	if (system(command))
		abort();
}

static struct limen_backend *device;

static void setup(void)
{
	folder_make();
	setenv("XDG_CACHE_HOME", sample_folder, 1);
	memset(&act, 0, sizeof(act));
}

static void teardown(void)
{
	remove_folder(sample_folder);
}

static int try_open(void)
{
	return limen_backend_open(&device, LIMEN_BACKEND_OPENCL, NULL);
}

static struct limen_backend_info listed;

static int keep_listed(const struct limen_backend_info *info, void *context)
{
	(void)context;
	if (info->kind == LIMEN_BACKEND_OPENCL)
		listed = *info;
	return 0;
}

START_TEST(refuses_a_wrong_bit)
{
	int reads, i;

	ck_assert_int_eq(try_open(), 0);
	limen_backend_close(device);
	reads = act.reads;
	ck_assert_int_gt(reads, 16);
	for (i = 1; i <= reads; i++) {
		act.reads = 0;
		act.wrong_read = i;
		ck_assert_msg(try_open() == -EBADE, "read %d of %d", i, reads);
	}
	act.reads = 0;
	act.wrong_read = reads / 2;
	ck_assert_int_eq(limen_backends_list(keep_listed, NULL), 0);
	ck_assert_ptr_nonnull(strstr(listed.reason, "wrong result"));
	ck_assert_ptr_nonnull(strstr(listed.reason, listed.description));
	ck_assert_str_eq(listed.node, "0:0");
}
END_TEST

START_TEST(needs_a_driver)
{
	setenv("OCL_ICD_VENDORS", sample_folder, 1);
	ck_assert_int_eq(try_open(), -ENODEV);
	ck_assert_int_eq(limen_backends_list(keep_listed, NULL), 0);
	ck_assert_ptr_nonnull(strstr(listed.reason, "no OpenCL device"));
	ck_assert_str_eq(listed.node, "");
}
END_TEST

START_TEST(needs_a_loader)
{
	act.unloaded = true;
	ck_assert_int_eq(try_open(), -ENODEV);
	ck_assert_int_eq(limen_backends_list(keep_listed, NULL), 0);
	ck_assert_ptr_nonnull(strstr(listed.reason, "no loader is installed"));
	ck_assert_str_eq(listed.node, "");
}
END_TEST

/* A driver that is there and does not work is not one that is missing. */
START_TEST(a_driver_that_lists_nothing)
{
	act.unwilling = true;
	ck_assert_int_eq(try_open(), -ENODEV);
	ck_assert_int_eq(limen_backends_list(keep_listed, NULL), 0);
	ck_assert_ptr_null(strstr(listed.reason, "installed"));
	ck_assert_ptr_nonnull(strstr(listed.reason, "OpenCL error -6"));
	ck_assert_ptr_nonnull(strstr(listed.reason, "HOME"));
}
END_TEST

START_TEST(knows_its_nodes)
{
	struct limen_backend *other;

	ck_assert_int_eq(limen_backend_open(&other, LIMEN_BACKEND_OPENCL, "9:0"),
			 -EINVAL);
	ck_assert_int_eq(limen_backend_open(&other, LIMEN_BACKEND_OPENCL, "gpu"),
			 -EINVAL);
	ck_assert_int_eq(limen_backend_open(&other, LIMEN_BACKEND_OPENCL, "0:0"),
			 0);
	ck_assert_int_eq(limen_backend_kind(other), LIMEN_BACKEND_OPENCL);
	ck_assert_int_eq(limen_backend_threads(other, 2), -EOPNOTSUPP);
	limen_backend_close(other);
}
END_TEST

/* What is built is the driver's to keep, where it likes, or nobody's. */
START_TEST(keeps_no_programs)
{
	ck_assert_int_eq(try_open(), 0);
	limen_backend_close(device);
	ck_assert_int_eq(act.sources, 1);
	ck_assert_uint_eq(folder_count(), 0);
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	ck_assert_int_eq(try_open(), 0);
	limen_backend_close(device);
	ck_assert_int_eq(act.sources, 2);
}
END_TEST

START_TEST(believes_nothing_impossible)
{
	struct limen_template tmpl = sample(128, 1), zero = sample(128, 0);
	struct limen_pair pair = { .size = sizeof(pair), .probe = &tmpl,
				   .reference = &tmpl };
	struct limen_gallery *gallery;
	struct limen_row row;

	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, 128), 0);
	ck_assert_int_eq(limen_gallery_add(gallery, &zero), 0);
	ck_assert_int_eq(try_open(), 0);
	act.raw = true;
	ck_assert_int_eq(limen_search(device, &tmpl, gallery, 1, LEAST, &row,
				      WAIT_MS), -EIO);
	act.raw = false;
	act.row = true;
	ck_assert_int_eq(limen_search(device, &tmpl, gallery, 1, LEAST, &row,
				      WAIT_MS), -EIO);
	act.row = false;
	ck_assert_int_eq(limen_search(device, &tmpl, gallery, 1, LEAST, &row,
				      WAIT_MS), 1);
	ck_assert_int_eq(limen_search(device, &tmpl, gallery, 1, LEAST, &row, 0),
			 -ETIMEDOUT);
	ck_assert_int_eq(limen_compare(device, &pair, 1, WAIT_MS), 0);
	ck_assert_int_eq(pair.score.similarity, LIMEN_SIMILARITY_ONE);
	/* The first word of what is read next is the dot product. */
	act.reads = 0;
	act.wrong_read = 1;
	tmpl = sample(128, 2);
	memset(tmpl.vector, 0, 128);
	ck_assert_int_eq(limen_compare(device, &pair, 1, WAIT_MS), -EIO);
	limen_backend_close(device);
	limen_gallery_close(gallery);
}
END_TEST

static int by_rank(const void *a, const void *b)
{
	const struct limen_row *x = a, *y = b;

	if (x->score.similarity != y->score.similarity)
		return x->score.similarity < y->score.similarity ? 1 : -1;
	return x->row < y->row ? -1 : 1;
}

/* All rows there are, in rank. */
static uint32_t expect(const struct limen_template *probe,
		       const struct limen_gallery *gallery,
		       struct limen_row *all)
{
	uint32_t count = 0, i;

	for (i = 0; i < limen_gallery_rows(gallery); i++) {
		struct limen_template row;

		if (limen_gallery_row(gallery, i, &row))
			continue;
		all[count].row = i;
		all[count++].score = limen_score_vectors(
			probe->vector, row.vector, probe->dim);
	}
	qsort(all, count, sizeof(*all), by_rank);
	return count;
}

static void check_search(const struct limen_template *probe,
			 const struct limen_gallery *gallery, uint32_t top_k)
{
	struct limen_row *all = calloc(limen_gallery_rows(gallery), sizeof(*all));
	struct limen_row rows[LIMEN_TOP_K_MAX], *every;
	uint32_t count = expect(probe, gallery, all);
	int64_t found;

	found = limen_search(device, probe, gallery, top_k, LEAST, rows, WAIT_MS);
	ck_assert_int_eq(found, count < top_k ? count : top_k);
	ck_assert_mem_eq(rows, all, found * sizeof(*rows));
	while (count && all[count - 1].score.similarity < 700)
		count--;
	found = limen_search_all(device, probe, gallery, 700, &every, WAIT_MS);
	ck_assert_int_eq(found, count);
	ck_assert(!found || !memcmp(every, all, found * sizeof(*rows)));
	limen_rows_free(every, found);
	free(all);
}

static struct limen_template row_of(uint32_t dim, uint32_t i)
{
	static const int8_t extremes[] = { -128, 127, 0, 1, -1, 15, -16 };
	struct limen_template row = sample(dim, i * 7919 % 2999);

	if (i % 11 < sizeof(extremes) && i % 5 == 0)
		memset(row.vector, extremes[i % 11], dim);
	return row;
}

/* Pieces of 4096 rows and fewer, and a launch for one probe and for several. */
static void search_changing(uint32_t dim, uint32_t rows)
{
	struct limen_template probe = sample(dim, 77), any;
	const struct limen_template *probes[3] = { &probe, &any, &probe };
	struct limen_row many[3 * 20], one[20];
	struct limen_gallery *gallery;
	uint32_t counts[3], i;

	ck_assert_int_eq(limen_gallery_create(&gallery, probe.model, dim), 0);
	for (i = 0; i < rows; i++) {
		any = row_of(dim, i);
		ck_assert_int_eq(limen_gallery_add(gallery, &any), i);
	}
	check_search(&probe, gallery, 10);
	for (i = 3; i < rows; i += 7)
		ck_assert_int_eq(limen_gallery_remove(gallery, i), 0);
	check_search(&any, gallery, LIMEN_TOP_K_MAX);
	ck_assert_int_eq(limen_gallery_add(gallery, &probe), rows);
	check_search(&probe, gallery, 1);
	ck_assert_int_eq(limen_search_batch(device, probes, 3, gallery, 20, 0,
					    many, counts, WAIT_MS), 0);
	for (i = 0; i < 3; i++) {
		int found = limen_search(device, probes[i], gallery, 20, 0, one,
					 WAIT_MS);

		ck_assert_int_eq(found, counts[i]);
		ck_assert_mem_eq(one, many + i * 20, found * sizeof(*one));
	}
	limen_gallery_close(gallery);
}

static void compare_batch(void)
{
	struct limen_template probes[LIMEN_BATCH_MAX], references[LIMEN_BATCH_MAX];
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	unsigned int i;

	for (i = 0; i < LIMEN_BATCH_MAX; i++) {
		probes[i] = row_of(64 + i % 8 * 64, i);
		references[i] = row_of(64 + i % 8 * 64, 3 * i + 1);
		pairs[i].size = sizeof(*pairs);
		pairs[i].probe = &probes[i];
		pairs[i].reference = &references[i];
	}
	references[5].dim = 512;
	ck_assert_int_eq(limen_compare(device, pairs, LIMEN_BATCH_MAX, WAIT_MS),
			 -EDOM);
	for (i = 0; i < LIMEN_BATCH_MAX; i++) {
		struct limen_score score = limen_score_vectors(
			probes[i].vector, references[i].vector, probes[i].dim);

		if (i == 5)
			continue;
		ck_assert_int_eq(pairs[i].error, 0);
		ck_assert_mem_eq(&pairs[i].score, &score, sizeof(score));
	}
}

static const struct {
	bool outside, dots, plain;
} kinds[] = {
	{ false, false, false },
	{ false, false, true },
	{ false, true, false },
	{ true, false, false },
	{ true, true, false },
};

START_TEST(any_kind_of_device)
{
	uint32_t dim;

	act.outside = kinds[_i].outside;
	act.dots = kinds[_i].dots;
	act.plain = kinds[_i].plain;
	ck_assert_int_eq(try_open(), 0);
	ck_assert_int_eq(act.sources, 1); /* not once more without dots */
	for (dim = 64; dim <= LIMEN_DIM_MAX; dim += 64)
		search_changing(dim, dim == 64 ? 9001 : 4321);
	compare_batch();
	limen_backend_close(device);
}
END_TEST

START_TEST(lists_more_than_there_is_room_for)
{
	const uint32_t rows = 150000;
	struct limen_template same = sample(64, 4);
	struct limen_gallery *gallery;
	struct limen_row *all, best[50];
	uint32_t i;

	ck_assert_int_eq(limen_gallery_create(&gallery, same.model, 64), 0);
	for (i = 0; i < rows; i++)
		ck_assert_int_eq(limen_gallery_add(gallery, &same), i);
	ck_assert_int_eq(try_open(), 0);
	act.overflows = 0;
	act.frozen = true;
	ck_assert_int_eq(limen_search_all(device, &same, gallery, 0, &all,
					  WAIT_MS), rows);
	act.frozen = false;
	ck_assert_int_gt(act.overflows, 0);
	for (i = 0; i < rows; i++)
		ck_assert_uint_eq(all[i].row, i);
	limen_rows_free(all, rows);
	ck_assert_int_eq(limen_search(device, &same, gallery, 50, LEAST, best,
				      WAIT_MS), 50);
	for (i = 0; i < 50; i++)
		ck_assert_uint_eq(best[i].row, i);
	limen_backend_close(device);
	limen_gallery_close(gallery);
}
END_TEST

static int run(Suite *suite)
{
	int status;

	if (!mkdtemp(pocl_folder))
		abort();
	setenv("POCL_CACHE_DIR", pocl_folder, 1);
	status = suite_run(suite);
	remove_folder(pocl_folder);
	return status;
}

/* Two rows whose similarities to the probe differ by the least there is. */
static void neighbours(const struct limen_template *probe,
		       struct limen_template *less, struct limen_template *more)
{
	uint32_t i, j;

	for (i = 1;; i++) {
		*less = sample(probe->dim, i);
		for (j = 1; j < i; j++) {
			*more = sample(probe->dim, j);
			if (limen_score_vectors(probe->vector, more->vector,
						probe->dim).similarity ==
			    limen_score_vectors(probe->vector, less->vector,
						probe->dim).similarity + 1)
				return;
		}
	}
}

START_TEST(misses_nothing_by_one)
{
	struct limen_template probe = sample(512, 77), less, more;
	struct limen_gallery *gallery;
	struct limen_row row;
	uint32_t i;

	neighbours(&probe, &less, &more);
	ck_assert_int_eq(limen_gallery_create(&gallery, probe.model, 512), 0);
	for (i = 0; i < 2999; i++)
		ck_assert_int_eq(limen_gallery_add(gallery, &less), i);
	ck_assert_int_eq(limen_gallery_add(gallery, &more), i);
	ck_assert_int_eq(try_open(), 0);
	ck_assert_int_eq(limen_search(device, &probe, gallery, 1, LEAST, &row,
				      WAIT_MS), 1);
	ck_assert_uint_eq(row.row, 2999);
	limen_backend_close(device);
	limen_gallery_close(gallery);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opencl");
	TCase *tests = tcase_create("opencl");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 240);
	tcase_add_test(tests, refuses_a_wrong_bit);
	tcase_add_test(tests, needs_a_driver);
	tcase_add_test(tests, needs_a_loader);
	tcase_add_test(tests, a_driver_that_lists_nothing);
	tcase_add_test(tests, knows_its_nodes);
	tcase_add_test(tests, keeps_no_programs);
	tcase_add_test(tests, believes_nothing_impossible);
	tcase_add_loop_test(tests, any_kind_of_device, 0, COUNT_OF(kinds));
	tcase_add_test(tests, misses_nothing_by_one);
	tcase_add_test(tests, lists_more_than_there_is_room_for);
	suite_add_tcase(suite, tests);
	return run(suite);
}
