// SPDX-License-Identifier: MIT
//
// What reader promises, looked at from inside: whatever a scan or a compare asks for,
// memory is never asked for anything at or above memory_bytes.

	(* anyconst *) wire [ADDRESS:0] constant;
	reg [9:0] scan_dim_before, compare_dim_before;
	reg begun = 0;

	always @(posedge clk) begin
		begun <= 1;
		scan_dim_before <= scan_dim;
		compare_dim_before <= compare_dim;
	end

	// The beats of the vector that are still to be asked for.
	wire [NEXT-1:0] beats_left = {{NEXT-INDEX{1'b0}}, index_last} - index + 1'b1;
	wire [NEXT-1:0] vector_end = ({{NEXT-ADDRESS{1'b0}}, request_address}) +
		(beats_left << BEAT_LOG2);

	always @* begin
		if (!begun)
			assume (rst);
		assume (memory_bytes == constant && constant[5:0] == 0 && constant >= 512);
		// What the engine has checked, and keeps.
		assume (scan_idle || !scan_start);
		assume (compare_idle || !compare_start);
		assume (scan_dim[5:0] == 0 && scan_dim >= 64 && scan_dim <= 512);
		assume (compare_dim[5:0] == 0 && compare_dim >= 64 && compare_dim <= 512);
		assume (scan_probe[5:0] == 0 && scan_gallery[5:0] == 0);
		assume (scan_stride[5:0] == 0);
		assume (compare_probe[5:0] == 0 && compare_reference[5:0] == 0);
		if (!scan_idle && !scan_begins)
			assume (scan_dim == scan_dim_before);
		if (!compare_idle && !compare_begins)
			assume (compare_dim == compare_dim_before);
	end

	// Likewise of the vector that comes next.
	wire [NEXT-1:0] chosen_end = ({{NEXT-ADDRESS{1'b0}}, chosen_address, {BEAT_LOG2{1'b0}}}) +
		(({{NEXT-INDEX{1'b0}}, chosen_last} + 1'b1) << BEAT_LOG2);

	always @* if (begun) begin
		if (scan_pending || scan_begins)
			assert (!scan_idle);
		if (compare_pending || compare_begins)
			assert (!compare_idle);
		if (scan_checked)
			assert (scan_pending && scan_fits == (scan_next <= scan_limit));
		if (compare_checked)
			assert (compare_pending &&
				compare_fits == (compare_next <= compare_limit));
		if (chosen)
			assert (chosen_end <= memory_end);
		if (scan_pending)
			assert (!scan_begins && scan_limit == memory_end - scan_dim &&
				scan_next[5:0] == 0);
		if (scan_begins)
			assert (scan_next[5:0] == 0);
		if (compare_pending)
			assert (!compare_begins && compare_limit == memory_end - compare_dim &&
				compare_next[5:0] == 0);
		if (compare_begins)
			assert (compare_next[5:0] == 0);
		if (active)
			assert (index <= index_last && vector_end <= memory_end);
		if (request_valid)
			assert ({1'b0, request_address} + LANES <= memory_bytes);
	end
