// SPDX-License-Identifier: MIT
/*
 * The gateware as a library: drives the pins of the model that Verilator makes, which is
 * C++, and answers its memory port. Anything more is in C.
 */
#include "limen_rtl.h"

#include <cstring>
#include <deque>
#include <memory>
#include <new>

#include "Vmatcher.h"
#include "verilated.h"

#ifndef LIMEN_RTL_UNITS
#error "the build says how many units the model has"
#endif

static constexpr unsigned int lanes = sizeof(Vmatcher::memory_data);
/* The first bit of a vector's address; SRAM is the shell's. */
static constexpr uint64_t in_card_memory = 1ull << 32;

/* A read that was accepted. */
struct answer {
	uint64_t due;
	bool error;
	uint8_t data[lanes];
};

struct limen_rtl {
	explicit limen_rtl(const struct limen_rtl_memory &model);

	struct limen_rtl_memory memory;
	VerilatedContext context;
	std::unique_ptr<Vmatcher> pins;
	std::deque<struct answer> answers;
	struct limen_rtl_port port = {};
	struct limen_rtl_pins seen = {};
	uint64_t cycle = 0;
	uint64_t fail_at = UINT64_MAX;
	uint64_t dice;
};

static uint32_t roll_below(struct limen_rtl *rtl, uint32_t sides)
{
	rtl->dice ^= rtl->dice << 13;
	rtl->dice ^= rtl->dice >> 7;
	rtl->dice ^= rtl->dice << 17;
	return (uint32_t)(rtl->dice >> 32) % sides;
}

/* True in so many of 1000 cases. */
static bool roll(struct limen_rtl *rtl, uint32_t share)
{
	return roll_below(rtl, 1000) < share;
}

/* What the port does in this cycle. */
static void port_offer(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();

	pins->memory_ready = roll(rtl, rtl->memory.bandwidth);
	pins->memory_response = !rtl->answers.empty() &&
				rtl->answers.front().due <= rtl->cycle &&
				roll(rtl, rtl->memory.bandwidth);
	if (!pins->memory_response)
		return;
	pins->memory_error = rtl->answers.front().error;
	memcpy(pins->memory_response_data.data(), rtl->answers.front().data,
	       lanes);
	rtl->answers.pop_front();
	if (!rtl->port.reads++)
		rtl->port.first = rtl->cycle;
	rtl->port.last = rtl->cycle;
}

/* A request, if there is one. What is out of bounds would be a fault of the gateware. */
static void port_accept(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();
	uint64_t address = pins->memory_address;
	struct answer answer = {};

	if (!pins->memory_valid || !pins->memory_ready)
		return;
	if (address % lanes || address >= rtl->memory.size)
		abort();
	if (pins->memory_write) {
		memcpy(rtl->memory.bytes + address, pins->memory_data.data(),
		       lanes);
		rtl->port.writes++;
		return;
	}
	answer.due = rtl->cycle + rtl->memory.latency;
	answer.error = address == rtl->fail_at;
	memcpy(answer.data, rtl->memory.bytes + address, lanes);
	rtl->answers.push_back(answer);
}

static void step(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();

	port_offer(rtl);
	pins->clk = 0;
	pins->eval();
	port_accept(rtl);
	rtl->seen.asks = pins->memory_valid && pins->memory_ready &&
			 !pins->memory_write;
	rtl->seen.answers = pins->memory_response;
	rtl->seen.scan_ready = pins->scan_ready;
	rtl->seen.scan_done = pins->scan_done;
	rtl->seen.compare_ready = pins->compare_ready;
	rtl->seen.compare_done = pins->compare_done;
	pins->clk = 1;
	pins->eval();
	rtl->cycle++;
}

/* Raises a pin for a cycle. */
template <typename pin> static void pulse(struct limen_rtl *rtl, pin &raised)
{
	raised = 1;
	step(rtl);
	raised = 0;
}

static int32_t extend(uint32_t value, unsigned int bits)
{
	uint32_t sign = 1u << (bits - 1);

	return (int32_t)(((value & (2 * sign - 1)) ^ sign) - sign);
}

limen_rtl::limen_rtl(const struct limen_rtl_memory &model)
	: memory(model), dice(model.seed * 2654435761ull + 1)
{
	context.randReset(2);
	context.randSeed((int)(model.seed % 0x7fffffff + 1));
	pins = std::make_unique<Vmatcher>(&context);
	pins->memory_bytes = model.size;
	/* What is raised only for a cycle; the rest may be anything until it is used. */
	for (CData *pin : { &pins->power, &pins->host_reset, &pins->watchdog_reset,
			    &pins->forget, &pins->memory_blank, &pins->scan_start,
			    &pins->scan_keep, &pins->scan_sort, &pins->scan_abort,
			    &pins->scan_release, &pins->compare_start,
			    &pins->compare_release, &pins->wipe_start,
			    &pins->wipe_stop, &pins->load_valid, &pins->snapshot,
			    &pins->sram_ready, &pins->sram_response })
		*pin = 0;
	pins->wiped_elsewhere = 1;
}

unsigned int limen_rtl_lanes(void)
{
	return lanes;
}

unsigned int limen_rtl_units(void)
{
	return LIMEN_RTL_UNITS;
}

struct limen_rtl *limen_rtl_create(const struct limen_rtl_memory *memory)
{
	struct limen_rtl *rtl;

	try {
		rtl = new limen_rtl(*memory);
	} catch (const std::bad_alloc &) {
		return nullptr;
	}
	limen_rtl_reset(rtl, true);
	return rtl;
}

void limen_rtl_destroy(struct limen_rtl *rtl)
{
	if (rtl)
		rtl->pins->final();
	delete rtl;
}

void limen_rtl_run(struct limen_rtl *rtl, uint64_t cycles)
{
	while (cycles--)
		step(rtl);
}

uint64_t limen_rtl_cycles(const struct limen_rtl *rtl)
{
	return rtl->cycle;
}

void limen_rtl_reset(struct limen_rtl *rtl, bool power)
{
	/* A memory controller that loses its power forgets what it was asked. */
	if (power)
		rtl->answers.clear();
	pulse(rtl, power ? rtl->pins->power : rtl->pins->host_reset);
}

bool limen_rtl_ready(const struct limen_rtl *rtl)
{
	return rtl->pins->ready;
}

bool limen_rtl_wait_ready(struct limen_rtl *rtl, uint64_t cycles)
{
	while (!rtl->pins->ready && cycles--)
		step(rtl);
	return rtl->pins->ready;
}

bool limen_rtl_scan_start(struct limen_rtl *rtl,
			  const struct limen_rtl_scan *scan)
{
	Vmatcher *pins = rtl->pins.get();

	if (!pins->ready || !pins->scan_ready)
		return false;
	pins->scan_probe = scan->probe | in_card_memory;
	pins->scan_gallery = scan->gallery;
	pins->scan_stride = scan->stride;
	pins->scan_rows = scan->rows;
	pins->scan_first = scan->first;
	pins->scan_top_k = scan->top_k;
	pins->scan_min_similarity = (uint32_t)scan->min_similarity;
	pins->scan_dim = scan->dim;
	pulse(rtl, pins->scan_start);
	return true;
}

bool limen_rtl_scan_done(const struct limen_rtl *rtl)
{
	return rtl->pins->scan_done;
}

void limen_rtl_scan_abort(struct limen_rtl *rtl, bool abort)
{
	rtl->pins->scan_abort = abort;
}

unsigned int limen_rtl_scan_finish(struct limen_rtl *rtl,
				   struct limen_rtl_row *rows,
				   unsigned int limit, unsigned int *count)
{
	Vmatcher *pins = rtl->pins.get();
	unsigned int status = pins->scan_status;

	*count = pins->scan_count < limit ? pins->scan_count : limit;
	for (unsigned int i = 0; i < *count; i++) {
		pins->result_index = i;
		limen_rtl_run(rtl, 3);
		rows[i].row = pins->result_row;
		rows[i].raw = extend(pins->result_raw, 25);
		rows[i].similarity = extend(pins->result_similarity, 17);
	}
	pulse(rtl, pins->scan_release);
	return status;
}

bool limen_rtl_compare_start(struct limen_rtl *rtl, uint32_t probe,
			     uint32_t reference, uint16_t dim)
{
	Vmatcher *pins = rtl->pins.get();

	if (!pins->ready || !pins->compare_ready)
		return false;
	pins->compare_probe = probe | in_card_memory;
	pins->compare_reference = reference | in_card_memory;
	pins->compare_dim = dim;
	pulse(rtl, pins->compare_start);
	return true;
}

bool limen_rtl_compare_done(const struct limen_rtl *rtl)
{
	return rtl->pins->compare_done;
}

unsigned int limen_rtl_compare_finish(struct limen_rtl *rtl, int32_t *raw,
				      int32_t *similarity)
{
	Vmatcher *pins = rtl->pins.get();
	unsigned int status = pins->compare_status;

	*raw = extend(pins->compare_raw, 25);
	*similarity = extend(pins->compare_similarity, 17);
	pulse(rtl, pins->compare_release);
	return status;
}

bool limen_rtl_wipe_start(struct limen_rtl *rtl, uint32_t address,
			  uint64_t bytes)
{
	Vmatcher *pins = rtl->pins.get();

	if (!pins->ready || !pins->wipe_done || bytes > rtl->memory.size)
		return false;
	pins->wipe_address = address;
	pins->wipe_bytes = bytes;
	pulse(rtl, pins->wipe_start);
	limen_rtl_run(rtl, 2);
	return !pins->wipe_refused;
}

bool limen_rtl_wipe_done(const struct limen_rtl *rtl)
{
	return rtl->pins->wipe_done;
}

void limen_rtl_counters(struct limen_rtl *rtl,
			struct limen_rtl_counters *counters)
{
	uint64_t *values[] = { &counters->cycles, &counters->busy,
			       &counters->stall, &counters->rows,
			       &counters->jobs };

	pulse(rtl, rtl->pins->snapshot);
	for (unsigned int i = 0; i < sizeof(values) / sizeof(*values); i++) {
		rtl->pins->counter_index = i;
		step(rtl);
		*values[i] = rtl->pins->counter_value;
	}
}

void limen_rtl_fail_at(struct limen_rtl *rtl, uint64_t address)
{
	rtl->fail_at = address;
}

void limen_rtl_port(const struct limen_rtl *rtl, struct limen_rtl_port *port)
{
	*port = rtl->port;
}

void limen_rtl_port_clear(struct limen_rtl *rtl)
{
	rtl->port = {};
}

void limen_rtl_pins(const struct limen_rtl *rtl, struct limen_rtl_pins *pins)
{
	*pins = rtl->seen;
}
