// SPDX-License-Identifier: MIT
//
// What vector promises, looked at from inside: no event is forgotten, none is held for longer
// than moderation has been since the last message, none that is not urgent comes earlier,
// and an urgent one is never held. The clock goes on, by any step below a quarter of its
// range, in which each rest is as well.

	reg owes, owes_urgent;		// an event has come since the last message
	reg said;			// there was a message, at
	reg [TIME-1:0] last, due;	// that time, and how long it rests from then on
	reg [TIME-1:0] before;
	reg begun = 0;
	wire [TIME-1:0] passed = now - last, behind = before - last;

	always @(posedge clk) begin
		begun <= 1;
		before <= now;
		owes <= !rst && (tell || (owes && !sent));
		owes_urgent <= !rst && ((tell && urgent) || (owes_urgent && !sent));
		if (rst || sent) begin
			said <= !rst;
			last <= now;
			due <= rest;
		end else if (said && passed >= due) begin
			said <= 0;		// it rests no more
		end
	end

	wire [TIME-1:0] step = now - before;

	always @* begin
		if (!begun)
			assume (rst);
		assume (step < (1 << (TIME - 2)));
		assume (moderation * UNIT < (1 << (TIME - 2)));
		// Nothing is taken that is not offered.
		assume (send || !sent);
	end

	always @* if (begun) begin
		assert (rest < (1 << (TIME - 2)));
		assert (wanted == owes && pressing == owes_urgent);
		assert (resting == (said && due != 0));
		if (said)
			assert (due < (1 << (TIME - 2)) && over == last + due);
		if (resting)
			assert (behind < due || behind == 0);
		// It is sent as soon as the cycle after that in which they have passed,
		if (owes && !send)
			assert (!owes_urgent && said && behind < due);
		// and never before.
		if (send && !owes_urgent)
			assert (!said || due == 0);
		assert (send == (owes && (owes_urgent || !said || due == 0)));
	end
