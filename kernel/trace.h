/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: the life of a submission.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM limen

#if !defined(LIMEN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LIMEN_TRACE_H

#include <linux/tracepoint.h>

#include <limen/hw.h>

/*
 * Numbers only, and nothing of a template or a score. A submission is known by its
 * job, which is the context of its fence; an entry of a ring by its sequence
 * number, which is 1 again when the ring is started anew.
 */
#define limen_trace_ring(ring)					\
	__print_symbolic(ring,					\
			 { LIMEN_HW_RING_EXPRESS, "express" },	\
			 { LIMEN_HW_RING_SCAN, "scan" },	\
			 { LIMEN_HW_RING_CAMERA, "camera" })

/* A submission has been checked, and now needs room and is handed over. */
TRACE_EVENT(limen_submit,
	    TP_PROTO(u32 dev, u32 ring, u64 job, u32 count),
	    TP_ARGS(dev, ring, job, count),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, ring) __field(u64, job)
			     __field(u32, count)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->ring = ring;
			   __entry->job = job;
			   __entry->count = count;),
	    TP_printk("dev=%u ring=%s job=%llu count=%u", __entry->dev,
		      limen_trace_ring(__entry->ring), __entry->job, __entry->count));

/* An entry has been written: the board may have it with the next doorbell. */
TRACE_EVENT(limen_start,
	    TP_PROTO(u32 dev, u32 ring, u32 seq, u64 job, u32 index, u32 dim, u32 rows),
	    TP_ARGS(dev, ring, seq, job, index, dim, rows),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, ring) __field(u32, seq)
			     __field(u64, job) __field(u32, index) __field(u32, dim)
			     __field(u32, rows)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->ring = ring;
			   __entry->seq = seq;
			   __entry->job = job;
			   __entry->index = index;
			   __entry->dim = dim;
			   __entry->rows = rows;),
	    TP_printk("dev=%u ring=%s seq=%u job=%llu index=%u dim=%u rows=%u",
		      __entry->dev, limen_trace_ring(__entry->ring), __entry->seq,
		      __entry->job, __entry->index, __entry->dim, __entry->rows));

/* A doorbell is about to be rung: the board has entries up to this one. */
TRACE_EVENT(limen_doorbell,
	    TP_PROTO(u32 dev, u32 ring, u32 seq),
	    TP_ARGS(dev, ring, seq),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, ring) __field(u32, seq)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->ring = ring;
			   __entry->seq = seq;),
	    TP_printk("dev=%u ring=%s seq=%u", __entry->dev,
		      limen_trace_ring(__entry->ring), __entry->seq));

/* The board has interrupted: LIMEN_HW_REG_IRQ_STATUS once rings were cleared. */
TRACE_EVENT(limen_interrupt,
	    TP_PROTO(u32 dev, u32 status),
	    TP_ARGS(dev, status),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, status)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->status = status;),
	    TP_printk("dev=%u status=%#x", __entry->dev, __entry->status));

/* An entry has been answered: status is the board's, wait is since the start. */
TRACE_EVENT(limen_done,
	    TP_PROTO(u32 dev, u32 ring, u32 seq, u32 status, u64 device_ns, u64 wait_ns,
		     u32 cycles),
	    TP_ARGS(dev, ring, seq, status, device_ns, wait_ns, cycles),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, ring) __field(u32, seq)
			     __field(u32, status) __field(u64, device_ns) __field(u64, wait_ns)
			     __field(u32, cycles)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->ring = ring;
			   __entry->seq = seq;
			   __entry->status = status;
			   __entry->device_ns = device_ns;
			   __entry->wait_ns = wait_ns;
			   __entry->cycles = cycles;),
	    TP_printk("dev=%u ring=%s seq=%u status=%u device_ns=%llu wait_ns=%llu cycles=%u",
		      __entry->dev, limen_trace_ring(__entry->ring), __entry->seq,
		      __entry->status, __entry->device_ns, __entry->wait_ns,
		      __entry->cycles));

/* The submitter, who waited inline, runs again. */
TRACE_EVENT(limen_wake,
	    TP_PROTO(u32 dev, u32 ring, u64 job, int error),
	    TP_ARGS(dev, ring, job, error),
	    TP_STRUCT__entry(__field(u32, dev) __field(u32, ring) __field(u64, job)
			     __field(int, error)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->ring = ring;
			   __entry->job = job;
			   __entry->error = error;),
	    TP_printk("dev=%u ring=%s job=%llu error=%d", __entry->dev,
		      limen_trace_ring(__entry->ring), __entry->job, __entry->error));

/* Card memory has been zeroed: by the board's engine, or by the CPU. */
TRACE_EVENT(limen_wipe,
	    TP_PROTO(u32 dev, u64 offset, u64 size, bool engine),
	    TP_ARGS(dev, offset, size, engine),
	    TP_STRUCT__entry(__field(u32, dev) __field(u64, offset) __field(u64, size)
			     __field(bool, engine)),
	    TP_fast_assign(__entry->dev = dev;
			   __entry->offset = offset;
			   __entry->size = size;
			   __entry->engine = engine;),
	    TP_printk("dev=%u offset=%#llx size=%#llx engine=%d", __entry->dev,
		      __entry->offset, __entry->size, __entry->engine));

#endif /* LIMEN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
