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

static void gallery_drop(struct board *board)
{
	struct drm_limen_gallery_destroy destroy = {
		.gallery = board->gallery,
	};

	if (board->gallery)
		board_call(board, DRM_IOCTL_LIMEN_GALLERY_DESTROY, &destroy);
	board->gallery = 0;
	board->gallery_content = 0;
	board->gallery_rows = 0;
	free(board->gallery_numbers);
	board->gallery_numbers = NULL;
	board_buffer_destroy(board, &board->gallery_buffer);
}

static bool row_absent(const struct match_rows *rows, uint32_t index)
{
	return rows->absent && rows->absent[index / 64] >> index % 64 & 1;
}

static uint32_t rows_present(const struct gallery_view *view)
{
	uint32_t first, next, i, count = 0;

	for (first = 0; first < view->rows; first = next) {
		struct match_rows rows = gallery_view_rows(view, first, &next);

		for (i = 0; i < rows.count; i++)
			count += !row_absent(&rows, i);
	}
	return count;
}

/*
 * Copies the rows that there are, without gaps, and notes their numbers unless
 * they are the places of the copies.
 */
static void rows_copy(const struct gallery_view *view, int8_t *to,
		      uint32_t *numbers)
{
	int8_t vector[LIMEN_DIM_MAX];
	uint32_t first, next, i;

	for (first = 0; first < view->rows; first = next) {
		struct match_rows rows = gallery_view_rows(view, first, &next);

		for (i = 0; i < rows.count; i++) {
			size_t at = (size_t)i * view->dim / 2;

			if (row_absent(&rows, i))
				continue;
			/* Not joined in place: the card is slow to be read. */
			match_join(rows.coarse + at, rows.fine + at, view->dim,
				   vector);
			memcpy(to, vector, view->dim);
			to += view->dim;
			if (numbers)
				*numbers++ = rows.first + i;
		}
	}
	limen_wipe(vector, sizeof(vector));
}

static int gallery_fill(struct board *board, const struct gallery_view *view,
			uint32_t rows)
{
	struct drm_limen_gallery_create create = {
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = view->dim,
		.stride = view->dim,
		.rows = rows,
	};
	int error;

	if (rows < view->rows) {
		board->gallery_numbers =
			malloc(rows * sizeof(*board->gallery_numbers));
		if (!board->gallery_numbers)
			return -ENOMEM;
	}
	error = board_buffer_create(board, &board->gallery_buffer,
				    (size_t)rows * view->dim,
				    DRM_LIMEN_BO_CARD);
	if (error)
		return error;
	rows_copy(view, board->gallery_buffer.memory, board->gallery_numbers);
	board_buffer_unmap(&board->gallery_buffer);
	create.handle = board->gallery_buffer.handle;
	error = board_call(board, DRM_IOCTL_LIMEN_GALLERY_CREATE, &create);
	board->gallery = create.gallery;
	return error;
}

/* Has the card hold what the view shows; of an empty gallery it holds nothing. */
static int gallery_upload(struct board *board, const struct gallery_view *view)
{
	uint32_t rows;
	int error = 0;

	if (board->gallery_content == view->content)
		return 0;
	gallery_drop(board);
	rows = rows_present(view);
	if (rows)
		error = gallery_fill(board, view, rows);
	if (error) {
		gallery_drop(board);
		return error;
	}
	board->gallery_rows = rows;
	board->gallery_content = view->content;
	return 0;
}

static void scan_stop(struct board *board)
{
	board_queue_destroy(board, &board->scan_queue);
	board_buffer_destroy(board, &board->scan_buffer);
}

void scan_close(struct board *board)
{
	scan_stop(board);
	gallery_drop(board);
}

static int scan_start(struct board *board)
{
	int error;

	if (board->scan_buffer.memory)
		return 0;
	error = board_queue_create(board, DRM_LIMEN_QUEUE_SCAN,
				   &board->scan_queue);
	if (!error)
		error = board_buffer_create(board, &board->scan_buffer,
					    RESULTS_OFFSET +
					    SCANS_MAX * RESULT_SIZE, 0);
	if (error)
		scan_stop(board);
	return error;
}

static int prepare(struct board *board, const struct gallery_view *view)
{
	int error = scan_start(board);

	return error ?: gallery_upload(board, view);
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
		.gallery = board->gallery,
		.probe_handle = board->scan_buffer.handle,
		.probe_offset = index * LIMEN_DIM_MAX,
		.row_count = board->gallery_rows,
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
		rows[i].row = board->gallery_numbers ?
			      board->gallery_numbers[row] : row;
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
	int error = board_call(board, DRM_IOCTL_LIMEN_SUBMIT, &submit);
	unsigned int i;
	int found;

	if (submit.ticket) {
		/* The board may still use it; the kernel wipes it afterwards. */
		scan_stop(board);
		return error;
	}
	/* The system slept, and card memory does not outlast that. */
	if (error == -ESTALE)
		gallery_drop(board);
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
	if (!error && !board->gallery_rows)
		memset(request->counts, 0,
		       request->count * sizeof(*request->counts));
	if (error || !board->gallery_rows)
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

	while (!error && first < board->gallery_rows) {
		describe(board, 0, request->probes[0], request, &desc);
		desc.top_k = most;
		desc.first_row = first;
		desc.row_count = least(range, board->gallery_rows - first);
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
