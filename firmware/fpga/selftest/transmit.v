// SPDX-License-Identifier: MIT
//
// transmit: bytes to a serial line, 8 data bits, no parity, one stop bit.
//
// start takes a byte, in a cycle with busy low. Each bit lasts CYCLES cycles.
`default_nettype none

module transmit #(
	parameter CYCLES = 868		// of a bit
) (
	input wire clk,
	input wire start,
	input wire [7:0] data,
	output wire busy,
	output reg line
);
	localparam TIME = $clog2(CYCLES + 1);

	reg [8:0] rest;			// the bits after this one, and the stop bit
	reg [3:0] left = 0;		// this bit included
	reg [TIME-1:0] cycles;		// cycles of this bit that are left

	initial line = 1;

	assign busy = left != 0;

	always @(posedge clk) begin
		if (!busy) begin
			if (start) begin
				line <= 0;
				rest <= {1'b1, data};
				left <= 10;
				cycles <= CYCLES[TIME-1:0];
			end
		end else if (cycles != 1) begin
			cycles <= cycles - 1'b1;
		end else begin
			cycles <= CYCLES[TIME-1:0];
			left <= left - 1'b1;
			line <= rest[0];
			rest <= {1'b1, rest[8:1]};
		end
	end
endmodule
`default_nettype wire
