// SPDX-License-Identifier: MIT
//
// root: the published similarity, from raw^2 and the product of the squared norms.
//
// include/limen/score.h defines it as isqrt(floor(2^30 * raw^2 / divisor)): the largest r
// with r^2 * divisor <= 2^30 * raw^2. Here r is found without a division, one bit in a
// step from the highest, as long division and the square root by hand are at once. With
// the r of the bits so far, a further bit fits if
//
//	(4r + 1) * divisor <= rest,  where rest = 4^n * raw^2 - (2r)^2 * divisor.
//
// trial holds the left side. For the next bit it is 2 * trial + 3 * divisor if this one was
// set and 2 * trial - divisor if not. A step takes two cycles: in the first, both are
// formed while rest and trial are compared; in the second, what the comparison decides is
// chosen. So either a carry chain of 64 bits or a choice of that many lies between
// registers, not both, and two rows share a unit: each is in one half of its step while the
// other is in the other half.
//
// Bounds: the norms are at most 2^23 each, so the divisor is at most 2^46, and by Cauchy
// and Schwarz raw^2 is no larger; r stays at most 2^15, rest below 2^64, trial below 2^63.
//
// load takes a row; valid comes in the 33rd cycle after it. The next row may be loaded 32
// cycles after it, and another one at any odd number of cycles before that.
`default_nettype none

module root (
	input wire clk,
	input wire rst,
	input wire load,
	input wire load_compare,
	input wire signed [24:0] load_raw,
	input wire [47:0] load_square,		// raw^2
	input wire [47:0] load_divisor,		// product of the squared norms
	input wire [49:0] load_triple,		// three times that
	output reg valid,
	output reg compare,
	output reg signed [24:0] raw,
	output reg signed [16:0] similarity
);
	// The first half of a step.
	reg [4:0] left;				// steps, this one included; 0: no row
	reg [63:0] rest, trial;
	reg [47:0] divisor;
	reg [49:0] triple;
	reg signed [24:0] row_raw;
	reg row_compare;
	reg [14:0] bits;

	// The second half.
	reg more, last;				// steps after this one, or none
	reg [4:0] left_2;
	/* verilator lint_off UNUSEDSIGNAL */ // if it fits, it is below 2^62
	reg [64:0] difference;
	reg [63:0] rest_2;
	/* verilator lint_on UNUSEDSIGNAL */
	reg [63:0] trial_if_set, trial_if_not;
	reg [47:0] divisor_2;
	reg [49:0] triple_2;
	reg signed [24:0] row_raw_2;
	reg row_compare_2;
	reg [14:0] bits_2;
	reg no_direction;			// the divisor is 0

	wire fits = !difference[64];
	wire [16:0] magnitude = no_direction ? 17'd0 : {1'b0, bits_2, fits};

	always @(posedge clk) begin
		more <= !rst && left > 1;
		last <= !rst && left == 1;
		left_2 <= left - 1'b1;
		difference <= {1'b0, rest} - {1'b0, trial};
		rest_2 <= rest;
		trial_if_set <= {trial[62:0], 1'b0} + {14'd0, triple};
		trial_if_not <= {trial[62:0], 1'b0} - {16'd0, divisor};
		divisor_2 <= divisor;
		triple_2 <= triple;
		row_raw_2 <= row_raw;
		row_compare_2 <= row_compare;
		bits_2 <= bits;
		no_direction <= divisor == 0;
	end

	always @(posedge clk) begin
		if (load) begin
			row_raw <= load_raw;
			row_compare <= load_compare;
			rest <= {16'd0, load_square};
			trial <= {16'd0, load_divisor};
			divisor <= load_divisor;
			triple <= load_triple;
			bits <= 0;
		end else if (more) begin
			row_raw <= row_raw_2;
			row_compare <= row_compare_2;
			rest <= {(fits ? difference[61:0] : rest_2[61:0]), 2'b00};
			trial <= fits ? trial_if_set : trial_if_not;
			divisor <= divisor_2;
			triple <= triple_2;
			bits <= {bits_2[13:0], fits};
		end else begin
			// Nothing of the last row stays.
			row_raw <= 0;
			row_compare <= 0;
			rest <= 0;
			trial <= 0;
			divisor <= 0;
			triple <= 0;
			bits <= 0;
		end
		left <= rst ? 5'd0 : load ? 5'd16 : more ? left_2 : 5'd0;
		valid <= !rst && last;
		compare <= row_compare_2;
		raw <= last ? row_raw_2 : 25'd0;
		similarity <= !last ? 17'd0 : row_raw_2[24] ? -magnitude : magnitude;
	end
endmodule
`default_nettype wire
