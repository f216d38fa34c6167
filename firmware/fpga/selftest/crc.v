// SPDX-License-Identifier: MIT
//
// crc: the CRC-32 of words, as IEEE 802.3 has it, one bit in a cycle.
//
// start takes a word, in a cycle with busy low; 32 cycles later it is part of value. clear
// begins anew. The words' bits count from the lowest, so value is the CRC of their bytes in
// little-endian order, but for the final inversion, which value has.
`default_nettype none

module crc (
	input wire clk,
	input wire clear,
	input wire start,
	input wire [31:0] word,
	output wire busy,
	output wire [31:0] value
);
	localparam [31:0] POLYNOMIAL = 32'hedb88320;

	reg [31:0] state, rest;
	reg [5:0] left = 0;
	wire feedback = state[0] ^ rest[0];

	assign busy = left != 0;
	assign value = ~state;

	always @(posedge clk) begin
		if (clear) begin
			state <= 32'hffffffff;
			left <= 0;
		end else if (busy) begin
			state <= {1'b0, state[31:1]} ^ (feedback ? POLYNOMIAL : 32'd0);
			rest <= {1'b0, rest[31:1]};
			left <= left - 1'b1;
		end else if (start) begin
			rest <= word;
			left <= 32;
		end
	end
endmodule
`default_nettype wire
