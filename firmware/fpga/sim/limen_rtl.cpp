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
#include <vector>

#include "Vmatcher.h"
#include "verilated.h"

#ifndef LIMEN_RTL_UNITS
#error "the build says how many units the model has"
#endif

static constexpr unsigned int lanes = sizeof(Vmatcher::memory_data);

/* A read that was accepted. */
struct answer {
	uint64_t due;
	bool error;
	uint8_t data[lanes];
};

/* The host's, likewise. */
struct host_answer {
	uint64_t due;
	uint8_t tag;
	bool error;
	uint8_t data[lanes];
};

struct limen_rtl {
	explicit limen_rtl(const struct limen_rtl_memory &model);

	struct limen_rtl_memory memory;
	VerilatedContext context;
	std::unique_ptr<Vmatcher> pins;
	std::deque<struct answer> answers;
	struct limen_rtl_host host = {};
	std::vector<struct host_answer> host_answers;
	struct host_answer last_answer = {};
	bool answer_again = false;
	struct limen_rtl_port port = {};
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

/* One of the host's answers that are due, not always the oldest. */
static bool host_choose(struct limen_rtl *rtl)
{
	for (auto it = rtl->host_answers.begin(); it != rtl->host_answers.end();
	     ++it) {
		if (it->due > rtl->cycle)
			continue;
		rtl->last_answer = *it;
		rtl->host_answers.erase(it);
		return true;
	}
	return false;
}

static void host_answer(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();

	pins->ask_ready = roll(rtl, 700);
	pins->answer_valid = rtl->answer_again || host_choose(rtl);
	rtl->answer_again = false;
	if (!pins->answer_valid)
		return;
	pins->answer_tag = rtl->last_answer.tag;
	pins->answer_error = rtl->last_answer.error;
	memcpy(pins->answer_data.data(), rtl->last_answer.data, lanes);
}

static void host_asked(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();
	struct host_answer answer = {};
	enum limen_rtl_answer what;

	if (!pins->ask_valid || !pins->ask_ready)
		return;
	/* The board may not master the bus. */
	if (!rtl->host.read)
		abort();
	answer.tag = pins->ask_tag;
	answer.due = rtl->cycle + 1 + roll_below(rtl, rtl->host.latency);
	what = rtl->host.read(rtl->host.context, pins->ask_address, answer.data,
			      lanes);
	answer.error = what == LIMEN_RTL_REFUSED;
	if (what != LIMEN_RTL_LOST)
		rtl->host_answers.push_back(answer);
}

static void step(struct limen_rtl *rtl)
{
	Vmatcher *pins = rtl->pins.get();

	port_offer(rtl);
	host_answer(rtl);
	pins->clk = 0;
	pins->eval();
	port_accept(rtl);
	host_asked(rtl);
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

/* Outputs depend on inputs of the same cycle. */
static void settle(struct limen_rtl *rtl)
{
	rtl->pins->clk = 0;
	rtl->pins->eval();
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
	for (CData *pin : { &pins->power, &pins->host_reset, &pins->heartbeat,
			    &pins->scan_start, &pins->scan_abort,
			    &pins->scan_release, &pins->compare_start,
			    &pins->compare_release, &pins->wipe_start,
			    &pins->snapshot, &pins->doorbell, &pins->event_take,
			    &pins->master, &pins->dma_start })
		*pin = 0;
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
	pins->scan_probe = scan->probe;
	pins->scan_gallery = scan->gallery;
	pins->scan_stride = scan->stride;
	pins->scan_rows = scan->rows;
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
	pins->compare_probe = probe;
	pins->compare_reference = reference;
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

void limen_rtl_host(struct limen_rtl *rtl, const struct limen_rtl_host *host)
{
	rtl->host = host ? *host : (struct limen_rtl_host){};
	rtl->pins->master = host != nullptr;
}

bool limen_rtl_copy_start(struct limen_rtl *rtl, uint64_t host, uint32_t card,
			  uint32_t bytes)
{
	Vmatcher *pins = rtl->pins.get();

	if (!pins->ready || pins->dma_busy)
		return false;
	pins->dma_host = host;
	pins->dma_card = card;
	/* The port has 13 bits; what is larger has to be refused just the same. */
	pins->dma_bytes = bytes < 0x1fff ? bytes : 0x1fff;
	pulse(rtl, pins->dma_start);
	return true;
}

bool limen_rtl_copy_done(const struct limen_rtl *rtl)
{
	return !rtl->pins->dma_busy;
}

unsigned int limen_rtl_copy_status(const struct limen_rtl *rtl)
{
	return rtl->pins->dma_status;
}

void limen_rtl_answer_again(struct limen_rtl *rtl)
{
	rtl->answer_again = true;
	step(rtl);
}

unsigned int limen_rtl_unexpected(const struct limen_rtl *rtl)
{
	return rtl->pins->dma_unexpected;
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

bool limen_rtl_doorbell(struct limen_rtl *rtl, uint32_t reg, uint32_t value)
{
	Vmatcher *pins = rtl->pins.get();

	settle(rtl);
	if (!pins->doorbell_ready)
		return false;
	pins->doorbell_register = reg / 4 & 0x3ff;
	pins->doorbell_value = value;
	pulse(rtl, pins->doorbell);
	return true;
}

bool limen_rtl_event(struct limen_rtl *rtl, uint32_t *reg, uint32_t *value)
{
	Vmatcher *pins = rtl->pins.get();

	settle(rtl);
	if (!pins->event_valid)
		return false;
	*reg = pins->event_register * 4u;
	*value = pins->event_value;
	pulse(rtl, pins->event_take);
	return true;
}

void limen_rtl_heartbeat(struct limen_rtl *rtl)
{
	pulse(rtl, rtl->pins->heartbeat);
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
