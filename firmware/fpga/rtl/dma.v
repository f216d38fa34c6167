// SPDX-License-Identifier: MIT
//
// dma: copies from host memory to card memory, by descriptors.
//
// That is how a probe or a reference of the host's gets to where the engine reads. A
// descriptor (start, in a cycle with busy low) is a host address, a card address and a
// number of bytes, all multiples of 64, at most 4,096 bytes that cross no boundary of
// 4,096 in host memory. It is checked as a whole before anything is asked for. status, of
// LIMEN_HW_OK, _BAD_DESCRIPTOR and _BUS_ERROR, stands while busy is low.
//
// The host is asked for one beat at a time, up to 2^TAGS_LOG2 at once; answers may come in
// any order, by tag. Each beat has a place until all before it are written, so answers
// are never made to wait and memory is written from below. An answer is only taken if its
// tag is one that was asked for and not answered yet; any other is counted in unexpected
// and dropped. After an answer with error, or TIMEOUT cycles without any while one is
// due, or once master is low (the driver took bus mastering away), nothing more is asked
// for or written and the descriptor fails. An answer that is still to come is waited
// for, but no longer than TIMEOUT; then it is forgotten, and so it is by a reset. Tags
// bear a generation, which a reset or a timeout changes, so that what is late is not
// taken for what was asked later. ask_valid may fall before ask_ready comes; write_valid
// does not, but for a reset.
`default_nettype none

module dma #(
	parameter LANES = 16,			// bytes of a beat
	parameter ADDRESS = 32,			// bits of an address in card memory
	parameter TAGS_LOG2 = 3,		// log2 of the beats asked for at once
	parameter GENERATION = 2,		// bits of a tag that tell generations apart
	parameter TIMEOUT = 6250000		// cycles
) (
	input wire clk,
	input wire rst,
	input wire master,			// the host lets the board read its memory
	input wire [ADDRESS:0] memory_bytes,

	input wire start,
	input wire [63:0] host,
	input wire [ADDRESS-1:0] card,
	input wire [12:0] bytes,
	output reg busy,
	output reg [2:0] status,
	output reg [7:0] unexpected,		// answers to nothing; stays at 255

	output wire ask_valid,
	input wire ask_ready,
	output wire [63:0] ask_address,
	output wire [GENERATION+TAGS_LOG2-1:0] ask_tag,
	input wire answer_valid,
	input wire answer_error,
	input wire [GENERATION+TAGS_LOG2-1:0] answer_tag,
	input wire [LANES*8-1:0] answer_data,

	output reg write_valid,
	input wire write_ready,
	output wire [ADDRESS-1:0] write_address,
	output reg [LANES*8-1:0] write_data
);
	localparam BEAT_LOG2 = $clog2(LANES);
	localparam TAGS = 1 << TAGS_LOG2;
	localparam COUNT = 13 - BEAT_LOG2;	// bits of a number of beats
	localparam [COUNT-1:0] PAGE = 1 << (12 - BEAT_LOG2);
	localparam TIME = $clog2(TIMEOUT + 1);
	localparam [2:0] OK = 0, BAD_DESCRIPTOR = 1, BUS_ERROR = 2;

	// Places, from the oldest beat (head) to the next to be asked for (tail).
	reg [LANES*8-1:0] places [0:TAGS-1];
	reg [TAGS-1:0] due, arrived;
	reg [TAGS_LOG2:0] head, tail;
	reg [GENERATION-1:0] generation = 0;
	reg [TIME-1:0] waited;
	reg late;				// so long that no answer is waited for any more
	reg failed;

	reg [63-BEAT_LOG2:0] host_beat;
	reg [ADDRESS-BEAT_LOG2-1:0] card_beat;
	reg [COUNT-1:0] left;			// beats to ask for

	wire [TAGS_LOG2-1:0] oldest = head[TAGS_LOG2-1:0];
	wire [TAGS_LOG2:0] under_way = tail - head;

	// A descriptor is checked in the cycle after its start, but for its alignment.
	reg checking, aligned;
	wire aligns = host[5:0] == 0 && card[5:0] == 0 && bytes[5:0] == 0;
	wire [COUNT:0] page_end = {2'b00, host_beat[11-BEAT_LOG2:0]} + {1'b0, left};
	wire [ADDRESS+1-BEAT_LOG2:0] card_end = {2'b00, card_beat} +
		{{ADDRESS+2-BEAT_LOG2-COUNT{1'b0}}, left};
	wire good = aligned && left != 0 && left <= PAGE && page_end <= {1'b0, PAGE};
	wire fits = {card_end, {BEAT_LOG2{1'b0}}} <= {1'b0, memory_bytes};

	assign ask_valid = busy && !checking && master && !failed && left != 0 && !under_way[TAGS_LOG2];
	assign ask_address = {host_beat, {BEAT_LOG2{1'b0}}};
	assign ask_tag = {generation, tail[TAGS_LOG2-1:0]};
	assign write_address = {card_beat, {BEAT_LOG2{1'b0}}};

	wire [TAGS_LOG2-1:0] answered = answer_tag[TAGS_LOG2-1:0];
	wire expected = answer_valid && due[answered] &&
		answer_tag[TAGS_LOG2 +: GENERATION] == generation;
	wire ask = ask_valid && ask_ready;
	// A beat leaves its place for the port in every other cycle at most.
	wire move = busy && arrived[oldest] && !failed && !write_valid;
	wire write = write_valid && write_ready;

	// What arrived, until it is written; then, between descriptors, zeros.
	reg [TAGS_LOG2-1:0] scrubbed;

	always @(posedge clk) begin
		scrubbed <= scrubbed + 1'b1;
		if (expected)
			places[answered] <= answer_data;
		else if (!busy)
			places[scrubbed] <= 0;
		write_valid <= !rst && (move || (write_valid && !write_ready));
		if (move)
			write_data <= places[oldest];
		else if (rst || write)
			write_data <= 0;
	end

	always @(posedge clk) begin
		if (rst || late) begin
			due <= 0;
			arrived <= 0;
			head <= 0;
			tail <= 0;
			generation <= generation + 1'b1;
		end else begin
			if (ask) begin
				due[tail[TAGS_LOG2-1:0]] <= 1;
				tail <= tail + 1'b1;
			end
			if (expected) begin
				due[answered] <= 0;
				arrived[answered] <= 1;
			end
			if (move) begin
				arrived[oldest] <= 0;
				head <= head + 1'b1;
			end
			// What failed has nothing to write.
			if (busy && failed && due == 0) begin
				arrived <= 0;
				head <= tail;
			end
		end
		if (rst || due == 0 || expected || late)
			waited <= 0;
		else if (waited != TIMEOUT[TIME-1:0])
			waited <= waited + 1'b1;
		late <= !rst && !late && due != 0 && !expected && waited == TIMEOUT[TIME-1:0];
		if (rst)
			unexpected <= 0;
		else if (answer_valid && !expected && unexpected != 8'hff)
			unexpected <= unexpected + 1'b1;
	end

	always @(posedge clk) begin
		if (rst) begin
			busy <= 0;
			checking <= 0;
			failed <= 0;
			status <= OK;
			left <= 0;
		end else if (!busy) begin
			failed <= 0;
			if (start) begin
				busy <= 1;
				checking <= 1;
				aligned <= aligns;
				host_beat <= host[63:BEAT_LOG2];
				card_beat <= card[ADDRESS-1:BEAT_LOG2];
				left <= bytes[12:BEAT_LOG2];
			end
		end else if (checking) begin
			checking <= 0;
			busy <= good && fits;
			status <= !good ? BAD_DESCRIPTOR : fits ? OK : BUS_ERROR;
		end else begin
			if (ask) begin
				host_beat <= host_beat + 1'b1;
				left <= left - 1'b1;
			end
			if (write)
				card_beat <= card_beat + 1'b1;
			if (late || !master || (expected && answer_error))
				failed <= 1;
			if (failed || late || !master || (expected && answer_error))
				status <= BUS_ERROR;
			if (due == 0 && !ask && !write_valid &&
			    (failed || (left == 0 && under_way == 0)))
				busy <= 0;
		end
	end
endmodule
`default_nettype wire
