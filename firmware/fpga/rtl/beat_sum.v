// SPDX-License-Identifier: MIT
//
// beat_sum: the sum of LANES products of signed bytes.
//
// A new pair of beats enters in every cycle; its sum stands at the output six cycles
// later. There is no state but the pipeline, so zeros at the input wipe it in six cycles.
// At most four numbers are added between registers, which is what an FPGA's carry chains
// manage at the frequency of its multipliers. These have registers of their own before and
// behind them, since their columns are far from the logic: keep stops synthesis from merging
// those of two sums that share an input.
//
// With 64 lanes the sum is at most 64 * 2^14 = 2^20 in magnitude: 22 bits.
`default_nettype none

module beat_sum #(
	parameter LANES = 16		// bytes of a beat: 16, 32 or 64
) (
	input wire clk,
	input wire [LANES*8-1:0] a,
	input wire [LANES*8-1:0] b,
	output reg signed [21:0] sum
);
	(* keep *) reg [LANES*8-1:0] near_a, near_b;
	reg signed [15:0] far [0:LANES-1];
	reg signed [15:0] product [0:LANES-1];
	reg signed [17:0] four [0:LANES/4-1];
	reg signed [19:0] sixteen [0:LANES/16-1];
	reg signed [21:0] all;
	integer i, j, k, m;

	always @* begin
		all = 0;
		for (m = 0; m < LANES / 16; m = m + 1)
			all = all + {{2{sixteen[m][19]}}, sixteen[m]};
	end

	always @(posedge clk) begin
		near_a <= a;
		near_b <= b;
		for (i = 0; i < LANES; i = i + 1) begin
			far[i] <= $signed(near_a[i*8 +: 8]) * $signed(near_b[i*8 +: 8]);
			product[i] <= far[i];
		end
		for (j = 0; j < LANES / 4; j = j + 1)
			four[j] <= ({{2{product[4*j][15]}}, product[4*j]} +
				    {{2{product[4*j+1][15]}}, product[4*j+1]}) +
				   ({{2{product[4*j+2][15]}}, product[4*j+2]} +
				    {{2{product[4*j+3][15]}}, product[4*j+3]});
		for (k = 0; k < LANES / 16; k = k + 1)
			sixteen[k] <= ({{2{four[4*k][17]}}, four[4*k]} +
				       {{2{four[4*k+1][17]}}, four[4*k+1]}) +
				      ({{2{four[4*k+2][17]}}, four[4*k+2]} +
				       {{2{four[4*k+3][17]}}, four[4*k+3]});
		sum <= all;
	end
endmodule
`default_nettype wire
