// SPDX-License-Identifier: MIT
//
// fetch: reads a range of host memory or of card memory, and gives its words in order.
//
// start, in a cycle with busy low, takes the range, of at most 1,024 words; who starts it has
// checked that. Memory is asked for one
// beat at a time, up to 2^TAGS_LOG2 at once; answers may come in any order, by tag. Each beat
// has a place until its words have been taken, so answers are never made to wait. An answer is
// only taken if its tag is one that was asked for and not answered yet; any other is counted
// in unexpected and dropped.
//
// After an answer with error nothing more is asked for, what is due is waited for, and the
// range is refused. After TIMEOUT cycles without an answer while one is due, it is timed out,
// and what is due is forgotten, and so it is by a reset. Tags bear a generation, which a
// reset or a timeout changes, so that what is late is not taken for what was asked later.
//
// While master is low nothing is asked for and no time passes; then it goes on. ask_valid
// may fall before ask_ready comes.
`default_nettype none

module fetch #(
	parameter LANES = 16,			// bytes of a beat
	parameter TAGS_LOG2 = 3,		// log2 of the beats asked for at once
	parameter GENERATION = 2,		// bits of a tag that tell generations apart
	parameter TIMEOUT = 6250000		// cycles
) (
	input wire clk,
	input wire rst,
	input wire master,			// reads may be asked for

	input wire start,
	input wire [61:0] address,		// a quarter of it
	input wire [10:0] words,
	output reg busy,
	output reg refused,			// as long as busy is low, likewise
	output reg timed_out,
	output reg [7:0] unexpected,		// answers to nothing; stays at 255

	output wire ask_valid,
	input wire ask_ready,
	output wire [63:0] ask_address,
	output wire [GENERATION+TAGS_LOG2-1:0] ask_tag,
	input wire answer_valid,
	input wire answer_error,
	input wire [GENERATION+TAGS_LOG2-1:0] answer_tag,
	input wire [LANES*8-1:0] answer_data,

	output wire word_valid,
	input wire word_ready,
	output wire [31:0] word
);
	localparam BEAT_LOG2 = $clog2(LANES);
	localparam TAGS = 1 << TAGS_LOG2;
	localparam COUNT = 13 - BEAT_LOG2;	// bits of a number of beats
	localparam TIME = $clog2(TIMEOUT + 1);

	// Places, from the oldest beat (head) to the next to be asked for (tail).
	reg [LANES*8-1:0] places [0:TAGS-1];
	reg [TAGS-1:0] due, arrived;
	reg [TAGS_LOG2:0] head, tail;
	reg [GENERATION-1:0] generation = 0;
	reg [TIME-1:0] waited;
	reg late;				// so long that no answer is waited for any more

	reg [63-BEAT_LOG2:0] beat;
	reg [COUNT-1:0] beats_left;		// to ask for
	reg [10:0] words_left;			// to give
	reg [BEAT_LOG2-3:0] place_word;		// the next one of the oldest beat
	/* verilator lint_off UNUSEDSIGNAL */ // no part of a beat
	wire [10:0] words_end = {{13-BEAT_LOG2{1'b0}}, address[BEAT_LOG2-3:0]} + words +
		(LANES[12:2] - 11'd1);
	/* verilator lint_on UNUSEDSIGNAL */

	wire [TAGS_LOG2-1:0] oldest = head[TAGS_LOG2-1:0];
	wire [TAGS_LOG2:0] under_way = tail - head;
	wire failed = refused || timed_out;

	assign ask_valid = busy && master && !failed && beats_left != 0 && !under_way[TAGS_LOG2];
	assign ask_address = {beat, {BEAT_LOG2{1'b0}}};
	assign ask_tag = {generation, tail[TAGS_LOG2-1:0]};
	assign word_valid = busy && arrived[oldest] && !failed && words_left != 0;
	assign word = places[oldest][place_word*32 +: 32];

	wire [TAGS_LOG2-1:0] answered = answer_tag[TAGS_LOG2-1:0];
	wire expected = answer_valid && due[answered] &&
		answer_tag[TAGS_LOG2 +: GENERATION] == generation;
	wire ask = ask_valid && ask_ready;
	wire give = word_valid && word_ready;
	wire place_given = give && (&place_word || words_left == 1);

	// What arrived, until it is given; then, between ranges, zeros.
	reg [TAGS_LOG2-1:0] scrubbed;

	always @(posedge clk) begin
		scrubbed <= scrubbed + 1'b1;
		if (expected)
			places[answered] <= answer_data;
		else if (!busy)
			places[scrubbed] <= 0;
	end

	always @(posedge clk) begin
		if (rst || late) begin
			due <= 0;
			arrived <= 0;
			head <= 0;
			tail <= 0;
			generation <= generation + 1'b1;
		end else if (!busy) begin
			// What failed has left some.
			arrived <= 0;
			head <= tail;
		end else begin
			if (ask) begin
				due[tail[TAGS_LOG2-1:0]] <= 1;
				tail <= tail + 1'b1;
			end
			if (expected) begin
				due[answered] <= 0;
				arrived[answered] <= 1;
			end
			if (place_given) begin
				arrived[oldest] <= 0;
				head <= head + 1'b1;
			end
		end
		if (rst || due == 0 || expected || late)
			waited <= 0;
		else if (master && waited != TIMEOUT[TIME-1:0])
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
			refused <= 0;
			timed_out <= 0;
		end else if (!busy) begin
			if (start) begin
				busy <= 1;
				refused <= 0;
				timed_out <= 0;
			end
			beat <= address[61:BEAT_LOG2-2];
			beats_left <= words_end[10:BEAT_LOG2-2];
			words_left <= words;
			place_word <= address[BEAT_LOG2-3:0];
		end else begin
			if (ask) begin
				beat <= beat + 1'b1;
				beats_left <= beats_left - 1'b1;
			end
			if (give) begin
				words_left <= words_left - 1'b1;
				place_word <= place_word + 1'b1;
			end
			if (late)
				timed_out <= 1;
			else if (expected && answer_error)
				refused <= 1;
			if (words_left == 0 || timed_out || (refused && due == 0))
				busy <= 0;
		end
	end
endmodule
`default_nettype wire
