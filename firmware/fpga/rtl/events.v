// SPDX-License-Identifier: MIT
//
// events: the host's writes to registers that are firmware's, in their order, for the processor.
//
// None is lost or merged: while ready is low, the host's bus waits. The oldest stands at
// oldest_* while any is high, which is the processor's external interrupt; take takes it off.
// A reset forgets them.
//
// formal/fifo.vh proves of the queue that it loses, doubles and reorders nothing.
`default_nettype none

module events #(
	parameter DEPTH_LOG2 = 9	// log2 of those that wait, but for the oldest
) (
	input wire clk,
	input wire rst,
	output wire ready,
	input wire write,
	input wire [9:0] write_register,	// its number: a quarter of its offset
	input wire [31:0] write_value,
	output wire any,
	output wire [31:0] waiting,
	input wire take,
	output wire [9:0] oldest_register,
	output wire [31:0] oldest_value
);
	reg [DEPTH_LOG2+1:0] count;
	wire empty, full;
	wire put = write && ready;
	wire taken = take && any;

	assign any = !empty;
	assign ready = !full;
	// One that has just come does not stand there yet.
	assign waiting = empty ? 32'd0 : {{30-DEPTH_LOG2{1'b0}}, count};

	fifo #(.WIDTH(10 + 32), .DEPTH_LOG2(DEPTH_LOG2)) queue(
		.clk(clk), .rst(rst), .scrub(1'b0), .push(put),
		.push_data({write_register, write_value}), .pop(taken),
		.pop_data({oldest_register, oldest_value}), .empty(empty), .full(full));

	always @(posedge clk)
		if (rst)
			count <= 0;
		else
			count <= count + {{DEPTH_LOG2+1{1'b0}}, put} -
				{{DEPTH_LOG2+1{1'b0}}, taken};
endmodule
`default_nettype wire
