// SPDX-License-Identifier: MIT
//
// reset: brings the board from any state to READY, without firmware.
//
// Three ask for it: power (the power-on reset, a level), the host (CONTROL's RESET) and
// the watchdog. Then hold, which resets everything else, is high until power is good and
// the memory's controller has answered all that it was asked (quiet), for HOLD cycles at
// least. Afterwards, if it was power, the whole of card memory is wiped: what is in it then
// belongs to nobody. Wiping it after other resets is the driver's to decide. ready, which
// is STATUS's READY, comes when the wipe is over and the engine has wiped itself.
//
// A memory that never becomes quiet keeps the board from READY: the driver gives it up.
`default_nettype none

module reset #(
	parameter HOLD = 16		// cycles, 2 to 255
) (
	input wire clk,
	input wire power,
	input wire host,
	input wire watchdog,
	input wire quiet,
	input wire engine_ready,
	input wire wipe_busy,
	output wire hold,
	output wire wipe_start,
	output wire ready
);
	localparam [1:0] HELD = 0, WIPE = 1, WAIT = 2, READY = 3;

	// What the FPGA is configured with, before there is a clock: a cold start.
	reg [1:0] state = HELD;
	reg cold = 1;
	reg [7:0] held = 0;

	assign hold = state == HELD;
	assign wipe_start = state == WIPE && cold;
	assign ready = state == READY;

	always @(posedge clk) begin
		if (power || host || watchdog) begin
			state <= HELD;
			held <= 0;
			// A wipe that a reset ends begins anew.
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
			WAIT: if (!wipe_busy && engine_ready) begin
				state <= READY;
				cold <= 0;
			end
			default: ;
			endcase
		end
	end
endmodule
`default_nettype wire
