// SPDX-License-Identifier: MIT
//
// What topk promises, for entries whose tag is their number: in the order of score, then
// number, it holds the K best of all offered so far. One entry stands for any: target.
`default_nettype none

module topk_proof #(
	parameter K = 8,
	parameter SCORE = 17,
	parameter TAG = 32
) (
	input wire clk,
	input wire rst,
	input wire valid,
	input wire signed [SCORE-1:0] score
);
	reg [TAG-1:0] offered;
	wire out_valid;
	wire signed [SCORE-1:0] out_score;
	wire [TAG-1:0] out_tag;
	wire [K-1:0] used;
	wire [K*SCORE-1:0] scores;
	wire [K*TAG-1:0] tags;

	topk #(.K(K), .SCORE(SCORE), .TAG(TAG)) dut(
		.clk(clk), .rst(rst), .valid(valid), .score(score), .tag(offered),
		.out_valid(out_valid), .out_score(out_score), .out_tag(out_tag),
		.used(used), .scores(scores), .tags(tags));

	(* anyconst *) wire [TAG-1:0] target;
	reg signed [SCORE-1:0] target_score;
	reg seen;	// it was offered
	reg gone;	// it fell out before the last cycle
	reg begun = 0;
	wire falls = out_valid && out_tag == target;

	always @(posedge clk) begin
		begun <= 1;
		if (rst) begin
			offered <= 0;
			seen <= 0;
			gone <= 0;
		end else begin
			if (valid) begin
				offered <= offered + 1'b1;
				if (offered == target) begin
					seen <= 1;
					target_score <= score;
				end
			end
			if (falls)
				gone <= 1;
		end
	end

	wire signed [SCORE-1:0] place_score [0:K-1];
	wire [TAG-1:0] place_tag [0:K-1];

	genvar g;
	generate
		for (g = 0; g < K; g = g + 1) begin : places
			assign place_score[g] = scores[g*SCORE +: SCORE];
			assign place_tag[g] = tags[g*TAG +: TAG];
		end
	endgenerate

	// Where the target is.
	reg [7:0] here, count;
	reg kept;
	integer i;

	always @* begin
		here = 0;
		count = 0;
		kept = 1;
		for (i = 0; i < K; i = i + 1) begin
			if (used[i])
				count = count + 1;
			if (used[i] && place_tag[i] == target) begin
				here = here + 1;
				kept = kept && place_score[i] == target_score;
			end
		end
	end

	always @* begin
		if (!begun)
			assume (rst);
		assume (offered < {TAG{1'b1}});
	end

	always @* if (begun) begin
		// In order, without gaps.
		for (i = 0; i < K; i = i + 1)
			if (used[i])
				assert (place_tag[i] < offered);
		for (i = 1; i < K; i = i + 1)
			if (used[i])
				assert (used[i-1] && (place_score[i-1] > place_score[i] ||
					(place_score[i-1] == place_score[i] &&
					 place_tag[i-1] < place_tag[i])));
		assert (count == (offered < K ? offered : K));
		// Here, or falling out, or gone: one of them, and only if it was offered.
		assert (seen == (target < offered));
		assert (here + falls + gone == seen);
		if (here != 0)
			assert (kept);
		if (falls)
			assert (out_score == target_score);
		// Out of it only because K others are better.
		if (falls || gone)
			assert (used[K-1] && (place_score[K-1] > target_score ||
				(place_score[K-1] == target_score &&
				 place_tag[K-1] < target)));
	end
endmodule
`default_nettype wire
