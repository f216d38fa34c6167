// SPDX-License-Identifier: MIT
//
// source: where the engine's reads go: to card memory, or to the processor's SRAM.
//
// The first bit of an address chooses: 1 is card memory. Each memory answers in its order, and
// the engine wants all answers in the order of its requests. So a request to the one waits
// until the other owes nothing. That happens once in a job: a probe is in SRAM, rows are on
// the card.
//
// formal/source.vh proves that no answer is taken for another.
`default_nettype none

module source #(
	parameter LANES = 16,		// bytes of a beat
	parameter WORD = 28,		// bits of a beat's number
	parameter OWED = 7		// bits of the number of answers owed
) (
	input wire clk,
	input wire rst,

	input wire request_valid,
	output wire request_ready,
	input wire [WORD:0] request_word,
	output wire response_valid,
	output wire response_error,
	output wire [LANES*8-1:0] response_data,

	output wire card_valid,
	input wire card_ready,
	input wire card_response,
	input wire card_error,
	input wire [LANES*8-1:0] card_data,

	output wire sram_valid,
	input wire sram_ready,
	input wire sram_response,
	input wire [LANES*8-1:0] sram_data
);
	reg [OWED-1:0] owed;
	reg of_card;			// who owes it
	wire to_card = request_word[WORD];
	wire open = owed == 0 || of_card == to_card;
	wire request = request_valid && request_ready;

	assign card_valid = request_valid && open && to_card;
	assign sram_valid = request_valid && open && !to_card;
	assign request_ready = open && (to_card ? card_ready : sram_ready);
	assign response_valid = card_response || sram_response;
	assign response_error = card_response && card_error;
	assign response_data = card_response ? card_data : sram_data;

	always @(posedge clk) begin
		if (rst)
			owed <= 0;
		else
			owed <= owed + {{OWED-1{1'b0}}, request} -
				{{OWED-1{1'b0}}, response_valid};
		if (request)
			of_card <= to_card;
	end

`ifdef FORMAL
`include "source.vh"
`endif
endmodule
`default_nettype wire
