// SPDX-License-Identifier: MIT
//
// matcher: card memory and what reads and writes it: engine, wipes, loads, and resets.
//
// It is a part of the shell, which has the processor's and the host's registers. What must
// hold whatever these ask for is here: resets, the wiping of memory, bounds of every access.
//
// Memory port: a request (address, and data if memory_write) is accepted in a cycle with
// memory_valid and memory_ready; each read is answered, in order, by one cycle of
// memory_response, with memory_error if what was read is not what was written. A beat
// is LANES bytes, and addresses are multiples of that. A reset withdraws a read that has
// not been accepted, and waits for all answers.
//
// Scans and compares: see engine. Addresses of vectors have one bit more than card memory has:
// if it is 0, the vector is read by the sram port, whose answers come in order, too. That it
// lies within SRAM is for the one who starts the job to check.
//
// wipe_start zeroes wipe_bytes bytes from wipe_address on, both multiples of 64, and wipe_done
// stands high when all is written; a range that is not in memory is refused as a whole
// (wipe_refused, three cycles after the start). wipe_stop, for a cycle, ends it after the write
// that the port may have begun with. Of the resets, only those end it for which forget is high.
//
// Loads are single beats: each has a tag, and its answer bears it. Their addresses are checked
// by the one who asks.
`default_nettype none

module matcher #(
	parameter LANES = 16,			// bytes of a beat of memory: 16, 32 or 64
	parameter UNITS = 2,			// of the engine's similarity
	parameter ADDRESS = 32,			// bits of an address in card memory
	parameter TAG = 5			// bits of a load's tag
) (
	input wire clk,
	input wire power,			// power-on reset
	input wire host_reset,			// CONTROL's RESET
	input wire watchdog_reset,
	input wire forget,			// this reset ends wipes
	input wire memory_blank,		// after power on, memory is zero by itself
	input wire wiped_elsewhere,		// see reset's wiped
	output wire hold,			// resets everything else
	output wire wipe_begin,			// of what is wiped elsewhere
	output wire cold,			// the reset under way is that of power on
	output wire ready,
	input wire [ADDRESS:0] memory_bytes,	// constant; a multiple of 64, 512 at least

	output wire scan_ready,
	input wire scan_start,
	input wire scan_keep,
	output wire scan_kept,
	input wire scan_sort,
	input wire scan_abort,
	input wire [ADDRESS:0] scan_probe,
	input wire [ADDRESS-1:0] scan_gallery,
	input wire [31:0] scan_stride,
	input wire [31:0] scan_rows,
	input wire [31:0] scan_first,
	input wire [31:0] scan_top_k,
	input wire signed [31:0] scan_min_similarity,
	input wire [15:0] scan_dim,
	output wire scan_done,
	output wire [2:0] scan_status,
	output wire [10:0] scan_count,
	input wire scan_release,
	input wire [9:0] result_index,
	output wire [31:0] result_row,
	output wire signed [24:0] result_raw,
	output wire signed [16:0] result_similarity,

	output wire compare_ready,
	input wire compare_start,
	input wire [ADDRESS:0] compare_probe,
	input wire [ADDRESS:0] compare_reference,
	input wire [15:0] compare_dim,
	output wire compare_done,
	output wire [2:0] compare_status,
	output wire signed [24:0] compare_raw,
	output wire signed [16:0] compare_similarity,
	input wire compare_release,

	input wire wipe_start,
	input wire wipe_stop,
	input wire [ADDRESS-1:0] wipe_address,
	input wire [ADDRESS:0] wipe_bytes,
	output wire wipe_done,
	output reg wipe_refused,

	input wire load_valid,
	output wire load_ready,
	input wire [ADDRESS-1:0] load_address,
	input wire [TAG-1:0] load_tag,
	output wire load_response,
	output wire [TAG-1:0] load_response_tag,

	input wire snapshot,			// of all counters
	input wire [2:0] counter_index,
	output wire [63:0] counter_value,

	output wire sram_valid,
	input wire sram_ready,
	output wire [ADDRESS-1:0] sram_address,
	input wire sram_response,
	input wire [LANES*8-1:0] sram_data,

	output wire memory_valid,
	input wire memory_ready,
	output wire memory_write,
	output wire [ADDRESS-1:0] memory_address,
	output wire [LANES*8-1:0] memory_data,
	input wire memory_response,
	input wire memory_error,
	input wire [LANES*8-1:0] memory_response_data
);
	localparam BEAT_LOG2 = $clog2(LANES);
	localparam WORD = ADDRESS - BEAT_LOG2;	// bits of a beat's number
	// More than the engine and the loads together have under way.
	localparam OWED = 7;

	// Reads that the memory has accepted and not answered outlive resets.
	reg [TAG:0] owners [0:(1 << OWED)-1];	// of each: is it a load, and its tag
	reg [OWED:0] asked, answered;
	wire [TAG:0] owner = owners[answered[OWED-1:0]];
	wire read_accepted = memory_valid && memory_ready && !memory_write;
	wire [2:0] grant;
	reg quiet;				// late, but by less than a reset lasts

	assign load_response = memory_response && owner[TAG] && !hold;
	assign load_response_tag = owner[TAG-1:0];

	always @(posedge clk) begin
		if (read_accepted)
			owners[asked[OWED-1:0]] <= {grant[2], load_tag};
		quiet <= asked == answered;
		if (power) begin
			asked <= 0;
			answered <= 0;
		end else begin
			asked <= asked + {{OWED{1'b0}}, read_accepted};
			answered <= answered + {{OWED{1'b0}}, memory_response};
		end
	end

	wire wipe_busy;

	reset resets(
		.clk(clk), .power(power), .host(host_reset), .watchdog(watchdog_reset),
		.quiet(quiet), .wiped(scan_ready && compare_ready &&
			!(cold && wipe_busy) && wiped_elsewhere),
		.hold(hold), .wipe_start(wipe_begin), .cold(cold), .ready(ready));

	// The engine is large: its reset is a cycle on its way.
	reg hold_engine;

	always @(posedge clk)
		hold_engine <= hold;

	// The engine reads. To it, card memory lies behind all that SRAM could be.
	wire asked_valid, reads_full, busy, stalled, scored;
	wire response_valid, response_error;
	wire [LANES*8-1:0] response_data;
	wire [ADDRESS+1:0] engine_bytes = {memory_bytes[ADDRESS], !memory_bytes[ADDRESS],
					   memory_bytes[ADDRESS-1:0]};
	/* verilator lint_off UNUSEDSIGNAL */ // a beat's address, without what is 0
	wire [ADDRESS:0] asked_address;
	/* verilator lint_on UNUSEDSIGNAL */

	engine #(.LANES(LANES), .UNITS(UNITS), .ADDRESS(ADDRESS + 1)) match(
		.clk(clk), .rst(hold_engine), .memory_bytes(engine_bytes),
		.scan_ready(scan_ready), .scan_start(scan_start && ready),
		.scan_keep(scan_keep), .scan_kept(scan_kept), .scan_sort(scan_sort),
		.scan_abort(scan_abort), .scan_probe(scan_probe),
		.scan_gallery({1'b1, scan_gallery}), .scan_stride(scan_stride),
		.scan_rows(scan_rows), .scan_first(scan_first), .scan_top_k(scan_top_k),
		.scan_min_similarity(scan_min_similarity), .scan_dim(scan_dim),
		.scan_done(scan_done), .scan_status(scan_status), .scan_count(scan_count),
		.scan_release(scan_release), .result_index(result_index),
		.result_row(result_row), .result_raw(result_raw),
		.result_similarity(result_similarity),
		.compare_ready(compare_ready), .compare_start(compare_start && ready),
		.compare_probe(compare_probe), .compare_reference(compare_reference),
		.compare_dim(compare_dim), .compare_done(compare_done),
		.compare_status(compare_status), .compare_raw(compare_raw),
		.compare_similarity(compare_similarity), .compare_release(compare_release),
		.request_valid(asked_valid), .request_ready(!reads_full),
		.request_address(asked_address), .response_valid(response_valid),
		.response_error(response_error), .response_data(response_data),
		.busy(busy), .stalled(stalled), .scored(scored));

	// An answer reaches the engine a cycle later: whose it is had to be looked up. quiet is
	// as late, so a reset waits for that cycle, too.
	reg card_response, card_error;
	reg [LANES*8-1:0] card_data;

	always @(posedge clk) begin
		card_response <= memory_response && !owner[TAG];
		card_error <= memory_error;
		card_data <= memory_response ? memory_response_data : {LANES*8{1'b0}};
	end

	// Between the engine and the port, so that neither waits for the other in a cycle.
	wire reads_empty, read_ready, read_valid, card_ready;
	wire [WORD:0] read_word;

	fifo #(.WIDTH(WORD + 1), .DEPTH_LOG2(2)) reads(
		.clk(clk), .rst(hold), .scrub(1'b0), .push(asked_valid),
		.push_data(asked_address[ADDRESS:BEAT_LOG2]), .pop(read_ready),
		.pop_data(read_word), .empty(reads_empty), .full(reads_full));

	assign sram_address = {read_word[WORD-1:0], {BEAT_LOG2{1'b0}}};

	source #(.LANES(LANES), .WORD(WORD), .OWED(OWED)) choose(
		.clk(clk), .rst(hold), .request_valid(!reads_empty),
		.request_ready(read_ready), .request_word(read_word),
		.response_valid(response_valid), .response_error(response_error),
		.response_data(response_data),
		.card_valid(read_valid), .card_ready(card_ready),
		.card_response(card_response), .card_error(card_error), .card_data(card_data),
		.sram_valid(sram_valid), .sram_ready(sram_ready),
		.sram_response(sram_response), .sram_data(sram_data));

	// The wipe writes: all of memory after a cold start, else what is asked for.
	wire write_valid, write_ready;
	wire [WORD-1:0] write_word;
	reg wipe_asked, wipe_checked;		// the range's end is found, and compared
	reg [ADDRESS-1:0] wipe_first;
	reg [ADDRESS:0] wipe_count;
	reg [ADDRESS+1:0] wipe_end;
	wire wipe_good = wipe_first[5:0] == 0 && wipe_count[5:0] == 0 &&
		wipe_end <= {1'b0, memory_bytes};
	wire wipe_all = wipe_begin && cold && !memory_blank;
	reg stopping, write_begun;
	wire stopped = stopping && !write_begun && !wipe_asked && !wipe_checked;

	assign wipe_done = !wipe_busy && !wipe_asked && !wipe_checked;

	always @(posedge clk) begin
		wipe_asked <= !forget && wipe_start && !cold && wipe_done;
		wipe_checked <= !forget && wipe_asked;
		wipe_end <= {2'b00, wipe_first} + {1'b0, wipe_count};
		if (wipe_done) begin
			wipe_first <= wipe_address;
			wipe_count <= wipe_bytes;
		end
		if (forget)
			wipe_refused <= 0;
		else if (wipe_checked)
			wipe_refused <= !wipe_good;
		write_begun <= grant[1] && !memory_ready;
		stopping <= !stopped && (stopping || ((forget || wipe_stop) && !cold));
	end

	wipe #(.ADDRESS(WORD)) zeroes(
		.clk(clk), .rst(power || stopped), .start(wipe_all || (wipe_checked && wipe_good)),
		.start_first(wipe_all ? {WORD{1'b0}} : wipe_first[ADDRESS-1:BEAT_LOG2]),
		.start_count(wipe_all ? memory_bytes[ADDRESS:BEAT_LOG2] :
			     wipe_count[ADDRESS:BEAT_LOG2]),
		.busy(wipe_busy), .write_valid(write_valid), .write_ready(write_ready),
		.write_address(write_word));

	// Who uses the memory port. A reset withdraws reads, but not what is being wiped.
	wire [2:0] request = {load_valid && !hold, write_valid && !stopped && !power,
			      read_valid && !hold};

	arbiter #(.COUNT(3)) port(
		.clk(clk), .rst(power), .request(request),
		.ready(memory_ready || !memory_valid), .grant(grant));

	assign memory_valid = (grant & request) != 0;
	assign memory_write = grant[1];
	assign memory_address = grant[2] ? load_address :
		{grant[1] ? write_word : read_word[WORD-1:0], {BEAT_LOG2{1'b0}}};
	assign memory_data = {LANES*8{1'b0}};
	assign card_ready = grant[0] && memory_ready;
	assign write_ready = grant[1] && memory_ready;
	assign load_ready = grant[2] && memory_ready;

	// Counters.
	reg scan_was_done, compare_was_done;
	wire scan_over = scan_done || scan_kept;
	wire scan_ends = scan_over && !scan_was_done;
	wire compare_ends = compare_done && !compare_was_done;

	always @(posedge clk) begin
		scan_was_done <= !hold && scan_over;
		compare_was_done <= !hold && compare_done;
	end

	counters count(
		.clk(clk), .rst(hold), .busy(busy), .stall(stalled), .row(scored),
		.jobs({1'b0, scan_ends} + {1'b0, compare_ends}),
		.snapshot(snapshot), .index(counter_index), .value(counter_value));
endmodule
`default_nettype wire
