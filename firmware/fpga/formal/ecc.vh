// SPDX-License-Identifier: MIT
//
// What ecc promises, looked at from inside: a count never falls, nor stays with an error, unless
// it is the largest number; and the status has what has come since it was last cleared.

	reg [COUNT-1:0] corrected_before, uncorrected_before;
	reg was_corrected, was_uncorrected, was_power;
	reg [1:0] status_before, cleared;
	reg begun = 0;

	always @(posedge clk) begin
		begun <= 1;
		corrected_before <= corrected_count;
		uncorrected_before <= uncorrected_count;
		was_corrected <= corrected;
		was_uncorrected <= uncorrected;
		was_power <= power;
		status_before <= status;
		cleared <= clear ? clear_bits : 2'd0;
	end

	always @* if (!begun) assume (power);

	always @* if (begun) begin
		if (was_power) begin
			assert (corrected_count == 0 && uncorrected_count == 0 && status == 0);
		end else begin
			assert (corrected_count == corrected_before +
				(was_corrected && !(&corrected_before)));
			assert (uncorrected_count == uncorrected_before +
				(was_uncorrected && !(&uncorrected_before)));
			assert (status[0] == (was_corrected || (status_before[0] && !cleared[0])));
			assert (status[1] == (was_uncorrected || (status_before[1] && !cleared[1])));
		end
	end
