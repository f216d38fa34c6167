// SPDX-License-Identifier: MIT
//
// matcher: the gateware around card memory: engine, wiping, counters, doorbells, resets.
//
// The rings are firmware: a DSP beside this module takes doorbells from the queue, checks
// entries, and starts jobs here. What must hold whatever the firmware does is here: resets,
// the wiping of memory, bounds of every access to memory.
//
// Memory port: a request (address, and data if memory_write) is accepted in a cycle with
// memory_valid and memory_ready; each read is answered, in order, by one cycle of
// memory_response, with memory_error if what was read is not what was written. A beat
// is LANES bytes, and addresses are multiples of that. A reset withdraws a request that has
// not been accepted, and waits for all answers.
//
// Scans and compares: see engine. wipe_start zeroes wipe_bytes bytes from wipe_address on,
// both multiples of 64, and wipe_done stands high when all is written; a range that is not
// in memory is refused as a whole (wipe_refused, three cycles after the start).
//
// Copies from host memory: see dma. They are asked of the host by beats, and its driver lets
// the board do so while master is high.
//
// Doorbells: the host's writes of registers wait in a queue for the DSP, in their order. A
// full queue makes the host's bus wait (doorbell_ready), so none is lost.
`default_nettype none

module matcher #(
	parameter LANES = 16,			// bytes of a beat of memory: 16, 32 or 64
	parameter UNITS = 2,			// of the engine's similarity
	parameter ADDRESS = 32,			// bits of an address in card memory
	parameter WATCHDOG = 125000000,		// cycles
	parameter DMA_TIMEOUT = 6250000		// cycles
) (
	input wire clk,
	input wire power,			// power-on reset
	input wire host_reset,			// CONTROL's RESET
	output wire ready,			// STATUS's READY
	input wire heartbeat,			// of the firmware
	output wire dsp_reset,			// the DSP starts anew, too
	input wire [ADDRESS:0] memory_bytes,	// constant; a multiple of 64, 512 at least

	output wire scan_ready,
	input wire scan_start,
	input wire scan_abort,
	input wire [ADDRESS-1:0] scan_probe,
	input wire [ADDRESS-1:0] scan_gallery,
	input wire [31:0] scan_stride,
	input wire [31:0] scan_rows,
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
	input wire [ADDRESS-1:0] compare_probe,
	input wire [ADDRESS-1:0] compare_reference,
	input wire [15:0] compare_dim,
	output wire compare_done,
	output wire [2:0] compare_status,
	output wire signed [24:0] compare_raw,
	output wire signed [16:0] compare_similarity,
	input wire compare_release,

	input wire wipe_start,
	input wire [ADDRESS-1:0] wipe_address,
	input wire [ADDRESS:0] wipe_bytes,
	output wire wipe_done,
	output reg wipe_refused,

	input wire master,			// the host's command register says so
	input wire dma_start,
	input wire [63:0] dma_host,
	input wire [ADDRESS-1:0] dma_card,
	input wire [12:0] dma_bytes,
	output wire dma_busy,
	output wire [2:0] dma_status,
	output wire [7:0] dma_unexpected,
	output wire ask_valid,
	input wire ask_ready,
	output wire [63:0] ask_address,
	output wire [4:0] ask_tag,
	input wire answer_valid,
	input wire answer_error,
	input wire [4:0] answer_tag,
	input wire [LANES*8-1:0] answer_data,

	input wire snapshot,			// of all counters
	input wire [2:0] counter_index,
	output wire [63:0] counter_value,

	input wire doorbell,			// the host wrote a register
	output wire doorbell_ready,
	input wire [9:0] doorbell_register,	// its number: a quarter of its offset
	input wire [31:0] doorbell_value,
	output wire event_valid,		// for the DSP, an interrupt
	input wire event_take,
	output wire [9:0] event_register,
	output wire [31:0] event_value,

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

	// Resets. Reads that the memory has accepted and not answered outlive them. The count is
	// a cycle late, which is short of what a reset lasts.
	reg [15:0] unanswered;
	reg accepted, answered;
	wire hold, wipe_all, expired, wipe_busy;

	always @(posedge clk) begin
		accepted <= !power && memory_valid && memory_ready && !memory_write;
		answered <= !power && memory_response;
		if (power)
			unanswered <= 0;
		else
			unanswered <= unanswered + {15'd0, accepted} - {15'd0, answered};
	end

	reset resets(
		.clk(clk), .power(power), .host(host_reset), .watchdog(expired),
		.quiet(unanswered == 0), .engine_ready(scan_ready && compare_ready),
		.wipe_busy(wipe_busy), .hold(hold), .wipe_start(wipe_all), .ready(ready));
	watchdog #(.TIMEOUT(WATCHDOG)) dog(
		.clk(clk), .rst(hold), .heartbeat(heartbeat), .expired(expired));

	assign dsp_reset = hold;

	// The engine is large: its reset is a cycle on its way.
	reg hold_engine;

	always @(posedge clk)
		hold_engine <= hold;

	// The engine reads.
	wire asked_valid, reads_full, busy, stalled, scored;
	/* verilator lint_off UNUSEDSIGNAL */ // a beat's address, without what is 0
	wire [ADDRESS-1:0] asked_address;
	/* verilator lint_on UNUSEDSIGNAL */

	engine #(.LANES(LANES), .UNITS(UNITS), .ADDRESS(ADDRESS)) match(
		.clk(clk), .rst(hold_engine), .memory_bytes(memory_bytes),
		.scan_ready(scan_ready), .scan_start(scan_start && ready),
		.scan_abort(scan_abort), .scan_probe(scan_probe),
		.scan_gallery(scan_gallery), .scan_stride(scan_stride),
		.scan_rows(scan_rows), .scan_top_k(scan_top_k),
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
		.request_address(asked_address), .response_valid(memory_response),
		.response_error(memory_error), .response_data(memory_response_data),
		.busy(busy), .stalled(stalled), .scored(scored));

	// Between the engine and the port, so that neither waits for the other in a cycle.
	wire reads_empty, read_ready;
	wire [WORD-1:0] read_word;

	fifo #(.WIDTH(WORD), .DEPTH_LOG2(2)) reads(
		.clk(clk), .rst(hold), .scrub(1'b0), .push(asked_valid),
		.push_data(asked_address[ADDRESS-1:BEAT_LOG2]), .pop(read_ready),
		.pop_data(read_word), .empty(reads_empty), .full(reads_full));

	// The wipe writes: all of memory after a cold start, else what is asked for.
	wire write_valid, write_ready;
	wire [WORD-1:0] write_word;
	reg wipe_asked, wipe_checked;		// the range's end is found, and compared
	reg [ADDRESS-1:0] wipe_first;
	reg [ADDRESS:0] wipe_count;
	reg [ADDRESS+1:0] wipe_end;
	wire wipe_good = wipe_first[5:0] == 0 && wipe_count[5:0] == 0 &&
		wipe_end <= {1'b0, memory_bytes};

	assign wipe_done = !wipe_busy && !wipe_asked && !wipe_checked;

	always @(posedge clk) begin
		wipe_asked <= !hold && wipe_start && ready && wipe_done;
		wipe_checked <= !hold && wipe_asked;
		wipe_end <= {2'b00, wipe_first} + {1'b0, wipe_count};
		if (wipe_done) begin
			wipe_first <= wipe_address;
			wipe_count <= wipe_bytes;
		end
		if (hold)
			wipe_refused <= 0;
		else if (wipe_checked)
			wipe_refused <= !wipe_good;
	end

	wipe #(.ADDRESS(WORD)) zeroes(
		.clk(clk), .rst(hold), .start(wipe_all || (wipe_checked && wipe_good)),
		.start_first(wipe_all ? {WORD{1'b0}} : wipe_first[ADDRESS-1:BEAT_LOG2]),
		.start_count(wipe_all ? memory_bytes[ADDRESS:BEAT_LOG2] :
			     wipe_count[ADDRESS:BEAT_LOG2]),
		.busy(wipe_busy), .write_valid(write_valid), .write_ready(write_ready),
		.write_address(write_word));

	// Copies from host memory.
	wire copy_valid, copy_ready;
	wire [ADDRESS-1:0] copy_address;
	wire [LANES*8-1:0] copy_data;

	dma #(.LANES(LANES), .ADDRESS(ADDRESS), .TIMEOUT(DMA_TIMEOUT)) copy(
		.clk(clk), .rst(hold), .master(master), .memory_bytes(memory_bytes),
		.start(dma_start && ready), .host(dma_host), .card(dma_card),
		.bytes(dma_bytes), .busy(dma_busy), .status(dma_status),
		.unexpected(dma_unexpected), .ask_valid(ask_valid), .ask_ready(ask_ready),
		.ask_address(ask_address), .ask_tag(ask_tag), .answer_valid(answer_valid),
		.answer_error(answer_error), .answer_tag(answer_tag),
		.answer_data(answer_data), .write_valid(copy_valid),
		.write_ready(copy_ready), .write_address(copy_address),
		.write_data(copy_data));

	// Who uses the memory port.
	wire [2:0] grant;

	arbiter #(.COUNT(3)) port(
		.clk(clk), .rst(hold), .request({copy_valid, write_valid, !reads_empty}),
		.ready(memory_ready), .grant(grant));

	assign memory_valid = grant != 0 && !hold;
	assign memory_write = !grant[0];
	assign memory_address = grant[2] ? copy_address :
		{grant[1] ? write_word : read_word, {BEAT_LOG2{1'b0}}};
	assign memory_data = grant[2] ? copy_data : {LANES*8{1'b0}};
	assign read_ready = grant[0] && memory_ready;
	assign write_ready = grant[1] && memory_ready;
	assign copy_ready = grant[2] && memory_ready;

	// Counters.
	reg scan_was_done, compare_was_done;
	wire scan_ends = scan_done && !scan_was_done;
	wire compare_ends = compare_done && !compare_was_done;

	always @(posedge clk) begin
		scan_was_done <= !hold && scan_done;
		compare_was_done <= !hold && compare_done;
	end

	counters count(
		.clk(clk), .rst(hold), .busy(busy), .stall(stalled), .row(scored),
		.jobs({1'b0, scan_ends} + {1'b0, compare_ends}),
		.snapshot(snapshot), .index(counter_index), .value(counter_value));

	// Doorbells.
	wire event_empty, doorbells_full;

	assign doorbell_ready = !doorbells_full && ready;
	assign event_valid = !event_empty;

	/* verilator lint_off PINCONNECTEMPTY */ // empty says enough
	fifo #(.WIDTH(10 + 32), .DEPTH_LOG2(6)) doorbells(
		.clk(clk), .rst(hold), .scrub(1'b0),
		.push(doorbell && doorbell_ready),
		.push_data({doorbell_register, doorbell_value}),
		.pop(event_take), .pop_data({event_register, event_value}),
		.empty(event_empty), .full(doorbells_full));
	/* verilator lint_on PINCONNECTEMPTY */
endmodule
`default_nettype wire
