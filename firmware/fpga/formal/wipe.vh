// SPDX-License-Identifier: MIT
//
// What wipe promises, looked at from inside: when it is no longer busy, each address of
// the range was written once, and no other was. One address stands for any: target.

	(* anyconst *) wire [ADDRESS-1:0] target;
	reg [ADDRESS:0] first, count;
	reg [1:0] times;		// that the target was written
	reg begun = 0;
	wire write = write_valid && write_ready;

	always @(posedge clk) begin
		begun <= 1;
		if (rst) begin
			first <= 0;
			count <= 0;
			times <= 0;
		end else if (!busy && start) begin
			first <= {1'b0, start_first};
			count <= start_count;
			times <= 0;
		end else if (write && write_address == target && times != 3) begin
			times <= times + 1'b1;
		end
	end

	wire [ADDRESS:0] written = count - left;
	wire [ADDRESS:0] expected = first + written;
	wire [ADDRESS:0] offset = {1'b0, target} - first;
	wire in_range = {1'b0, target} >= first && offset < count;

	always @* begin
		if (!begun)
			assume (rst);
		assume ({1'b0, start_first} + start_count <= (1 << ADDRESS) &&
			start_count <= (1 << ADDRESS));
	end

	always @* if (begun) begin
		assert (left <= count && first + count <= (1 << ADDRESS) &&
			count <= (1 << ADDRESS));
		assert (busy == (left != 0));
		if (busy)
			assert (write_address == expected[ADDRESS-1:0]);
		assert (times == (in_range && offset < written));
		if (!busy)
			assert (times == in_range);
	end
