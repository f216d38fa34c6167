/* SPDX-License-Identifier: MIT */
/* The backends that are usable here and need no device node. */
#ifndef TEST_BACKENDS_H
#define TEST_BACKENDS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <limen.h>

static struct limen_backend_info backends[64];

static inline int backend_tell(const struct limen_backend_info *info,
			       void *context)
{
	int fd = *(int *)context;

	if (info->kind == LIMEN_BACKEND_BOARD)
		return 0;
	if (info->reason[0])
		printf("# %s is not tested: %s\n", info->description,
		       info->reason);
	else if (write(fd, info, sizeof(*info)) != sizeof(*info))
		return 1;
	return 0;
}

/*
 * Their number. A process of its own lists them: what an OpenCL implementation
 * starts when it is asked would not be there in the processes of the tests.
 */
static inline int backends_find(void)
{
	int ends[2], status, count = 0;
	pid_t lister;

	if (pipe(ends))
		abort();
	fflush(stdout);
	lister = fork();
	if (!lister) {
		status = limen_backends_list(backend_tell, &ends[1]);
		fflush(stdout);
		_exit(status ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	close(ends[1]);
	while (count < (int)(sizeof(backends) / sizeof(*backends)) &&
	       read(ends[0], &backends[count], sizeof(*backends)) ==
	       sizeof(*backends))
		count++;
	close(ends[0]);
	if (lister < 0 || waitpid(lister, &status, 0) < 0 || status || !count)
		abort();
	return count;
}

static inline struct limen_backend *backend_open(int i)
{
	struct limen_backend *backend;

	ck_assert_int_eq(limen_backend_open(&backend, backends[i].kind,
					    backends[i].node), 0);
	return backend;
}

#endif /* TEST_BACKENDS_H */
