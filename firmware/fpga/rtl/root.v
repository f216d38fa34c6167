// SPDX-License-Identifier: MIT
//
// root: the published similarity, from raw^2 and the product of the squared norms.
//
// include/limen/score.h defines it as isqrt(floor(2^30 * raw^2 / divisor)): the largest r
// with r^2 * divisor <= 2^30 * raw^2. Here r is found without a division, one bit in a
// cycle from the highest, as long division and the square root by hand are at once. With
// the r of the bits so far, a further bit fits if
//
//	(4r + 1) * divisor <= rest,  where rest = 4^n * raw^2 - (2r)^2 * divisor.
//
// trial holds the left side. For the next bit it is 2 * trial + 3 * divisor if this one was
// set and 2 * trial - divisor if not; both are formed while rest and trial are compared, so
// that one carry chain of 64 bits, not two, lies between registers.
//
// Bounds: the norms are at most 2^23 each, so the divisor is at most 2^46, and by Cauchy
// and Schwarz raw^2 is no larger; r stays at most 2^15, rest below 2^64, trial below 2^63.
//
// load takes a row; valid comes in the sixteenth cycle after it, and in that same cycle
// the next row may be loaded. What is known of the row stays until then.
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
	reg [4:0] steps;
	reg [63:0] rest, trial;
	reg [47:0] divisor;
	reg [49:0] triple;
	reg signed [24:0] row_raw;
	reg row_compare;
	reg [14:0] bits;

	/* verilator lint_off UNUSEDSIGNAL */ // if it fits, it is below 2^62
	wire [64:0] difference = {1'b0, rest} - {1'b0, trial};
	/* verilator lint_on UNUSEDSIGNAL */
	wire fits = !difference[64];
	wire [63:0] trial_if_set = {trial[62:0], 1'b0} + {14'd0, triple};
	wire [63:0] trial_if_not = {trial[62:0], 1'b0} - {16'd0, divisor};
	wire [16:0] magnitude = divisor == 0 ? 17'd0 : {1'b0, bits, fits};

	always @(posedge clk) begin
		valid <= !rst && steps == 1;
		compare <= row_compare;
		raw <= steps == 1 ? row_raw : 25'd0;
		similarity <= steps != 1 ? 17'd0 : row_raw[24] ? -magnitude : magnitude;
		if (rst) begin
			steps <= 0;
		end else if (load) begin
			steps <= 16;
			row_raw <= load_raw;
			row_compare <= load_compare;
			rest <= {16'd0, load_square};
			trial <= {16'd0, load_divisor};
			divisor <= load_divisor;
			triple <= load_triple;
		end else if (steps != 0) begin
			steps <= steps - 1'b1;
			rest <= {(fits ? difference[61:0] : rest[61:0]), 2'b00};
			trial <= fits ? trial_if_set : trial_if_not;
			bits <= {bits[13:0], fits};
		end else begin
			// Nothing of the last row stays.
			row_raw <= 0;
			rest <= 0;
			trial <= 0;
			divisor <= 0;
			triple <= 0;
			bits <= 0;
		end
	end
endmodule
`default_nettype wire
