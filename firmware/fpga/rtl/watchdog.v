// SPDX-License-Identifier: MIT
//
// watchdog: what follows if the firmware's heartbeat stays away.
//
// Time is that of the board's clock, in nanoseconds, and counts from the last beat or from the
// end of the reset. After a quarter of LIMIT the processor's timer interrupt (due) rises. After
// LIMIT the board's firmware counts as not alive (late, for a cycle): that is an error that the
// host is told of. After RESET the board is reset (expired stays high until that).
//
// The first beat arms late and expired, so that loading the firmware may take its time. Nothing
// but a reset disarms them: firmware that has gone wrong cannot.
`default_nettype none

module watchdog #(
	parameter [39:0] LIMIT = 100000000,	// HEARTBEAT_MS, in nanoseconds
	parameter [39:0] RESET = 1000000000	// more than LIMIT
) (
	input wire clk,
	input wire rst,
	input wire [39:0] now,
	input wire beat,
	output reg due,
	output reg late,
	output reg expired
);
	reg armed, told, fresh;
	reg [39:0] last, passed;

	// A beat takes two cycles to show in what has passed.
	always @(posedge clk) begin
		fresh <= rst || beat;
		passed <= now - last;
		if (rst || beat)
			last <= now;
		due <= !rst && !beat && !fresh && passed >= LIMIT / 4;
		late <= !rst && !beat && !fresh && armed && !told && passed >= LIMIT;
		if (rst || beat)
			told <= 0;
		else if (!fresh && armed && passed >= LIMIT)
			told <= 1;
		if (rst)
			armed <= 0;
		else if (beat)
			armed <= 1;
		if (rst)
			expired <= 0;
		else if (!beat && !fresh && armed && passed >= RESET)
			expired <= 1;
	end
endmodule
`default_nettype wire
