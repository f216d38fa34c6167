// SPDX-License-Identifier: MIT
//
// What arbiter promises, looked at from inside: one grant at most, only on request, which
// stays until the port is ready; and whoever requests waits for COUNT - 1 others at most.

	(* anyconst *) wire [COUNT-1:0] target;
	reg [7:0] waited;		// others that were served meanwhile
	reg [COUNT-1:0] was_requested, was_granted;
	reg begun_once = 0;

	always @(posedge clk) begin
		begun_once <= 1;
		was_requested <= rst ? 0 : request & ~(ready ? grant : 0);
		was_granted <= rst || ready ? 0 : grant;
		if (rst || (request & target) == 0 || (ready && (grant & target) != 0))
			waited <= 0;
		else if (ready && grant != 0)
			waited <= waited + 1'b1;
	end

	// How many others may come before the target from here on, by the order of turns.
	wire [COUNT-1:0] next_turn = begun != 0 ? ~(begun | (begun - 1'b1)) : turn_on;
	wire [COUNT-1:0] below = target - 1'b1;
	wire [COUNT-1:0] before = (next_turn & target) != 0 ? next_turn & below :
		next_turn | below;
	reg [7:0] cost;
	integer i;

	always @* begin
		cost = 0;
		for (i = 0; i < COUNT; i = i + 1)
			cost = cost + before[i];
		if (begun != 0)
			cost = (begun & target) != 0 ? 0 : cost + 1;
	end

	always @* begin
		if (!begun_once)
			assume (rst);
		assume (target != 0 && (target & (target - 1'b1)) == 0);
		// Who requests goes on until it is served.
		assume ((was_requested & ~request) == 0);
	end

	always @* if (begun_once) begin
		assert ((grant & (grant - 1'b1)) == 0);
		assert ((grant & ~request) == 0);
		assert (request == 0 || grant != 0);
		assert (was_granted == 0 || was_granted == grant);
		assert (was_granted == begun && (begun & ~was_requested) == 0);
		assert (waited + cost <= COUNT - 1);
	end
