// SPDX-License-Identifier: MIT
/* The board backend: searches (SCAN). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "gallery.h"
#include "ranking.h"

/* Most probes of one submission: the board has work while results are read. */
#define SCANS_MAX 16

/*
 * The buffer has room for so many probes, which must not cross pages and are
 * therefore kept together, and then for as many results with their rows.
 */
#define RESULT_SIZE ((sizeof(struct drm_limen_scan_result) + LIMEN_TOP_K_MAX * \
		      sizeof(struct drm_limen_scan_row) + 63) / 64 * 64)
#define RESULTS_OFFSET (SCANS_MAX * LIMEN_DIM_MAX)

_Static_assert(4096 % LIMEN_DIM_MAX == 0, "probes stay within a page");
_Static_assert(RESULTS_OFFSET % 64 == 0, "results are aligned");

static int8_t *probe_at(const struct board *board, unsigned int index)
{
	return (int8_t *)board->scan_buffer.memory + index * LIMEN_DIM_MAX;
}

static struct drm_limen_scan_result *result_at(const struct board *board,
					       unsigned int index)
{
	uint8_t *memory = board->scan_buffer.memory;

	return (void *)(memory + RESULTS_OFFSET + index * RESULT_SIZE);
}

static void copy_drop(struct board *board, bool lost)
{
	if (board->copy)
		card_copy_put(board->card, board->copy, lost);
	board->copy = NULL;
}

static void scan_stop(struct board *board)
{
	board_queue_destroy(card_fd(board->card), &board->scan_queue);
	board_buffer_destroy(card_fd(board->card), &board->scan_buffer);
}

void scan_close(struct board *board)
{
	if (!board->card)
		return;
	scan_stop(board);
	copy_drop(board, false);
	card_put(board->card);
	board->card = NULL;
}

static int scan_start(struct board *board)
{
	int error = 0;

	if (board->scan_buffer.memory)
		return 0;
	if (!board->card)
		error = card_get(board->fd, &board->card);
	if (error)
		return error;
	error = board_queue_create(card_fd(board->card), DRM_LIMEN_QUEUE_SCAN,
				   &board->scan_queue);
	if (!error)
		error = board_buffer_create(card_fd(board->card), &board->scan_buffer,
					    RESULTS_OFFSET +
					    SCANS_MAX * RESULT_SIZE, 0);
	if (error)
		scan_stop(board);
	return error;
}

static int prepare(struct board *board, const struct gallery_view *view)
{
	int error = scan_start(board);

	if (error || (board->copy && board->copy->content == view->content))
		return error;
	/* The old one first: both may not fit on the card. */
	copy_drop(board, false);
	return card_copy_get(board->card, view, &board->copy);
}

/* Lays out a scan of the gallery, whole, and its probe. */
static void describe(const struct board *board, unsigned int index,
		     const struct limen_template *probe,
		     const struct search_request *request,
		     struct drm_limen_scan *desc)
{
	memcpy(probe_at(board, index), probe->vector, probe->dim);
	/* Whatever happens to the call, only the kernel makes this a result. */
	result_at(board, index)->error = -EINPROGRESS;
	*desc = (struct drm_limen_scan){
		.gallery = board->copy->gallery,
		.probe_handle = board->scan_buffer.handle,
		.probe_offset = index * LIMEN_DIM_MAX,
		.row_count = board->copy->rows,
		.top_k = request->top_k,
		.min_similarity = request->min_similarity,
		.result_offset = RESULTS_OFFSET + index * RESULT_SIZE,
		.result_handle = board->scan_buffer.handle,
		.result_size = sizeof(struct drm_limen_scan_result),
		.row_size = sizeof(struct drm_limen_scan_row),
	};
}

/*
 * Copies the rows, trusting neither their number nor their order. Their numbers
 * in the gallery rise with those on the card, so the order is the same.
 */
static int read_rows(const struct board *board,
		     const struct drm_limen_scan_result *result,
		     const struct drm_limen_scan *desc, uint32_t dim,
		     struct limen_row *rows)
{
	uint32_t count = result->count, i;

	if (result->error)
		return result->error < 0 && result->error != -EINPROGRESS ?
		       result->error : -EIO;
	if (count > desc->top_k)
		return -EIO;
	for (i = 0; i < count; i++) {
		uint32_t row = result->rows[i].row;

		if (row < desc->first_row ||
		    row - desc->first_row >= desc->row_count)
			return -EIO;
		rows[i].row = board->copy->numbers ?
			      board->copy->numbers[row] : row;
		rows[i].score.raw = result->rows[i].raw;
		rows[i].score.similarity = result->rows[i].similarity;
		if (!score_possible(&rows[i].score, dim) ||
		    rows[i].score.similarity < desc->min_similarity ||
		    (i && !ranks_after(&rows[i], &rows[i - 1])))
			return -EIO;
	}
	return count;
}

/*
 * Has the board do what is described; the rows of each go to rows, which has room
 * for top_k for each, and their numbers to counts.
 */
static int scan(struct board *board, const struct drm_limen_scan *descs,
		unsigned int count, const struct search_request *request,
		struct limen_row *rows, uint32_t *counts)
{
	struct drm_limen_submit submit = {
		.queue = board->scan_queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = sizeof(*descs),
		.timeout_ns = request->deadline,
	};
	int error = board_call(card_fd(board->card), DRM_IOCTL_LIMEN_SUBMIT, &submit);
	unsigned int i;
	int found;

	if (submit.ticket) {
		/* The board may still use it; the kernel wipes it afterwards. */
		scan_stop(board);
		return error;
	}
	/* The system slept, and card memory does not outlast that. */
	if (error == -ESTALE)
		copy_drop(board, true);
	for (i = 0; !error && i < count; i++) {
		found = read_rows(board, result_at(board, i), &descs[i],
				  request->view->dim,
				  rows + (size_t)i * descs[i].top_k);
		if (found < 0)
			error = found;
		else
			counts[i] = found;
	}
	limen_wipe(probe_at(board, 0), count * LIMEN_DIM_MAX);
	limen_wipe(result_at(board, 0), count * RESULT_SIZE);
	return error;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int search(struct board *board, const struct search_request *request)
{
	struct drm_limen_scan descs[SCANS_MAX];
	unsigned int first, some, i;
	int error;

	if (request->top_k > board->top_k_max)
		return -EINVAL;
	error = prepare(board, request->view);
	if (!error && !board->copy->rows)
		memset(request->counts, 0,
		       request->count * sizeof(*request->counts));
	if (error || !board->copy->rows)
		return error;

	for (first = 0; !error && first < request->count; first += some) {
		some = least(least(SCANS_MAX, board->batch_max),
			     request->count - first);
		for (i = 0; i < some; i++)
			describe(board, i, request->probes[first + i], request,
				 &descs[i]);
		error = scan(board, descs, some, request, request->rows +
			     (size_t)first * request->top_k,
			     request->counts + first);
	}
	return error;
}

int board_search(struct limen_backend *backend,
		 const struct search_request *request)
{
	struct board *board = (struct board *)backend;
	int error = search(board, request);

	/* Once more, with the gallery on the card again. */
	return error == -ESTALE ? search(board, request) : error;
}

/*
 * One scan returns a limited number of rows. A range with a full result may have
 * more, so it is halved and scanned again; a range that has no more rows than fit
 * never is. What follows is likely to be as dense: ranges grow only where they
 * find little.
 */
static int search_all(struct board *board, const struct search_request *request,
		      struct row_list *list)
{
	struct limen_row rows[LIMEN_TOP_K_MAX];
	struct drm_limen_scan desc;
	uint32_t most = least(board->top_k_max, LIMEN_TOP_K_MAX);
	uint32_t first = 0, range = UINT32_MAX, found = 0;
	int error = prepare(board, request->view);

	while (!error && first < board->copy->rows) {
		describe(board, 0, request->probes[0], request, &desc);
		desc.top_k = most;
		desc.first_row = first;
		desc.row_count = least(range, board->copy->rows - first);
		error = scan(board, &desc, 1, request, rows, &found);
		if (error)
			break;
		if (found == most && desc.row_count > most) {
			range = desc.row_count / 2;
			continue;
		}
		error = row_list_add(list, rows, found);
		first += desc.row_count;
		if (found < most / 4 && range <= UINT32_MAX / 2)
			range *= 2;
	}
	limen_wipe(rows, sizeof(rows));
	return error;
}

int board_search_all(struct limen_backend *backend,
		     const struct search_request *request,
		     struct row_list *list)
{
	struct board *board = (struct board *)backend;
	int error = search_all(board, request, list);

	if (error != -ESTALE)
		return error;
	limen_rows_free(list->rows, list->count);
	*list = (struct row_list){};
	return search_all(board, request, list);
}
