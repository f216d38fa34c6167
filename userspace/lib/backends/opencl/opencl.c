// SPDX-License-Identifier: MIT
/* The OpenCL backend: devices there are, opening and closing one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"

#define PLATFORMS_MAX 16
#define DEVICES_MAX 16

/* Work-items of a group where rows lie interleaved. */
#define LANES_OUTSIDE 64
/* WIDTH and STEPS of opencl.cl: for one lane, and for more. */
#define WIDTH_ALONE 16
#define STEPS_ALONE 16
#define WIDTH_AMONG 4
#define STEPS_AMONG 1

int opencl_error(cl_int status)
{
	switch (status) {
	case CL_SUCCESS:
		return 0;
	case CL_OUT_OF_HOST_MEMORY:
	case CL_OUT_OF_RESOURCES:
	case CL_MEM_OBJECT_ALLOCATION_FAILURE:
	case CL_INVALID_BUFFER_SIZE:
		return -ENOMEM;
	case CL_DEVICE_NOT_FOUND:
	case CL_DEVICE_NOT_AVAILABLE:
	case CL_PLATFORM_NOT_FOUND_KHR:
		return -ENODEV;
	case CL_BUILD_PROGRAM_FAILURE:
	case CL_COMPILER_NOT_AVAILABLE:
	case CL_INVALID_BUILD_OPTIONS:
		return -ENOEXEC;
	default:
		return -EIO;
	}
}

static const char *why(int error)
{
	switch (error) {
	case -EBADE:
		return "wrong result in the self-test";
	case -ENOEXEC:
		return "its compiler does not build the kernels";
	case -ENOMEM:
		return "not enough memory";
	case -ENODEV:
		return "not available";
	case -EOPNOTSUPP:
		return "no little-endian OpenCL 1.2 with a compiler";
	default:
		return "the driver failed";
	}
}

static bool has(cl_device_id device, cl_device_info what)
{
	cl_bool yes = CL_FALSE;

	return !clGetDeviceInfo(device, what, sizeof(yes), &yes, NULL) && yes;
}

static bool version_suits(cl_device_id device)
{
	static const char start[] = "OpenCL ";
	const size_t skip = sizeof(start) - 1;
	unsigned long major, minor;
	char text[256] = "", *end;

	if (clGetDeviceInfo(device, CL_DEVICE_VERSION, sizeof(text) - 1, text,
			    NULL) ||
	    strncmp(text, start, skip))
		return false;
	major = strtoul(text + skip, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 1 || (major == 1 && minor >= 2);
}

/* The signed packed form is all that the kernels use. */
static bool multiplies_fours(cl_device_id device)
{
	cl_device_integer_dot_product_acceleration_properties_khr fast = {};
	cl_device_integer_dot_product_capabilities_khr forms = 0;

	return !clGetDeviceInfo(device,
				CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR,
				sizeof(forms), &forms, NULL) &&
	       forms & CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED_KHR &&
	       !clGetDeviceInfo(
		       device,
		       CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR,
		       sizeof(fast), &fast, NULL) &&
	       fast.signed_accelerated;
}

static int look_at(struct opencl *opencl)
{
	cl_device_id device = opencl->device;
	cl_device_type type = 0;
	size_t group = 0;
	cl_int status;

	if (!has(device, CL_DEVICE_AVAILABLE))
		return -ENODEV;
	if (!version_suits(device) || !has(device, CL_DEVICE_ENDIAN_LITTLE) ||
	    !has(device, CL_DEVICE_COMPILER_AVAILABLE))
		return -EOPNOTSUPP;
	status = clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof(type), &type,
				 NULL) ?:
		 clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE,
				 sizeof(group), &group, NULL);
	opencl->inside = type & CL_DEVICE_TYPE_CPU;
	opencl->lanes = opencl->inside || group < LANES_OUTSIDE ?
				1 : LANES_OUTSIDE;
	opencl->each = opencl->lanes == 1 ? WIDTH_ALONE * STEPS_ALONE :
					    WIDTH_AMONG * STEPS_AMONG;
	return opencl_error(status);
}

/*
 * -ENOEXEC: the compiler refuses the source. What it makes is not kept: drivers have
 * caches of their own, see Documentation/matching.rst.
 */
static int build_with(struct opencl *opencl, const char *options)
{
	const char *source = opencl_source;
	cl_int status;

	opencl->program = clCreateProgramWithSource(opencl->context, 1, &source,
						    NULL, &status);
	if (!status)
		status = clBuildProgram(opencl->program, 1, &opencl->device,
					options, NULL, NULL);
	if (status && opencl->program) {
		clReleaseProgram(opencl->program);
		opencl->program = NULL;
	}
	return opencl_error(status);
}

/* With the device's own product of four bytes if it has a fast one. */
static int build_program(struct opencl *opencl)
{
	int steps = opencl->lanes == 1 ? STEPS_ALONE : STEPS_AMONG;
	int error = -ENOEXEC;
	char options[128];

	if (multiplies_fours(opencl->device)) {
		snprintf(options, sizeof(options),
			 "-cl-std=CL3.0 -DDOTS -DLANES=%u -DSTEPS=%d",
			 opencl->lanes, steps);
		error = build_with(opencl, options);
	}
	if (error == -ENOEXEC) {
		snprintf(options, sizeof(options),
			 "-cl-std=CL1.2 -DLANES=%u -DSTEPS=%d", opencl->lanes,
			 steps);
		error = build_with(opencl, options);
	}
	return error;
}

static cl_kernel kernel(const struct opencl *opencl, const char *name,
			cl_int *status)
{
	return *status ? NULL : clCreateKernel(opencl->program, name, status);
}

static cl_mem buffer(const struct opencl *opencl, size_t size, cl_int *status)
{
	if (*status)
		return NULL;
	return clCreateBuffer(opencl->context, CL_MEM_READ_WRITE, size, NULL,
			      status);
}

static int create_objects(struct opencl *opencl)
{
	cl_int status = CL_SUCCESS;

	opencl->sieve = kernel(opencl, "sieve", &status);
	opencl->settle = kernel(opencl, "settle", &status);
	opencl->products = kernel(opencl, "products", &status);
	opencl->probes = buffer(opencl, OPENCL_PROBES_MAX *
				sizeof(struct opencl_probe), &status);
	opencl->exchange = buffer(opencl, sizeof(struct opencl_exchange),
				  &status);
	opencl->sums = buffer(opencl, OPENCL_LATER * sizeof(cl_int), &status);
	opencl->vectors = buffer(opencl, LIMEN_BATCH_MAX * 2 * LIMEN_DIM_MAX,
				 &status);
	opencl->results = buffer(opencl, LIMEN_BATCH_MAX *
				 sizeof(struct match_products), &status);
	opencl->host = malloc(sizeof(*opencl->host));
	if (!opencl->host)
		return -ENOMEM;
	return opencl_error(status);
}

static int create_queue(struct opencl *opencl)
{
	cl_device_id device = opencl->device;
	cl_int status;

	opencl->context = clCreateContext(NULL, 1, &device, NULL, NULL,
					  &status);
	if (!status)
		opencl->queue = clCreateCommandQueue(opencl->context, device, 0,
						     &status);
	return opencl_error(status);
}

static int start(struct opencl *opencl)
{
	int error = look_at(opencl);

	if (!error)
		error = create_queue(opencl);
	if (!error)
		error = build_program(opencl);
	if (!error)
		error = create_objects(opencl);
	if (!error)
		error = opencl_self_test(opencl);
	return error;
}

static void opencl_close(struct limen_backend *backend)
{
	struct opencl *opencl = (struct opencl *)backend;

	if (opencl->queue)
		opencl_rows_take(opencl);
	opencl_release(opencl, opencl->probes);
	opencl_release(opencl, opencl->exchange);
	opencl_release(opencl, opencl->sums);
	opencl_release(opencl, opencl->vectors);
	opencl_release(opencl, opencl->results);
	if (opencl->sieve)
		clReleaseKernel(opencl->sieve);
	if (opencl->settle)
		clReleaseKernel(opencl->settle);
	if (opencl->products)
		clReleaseKernel(opencl->products);
	if (opencl->program)
		clReleaseProgram(opencl->program);
	if (opencl->queue)
		clReleaseCommandQueue(opencl->queue);
	if (opencl->context)
		clReleaseContext(opencl->context);
	free(opencl->host);
	free(opencl);
}

static const struct limen_backend_ops opencl_ops = {
	.close = opencl_close,
	.compare = opencl_compare,
	.search = opencl_search,
	.search_all = opencl_search_all,
};

static int open_device(struct limen_backend **backend, cl_device_id device,
		       const char *description)
{
	struct opencl *opencl = calloc(1, sizeof(*opencl));
	int error;

	if (!opencl)
		return -ENOMEM;
	opencl->backend.ops = &opencl_ops;
	opencl->backend.kind = LIMEN_BACKEND_OPENCL;
	snprintf(opencl->backend.description,
		 sizeof(opencl->backend.description), "%s", description);
	opencl->device = device;
	error = start(opencl);
	if (error)
		opencl_close(&opencl->backend);
	else
		*backend = &opencl->backend;
	return error;
}

/**
 * struct place - a device among all devices
 * @device: it
 * @node: its numbers
 * @name: its name
 */
struct place {
	cl_device_id device;
	char node[32];
	char name[64];
};

/**
 * struct absence - why there is no device
 * @loader: error of the search for a loader
 * @platforms: drivers there are
 * @status: of the last one that did not list its devices, or CL_SUCCESS
 * @name: of that one
 */
struct absence {
	int loader;
	cl_uint platforms;
	cl_int status;
	char name[40];
};

static void note_absence(struct absence *absence, cl_platform_id platform,
			 cl_int status)
{
	char name[256] = "a driver";

	clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(name) - 1, name,
			  NULL);
	absence->status = status;
	snprintf(absence->name, sizeof(absence->name), "%.39s", name);
}

static void describe_absence(const struct absence *absence, char *reason,
			     size_t size)
{
	if (absence->loader)
		snprintf(reason, size,
			 "no OpenCL device: no loader is installed (libOpenCL.so.1)");
	else if (!absence->platforms)
		snprintf(reason, size,
			 "no OpenCL device: no driver is installed for one");
	else if (!absence->status)
		snprintf(reason, size,
			 "no OpenCL device for the driver that is installed");
	else
		snprintf(reason, size, "%s lists no device (OpenCL error %d); "
			 "can it write to HOME, XDG_CACHE_HOME, TMPDIR?",
			 absence->name, absence->status);
}

/* Calls found() for each device; stops at and returns its first nonzero. */
static int each_device(int (*found)(const struct place *place, void *context),
		       void *context, struct absence *absence)
{
	cl_platform_id platforms[PLATFORMS_MAX];
	cl_device_id devices[DEVICES_MAX];
	cl_uint platform_count = 0, device_count, p, d;
	struct place place;
	cl_int status;
	int result = 0;

	*absence = (struct absence){ .loader = opencl_load() };
	if (absence->loader ||
	    clGetPlatformIDs(PLATFORMS_MAX, platforms, &platform_count))
		return 0;
	absence->platforms = platform_count;
	for (p = 0; p < platform_count && p < PLATFORMS_MAX; p++) {
		status = clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL,
					DEVICES_MAX, devices, &device_count);
		if (status) {
			note_absence(absence, platforms[p], status);
			continue;
		}
		for (d = 0; d < device_count && d < DEVICES_MAX && !result;
		     d++) {
			char name[256] = "no name";

			clGetDeviceInfo(devices[d], CL_DEVICE_NAME,
					sizeof(name) - 1, name, NULL);
			place.device = devices[d];
			snprintf(place.node, sizeof(place.node), "%u:%u", p, d);
			snprintf(place.name, sizeof(place.name), "OpenCL, %.55s",
				 name);
			result = found(&place, context);
		}
	}
	return result;
}

/**
 * struct wanted - a device that is looked for
 * @backend: out
 * @node: its numbers, or NULL for any
 * @error: of the first one that did not open
 */
struct wanted {
	struct limen_backend **backend;
	const char *node;
	int error;
};

static int try_device(const struct place *place, void *context)
{
	struct wanted *wanted = context;
	int error;

	if (wanted->node && strcmp(wanted->node, place->node))
		return 0;
	error = open_device(wanted->backend, place->device, place->name);
	if (!wanted->error)
		wanted->error = error;
	return !error || wanted->node;
}

int opencl_open(struct limen_backend **backend, const char *node)
{
	struct wanted wanted = { .backend = backend, .node = node };
	struct absence absence;

	*backend = NULL;
	each_device(try_device, &wanted, &absence);
	if (*backend)
		return 0;
	if (wanted.error)
		return wanted.error;
	return node ? -EINVAL : -ENODEV;
}

/**
 * struct listing - a list being told
 * @found: to whom
 * @context: its own
 * @any: there has been a device
 */
struct listing {
	backend_found_t found;
	void *context;
	bool any;
};

static int list_device(const struct place *place, void *context)
{
	struct limen_backend_info info = { .kind = LIMEN_BACKEND_OPENCL };
	struct listing *listing = context;
	struct limen_backend *backend;
	int error;

	snprintf(info.node, sizeof(info.node), "%s", place->node);
	snprintf(info.description, sizeof(info.description), "%s", place->name);
	error = open_device(&backend, place->device, place->name);
	if (error)
		snprintf(info.reason, sizeof(info.reason), "%s: %s",
			 place->name, why(error));
	else
		opencl_close(backend);
	listing->any = true;
	return listing->found(&info, listing->context);
}

int opencl_list(backend_found_t found, void *context)
{
	struct limen_backend_info info = {
		.kind = LIMEN_BACKEND_OPENCL,
		.description = "OpenCL",
	};
	struct listing listing = { .found = found, .context = context };
	struct absence absence;
	int result = each_device(list_device, &listing, &absence);

	if (result || listing.any)
		return result;
	describe_absence(&absence, info.reason, sizeof(info.reason));
	return found(&info, context);
}
