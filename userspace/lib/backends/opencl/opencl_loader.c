// SPDX-License-Identifier: MIT
/* The OpenCL loader; see opencl_loader.h. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "opencl.h"

#define LOADER "libOpenCL.so.1"

struct opencl_functions opencl_functions;

static int load_error;

/*
 * A function that the program has itself comes first, as it would if the loader were
 * linked to: a program asks one loader, not two.
 */
static bool find(void *loader, const char *name, void **function)
{
	*function = dlsym(RTLD_DEFAULT, name) ?: dlsym(loader, name);
	return *function;
}

static void load(void)
{
	void *loader = dlopen(LOADER, RTLD_NOW | RTLD_LOCAL);
	bool all = loader;

#define OPENCL_FIND(name) \
	all = all && find(loader, #name, (void **)&opencl_functions.name##_);
	OPENCL_FUNCTIONS(OPENCL_FIND)
#undef OPENCL_FIND
	load_error = all ? 0 : -ENODEV;
	if (!all && loader)
		dlclose(loader);
}

int opencl_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return load_error;
}
