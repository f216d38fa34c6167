// SPDX-License-Identifier: MIT
/*
 * The self-test's own test: what it says on its serial line in two rounds, and its LEDs,
 * with the matcher as it is and with one bit of a result turned.
 *
 *	selftest SIGNATURE
 */
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "Vselftest.h"
#include "verilated.h"

/* Cycles of a bit, as the model is built. */
static constexpr unsigned int bit_cycles = SELFTEST_BIT_CYCLES;
static constexpr unsigned int patience = 2000000;

static bool failed;

static void result(bool good, const std::string &name)
{
	printf("%sok - the self-test: %s\n", good ? "" : "not ", name.c_str());
	failed = failed || !good;
}

class board {
public:
	explicit board(bool flip)
		: pins(std::make_unique<Vselftest>(&context))
	{
		pins->flip = flip;
	}

	~board()
	{
		pins->final();
	}

	/* The next line that is said, without its end; what there is of it, if none comes. */
	std::string listen()
	{
		std::string text;
		unsigned int cycle;

		for (cycle = 0; cycle < patience; cycle++) {
			run(1);
			if (pins->line)
				continue;
			text += receive();
			if (text.back() == '\n')
				return text.substr(0, text.find('\r'));
		}
		return text;
	}

	bool passed() const
	{
		return pins->passed;
	}

	bool failed() const
	{
		return pins->failed;
	}

private:
	void run(unsigned int cycles)
	{
		while (cycles--) {
			pins->clk = 0;
			pins->eval();
			pins->clk = 1;
			pins->eval();
		}
	}

	/* A byte, from its start bit on: each bit is looked at in its middle. */
	char receive()
	{
		unsigned int bit;
		char byte = 0;

		run(bit_cycles / 2);
		for (bit = 0; bit < 8; bit++) {
			run(bit_cycles);
			byte = (char)(byte | pins->line << bit);
		}
		run(bit_cycles);
		return byte;
	}

	VerilatedContext context;
	std::unique_ptr<Vselftest> pins;
};

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;

	std::string due = std::string("PASS ") + argv[1];
	board good(false), bad(true);

	for (unsigned int round = 1; round <= 2; round++) {
		std::string said = good.listen();

		result(said == due && good.passed() && !good.failed(),
		       "round " + std::to_string(round) + " says " + said);
		said = bad.listen();
		result(said.substr(0, 5) == "FAIL " && said.substr(5) != argv[1] &&
			       said.size() == due.size() && !bad.passed() && bad.failed(),
		       "with a bit turned, round " + std::to_string(round) + " says " + said);
	}
	return failed;
}
