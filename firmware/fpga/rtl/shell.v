// SPDX-License-Identifier: MIT
//
// shell: the gateware of a board: all that there is between its processor, its card memory and
// its endpoint of PCI Express.
//
// firmware/shell.h is what the processor sees, include/limen/hw.h what the host sees, and
// Documentation/hardware.rst tells both. A board adds the processor with its ROM, the endpoint,
// the memory's controller and a clock. What it does about a camera is its own: FEATURES.
//
// Processor: an access of its bus is accepted in a cycle with *_valid (and cpu_ready), and a
// read's answer stands in the next one. cpu_* is for the 8 KiB from 0x40000000 on, of 32 bits
// alone, sram_* for SRAM. processor_reset holds it in reset. external and timer are its
// interrupts.
//
// Host: its accesses to BAR 0, one by one, in their order, aligned and of 32 bits; each read is
// answered in the next cycle. ask_* are reads of its memory, by beats, and answer_* what
// comes back, in any order, by tag. post_* are writes, by words: see post. irq_send asks for a
// message of MSI-X by irq_vector, irq_sent says that it has been queued behind what was posted.
// While master is low, which is the command register's bit, nothing of these begins. function_reset is a
// reset of the function, a level or a cycle.
//
// Memory port: see matcher. With an answer, memory_corrected says that what was read had an error
// and is right, and memory_error, of a board with ECC in FEATURES, is FATAL. now is a clock in nanoseconds since power on, which no reset stops.
`default_nettype none

module shell #(
	parameter LANES = 16,			// bytes of a beat of memory: 16, 32 or 64
	parameter UNITS = 2,			// of the engine's similarity
	parameter ADDRESS = 32,			// bits of an address in card memory
	parameter SRAM = 18,			// bits of an address in SRAM
	parameter EVENTS_LOG2 = 9,		// log2 of the events that wait
	parameter DMA_TIMEOUT = 6250000,	// cycles
	parameter [31:0] FEATURES = 32'h00000efc, // of include/limen/hw.h
	parameter [31:0] CLOCK = 125000,	// kHz
	parameter [39:0] HEARTBEAT_NS = 100000000, // a whole number of milliseconds
	parameter [39:0] WATCHDOG_NS = 1000000000
) (
	input wire clk,
	input wire power,			// power-on reset
	input wire function_reset,
	input wire [63:0] now,
	input wire [ADDRESS:0] memory_bytes,	// constant; a multiple of a MiB
	input wire memory_blank,		// after power on, memory is zero by itself
	input wire memory_good,			// its controller works; no reset ends before
	input wire [31:0] board_type,		// constant, as is the next, and not 0
	input wire [31:0] security_floor,

	output wire processor_reset,
	output wire external,
	output wire timer,
	input wire cpu_valid,
	output wire cpu_ready,
	input wire cpu_write,
	/* verilator lint_off UNUSEDSIGNAL */ // its accesses are of 32 bits
	input wire [12:0] cpu_address,
	/* verilator lint_on UNUSEDSIGNAL */
	input wire [31:0] cpu_data,
	output wire [31:0] cpu_answer,
	input wire sram_valid,
	input wire [3:0] sram_write,		// bytes; none for a read
	input wire [SRAM-3:0] sram_word,
	input wire [31:0] sram_data,
	output wire [31:0] sram_answer,

	input wire host_valid,
	output wire host_ready,
	input wire host_write,
	input wire [9:0] host_register,		// its number: a quarter of its offset
	input wire [31:0] host_data,
	output wire host_answer_valid,
	output wire [31:0] host_answer,
	input wire master,
	output wire ask_valid,
	input wire ask_ready,
	output wire [63:0] ask_address,
	output wire [4:0] ask_tag,
	input wire answer_valid,
	input wire answer_error,
	input wire [4:0] answer_tag,
	input wire [LANES*8-1:0] answer_data,
	output wire [7:0] unexpected,		// answers that nobody has asked for
	output wire post_valid,
	input wire post_ready,
	output wire [63:0] post_address,
	output wire [31:0] post_data,
	output wire post_last,
	output wire irq_send,
	output wire [1:0] irq_vector,
	input wire irq_sent,

	input wire snapshot,			// of counters
	input wire [2:0] counter_index,
	output wire [63:0] counter_value,

	output wire memory_valid,
	input wire memory_ready,
	output wire memory_write,
	output wire [ADDRESS-1:0] memory_address,
	output wire [LANES*8-1:0] memory_data,
	input wire memory_response,
	input wire memory_error,
	input wire memory_corrected,
	input wire [LANES*8-1:0] memory_response_data
);
	localparam BEAT_LOG2 = $clog2(LANES);
	localparam [39:0] HEARTBEAT_MS = HEARTBEAT_NS / 1000000;
	localparam HAS_ECC = FEATURES[10];

	// Numbers of the processor's registers.
	localparam [9:0] EVENT_COUNT = 10'h000, EVENT_REG = 10'h001, EVENT_VALUE = 10'h002,
		RAISE = 10'h003, TIME_LO = 10'h004, TIME_HI = 10'h005, BEAT = 10'h006,
		DMA_LO = 10'h008, DMA_HI = 10'h009, DMA_SRAM = 10'h00a, DMA_SIZE = 10'h00b,
		DMA_GO = 10'h00c, DMA_STATE = 10'h00d, ENGINE_FIRST = 10'h010,
		ENGINE_LAST = 10'h024, BOOT_STATE = 10'h028, BOOT_REASON = 10'h029,
		TRAP_PC = 10'h02c, TRAP = 10'h02d;

	wire hold, ready, wipe_begin, sram_wiped, cleared, host_reset, expired;
	wire function_or_power = function_reset || power;

	assign processor_reset = !ready;

	// The processor's accesses.
	wire settled;
	wire [9:0] number = cpu_address[11:2];
	wire access = cpu_valid && cpu_ready && ready;
	wire to_file = access && cpu_address[12];
	wire to_shell = access && !cpu_address[12];
	wire writes = to_shell && cpu_write;
	wire reads = to_shell && !cpu_write;
	wire beat = writes && number == BEAT;
	wire traps = writes && number == TRAP;
	reg [31:0] trap_pc;

	assign cpu_ready = settled;

	// Events.
	wire event_write, event_ready, event_any;
	wire [31:0] event_count, event_value;
	wire [9:0] event_register;

	assign external = event_any;

	events #(.DEPTH_LOG2(EVENTS_LOG2)) queue(
		.clk(clk), .rst(hold), .ready(event_ready), .write(event_write),
		.write_register(host_register), .write_value(host_data), .any(event_any),
		.waiting(event_count), .take(reads && number == EVENT_VALUE),
		.oldest_register(event_register), .oldest_value(event_value));

	// Time.
	wire [31:0] time_low, time_high;
	wire late;

	stopwatch since(
		.clk(clk), .rst(!ready), .now(now), .latch(reads && number == TIME_LO),
		.low(time_low), .high(time_high));
	watchdog #(.LIMIT(HEARTBEAT_NS), .RESET(WATCHDOG_NS)) dog(
		.clk(clk), .rst(!ready), .now(now[39:0]), .beat(beat), .due(timer),
		.late(late), .expired(expired));

	// DMA.
	wire dma_busy, dma_failed, dma_write, dma_write_ready, dma_read, dma_read_ready;
	wire dma_read_response, load_valid, load_ready, load_response;
	wire [1:0] dma_state, dma_direction;
	wire [127:0] dma_settings;
	wire [63:0] dma_address;
	wire [SRAM-3:0] dma_write_word, dma_read_word;
	wire [31:0] dma_write_data, dma_read_data;
	wire [ADDRESS-1:0] load_address;
	wire [4:0] load_response_tag;
	wire [3:0] dma_set = {4{writes}} & {number == DMA_SIZE, number == DMA_SRAM,
					    number == DMA_HI, number == DMA_LO};

	dma #(.LANES(LANES), .ADDRESS(ADDRESS), .SRAM(SRAM), .TIMEOUT(DMA_TIMEOUT)) transfer(
		.clk(clk), .rst(hold), .master(master), .memory_bytes(memory_bytes),
		.set(dma_set), .go(writes && number == DMA_GO), .value(cpu_data),
		.settings(dma_settings), .busy(dma_busy), .state(dma_state),
		.failed(dma_failed), .direction(dma_direction), .address(dma_address),
		.unexpected(unexpected),
		.ask_valid(ask_valid), .ask_ready(ask_ready), .ask_address(ask_address),
		.ask_tag(ask_tag), .answer_valid(answer_valid), .answer_error(answer_error),
		.answer_tag(answer_tag), .answer_data(answer_data),
		.load_valid(load_valid), .load_ready(load_ready),
		.load_address(load_address), .load_response(load_response),
		.load_error(memory_error), .load_response_tag(load_response_tag),
		.load_data(memory_response_data),
		.post_valid(post_valid), .post_ready(post_ready),
		.post_address(post_address), .post_data(post_data), .post_last(post_last),
		.write_valid(dma_write), .write_ready(dma_write_ready),
		.write_word(dma_write_word), .write_data(dma_write_data),
		.read_valid(dma_read), .read_ready(dma_read_ready),
		.read_word(dma_read_word), .read_response(dma_read_response),
		.read_data(dma_read_data));

	// SRAM.
	wire engine_valid, engine_ready, engine_response;
	/* verilator lint_off UNUSEDSIGNAL */ // it is within SRAM, and of a beat
	wire [ADDRESS-1:0] engine_address;
	/* verilator lint_on UNUSEDSIGNAL */
	wire [LANES*8-1:0] engine_data;

	sram #(.LANES(LANES), .SIZE_LOG2(SRAM)) memory(
		.clk(clk), .hold(hold), .wipe_start(wipe_begin), .wiped(sram_wiped),
		.cpu_valid(sram_valid && ready), .cpu_write(sram_write),
		.cpu_word(sram_word), .cpu_data(sram_data), .cpu_answer(sram_answer),
		.engine_valid(engine_valid), .engine_ready(engine_ready),
		.engine_beat(engine_address[SRAM-1:BEAT_LOG2]),
		.engine_response(engine_response), .engine_data(engine_data),
		.write_valid(dma_write), .write_ready(dma_write_ready),
		.write_word(dma_write_word), .write_data(dma_write_data),
		.read_valid(dma_read), .read_ready(dma_read_ready),
		.read_word(dma_read_word), .read_response(dma_read_response),
		.read_data(dma_read_data));

	// The engine's jobs.
	wire scan_ready, scan_start, scan_kept, scan_sort, scan_abort, scan_done, scan_release;
	wire compare_ready, compare_start, compare_done, compare_release;
	wire [ADDRESS:0] scan_probe, compare_reference;
	wire [ADDRESS-1:0] scan_gallery;
	wire [31:0] scan_stride, scan_rows, scan_first, scan_top_k, scan_least, result_row;
	wire [15:0] scan_dim;
	wire [2:0] scan_status, compare_status;
	wire [10:0] scan_count;
	wire [9:0] result_index;
	wire signed [24:0] result_raw, compare_raw;
	wire signed [16:0] result_similarity, compare_similarity;
	wire [31:0] job_answer;

	job #(.ADDRESS(ADDRESS), .SRAM(SRAM)) engine_job(
		.clk(clk), .rst(!ready), .write(writes), .read(reads), .number(number),
		.value(cpu_data), .answer(job_answer), .settled(settled),
		.scan_ready(scan_ready), .scan_start(scan_start), .scan_kept(scan_kept),
		.scan_sort(scan_sort), .scan_abort(scan_abort), .scan_probe(scan_probe),
		.scan_gallery(scan_gallery), .scan_stride(scan_stride),
		.scan_rows(scan_rows), .scan_first(scan_first), .scan_top_k(scan_top_k),
		.scan_least(scan_least), .scan_dim(scan_dim), .scan_done(scan_done),
		.scan_status(scan_status), .scan_count(scan_count),
		.scan_release(scan_release), .result_index(result_index),
		.result_row(result_row), .result_raw(result_raw),
		.result_similarity(result_similarity), .compare_ready(compare_ready),
		.compare_start(compare_start), .compare_reference(compare_reference),
		.compare_done(compare_done), .compare_status(compare_status),
		.compare_raw(compare_raw), .compare_similarity(compare_similarity),
		.compare_release(compare_release));

	// Card memory, with what reads and wipes it, and resets.
	wire wipe_start, wipe_stop, wipe_done, cold;
	wire [ADDRESS-1:0] wipe_address;
	wire [ADDRESS:0] wipe_bytes;

	/* verilator lint_off PINCONNECTEMPTY */ // a wipe is checked before
	matcher #(.LANES(LANES), .UNITS(UNITS), .ADDRESS(ADDRESS)) match(
		.clk(clk), .power(power), .host_reset(host_reset || function_reset),
		.watchdog_reset(expired), .forget(function_or_power),
		.memory_blank(memory_blank),
		.wiped_elsewhere(sram_wiped && cleared && memory_good), .hold(hold),
		.wipe_begin(wipe_begin), .cold(cold), .ready(ready), .memory_bytes(memory_bytes),
		.scan_ready(scan_ready), .scan_start(scan_start), .scan_keep(1'b1),
		.scan_kept(scan_kept), .scan_sort(scan_sort), .scan_abort(scan_abort),
		.scan_probe(scan_probe), .scan_gallery(scan_gallery),
		.scan_stride(scan_stride), .scan_rows(scan_rows), .scan_first(scan_first),
		.scan_top_k(scan_top_k), .scan_min_similarity(scan_least),
		.scan_dim(scan_dim), .scan_done(scan_done), .scan_status(scan_status),
		.scan_count(scan_count), .scan_release(scan_release),
		.result_index(result_index), .result_row(result_row),
		.result_raw(result_raw), .result_similarity(result_similarity),
		.compare_ready(compare_ready), .compare_start(compare_start),
		.compare_probe(scan_probe), .compare_reference(compare_reference),
		.compare_dim(scan_dim), .compare_done(compare_done),
		.compare_status(compare_status), .compare_raw(compare_raw),
		.compare_similarity(compare_similarity), .compare_release(compare_release),
		.wipe_start(wipe_start), .wipe_stop(wipe_stop),
		.wipe_address(wipe_address), .wipe_bytes(wipe_bytes),
		.wipe_done(wipe_done), .wipe_refused(),
		.load_valid(load_valid), .load_ready(load_ready),
		.load_address(load_address), .load_tag(ask_tag),
		.load_response(load_response), .load_response_tag(load_response_tag),
		.snapshot(snapshot), .counter_index(counter_index),
		.counter_value(counter_value),
		.sram_valid(engine_valid), .sram_ready(engine_ready),
		.sram_address(engine_address), .sram_response(engine_response),
		.sram_data(engine_data),
		.memory_valid(memory_valid), .memory_ready(memory_ready),
		.memory_write(memory_write), .memory_address(memory_address),
		.memory_data(memory_data), .memory_response(memory_response),
		.memory_error(memory_error), .memory_response_data(memory_response_data));
	/* verilator lint_on PINCONNECTEMPTY */

	// The host's registers, and what is behind them.
	wire irq_clear, irq_enable_set, vectors_set, several, error_clear, ecc_clear;
	wire wipe_page_set, wipe_pages_set, wipe_go;
	wire [3:0] moderation_set;
	wire [4*14-1:0] moderations;
	wire [31:0] irq_status, irq_enable, error_cause, error_detail, error_count;
	wire [63:0] error_address;
	wire [31:0] wipe_number, heartbeat, file_answer;
	wire wipe_settled;
	wire [1:0] ecc_status;
	wire [31:0] ecc_corrected, ecc_uncorrected;
	wire [ADDRESS-1:0] ecc_address;
	// What was read cannot be believed, which the processor learns later than all others.
	wire broken = memory_response && memory_error && HAS_ECC;

	registers #(.ADDRESS(ADDRESS), .FEATURES(FEATURES), .CLOCK(CLOCK),
		    .HEARTBEAT_MS(HEARTBEAT_MS[31:0])) file(
		.clk(clk), .power(power), .hold(hold), .clear(wipe_begin),
		.cleared(cleared), .ready(ready), .memory_bytes(memory_bytes),
		.board_type(board_type), .security_floor(security_floor),
		.host_valid(host_valid), .host_ready(host_ready), .host_write(host_write),
		.host_register(host_register), .host_data(host_data),
		.host_answer_valid(host_answer_valid), .host_answer(host_answer),
		.other_reset(function_or_power), .expired(expired), .reset(host_reset),
		.irq_clear(irq_clear), .irq_enable_set(irq_enable_set), .vectors_set(vectors_set), .moderation_set(moderation_set),
		.error_clear(error_clear), .ecc_clear(ecc_clear), .wipe_page_set(wipe_page_set),
		.wipe_pages_set(wipe_pages_set), .wipe_go(wipe_go),
		.event_write(event_write), .event_ready(event_ready),
		.irq_status(irq_status), .irq_enable(irq_enable), .several(several),
		.moderations(moderations), .error_cause(error_cause), .error_detail(error_detail),
		.error_address(error_address), .error_count(error_count),
		.ecc_status(ecc_status), .ecc_corrected(ecc_corrected),
		.ecc_uncorrected(ecc_uncorrected), .ecc_address(ecc_address), .fatal_set(broken),
		.wipe_done(wipe_number), .wipe_settled(wipe_settled), .beat(beat),
		.heartbeat(heartbeat), .cpu_valid(to_file), .cpu_write(cpu_write),
		.cpu_register(number), .cpu_data(cpu_data), .cpu_answer(file_answer),
		.boot_state_set(writes && number == BOOT_STATE),
		.boot_reason_set(writes && number == BOOT_REASON));
	interrupt irq(
		.clk(clk), .rst(!ready), .now(now[39:0]), .master(master),
		.raised((writes && number == RAISE ? cpu_data : 32'd0) | {broken, 31'd0}),
		.clear(irq_clear), .set_enable(irq_enable_set), .set_vectors(vectors_set),
		.set_moderation(moderation_set), .value(host_data),
		.status(irq_status), .enable(irq_enable), .several(several),
		.moderations(moderations), .send(irq_send), .send_vector(irq_vector),
		.sent(irq_sent));
	ecc #(.ADDRESS(ADDRESS), .BEAT_LOG2(BEAT_LOG2)) memory_errors(
		.clk(clk), .power(power),
		.asked(memory_valid && memory_ready && !memory_write),
		.asked_address(memory_address), .answered(memory_response),
		.corrected(memory_response && memory_corrected), .uncorrected(broken),
		.clear(ecc_clear), .clear_bits(host_data[1:0]), .status(ecc_status),
		.corrected_count(ecc_corrected), .uncorrected_count(ecc_uncorrected),
		.last(ecc_address));
	errors noted(
		.clk(clk), .power(power), .clear(error_clear), .clear_bits(host_data),
		.transfer(dma_failed), .transfer_timeout(dma_state == 2'd3),
		.transfer_direction(dma_direction), .transfer_address(dma_address),
		.trap(traps), .trap_cause(cpu_data), .trap_pc(trap_pc),
		.late(late), .late_heartbeat(heartbeat),
		.cause(error_cause), .detail(error_detail), .address(error_address),
		.count(error_count));
	card_wipe #(.ADDRESS(ADDRESS)) zeroes(
		.clk(clk), .forget(function_or_power), .memory_pages(memory_bytes[ADDRESS:12]),
		.set_page(wipe_page_set), .set_pages(wipe_pages_set), .go(wipe_go),
		.value(host_data), .done(wipe_number), .settled(wipe_settled),
		.start(wipe_start), .stop(wipe_stop), .address(wipe_address),
		.bytes(wipe_bytes), .finished(wipe_done), .memory_cold(cold));

	// What the processor reads.
	reg of_file, of_job;
	reg [31:0] own;

	assign cpu_answer = of_file ? file_answer : of_job ? job_answer : own;

	always @(posedge clk) begin
		of_file <= cpu_address[12];
		of_job <= number >= ENGINE_FIRST && number <= ENGINE_LAST;
		case (number)
		EVENT_COUNT: own <= event_count;
		EVENT_REG: own <= event_any ? {20'd0, event_register, 2'b00} : 32'd0;
		EVENT_VALUE: own <= event_any ? event_value : 32'd0;
		TIME_LO: own <= time_low;
		TIME_HI: own <= time_high;
		DMA_LO: own <= dma_settings[31:0];
		DMA_HI: own <= dma_settings[63:32];
		DMA_SRAM: own <= dma_settings[95:64];
		DMA_SIZE: own <= dma_settings[127:96];
		DMA_STATE: own <= dma_busy ? 32'd1 : {30'd0, dma_state};
		TRAP_PC: own <= trap_pc;
		default: own <= 0;
		endcase
		if (hold)
			trap_pc <= 0;
		else if (writes && number == TRAP_PC)
			trap_pc <= cpu_data;
	end
endmodule
`default_nettype wire
