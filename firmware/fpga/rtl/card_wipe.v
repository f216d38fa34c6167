// SPDX-License-Identifier: MIT
//
// card_wipe: the host's registers WIPE_*, by which it has card memory zeroed.
//
// No processor takes part, and RESET does not end it; a reset of the function does (forget).
// A write of 0 to GO ends what is under way, and never makes it done. A read of DONE has to
// wait until that is so: while settled is low. What memory does not hold is never done.
`default_nettype none

module card_wipe #(
	parameter ADDRESS = 32		// bits of an address in card memory
) (
	input wire clk,
	input wire forget,
	input wire [ADDRESS-12:0] memory_pages,	// of 4 KiB
	input wire set_page,
	input wire set_pages,
	input wire go,
	input wire [31:0] value,
	output reg [31:0] done,		// WIPE_DONE
	output wire settled,

	output reg start,		// see matcher
	output reg stop,
	output wire [ADDRESS-1:0] address,
	output wire [ADDRESS:0] bytes,
	input wire finished,
	input wire memory_cold		// none begins: all of memory is being wiped
);
	localparam PAGE_LOG2 = 12;
	localparam [2:0] IDLE = 0, CHECK = 1, START = 2, STARTED = 3, RUN = 4, STOP = 5;

	reg [2:0] state;
	reg [31:0] page, pages, number;
	wire [32:0] last = {1'b0, page} + {1'b0, pages};
	wire fits = last <= {{32+PAGE_LOG2-ADDRESS{1'b0}}, memory_pages};

	assign settled = state != STOP;
	assign address = {page[ADDRESS-PAGE_LOG2-1:0], {PAGE_LOG2{1'b0}}};
	assign bytes = {pages[ADDRESS-PAGE_LOG2:0], {PAGE_LOG2{1'b0}}};

	always @(posedge clk) begin
		start <= 0;
		stop <= 0;
		if (forget) begin
			state <= IDLE;
			page <= 0;
			pages <= 0;
			done <= 0;
		end else begin
			if (state == IDLE && set_page)
				page <= value;
			if (state == IDLE && set_pages)
				pages <= value;
			case (state)
			IDLE: if (go && value != 0 && !memory_cold) begin
				number <= value;
				state <= CHECK;
			end
			CHECK: state <= fits ? START : IDLE;
			START: begin
				start <= 1;
				state <= STARTED;
			end
			// That it has started shows in the cycle after start.
			STARTED: if (!start && !finished)
				state <= RUN;
			RUN: if (finished) begin
				done <= number;
				state <= IDLE;
			end
			default: if (finished && !stop)
				state <= IDLE;
			endcase
			if (go && value == 0 && state != IDLE) begin
				stop <= 1;
				state <= STOP;
			end
		end
	end
endmodule
`default_nettype wire
