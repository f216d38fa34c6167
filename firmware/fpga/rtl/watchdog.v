// SPDX-License-Identifier: MIT
//
// watchdog: asks for a reset if the firmware's heartbeat stays away.
//
// The first heartbeat arms it, so that loading the firmware may take its time; from then
// on each must come within TIMEOUT cycles of the one before. expired stays high until the
// reset, and nothing but a reset disarms it: firmware that has gone wrong cannot.
`default_nettype none

module watchdog #(
	parameter TIMEOUT = 125000000	// cycles
) (
	input wire clk,
	input wire rst,
	input wire heartbeat,
	output reg expired
);
	localparam LEFT = $clog2(TIMEOUT + 1);

	reg armed;
	reg [LEFT-1:0] left;

	always @(posedge clk) begin
		if (rst) begin
			armed <= 0;
			expired <= 0;
		end else if (heartbeat && !expired) begin
			armed <= 1;
			left <= TIMEOUT[LEFT-1:0];
		end else if (armed && !expired) begin
			left <= left - 1'b1;
			expired <= left == 1;
		end
	end
endmodule
`default_nettype wire
