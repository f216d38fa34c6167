// SPDX-License-Identifier: MIT
//
// post: writes a range of SRAM to the host's memory, word by word, by rising address.
//
// start, in a cycle with busy low, takes the range, which its user has checked. Each word is
// read from SRAM when its turn has come, and stands until the bus takes it (post_ready);
// post_last is high with the last one. A core for PCI Express makes packets of the words
// between, which end at post_last and at boundaries of 4 KiB, and sends them in this order. So
// the last word is written last. busy falls when the bus has taken it.
//
// While master is low no word is offered.
`default_nettype none

module post #(
	parameter SRAM = 18		// bits of an address in SRAM
) (
	input wire clk,
	input wire rst,
	input wire master,

	input wire start,
	input wire [61:0] address,	// a quarter of it
	input wire [SRAM-3:0] sram,	// likewise
	input wire [10:0] words,
	output wire busy,

	output wire read_valid,
	input wire read_ready,
	output reg [SRAM-3:0] read_word,
	input wire read_response,
	input wire [31:0] read_data,

	output wire post_valid,
	input wire post_ready,
	output wire [63:0] post_address,
	output reg [31:0] post_data,
	output wire post_last
);
	reg [10:0] left;		// words
	reg asked, here;
	reg [61:0] to;
	wire posted = post_valid && post_ready;

	assign busy = left != 0;
	assign read_valid = busy && !asked && !here;
	assign post_valid = here && master;
	assign post_address = {to, 2'b00};
	assign post_last = left == 1;

	always @(posedge clk) begin
		if (rst) begin
			left <= 0;
			asked <= 0;
			here <= 0;
			post_data <= 0;
		end else if (!busy) begin
			if (start)
				left <= words;
			to <= address;
			read_word <= sram;
			post_data <= 0;
		end else begin
			asked <= (asked && !read_response) || (read_valid && read_ready);
			if (read_response) begin
				here <= 1;
				post_data <= read_data;
			end
			if (posted) begin
				here <= 0;
				left <= left - 1'b1;
				to <= to + 1'b1;
				read_word <= read_word + 1'b1;
			end
		end
	end
endmodule
`default_nettype wire
