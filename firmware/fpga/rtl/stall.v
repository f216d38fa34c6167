// SPDX-License-Identifier: MIT
//
// stall: a ring's STALL, 64 bits that neither side ever sees torn.
//
// The processor writes the upper half, which waits, and then the lower one, which changes both
// at once. A read of the lower half by the host latches what it then reads as the upper one.
`default_nettype none

module stall (
	input wire clk,
	input wire rst,
	input wire set_low,
	input wire set_high,
	input wire [31:0] value,
	input wire latch,
	output reg [31:0] low,
	output reg [31:0] latched	// what the host reads as the upper half
);
	reg [31:0] waiting, high;

	always @(posedge clk) begin
		if (rst) begin
			low <= 0;
			high <= 0;
			latched <= 0;
			waiting <= 0;
		end else begin
			if (set_high)
				waiting <= value;
			if (set_low) begin
				low <= value;
				high <= waiting;
			end
			if (latch)
				latched <= high;
		end
	end
endmodule
`default_nettype wire
