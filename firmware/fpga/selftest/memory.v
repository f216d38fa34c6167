// SPDX-License-Identifier: MIT
//
// memory: a small card memory in block RAM, behind the matcher's memory port.
//
// It takes a request in every cycle and answers a read two cycles later. fill overwrites all
// of it with numbers of a shift register (xorshift, the words in little-endian order), always
// the same ones, four cycles for each beat; the port must not be used until filling is low.
`default_nettype none

module memory #(
	parameter BEATS_LOG2 = 11	// log2 of the beats, of 16 bytes
) (
	input wire clk,
	input wire fill,
	output reg filling,
	input wire valid,
	input wire write,
	input wire [BEATS_LOG2-1:0] beat,
	input wire [127:0] data,
	output reg response,
	output reg [127:0] response_data
);
	localparam [31:0] SEED = 1;

	reg [127:0] beats [0:(1 << BEATS_LOG2)-1];
	reg [127:0] read, filled;
	reg reading;
	reg [BEATS_LOG2+1:0] word;
	reg [31:0] number;
	wire [31:0] number_1 = number ^ {number[18:0], 13'd0};
	wire [31:0] number_2 = number_1 ^ {17'd0, number_1[31:17]};
	wire [31:0] number_3 = number_2 ^ {number_2[26:0], 5'd0};
	reg whole;			// filled is a beat, that of the last word
	reg [BEATS_LOG2-1:0] whole_beat;

	initial filling = 0;

	always @(posedge clk) begin
		if (whole || (valid && write))
			beats[whole ? whole_beat : beat] <= whole ? filled : data;
		read <= beats[beat];
		reading <= valid && !write;
		response_data <= read;
		response <= reading;
	end

	always @(posedge clk) begin
		whole <= filling && word[1:0] == 2'd3;
		whole_beat <= word[BEATS_LOG2+1:2];
		if (fill) begin
			filling <= 1;
			word <= 0;
			number <= SEED;
		end else if (filling) begin
			number <= number_3;
			filled <= {number_3, filled[127:32]};
			word <= word + 1'b1;
			filling <= !(&word);
		end
	end
endmodule
`default_nettype wire
