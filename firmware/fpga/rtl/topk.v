// SPDX-License-Identifier: MIT
//
// topk: the K best of all entries offered so far, best first, one entry in a cycle.
//
// Of equal scores the one that came first is better, so rows offered in their order are
// ranked as include/limen/hw.h asks. Each entry offered either takes its place, and all
// worse ones move down, or is worse than all. Once all K places are taken, one entry falls
// out for each that is offered, the one offered or the last; it stands at out_* in the
// next cycle. So what has been offered is always either here or has fallen out, once.
//
// formal/topk.v proves all of that.
`default_nettype none

module topk #(
	parameter K = 8,	// entries kept
	parameter SCORE = 17,	// bits of a score, signed
	parameter TAG = 57	// bits of what goes with it
) (
	input wire clk,
	input wire rst,
	input wire valid,
	input wire signed [SCORE-1:0] score,
	input wire [TAG-1:0] tag,
	output reg out_valid,
	output reg signed [SCORE-1:0] out_score,
	output reg [TAG-1:0] out_tag,
	output wire [K-1:0] used,
	output wire [K*SCORE-1:0] scores,
	output wire [K*TAG-1:0] tags
);
	reg [K-1:0] place_used;
	reg signed [SCORE-1:0] place_score [0:K-1];
	reg [TAG-1:0] place_tag [0:K-1];
	wire [K-1:0] better;	// than what is in that place

	assign used = place_used;

	genvar g;
	generate
		for (g = 0; g < K; g = g + 1) begin : places
			// Places are sorted: if it is better than one, then than all below.
			wire from_above = g > 0 && better[g > 0 ? g - 1 : 0];

			assign better[g] = !place_used[g] || score > place_score[g];
			assign scores[g*SCORE +: SCORE] = place_score[g];
			assign tags[g*TAG +: TAG] = place_tag[g];

			always @(posedge clk) begin
				if (rst) begin
					place_used[g] <= 0;
					place_score[g] <= 0;
					place_tag[g] <= 0;
				end else if (valid && from_above) begin
					place_used[g] <= place_used[g > 0 ? g - 1 : 0];
					place_score[g] <= place_score[g > 0 ? g - 1 : 0];
					place_tag[g] <= place_tag[g > 0 ? g - 1 : 0];
				end else if (valid && better[g]) begin
					place_used[g] <= 1;
					place_score[g] <= score;
					place_tag[g] <= tag;
				end
			end
		end
	endgenerate

	always @(posedge clk) begin
		out_valid <= !rst && valid && place_used[K-1];
		out_score <= rst ? {SCORE{1'b0}} : better[K-1] ? place_score[K-1] : score;
		out_tag <= rst ? {TAG{1'b0}} : better[K-1] ? place_tag[K-1] : tag;
	end
endmodule
`default_nettype wire
