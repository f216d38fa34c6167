/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every Limen selftest begins with: the harness, the helpers, and the
 * fixture that opens a node. Included once a program, as the harness demands.
 */
#ifndef LIMEN_KSELFTEST_H
#define LIMEN_KSELFTEST_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util.h"

/* Seconds a test may take: an emulated machine with a debug kernel is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

/* Without a board nothing can be shown, and nothing is claimed. */
#define OPEN_OR_SKIP(fd)						\
	do {								\
		(fd) = limen_open();					\
		if ((fd) == -ENODEV)					\
			SKIP(return, "no accel node of the limen driver"); \
		ASSERT_LE(0, (fd));					\
	} while (0)

#define EMU_OR_SKIP()							\
	do {								\
		if (!emu_present())					\
			SKIP(return, "not the emulated board");		\
	} while (0)

#endif /* LIMEN_KSELFTEST_H */
