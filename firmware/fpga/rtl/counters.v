// SPDX-License-Identifier: MIT
//
// counters: what the engine has done since the reset, in 64 bits each.
//
// snapshot copies all of them in one cycle, so that what is read afterwards, by index,
// belongs together. The counters themselves go on and are never written.
`default_nettype none

module counters (
	input wire clk,
	input wire rst,
	input wire busy,		// vectors are being read
	input wire stall,		// and the next beat has not come yet
	input wire row,			// a row of a scan got its similarity
	input wire [1:0] jobs,		// ended in this cycle
	input wire snapshot,
	input wire [2:0] index,		// 0 cycles, 1 busy, 2 stall, 3 rows, 4 jobs
	output reg [63:0] value
);
	localparam COUNT = 5;

	reg [63:0] running [0:COUNT-1];
	reg [63:0] copied [0:COUNT-1];
	wire [2*COUNT-1:0] steps = {jobs, 1'b0, row, 1'b0, stall, 1'b0, busy, 2'd1};
	integer i;

	always @(posedge clk) begin
		for (i = 0; i < COUNT; i = i + 1) begin
			running[i] <= rst ? 64'd0 : running[i] + {62'd0, steps[2*i +: 2]};
			if (rst)
				copied[i] <= 64'd0;
			else if (snapshot)
				copied[i] <= running[i];
		end
		value <= index < COUNT ? copied[index] : 64'd0;
	end
endmodule
`default_nettype wire
