// SPDX-License-Identifier: MIT
//
// fifo: a queue in one clock domain.
//
// The oldest entry stands at pop_data while empty is low; pop takes it. A push while the
// queue is full, and a pop while it is empty, do nothing, so whoever must not lose an entry
// looks at full first. An entry can be popped in the cycle after its push.
//
// What has been popped stays in memory. While scrub is high and the queue is empty, each
// cycle without a push overwrites one place with zeros, so that 2^DEPTH_LOG2 such cycles
// leave nothing of what went through.
//
// formal/fifo.vh proves that entries are neither lost, doubled nor reordered.
`default_nettype none

module fifo #(
	parameter WIDTH = 8,		// bits of an entry
	parameter DEPTH_LOG2 = 4	// log2 of the number of entries
) (
	input wire clk,
	input wire rst,
	input wire scrub,
	input wire push,
	input wire [WIDTH-1:0] push_data,
	input wire pop,
	output wire [WIDTH-1:0] pop_data,
	output wire empty,
	output wire full,
	output wire [DEPTH_LOG2:0] level
);
	reg [WIDTH-1:0] entries [0:(1 << DEPTH_LOG2)-1];
	// One bit more than an index has: it tells full from empty.
	reg [DEPTH_LOG2:0] head, tail;

	assign level = tail - head;
	assign empty = level == 0;
	assign full = level[DEPTH_LOG2];
	assign pop_data = entries[head[DEPTH_LOG2-1:0]];

	wire take = push && !full;
	wire clean = scrub && empty && !take;

	always @(posedge clk) begin
		if (take || clean)
			entries[tail[DEPTH_LOG2-1:0]] <= take ? push_data : {WIDTH{1'b0}};
		if (rst) begin
			head <= 0;
			tail <= 0;
		end else begin
			if (take || clean)
				tail <= tail + 1'b1;
			if ((pop && !empty) || clean)
				head <= head + 1'b1;
		end
	end

`ifdef FORMAL
`include "fifo.vh"
`endif
endmodule
`default_nettype wire
