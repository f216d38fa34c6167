// SPDX-License-Identifier: MIT
//
// ecc: the errors of card memory that its controller tells of, with the answers to reads.
//
// Reads are answered in their order, so each answer's address is known from when it was asked for,
// through resets, too: as in matcher.
//
// Registers ECC_* of include/limen/hw.h. Only power makes them forgotten. A write of the host
// clears these bits of the status, and nothing else; an error in the same cycle comes after it.
// A count stays at the largest number.
//
// formal/ecc.vh proves that of counts and status.
`default_nettype none

module ecc #(
	parameter ADDRESS = 32,		// bits of an address in card memory
	parameter BEAT_LOG2 = 4,	// of those that are 0
	parameter OWED = 7,		// log2 of the reads under way
	parameter COUNT = 32		// bits of a count
) (
	input wire clk,
	input wire power,
	input wire asked,		// a read is accepted
	/* verilator lint_off UNUSEDSIGNAL */ // of a beat
	input wire [ADDRESS-1:0] asked_address,
	/* verilator lint_on UNUSEDSIGNAL */
	input wire answered,		// the oldest one
	input wire corrected,		// with answered: what was read had an error, and is right
	input wire uncorrected,		// likewise, and is wrong
	input wire clear,
	input wire [1:0] clear_bits,
	output reg [1:0] status,
	output reg [COUNT-1:0] corrected_count,
	output reg [COUNT-1:0] uncorrected_count,
	output reg [ADDRESS-1:0] last	// the last one's address
);
	reg [ADDRESS-BEAT_LOG2-1:0] places [0:(1 << OWED)-1];
	reg [OWED-1:0] newest, oldest;

	always @(posedge clk) begin
		if (asked)
			places[newest] <= asked_address[ADDRESS-1:BEAT_LOG2];
		newest <= power ? {OWED{1'b0}} : newest + {{OWED-1{1'b0}}, asked};
		oldest <= power ? {OWED{1'b0}} : oldest + {{OWED-1{1'b0}}, answered};
	end

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
				last <= {places[oldest], {BEAT_LOG2{1'b0}}};
		end
	end

`ifdef FORMAL
`include "ecc.vh"
`endif
endmodule
`default_nettype wire
