// SPDX-License-Identifier: MIT
//
// arbiter: who of several may use a port next.
//
// At most one bit of grant is high, and only of one who requests. A grant stays until the
// port is ready, since a port may have begun with it; whoever requests keeps requesting
// until then. The turn goes round: who requests is granted after at most COUNT - 1 others.
//
// formal/arbiter.vh proves all of that.
`default_nettype none

module arbiter #(
	parameter COUNT = 3		// of those who request
) (
	input wire clk,
	input wire rst,
	input wire [COUNT-1:0] request,
	input wire ready,
	output wire [COUNT-1:0] grant
);
	// Bits from the turn's on; below it they wait for the next round.
	reg [COUNT-1:0] turn_on;
	reg [COUNT-1:0] begun;
	wire [COUNT-1:0] this_round = request & turn_on;
	wire [COUNT-1:0] candidates = this_round != 0 ? this_round : request;
	wire [COUNT-1:0] first = candidates & (~candidates + 1'b1);

	assign grant = begun != 0 ? begun : first;

	always @(posedge clk) begin
		if (rst) begin
			turn_on <= 0;
			begun <= 0;
		end else begin
			begun <= ready ? {COUNT{1'b0}} : grant;
			// All above the one that was served.
			if (ready && grant != 0)
				turn_on <= ~(grant | (grant - 1'b1));
		end
	end

`ifdef FORMAL
`include "arbiter.vh"
`endif
endmodule
`default_nettype wire
