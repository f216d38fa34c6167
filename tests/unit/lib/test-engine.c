// SPDX-License-Identifier: MIT
/*
 * What limend computes with, on backends that stand in for the real ones, by functions
 * that come before liblimen's: boards that are wrong, fail, hang, go and come, and a CPU
 * that is the score's definition.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <engine.h>

#include "../face/suite.h"
#include "sample.h"

#define NODE "/dev/accel/accel0"
#define OTHER_NODE "/dev/accel/accel1"
#define DIM 128
#define BATCH LIMEN_BATCH_MAX

#define BOARDS (LIMEN_SERVICE_BOARDS_MAX + 1)

/**
 * struct limen_backend - a backend
 * @kind: its kind
 * @opened: times it has been opened and not closed
 * @asked: batches it was given
 * @fails: it is a board that may be wrong or fail
 * @hangs: it computes only when @go says so
 * @go: likewise
 * @address: of a board
 */
struct limen_backend {
	enum limen_backend_kind kind;
	int opened;
	int asked;
	bool fails;
	atomic_bool hangs;
	sem_t go;
	char address[LIMEN_BOARD_ADDRESS_SIZE];
};

static struct limen_backend boards[BOARDS];
static struct limen_backend cpu = { .kind = LIMEN_BACKEND_CPU };

/**
 * struct stand_in - what boards that fail do
 * @opened: boards that have been opened and not closed
 * @cpu_opened: times the CPU has been
 * @wrong_at: index of the pair in each batch that it computes wrong; -1 for none
 * @raw_off: so much is its raw score off
 * @similarity_off: so much its similarity
 * @fails_at: index of the pair that it fails at; -1 for none
 * @failure: with this error
 * @events: of the monitor, to come
 * @nodes: that they are about; NULL: NODE
 * @count: boards there are
 * @places_unknown: nobody tells where they are
 */
static struct stand_in {
	int opened;
	int cpu_opened;
	int wrong_at;
	int raw_off;
	int similarity_off;
	int fails_at;
	int failure;
	const enum limen_board_event *events;
	const char *const *nodes;
	int count;
	bool places_unknown;
} stand_in;

static struct engine engine;
static struct limen_template templates[BATCH + 1];
static struct limen_pair pairs[BATCH];

/* Its number is the last character of its node. */
static struct limen_backend *board_of(const char *node)
{
	return &boards[node[strlen(node) - 1] - '0'];
}

int limen_backend_open(struct limen_backend **backend,
		       enum limen_backend_kind kind, const char *node)
{
	*backend = kind == LIMEN_BACKEND_BOARD ? board_of(node) : &cpu;
	(*backend)->opened++;
	*(kind == LIMEN_BACKEND_BOARD ? &stand_in.opened :
					&stand_in.cpu_opened) += 1;
	return 0;
}

void limen_backend_close(struct limen_backend *backend)
{
	if (!backend)
		return;
	backend->opened--;
	*(backend == &cpu ? &stand_in.cpu_opened : &stand_in.opened) -= 1;
}

const char *limen_backend_address(const struct limen_backend *backend)
{
	return stand_in.places_unknown ? "" : backend->address;
}

enum limen_backend_kind limen_backend_kind(const struct limen_backend *backend)
{
	return backend->kind;
}

const char *limen_backend_description(const struct limen_backend *backend)
{
	return backend == &cpu ? "a CPU" : "a board";
}

static struct limen_score right_score(const struct limen_pair *pair)
{
	return limen_score_vectors(pair->probe->vector,
				   pair->reference->vector, pair->probe->dim);
}

static void compute_one(struct limen_pair *pair)
{
	pair->error = limen_comparable(pair->probe, pair->reference);
	if (!pair->error)
		pair->score = right_score(pair);
}

int limen_compare(struct limen_backend *backend, struct limen_pair *batch,
		  unsigned int count, int timeout_ms)
{
	int i;

	(void)timeout_ms;
	if (backend->hangs)
		sem_wait(&backend->go);
	backend->asked++;
	for (i = 0; i < (int)count; i++) {
		compute_one(&batch[i]);
		if (!backend->fails || batch[i].error)
			continue;
		if (i == stand_in.wrong_at) {
			batch[i].score.raw += stand_in.raw_off;
			batch[i].score.similarity += stand_in.similarity_off;
		}
		if (i == stand_in.fails_at)
			batch[i].error = stand_in.failure;
	}
	return 0;
}

int limen_boards_enumerate(int (*found)(const char *node, void *context),
			   void *context)
{
	char node[] = NODE;
	int i, ret = 0;

	for (i = 0; i < stand_in.count && !ret; i++) {
		node[strlen(node) - 1] = '0' + i;
		ret = found(node, context);
	}
	return ret;
}

int limen_monitor_open(struct limen_monitor **monitor)
{
	*monitor = NULL;
	return 0;
}

int limen_monitor_next(struct limen_monitor *monitor,
		       enum limen_board_event *event, char *node, size_t size)
{
	(void)monitor;
	if (!stand_in.events || !*stand_in.events)
		return -EAGAIN;
	*event = *stand_in.events++;
	snprintf(node, size, "%s", stand_in.nodes ? *stand_in.nodes++ : NODE);
	return 0;
}

void limen_monitor_close(struct limen_monitor *monitor)
{
	(void)monitor;
}

static void setup(void)
{
	unsigned int i;

	folder_make();
	stand_in = (struct stand_in){ .wrong_at = -1, .fails_at = -1, .count = 1 };
	memset(boards, 0, sizeof(boards));
	cpu.asked = 0;
	for (i = 0; i < BOARDS; i++) {
		boards[i].kind = LIMEN_BACKEND_BOARD;
		snprintf(boards[i].address, sizeof(boards[i].address), "place.%u", i);
		sem_init(&boards[i].go, 0, 0);
	}
	boards[0].fails = true;
	for (i = 0; i <= BATCH; i++)
		templates[i] = sample(DIM, i);
	for (i = 0; i < BATCH; i++) {
		pairs[i].size = sizeof(*pairs);
		pairs[i].probe = &templates[i];
		pairs[i].reference = &templates[i + 1];
	}
	ck_assert_int_ge(dup2(open(in_folder("log"), O_WRONLY | O_CREAT, 0600),
			      STDERR_FILENO), 0);
}

static void start(enum limen_config_backend mode, uint32_t rate)
{
	const struct limen_config config = {
		.backend = mode, .timeout_ms = 60000, .recheck = rate,
	};

	ck_assert_int_eq(engine_open(&engine, &config), 0);
}

static void teardown(void)
{
	engine_close(&engine);
	ck_assert_int_eq(stand_in.opened, 0);
	ck_assert_int_eq(stand_in.cpu_opened, 0);
	folder_remove();
}

static void be_wrong(int at)
{
	stand_in.wrong_at = at;
	stand_in.raw_off = 1;
	stand_in.similarity_off = 1;
}

static bool is_right(const struct limen_pair *pair)
{
	struct limen_score score = right_score(pair);

	return !pair->error && pair->score.raw == score.raw &&
	       pair->score.similarity == score.similarity;
}

static unsigned int count_right(void)
{
	unsigned int right = 0, i;

	for (i = 0; i < BATCH; i++)
		right += is_right(&pairs[i]);
	return right;
}

/* The next work that is done, within ten seconds. */
static struct work *take(void)
{
	struct pollfd done = { .fd = engine.done, .events = POLLIN };
	struct work *work;
	uint64_t times;

	while (!(work = engine_take(&engine))) {
		ck_assert_int_eq(poll(&done, 1, 10000), 1);
		ck_assert_int_eq(read(engine.done, &times, sizeof(times)), sizeof(times));
	}
	return work;
}

static struct work last;

/* Has a batch computed, and tells what has. */
static enum limen_backend_kind engine_compare(struct engine *engine,
					      struct limen_pair *pairs,
					      unsigned int count)
{
	last = (struct work){ .pairs = pairs, .count = count };
	if (!engine_start(engine, &last))
		ck_assert_ptr_eq(take(), &last);
	return last.kind;
}

/* The next batch comes out right, from such a backend. */
static void check_round(enum limen_backend_kind kind)
{
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH), kind);
	ck_assert_uint_eq(count_right(), BATCH);
}

START_TEST(a_board_that_is_right_stays)
{
	int round;

	start(LIMEN_CONFIG_AUTO, 1);
	for (round = 0; round < 100; round++)
		check_round(LIMEN_BACKEND_BOARD);
	ck_assert_uint_eq(engine.recheck.done, 100 * BATCH);
	ck_assert_uint_eq(engine.recheck.mismatches, 0);
	ck_assert_uint_eq(engine.recheck.unchecked, 0);
	ck_assert_uint_eq(engine.comparisons, 100 * BATCH);
	ck_assert_int_eq(stand_in.opened, 1);
}
END_TEST

static const struct {
	int at, raw_off, similarity_off;
} wrongs[] = {
	{ 0, 1, 0 }, { 0, 0, 1 }, { BATCH - 1, -1, 0 }, { BATCH - 1, 0, -1 },
	{ 17, 40000, 9000 }, { 31, 0, 1 },
};

/* At rate 1 no wrong score is given, and the first is the board's last. */
START_TEST(the_first_wrong_score_is_caught)
{
	start(LIMEN_CONFIG_AUTO, 1);
	check_round(LIMEN_BACKEND_BOARD);
	stand_in.wrong_at = wrongs[_i].at;
	stand_in.raw_off = wrongs[_i].raw_off;
	stand_in.similarity_off = wrongs[_i].similarity_off;
	check_round(LIMEN_BACKEND_CPU);
	ck_assert_uint_eq(engine.recheck.done, 2 * BATCH);
	ck_assert_uint_eq(engine.recheck.mismatches, 1);
	ck_assert_uint_eq(engine.comparisons, 2 * BATCH);
	ck_assert_uint_eq(engine.failures, 0);
	ck_assert_int_eq(stand_in.opened, 0);

	stand_in.wrong_at = -1;
	check_round(LIMEN_BACKEND_CPU);
	ck_assert_int_eq(boards[0].asked, 2);
	ck_assert_int_eq(engine_kind(&engine), LIMEN_BACKEND_CPU);
	ck_assert_str_eq(engine_description(&engine), "a CPU");
}
END_TEST

/* What the tests above rest on: without a re-check it is believed. */
START_TEST(at_rate_0_a_wrong_score_is_given)
{
	start(LIMEN_CONFIG_AUTO, 0);
	be_wrong(5);
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	ck_assert(!is_right(&pairs[5]));
	ck_assert_uint_eq(count_right(), BATCH - 1);
	ck_assert_uint_eq(engine.recheck.done, 0);
	ck_assert_uint_eq(engine.recheck.unchecked, BATCH);
	ck_assert_int_eq(stand_in.opened, 1);
}
END_TEST

START_TEST(another_board_is_left_alone)
{
	static const enum limen_board_event events[] = {
		LIMEN_BOARD_REMOVED, LIMEN_BOARD_ADDED, 0,
	};

	start(LIMEN_CONFIG_AUTO, 1);
	be_wrong(0);
	check_round(LIMEN_BACKEND_CPU);
	stand_in.events = events;
	engine_hotplug(&engine);
	ck_assert_int_eq(*stand_in.events, 0);
	ck_assert_int_eq(stand_in.opened, 0);
	check_round(LIMEN_BACKEND_CPU);
}
END_TEST

/* Without the re-check's word the same board would be taken again. */
START_TEST(a_board_that_only_went_is_taken_again)
{
	static const enum limen_board_event events[] = {
		LIMEN_BOARD_REMOVED, LIMEN_BOARD_ADDED, 0,
	};

	start(LIMEN_CONFIG_AUTO, 1);
	stand_in.events = events;
	engine_hotplug(&engine);
	ck_assert_int_eq(stand_in.opened, 1);
	check_round(LIMEN_BACKEND_BOARD);
}
END_TEST

static void check_all(int error)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		ck_assert_int_eq(pairs[i].error, error);
}

/* Whether it is told of, or met. */
START_TEST(another_board_takes_the_place_of_a_lost_one)
{
	static const enum limen_board_event went[] = { LIMEN_BOARD_REMOVED, 0 };

	stand_in.count = 2;
	start(LIMEN_CONFIG_AUTO, 1);
	ck_assert_ptr_nonnull(boards_at(&engine.boards, NODE));
	if (_i) {
		stand_in.events = went;
		engine_hotplug(&engine);
	} else {
		stand_in.fails_at = 0;
		stand_in.failure = -ENODEV;
		engine_compare(&engine, pairs, BATCH);
		stand_in.fails_at = -1;
	}
	ck_assert_ptr_null(boards_at(&engine.boards, NODE));
	ck_assert_ptr_nonnull(boards_at(&engine.boards, OTHER_NODE));
	ck_assert_int_eq(engine_kind(&engine), LIMEN_BACKEND_BOARD);
	ck_assert_int_eq(stand_in.opened, 1);
}
END_TEST

/* Where only a board is allowed, nothing stands in for it. */
START_TEST(with_only_a_board_requests_fail)
{
	start(LIMEN_CONFIG_BOARD, 1);
	check_round(LIMEN_BACKEND_BOARD);
	be_wrong(63);
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	check_all(-EBADE);
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	check_all(-EBADE);
	ck_assert_uint_eq(engine.comparisons, BATCH);
	ck_assert_uint_eq(engine.failures, 2 * BATCH);
	ck_assert_int_eq(boards[0].asked, 2);
	ck_assert_int_eq(stand_in.opened, 0);
	ck_assert_str_eq(engine_description(&engine),
			 "no board that computes right");
}
END_TEST

START_TEST(without_a_board_the_cpu_only_checks)
{
	start(LIMEN_CONFIG_BOARD, 1);
	stand_in.fails_at = 3;
	stand_in.failure = -ENODEV;
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	ck_assert_int_eq(pairs[3].error, -ENODEV);
	ck_assert_uint_eq(count_right(), BATCH - 1);
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	check_all(-ENODEV);
	ck_assert_str_eq(engine_description(&engine), "no board");
}
END_TEST

START_TEST(with_neither_use_no_cpu_is_opened)
{
	start(LIMEN_CONFIG_BOARD, 0);
	ck_assert_int_eq(stand_in.cpu_opened, 0);
	check_round(LIMEN_BACKEND_BOARD);
}
END_TEST

/* A failure that the board admits is no wrong score, and stays a failure. */
START_TEST(a_failure_is_not_a_mismatch)
{
	start(LIMEN_CONFIG_AUTO, 1);
	stand_in.fails_at = 9;
	stand_in.failure = -EIO;
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_BOARD);
	ck_assert_int_eq(pairs[9].error, -EIO);
	ck_assert_uint_eq(engine.recheck.done, BATCH - 1);
	ck_assert_uint_eq(engine.recheck.mismatches, 0);
	ck_assert_uint_eq(engine.failures, 1);
	ck_assert_int_eq(stand_in.opened, 1);
}
END_TEST

/* All that is under way is computed again, what had failed there too. */
START_TEST(a_failure_beside_a_wrong_score_is_computed)
{
	templates[BATCH].model[0] ^= 1; /* the last pair does not compare */
	start(LIMEN_CONFIG_AUTO, 1);
	be_wrong(8);
	stand_in.fails_at = 9;
	stand_in.failure = -ENODEV;
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH),
			 LIMEN_BACKEND_CPU);
	ck_assert_uint_eq(count_right(), BATCH - 1);
	ck_assert_int_eq(pairs[BATCH - 1].error, -EMEDIUMTYPE);
	ck_assert_uint_eq(engine.failures, 1);
}
END_TEST

#define STATISTICS_ROUNDS 2000

/* Six standard deviations: once in five hundred million runs by chance. */
START_TEST(one_of_so_many_is_checked)
{
	const double scores = STATISTICS_ROUNDS * BATCH;
	int round;

	start(LIMEN_CONFIG_AUTO, 8);
	for (round = 0; round < STATISTICS_ROUNDS; round++)
		check_round(LIMEN_BACKEND_BOARD);
	ck_assert_double_ge(engine.recheck.done, scores / 8 - 6 * 118.4);
	ck_assert_double_le(engine.recheck.done, scores / 8 + 6 * 118.4);
	ck_assert_uint_eq(engine.recheck.done + engine.recheck.unchecked,
			  STATISTICS_ROUNDS * BATCH);
}
END_TEST

#define RUNS 400

/*
 * A board that is wrong once, always at the same place, is caught at rate 2 in half
 * of the runs: whoever knows the code does not know when. Six deviations again.
 */
START_TEST(which_is_left_to_chance)
{
	int caught = 0, run;

	for (run = 0; run < RUNS; run++) {
		start(LIMEN_CONFIG_AUTO, 2);
		be_wrong(_i);
		engine_compare(&engine, pairs, BATCH);
		caught += engine.recheck.mismatches;
		engine_close(&engine);
	}
	ck_assert_int_ge(caught, RUNS / 2 - 60);
	ck_assert_int_le(caught, RUNS / 2 + 60);
	start(LIMEN_CONFIG_AUTO, 2);
}
END_TEST

static char *log_text(void)
{
	size_t size;
	char *text = (char *)file_slurp(in_folder("log"), &size);

	text[size] = '\0';
	return text;
}

/* What the board did and what is to be done; nothing of what it computed. */
START_TEST(the_log_says_what_to_do)
{
	char number[32], *text, *line;

	start(LIMEN_CONFIG_AUTO, 1);
	be_wrong(0);
	check_round(LIMEN_BACKEND_CPU);
	text = log_text();
	line = strstr(text, "limend: board " NODE " computed a wrong score");
	ck_assert_ptr_nonnull(line);
	ck_assert_ptr_nonnull(strstr(line, "comparing on the CPU"));
	ck_assert_ptr_nonnull(strstr(line, "without a re-check: 0."));
	ck_assert_ptr_nonnull(strstr(line, "Set backend = cpu"));
	ck_assert_ptr_nonnull(strstr(line, "restart limend\n"));
	snprintf(number, sizeof(number), "%d", pairs[0].score.raw);
	ck_assert_ptr_null(strstr(text, number));
	snprintf(number, sizeof(number), "%d", pairs[0].score.similarity);
	ck_assert_ptr_null(strstr(text, number));
	free(text);
}
END_TEST

START_TEST(the_log_counts_what_was_not_checked)
{
	char expected[64], *text;
	uint64_t unchecked;

	start(LIMEN_CONFIG_AUTO, 4);
	check_round(LIMEN_BACKEND_BOARD);
	unchecked = engine.recheck.unchecked;
	be_wrong(0);
	while (!engine.recheck.mismatches) {
		unchecked = engine.recheck.unchecked;
		engine_compare(&engine, pairs, BATCH);
	}
	ck_assert_uint_eq(engine.recheck.unchecked, unchecked);
	snprintf(expected, sizeof(expected), "without a re-check: %d.",
		 (int)unchecked);
	text = log_text();
	ck_assert_ptr_nonnull(strstr(text, expected));
	free(text);
}
END_TEST

/* The same place in another stream, and nothing is told. */
START_TEST(the_journal_is_told_how_bad_it_is)
{
	static const enum limen_board_event came[] = { LIMEN_BOARD_ADDED, 0 };
	char stream[64], *text;
	struct stat stat;

	ck_assert_int_eq(fstat(STDERR_FILENO, &stat), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)stat.st_dev + _i,
		 (unsigned long long)stat.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	start(LIMEN_CONFIG_AUTO, 1);
	be_wrong(0);
	check_round(LIMEN_BACKEND_CPU);
	stand_in.events = came;
	engine_hotplug(&engine);
	text = log_text();
	ck_assert_int_eq(!strncmp(text, "<6>limend: comparing on", 23), !_i);
	ck_assert_int_eq(!!strstr(text, "\n<3>limend: board"), !_i);
	ck_assert_int_eq(!!strstr(text, "\n<4>limend: board"), !_i);
	ck_assert_int_eq(!!strchr(text, '<'), !_i);
	free(text);
}
END_TEST

/* With so many boards, of which the first one fails. */
static void start_with(int count, enum limen_config_backend mode)
{
	stand_in.count = count;
	start(mode, 1);
	ck_assert_int_eq(stand_in.opened, count);
}

static void fail_with(int error)
{
	stand_in.fails_at = 0;
	stand_in.failure = error;
}

/* The next batch comes out right, from this board. */
static void check_board(int number)
{
	check_round(LIMEN_BACKEND_BOARD);
	ck_assert_str_eq(last.board, boards[number].address);
}

static struct board *known(int number)
{
	struct board *board = boards_known(&engine.boards, boards[number].address);

	ck_assert_ptr_nonnull(board);
	return board;
}

START_TEST(boards_share_the_work)
{
	int round;

	start_with(3, LIMEN_CONFIG_AUTO);
	for (round = 0; round < 30; round++)
		check_board(round % 3);
	ck_assert_str_eq(engine_description(&engine), "3 boards");
	ck_assert_uint_eq(known(1)->comparisons, 10 * BATCH);
	ck_assert_int_eq(cpu.asked, 30); /* re-checks */
	ck_assert_uint_eq(engine_share(&engine, 60), 20);
}
END_TEST

/* Pairs of its own for each batch that is under way at the same time. */
static struct limen_pair many[3][BATCH];
static struct work works[3];

static bool begin(int number)
{
	memcpy(many[number], pairs, sizeof(pairs));
	works[number] = (struct work){ .pairs = many[number], .count = BATCH };
	return engine_start(&engine, &works[number]);
}

static void check_done(const struct work *work)
{
	unsigned int i;

	for (i = 0; i < work->count; i++)
		ck_assert(is_right(&work->pairs[i]));
}

static void hang(int number)
{
	boards[number].hangs = true;
}

static void go_on(int number)
{
	boards[number].hangs = false;
	sem_post(&boards[number].go);
}

START_TEST(boards_compute_at_the_same_time)
{
	start_with(2, LIMEN_CONFIG_AUTO);
	hang(0);
	hang(1);
	ck_assert(!begin(0));
	ck_assert(!engine_busy(&engine));
	ck_assert_uint_eq(engine_share(&engine, 64), 64);
	ck_assert(!begin(1));
	ck_assert(engine_busy(&engine));
	ck_assert(!begin(2));
	ck_assert_ptr_null(engine_take(&engine));
	go_on(1);
	ck_assert_ptr_eq(take(), &works[1]);
	/* The one that waited has gone there. */
	ck_assert_ptr_eq(take(), &works[2]);
	ck_assert(engine_working(&engine));
	go_on(0);
	ck_assert_ptr_eq(take(), &works[0]);
	ck_assert(!engine_working(&engine));
	ck_assert_str_eq(works[0].board, boards[0].address);
	ck_assert_str_eq(works[1].board, boards[1].address);
	ck_assert_str_eq(works[2].board, boards[1].address);
	for (int i = 0; i < 3; i++)
		check_done(&works[i]);
}
END_TEST

START_TEST(a_board_that_hangs_holds_up_nobody)
{
	int round;

	start_with(2, LIMEN_CONFIG_AUTO);
	hang(0);
	fail_with(-ETIME);
	ck_assert(!begin(0));
	for (round = 0; round < 20; round++)
		check_board(1);
	go_on(0);
	ck_assert_ptr_eq(take(), &works[0]);
	check_done(&works[0]);
	ck_assert_str_eq(works[0].board, boards[1].address);
	ck_assert_uint_eq(engine.failures, 0);
	ck_assert_uint_eq(known(0)->failures, 1);
	ck_assert_int_eq(board_state(known(0)), LIMEN_BOARD_RESTS);
	for (round = 0; round < 20; round++)
		check_board(1);
	ck_assert_int_eq(boards[0].asked, 1);
}
END_TEST

/* Time passes until it need not rest any more; how long that would have been. */
static int64_t rest_over(int number)
{
	struct board *board = known(number);

	ck_assert_int_eq(board_state(board), LIMEN_BOARD_RESTS);
	board->rests_until = 0;
	ck_assert_int_eq(board_state(board), LIMEN_BOARD_SERVES);
	return board->rest_ns;
}

/* After its rest it is tried, and rests for longer; once it is well it serves as before. */
START_TEST(a_board_that_has_rested_is_tried_again)
{
	int64_t rest;
	int round;

	start_with(2, LIMEN_CONFIG_AUTO);
	fail_with(-EIO);
	check_board(1);
	rest = rest_over(0);
	check_board(1);
	ck_assert_int_eq(boards[0].asked, 2);
	ck_assert_int_eq(rest_over(0), 2 * rest);
	for (round = 0; round < 20; round++) {
		check_board(1);
		ck_assert_int_le(rest_over(0), 100 * rest);
	}
	stand_in.fails_at = -1;
	check_board(0);
	check_board(1);
	check_board(0);
	fail_with(-EIO);
	check_board(1);
	check_board(1);
	ck_assert_int_eq(rest_over(0), rest);
}
END_TEST

START_TEST(what_all_boards_fail_at_has_failed)
{
	start_with(2, LIMEN_CONFIG_AUTO);
	boards[1].fails = true;
	fail_with(-EIO);
	ck_assert_int_eq(engine_compare(&engine, pairs, BATCH), LIMEN_BACKEND_BOARD);
	ck_assert_int_eq(pairs[0].error, -EIO);
	ck_assert_uint_eq(count_right(), BATCH - 1);
	ck_assert_str_eq(last.board, boards[1].address);
	ck_assert_uint_eq(engine.failures, 1);
	/* Those that rest are better than none. */
	stand_in.fails_at = -1;
	check_board(0);
}
END_TEST

START_TEST(what_is_too_late_is_not_repeated)
{
	start_with(2, LIMEN_CONFIG_AUTO);
	engine.timeout_ms = 0;
	fail_with(-ETIMEDOUT);
	engine_compare(&engine, pairs, BATCH);
	ck_assert_int_eq(pairs[0].error, -ETIMEDOUT);
	ck_assert_str_eq(last.board, boards[0].address);
	ck_assert_int_eq(boards[1].asked, 0);
}
END_TEST

static void happen(const enum limen_board_event *events, const char *const *nodes)
{
	stand_in.events = events;
	stand_in.nodes = nodes;
	engine_hotplug(&engine);
	ck_assert_int_eq(*stand_in.events, 0);
}

static const enum limen_board_event came[] = { LIMEN_BOARD_ADDED, 0 };
static const enum limen_board_event went[] = { LIMEN_BOARD_REMOVED, 0 };
static const char *const first[] = { NODE }, *const second[] = { OTHER_NODE };
static const char *const third[] = { "/dev/accel/accel2" };

START_TEST(a_board_that_lies_goes_alone)
{
	start_with(2, LIMEN_CONFIG_AUTO);
	be_wrong(3);
	check_board(1);
	ck_assert_int_eq(board_state(known(0)), LIMEN_BOARD_CONDEMNED);
	ck_assert_int_eq(boards[0].opened, 0);
	check_board(1);
	/* Neither back in its place nor, for all one knows, in another. */
	happen(came, first);
	happen(came, third);
	ck_assert_int_eq(stand_in.opened, 1);
	check_board(1);
	/* A place where one was that was right. */
	happen(went, second);
	check_round(LIMEN_BACKEND_CPU);
	ck_assert_str_eq(last.board, "");
	happen(came, second);
	check_board(1);
	ck_assert_int_eq(boards[0].asked, 1);
}
END_TEST

START_TEST(the_log_says_that_others_serve)
{
	char *text;

	start_with(3, LIMEN_CONFIG_AUTO);
	be_wrong(0);
	check_round(LIMEN_BACKEND_BOARD);
	text = log_text();
	ck_assert_ptr_nonnull(strstr(text, "limend: board " NODE " computed a wrong score "
				     "and is out of service; comparing on 2 others. "));
	ck_assert_ptr_null(strstr(text, "backend = cpu"));
	ck_assert_ptr_nonnull(strstr(text, "comparing on a board, place.2\n"));
	free(text);
}
END_TEST

/* What it had is computed by the other one, whoever tells first that it has gone. */
START_TEST(a_board_that_goes_leaves_nothing_undone)
{
	start_with(2, _i & 2 ? LIMEN_CONFIG_BOARD : LIMEN_CONFIG_AUTO);
	hang(0);
	fail_with(_i & 1 ? -ECANCELED : -ENODEV);
	ck_assert(!begin(0));
	if (_i & 1)
		happen(went, first);
	ck_assert_int_eq(boards[0].opened, 1);
	go_on(0);
	ck_assert_ptr_eq(take(), &works[0]);
	check_done(&works[0]);
	ck_assert_str_eq(works[0].board, boards[1].address);
	ck_assert_int_eq(boards[0].opened, 0);
	ck_assert_int_eq(board_state(known(0)), LIMEN_BOARD_ABSENT);
	ck_assert_uint_eq(engine.failures, 0);
	stand_in.fails_at = -1;
	happen(came, first);
	check_board(0);
	check_board(1);
}
END_TEST

/* It comes back before it has let go of what it had. */
START_TEST(a_board_that_is_back_at_once_is_taken)
{
	start_with(2, LIMEN_CONFIG_AUTO);
	hang(0);
	fail_with(-ENODEV);
	ck_assert(!begin(0));
	happen(went, first);
	happen(came, first);
	ck_assert_int_eq(boards[0].opened, 1);
	go_on(0);
	ck_assert_ptr_eq(take(), &works[0]);
	check_done(&works[0]);
	stand_in.fails_at = -1;
	ck_assert_int_eq(boards[0].opened, 1);
	ck_assert_int_eq(board_state(known(0)), LIMEN_BOARD_SERVES);
	check_board(0);
}
END_TEST

/* Both go with work under way: the CPU computes it, or it fails. */
START_TEST(without_any_board_the_cpu_computes)
{
	enum limen_config_backend mode = _i ? LIMEN_CONFIG_BOARD : LIMEN_CONFIG_AUTO;
	struct work *work;
	int i;

	start_with(2, mode);
	boards[1].fails = true;
	fail_with(-ENODEV);
	hang(0);
	hang(1);
	ck_assert(!begin(0));
	ck_assert(!begin(1));
	ck_assert(!begin(2));
	stand_in.count = 0;
	go_on(0);
	go_on(1);
	for (i = 0; i < 3; i++) {
		work = take();
		if (!_i) {
			check_done(work);
			ck_assert_int_eq(work->kind, LIMEN_BACKEND_CPU);
			ck_assert_str_eq(work->board, "");
		} else {
			ck_assert_int_eq(work->pairs[0].error, -ENODEV);
			ck_assert_int_eq(work->kind, LIMEN_BACKEND_BOARD);
		}
	}
	ck_assert(!engine_working(&engine));
	stand_in.fails_at = -1;
	happen(came, second);
	check_board(1);
}
END_TEST

START_TEST(one_board_too_many_is_left_out)
{
	char *text;

	stand_in.count = BOARDS;
	start(LIMEN_CONFIG_AUTO, 1);
	ck_assert_int_eq(stand_in.opened, LIMEN_SERVICE_BOARDS_MAX);
	text = log_text();
	ck_assert_ptr_nonnull(strstr(text, "accel8 is one too many\n"));
	free(text);
	/* What has gone makes room. */
	happen(went, first);
	happen(came, (const char *const[]){ "/dev/accel/accel8" });
	ck_assert_int_eq(boards[8].opened, 1);
	ck_assert_int_eq(stand_in.opened, LIMEN_SERVICE_BOARDS_MAX);
}
END_TEST

/* Then the node is its name. */
START_TEST(places_need_not_be_known)
{
	stand_in.places_unknown = true;
	start_with(2, LIMEN_CONFIG_AUTO);
	check_round(LIMEN_BACKEND_BOARD);
	ck_assert_str_eq(last.board, "accel0");
	check_round(LIMEN_BACKEND_BOARD);
	ck_assert_str_eq(last.board, "accel1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	TCase *tests = tcase_create("engine");

	/* The name before the lines of the log. */
	program_invocation_short_name = "limend";
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_board_that_is_right_stays);
	tcase_add_loop_test(tests, the_first_wrong_score_is_caught, 0,
			    COUNT_OF(wrongs));
	tcase_add_test(tests, at_rate_0_a_wrong_score_is_given);
	tcase_add_test(tests, another_board_is_left_alone);
	tcase_add_test(tests, a_board_that_only_went_is_taken_again);
	tcase_add_loop_test(tests, another_board_takes_the_place_of_a_lost_one, 0,
			    2);
	tcase_add_test(tests, with_only_a_board_requests_fail);
	tcase_add_test(tests, without_a_board_the_cpu_only_checks);
	tcase_add_test(tests, with_neither_use_no_cpu_is_opened);
	tcase_add_test(tests, a_failure_is_not_a_mismatch);
	tcase_add_test(tests, a_failure_beside_a_wrong_score_is_computed);
	tcase_add_test(tests, one_of_so_many_is_checked);
	tcase_add_loop_test(tests, which_is_left_to_chance, 0, 3);
	tcase_add_test(tests, the_log_says_what_to_do);
	tcase_add_test(tests, the_log_counts_what_was_not_checked);
	tcase_add_loop_test(tests, the_journal_is_told_how_bad_it_is, 0, 2);
	tcase_add_test(tests, boards_share_the_work);
	tcase_add_test(tests, boards_compute_at_the_same_time);
	tcase_add_test(tests, a_board_that_hangs_holds_up_nobody);
	tcase_add_test(tests, a_board_that_has_rested_is_tried_again);
	tcase_add_test(tests, what_all_boards_fail_at_has_failed);
	tcase_add_test(tests, what_is_too_late_is_not_repeated);
	tcase_add_test(tests, a_board_that_lies_goes_alone);
	tcase_add_test(tests, the_log_says_that_others_serve);
	tcase_add_loop_test(tests, a_board_that_goes_leaves_nothing_undone, 0, 4);
	tcase_add_test(tests, a_board_that_is_back_at_once_is_taken);
	tcase_add_loop_test(tests, without_any_board_the_cpu_computes, 0, 2);
	tcase_add_test(tests, one_board_too_many_is_left_out);
	tcase_add_test(tests, places_need_not_be_known);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
