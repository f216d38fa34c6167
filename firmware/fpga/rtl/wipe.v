// SPDX-License-Identifier: MIT
//
// wipe: writes zeros to a range of card memory, a whole beat in each cycle.
//
// start, in a cycle with busy low, takes the range: its first beat and its number of
// beats, which may be 0. The range is written from below, once each, and busy goes low
// after the last write has been accepted. No processor takes part. Nothing ends a wipe early
// but a reset, after which the memory is to be wiped as a whole.
//
// formal/wipe.vh proves that every address of the range is written, and no other.
`default_nettype none

module wipe #(
	parameter ADDRESS = 28		// bits of a beat's number
) (
	input wire clk,
	input wire rst,
	input wire start,
	input wire [ADDRESS-1:0] start_first,
	input wire [ADDRESS:0] start_count,
	output reg busy,		// left is not 0
	output wire write_valid,
	input wire write_ready,
	output reg [ADDRESS-1:0] write_address
);
	reg [ADDRESS:0] left;

	assign write_valid = busy;

	always @(posedge clk) begin
		if (rst) begin
			left <= 0;
			busy <= 0;
		end else if (!busy && start) begin
			left <= start_count;
			busy <= start_count != 0;
			write_address <= start_first;
		end else if (write_valid && write_ready) begin
			left <= left - 1'b1;
			busy <= left != 1;
			write_address <= write_address + 1'b1;
		end
	end

`ifdef FORMAL
`include "wipe.vh"
`endif
endmodule
`default_nettype wire
