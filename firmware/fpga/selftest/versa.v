// SPDX-License-Identifier: MIT
//
// versa: the self-test on Lattice's ECP5-5G Versa board; versa.lpf has its pins.
//
// LED 0 is on while the last round has passed, LED 1 once any has failed; both are lit by a
// low level. The serial line is that of the board's USB port, 115,200 bits a second.
`default_nettype none

module versa #(
	parameter EXPECTED = 0		// see selftest
) (
	input wire clk,			// 100 MHz
	output wire led_passed,
	output wire led_failed,
	output wire line
);
	wire passed, failed;

	assign led_passed = !passed;
	assign led_failed = !failed;

	selftest #(.EXPECTED(EXPECTED)) test(
		.clk(clk), .flip(1'b0), .passed(passed), .failed(failed), .line(line));
endmodule
`default_nettype wire
