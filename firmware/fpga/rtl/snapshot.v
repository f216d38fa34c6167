// SPDX-License-Identifier: MIT
//
// snapshot: the counters of the board's work, of which the host only sees what belongs together.
//
// The processor writes words of them, which wait (set); take makes all of them the board's
// counters at once, and latch, which is the host's, makes those what it reads. So a reader never
// gets some of before and some of after, whoever comes in between. Of take and latch in one
// cycle, take comes after.
//
// formal/snapshot.vh proves that.
`default_nettype none

module snapshot #(
	parameter WORDS = 14,		// two for each counter
	parameter INDEX = 4		// bits of the number of one
) (
	input wire clk,
	input wire rst,
	input wire set,
	input wire [INDEX-1:0] set_index,
	input wire [31:0] value,
	input wire take,
	input wire latch,
	input wire [INDEX-1:0] index,
	output wire [31:0] word		// 0 if there is no such one
);
	reg [31:0] waiting [0:WORDS-1];
	reg [31:0] counters [0:WORDS-1];
	reg [31:0] latched [0:WORDS-1];
	integer i;

	assign word = index < WORDS ? latched[index] : 32'd0;

	always @(posedge clk)
		for (i = 0; i < WORDS; i = i + 1)
			if (rst) begin
				waiting[i] <= 0;
				counters[i] <= 0;
				latched[i] <= 0;
			end else begin
				if (set && set_index == i[INDEX-1:0])
					waiting[i] <= value;
				if (take)
					counters[i] <= waiting[i];
				if (latch)
					latched[i] <= counters[i];
			end

`ifdef FORMAL
`include "snapshot.vh"
`endif
endmodule
`default_nettype wire
