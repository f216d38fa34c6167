// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak [-n VERIFIES] [-r MSEC] [-s SEED] [-w]: eight processes verify while two
 * search and the emulated board fails every so many milliseconds. Each verify
 * gets its right score or an error that the board's failing explains; none is
 * lost, none is wrong, and nothing is left behind. With -w scores are made wrong
 * until one has been noticed, and the soak must tell.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define PROGRESS	(5 * NSEC_PER_SEC)
#define LOOK_MSEC	10
/* A process that gets nothing for so long is stuck. */
#define STUCK		(2 * PATIENCE)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct options - of the command line
 * @verifies: by all processes together
 * @reset_ms: milliseconds from one failure of the board to the next
 * @seed: of all random numbers
 * @wrong: whether the board is to compute wrong scores
 */
struct options {
	unsigned long verifies;
	unsigned int reset_ms;
	__u32 seed;
	bool wrong;
};

static unsigned int tests, failures;

static void tell(bool passed, const char *name)
{
	if (!passed)
		failures++;
	printf("%sok %u %s\n", passed ? "" : "not ", ++tests, name);
}

static bool start(struct soak *soak, unsigned int index)
{
	struct soak_client *client = &soak->clients[index];
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	if (pid) {
		/* Not set by the child, to which it is 0: the memory is shared. */
		client->pid = pid;
		return pid > 0;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	if (index < SOAK_VERIFIERS)
		soak_verify(client);
	else
		soak_scan(soak, client);
	_exit(0);
}

static struct soak *start_all(const struct options *options)
{
	struct soak *soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__u32 seed = options->seed * 2654435761u | 1;
	unsigned int i;

	if (soak == MAP_FAILED)
		return NULL;
	for (i = 0; i < SOAK_CLIENTS; i++) {
		struct soak_client *client = &soak->clients[i];

		client->seed = next_random(&seed);
		if (i < SOAK_VERIFIERS)
			client->share = options->verifies / SOAK_VERIFIERS +
				(i < options->verifies % SOAK_VERIFIERS);
		/* Those that have started end with this process. */
		if (!start(soak, i))
			return NULL;
	}
	return soak;
}

/* Sums over clients: verifiers or scanners. */
static struct soak_client sum(const struct soak *soak, bool verifiers)
{
	struct soak_client all = { .pid = 0 };
	unsigned int i;

	for (i = 0; i < SOAK_CLIENTS; i++) {
		const struct soak_client *client = &soak->clients[i];

		if (verifiers != (i < SOAK_VERIFIERS))
			continue;
		all.share += client->share;
		all.right += client->right;
		all.eio += client->eio;
		all.etime += client->etime;
		all.ecanceled += client->ecanceled;
		all.wrong += client->wrong;
		all.lost += client->lost;
	}
	return all;
}

static void print_sum(const char *name, const struct soak_client *all)
{
	printf("# %s: %lu right, %lu EIO, %lu ETIME, %lu ECANCELED, %lu wrong, %lu lost\n",
	       name, all->right, all->eio, all->etime, all->ecanceled,
	       all->wrong, all->lost);
}

static __u32 resets(int fd)
{
	struct drm_limen_device_info info = { .resets = 0 };

	limen_device_info(fd, &info);
	return info.resets;
}

/* One of the things that make the driver reset the board, or a part of it. */
static void break_board(__u32 *seed)
{
	static const char * const knobs[] = {
		"fatal", "hang", "deaf", "stick_ring", "drop_irq", "fail",
		"corrupt_flags", "corrupt_seq", "corrupt_cookie",
		"corrupt_status", "corrupt_count", "corrupt_fewer",
		"corrupt_score",
		"corrupt_rows", "corrupt_order", "overtake",
	};
	const char *knob = knobs[next_random(seed) % ARRAY_SIZE(knobs)];

	/* Only an entry that hangs can be deaf to being given up. */
	if (!strcmp(knob, "deaf"))
		emu_set("hang", 1);
	emu_set(knob, 1);
}

/* Verifiers that have ended; those stuck are made to. */
static unsigned int reap(struct soak *soak, __s64 stuck)
{
	unsigned int i, ended = 0;

	for (i = 0; i < SOAK_VERIFIERS; i++) {
		struct soak_client *client = &soak->clients[i];

		if (client->pid && now_ns() > stuck) {
			client->lost++;
			kill(client->pid, SIGKILL);
		}
		if (client->pid &&
		    waitpid(client->pid, NULL, WNOHANG) == client->pid)
			client->pid = 0;
		ended += !client->pid;
	}
	return ended;
}

static void stop_scanners(struct soak *soak)
{
	__s64 end = in_ns(STUCK);
	unsigned int i;

	soak->stop = true;
	for (i = SOAK_VERIFIERS; i < SOAK_CLIENTS; i++) {
		struct soak_client *client = &soak->clients[i];

		while (waitpid(client->pid, NULL, WNOHANG) != client->pid) {
			if (now_ns() > end) {
				client->lost++;
				kill(client->pid, SIGKILL);
				waitpid(client->pid, NULL, 0);
				break;
			}
			sleep_ms(LOOK_MSEC);
		}
	}
}

/*
 * Breaks the board until all verifiers have ended; the number of times. The first
 * time it is certain to be reset.
 */
static unsigned int soak_all(struct soak *soak, const struct options *options,
			     int fd)
{
	__s64 broken = 0, told = now_ns(), stuck = in_ns(STUCK);
	__s64 pause = options->reset_ms * NSEC_PER_MSEC;
	__u32 seed = options->seed | 1;
	unsigned long before = 0;
	unsigned int times = 0;

	while (reap(soak, stuck) < SOAK_VERIFIERS) {
		struct soak_client all = sum(soak, true);

		/* A wrong score is not seen if a reset comes before its answer. */
		if (options->wrong && !all.wrong)
			emu_set("wrong_score", 1);
		if (soak_results(&all) != before)
			stuck = in_ns(STUCK);
		before = soak_results(&all);
		if (now_ns() - broken > pause) {
			if (times++)
				break_board(&seed);
			else
				emu_set("fatal", 1);
			broken = now_ns();
		}
		if (now_ns() - told > PROGRESS) {
			printf("# %lu of %lu, %u resets\n", before, all.share,
			       resets(fd));
			fflush(stdout);
			told = now_ns();
		}
		sleep_ms(LOOK_MSEC);
	}
	stop_scanners(soak);
	return times;
}

/* As one more verifier on a board that is whole: all of it is right. */
static bool verifies_are_right(void)
{
	struct soak_client client = { .seed = 7, .share = 100 };

	soak_verify(&client);
	return client.right == client.share && !client.first;
}

/* A result can be seen a moment before it is counted. */
static bool nothing_outstanding(int fd)
{
	struct drm_limen_stats stats = { .express_depth = 1 };
	struct drm_limen_query args = {
		.type = DRM_LIMEN_QUERY_STATS,
		.size = sizeof(stats),
		.pointer = (uintptr_t)&stats,
	};
	__s64 end = in_ns(2 * NSEC_PER_SEC);

	while (!xioctl(fd, DRM_IOCTL_LIMEN_QUERY, &args)) {
		if (!stats.express_depth && !stats.scan_depth)
			return true;
		if (now_ns() > end)
			break;
		sleep_ms(1);
	}
	printf("# %u comparisons and %u scans are under way\n",
	       stats.express_depth, stats.scan_depth);
	return false;
}

static bool nobody_complained(const struct soak *soak)
{
	bool content = true;
	unsigned int i;

	for (i = 0; i < SOAK_CLIENTS; i++) {
		const struct soak_client *client = &soak->clients[i];

		if (!client->first)
			continue;
		printf("# process %u: %s: %s\n", i, client->what,
		       strerror(-client->first));
		content = false;
	}
	return content;
}

static void judge(struct soak *soak, const struct options *options)
{
	struct soak_client verifies = sum(soak, true), scans = sum(soak, false);

	print_sum("verifies", &verifies);
	print_sum("scans", &scans);
	tell(nobody_complained(soak), "calls fail only as documented");
	tell(soak_results(&verifies) == options->verifies && !verifies.lost &&
	     !scans.lost, "no verify and no scan is lost");
	tell(!verifies.wrong && !scans.wrong, "none is wrong");
	tell(verifies.right > options->verifies / 2 && scans.right,
	     "most verifies and some scans are right");
}

static int run(const struct options *options, int fd)
{
	struct drm_limen_memory_info memory = { .card_free = 0 };
	__u32 resets_before = resets(fd);
	long mark = kmsg_mark();
	unsigned int times;
	struct soak *soak;
	char line[256] = "";

	emu_calm();
	limen_memory_info(fd, &memory);
	printf("# %lu verifies, the board fails every %u ms, seed %u\n",
	       options->verifies, options->reset_ms, options->seed);
	if (options->wrong)
		emu_set("wrong_score", 1);
	soak = start_all(options);
	if (!soak) {
		puts("Bail out! no memory or processes");
		return 1;
	}
	times = soak_all(soak, options, fd);
	emu_calm();

	printf("# broken %u times, %u resets of the board\n", times,
	       resets(fd) - resets_before);
	judge(soak, options);
	tell(resets(fd) != resets_before, "the board was reset");
	tell(verifies_are_right(), "the board works afterwards");
	tell(nothing_outstanding(fd), "nothing is outstanding");
	tell(card_free_becomes(fd, memory.card_free),
	     "card memory is given back");
	tell(kmsg_clean(mark, line, sizeof(line)), "the kernel has no complaint");
	if (line[0])
		printf("# %s\n", line);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.verifies = 2000,
		.reset_ms = 50,
		.seed = 1,
	};
	int option, fd;

	while ((option = getopt(argc, argv, "n:r:s:w")) >= 0) {
		switch (option) {
		case 'n':
			options.verifies = strtoul(optarg, NULL, 0);
			break;
		case 'r':
			options.reset_ms = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options.seed = strtoul(optarg, NULL, 0);
			break;
		case 'w':
			options.wrong = true;
			break;
		default:
			fprintf(stderr, "usage: soak [-n VERIFIES] [-r MSEC] [-s SEED] [-w]\n");
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
	fd = limen_open();
	if (fd < 0 || !emu_present()) {
		puts("1..0 # SKIP no emulated board");
		return 4;
	}
	return run(&options, fd);
}
