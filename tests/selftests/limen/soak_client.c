// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak's clients: each result is right or an error that may come while the
 * board fails, and each comes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

#define BATCH	8
#define DIM	512
#define ROWS	300
#define TOP	10
/* Two vectors of a comparison after another, then the results. */
#define RESULT	(BATCH * 2 * DIM)

/**
 * struct process - what a client has open
 * @client: what it tells
 * @fd: of the node
 * @queue: of its kind
 * @host: vectors and results
 * @sync: signalled by a submission that waits for it
 */
struct process {
	struct soak_client *client;
	int fd;
	__u32 queue;
	struct bo host;
	__u32 sync;
};

static int complain(struct soak_client *client, const char *what, int error)
{
	if (error && !client->first) {
		client->first = error;
		snprintf(client->what, sizeof(client->what), "%s", what);
	}
	return error;
}

static int process_open(struct process *process, __u32 queue_type)
{
	int ret;

	process->fd = limen_open();
	if (process->fd < 0)
		return process->fd;
	ret = bo_new(process->fd, RESULT + PAGE, 0, &process->host);
	if (!ret)
		ret = queue_create(process->fd, queue_type, &process->queue);
	if (!ret)
		ret = syncobj_create(process->fd, &process->sync);
	return ret;
}

/* Counts an error that clients may get; false for any other. */
static bool count_error(struct soak_client *client, int error)
{
	switch (error) {
	case -EIO:
		client->eio++;
		return true;
	case -ETIME:
		client->etime++;
		return true;
	case -ECANCELED:
		client->ecanceled++;
		return true;
	default:
		return false;
	}
}

/* Whether a result is what it was before the submission. */
static bool untouched(struct process *process, __u32 index)
{
	return all_bytes(compare_result(&process->host, RESULT + index * 32),
			 POISON, sizeof(struct drm_limen_compare_result));
}

static void count_result(struct process *process, __u32 index)
{
	struct soak_client *client = process->client;
	const __s8 *probe = (__s8 *)process->host.map + 2 * index * DIM;
	struct drm_limen_compare_result *result =
		compare_result(&process->host, RESULT + index * 32);
	struct limen_score score = limen_score_vectors(probe, probe + DIM, DIM);

	if (result->error == -EINPROGRESS || untouched(process, index))
		client->lost++;
	else if (!result->error && result->raw == score.raw &&
		 result->similarity == score.similarity)
		client->right++;
	else if (!result->error || !count_error(client, result->error))
		client->wrong++;
}

/* How a verifier learns that a batch has finished. */
enum way { WAITS_INLINE, WAITS_FOR_SYNCOBJ, LOOKS, WAYS };

static int submit_in_a_way(struct process *process, enum way way,
			   const struct drm_limen_compare *descs, __u32 count)
{
	struct drm_limen_sync out = { .handle = process->sync };
	struct drm_limen_submit args = {
		.queue = process->queue,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = sizeof(*descs),
		.sync_size = sizeof(out),
	};
	int ret;

	if (way == WAITS_INLINE) {
		args.flags = DRM_LIMEN_SUBMIT_WAIT;
		args.timeout_ns = in_ns(PATIENCE);
	} else if (way == WAITS_FOR_SYNCOBJ) {
		args.out_syncs = (uintptr_t)&out;
		args.out_sync_count = 1;
	}
	/* No room while the board is being reset: then nothing was submitted. */
	while ((ret = submit(process->fd, &args)) == -ENOBUFS) {
		if (!untouched(process, 0))
			return -EBADMSG;
		sleep_ms(1);
	}
	return ret;
}

/* The error that all of it ended with: the first one, or none. */
static int first_error(struct process *process, __u32 count)
{
	__u32 i;

	for (i = 0; i < count; i++) {
		int error = compare_result(&process->host,
					   RESULT + i * 32)->error;

		if (error)
			return error;
	}
	return 0;
}

/* Returns when it has finished, or not in time: the results tell. */
static int await_batch(struct process *process, enum way way, __u32 count)
{
	__u32 i;
	int ret;

	if (way == WAITS_FOR_SYNCOBJ) {
		ret = syncobj_wait(process->fd, process->sync, PATIENCE);
		return ret == -ETIME ? 0 : ret;
	}
	for (i = 0; i < count; i++)
		wait_result(&compare_result(&process->host,
					    RESULT + i * 32)->error, PATIENCE);
	return 0;
}

static int verify_batch(struct process *process, __u32 count)
{
	struct soak_client *client = process->client;
	enum way way = next_random(&client->seed) % WAYS;
	struct drm_limen_compare descs[BATCH];
	__u32 i;
	int ret;

	fill_vector((__s8 *)process->host.map, RESULT, PATTERN_RANDOM,
		    next_random(&client->seed));
	memset(process->host.map + RESULT, POISON, PAGE);
	for (i = 0; i < count; i++)
		descs[i] = compare_at(&process->host, 2 * i * DIM,
				      (2 * i + 1) * DIM, RESULT + i * 32, DIM);

	ret = submit_in_a_way(process, way, descs, count);
	if (way == WAITS_INLINE) {
		/* Lost or not, what the call said is what the results say. */
		if (ret != -ETIMEDOUT && ret != first_error(process, count))
			return complain(client, "inline wait", ret ?: -EBADMSG);
	} else if (ret) {
		return complain(client, "submission", ret);
	} else {
		ret = await_batch(process, way, count);
		if (ret)
			return complain(client, "wait", ret);
	}
	for (i = 0; i < count; i++)
		count_result(process, i);
	return 0;
}

void soak_verify(struct soak_client *client)
{
	struct process process = { .client = client };
	unsigned long left;
	__u32 count;
	int ret;

	ret = complain(client, "open",
		       process_open(&process, DRM_LIMEN_QUEUE_EXPRESS));
	while (!ret && soak_results(client) < client->share) {
		left = client->share - soak_results(client);
		count = next_random(&client->seed) % BATCH + 1;
		ret = verify_batch(&process, count < left ? count : left);
		/* The board may still write to what was lost. */
		if (client->lost)
			break;
	}
}

static int search(struct process *process, __u32 gallery, const __s8 *rows)
{
	struct soak_client *client = process->client;
	struct drm_limen_scan_result *result = scan_result(&process->host,
							   RESULT);
	struct drm_limen_scan_row expected[TOP];
	struct drm_limen_scan desc = scan_at(&process->host, gallery, RESULT,
					     0, TOP);
	__u32 count;
	int ret;

	/* None is left out, so that a row less is seen. */
	desc.min_similarity = -LIMEN_SIMILARITY_ONE;
	desc.first_row = next_random(&client->seed) % ROWS;
	desc.row_count = next_random(&client->seed) %
			 (ROWS - desc.first_row) + 1;
	fill_vector((__s8 *)process->host.map, DIM, PATTERN_RANDOM,
		    next_random(&client->seed));
	memset(process->host.map + RESULT, POISON, PAGE);
	ret = submit_scans(process->fd, process->queue, &desc, 1, PATIENCE);
	if (ret == -ETIMEDOUT) {
		client->lost++;
		return ret;
	}
	if (ret != result->error)
		return complain(client, "scan", ret ?: -EBADMSG);
	count = ret ? 0 : reference_scan(&desc, (__s8 *)process->host.map, rows,
					 DIM, DIM, expected);
	if (!ret && result->count == count &&
	    !memcmp(result->rows, expected, count * sizeof(*expected)))
		client->right++;
	else if (!ret || !count_error(client, ret))
		client->wrong++;
	return 0;
}

void soak_scan(struct soak *soak, struct soak_client *client)
{
	struct process process = { .client = client };
	static __s8 rows[ROWS * DIM];
	__u32 gallery;
	struct bo card;
	int ret;

	ret = process_open(&process, DRM_LIMEN_QUEUE_SCAN);
	if (!ret)
		ret = bo_new(process.fd, sizeof(rows), DRM_LIMEN_BO_CARD, &card);
	if (!ret) {
		fill_rows(rows, ROWS, DIM, DIM, next_random(&client->seed));
		memcpy(card.map, rows, sizeof(rows));
		ret = gallery_simple(process.fd, &card, DIM, ROWS, &gallery);
	}
	complain(client, "open", ret);
	while (!ret && !soak->stop)
		ret = search(&process, gallery, rows);
}
