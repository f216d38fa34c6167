// SPDX-License-Identifier: MIT
/* Processes and memory that hold biometric data. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "private.h"

void limen_wipe(void *data, size_t size)
{
	explicit_bzero(data, size);
}

static bool may_lock_any_memory(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {};
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur == RLIM_INFINITY)
		return true;
	if (syscall(SYS_capget, &header, caps))
		return false;
	return caps[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &
	       CAP_TO_MASK(CAP_IPC_LOCK);
}

/*
 * The next file opened would become a standard stream that is closed, and be written
 * to in its place. What stands there now fails to be read or written.
 */
static int occupy_standard_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY :
							   O_RDONLY) != fd)
			return -errno;
	}
	return 0;
}

int limen_process_harden(void)
{
	const struct rlimit none = { 0, 0 };
	int error = occupy_standard_streams();

	if (error)
		return error;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
		return -errno;
	/*
	 * Under a limit MCL_FUTURE would make allocations fail later on: then
	 * nothing is locked. Pages are locked as they are touched, or all of
	 * every thread's stack would be.
	 */
	if (may_lock_any_memory() &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return -errno;
	return 0;
}
