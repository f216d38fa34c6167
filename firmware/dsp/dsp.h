/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The firmware of the board's processor. */
#ifndef LIMEN_DSP_H
#define LIMEN_DSP_H

#include "../core/core.h"
#include "../shell.h"

/* shell.c */
u32 shell_file(u32 reg);
/* What the host reads from a register from now on. */
void shell_show(u32 reg, u32 value);
/* Takes the oldest write of the host; false: there is none. */
bool shell_event(u32 *reg, u32 *value);
void shell_raise(u32 bits);
void shell_beat(void);
/* Has the host find out about a trap. */
void shell_trap(u32 cause, u32 pc);
u64 shell_now_ns(void);
/* SHELL_DMA_*: between @address, on the bus or the card, and SRAM; whether it was done. */
bool shell_dma(u32 what, u64 address, const void *sram, u32 size);
/* SHELL_ENGINE_*, after what it needs has been prepared. */
void shell_engine_go(u32 what);
u32 shell_engine_state(void);
void shell_compare_prepare(const struct core_work *work, u32 dim);
void shell_compare_result(struct limen_score *score);
void shell_scan_prepare(const struct core_work *work,
			const struct limen_hw_sqe *sqe, u64 address, u32 first,
			u32 count);
/* false: it is more than was asked for. */
bool shell_scan_result(struct core_ranking *best);

/*
 * SHELL_SENSOR_* and SHELL_FRAME_*. Starting tells whether it streams: the sensor may not
 * have these settings.
 */
bool shell_stream_start(u32 bin, u32 interval);
void shell_stream_stop(void);
void shell_sensor_set(u32 exposure, bool lamp);
void shell_capture(u64 buffer);
void shell_capture_stop(void);
u32 shell_capture_state(void);
u32 shell_captured(u32 *ns);

/* serve.c: does what the host has written to registers. */
void serve_events(struct core_board *board);
/* Shows the host a ring as stopped, if it is. */
void serve_ring_stopped(struct core_board *board, unsigned int index);
/* Shows the host how long a ring has waited for memory. */
void serve_stall(struct core_board *board, unsigned int index);
/* Shows what has been counted; before the answer that it counts. */
void serve_counters(const struct core_board *board);

/* work.c: execute the next comparison, or scan; false: there is none. */
bool work_compare(struct core_board *board);
bool work_scan(struct core_board *board);
/* Whether an entry of this ring is being executed. */
bool work_busy(unsigned int index);
extern const struct core_ops work_ops;

/* camera.c: the camera's settings as at first, and what the host writes to them. */
void camera_begin(void);
void camera_write(u32 reg, u32 value);
/* The CAMERA ring has been started or stopped: its entry, if there is one, is let go. */
void camera_let_go(void);
/* Goes on with the next frame; false: there is nothing to do. */
bool camera_work(struct core_board *board);

#endif /* LIMEN_DSP_H */
