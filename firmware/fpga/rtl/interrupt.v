// SPDX-License-Identifier: MIT
//
// interrupt: IRQ_STATUS and IRQ_ENABLE, VECTORS and MODERATION, and when the host is interrupted.
//
// raised sets bits of the status. For those of them that are enabled, messages are asked for
// (send), also if a bit was set before: by vector 0 for all of them, or, if the host has all
// vectors (several), by that of each ring, and by vector 0 for FATAL. Until a message is taken
// (sent), others by the same vector become one with it, so the last is never lost; vector tells
// how they are moderated, which FATAL never is. The host's write of ones clears bits of the
// status, but takes back no message; a bit that is raised in the same cycle stays set.
`default_nettype none

module interrupt (
	input wire clk,
	input wire rst,
	input wire [39:0] now,		// nanoseconds
	input wire master,		// messages are writes of the bus's master
	input wire [31:0] raised,
	input wire clear,
	input wire set_enable,
	input wire set_vectors,
	input wire [3:0] set_moderation, // by vector
	input wire [31:0] value,	// for clear and what is set
	output reg [31:0] status,
	output reg [31:0] enable,
	output reg several,
	output wire [4*14-1:0] moderations, // microseconds, by vector
	output wire send,
	output wire [1:0] send_vector,
	input wire sent
);
	localparam [31:0] VECTORS = 4, MODERATION_MAX = 10000;

	wire [31:0] told = raised & enable;
	wire [3:0] tell = several ? {told[2:0], told[31]} : {3'd0, told != 0};
	wire [3:0] request, grant;
	wire taken = send && sent;

	always @(posedge clk) begin
		if (rst) begin
			status <= 0;
			enable <= 0;
			several <= 0;
		end else begin
			status <= (clear ? status & ~value : status) | raised;
			if (set_enable)
				enable <= value;
			if (set_vectors)
				several <= value == VECTORS;
		end
	end

	genvar g;
	generate
		for (g = 0; g < 4; g = g + 1) begin : vectors
			reg [13:0] moderation;

			always @(posedge clk)
				if (rst)
					moderation <= 0;
				else if (set_moderation[g])
					moderation <= value < MODERATION_MAX ? value[13:0] :
						MODERATION_MAX[13:0];

			assign moderations[14*g +: 14] = moderation;

			vector one(
				.clk(clk), .rst(rst), .now(now), .moderation(moderation),
				.tell(tell[g]), .urgent(g == 0 && told[31]), .send(request[g]),
				.sent(taken && grant[g]));
		end
	endgenerate

	arbiter #(.COUNT(4)) turn(
		.clk(clk), .rst(rst), .request(request), .ready(taken), .grant(grant));

	assign send = grant != 0 && master;
	assign send_vector = {grant[3] || grant[2], grant[3] || grant[1]};
endmodule
`default_nettype wire
