// SPDX-License-Identifier: MIT
//
// vector: when one of the vectors of MSI-X interrupts.
//
// tell is an event for it, for which a message is asked for (send) until it is taken (sent).
// From then on it rests for so many microseconds: an event that comes meanwhile is held until
// they have passed, and becomes one with those before, so the last is never lost. What is urgent
// is not held, nor is what has been held until then. How long it rests is what moderation was
// when it began to.
//
// Time is that of the board's clock. It has to be seen within half of its range.
//
// formal/vector.vh proves all of that.
`default_nettype none

module vector #(
	parameter TIME = 40,		// bits of the clock
	parameter REST = 14,		// bits of moderation
	parameter [TIME-1:0] UNIT = 1000 // nanoseconds: a microsecond
) (
	input wire clk,
	input wire rst,
	input wire [TIME-1:0] now,	// nanoseconds
	input wire [REST-1:0] moderation,
	input wire tell,
	input wire urgent,		// with tell
	output wire send,
	input wire sent
);
	reg wanted, pressing, resting;
	reg [TIME-1:0] rest, over;
	/* verilator lint_off UNUSEDSIGNAL */ // its sign alone
	wire [TIME-1:0] since = now - over;
	/* verilator lint_on UNUSEDSIGNAL */

	assign send = wanted && (pressing || !resting);

	always @(posedge clk) begin
		rest <= {{TIME-REST{1'b0}}, moderation} * UNIT;
		if (rst) begin
			wanted <= 0;
			pressing <= 0;
			resting <= 0;
		end else begin
			wanted <= tell || (wanted && !sent);
			pressing <= (tell && urgent) || (pressing && !sent);
			if (sent)
				resting <= rest != 0;
			else if (!since[TIME-1])
				resting <= 0;
		end
		if (sent)
			over <= now + rest;
	end

`ifdef FORMAL
`include "vector.vh"
`endif
endmodule
`default_nettype wire
