// SPDX-License-Identifier: MIT
//
// selftest: the matcher on an FPGA with a clock, two LEDs and a serial line.
//
// Again and again: a small memory is filled with random numbers, the matcher compares 16
// pairs of rows, of all dimensions, and scans all rows twice, once with a dimension of 512
// and once with 64, a threshold and more results than the engine's first stage has. The
// CRC of all that it returns must be EXPECTED, which sim/signature.c computes from
// include/limen/score.h. Then the serial line says PASS or FAIL and the CRC, and passed is
// high until the next round ends. failed stays high once a round has failed, if only
// because a job did not end.
//
// flip turns one bit of one raw score: a test of this module has to see it fail.
`default_nettype none

module selftest #(
	parameter EXPECTED = 0,
	parameter CLOCK = 100000000,	// Hz
	parameter BAUD = 115200,
	parameter PAUSE = CLOCK,	// cycles between rounds
	parameter UNITS = 2
) (
	input wire clk,
	input wire flip,
	output reg passed,
	output reg failed,
	output wire line
);
	localparam BEATS_LOG2 = 11;
	localparam ADDRESS = BEATS_LOG2 + 4;
	localparam PAIRS = 16;
	localparam [4:0] WIDE = 16, NARROW = 17;	// the scans
	localparam PATIENCE_LOG2 = 17;			// of the cycles of a job
	localparam LETTERS = 15;

	localparam [3:0] FILL = 0, FILLING = 1, START = 2, WAIT = 3, LOOK = 4, TAKE = 5,
		MIX = 6, NEXT = 7, JUDGE = 8, SAY = 9, PAUSED = 10;

	// The power-on reset.
	reg [3:0] powered = 0;
	wire power = !(&powered);

	always @(posedge clk)
		if (power)
			powered <= powered + 1'b1;

	reg [3:0] state;
	reg [4:0] job;
	reg [10:0] result;		// 0: how many there are
	reg [1:0] piece;		// of a result: row, raw score, similarity
	reg [1:0] looked;
	reg [PATIENCE_LOG2-1:0] waited;
	reg hung;
	reg [31:0] pause;
	reg [3:0] letter;

	wire is_scan = job >= PAIRS;
	wire wide = job == WIDE;

	// The matcher, and its memory.
	wire ready, scan_ready, scan_done, compare_ready, compare_done;
	wire [2:0] scan_status, compare_status;
	wire [10:0] scan_count;
	wire [31:0] result_row;
	wire signed [24:0] result_raw, compare_raw;
	wire signed [16:0] result_similarity, compare_similarity;
	wire memory_valid, memory_write, memory_response, filling;
	/* verilator lint_off UNUSEDSIGNAL */ // of beats
	wire [ADDRESS-1:0] memory_address;
	wire [10:0] shown = result - 1'b1;
	/* verilator lint_on UNUSEDSIGNAL */
	wire [127:0] memory_data, memory_response_data;
	wire starts = state == START && ready;
	wire done = is_scan ? scan_done : compare_done;
	wire [9:0] pair_dim = {{1'b0, job[2:0]} + 4'd1, 6'd0};

	/* verilator lint_off PINCONNECTEMPTY */ // what a board has, and this has not
	matcher #(.LANES(16), .UNITS(UNITS), .ADDRESS(ADDRESS)) dut(
		.clk(clk), .power(power), .host_reset(1'b0), .ready(ready),
		.watchdog_reset(1'b0), .forget(1'b0), .memory_blank(1'b0),
		.wiped_elsewhere(1'b1), .hold(), .wipe_begin(), .cold(),
		.memory_bytes({1'b1, {ADDRESS{1'b0}}}), .scan_keep(1'b0), .scan_kept(),
		.scan_sort(1'b0), .scan_first(32'd0),
		.scan_ready(scan_ready), .scan_start(starts && is_scan && scan_ready),
		.scan_abort(1'b0), .scan_probe({1'b1, {ADDRESS{1'b0}}}),
		.scan_gallery(wide ? 15'd512 : 15'd128),
		.scan_stride(wide ? 32'd512 : 32'd64),
		.scan_rows(wide ? 32'd63 : 32'd510),
		.scan_top_k(wide ? 32'd20 : 32'd100),
		.scan_min_similarity(wide ? -32'sd32768 : 32'sd0),
		.scan_dim(wide ? 16'd512 : 16'd64), .scan_done(scan_done),
		.scan_status(scan_status), .scan_count(scan_count),
		.scan_release(state == NEXT), .result_index(shown[9:0]),
		.result_row(result_row), .result_raw(result_raw),
		.result_similarity(result_similarity), .compare_ready(compare_ready),
		.compare_start(starts && !is_scan && compare_ready),
		.compare_probe({2'b10, job, 9'd0}),
		.compare_reference({2'b10, job + 5'd1, 9'd0}),
		.compare_dim({6'd0, pair_dim}), .compare_done(compare_done),
		.compare_status(compare_status), .compare_raw(compare_raw),
		.compare_similarity(compare_similarity), .compare_release(state == NEXT),
		.wipe_start(1'b0), .wipe_stop(1'b0), .wipe_address({ADDRESS{1'b0}}),
		.wipe_bytes({ADDRESS+1{1'b0}}), .wipe_done(), .wipe_refused(),
		.load_valid(1'b0), .load_ready(), .load_address({ADDRESS{1'b0}}),
		.load_tag(5'd0), .load_response(), .load_response_tag(),
		.snapshot(1'b0), .counter_index(3'd0), .counter_value(),
		.sram_valid(), .sram_ready(1'b0), .sram_address(), .sram_response(1'b0),
		.sram_data(128'd0),
		.memory_valid(memory_valid), .memory_ready(1'b1),
		.memory_write(memory_write), .memory_address(memory_address),
		.memory_data(memory_data), .memory_response(memory_response),
		.memory_error(1'b0), .memory_response_data(memory_response_data));
	/* verilator lint_on PINCONNECTEMPTY */

	memory #(.BEATS_LOG2(BEATS_LOG2)) card(
		.clk(clk), .fill(state == FILL && ready), .filling(filling),
		.valid(memory_valid), .write(memory_write),
		.beat(memory_address[ADDRESS-1:4]), .data(memory_data),
		.response(memory_response), .response_data(memory_response_data));

	// What the matcher returned, word by word.
	reg [31:0] word;
	wire [10:0] count = is_scan ? scan_count : 11'd1;
	wire [2:0] status = is_scan ? scan_status : compare_status;
	wire signed [24:0] raw = is_scan ? result_raw : compare_raw;
	wire signed [16:0] similarity = is_scan ? result_similarity : compare_similarity;
	wire flipped = flip && job == NARROW && result == 1;
	wire mixing;
	wire [31:0] signature;

	always @(posedge clk)
		if (result == 0)
			word <= {13'd0, status, 5'd0, count};
		else if (piece == 0)
			word <= is_scan ? result_row : 32'd0;
		else if (piece == 1)
			word <= {{7{raw[24]}}, raw} ^ {31'd0, flipped};
		else
			word <= {{15{similarity[16]}}, similarity};

	crc mix(
		.clk(clk), .clear(state == FILL), .start(state == TAKE), .word(word),
		.busy(mixing), .value(signature));

	wire match = signature == EXPECTED && !hung;

	// What is said about it.
	wire [2:0] nibble_number = 3'd4 - letter[2:0];	// 7 at letter 5, 0 at letter 12
	wire [3:0] nibble = signature[{nibble_number, 2'b00} +: 4];
	wire sending;
	reg [7:0] said;

	always @*
		case (letter)
		0: said = passed ? "P" : "F";
		1: said = "A";
		2: said = passed ? "S" : "I";
		3: said = passed ? "S" : "L";
		4: said = " ";
		13: said = "\r";
		14: said = "\n";
		default: said = nibble < 10 ? {4'h3, nibble} : 8'h57 + {4'd0, nibble};
		endcase

	transmit #(.CYCLES(CLOCK / BAUD)) serial(
		.clk(clk), .start(state == SAY && !sending), .data(said), .busy(sending),
		.line(line));

	initial begin
		state = FILL;
		passed = 0;
		failed = 0;
	end

	always @(posedge clk) begin
		waited <= state == START || state == WAIT ? waited + 1'b1 : 0;
		case (state)
		FILL: begin
			job <= 0;
			hung <= 0;
			if (ready)
				state <= FILLING;
		end
		FILLING: if (!filling)
			state <= START;
		START: begin
			result <= 0;
			piece <= 0;
			looked <= 0;
			if (ready && (is_scan ? scan_ready : compare_ready))
				state <= WAIT;
		end
		WAIT: if (done)
			state <= LOOK;
		LOOK: begin		// results take three cycles, and the word one
			looked <= looked + 1'b1;
			if (looked == 3)
				state <= TAKE;
		end
		TAKE: state <= MIX;
		MIX: if (!mixing) begin
			state <= LOOK;
			if (result != 0 && piece != 2) begin
				piece <= piece + 1'b1;
			end else if (result != count) begin
				piece <= 0;
				result <= result + 1'b1;
			end else begin
				state <= NEXT;
			end
		end
		NEXT: begin
			job <= job + 1'b1;
			state <= job == NARROW ? JUDGE : START;
		end
		JUDGE: begin
			passed <= match;
			failed <= failed || !match;
			letter <= 0;
			state <= SAY;
		end
		SAY: if (!sending) begin
			letter <= letter + 1'b1;
			pause <= 0;
			if (letter == LETTERS - 1)
				state <= PAUSED;
		end
		default: begin
			pause <= pause + 1'b1;
			if (pause == PAUSE)
				state <= FILL;
		end
		endcase
		if (&waited) begin
			hung <= 1;
			state <= JUDGE;
		end
	end
endmodule
`default_nettype wire
