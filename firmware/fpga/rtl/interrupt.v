// SPDX-License-Identifier: MIT
//
// interrupt: IRQ_STATUS and IRQ_ENABLE, and when the host is interrupted.
//
// raise sets bits of the status. If one of them is enabled, a message is asked for (send), also
// if the bit was set before; until it is taken (sent), others become the same one, so the last
// is never lost. The host's write of ones clears bits, but takes back no message; a bit that is
// raised in the same cycle stays set.
`default_nettype none

module interrupt (
	input wire clk,
	input wire rst,
	input wire master,		// messages are writes of the bus's master
	input wire raise,
	input wire [31:0] raise_bits,
	input wire clear,
	input wire set_enable,
	input wire [31:0] value,	// for clear and set_enable
	output reg [31:0] status,
	output reg [31:0] enable,
	output wire send,
	input wire sent
);
	reg wanted;

	assign send = wanted && master;

	always @(posedge clk) begin
		if (rst) begin
			status <= 0;
			enable <= 0;
			wanted <= 0;
		end else begin
			status <= (clear ? status & ~value : status) |
				(raise ? raise_bits : 32'd0);
			if (set_enable)
				enable <= value;
			wanted <= (raise && (raise_bits & enable) != 0) ||
				(wanted && !(send && sent));
		end
	end
endmodule
`default_nettype wire
