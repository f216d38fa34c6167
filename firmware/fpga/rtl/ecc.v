// SPDX-License-Identifier: MIT
//
// ecc: the errors of card memory that its controller tells of, with the answers to reads.
//
// Registers ECC_* of include/limen/hw.h. Only power makes them forgotten. A write of the host
// clears these bits of the status, and nothing else; an error in the same cycle comes after it.
// A count stays at the largest number.
//
// formal/ecc.vh proves that of counts and status.
`default_nettype none

module ecc #(
	parameter ADDRESS = 32,		// bits of an address in card memory
	parameter COUNT = 32		// bits of a count
) (
	input wire clk,
	input wire power,
	input wire corrected,		// what was read had an error, and is right
	input wire uncorrected,		// is wrong
	input wire [ADDRESS-1:0] address, // of that
	input wire clear,
	input wire [1:0] clear_bits,
	output reg [1:0] status,
	output reg [COUNT-1:0] corrected_count,
	output reg [COUNT-1:0] uncorrected_count,
	output reg [ADDRESS-1:0] last	// the last one's address
);
	always @(posedge clk) begin
		if (power) begin
			status <= 0;
			corrected_count <= 0;
			uncorrected_count <= 0;
			last <= 0;
		end else begin
			status <= (clear ? status & ~clear_bits : status) |
				{uncorrected, corrected};
			if (corrected && !(&corrected_count))
				corrected_count <= corrected_count + 1'b1;
			if (uncorrected && !(&uncorrected_count))
				uncorrected_count <= uncorrected_count + 1'b1;
			if (corrected || uncorrected)
				last <= address;
		end
	end

`ifdef FORMAL
`include "ecc.vh"
`endif
endmodule
`default_nettype wire
