// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_fuzz [-b] [-c CALLS] [-p PROCESSES] [-s SEED]: call whatever the node takes,
 * with whatever might be wrong about it, from several processes while the emulated
 * board fails on demand, and memory too where the kernel can inject that. Every
 * other process has no privileges. Afterwards the board compares and searches as
 * before, and nothing is lost. Where the kernel has KCOV, programs of calls that
 * reach something new are kept and varied further, unless -b has the fuzzer go
 * on blindly. Prints TAP; what the kernel thinks of it is in its log.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "fuzz.h"
#include "util.h"

#define PROCESSES_MAX	32
#define CORPUS		1024
#define DIM		128
#define ROWS		16

/* Seconds without a single call: something hangs. */
#define PATIENCE_S	120

/* Milliseconds from fault to fault. */
#define FAULT_MS	100

/* Reports of what is covered, spread over the calls. */
#define REPORTS		8

struct options {
	bool blind;
	bool denies;
	unsigned long calls;
	unsigned int processes;
	__u32 seed;
};

/* Programs that were the first to reach something, of all processes. */
struct corpus {
	unsigned int kept;
	struct fuzz_program programs[CORPUS];
};

static struct fuzz_stats *stats;
static struct corpus *corpus;
static unsigned int tests;
static bool failed;

static void result(bool good, const char *what)
{
	printf("%s %u %s\n", good ? "ok" : "not ok", ++tests, what);
	if (!good)
		failed = true;
}

/* Nothing is left but the right to have allocations fail. */
static int drop_privileges(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1u << CAP_SYS_RESOURCE,
		  .permitted = 1u << CAP_SYS_RESOURCE },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static void keep(const struct fuzz_program *program)
{
	unsigned int at = __atomic_fetch_add(&corpus->kept, 1,
					     __ATOMIC_RELAXED);

	corpus->programs[at % CORPUS] = *program;
	__atomic_add_fetch(&stats->kept, 1, __ATOMIC_RELAXED);
}

/*
 * Half of the programs begin with what the board is for. One that another process
 * is just writing is a mixture of two, and as good; or empty, and not taken.
 */
static void pick(struct fuzz_program *program, __u32 *random)
{
	unsigned int kept = __atomic_load_n(&corpus->kept, __ATOMIC_RELAXED);

	program->count = 0;
	if (kept && next_random(random) % 2)
		*program = corpus->programs[next_random(random) %
					    (kept < CORPUS ? kept : CORPUS)];
	if (!program->count)
		fuzz_seed(program, random);
}

/* One process. */
static int client(const struct options *options, unsigned int number,
		  int shared)
{
	__u32 random = (options->seed + number) * 2654435761u | 1;
	struct fuzz_program program, other;
	int ret = 0;

	fuzz_cover_open();
	fuzz_prepare(options->denies && !inject_open());
	if (number % 2)
		ret = drop_privileges();
	while (!ret && __atomic_load_n(&stats->calls, __ATOMIC_RELAXED) <
			       options->calls) {
		unsigned int fresh;

		pick(&program, &random);
		pick(&other, &random);
		fuzz_mutate(&program, &other, &random);
		fuzz_cover_begin();
		ret = fuzz_run(&program, shared, stats);
		fresh = fuzz_cover_end();
		__atomic_add_fetch(&stats->covered, fresh, __ATOMIC_RELAXED);
		if (fresh && !options->blind)
			keep(&program);
	}
	return ret;
}

static void one_fault(__u32 *random)
{
	static const char * const knobs[] = {
		"fail", "hang", "deaf", "stick_ring", "corrupt_flags",
		"drop_irq", "corrupt_seq", "corrupt_cookie", "corrupt_status",
		"corrupt_count", "corrupt_score", "corrupt_rows",
		"corrupt_order", "fatal", "delay_us",
	};
	const unsigned int count = sizeof(knobs) / sizeof(knobs[0]);
	const char *knob = knobs[next_random(random) % count];

	emu_set("delay_us", 0);
	emu_set(knob, strcmp(knob, "delay_us") ? 1 :
						 next_random(random) % 2000);
}

/* How far the calls have got, now and then. */
static void report_progress(const struct options *options)
{
	static unsigned int reports;

	if (!stats->covered ||
	    stats->calls * REPORTS / options->calls <= reports)
		return;
	reports = stats->calls * REPORTS / options->calls;
	printf("# figure: %lu calls: %lu places, %lu programs kept\n",
	       stats->calls, stats->covered, stats->kept);
	fflush(stdout);
}

/* Lets the board fail until all processes have ended: 0 if they did well. */
static int supervise(const struct options *options, const pid_t *pids)
{
	unsigned int i, left = options->processes;
	__s64 alive = now_ns();
	__u32 random = options->seed | 1;
	unsigned long last = 0;
	int status, ret = 0;

	while (left) {
		if (emu_present())
			one_fault(&random);
		sleep_ms(FAULT_MS);
		while (left && waitpid(-1, &status, WNOHANG) > 0) {
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				ret = -ECHILD;
		}
		report_progress(options);
		if (stats->calls != last)
			alive = now_ns();
		last = stats->calls;
		if (now_ns() - alive > PATIENCE_S * NSEC_PER_SEC) {
			for (i = 0; i < options->processes; i++)
				kill(pids[i], SIGKILL);
			return -ETIMEDOUT;
		}
	}
	return ret;
}

static int run(const struct options *options, int shared)
{
	pid_t pids[PROCESSES_MAX];
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < options->processes; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(client(options, i + 1, shared) ? 1 : 0);
	}
	return supervise(options, pids);
}

/* What everyone does: 0 if the scores are right. */
static int compare_and_search(int fd)
{
	struct drm_limen_compare compare;
	struct drm_limen_scan scan = { .row_count = ROWS, .top_k = ROWS,
				       .min_similarity = -32768,
				       .result_offset = PAGE };
	struct drm_limen_scan_row expected[ROWS];
	__s8 rows[ROWS * DIM];
	struct limen_score score;
	struct bo host, card;
	__u32 queues[2];

	if (bo_new(fd, 2 * PAGE, 0, &host) ||
	    bo_new(fd, sizeof(rows), DRM_LIMEN_BO_CARD, &card) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queues[0]) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &queues[1]))
		return -1;
	fill_rows(rows, ROWS, DIM, DIM, 7);
	fill_vector((__s8 *)host.map, 2 * DIM, PATTERN_RANDOM, 9);
	memcpy(card.map, rows, sizeof(rows));
	if (gallery_simple(fd, &card, DIM, ROWS, &scan.gallery))
		return -1;
	compare = compare_at(&host, 0, DIM, 2 * PAGE - 64, DIM);
	score = limen_score_vectors((__s8 *)host.map, (__s8 *)host.map + DIM,
				    DIM);
	scan.probe_handle = host.handle;
	scan.result_handle = host.handle;
	if (submit_compares(fd, queues[0], &compare, 1, PATIENCE) ||
	    submit_scans(fd, queues[1], &scan, 1, PATIENCE))
		return -1;
	reference_scan(&scan, (__s8 *)host.map, rows, DIM, DIM, expected);
	if (compare_result(&host, 2 * PAGE - 64)->raw != score.raw ||
	    scan_result(&host, PAGE)->count != ROWS ||
	    memcmp(scan_result(&host, PAGE)->rows, expected, sizeof(expected)))
		return -1;
	bo_free(fd, &host);
	bo_free(fd, &card);
	return 0;
}

static void report(const struct options *options, long long seconds)
{
	unsigned int op, never = 0;

	printf("# figure: %lu calls of %u processes in %lld s, %lu denied memory\n",
	       stats->calls, options->processes, seconds, stats->denied);
	printf("# that succeeded:");
	for (op = 0; op < fuzz_op_count(); op++) {
		printf(" %s %lu", fuzz_op_name(op), stats->done[op]);
		never += fuzz_op_meant(op) && !stats->done[op];
	}
	printf("\n");
	result(!never, "every kind of call succeeds now and then");
	if (stats->strange)
		printf("# %s ends with %s\n", fuzz_op_name(stats->strange_op),
		       strerror(stats->strange_errno));
	result(!stats->strange, "no call ends with an error nobody documents");
}

static int parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "bc:p:s:")) != -1) {
		switch (option) {
		case 'b':
			options->blind = true;
			break;
		case 'c':
			options->calls = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			options->processes = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options->seed = strtoul(optarg, NULL, 0);
			break;
		default:
			return -EINVAL;
		}
	}
	return options->calls && options->processes &&
	       options->processes <= PROCESSES_MAX ?
		       0 : -EINVAL;
}

static void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int main(int argc, char **argv)
{
	struct options options = { .calls = 20000, .processes = 4, .seed = 1 };
	struct drm_limen_memory_info memory;
	int fd, shared, ret;
	__s64 begin;
	bool guided;

	if (parse(argc, argv, &options)) {
		fprintf(stderr,
			"usage: %s [-b] [-c CALLS] [-p PROCESSES] [-s SEED]\n",
			argv[0]);
		return 2;
	}
	fd = limen_open();
	shared = limen_open();
	stats = shared_memory(sizeof(*stats));
	corpus = shared_memory(sizeof(*corpus));
	if (fd < 0 || shared < 0 || !stats || !corpus ||
	    limen_memory_info(fd, &memory)) {
		printf("Bail out! no accel node of the limen driver\n");
		return 1;
	}
	options.denies = !inject_init();
	guided = fuzz_cover_init() && !options.blind;
	printf("TAP version 13\n# figure: seed %u, %s\n", options.seed,
	       guided ? "guided by KCOV" : "blind");
	begin = now_ns();
	ret = run(&options, shared);
	close(shared);
	if (emu_present())
		emu_calm();
	result(!ret, "every process ends by itself");
	report(&options, (now_ns() - begin) / NSEC_PER_SEC);
	result(card_free_becomes(fd, memory.card_free),
	       "no memory of the board is lost");
	result(!compare_and_search(fd),
	       "the board compares and searches as before");
	printf("1..%u\n", tests);
	return failed;
}
