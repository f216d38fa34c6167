// SPDX-License-Identifier: MIT
/* The board backend: searches (SCAN). */
#include <errno.h>
#include <string.h>
#include <xf86drm.h>

#include "board.h"
#include "ranking.h"

struct scan_memory {
	int8_t probe[LIMEN_DIM_MAX];
	struct drm_limen_scan_result result; /* its rows follow */
};

#define SCAN_MEMORY_SIZE (sizeof(struct scan_memory) + \
			  LIMEN_TOP_K_MAX * sizeof(struct drm_limen_scan_row))

_Static_assert(offsetof(struct scan_memory, result) % 64 == 0,
	       "the result is aligned");

static void gallery_drop(struct board *board)
{
	struct drm_limen_gallery_destroy destroy = {
		.gallery = board->gallery,
	};

	if (board->gallery)
		board_call(board, DRM_IOCTL_LIMEN_GALLERY_DESTROY, &destroy);
	board->gallery = 0;
	board->gallery_content = 0;
	board_buffer_destroy(board, &board->gallery_buffer);
}

static int gallery_upload(struct board *board,
			  const struct limen_gallery *gallery)
{
	size_t bytes = (size_t)gallery->rows * gallery->stride;
	struct drm_limen_gallery_create create = {
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = gallery->dim,
		.stride = gallery->stride,
		.rows = gallery->rows,
	};
	int error;

	if (board->gallery_content == gallery->content)
		return 0;
	gallery_drop(board);
	error = board_buffer_create(board, &board->gallery_buffer, bytes,
				    DRM_LIMEN_BO_CARD);
	if (!error) {
		memcpy(board->gallery_buffer.memory, gallery->vectors, bytes);
		board_buffer_unmap(&board->gallery_buffer);
		create.handle = board->gallery_buffer.handle;
		error = board_call(board, DRM_IOCTL_LIMEN_GALLERY_CREATE,
				   &create);
	}
	if (error) {
		gallery_drop(board);
		return error;
	}
	board->gallery = create.gallery;
	board->gallery_content = gallery->content;
	return 0;
}

static void scan_stop(struct board *board)
{
	board_queue_destroy(board, &board->scan_queue);
	if (board->scan_sync)
		drmSyncobjDestroy(board->fd, board->scan_sync);
	board->scan_sync = 0;
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
	if (!error && drmSyncobjCreate(board->fd, 0, &board->scan_sync))
		error = -errno;
	if (!error)
		error = board_buffer_create(board, &board->scan_buffer,
					    SCAN_MEMORY_SIZE, 0);
	if (error)
		scan_stop(board);
	return error;
}

static int submit(struct board *board, const struct drm_limen_scan *desc,
		  int64_t deadline)
{
	const struct drm_limen_sync sync = { .handle = board->scan_sync };
	struct drm_limen_submit args = {
		.queue = board->scan_queue,
		.descs = (uintptr_t)desc,
		.count = 1,
		.desc_size = sizeof(*desc),
		.out_syncs = (uintptr_t)&sync,
		.out_sync_count = 1,
	};
	int error;

	/* The fence that it holds from the search before has long signalled. */
	if (drmSyncobjReset(board->fd, &board->scan_sync, 1))
		return -errno;
	error = board_submit(board, &args);
	if (!error)
		error = drmSyncobjWait(board->fd, &board->scan_sync, 1,
				       deadline, 0, NULL);
	return error == -ETIME ? -ETIMEDOUT : error;
}

/* Copies the rows, trusting neither their number nor their order. */
static int read_rows(const struct scan_memory *memory,
		     const struct drm_limen_scan *desc, uint32_t gallery_rows,
		     uint32_t dim, struct limen_row *rows)
{
	uint32_t count = memory->result.count;
	uint32_t i;

	if (memory->result.error)
		return memory->result.error < 0 &&
		       memory->result.error != -EINPROGRESS ?
		       memory->result.error : -EIO;
	if (count > desc->top_k)
		return -EIO;
	for (i = 0; i < count; i++) {
		rows[i].row = memory->result.rows[i].row;
		rows[i].score.raw = memory->result.rows[i].raw;
		rows[i].score.similarity = memory->result.rows[i].similarity;
		if (rows[i].row >= gallery_rows ||
		    !score_possible(&rows[i].score, dim) ||
		    rows[i].score.similarity < desc->min_similarity ||
		    (i && !ranks_after(&rows[i], &rows[i - 1])))
			return -EIO;
	}
	return count;
}

int board_search(struct limen_backend *backend,
		 const struct limen_template *probe,
		 const struct limen_gallery *gallery, uint32_t top_k,
		 int32_t min_similarity, struct limen_row *rows,
		 int timeout_ms)
{
	struct board *board = (struct board *)backend;
	struct drm_limen_scan desc = {
		.row_count = gallery->rows,
		.top_k = top_k,
		.min_similarity = min_similarity,
		.probe_offset = offsetof(struct scan_memory, probe),
		.result_offset = offsetof(struct scan_memory, result),
	};
	struct scan_memory *memory;
	int error;

	if (top_k > board->top_k_max)
		return -EINVAL;
	error = scan_start(board);
	if (!error)
		error = gallery_upload(board, gallery);
	if (error)
		return error;

	memory = board->scan_buffer.memory;
	desc.gallery = board->gallery;
	desc.probe_handle = board->scan_buffer.handle;
	desc.result_handle = board->scan_buffer.handle;
	memcpy(memory->probe, probe->vector, probe->dim);
	memory->result.error = -EINPROGRESS;
	error = submit(board, &desc, deadline_in(timeout_ms));
	if (error == -ETIMEDOUT || error == -EINTR) {
		/* The board still uses it; the kernel wipes it afterwards. */
		scan_stop(board);
		return error;
	}
	if (!error)
		error = read_rows(memory, &desc, gallery->rows, gallery->dim,
				  rows);
	limen_wipe(memory, SCAN_MEMORY_SIZE);
	return error;
}
