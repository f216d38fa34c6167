// SPDX-License-Identifier: MIT
/*
 * The gateware as a library: drives the pins of the model that Verilator makes, which is
 * C++, and answers its ports. Anything more is in C.
 */
#include "shell_rtl.h"

#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <vector>

#include "Vshell.h"
#include "Vshell___024root.h"
#include "verilated.h"

static constexpr unsigned int lanes = sizeof(Vshell::memory_data);

/* A read of card memory that was accepted. */
struct answer {
	uint64_t due;
	enum shell_rtl_memory state;
	uint8_t data[lanes];
};

/* One of host memory. */
struct host_answer {
	uint64_t due;
	uint8_t tag;
	bool error;
	uint8_t data[lanes];
};

struct shell_rtl {
	explicit shell_rtl(const struct shell_rtl_config &around);

	struct shell_rtl_config config;
	VerilatedContext context;
	std::unique_ptr<Vshell> pins;
	std::deque<struct answer> answers;
	std::vector<struct host_answer> host_answers;
	struct host_answer last_answer = {};
	bool repeat = false;
	bool answer_again = false;
	uint64_t cycle = 0;
	uint64_t written = 0;
	uint64_t dice;
};

static uint32_t roll_below(struct shell_rtl *rtl, uint32_t sides)
{
	rtl->dice ^= rtl->dice << 13;
	rtl->dice ^= rtl->dice >> 7;
	rtl->dice ^= rtl->dice << 17;
	return (uint32_t)(rtl->dice >> 32) % sides;
}

static void memory_offer(struct shell_rtl *rtl)
{
	Vshell *pins = rtl->pins.get();

	pins->memory_ready = roll_below(rtl, 1000) < rtl->config.bandwidth;
	pins->memory_response = !rtl->answers.empty() &&
				rtl->answers.front().due <= rtl->cycle;
	if (!pins->memory_response)
		return;
	pins->memory_error = rtl->answers.front().state == SHELL_RTL_BROKEN;
	pins->memory_corrected = rtl->answers.front().state == SHELL_RTL_CORRECTED;
	memcpy(pins->memory_response_data.data(), rtl->answers.front().data, lanes);
	rtl->answers.pop_front();
}

/* A request, if there is one. What is out of bounds would be a fault of the gateware. */
static void memory_accept(struct shell_rtl *rtl)
{
	Vshell *pins = rtl->pins.get();
	uint64_t address = pins->memory_address;
	struct answer answer = {};

	if (!pins->memory_valid || !pins->memory_ready)
		return;
	if (address % lanes || address >= rtl->config.memory_bytes)
		abort();
	if (pins->memory_write) {
		memcpy(rtl->config.memory + address, pins->memory_data.data(), lanes);
		rtl->written += lanes;
		return;
	}
	answer.due = rtl->cycle + rtl->config.latency;
	if (rtl->config.memory_state)
		answer.state = rtl->config.memory_state(rtl->config.context, address);
	memcpy(answer.data, rtl->config.memory + address, lanes);
	rtl->answers.push_back(answer);
}

/* One of the host's answers that are due, not always the oldest. */
static bool host_choose(struct shell_rtl *rtl)
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

static void host_offer(struct shell_rtl *rtl)
{
	Vshell *pins = rtl->pins.get();
	bool room = rtl->config.host.has_room(rtl->config.context);

	pins->post_ready = room;
	pins->irq_sent = room;
	pins->ask_ready = roll_below(rtl, 1000) < 700;
	pins->answer_valid = rtl->answer_again || host_choose(rtl);
	rtl->answer_again = rtl->repeat && pins->answer_valid && !rtl->answer_again;
	if (!pins->answer_valid)
		return;
	pins->answer_tag = rtl->last_answer.tag;
	pins->answer_error = rtl->last_answer.error;
	memcpy(pins->answer_data.data(), rtl->last_answer.data, lanes);
}

static void host_asked(struct shell_rtl *rtl)
{
	Vshell *pins = rtl->pins.get();
	struct host_answer answer = {};
	enum shell_rtl_answer what;

	answer.tag = pins->ask_tag;
	answer.due = rtl->cycle + 1 + roll_below(rtl, rtl->config.host_latency);
	what = rtl->config.host.read(rtl->config.context, pins->ask_address,
				     answer.data, lanes);
	answer.error = what == SHELL_RTL_REFUSED;
	if (what != SHELL_RTL_LOST)
		rtl->host_answers.push_back(answer);
}

/* What the board does to the host in this cycle, which it may only as the bus's master. */
static void host_accept(struct shell_rtl *rtl)
{
	const struct shell_rtl_host *host = &rtl->config.host;
	Vshell *pins = rtl->pins.get();

	if (!pins->master && (pins->ask_valid || pins->post_valid || pins->irq_send))
		abort();
	if (pins->ask_valid && pins->ask_ready)
		host_asked(rtl);
	if (pins->post_valid && pins->post_ready)
		host->write(rtl->config.context, pins->post_address,
			    pins->post_data, pins->post_last);
	if (pins->irq_send && pins->irq_sent)
		host->interrupt(rtl->config.context, pins->irq_vector);
}

static void step(struct shell_rtl *rtl)
{
	Vshell *pins = rtl->pins.get();

	memory_offer(rtl);
	host_offer(rtl);
	pins->clk = 0;
	pins->eval();
	memory_accept(rtl);
	host_accept(rtl);
	pins->clk = 1;
	pins->eval();
	rtl->cycle++;
}

/* Raises a pin for a cycle. */
template <typename pin> static void pulse(struct shell_rtl *rtl, pin &raised)
{
	raised = 1;
	step(rtl);
	raised = 0;
}

/* Outputs depend on inputs of the same cycle. */
static void settle(struct shell_rtl *rtl)
{
	rtl->pins->clk = 0;
	rtl->pins->eval();
}

shell_rtl::shell_rtl(const struct shell_rtl_config &around)
	: config(around), dice(around.seed * 2654435761ull + 1)
{
	context.randReset(2);
	context.randSeed((int)(around.seed % 0x7fffffff + 1));
	pins = std::make_unique<Vshell>(&context);
	pins->memory_bytes = around.memory_bytes;
	pins->memory_blank = around.memory_blank;
	pins->memory_good = 1;
	pins->board_type = around.board_type;
	pins->security_floor = around.security_floor;
	for (CData *pin : { &pins->power, &pins->function_reset, &pins->cpu_valid,
			    &pins->sram_valid, &pins->host_valid, &pins->master,
			    &pins->snapshot, &pins->counter_index })
		*pin = 0;
	pins->now = 0;
}

struct shell_rtl *shell_rtl_create(const struct shell_rtl_config *config)
{
	struct shell_rtl *rtl;

	try {
		rtl = new shell_rtl(*config);
	} catch (const std::bad_alloc &) {
		return nullptr;
	}
	shell_rtl_power(rtl);
	return rtl;
}

void shell_rtl_destroy(struct shell_rtl *rtl)
{
	if (rtl)
		rtl->pins->final();
	delete rtl;
}

unsigned int shell_rtl_lanes(void)
{
	return lanes;
}

void shell_rtl_run(struct shell_rtl *rtl, uint64_t cycles)
{
	while (cycles--)
		step(rtl);
}

uint64_t shell_rtl_cycles(const struct shell_rtl *rtl)
{
	return rtl->cycle;
}

void shell_rtl_time(struct shell_rtl *rtl, uint64_t ns)
{
	rtl->pins->now = ns;
}

bool shell_rtl_busy(const struct shell_rtl *rtl)
{
	const Vshell *pins = rtl->pins.get();

	return pins->processor_reset || pins->memory_valid || pins->ask_valid ||
	       pins->post_valid || pins->irq_send || !rtl->answers.empty() ||
	       !rtl->host_answers.empty();
}

void shell_rtl_power(struct shell_rtl *rtl)
{
	/* A memory controller that loses its power forgets what it was asked. */
	rtl->answers.clear();
	pulse(rtl, rtl->pins->power);
}

void shell_rtl_function_reset(struct shell_rtl *rtl)
{
	pulse(rtl, rtl->pins->function_reset);
}

void shell_rtl_memory_good(struct shell_rtl *rtl, bool good)
{
	rtl->pins->memory_good = good;
}

bool shell_rtl_ready(const struct shell_rtl *rtl)
{
	return !rtl->pins->processor_reset;
}

bool shell_rtl_wait_ready(struct shell_rtl *rtl, uint64_t cycles)
{
	while (rtl->pins->processor_reset && cycles--)
		step(rtl);
	return !rtl->pins->processor_reset;
}

static void cpu_access(struct shell_rtl *rtl, uint32_t offset)
{
	rtl->pins->cpu_address = offset & 0x1fff;
	settle(rtl);
	while (!rtl->pins->cpu_ready)
		step(rtl);
	pulse(rtl, rtl->pins->cpu_valid);
}

uint32_t shell_rtl_load(struct shell_rtl *rtl, uint32_t offset)
{
	rtl->pins->cpu_write = 0;
	cpu_access(rtl, offset);
	return rtl->pins->cpu_answer;
}

void shell_rtl_store(struct shell_rtl *rtl, uint32_t offset, uint32_t value)
{
	rtl->pins->cpu_write = 1;
	rtl->pins->cpu_data = value;
	cpu_access(rtl, offset);
}

bool shell_rtl_external(const struct shell_rtl *rtl)
{
	return rtl->pins->external;
}

bool shell_rtl_timer(const struct shell_rtl *rtl)
{
	return rtl->pins->timer;
}

uint32_t shell_rtl_sram_read(struct shell_rtl *rtl, uint32_t offset)
{
	rtl->pins->sram_write = 0;
	rtl->pins->sram_word = offset / 4;
	pulse(rtl, rtl->pins->sram_valid);
	return rtl->pins->sram_answer;
}

void shell_rtl_sram_write(struct shell_rtl *rtl, uint32_t offset, uint32_t value,
			  unsigned int bytes)
{
	rtl->pins->sram_write = bytes & 0xf;
	rtl->pins->sram_word = offset / 4;
	rtl->pins->sram_data = value;
	pulse(rtl, rtl->pins->sram_valid);
}

uint8_t *shell_rtl_sram(struct shell_rtl *rtl)
{
	return (uint8_t *)&rtl->pins->rootp->shell__DOT__memory__DOT__beats;
}

/* Whether the access has been taken. */
static bool host_access(struct shell_rtl *rtl, uint32_t reg)
{
	Vshell *pins = rtl->pins.get();

	pins->host_register = reg / 4 & 0x3ff;
	pins->host_valid = 1;
	settle(rtl);
	if (!pins->host_ready) {
		pins->host_valid = 0;
		return false;
	}
	pulse(rtl, pins->host_valid);
	return true;
}

bool shell_rtl_host_read(struct shell_rtl *rtl, uint32_t reg, uint32_t *value)
{
	rtl->pins->host_write = 0;
	if (!host_access(rtl, reg))
		return false;
	if (!rtl->pins->host_answer_valid)
		abort();
	*value = rtl->pins->host_answer;
	return true;
}

bool shell_rtl_host_write(struct shell_rtl *rtl, uint32_t reg, uint32_t value)
{
	rtl->pins->host_write = 1;
	rtl->pins->host_data = value;
	return host_access(rtl, reg);
}

void shell_rtl_master(struct shell_rtl *rtl, bool master)
{
	rtl->pins->master = master;
}

void shell_rtl_repeat_answers(struct shell_rtl *rtl, bool repeat)
{
	rtl->repeat = repeat;
}

unsigned int shell_rtl_unexpected(const struct shell_rtl *rtl)
{
	return rtl->pins->unexpected;
}

uint64_t shell_rtl_written(const struct shell_rtl *rtl)
{
	return rtl->written;
}
