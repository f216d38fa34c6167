// SPDX-License-Identifier: MIT
//
// What source promises, looked at from inside: never do both memories owe answers, so each
// answer is that to the oldest request.

	reg [OWED-1:0] card_owes, sram_owes;
	reg begun = 0;

	always @(posedge clk) begin
		begun <= 1;
		if (rst) begin
			card_owes <= 0;
			sram_owes <= 0;
		end else begin
			card_owes <= card_owes + (card_valid && card_ready) - card_response;
			sram_owes <= sram_owes + (sram_valid && sram_ready) - sram_response;
		end
	end

	always @* begin
		if (!begun)
			assume (rst);
		// No memory answers what it was not asked, and there is an end to requests.
		assume (card_owes != 0 || !card_response);
		assume (sram_owes != 0 || !sram_response);
		assume (owed < (1 << OWED) - 1);
	end

	always @* if (begun) begin
		assert (card_owes == 0 || sram_owes == 0);
		assert (owed == card_owes + sram_owes);
		assert (owed == 0 || of_card == (card_owes != 0));
		assert (!(card_response && sram_response));
		assert (!request_ready || !request_valid || card_valid != sram_valid);
	end
