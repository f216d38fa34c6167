// SPDX-License-Identifier: MIT
//
// similarity: published similarities of rows, in the order of the rows.
//
// A row enters when valid and ready are high, and leaves 39 cycles later. Two multipliers
// serve all rows, one in each cycle. The bits are found by UNITS units, each of which has two
// rows at a time, one that entered in an even cycle and one in an odd cycle, for 32 cycles.
// The places of all units are used in turn: so UNITS rows enter in any 16 cycles, give or
// take the one that a row may have to wait for its place's, and as every row takes equally
// long, they leave in order. To keep the memory port busy, UNITS must be at least
// 16 * LANES / dimension.
`default_nettype none

module similarity #(
	parameter UNITS = 2		// 1 to 16
) (
	input wire clk,
	input wire rst,
	input wire valid,
	output wire ready,
	input wire compare,
	input wire signed [24:0] raw,
	input wire [23:0] norm,
	input wire [23:0] probe_norm,
	output reg out_valid,
	output reg out_compare,
	output reg signed [24:0] out_raw,
	output reg signed [16:0] out_similarity
);
	localparam CYCLES = 32;			// of a row in its unit
	localparam [5:0] PLACES = {UNITS[4:0], 1'b0};
	localparam [UNITS-1:0] FIRST = 1;
	localparam [4:0] UNIT_LAST = UNITS[4:0] - 1'b1;

	// A place is free again if fewer rows than there are places came in the last 31 cycles.
	reg [CYCLES-2:0] entered;
	reg [5:0] recent;
	reg odd, odd_next;		// this cycle, and the cycle in which the next row enters
	wire enter = valid && ready;

	assign ready = recent < PLACES && odd == odd_next;

	always @(posedge clk) begin
		if (rst) begin
			entered <= 0;
			recent <= 0;
			odd <= 0;
			odd_next <= 0;
		end else begin
			entered <= {entered[CYCLES-3:0], enter};
			recent <= recent + {5'd0, enter} - {5'd0, entered[CYCLES-2]};
			odd <= !odd;
			odd_next <= odd_next ^ enter;
		end
	end

	// The factors, their products, and three times the divisor.
	reg [23:0] magnitude, norm_1, norm_2;
	wire [47:0] square, divisor;
	reg [47:0] load_square, load_divisor;
	reg [49:0] load_triple;
	reg [3:0] valids;
	reg [4:0] compares;
	reg signed [24:0] raws [0:4];
	reg second;			// of the two rows that a unit takes
	reg [4:0] turn;
	reg [UNITS-1:0] loads;
	integer i;

	multiply squarer(.clk(clk), .x(magnitude), .y(magnitude), .product(square));
	multiply divider(.clk(clk), .x(norm_1), .y(norm_2), .product(divisor));

	always @(posedge clk) begin
		magnitude <= !enter ? 24'd0 : raw[24] ? -raw[23:0] : raw[23:0];
		norm_1 <= enter ? norm : 24'd0;
		norm_2 <= enter ? probe_norm : 24'd0;
		load_square <= square;
		load_divisor <= divisor;
		load_triple <= {2'd0, divisor} + {1'b0, divisor, 1'b0};
		valids <= rst ? 4'd0 : {valids[2:0], enter};
		compares <= {compares[3:0], compare};
		raws[0] <= enter ? raw : 25'd0;
		for (i = 1; i < 5; i = i + 1)
			raws[i] <= raws[i-1];
		loads <= rst || !valids[3] ? {UNITS{1'b0}} : FIRST << turn;
		if (rst) begin
			second <= 0;
			turn <= 0;
		end else if (valids[3]) begin
			second <= !second;
			if (second)
				turn <= turn == UNIT_LAST ? 5'd0 : turn + 1'b1;
		end
	end

	wire [UNITS-1:0] unit_valid, unit_compare;
	wire [UNITS*25-1:0] unit_raw;
	wire [UNITS*17-1:0] unit_similarity;

	genvar g;
	generate
		for (g = 0; g < UNITS; g = g + 1) begin : units
			root unit(
				.clk(clk), .rst(rst),
				.load(loads[g]), .load_compare(compares[4]),
				.load_raw(raws[4]), .load_square(load_square),
				.load_divisor(load_divisor), .load_triple(load_triple),
				.valid(unit_valid[g]), .compare(unit_compare[g]),
				.raw(unit_raw[g*25 +: 25]),
				.similarity(unit_similarity[g*17 +: 17]));
		end
	endgenerate

	// At most one unit has a result in a cycle; the others show zeros.
	reg any_compare;
	reg [24:0] any_raw;
	reg [16:0] any_similarity;
	integer u;

	always @* begin
		any_compare = 0;
		any_raw = 0;
		any_similarity = 0;
		for (u = 0; u < UNITS; u = u + 1) begin
			any_compare = any_compare | (unit_valid[u] & unit_compare[u]);
			any_raw = any_raw | unit_raw[u*25 +: 25];
			any_similarity = any_similarity | unit_similarity[u*17 +: 17];
		end
	end

	always @(posedge clk) begin
		out_valid <= !rst && |unit_valid;
		out_compare <= any_compare;
		out_raw <= any_raw;
		out_similarity <= any_similarity;
	end
endmodule
`default_nettype wire
