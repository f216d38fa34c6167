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
	localparam INPUTS = 319 + 8 * ADDRESS + 16 * LANES;
	localparam OUTPUTS = 333 + ADDRESS + 8 * LANES;

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

	wire power, host_reset, heartbeat, scan_start, scan_abort, scan_release;
	wire compare_start, compare_release, wipe_start, snapshot, doorbell, event_take;
	wire memory_ready, memory_response, memory_error;
	wire master, dma_start, ask_ready, answer_valid, answer_error;
	wire [63:0] dma_host;
	wire [ADDRESS-1:0] dma_card;
	wire [12:0] dma_bytes;
	wire [4:0] answer_tag;
	wire [LANES*8-1:0] answer_data;
	wire [ADDRESS:0] memory_bytes, wipe_bytes;
	wire [ADDRESS-1:0] scan_probe, scan_gallery, compare_probe, compare_reference;
	wire [ADDRESS-1:0] wipe_address;
	wire [31:0] scan_stride, scan_rows, scan_top_k, scan_min_similarity, doorbell_value;
	wire [15:0] scan_dim, compare_dim;
	wire [9:0] result_index, doorbell_register;
	wire [2:0] counter_index;
	wire [LANES*8-1:0] memory_response_data;

	assign {power, host_reset, heartbeat, scan_start, scan_abort, scan_release,
		compare_start, compare_release, wipe_start, snapshot, doorbell, event_take,
		memory_ready, memory_response, memory_error, memory_bytes, wipe_bytes,
		scan_probe, scan_gallery, compare_probe, compare_reference, wipe_address,
		scan_stride, scan_rows, scan_top_k, scan_min_similarity, doorbell_value,
		scan_dim, compare_dim, result_index, doorbell_register, counter_index,
		memory_response_data, master, dma_start, ask_ready, answer_valid,
		answer_error, dma_host, dma_card, dma_bytes, answer_tag,
		answer_data} = inputs;

	wire ready, dsp_reset, scan_ready, scan_done, compare_ready, compare_done;
	wire wipe_done, wipe_refused, doorbell_ready, event_valid, memory_valid, memory_write;
	wire dma_busy, ask_valid;
	wire [2:0] scan_status, compare_status, dma_status;
	wire [7:0] dma_unexpected;
	wire [63:0] ask_address;
	wire [4:0] ask_tag;
	wire [10:0] scan_count;
	wire [31:0] result_row, event_value;
	wire [24:0] result_raw, compare_raw;
	wire [16:0] result_similarity, compare_similarity;
	wire [63:0] counter_value;
	wire [9:0] event_register;
	wire [ADDRESS-1:0] memory_address;
	wire [LANES*8-1:0] memory_data;

	assign now = {ready, dsp_reset, scan_ready, scan_done, compare_ready, compare_done,
		wipe_done, wipe_refused, doorbell_ready, event_valid, memory_valid,
		memory_write, scan_status, compare_status, scan_count, result_row,
		event_value, result_raw, compare_raw, result_similarity,
		compare_similarity, counter_value, event_register, memory_address,
		memory_data, dma_busy, ask_valid, dma_status, dma_unexpected, ask_address,
		ask_tag};

	matcher #(.LANES(LANES), .UNITS(UNITS), .ADDRESS(ADDRESS)) dut(
		.clk(clk), .power(power), .host_reset(host_reset), .ready(ready),
		.heartbeat(heartbeat), .dsp_reset(dsp_reset), .memory_bytes(memory_bytes),
		.scan_ready(scan_ready), .scan_start(scan_start), .scan_abort(scan_abort),
		.scan_probe(scan_probe), .scan_gallery(scan_gallery),
		.scan_stride(scan_stride), .scan_rows(scan_rows), .scan_top_k(scan_top_k),
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
		.wipe_address(wipe_address), .wipe_bytes(wipe_bytes),
		.wipe_done(wipe_done), .wipe_refused(wipe_refused), .master(master),
		.dma_start(dma_start), .dma_host(dma_host), .dma_card(dma_card),
		.dma_bytes(dma_bytes), .dma_busy(dma_busy), .dma_status(dma_status),
		.dma_unexpected(dma_unexpected), .ask_valid(ask_valid),
		.ask_ready(ask_ready), .ask_address(ask_address), .ask_tag(ask_tag),
		.answer_valid(answer_valid), .answer_error(answer_error),
		.answer_tag(answer_tag), .answer_data(answer_data), .snapshot(snapshot),
		.counter_index(counter_index), .counter_value(counter_value),
		.doorbell(doorbell), .doorbell_ready(doorbell_ready),
		.doorbell_register(doorbell_register), .doorbell_value(doorbell_value),
		.event_valid(event_valid), .event_take(event_take),
		.event_register(event_register), .event_value(event_value),
		.memory_valid(memory_valid), .memory_ready(memory_ready),
		.memory_write(memory_write), .memory_address(memory_address),
		.memory_data(memory_data), .memory_response(memory_response),
		.memory_error(memory_error), .memory_response_data(memory_response_data));
endmodule
`default_nettype wire
