// SPDX-License-Identifier: MIT
//
// harness: the matcher with few pins, to be placed and routed by itself.
//
// On a board the matcher's ports are wires to the PCI Express core, the DSP and the memory's
// controller. Here all inputs come from one shift register and all outputs go to another,
// so every path through the matcher begins and ends in a register beside it, and nothing
// of it can be optimised away.
`default_nettype none

module harness #(
	parameter LANES = 16,
	parameter UNITS = 2
) (
	input wire clk,
	input wire in,
	output wire out
);
	localparam ADDRESS = 32;
	localparam TAG = 5;
	localparam INPUTS = 200 + 9 * ADDRESS + TAG + 16 * LANES;
	localparam OUTPUTS = 213 + 2 * ADDRESS + TAG + 8 * LANES;

	reg [INPUTS-1:0] shifted, inputs;
	reg [OUTPUTS-1:0] taken, outputs;
	reg [11:0] turn = 0;
	reg take = 0;
	wire [OUTPUTS-1:0] now;

	assign out = taken[OUTPUTS-1];

	always @(posedge clk) begin
		turn <= turn + 1'b1;
		shifted <= {shifted[INPUTS-2:0], in};
		inputs <= shifted;
		outputs <= now;
		take <= turn == 0;
		taken <= take ? outputs : {taken[OUTPUTS-2:0], 1'b0};
	end

	wire power, host_reset, watchdog_reset, forget, memory_blank, wiped_elsewhere;
	wire scan_start, scan_keep, scan_sort, scan_abort, scan_release;
	wire compare_start, compare_release, wipe_start, wipe_stop, load_valid, snapshot;
	wire sram_ready, sram_response, memory_ready, memory_response, memory_error;
	wire [ADDRESS:0] memory_bytes, wipe_bytes, scan_probe, compare_probe, compare_reference;
	wire [ADDRESS-1:0] scan_gallery, wipe_address, load_address;
	wire [TAG-1:0] load_tag;
	wire [31:0] scan_stride, scan_rows, scan_first, scan_top_k, scan_min_similarity;
	wire [15:0] scan_dim, compare_dim;
	wire [9:0] result_index;
	wire [2:0] counter_index;
	wire [LANES*8-1:0] sram_data, memory_response_data;

	assign {power, host_reset, watchdog_reset, forget, memory_blank, wiped_elsewhere,
		scan_start, scan_keep, scan_sort, scan_abort, scan_release, compare_start,
		compare_release, wipe_start, wipe_stop, load_valid, snapshot, sram_ready,
		sram_response, memory_ready, memory_response, memory_error, memory_bytes,
		wipe_bytes, scan_probe, compare_probe, compare_reference, scan_gallery,
		wipe_address, load_address, load_tag, scan_stride, scan_rows, scan_first,
		scan_top_k, scan_min_similarity, scan_dim, compare_dim, result_index,
		counter_index, sram_data, memory_response_data} = inputs;

	wire hold, wipe_begin, cold, ready, scan_ready, scan_kept, scan_done, compare_ready;
	wire compare_done, wipe_done, wipe_refused, load_ready, load_response, sram_valid;
	wire memory_valid, memory_write;
	wire [2:0] scan_status, compare_status;
	wire [10:0] scan_count;
	wire [31:0] result_row;
	wire [24:0] result_raw, compare_raw;
	wire [16:0] result_similarity, compare_similarity;
	wire [TAG-1:0] load_response_tag;
	wire [63:0] counter_value;
	wire [ADDRESS-1:0] sram_address, memory_address;
	wire [LANES*8-1:0] memory_data;

	assign now = {hold, wipe_begin, cold, ready, scan_ready, scan_kept, scan_done,
		compare_ready, compare_done, wipe_done, wipe_refused, load_ready,
		load_response, sram_valid, memory_valid, memory_write, scan_status,
		compare_status, scan_count, result_row, result_raw, compare_raw,
		result_similarity, compare_similarity, load_response_tag, counter_value,
		sram_address, memory_address, memory_data};

	matcher #(.LANES(LANES), .UNITS(UNITS), .ADDRESS(ADDRESS), .TAG(TAG)) dut(
		.clk(clk), .power(power), .host_reset(host_reset),
		.watchdog_reset(watchdog_reset), .forget(forget),
		.memory_blank(memory_blank), .wiped_elsewhere(wiped_elsewhere),
		.hold(hold), .wipe_begin(wipe_begin), .cold(cold), .ready(ready),
		.memory_bytes(memory_bytes), .scan_ready(scan_ready),
		.scan_start(scan_start), .scan_keep(scan_keep), .scan_kept(scan_kept),
		.scan_sort(scan_sort), .scan_abort(scan_abort), .scan_probe(scan_probe),
		.scan_gallery(scan_gallery), .scan_stride(scan_stride),
		.scan_rows(scan_rows), .scan_first(scan_first), .scan_top_k(scan_top_k),
		.scan_min_similarity(scan_min_similarity), .scan_dim(scan_dim),
		.scan_done(scan_done), .scan_status(scan_status), .scan_count(scan_count),
		.scan_release(scan_release), .result_index(result_index),
		.result_row(result_row), .result_raw(result_raw),
		.result_similarity(result_similarity), .compare_ready(compare_ready),
		.compare_start(compare_start), .compare_probe(compare_probe),
		.compare_reference(compare_reference), .compare_dim(compare_dim),
		.compare_done(compare_done), .compare_status(compare_status),
		.compare_raw(compare_raw), .compare_similarity(compare_similarity),
		.compare_release(compare_release), .wipe_start(wipe_start),
		.wipe_stop(wipe_stop), .wipe_address(wipe_address),
		.wipe_bytes(wipe_bytes), .wipe_done(wipe_done),
		.wipe_refused(wipe_refused), .load_valid(load_valid),
		.load_ready(load_ready), .load_address(load_address), .load_tag(load_tag),
		.load_response(load_response), .load_response_tag(load_response_tag),
		.snapshot(snapshot), .counter_index(counter_index),
		.counter_value(counter_value), .sram_valid(sram_valid),
		.sram_ready(sram_ready), .sram_address(sram_address),
		.sram_response(sram_response), .sram_data(sram_data),
		.memory_valid(memory_valid), .memory_ready(memory_ready),
		.memory_write(memory_write), .memory_address(memory_address),
		.memory_data(memory_data), .memory_response(memory_response),
		.memory_error(memory_error), .memory_response_data(memory_response_data));
endmodule
`default_nettype wire
