// SPDX-License-Identifier: MIT
//
// sram: the processor's memory, which the engine and DMA reach as well, and nobody else.
//
// It is block RAM with two ports. The processor has the first for itself: a word is accessed
// in each cycle with cpu_valid, and what was read stands at cpu_answer in the next. The others
// share the second, a beat or a word of one in each cycle: engine reads of beats, DMA's writes
// and reads of words. Each read is answered in the cycle after the one in which it was
// accepted. Of accesses of both ports to a beat in the same cycle, of which one writes, the
// other has no defined result.
//
// wipe_start zeroes all of it by the second port, while the processor and everybody else is
// held in reset; wiped is high when it is done (see wipe, whose proof covers the range).
`default_nettype none

module sram #(
	parameter LANES = 16,		// bytes of a beat
	parameter SIZE_LOG2 = 18	// log2 of its bytes
) (
	input wire clk,
	input wire hold,		// a reset; ends a wipe, which is then begun anew
	input wire wipe_start,
	output wire wiped,

	input wire cpu_valid,
	input wire [3:0] cpu_write,	// bytes; none for a read
	input wire [SIZE_LOG2-3:0] cpu_word,
	input wire [31:0] cpu_data,
	output wire [31:0] cpu_answer,

	input wire engine_valid,
	output wire engine_ready,
	input wire [SIZE_LOG2-$clog2(LANES)-1:0] engine_beat,
	output reg engine_response,
	output wire [LANES*8-1:0] engine_data,

	input wire write_valid,
	output wire write_ready,
	input wire [SIZE_LOG2-3:0] write_word,
	input wire [31:0] write_data,

	input wire read_valid,
	output wire read_ready,
	input wire [SIZE_LOG2-3:0] read_word,
	output reg read_response,
	output wire [31:0] read_data
);
	localparam BEAT_LOG2 = $clog2(LANES);
	localparam PART = BEAT_LOG2 - 2;	// bits of a word's place in its beat
	localparam BEAT = SIZE_LOG2 - BEAT_LOG2;

	// Those who simulate the processor reach this directly. What is read where the other port
	// writes may be anything.
	(* no_rw_check *)
	reg [LANES*8-1:0] beats [0:(1 << BEAT)-1] /*verilator public_flat_rw*/;

	// The processor's port.
	reg [LANES*8-1:0] cpu_beat;
	reg [PART-1:0] cpu_part;
	wire [LANES-1:0] cpu_bytes = {{LANES-4{1'b0}}, cpu_write} << {cpu_word[PART-1:0], 2'b00};
	wire [BEAT-1:0] cpu_at = cpu_word[PART +: BEAT];

	assign cpu_answer = cpu_beat[cpu_part*32 +: 32];

	// The others' port.
	wire wiping, wipe_valid;
	wire [BEAT-1:0] wipe_at;
	wire [2:0] grant;
	reg [LANES*8-1:0] beat;
	reg [PART-1:0] part;
	wire [BEAT-1:0] at = wiping ? wipe_at : grant[0] ? engine_beat :
		grant[1] ? write_word[PART +: BEAT] : read_word[PART +: BEAT];
	wire [LANES-1:0] bytes = wiping ? {LANES{wipe_valid}} : !grant[1] ? {LANES{1'b0}} :
		{{LANES-4{1'b0}}, 4'hf} << {write_word[PART-1:0], 2'b00};
	wire [31:0] word = wiping ? 32'd0 : write_data;

	assign wiped = !wiping && !wipe_start;
	assign engine_ready = grant[0];
	assign write_ready = grant[1];
	assign read_ready = grant[2];
	assign engine_data = beat;
	assign read_data = beat[part*32 +: 32];

	wipe #(.ADDRESS(BEAT)) zeroes(
		.clk(clk), .rst(hold), .start(wipe_start), .start_first({BEAT{1'b0}}),
		.start_count({1'b1, {BEAT{1'b0}}}), .busy(wiping), .write_valid(wipe_valid),
		.write_ready(1'b1), .write_address(wipe_at));
	arbiter #(.COUNT(3)) share(
		.clk(clk), .rst(hold), .request({read_valid, write_valid, engine_valid}),
		.ready(1'b1), .grant(grant));

	integer i;

	always @(posedge clk) begin
		for (i = 0; i < LANES; i = i + 1)
			if (cpu_valid && cpu_bytes[i])
				beats[cpu_at][i*8 +: 8] <= cpu_data[(i%4)*8 +: 8];
		for (i = 0; i < LANES; i = i + 1)
			if (bytes[i])
				beats[at][i*8 +: 8] <= word[(i%4)*8 +: 8];
		if (cpu_valid)
			cpu_beat <= beats[cpu_at];
		beat <= beats[at];
		cpu_part <= cpu_word[PART-1:0];
		part <= read_word[PART-1:0];
		engine_response <= !hold && grant[0];
		read_response <= !hold && grant[2];
	end
endmodule
`default_nettype wire
