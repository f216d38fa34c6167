// SPDX-License-Identifier: MIT
//
// fifo: a queue in one clock domain.
//
// The oldest entry stands at pop_data while empty is low; pop takes it. A push while the
// queue is full, and a pop while it is empty, do nothing, so whoever must not lose an entry
// looks at full first. An entry stands at pop_data two cycles after its push, if no other is
// before it. pop_data, empty and what decides on full are registers, and so is what a block
// RAM would need behind it: an entry that is popped is replaced by the next in that cycle.
//
// pop_data is zero while the queue is empty, but what has been popped stays in memory.
// While scrub is high and memory holds no entry, each cycle without a push overwrites one
// place with zeros, so that 2^DEPTH_LOG2 such cycles leave nothing of what went through.
//
// formal/fifo.vh proves that entries are neither lost, doubled nor reordered.
`default_nettype none

module fifo #(
	parameter WIDTH = 8,		// bits of an entry
	parameter DEPTH_LOG2 = 4	// log2 of the entries in memory; pop_data is one more
) (
	input wire clk,
	input wire rst,
	input wire scrub,
	input wire push,
	input wire [WIDTH-1:0] push_data,
	input wire pop,
	output reg [WIDTH-1:0] pop_data,
	output wire empty,
	output wire full
);
	reg [WIDTH-1:0] entries [0:(1 << DEPTH_LOG2)-1];
	// One bit more than an index has: it tells full from empty.
	reg [DEPTH_LOG2:0] head, tail;
	reg stored;			// memory has an entry
	reg shown;			// pop_data is one

	wire [DEPTH_LOG2:0] after_head = head + 1'b1;

	assign empty = !shown;
	assign full = (head ^ tail) == {1'b1, {DEPTH_LOG2{1'b0}}};

	wire take = push && !full;
	wire clean = scrub && !stored && !take;
	wire load = stored && (!shown || pop);

	always @(posedge clk) begin
		if (take || clean)
			entries[tail[DEPTH_LOG2-1:0]] <= take ? push_data : {WIDTH{1'b0}};
		if (rst || (pop && !stored))
			pop_data <= 0;
		else if (load)
			pop_data <= entries[head[DEPTH_LOG2-1:0]];
	end

	always @(posedge clk) begin
		if (rst) begin
			head <= 0;
			tail <= 0;
			stored <= 0;
			shown <= 0;
		end else begin
			if (take || clean)
				tail <= tail + 1'b1;
			if (load || clean)
				head <= after_head;
			stored <= take || (stored && !(load && after_head == tail));
			shown <= load || (shown && !pop);
		end
	end

`ifdef FORMAL
`include "fifo.vh"
`endif
endmodule
`default_nettype wire
