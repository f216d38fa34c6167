// SPDX-License-Identifier: MIT
//
// dma: the processor's transfers between SRAM and what is not in its address space.
//
// These are the registers SHELL_DMA_* of firmware/shell.h, written by set (which of LO, HI, SRAM
// and SIZE) and go. A transfer is checked as a whole before anything is asked for: 4 to 4,096
// bytes, a multiple of 4, which lie within SRAM, and within card memory if they are there; all
// addresses are multiples of 4. busy is high from the cycle after go, and state stands while it
// is low. failed, for a cycle, tells those who keep errors: of what direction, at which
// address.
//
// A range of the host's memory that the address space does not hold is refused as well.
// Words are written to SRAM as they come, so those of a transfer that fails may be there.
// See fetch and post for the rest.
`default_nettype none

module dma #(
	parameter LANES = 16,		// bytes of a beat
	parameter ADDRESS = 32,		// bits of an address in card memory
	parameter SRAM = 18,		// bits of an address in SRAM
	parameter [31:0] SRAM_AT = 32'h10000000, // where the processor has it
	parameter TAG = 5,
	parameter TIMEOUT = 6250000	// cycles
) (
	input wire clk,
	input wire rst,
	input wire master,		// the host lets the board master the bus
	input wire [ADDRESS:0] memory_bytes,

	input wire [3:0] set,
	input wire go,
	input wire [31:0] value,
	output wire [127:0] settings,	// SIZE, SRAM, HI, LO
	output reg busy,
	output reg [1:0] state,		// SHELL_DONE, _REFUSED, _TIMEOUT
	output reg failed,
	output wire [1:0] direction,
	output wire [63:0] address,
	output wire [7:0] unexpected,

	output wire ask_valid,		// of the host
	input wire ask_ready,
	output wire [63:0] ask_address,
	output wire [TAG-1:0] ask_tag,
	input wire answer_valid,
	input wire answer_error,
	input wire [TAG-1:0] answer_tag,
	input wire [LANES*8-1:0] answer_data,

	output wire load_valid,		// of card memory
	input wire load_ready,
	output wire [ADDRESS-1:0] load_address,
	input wire load_response,
	input wire load_error,
	input wire [TAG-1:0] load_response_tag,
	input wire [LANES*8-1:0] load_data,

	output wire post_valid,
	input wire post_ready,
	output wire [63:0] post_address,
	output wire [31:0] post_data,
	output wire post_last,

	output wire write_valid,	// of SRAM
	input wire write_ready,
	output reg [SRAM-3:0] write_word,
	output wire [31:0] write_data,
	output wire read_valid,
	input wire read_ready,
	output wire [SRAM-3:0] read_word,
	input wire read_response,
	input wire [31:0] read_data
);
	localparam [1:0] DONE = 0, REFUSED = 2, TIMED_OUT = 3;
	localparam [1:0] FROM_HOST = 1, TO_HOST = 2, FROM_CARD = 3;

	reg [31:0] low, high, sram, size, what;

	assign settings = {size, sram, high, low};
	assign address = {high, low};
	assign direction = what[1:0];

	always @(posedge clk) begin
		if (rst) begin
			low <= 0;
			high <= 0;
			sram <= 0;
			size <= 0;
		end else if (!busy) begin
			if (set[0])
				low <= value;
			if (set[1])
				high <= value;
			if (set[2])
				sram <= value;
			if (set[3])
				size <= value;
		end
	end

	// Two cycles of checks, of which each has an addition or a comparison.
	reg [1:0] checking;
	reg [32:0] sram_end;
	reg [64:0] end_;
	reg good;
	wire host_asked = what == {30'd0, FROM_HOST}, posted = what == {30'd0, TO_HOST};
	wire card_asked = what == {30'd0, FROM_CARD};
	wire aligned = low[1:0] == 0 && sram[1:0] == 0 && size[1:0] == 0;
	wire size_good = size != 0 && size <= 4096;
	wire sram_good = sram >= SRAM_AT && sram_end <= {1'b0, SRAM_AT} + (33'd1 << SRAM);
	wire end_good = card_asked ? end_ <= {{64-ADDRESS{1'b0}}, memory_bytes} :
		!end_[64] || end_[63:0] == 0;

	// Host memory and card memory answer the same questions.
	wire fetch_busy, fetch_refused, fetch_timed_out, fetch_ask, fetch_ask_ready;
	wire post_busy, start;

	assign start = busy && checking == 2'd2 && good;
	assign ask_valid = fetch_ask && host_asked;
	assign load_valid = fetch_ask && card_asked;
	assign load_address = ask_address[ADDRESS-1:0];
	assign fetch_ask_ready = host_asked ? ask_ready : load_ready;

	fetch #(.LANES(LANES), .GENERATION(TAG - 3), .TIMEOUT(TIMEOUT)) read(
		.clk(clk), .rst(rst), .master(master || card_asked),
		.start(start && !posted), .address(address[63:2]), .words(size[12:2]),
		.busy(fetch_busy), .refused(fetch_refused), .timed_out(fetch_timed_out),
		.unexpected(unexpected),
		.ask_valid(fetch_ask), .ask_ready(fetch_ask_ready),
		.ask_address(ask_address), .ask_tag(ask_tag),
		.answer_valid(card_asked ? load_response : answer_valid),
		.answer_error(card_asked ? load_error : answer_error),
		.answer_tag(card_asked ? load_response_tag : answer_tag),
		.answer_data(card_asked ? load_data : answer_data),
		.word_valid(write_valid), .word_ready(write_ready), .word(write_data));
	post #(.SRAM(SRAM)) write(
		.clk(clk), .rst(rst), .master(master), .start(start && posted),
		.address(address[63:2]), .sram(sram[SRAM-1:2]), .words(size[12:2]),
		.busy(post_busy), .read_valid(read_valid), .read_ready(read_ready),
		.read_word(read_word), .read_response(read_response),
		.read_data(read_data), .post_valid(post_valid), .post_ready(post_ready),
		.post_address(post_address), .post_data(post_data), .post_last(post_last));

	always @(posedge clk) begin
		sram_end <= {1'b0, sram} + {1'b0, size};
		end_ <= {1'b0, address} + {33'd0, size};
		good <= aligned && size_good && sram_good && end_good &&
			(host_asked || posted || card_asked);
		if (start)
			write_word <= sram[SRAM-1:2];
		else if (write_valid && write_ready)
			write_word <= write_word + 1'b1;
	end

	always @(posedge clk) begin
		failed <= 0;
		if (rst) begin
			busy <= 0;
			state <= DONE;
			checking <= 0;
			what <= 0;
		end else if (!busy) begin
			checking <= 0;
			if (go) begin
				busy <= 1;
				what <= value;
			end
		end else if (checking != 2'd3) begin
			checking <= checking + 1'b1;
			if (checking == 2'd2 && !good) begin
				busy <= 0;
				state <= REFUSED;
				failed <= 1;
			end
		end else if (!fetch_busy && !post_busy) begin
			busy <= 0;
			state <= posted ? DONE : fetch_timed_out ? TIMED_OUT :
				fetch_refused ? REFUSED : DONE;
			failed <= !posted && (fetch_timed_out || fetch_refused);
		end
	end
endmodule
`default_nettype wire
