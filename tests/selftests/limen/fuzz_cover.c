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

/* What all processes have reached: places, and steps from place to place. */
#define REACHED_LOG2	20

static uint64_t *places;
static uint8_t *reached;
static uint8_t *stepped;

/**
 * fuzz_cover_init() - before the processes part: what they share
 *
 * Return: whether this kernel has KCOV.
 */
bool fuzz_cover_init(void)
{
	reached = mmap(NULL, 2u << REACHED_LOG2, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stepped = reached + (1u << REACHED_LOG2);
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

/* Whether it is the first of its kind; a few share a byte and are not noticed. */
static bool first(uint8_t *all, uint64_t what)
{
	uint8_t *seen = &all[what * 0x9e3779b97f4a7c15ull >>
			     (64 - REACHED_LOG2)];

	/* Nearly all have been seen, and looking is cheap. */
	return !__atomic_load_n(seen, __ATOMIC_RELAXED) &&
	       !__atomic_exchange_n(seen, 1, __ATOMIC_RELAXED);
}

/**
 * fuzz_cover_end() - where it went since fuzz_cover_begin()
 * @fresh: the number of places no process had been to
 *
 * Return: the number of steps from place to place that no process had taken: old
 * places in a new order are new behaviour too.
 */
unsigned int fuzz_cover_end(unsigned int *fresh)
{
	uint64_t i, count, last = 0;
	unsigned int steps = 0;

	*fresh = 0;
	if (!places)
		return 0;
	count = __atomic_load_n(&places[0], __ATOMIC_RELAXED);
	for (i = 1; i <= count && i < PLACES; i++) {
		uint64_t place = places[i];

		*fresh += first(reached, place);
		steps += first(stepped, place ^ last << 32);
		last = place;
	}
	return steps;
}
