/* SPDX-License-Identifier: MIT */
/*
 * liblimen: backends that compute scores, galleries and boards; and all of
 * liblimen-client, whose header says what holds for every function.
 */
#ifndef LIMEN_H
#define LIMEN_H

#include <limen-client.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct limen_pair - one comparison of a batch
 * @size: in: sizeof(struct limen_pair)
 * @error: out: 0, or a negative errno and no score, which is then zeros
 * @probe: in
 * @reference: in
 * @score: out
 * @device_ns: out: time the backend spent on this pair, or its share of the time
 *	for the batch, nanoseconds; 0 unknown
 */
struct limen_pair {
	uint32_t size;
	int error;
	const struct limen_template *probe;
	const struct limen_template *reference;
	struct limen_score score;
	uint64_t device_ns;
};

/**
 * struct limen_row - a row that was found
 * @row: its number
 * @score: of the probe and this row
 */
struct limen_row {
	uint32_t row;
	struct limen_score score;
};

struct limen_backend;
struct limen_gallery;

/**
 * limen_backend_open() - open a backend; every one of them gives the same integers
 * @backend: out: the backend, until limen_backend_close()
 * @kind: which
 * @node: CPU: an instruction set, as "avx2", or NULL for the fastest usable one; board:
 *	a path, as /dev/accel/accel0, or NULL for the first board found; OpenCL:
 *	"PLATFORM:DEVICE", numbers as listed, or NULL for the first usable device
 *
 * To open the CPU with NULL or "amx-int8", or to list backends, asks the kernel
 * for AMX for the whole process: from then on an alternate signal stack has to be
 * larger, see getauxval(AT_MINSIGSTKSZ).
 *
 * Return: 0; -EINVAL: no such kind, instruction set or numbers; -EOPNOTSUPP: this
 * machine cannot run it, limen_backends_list() says why; -ENODEV: no board, no device;
 * -EBADE: the device computes wrong scores; -ENOMEM; what open() of the node returns.
 */
int limen_backend_open(struct limen_backend **backend,
		       enum limen_backend_kind kind, const char *node);

/**
 * limen_backend_close() - close a backend
 * @backend: the backend, or NULL
 */
void limen_backend_close(struct limen_backend *backend);

/**
 * limen_backend_kind() - which kind a backend is of
 * @backend: the backend
 *
 * Return: its kind.
 */
enum limen_backend_kind limen_backend_kind(const struct limen_backend *backend);

/**
 * limen_backend_description() - a backend for people
 * @backend: the backend
 *
 * Return: as "CPU, avx2", or the board's name and node; it lasts as long as the backend.
 */
const char *limen_backend_description(const struct limen_backend *backend);

/**
 * limen_backend_firmware() - the firmware that a board runs
 * @backend: the backend
 *
 * Return: as "1.0, security version 1, sha256:" and the hash of its code, as it was when
 * the backend was opened; "" for anything that runs none. It lasts as long as the
 * backend.
 */
const char *limen_backend_firmware(const struct limen_backend *backend);

/**
 * limen_backend_address() - where on its bus a board is
 * @backend: the backend
 *
 * It tells boards apart, and stays the same when a board goes and comes back in the same
 * place, which its node need not.
 *
 * Return: as "0000:01:00.0", shorter than LIMEN_BOARD_ADDRESS_SIZE; "" for anything that
 * is no board, or if the system does not tell. It lasts as long as the backend.
 */
const char *limen_backend_address(const struct limen_backend *backend);

#define LIMEN_THREADS_MAX 256

/**
 * limen_backend_threads() - choose how many threads search
 * @backend: the backend
 * @threads: of them, the caller's included; 1 to LIMEN_THREADS_MAX, and 1 at first
 *
 * Idle ones sleep.
 *
 * Return: 0; -EINVAL: not in this range; -EOPNOTSUPP: not the CPU; -ENOMEM, -EAGAIN: no
 * room for so many, and there are as many as before.
 */
int limen_backend_threads(struct limen_backend *backend, unsigned int threads);

/**
 * struct limen_backend_info - a backend that there could be
 * @kind: its kind
 * @node: what limen_backend_open() takes; "" if there is nothing to name
 * @description: for people
 * @reason: why it is not usable here; "" if it is
 *
 * The library's own, and valid until the function that is given it returns.
 */
struct limen_backend_info {
	enum limen_backend_kind kind;
	char node[64];
	char description[64];
	char reason[128];
};

/**
 * limen_backends_list() - look for backends
 * @found: called for each instruction set, OpenCL device and board, usable or not
 * @context: for @found; may be NULL
 *
 * Each is opened and closed, which takes seconds where a compiler has to run.
 *
 * Return: the first value of @found that is not 0, where it stops, else 0.
 */
int limen_backends_list(int (*found)(const struct limen_backend_info *info,
				     void *context),
			void *context);

/* Most pairs limen_compare() takes at once. */
#define LIMEN_BATCH_MAX 64

/**
 * limen_compare() - compare a batch of pairs
 * @backend: where to compute
 * @pairs: in and out: the pairs, each with its size, the same for all
 * @count: how many, 0 to LIMEN_BATCH_MAX
 * @timeout_ms: longest to wait
 *
 * Each pair has its error and, without one, its score; a pair of templates that do
 * not compare is -EMEDIUMTYPE or -EDOM and spoils no other pair.
 *
 * Return: 0 if all pairs' errors are 0, else the first one that is not. Of a pair:
 * -ETIMEDOUT: not computed in time; -EDQUOT: this user has the most of a board that one
 * may have; -EIO, -ENODEV, -ETIME, -ECANCELED: the board failed, has gone, did not answer,
 * was reset. -EINVAL: a size, count or timeout that is none; no pair has been touched.
 */
int limen_compare(struct limen_backend *backend, struct limen_pair *pairs,
		  unsigned int count, int timeout_ms);

/**
 * limen_gallery_create() - make an empty gallery
 * @gallery: out: the gallery, until limen_gallery_close()
 * @model: identifier of the model that makes its rows
 * @dim: components of its rows
 *
 * A gallery is templates of one model and dimension. Rows may be added and removed
 * while searches run: a search sees the gallery as it was at one moment. A row keeps
 * its number for ever, in files too, and no number is given twice.
 *
 * Return: 0; -EDOM: no such dimension; -ENOMEM.
 */
int limen_gallery_create(struct limen_gallery **gallery,
			 const uint8_t model[LIMEN_MODEL_ID_SIZE], uint32_t dim);

/**
 * limen_gallery_open() - open a gallery in a file
 * @gallery: out: the gallery, until limen_gallery_close()
 * @path: of the file
 *
 * It is mapped, and verified in full (sizes, checksum). The file must not be written
 * to while the gallery is open, only replaced, as limen_gallery_save() does: what
 * truncates it makes searches raise SIGBUS.
 *
 * Return: 0; -EBADMSG: no gallery; -EPROTONOSUPPORT: a newer one; -EPROTOTYPE: one of
 * before the first release; -ENODATA: truncated; -EUCLEAN: corrupted; -EPERM: it is
 * owned by neither this user nor root, or others may write it; -EISDIR; -ENOMEM; what
 * open() and read() return.
 */
int limen_gallery_open(struct limen_gallery **gallery, const char *path);

/**
 * limen_gallery_open_fd() - open a gallery in a file that is open
 * @gallery: out: the gallery, until limen_gallery_close()
 * @fd: of the file, to be read from its start, wherever its position is; it is not
 *	moved, and the caller closes it, at once if it likes
 *
 * As limen_gallery_open(). A file in memory, see memfd_create(), that is sealed against
 * being written to and made shorter may be anybody's.
 *
 * Return: as limen_gallery_open(); -EACCES, -EBADF: not open for reading.
 */
int limen_gallery_open_fd(struct limen_gallery **gallery, int fd);

/**
 * limen_gallery_open_memory() - open a gallery as it would lie in a file
 * @gallery: out: the gallery, until limen_gallery_close()
 * @data: the file's bytes, at any alignment; may be NULL if @size is 0
 * @size: how many there are
 *
 * They are copied, and verified as limen_gallery_open() does; the copy is wiped when the
 * gallery is closed, and the caller's is the caller's to be wiped.
 *
 * Return: 0; -EBADMSG, -EPROTONOSUPPORT, -EPROTOTYPE, -ENODATA, -EUCLEAN, -ENOMEM: as
 * limen_gallery_open().
 */
int limen_gallery_open_memory(struct limen_gallery **gallery, const void *data,
			      size_t size);

/**
 * limen_gallery_edit() - open a gallery to be changed and saved under this path
 * @gallery: out: the gallery, until limen_gallery_close()
 * @path: of the file
 * @timeout_ms: longest to wait for somebody else who has it so
 *
 * Until it is closed nobody else opens the file so, or saves over it.
 *
 * Return: as limen_gallery_open(); -EBUSY: somebody else has it still; -ELOOP: a
 * symbolic link.
 */
int limen_gallery_edit(struct limen_gallery **gallery, const char *path,
		       int timeout_ms);

/**
 * limen_gallery_add() - append a row
 * @gallery: the gallery
 * @tmpl: the row; its quality is not kept
 *
 * Return: the row's number; -EMEDIUMTYPE, -EDOM: it is of another model or dimension;
 * -ENOSPC: there are no more numbers; -ENOMEM.
 */
int64_t limen_gallery_add(struct limen_gallery *gallery,
			  const struct limen_template *tmpl);

/* Most bytes of a label, and room for one and a NUL. */
#define LIMEN_LABEL_MAX 255
#define LIMEN_LABEL_SIZE 256

/**
 * limen_gallery_add_labelled() - append a row that has a label
 * @gallery: the gallery
 * @tmpl: the row; its quality is not kept
 * @label: what it is called, a string of 1 to LIMEN_LABEL_MAX bytes of UTF-8, without
 *	control characters and marks that turn the order of others; NULL for no label
 *
 * Labels need not differ. A label is personal data: it is wiped with its row, and is in the
 * file, in clear. Files of galleries that have one cannot be read by versions of Limen that
 * know none.
 *
 * Return: as limen_gallery_add(); -EILSEQ: it is no label.
 */
int64_t limen_gallery_add_labelled(struct limen_gallery *gallery,
				   const struct limen_template *tmpl,
				   const char *label);

/**
 * limen_gallery_remove() - remove a row
 * @gallery: the gallery
 * @row: its number
 *
 * It is wiped once no search sees it. A board or an OpenCL device that has been given
 * the gallery keeps its copy until its next search or its end.
 *
 * Return: 0; -ENOENT: no such row, or removed; -ENOMEM.
 */
int limen_gallery_remove(struct limen_gallery *gallery, uint32_t row);

/**
 * limen_gallery_save() - write a gallery to a file
 * @gallery: the gallery
 * @path: of the file
 *
 * Replaces the file, mode 0600, in one step, or leaves it as it was; waits up to a
 * minute for somebody who edits it. Of several at once, each saves what the gallery
 * holds when its turn comes.
 *
 * Return: 0; -EBUSY: somebody edits it still; -ELOOP: a symbolic link; -ENOSTR: no
 * file; -ENOMEM; what open(), write() and rename() return.
 */
int limen_gallery_save(const struct limen_gallery *gallery, const char *path);

/**
 * limen_gallery_save_new() - write a gallery to a file that is not there
 * @gallery: the gallery
 * @path: of the file
 *
 * Return: as limen_gallery_save(); -EEXIST: there is something, and it is left alone.
 */
int limen_gallery_save_new(const struct limen_gallery *gallery,
			   const char *path);

/**
 * limen_gallery_rows() - how many row numbers have been given out
 * @gallery: the gallery
 *
 * Return: their number, those of removed rows included: every row's is below it.
 */
uint32_t limen_gallery_rows(const struct limen_gallery *gallery);

/**
 * limen_gallery_removed() - how many of its rows have been removed
 * @gallery: the gallery
 *
 * Return: their number.
 */
uint32_t limen_gallery_removed(const struct limen_gallery *gallery);

/**
 * limen_gallery_dim() - how many components its rows have
 * @gallery: the gallery
 *
 * Return: their number; it never changes.
 */
uint32_t limen_gallery_dim(const struct limen_gallery *gallery);

/**
 * limen_gallery_model() - the model that makes its rows
 * @gallery: the gallery
 *
 * Return: its identifier, LIMEN_MODEL_ID_SIZE bytes; it lasts as long as the gallery.
 */
const uint8_t *limen_gallery_model(const struct limen_gallery *gallery);

/**
 * limen_gallery_next_row() - find the next row that is there
 * @gallery: the gallery
 * @row: in: the number to start from, which may be any; out: the first row from there on
 *	that has not been removed
 *
 * All rows, in rising order: for (row = 0; !limen_gallery_next_row(gallery, &row); row++).
 * Each call sees the gallery as it is then.
 *
 * Return: 0; -ENOENT: there is none.
 */
int limen_gallery_next_row(const struct limen_gallery *gallery, uint32_t *row);

/**
 * limen_gallery_row() - copy a row
 * @gallery: the gallery
 * @row: its number
 * @tmpl: out: the row, of unknown quality
 *
 * Return: 0; -ENOENT: no such row, or removed.
 */
int limen_gallery_row(const struct limen_gallery *gallery, uint32_t row,
		      struct limen_template *tmpl);

/**
 * limen_gallery_label() - copy the label of a row
 * @gallery: the gallery
 * @row: its number
 * @label: out: the label and zeros behind it; all zeros, which is "", if it has none. To
 *	be wiped by limen_wipe() once it is not needed any more
 *
 * With limen_gallery_next_row(), of all rows. Waits while somebody adds or removes a row.
 *
 * Return: 0; -ENOENT: no such row, or removed.
 */
int limen_gallery_label(const struct limen_gallery *gallery, uint32_t row,
			char label[LIMEN_LABEL_SIZE]);

/**
 * limen_gallery_close() - close a gallery and wipe what of it is in memory
 * @gallery: the gallery, which nothing searches any more, or NULL
 */
void limen_gallery_close(struct limen_gallery *gallery);

#define LIMEN_TOP_K_MAX 1024

/**
 * limen_search() - find the rows most similar to a probe
 * @backend: where to compute
 * @probe: the probe
 * @gallery: where to look
 * @top_k: most rows to find, 1 to LIMEN_TOP_K_MAX
 * @min_similarity: rows below it are not found
 * @rows: out: with room for @top_k rows; falling similarity, then rising row
 * @timeout_ms: longest to wait
 *
 * The rows are those of one moment during the call. A board or an OpenCL device is
 * given the gallery at the first search and whenever it has changed, and a board once for
 * all backends of the process; a board unplugged during that raises SIGBUS.
 *
 * Return: the number of rows found; -EMEDIUMTYPE, -EDOM: the probe is of another model
 * or dimension; -EINVAL: a number or timeout that is none, or a board whose searches do
 * not return so many rows; -ETIMEDOUT: not found in time; -ENOSPC: the gallery is too
 * large for the board; -EDQUOT: this user has the most of a board that one may have;
 * -EIO, -ENODEV, -ETIME, -ECANCELED: it failed, has gone, was reset, or the system
 * slept; -ENOMEM. After an error no row counts, whatever is in @rows.
 */
int limen_search(struct limen_backend *backend,
		 const struct limen_template *probe,
		 const struct limen_gallery *gallery, uint32_t top_k,
		 int32_t min_similarity, struct limen_row *rows, int timeout_ms);

/**
 * limen_search_batch() - the same for many probes, several times as fast as one by one
 * @backend: where to compute
 * @probes: the probes
 * @count: how many; may be 0
 * @gallery: where to look
 * @top_k: most rows to find for each probe, 1 to LIMEN_TOP_K_MAX
 * @min_similarity: rows below it are not found
 * @rows: out: with room for @top_k rows for each probe; those of probe i begin at
 *	rows[i * top_k]
 * @counts: out: how many there are for each probe
 * @timeout_ms: longest to wait
 *
 * The caller's stack needs room for 256 KiB.
 *
 * Return: 0, or an error as limen_search() has.
 */
int limen_search_batch(struct limen_backend *backend,
		       const struct limen_template *const *probes,
		       unsigned int count, const struct limen_gallery *gallery,
		       uint32_t top_k, int32_t min_similarity,
		       struct limen_row *rows, uint32_t *counts,
		       int timeout_ms);

/**
 * limen_search_all() - find all rows of a similarity
 * @backend: where to compute
 * @probe: the probe
 * @gallery: where to look
 * @min_similarity: the least
 * @rows: out: the rows, in the order of limen_search(), until limen_rows_free()
 * @timeout_ms: longest to wait
 *
 * Return: the number of rows, or an error as limen_search() has.
 */
int64_t limen_search_all(struct limen_backend *backend,
			 const struct limen_template *probe,
			 const struct limen_gallery *gallery,
			 int32_t min_similarity, struct limen_row **rows,
			 int timeout_ms);

/**
 * limen_rows_free() - wipe and free what limen_search_all() found
 * @rows: the rows, or NULL
 * @count: how many
 */
void limen_rows_free(struct limen_row *rows, int64_t count);

struct limen_monitor;

/**
 * enum limen_board_event - what happens to boards
 * @LIMEN_BOARD_ADDED: there is one more
 * @LIMEN_BOARD_REMOVED: one has gone
 */
enum limen_board_event {
	LIMEN_BOARD_ADDED = 1,
	LIMEN_BOARD_REMOVED = 2,
};

/**
 * limen_boards_enumerate() - look for boards
 * @found: called for each board with its node, a path, which is valid until it returns
 * @context: for @found; may be NULL
 *
 * Return: the first value of @found that is not 0, where it stops, else 0; -ENOMEM.
 */
int limen_boards_enumerate(int (*found)(const char *node, void *context),
			   void *context);

/**
 * limen_monitor_open() - watch for boards that come and go
 * @monitor: out: the monitor, until limen_monitor_close()
 *
 * Return: 0; -EIO: udev or the kernel does not tell; -ENOMEM.
 */
int limen_monitor_open(struct limen_monitor **monitor);

/**
 * limen_monitor_fd() - what to poll() for events
 * @monitor: the monitor
 *
 * Return: its descriptor, readable while there may be an event; not to be closed.
 */
int limen_monitor_fd(const struct limen_monitor *monitor);

/**
 * limen_monitor_next() - take the next event, without waiting
 * @monitor: the monitor
 * @event: out: what happened
 * @node: out: to which board
 * @size: bytes of room at @node
 *
 * Return: 0; -EAGAIN: there is none; -ENAMETOOLONG: the node has no room, and the event
 * is lost.
 */
int limen_monitor_next(struct limen_monitor *monitor,
		       enum limen_board_event *event, char *node, size_t size);

/**
 * limen_monitor_close() - watch no more
 * @monitor: the monitor, or NULL
 */
void limen_monitor_close(struct limen_monitor *monitor);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_H */
