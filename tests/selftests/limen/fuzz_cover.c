// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program reaches in the kernel, as KCOV tells.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kcov.h>

#include "fuzz.h"

/* Places noted of one program. */
#define PLACES		(64u << 10)

/* A place's bit in what all processes have reached; a few share theirs. */
#define REACHED_LOG2	20

static uint64_t *places;
static uint8_t *reached;

/**
 * fuzz_cover_init() - before the processes part: what they share
 *
 * Return: whether this kernel has KCOV.
 */
bool fuzz_cover_init(void)
{
	reached = mmap(NULL, 1u << REACHED_LOG2, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return reached != MAP_FAILED &&
	       !access("/sys/kernel/debug/kcov", R_OK | W_OK);
}

/**
 * fuzz_cover_open() - let the kernel note where this process goes
 *
 * Return: whether it does.
 */
bool fuzz_cover_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, (unsigned long)PLACES))
		return false;
	places = mmap(NULL, PLACES * sizeof(*places), PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	if (places == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		places = NULL;
		return false;
	}
	return true;
}

/**
 * fuzz_cover_begin() - forget where this process went
 */
void fuzz_cover_begin(void)
{
	if (places)
		__atomic_store_n(&places[0], 0, __ATOMIC_RELAXED);
}

/**
 * fuzz_cover_end() - where it went since fuzz_cover_begin()
 *
 * Return: the number of places no process had been to.
 */
unsigned int fuzz_cover_end(void)
{
	unsigned int fresh = 0;
	uint64_t i, count;

	if (!places)
		return 0;
	count = __atomic_load_n(&places[0], __ATOMIC_RELAXED);
	for (i = 1; i <= count && i < PLACES; i++) {
		uint8_t *seen = &reached[places[i] * 0x9e3779b97f4a7c15ull >>
					 (64 - REACHED_LOG2)];

		if (!__atomic_exchange_n(seen, 1, __ATOMIC_RELAXED))
			fresh++;
	}
	return fresh;
}
