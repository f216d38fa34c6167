// SPDX-License-Identifier: MIT
//
// What fifo promises, looked at from inside: the entry that is pushed as the n-th, for any
// n, is popped as the n-th, and what is in no entry is zero after scrubbing.

	(* anyconst *) wire [7:0] number;
	(* anyconst *) wire [DEPTH_LOG2-1:0] place;
	reg [7:0] pushed, popped;
	reg [WIDTH-1:0] value;
	reg [DEPTH_LOG2:0] cleaned;	// places, since the last push
	reg was_stored;
	reg begun = 0;

	always @(posedge clk) begin
		begun <= 1;
		was_stored <= !rst && stored;
		if (rst) begin
			pushed <= 0;
			popped <= 0;
			cleaned <= 0;
		end else begin
			if (push && !full) begin
				pushed <= pushed + 1'b1;
				if (pushed == number)
					value <= push_data;
			end
			if (pop && !empty)
				popped <= popped + 1'b1;
			if (push && !full)
				cleaned <= 0;
			else if (scrub && !stored && !cleaned[DEPTH_LOG2])
				cleaned <= cleaned + 1'b1;
		end
	end

	wire [DEPTH_LOG2:0] level = tail - head;
	wire [7:0] ahead = number - popped - shown;
	wire [DEPTH_LOG2-1:0] at = head[DEPTH_LOG2-1:0] + ahead[DEPTH_LOG2-1:0];
	wire [DEPTH_LOG2-1:0] behind = tail[DEPTH_LOG2-1:0] - 1'b1 - place;

	always @* begin
		if (!begun)
			assume (rst);
		assume (pushed < 8'hff);
	end

	always @* if (begun) begin
		assert (popped <= pushed && pushed - popped == level + shown);
		assert (level <= (1 << DEPTH_LOG2));
		assert (stored == (level != 0));
		assert (!was_stored || shown);
		assert (empty == !shown);
		assert (full == (level == (1 << DEPTH_LOG2)));
		if (popped + shown <= number && number < pushed)
			assert (entries[at] == value);
		if (shown && popped == number)
			assert (pop_data == value);
		if (!shown)
			assert (pop_data == 0);
		if (behind < cleaned)
			assert (entries[place] == 0);
	end
