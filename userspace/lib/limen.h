/* SPDX-License-Identifier: MIT */
/*
 * liblimen: templates, scores, galleries, boards and the comparison service.
 *
 * Functions return 0 or a count on success and a negative errno otherwise,
 * unless they say something else. Use an object from one thread at a time; only a
 * gallery may be searched, added to, removed from and saved by any number of
 * threads at once.
 */
#ifndef LIMEN_H
#define LIMEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen/score.h>
#include <limen/template.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an error returned by this library means, in a few words. */
const char *limen_strerror(int error);
/* The same for functions that take a file's path: there, EIO is the disk's. */
const char *limen_file_strerror(int error);
/* The same for those that ask limend. */
const char *limen_client_strerror(int error);

/**
 * struct limen_template - a template in memory
 * @model: identifier of the model that made it
 * @quality: norm of the embedding, in thousandths; 0 when unknown
 * @dim: components
 * @vector: components, the first @dim in use
 *
 * Wipe it with limen_template_wipe() as soon as it has served.
 */
struct limen_template {
	uint8_t model[LIMEN_MODEL_ID_SIZE];
	uint32_t quality;
	uint32_t dim;
	int8_t vector[LIMEN_DIM_MAX] __attribute__((aligned(64)));
};

/* Reads a template; -EBADMSG if it is none, -EPROTONOSUPPORT for a newer one. */
int limen_template_parse(struct limen_template *tmpl, const void *data,
			 size_t size);
/* Bytes the template takes when written. */
size_t limen_template_size(const struct limen_template *tmpl);
/* Writes it; the number of bytes, or -ENOSPC, or -EINVAL for no template. */
int limen_template_write(const struct limen_template *tmpl, void *data,
			 size_t size);
/*
 * File variants. A file is created with mode 0600 and replaced in one step; what has
 * not been written in full leaves nothing behind. A FIFO or a character device is
 * written to instead, and whatever standard output is under the name /dev/stdout.
 * -ELOOP: a symbolic link to a file; -ENOSTR: neither a file nor a stream;
 * -ETIMEDOUT: a stream that nobody writes to, or reads.
 */
int limen_template_load(struct limen_template *tmpl, const char *path);
int limen_template_save(const struct limen_template *tmpl, const char *path);
void limen_template_wipe(struct limen_template *tmpl);

/* 0 if both can be compared; -EMEDIUMTYPE: other model; -EDOM: other dimension. */
int limen_comparable(const struct limen_template *probe,
		     const struct limen_template *reference);

/* Where a score was computed. */
enum limen_backend_kind {
	LIMEN_BACKEND_CPU = 1,
	LIMEN_BACKEND_BOARD = 2,
	LIMEN_BACKEND_OPENCL = 3,
};

const char *limen_backend_name(enum limen_backend_kind kind);

/**
 * struct limen_pair - one comparison of a batch
 * @probe: in
 * @reference: in
 * @error: out: 0, or a negative errno and no score
 * @score: out
 * @device_ns: out: time the backend spent on this pair, or its share of the time
 *	for the batch, nanoseconds; 0 unknown
 */
struct limen_pair {
	const struct limen_template *probe;
	const struct limen_template *reference;
	int error;
	struct limen_score score;
	uint64_t device_ns;
};

struct limen_row {
	uint32_t row;
	struct limen_score score;
};

struct limen_backend;
struct limen_gallery;

/*
 * Opens a backend. Every one of them gives the same integers. What node is:
 * CPU: an instruction set, as "avx2", or NULL for the fastest usable one;
 * board: a path, as /dev/accel/accel0, or NULL for the first board found;
 * OpenCL: "PLATFORM:DEVICE", numbers as listed, or NULL for the first usable
 * device. -EINVAL: no such instruction set, or no such numbers; -EOPNOTSUPP: this
 * machine cannot run it, limen_backends_list() says why; -ENODEV: no board, no
 * device; -EBADE: the device computes wrong scores.
 *
 * To open the CPU with NULL or "amx-int8", or to list backends, asks the kernel
 * for AMX for the whole process: from then on an alternate signal stack has to be
 * larger, see getauxval(AT_MINSIGSTKSZ).
 */
int limen_backend_open(struct limen_backend **backend,
		       enum limen_backend_kind kind, const char *node);
void limen_backend_close(struct limen_backend *backend);
enum limen_backend_kind limen_backend_kind(const struct limen_backend *backend);
/* As "CPU, avx2", or the board's name and node; for people. */
const char *limen_backend_description(const struct limen_backend *backend);
/*
 * The firmware that a board runs, as "1.0, security version 1, sha256:" and the hash of
 * its code, as it was when the backend was opened; "" for anything that runs none.
 */
const char *limen_backend_firmware(const struct limen_backend *backend);

#define LIMEN_THREADS_MAX 256

/*
 * How many threads search, the caller's included; 1 at first. Idle ones sleep.
 * -EINVAL: none, or more than LIMEN_THREADS_MAX; -EOPNOTSUPP: not the CPU;
 * -ENOMEM, -EAGAIN: no room for so many.
 */
int limen_backend_threads(struct limen_backend *backend, unsigned int threads);

/**
 * struct limen_backend_info - a backend that there could be
 * @kind: its kind
 * @node: what limen_backend_open() takes; "" if there is nothing to name
 * @description: for people
 * @reason: why it is not usable here; "" if it is
 */
struct limen_backend_info {
	enum limen_backend_kind kind;
	char node[64];
	char description[64];
	char reason[128];
};

/*
 * Calls found() for each instruction set, OpenCL device and board, usable or not;
 * stops at and returns its first nonzero.
 */
int limen_backends_list(int (*found)(const struct limen_backend_info *info,
				     void *context),
			void *context);

/* Most pairs limen_compare() takes at once. */
#define LIMEN_BATCH_MAX 64

/*
 * Compares a batch. Every pair's @error is set; the result is 0 only if all are
 * 0, else the first one. Waits at most timeout_ms. A pair of templates that do
 * not compare is -EMEDIUMTYPE or -EDOM and spoils no other pair.
 */
int limen_compare(struct limen_backend *backend, struct limen_pair *pairs,
		  unsigned int count, int timeout_ms);

/*
 * Galleries: templates of one model and dimension, kept in a file that is mapped,
 * and verified in full (sizes, checksum) when it is opened. -EBADMSG: no gallery;
 * -EPROTONOSUPPORT: a newer one; -EPROTOTYPE: one of before the first release;
 * -ENODATA: truncated; -EUCLEAN: corrupted; -EPERM: it is owned by neither this
 * user nor root, or others may write it. The file must not be written to while
 * the gallery is open, only replaced, as limen_gallery_save() does.
 *
 * Rows may be added and removed while searches run: a search sees the gallery as
 * it was at one moment. A row keeps its number for ever, in files too, and no
 * number is given twice.
 */
int limen_gallery_create(struct limen_gallery **gallery,
			 const uint8_t model[LIMEN_MODEL_ID_SIZE], uint32_t dim);
int limen_gallery_open(struct limen_gallery **gallery, const char *path);
/*
 * Opens it to be changed and saved under this path. Until it is closed nobody else
 * opens the file so, or saves over it: -EBUSY after timeout_ms. -ELOOP: a symbolic
 * link.
 */
int limen_gallery_edit(struct limen_gallery **gallery, const char *path,
		       int timeout_ms);
/* Appends a row; its number, or -EMEDIUMTYPE, -EDOM, -ENOMEM, -ENOSPC. */
int64_t limen_gallery_add(struct limen_gallery *gallery,
			  const struct limen_template *tmpl);
/*
 * Removes a row, and wipes it once no search sees it; -ENOENT, -ENOMEM. A board or
 * an OpenCL device that has been given the gallery keeps its copy until its next
 * search or its end.
 */
int limen_gallery_remove(struct limen_gallery *gallery, uint32_t row);
/*
 * Replaces the file, mode 0600, in one step, or leaves it as it was; waits up to a
 * minute for somebody who edits it. Of several at once, each saves what the gallery
 * holds when its turn comes. The new variant never replaces anything: -EEXIST.
 */
int limen_gallery_save(const struct limen_gallery *gallery, const char *path);
int limen_gallery_save_new(const struct limen_gallery *gallery,
			   const char *path);
/* Row numbers given out, those of removed rows included. */
uint32_t limen_gallery_rows(const struct limen_gallery *gallery);
/* How many of these have been removed. */
uint32_t limen_gallery_removed(const struct limen_gallery *gallery);
uint32_t limen_gallery_dim(const struct limen_gallery *gallery);
const uint8_t *limen_gallery_model(const struct limen_gallery *gallery);
/* Copies a row, of unknown quality; -ENOENT: no such row, or removed. */
int limen_gallery_row(const struct limen_gallery *gallery, uint32_t row,
		      struct limen_template *tmpl);
void limen_gallery_close(struct limen_gallery *gallery); /* wipes */

#define LIMEN_TOP_K_MAX 1024

/*
 * The at most top_k (1 to LIMEN_TOP_K_MAX) rows most similar to the probe, none
 * below min_similarity; falling similarity, then rising row. The number of rows,
 * or an error. The rows are those of one moment during the call. A board or an
 * OpenCL device is given the gallery at the first search and whenever it has
 * changed; a board unplugged during that raises SIGBUS.
 *
 * -ETIMEDOUT: not found in time; -ENOSPC: the gallery is too large for the board;
 * -EINVAL also: a board's searches do not return so many rows; -EDQUOT: this user
 * has the most of a board that one may have; -EIO, -ENODEV, -ETIME, -ECANCELED: it
 * failed, has gone, was reset, or the system slept.
 */
int limen_search(struct limen_backend *backend,
		 const struct limen_template *probe,
		 const struct limen_gallery *gallery, uint32_t top_k,
		 int32_t min_similarity, struct limen_row *rows, int timeout_ms);
/*
 * The same for many probes at once, several times as fast as one by one: those
 * of probe i are rows[i * top_k] and on, counts[i] of them. The caller's stack
 * needs room for 256 KiB.
 */
int limen_search_batch(struct limen_backend *backend,
		       const struct limen_template *const *probes,
		       unsigned int count, const struct limen_gallery *gallery,
		       uint32_t top_k, int32_t min_similarity,
		       struct limen_row *rows, uint32_t *counts,
		       int timeout_ms);
/*
 * All rows of at least min_similarity, in the same order, to be given to
 * limen_rows_free(); their number, or an error.
 */
int64_t limen_search_all(struct limen_backend *backend,
			 const struct limen_template *probe,
			 const struct limen_gallery *gallery,
			 int32_t min_similarity, struct limen_row **rows,
			 int timeout_ms);
void limen_rows_free(struct limen_row *rows, int64_t count); /* wipes */

/* Boards that come and go, by libudev. */
struct limen_monitor;

enum limen_board_event {
	LIMEN_BOARD_ADDED = 1,
	LIMEN_BOARD_REMOVED = 2,
};

/* Calls found() for each board's node; stops at and returns its first nonzero. */
int limen_boards_enumerate(int (*found)(const char *node, void *context),
			   void *context);
int limen_monitor_open(struct limen_monitor **monitor);
int limen_monitor_fd(const struct limen_monitor *monitor); /* for poll() */
/* The next event and its node, or -EAGAIN. */
int limen_monitor_next(struct limen_monitor *monitor,
		       enum limen_board_event *event, char *node, size_t size);
void limen_monitor_close(struct limen_monitor *monitor);

/* The client of limend. */
struct limen_client;

/**
 * struct limen_service_result - what limend says of one comparison
 * @error: 0, or a negative errno and no score
 * @score: the score
 * @backend: where it was computed
 * @device_ns: time in the backend, nanoseconds
 * @service_ns: time from request read to reply written, nanoseconds
 */
struct limen_service_result {
	int error;
	struct limen_score score;
	enum limen_backend_kind backend;
	uint64_t device_ns;
	uint64_t service_ns;
};

/**
 * struct limen_service_status - what limend says of itself
 * @backend: in use now
 * @clients: connected now
 * @comparisons: scored since it started
 * @failures: not scored since it started
 * @batches: submissions to the backend since it started
 * @rechecks: scores of boards that it has computed again on the CPU
 * @mismatches: of these, so many were wrong; unless 0, it uses no board
 * @description: of the backend, NUL-terminated
 */
struct limen_service_status {
	enum limen_backend_kind backend;
	uint32_t clients;
	uint64_t comparisons;
	uint64_t failures;
	uint64_t batches;
	uint64_t rechecks;
	uint64_t mismatches;
	char description[64];
};

/*
 * -ECONNREFUSED, -ENOENT: no daemon; -EACCES: this user may not; -EUSERS: it has as
 * many clients as it takes; -EPROTONOSUPPORT: it is of another version; -ETIMEDOUT: it
 * did not take or welcome this client within five seconds.
 */
int limen_client_connect(struct limen_client **client, const char *socket_path);
/*
 * One comparison, start to end. If limend answered that it could not, that is
 * result->error, returned too, and the connection lasts; after any other error
 * (-ETIMEDOUT, -EPROTO, -ECONNRESET, ...) there is no score and calls return
 * -ENOTCONN: connect again.
 */
int limen_client_compare(struct limen_client *client,
			 const struct limen_template *probe,
			 const struct limen_template *reference, int timeout_ms,
			 struct limen_service_result *result);
int limen_client_status(struct limen_client *client, int timeout_ms,
			struct limen_service_status *status);
void limen_client_close(struct limen_client *client);

/* Overwrites memory in a way no compiler removes. */
void limen_wipe(void *data, size_t size);
/*
 * No core dump, no ptrace by the same user, no file in the place of a closed standard
 * stream and, where the limit on locked memory allows, no swap: for processes that see
 * biometric data. Call it first thing in main().
 */
int limen_process_harden(void);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_H */
