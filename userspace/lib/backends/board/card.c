// SPDX-License-Identifier: MIT
/*
 * What backends of one process share of a board: its card memory. A gallery lies there
 * once, whoever searches it, for as long as anybody does.
 *
 * DOC: Cards and copies
 *
 * Galleries on a card are a file's, and what searches them has to come by the same one.
 * So all backends of a node search by a duplicate of the descriptor of the first one
 * that did; comparisons go by their own. A copy is known by the content of the view that
 * it was made from, which is unique in the process. Of several that want the same one,
 * the first makes it, and the others wait for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board.h"
#include "gallery.h"

/**
 * struct card - the memory of a board
 * @next: in the list of all
 * @fd: by which it is reached
 * @node: of the board: its file
 * @refs: backends that have it; under the lock of the list
 * @lock: of @copies and of what they have
 * @copies: galleries on it
 */
struct card {
	struct card *next;
	int fd;
	struct stat node;
	unsigned int refs;
	pthread_mutex_t lock;
	struct card_copy *copies;
};

static pthread_mutex_t cards_lock = PTHREAD_MUTEX_INITIALIZER;
static struct card *cards;

static bool same_node(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	       one->st_rdev == other->st_rdev;
}

/* Whether it is that of a board that is there, and not of one that was at its node. */
static bool is_alive(const struct card *card)
{
	struct drm_limen_device_info info = {};
	struct drm_limen_query query = {
		.type = DRM_LIMEN_QUERY_DEVICE,
		.size = sizeof(info),
		.pointer = (uintptr_t)&info,
	};

	return !board_call(card->fd, DRM_IOCTL_LIMEN_QUERY, &query);
}

static struct card *find(const struct stat *node)
{
	struct card *card;

	for (card = cards; card; card = card->next)
		if (same_node(&card->node, node) && is_alive(card))
			return card;
	return NULL;
}

/* NULL and errno on failure. */
static struct card *make(int fd, const struct stat *node)
{
	struct card *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (made->fd < 0) {
		free(made);
		return NULL;
	}
	made->node = *node;
	pthread_mutex_init(&made->lock, NULL);
	made->next = cards;
	cards = made;
	return made;
}

int card_get(int fd, struct card **card)
{
	struct card *found;
	struct stat node;
	int error = 0;

	if (fstat(fd, &node))
		return -errno;
	pthread_mutex_lock(&cards_lock);
	found = find(&node);
	if (!found)
		found = make(fd, &node);
	if (found)
		found->refs++;
	else
		error = -errno;
	pthread_mutex_unlock(&cards_lock);
	*card = found;
	return error;
}

void card_put(struct card *card)
{
	struct card **at;
	bool last;

	if (!card)
		return;
	pthread_mutex_lock(&cards_lock);
	last = !--card->refs;
	for (at = &cards; last && *at; at = &(*at)->next)
		if (*at == card) {
			*at = card->next;
			break;
		}
	pthread_mutex_unlock(&cards_lock);
	if (!last)
		return;
	close(card->fd);
	pthread_mutex_destroy(&card->lock);
	free(card);
}

int card_fd(const struct card *card)
{
	return card->fd;
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

static int copy_fill(int fd, struct card_copy *copy, const struct gallery_view *view)
{
	struct drm_limen_gallery_create create = {
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = view->dim,
		.stride = view->dim,
		.rows = copy->rows,
	};
	int error;

	if (copy->rows < view->rows) {
		copy->numbers = malloc(copy->rows * sizeof(*copy->numbers));
		if (!copy->numbers)
			return -ENOMEM;
	}
	error = board_buffer_create(fd, &copy->buffer, (size_t)copy->rows * view->dim,
				    DRM_LIMEN_BO_CARD);
	if (error)
		return error;
	rows_copy(view, copy->buffer.memory, copy->numbers);
	board_buffer_unmap(&copy->buffer);
	create.handle = copy->buffer.handle;
	error = board_call(fd, DRM_IOCTL_LIMEN_GALLERY_CREATE, &create);
	copy->gallery = create.gallery;
	return error;
}

static void copy_free(int fd, struct card_copy *copy)
{
	struct drm_limen_gallery_destroy destroy = { .gallery = copy->gallery };

	if (copy->gallery)
		board_call(fd, DRM_IOCTL_LIMEN_GALLERY_DESTROY, &destroy);
	board_buffer_destroy(fd, &copy->buffer);
	free(copy->numbers);
	free(copy);
}

static int copy_make(struct card *card, const struct gallery_view *view,
		     struct card_copy **copy)
{
	struct card_copy *made = calloc(1, sizeof(*made));
	int error = 0;

	if (!made)
		return -ENOMEM;
	made->content = view->content;
	made->rows = rows_present(view);
	if (made->rows)
		error = copy_fill(card->fd, made, view);
	if (error) {
		copy_free(card->fd, made);
		return error;
	}
	made->next = card->copies;
	card->copies = made;
	*copy = made;
	return 0;
}

int card_copy_get(struct card *card, const struct gallery_view *view,
		  struct card_copy **copy)
{
	struct card_copy *found;
	int error = 0;

	pthread_mutex_lock(&card->lock);
	for (found = card->copies; found; found = found->next)
		if (found->content == view->content && !found->lost)
			break;
	if (!found)
		error = copy_make(card, view, &found);
	if (!error) {
		found->refs++;
		*copy = found;
	}
	pthread_mutex_unlock(&card->lock);
	return error;
}

void card_copy_put(struct card *card, struct card_copy *copy, bool lost)
{
	struct card_copy **at;

	pthread_mutex_lock(&card->lock);
	copy->lost |= lost;
	if (!--copy->refs) {
		for (at = &card->copies; *at != copy; at = &(*at)->next)
			;
		*at = copy->next;
		copy_free(card->fd, copy);
	}
	pthread_mutex_unlock(&card->lock);
}
