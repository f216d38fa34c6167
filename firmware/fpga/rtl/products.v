// SPDX-License-Identifier: MIT
//
// products: dot product and squared norm of each vector that streams in.
//
// Vectors come beat by beat, one beat in a cycle with valid, of one of two streams (a scan
// and a compare may interleave, vector by vector). A probe is kept in its stream's bank
// and only its squared norm is computed; any other vector is multiplied with that bank.
// row_valid comes for those, ten cycles after the last beat. The norm of a probe stands
// from then on at scan_norm or compare_norm. The module never makes its input wait.
//
// A bank is wiped, with its norm, while its bit of wipe is high, in cycles without valid;
// the bit of wiped tells that all of it is zero. Beats that are not valid enter the
// pipeline as zeros, so nothing of a vector stays there.
`default_nettype none

module products #(
	parameter LANES = 16,			// bytes of a beat
	parameter INDEX = $clog2(512 / LANES)	// bits of a beat's number
) (
	input wire clk,
	input wire rst,
	input wire valid,
	input wire compare,			// of the compare, not of the scan
	input wire probe,			// a probe's beat
	input wire [INDEX-1:0] index,		// of the beat in its vector
	input wire last,			// of its vector
	input wire [LANES*8-1:0] data,
	output reg row_valid,
	output reg row_compare,
	output reg signed [24:0] row_raw,
	output reg [23:0] row_norm,
	output reg [23:0] scan_norm,
	output reg [23:0] compare_norm,
	input wire [1:0] wipe,			// {compare's bank, scan's bank}
	output wire [1:0] wiped
);
	localparam CYCLES = 7;			// from a beat to its sum, without the last register

	// The banks: the scan's probe below, the compare's above.
	reg [LANES*8-1:0] banks [0:(2 << INDEX)-1];
	reg [INDEX:0] scan_wiped, compare_wiped;

	wire wipe_scan = !valid && wipe[0] && !wiped[0];
	wire wipe_compare = !valid && wipe[1] && !wiped[1] && !wipe_scan;
	wire write = (valid && probe) || wipe_scan || wipe_compare;
	wire [INDEX:0] write_at = valid ? {compare, index} :
				  wipe_scan ? {1'b0, scan_wiped[INDEX-1:0]} :
				  {1'b1, compare_wiped[INDEX-1:0]};

	assign wiped = {compare_wiped[INDEX], scan_wiped[INDEX]};

	always @(posedge clk) begin
		if (write)
			banks[write_at] <= valid ? data : {LANES*8{1'b0}};
		if (rst || !wipe[0])
			scan_wiped <= 0;
		else if (wipe_scan)
			scan_wiped <= scan_wiped + 1'b1;
		if (rst || !wipe[1])
			compare_wiped <= 0;
		else if (wipe_compare)
			compare_wiped <= compare_wiped + 1'b1;
	end

	// The beat and its counterpart. The second registers are what stands behind the banks'
	// block RAM, so that the multipliers need not be beside that.
	reg [LANES*8-1:0] beat_read, counterpart_read, beat, counterpart;

	always @(posedge clk) begin
		beat_read <= valid ? data : {LANES*8{1'b0}};
		counterpart_read <= banks[{compare, index}];
		beat <= beat_read;
		counterpart <= counterpart_read;
	end

	wire signed [21:0] beat_dot, beat_square;

	beat_sum #(.LANES(LANES)) dot(
		.clk(clk), .a(beat), .b(counterpart), .sum(beat_dot));
	beat_sum #(.LANES(LANES)) square(
		.clk(clk), .a(beat), .b(beat), .sum(beat_square));

	// What is known of the beat travels beside it.
	reg [CYCLES:0] valids, firsts, lasts, compares, probes;
	wire sum_valid = valids[CYCLES];
	wire sum_first = firsts[CYCLES];

	always @(posedge clk) begin
		valids <= rst ? 0 : {valids[CYCLES-1:0], valid};
		firsts <= {firsts[CYCLES-1:0], index == 0};
		lasts <= {lasts[CYCLES-1:0], last};
		compares <= {compares[CYCLES-1:0], compare};
		probes <= {probes[CYCLES-1:0], probe};
	end

	// With 512 components a sum is at most 2^23 in magnitude.
	reg signed [24:0] raw;
	reg [23:0] norm;
	reg done, done_compare, done_probe;

	always @(posedge clk) begin
		done <= !rst && sum_valid && lasts[CYCLES];
		done_compare <= compares[CYCLES];
		done_probe <= probes[CYCLES];
		if (sum_valid) begin
			raw <= (sum_first ? 25'd0 : raw) + {{3{beat_dot[21]}}, beat_dot};
			norm <= (sum_first ? 24'd0 : norm) + {2'd0, beat_square};
		end else if (done) begin
			raw <= 0;
			norm <= 0;
		end
		row_valid <= !rst && done && !done_probe;
		row_compare <= done_compare;
		row_raw <= done ? raw : 25'd0;
		row_norm <= done ? norm : 24'd0;
		if (rst || wipe[0])
			scan_norm <= 0;
		else if (done && done_probe && !done_compare)
			scan_norm <= norm;
		if (rst || wipe[1])
			compare_norm <= 0;
		else if (done && done_probe && done_compare)
			compare_norm <= norm;
	end
endmodule
`default_nettype wire
