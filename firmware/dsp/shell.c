// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the gateware around the processor does for it. */
#include "dsp.h"

static volatile u32 *shell(u32 offset)
{
	return (volatile u32 *)(SHELL_REGS_ADDRESS + offset);
}

u32 shell_file(u32 reg)
{
	return *(volatile u32 *)(SHELL_FILE_ADDRESS + reg);
}

void shell_show(u32 reg, u32 value)
{
	*(volatile u32 *)(SHELL_FILE_ADDRESS + reg) = value;
}

bool shell_event(u32 *reg, u32 *value)
{
	if (!*shell(SHELL_EVENT_COUNT))
		return false;
	*reg = *shell(SHELL_EVENT_REG);
	*value = *shell(SHELL_EVENT_VALUE);
	return true;
}

void shell_raise(u32 bits)
{
	*shell(SHELL_RAISE) = bits;
}

void shell_beat(void)
{
	*shell(SHELL_BEAT) = 1;
}

void shell_trap(u32 cause, u32 pc)
{
	*shell(SHELL_TRAP_PC) = pc;
	*shell(SHELL_TRAP) = cause;
}

u64 shell_now_ns(void)
{
	u32 low = *shell(SHELL_TIME_LO);

	return (u64)*shell(SHELL_TIME_HI) << 32 | low;
}

/* The gateware ends each transfer in time, with SHELL_TIMEOUT if need be. */
bool shell_dma(u32 what, u64 address, const void *sram, u32 size)
{
	u32 state;

	*shell(SHELL_DMA_LO) = (u32)address;
	*shell(SHELL_DMA_HI) = (u32)(address >> 32);
	*shell(SHELL_DMA_SRAM) = (u32)sram;
	*shell(SHELL_DMA_SIZE) = size;
	*shell(SHELL_DMA_GO) = what;
	do {
		state = *shell(SHELL_DMA_STATE);
	} while (state == SHELL_BUSY);
	return state == SHELL_DONE;
}

void shell_engine_go(u32 what)
{
	*shell(SHELL_ENGINE_GO) = what;
}

u32 shell_engine_state(void)
{
	return *shell(SHELL_ENGINE_STATE);
}

void shell_compare_prepare(const struct core_work *work, u32 dim)
{
	*shell(SHELL_ENGINE_PROBE) = (u32)work->probe;
	*shell(SHELL_ENGINE_REFERENCE) = (u32)work->reference;
	*shell(SHELL_ENGINE_DIM) = dim;
}

void shell_compare_result(struct limen_score *score)
{
	score->raw = (s32)*shell(SHELL_ENGINE_RAW);
	score->similarity = (s32)*shell(SHELL_ENGINE_SIMILARITY);
}

void shell_scan_prepare(const struct core_work *work,
			const struct limen_hw_sqe *sqe, u64 address, u32 first,
			u32 count)
{
	*shell(SHELL_ENGINE_PROBE) = (u32)work->probe;
	*shell(SHELL_ENGINE_DIM) = core_le16(sqe->dim);
	*shell(SHELL_ENGINE_ROWS_LO) = (u32)address;
	*shell(SHELL_ENGINE_ROWS_HI) = (u32)(address >> 32);
	*shell(SHELL_ENGINE_STRIDE) = core_le32(sqe->scan.stride);
	*shell(SHELL_ENGINE_COUNT) = count;
	*shell(SHELL_ENGINE_FIRST) = first;
	*shell(SHELL_ENGINE_TOP_K) = core_le32(sqe->scan.top_k);
	*shell(SHELL_ENGINE_LEAST) = core_le32(sqe->scan.min_similarity);
}

bool shell_scan_result(struct core_ranking *best)
{
	u32 i;

	best->count = *shell(SHELL_ENGINE_FOUND);
	if (best->count > best->limit)
		return false;
	for (i = 0; i < best->count; i++) {
		*shell(SHELL_ENGINE_INDEX) = i;
		best->rows[i].row = *shell(SHELL_ENGINE_ROW);
		best->rows[i].raw = (s32)*shell(SHELL_ENGINE_ROW_RAW);
		best->rows[i].similarity =
			(s32)*shell(SHELL_ENGINE_ROW_SIMILARITY);
	}
	return true;
}

bool shell_stream_start(u32 bin, u32 interval)
{
	*shell(SHELL_SENSOR_BIN) = bin;
	*shell(SHELL_SENSOR_INTERVAL) = interval;
	*shell(SHELL_SENSOR_STREAM) = 1;
	return *shell(SHELL_SENSOR_STREAM);
}

void shell_stream_stop(void)
{
	*shell(SHELL_SENSOR_STREAM) = 0;
}

void shell_sensor_set(u32 exposure, bool lamp)
{
	*shell(SHELL_SENSOR_EXPOSURE) = exposure;
	*shell(SHELL_SENSOR_LAMP) = lamp;
}

void shell_capture(u64 buffer)
{
	*shell(SHELL_FRAME_LO) = (u32)buffer;
	*shell(SHELL_FRAME_HI) = (u32)(buffer >> 32);
	*shell(SHELL_FRAME_GO) = SHELL_FRAME_CAPTURE;
}

void shell_capture_stop(void)
{
	*shell(SHELL_FRAME_GO) = SHELL_FRAME_STOP;
}

u32 shell_capture_state(void)
{
	return *shell(SHELL_FRAME_STATE);
}

/* The number of the frame. */
u32 shell_captured(u32 *ns)
{
	*ns = *shell(SHELL_FRAME_NS);
	return *shell(SHELL_FRAME_NUMBER);
}
