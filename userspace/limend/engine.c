// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <monotonic.h>
#include <private.h>

#include "engine.h"
#include "log.h"

static bool cpu_allowed(const struct engine *engine)
{
	return engine->mode != LIMEN_CONFIG_BOARD;
}

/* What happens now that there is one board less, for people. */
static const char *what_remains(const struct engine *engine, char *text, size_t size)
{
	unsigned int others = boards_serving(&engine->boards);

	if (others)
		snprintf(text, size, "comparing on %u other%s", others, others > 1 ? "s" : "");
	else
		snprintf(text, size, "%s", cpu_allowed(engine) ? "comparing on the CPU" :
								"requests fail");
	return text;
}

static void tell_no_board(const struct engine *engine, const char *what)
{
	if (cpu_allowed(engine))
		log_line("%s; comparing on the CPU", what);
	else
		log_error("%s; requests fail", what);
}

/* By what it is known: its place on its bus, or its node if that is not told. */
static const char *address_of(const struct limen_backend *backend, const char *node)
{
	const char *address = limen_backend_address(backend);
	const char *name = strrchr(node, '/');

	return *address ? address : name ? name + 1 : node;
}

/* Why it is not to be used; NULL if it is. */
static const char *why_not(struct engine *engine, const char *address)
{
	struct board *known = boards_known(&engine->boards, address);

	if (known)
		return known->condemned ? "it computed a wrong score" : NULL;
	if (boards_any_condemned(&engine->boards))
		return "one computed a wrong score, and it may be the same";
	return NULL;
}

/* Puts a board that has been opened into service, or closes it. */
static void admit(struct engine *engine, struct limen_backend *backend, const char *node)
{
	const char *address = address_of(backend, node);
	struct board *board = boards_known(&engine->boards, address);

	if (!board)
		board = boards_new(&engine->boards, address);
	if (!board || board->backend) {
		if (!board)
			log_warning("board %s is one too many", node);
		else
			board->returned = true;
		limen_backend_close(backend);
		return;
	}
	board->backend = backend;
	board->leaving = false;
	board->returned = false;
	board->rest_ns = 0;
	snprintf(board->node, sizeof(board->node), "%s", node);
	log_line("comparing on %s, %s", limen_backend_description(backend), address);
}

static void take_board(struct engine *engine, const char *node)
{
	struct limen_backend *backend;
	const char *why;
	int error;

	error = limen_backend_open(&backend, LIMEN_BACKEND_BOARD, node);
	if (error) {
		log_warning("board %s does not open: %s", node, limen_strerror(error));
		return;
	}
	why = why_not(engine, address_of(backend, node));
	if (why) {
		log_warning("board %s is left alone: %s", node, why);
		limen_backend_close(backend);
		return;
	}
	admit(engine, backend, node);
}

/**
 * struct look - a look for boards
 * @engine: that takes them
 * @except: node of the one that is not to be taken; NULL: all are
 */
struct look {
	struct engine *engine;
	const char *except;
};

/* For limen_boards_enumerate(). */
static int take_each(const char *node, void *context)
{
	const struct look *look = context;

	if ((!look->except || strcmp(node, look->except) != 0) &&
	    !boards_at(&look->engine->boards, node))
		take_board(look->engine, node);
	return 0;
}

static void lose_board(struct engine *engine, struct board *board)
{
	/* Its node may still be there, without it. */
	struct look look = { engine, board->returned ? NULL : board->node };

	limen_backend_close(board->backend);
	board->backend = NULL;
	board->leaving = false;
	board->returned = false;
	log_warning("board %s is gone", board->node);
	if (!look.except || !boards_serving(&engine->boards))
		limen_boards_enumerate(take_each, &look);
	if (!boards_serving(&engine->boards))
		tell_no_board(engine, "no other board");
}

static void condemn_board(struct engine *engine, struct board *board)
{
	char text[64];

	limen_backend_close(board->backend);
	board->backend = NULL;
	board->leaving = false;
	board->condemned = true;
	what_remains(engine, text, sizeof(text));
	if (boards_serving(&engine->boards))
		log_error("board %s computed a wrong score and is out of service; %s. "
			  "Answers that it gave before without a re-check: %" PRIu64
			  ". Replace the board, then restart limend", board->node, text,
			  board->unchecked);
	else
		log_error("board %s computed a wrong score and is out of service; %s. "
			  "Answers that it gave before without a re-check: %" PRIu64
			  ". Set backend = cpu until the board is replaced, then restart "
			  "limend", board->node, text, board->unchecked);
}

static int find_boards(struct engine *engine)
{
	struct look look = { engine, NULL };
	int error;

	/* Watched before looked for, so that none comes unnoticed in between. */
	error = limen_monitor_open(&engine->monitor);
	if (error) {
		log_error("boards cannot be watched: %s", limen_strerror(error));
		return error;
	}
	error = limen_boards_enumerate(take_each, &look);
	if (error < 0) {
		log_error("boards cannot be listed: %s", limen_strerror(error));
		return error;
	}
	if (!boards_serving(&engine->boards))
		tell_no_board(engine, "no board");
	return 0;
}

int engine_open(struct engine *engine, const struct limen_config *config)
{
	int error = 0;

	*engine = (struct engine){
		.mode = config->backend,
		.timeout_ms = config->timeout_ms,
		.recheck.rate = config->recheck,
		.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	if (engine->done < 0) {
		error = -errno;
		log_error("boards cannot be waited for: %s", strerror(errno));
		return error;
	}
	if (cpu_allowed(engine) || config->recheck)
		error = limen_backend_open(&engine->cpu, LIMEN_BACKEND_CPU,
					   NULL);
	if (error)
		log_error("the CPU cannot compare: %s", limen_strerror(error));
	if (!error && engine->mode != LIMEN_CONFIG_CPU)
		error = find_boards(engine);
	if (error)
		engine_close(engine);
	return error;
}

void engine_close(struct engine *engine)
{
	unsigned int i;

	for (i = 0; i < engine->boards.count; i++) {
		worker_stop(&engine->boards.all[i].worker);
		limen_backend_close(engine->boards.all[i].backend);
	}
	limen_backend_close(engine->cpu);
	limen_monitor_close(engine->monitor);
	close(engine->done);
}

int engine_hotplug_fd(const struct engine *engine)
{
	return engine->monitor ? limen_monitor_fd(engine->monitor) : -1;
}

/* Told that a board has gone: what it has under way will fail, and then it is closed. */
static void board_went(struct engine *engine, struct board *board)
{
	if (board->work)
		board->leaving = true;
	else
		lose_board(engine, board);
}

void engine_hotplug(struct engine *engine)
{
	enum limen_board_event event;
	char node[PATH_MAX];

	while (!limen_monitor_next(engine->monitor, &event, node,
				   sizeof(node))) {
		struct board *board = boards_at(&engine->boards, node);

		if (event == LIMEN_BOARD_ADDED && !board)
			take_board(engine, node);
		else if (event == LIMEN_BOARD_REMOVED && board)
			board_went(engine, board);
	}
}

enum limen_backend_kind engine_kind(const struct engine *engine)
{
	return boards_serving(&engine->boards) || !cpu_allowed(engine) ?
	       LIMEN_BACKEND_BOARD : LIMEN_BACKEND_CPU;
}

const char *engine_description(struct engine *engine)
{
	unsigned int serving = boards_serving(&engine->boards);

	if (serving == 1)
		return limen_backend_description(boards_pick(&engine->boards)->backend);
	if (serving) {
		snprintf(engine->text, sizeof(engine->text), "%u boards", serving);
		return engine->text;
	}
	if (cpu_allowed(engine))
		return limen_backend_description(engine->cpu);
	return boards_any_condemned(&engine->boards) ? "no board that computes right" :
						       "no board";
}

static bool any_error(const struct work *work, int error)
{
	unsigned int i;

	for (i = 0; i < work->count; i++)
		if (work->pairs[i].error == error)
			return true;
	return false;
}

/* Whether the board failed, and not who asked. */
static bool has_failed(const struct work *work)
{
	return any_error(work, -EIO) || any_error(work, -ETIME) ||
	       any_error(work, -ECANCELED) || any_error(work, -ETIMEDOUT);
}

/* Who has computed it, and how much came of it; it is done. */
static void settle(struct engine *engine, struct work *work, enum limen_backend_kind kind,
		   const char *board)
{
	unsigned int i;

	work->kind = kind;
	memset(work->board, 0, sizeof(work->board));
	snprintf(work->board, sizeof(work->board), "%s", board);
	for (i = 0; i < work->count; i++)
		if (work->pairs[i].error)
			engine->failures++;
		else
			engine->comparisons++;
}

static void count_for(struct board *board, const struct work *work)
{
	unsigned int i;

	for (i = 0; i < work->count; i++)
		if (work->pairs[i].error)
			board->failures++;
		else
			board->comparisons++;
}

static bool is_right(struct engine *engine, struct board *board, const struct work *work)
{
	uint64_t before = engine->recheck.unchecked;
	bool right = recheck_passes(&engine->recheck, engine->cpu, work->pairs, work->count);

	board->unchecked += engine->recheck.unchecked - before;
	return right;
}

/* What has become of a board's work that it failed at: whether another may do better. */
static bool try_another(struct engine *engine, struct board *board, const struct work *work)
{
	static struct log_rate rate;
	struct board *other;

	board_rest(board);
	other = boards_pick(&engine->boards);
	if (other == board || board_rests(other))
		return false;
	log_rated(&rate, "board %s failed; others are used before it for %" PRId64
		  " seconds", board->node, board->rest_ns / 1000000000);
	return work->deadline > now_ns();
}

/* After a board is through with work: whether that is done, or for somebody else. */
static bool conclude(struct engine *engine, struct board *board, struct work *work)
{
	bool gone = any_error(work, -ENODEV) || (board->leaving && has_failed(work));

	board->work = NULL;
	if (!is_right(engine, board, work)) {
		condemn_board(engine, board);
		return false;
	}
	count_for(board, work);
	if (gone || board->leaving)
		lose_board(engine, board);
	else if (!has_failed(work))
		board->rest_ns = 0;
	else if (try_another(engine, board, work))
		return false;
	if (gone && (cpu_allowed(engine) || boards_serving(&engine->boards)))
		return false;
	settle(engine, work, LIMEN_BACKEND_BOARD, board->address);
	return true;
}

static void compute_without_board(struct engine *engine, struct work *work)
{
	int error = boards_any_condemned(&engine->boards) ? -EBADE : -ENODEV;
	unsigned int i;

	if (cpu_allowed(engine)) {
		work_compute(work, engine->cpu);
		settle(engine, work, LIMEN_BACKEND_CPU, "");
		return;
	}
	for (i = 0; i < work->count; i++)
		pair_fail(&work->pairs[i], error);
	settle(engine, work, LIMEN_BACKEND_BOARD, "");
}

/* A board alone is waited for here: to hand it over would take time, and gain none. */
static bool hand_over(struct engine *engine, struct board *board, struct work *work)
{
	if (boards_serving(&engine->boards) == 1 ||
	    (!board->worker.runs && worker_start(&board->worker, engine->done)))
		return false;
	board->work = work;
	worker_give(&board->worker, board->backend, work);
	return true;
}

/* Behind those that wait already. */
static void wait_for_board(struct engine *engine, struct work *work)
{
	struct work **end = &engine->waiting;

	while (*end)
		end = &(*end)->next;
	work->next = NULL;
	*end = work;
}

/* Whether it is done; each board that fails at it leaves one less to try. */
static bool run(struct engine *engine, struct work *work)
{
	struct board *board;

	while ((board = boards_pick(&engine->boards))) {
		if (board->work) {
			wait_for_board(engine, work);
			return false;
		}
		board->turn = ++engine->boards.turn;
		if (hand_over(engine, board, work))
			return false;
		work_compute(work, board->backend);
		if (conclude(engine, board, work))
			return true;
	}
	compute_without_board(engine, work);
	return true;
}

bool engine_start(struct engine *engine, struct work *work)
{
	engine->batches++;
	work->deadline = deadline_in(engine->timeout_ms);
	return run(engine, work);
}

/* The next one of the work that waits, if it need not any more. */
static struct work *take_waiting(struct engine *engine)
{
	const struct board *board = boards_pick(&engine->boards);
	struct work *work = engine->waiting;

	if (!work || (board && board->work))
		return NULL;
	engine->waiting = work->next;
	return work;
}

struct work *engine_take(struct engine *engine)
{
	struct work *work;
	unsigned int i;

	for (i = 0; i < engine->boards.count; i++) {
		struct board *board = &engine->boards.all[i];

		work = board->work;
		if (!work || !worker_finished(&board->worker))
			continue;
		if (conclude(engine, board, work) || run(engine, work))
			return work;
	}
	while ((work = take_waiting(engine)))
		if (run(engine, work))
			return work;
	return NULL;
}

bool engine_busy(struct engine *engine)
{
	const struct board *board = boards_pick(&engine->boards);

	return engine->waiting || (board && board->work);
}

bool engine_working(const struct engine *engine)
{
	unsigned int i;

	for (i = 0; i < engine->boards.count; i++)
		if (engine->boards.all[i].work)
			return true;
	return engine->waiting;
}

unsigned int engine_share(const struct engine *engine, unsigned int count)
{
	unsigned int idle = boards_idle(&engine->boards);

	return idle > 1 ? count / idle : count;
}
