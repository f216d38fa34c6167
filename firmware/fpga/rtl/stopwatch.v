// SPDX-License-Identifier: MIT
//
// stopwatch: nanoseconds since the reset, which the processor reads in two halves.
//
// now is the board's clock, which no reset stops. A read of the lower half latches the upper
// one, so that both are of one moment.
`default_nettype none

module stopwatch (
	input wire clk,
	input wire rst,
	input wire [63:0] now,		// nanoseconds since power on
	input wire latch,		// the lower half is read
	output wire [31:0] low,
	output reg [31:0] high
);
	reg [63:0] began, passed;

	assign low = passed[31:0];

	always @(posedge clk) begin
		passed <= rst ? 64'd0 : now - began;
		if (rst)
			began <= now;
		if (rst)
			high <= 0;
		else if (latch)
			high <= passed[63:32];
	end
endmodule
`default_nettype wire
