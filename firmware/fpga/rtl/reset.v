// SPDX-License-Identifier: MIT
//
// reset: brings the board from any state to ready, without firmware.
//
// Three ask for it: power (the power-on reset, a level), the host (CONTROL's RESET, or a reset
// of the function) and the watchdog. Then hold, which resets everything else, is high until
// power is good and the memory's controller has answered all that it was asked (quiet), for
// HOLD cycles at least. Afterwards everything is wiped that begins at wipe_start; and, if it
// was power (cold), the whole of card memory: what is in it then belongs to nobody. Wiping it
// after other resets is the driver's to decide. ready comes when all of that is over (wiped).
//
// A memory that never becomes quiet keeps the board in reset: the driver gives it up.
`default_nettype none

module reset #(
	parameter HOLD = 16		// cycles, 2 to 255
) (
	input wire clk,
	input wire power,
	input wire host,
	input wire watchdog,
	input wire quiet,
	input wire wiped,		// in any cycle after wipe_start
	output wire hold,
	output wire wipe_start,
	output reg cold,
	output wire ready
);
	localparam [1:0] HELD = 0, WIPE = 1, WAIT = 2, READY = 3;

	// What the FPGA is configured with, before there is a clock: a cold start.
	reg [1:0] state = HELD;
	reg [7:0] held = 0;

	initial cold = 1;

	assign hold = state == HELD;
	assign wipe_start = state == WIPE;
	assign ready = state == READY;

	always @(posedge clk) begin
		if (power || host || watchdog) begin
			state <= HELD;
			held <= 0;
			cold <= cold || power;
		end else begin
			case (state)
			HELD: begin
				if (held != HOLD)
					held <= held + 1'b1;
				else if (quiet)
					state <= WIPE;
			end
			WIPE: state <= WAIT;
			WAIT: if (wiped) begin
				state <= READY;
				cold <= 0;
			end
			default: ;
			endcase
		end
	end
endmodule
`default_nettype wire
