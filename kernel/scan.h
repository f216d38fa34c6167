/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches, 1:N.
 */
#ifndef LIMEN_SCAN_H
#define LIMEN_SCAN_H

#include <linux/list.h>

#include <limen/hw.h>
#include <uapi/drm/limen_accel.h>

struct limen_batch;
struct limen_bo;
struct limen_chunk;
struct limen_device;
struct limen_gallery;
struct limen_kind;

/**
 * struct limen_scan - a scan
 */
struct limen_scan {
	/** @limen: device */
	struct limen_device *limen;
	/** @batch: what it belongs to, and goes with */
	struct limen_batch *batch;
	/** @index: its number there */
	u32 index;
	/** @gallery: what is searched, with a reference */
	struct limen_gallery *gallery;
	/** @probe: its buffer, with a reference */
	struct limen_bo *probe;
	/** @used: @probe has a use, until the end */
	bool used;
	/** @result: host buffer of the result, with a reference */
	struct limen_bo *result;
	/** @desc: what user space wants, checked */
	struct drm_limen_scan desc;
	/** @end: row behind the last one to search */
	u32 end;
	/**
	 * @link: in &limen_queue.waiting, then in &limen_queue.ready until the
	 * last chunk has been submitted; this and what follows up to @device_ns
	 * under the lock of the SCAN ring
	 */
	struct list_head link;
	/** @sqe: what the board is told */
	struct limen_hw_sqe sqe;
	/** @next: first row of the next chunk */
	u32 next;
	/** @pending: chunks submitted and not merged */
	u32 pending;
	/** @error: what it ends with */
	int error;
	/** @device_ns: time the board has spent */
	u64 device_ns;
	/** @rows: memory of @best and @merged */
	struct drm_limen_scan_row *rows;
	/** @best: @found best rows so far, of &limen_scanner.work alone */
	struct drm_limen_scan_row *best;
	/** @merged: where they are merged with a chunk's */
	struct drm_limen_scan_row *merged;
	/** @found: number of rows in @best */
	u32 found;
};

extern const struct limen_kind limen_scan_kind;

int limen_scan_merge(struct limen_scan *scan, const struct limen_chunk *chunk);
void limen_scan_end(struct limen_scan *scan);
bool limen_scan_blocked(const struct limen_scan *scan);

#endif /* LIMEN_SCAN_H */
