// SPDX-License-Identifier: MIT
//
// errors: the first error since the host has cleared its cause, and how many there were.
//
// Registers ERROR_* of include/limen/hw.h. Only power makes them forgotten. A write of the
// host clears these bits of the cause; when none is left, the rest is forgotten as well. Of
// errors in the same cycle, all count and one is told: of a transfer, then a trap, then the
// watchdog. An error in the cycle of a clearing write comes after it.
`default_nettype none

module errors (
	input wire clk,
	input wire power,
	input wire clear,
	input wire [31:0] clear_bits,

	input wire transfer,
	input wire transfer_timeout,	// it has timed out, and not been refused
	input wire [1:0] transfer_direction,
	input wire [63:0] transfer_address,
	input wire trap,
	input wire [31:0] trap_cause,
	input wire [31:0] trap_pc,
	input wire late,
	input wire [31:0] late_heartbeat,

	output reg [31:0] cause,
	output reg [31:0] detail,
	output reg [63:0] address,
	output reg [31:0] count
);
	localparam [31:0] DMA_REFUSED = 1, DMA_TIMEOUT = 2, TRAP = 3, WATCHDOG = 4;

	wire any = transfer || trap || late;
	wire [1:0] more = {1'b0, transfer} + {1'b0, trap} + {1'b0, late};
	wire [31:0] left = clear ? cause & ~clear_bits : cause;
	wire forget = clear && left == 0;
	wire [32:0] sum = {1'b0, forget ? 32'd0 : count} + {31'd0, more};

	always @(posedge clk) begin
		count <= power ? 32'd0 : sum[32] ? 32'hffffffff : sum[31:0];
		if (power || (forget && !any)) begin
			cause <= 0;
			detail <= 0;
			address <= 0;
		end else if (left == 0 && any) begin
			cause <= transfer ? (transfer_timeout ? DMA_TIMEOUT : DMA_REFUSED) :
				trap ? TRAP : WATCHDOG;
			detail <= transfer ? {30'd0, transfer_direction} :
				trap ? trap_cause : late_heartbeat;
			address <= transfer ? transfer_address : trap ? {32'd0, trap_pc} : 64'd0;
		end else begin
			cause <= left;
		end
	end
endmodule
`default_nettype wire
