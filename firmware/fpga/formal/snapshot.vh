// SPDX-License-Identifier: MIT
//
// What snapshot promises, looked at from inside: all that the host reads is what the processor
// had shown in one cycle: that of the last take before the last latch. Any two words stand for all.

	(* anyconst *) wire [INDEX-1:0] one;
	(* anyconst *) wire [INDEX-1:0] other;
	reg [63:0] shown, taken, seen;	// both words
	reg begun = 0;

	always @(posedge clk) begin
		begun <= 1;
		if (rst) begin
			shown <= 0;
			taken <= 0;
			seen <= 0;
		end else begin
			if (set && set_index == one)
				shown[31:0] <= value;
			if (set && set_index == other)
				shown[63:32] <= value;
			if (take)
				taken <= shown;
			if (latch)
				seen <= taken;
		end
	end

	always @* begin
		if (!begun)
			assume (rst);
		assume (one < WORDS && other < WORDS);
	end

	always @* if (begun) begin
		assert ({waiting[other], waiting[one]} == shown);
		assert ({counters[other], counters[one]} == taken);
		assert ({latched[other], latched[one]} == seen);
		if (index == one)
			assert (word == seen[31:0]);
		if (index == other)
			assert (word == seen[63:32]);
		if (index >= WORDS)
			assert (word == 0);
	end
