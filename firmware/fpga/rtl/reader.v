// SPDX-License-Identifier: MIT
//
// reader: fetches the vectors of a scan and of a compare, each as a stream of beats.
//
// A scan is a probe and then rows, a compare a probe and a reference; a compare that was
// started goes before the scan's next vector, but for the one that is already chosen.
// Choosing takes two cycles: so vectors of two beats or more follow each other without a
// gap, at most 2^DEPTH_LOG2 requests ahead of the beats that have been taken, and the port
// stays busy while its latency in cycles is below that. Responses come in the order of
// requests and are never made to wait: there is a place for each.
//
// No address at or above memory_bytes is ever asked for (formal/reader.vh proves that): a
// vector that would reach there is not fetched, nor anything after it, and scan_fault or
// compare_fault stays high until the next start; likewise, but with the fetching going on,
// if a response has error.
// memory_bytes is constant, a multiple of 64 and at least 512. The dimension stands from
// the cycle after a start until the stream is idle, as do the second address and the stride.
//
// A start may come only while its *_idle is high, which means: no vector is left to fetch
// and each beat asked for has been taken. Addresses and stride are multiples of 64, the
// dimension one from 64 to 512, and scan_rows is not 0: the engine checks all that.
// scan_stop ends a scan early, between two rows.
`default_nettype none

module reader #(
	parameter LANES = 16,				// bytes of a beat
	parameter INDEX = $clog2(512 / LANES),		// bits of a beat's number
	parameter ADDRESS = 32,				// bits of an address
	parameter DEPTH_LOG2 = 6			// log2 of the requests ahead
) (
	input wire clk,
	input wire rst,
	input wire [ADDRESS:0] memory_bytes,

	input wire scan_start,
	input wire scan_stop,
	input wire [ADDRESS-1:0] scan_probe,
	input wire [ADDRESS-1:0] scan_gallery,
	input wire [31:0] scan_stride,
	input wire [31:0] scan_rows,
	input wire [9:0] scan_dim,
	output reg scan_idle,
	output reg scan_fault,
	output reg [31:0] scan_fetched,			// rows of which requests were made

	input wire compare_start,
	input wire [ADDRESS-1:0] compare_probe,
	input wire [ADDRESS-1:0] compare_reference,
	input wire [9:0] compare_dim,
	output reg compare_idle,
	output reg compare_fault,
	output reg compare_fetched,			// likewise, of the reference

	output wire request_valid,
	input wire request_ready,
	output wire [ADDRESS-1:0] request_address,
	input wire response_valid,
	input wire response_error,
	input wire [LANES*8-1:0] response_data,

	output wire beat_valid,
	input wire beat_ready,
	output wire beat_compare,
	output wire beat_probe,
	output wire [INDEX-1:0] beat_index,
	output wire beat_last,
	output wire [LANES*8-1:0] beat_data
);
	localparam NEXT = (ADDRESS > 32 ? ADDRESS : 32) + 2;	// no sum overflows
	localparam BEAT_LOG2 = $clog2(LANES);

	// The next vector of each stream, and the last address where one fits, which is
	// known in the cycle after a start. Once a vector has stood for a cycle (checked), it is
	// known whether it fits.
	reg scan_begins, scan_pending, scan_is_probe, scan_checked, scan_fits;
	reg [NEXT-1:0] scan_next, scan_limit;
	reg [31:0] scan_left;
	reg compare_begins, compare_pending, compare_is_probe, compare_checked, compare_fits;
	reg [NEXT-1:0] compare_next, compare_limit;

	// The vector that was chosen, and waits for the one that is being asked for.
	reg chosen, chosen_is_compare, chosen_is_probe;
	reg [ADDRESS-BEAT_LOG2-1:0] chosen_address;
	reg [INDEX-1:0] chosen_last;

	// The vector that is being asked for.
	reg active, is_compare, is_probe;
	reg [ADDRESS-BEAT_LOG2-1:0] address;
	reg [INDEX-1:0] index, index_last;

	// Beats asked for and not yet taken.
	reg [DEPTH_LOG2:0] claimed, scan_claimed, compare_claimed;

	wire request = request_valid && request_ready;
	wire last = index == index_last;
	wire choose_compare = !chosen && compare_checked;
	wire choose_scan = !chosen && scan_checked && !compare_checked;
	wire go_over = chosen && (!active || (request && last));
	wire [NEXT-1:0] memory_end = {{NEXT-ADDRESS-1{1'b0}}, memory_bytes};
	/* verilator lint_off UNUSEDSIGNAL */ // what multiples of 64 have below is 0
	wire [9:0] dim_last = (compare_checked ? compare_dim : scan_dim) - 1'b1;
	wire [NEXT-1:0] next = compare_checked ? compare_next : scan_next;
	/* verilator lint_on UNUSEDSIGNAL */

	assign request_valid = active && !claimed[DEPTH_LOG2];
	assign request_address = {address, {BEAT_LOG2{1'b0}}};

	always @(posedge clk) begin
		scan_idle <= !rst && !scan_start && !scan_begins && !scan_pending &&
			!(chosen && !chosen_is_compare) && !(active && !is_compare) &&
			scan_claimed == 0;
		compare_idle <= !rst && !compare_start && !compare_begins &&
			!compare_pending && !(chosen && chosen_is_compare) &&
			!(active && is_compare) && compare_claimed == 0;
		scan_limit <= memory_end - {{NEXT-10{1'b0}}, scan_dim};
		compare_limit <= memory_end - {{NEXT-10{1'b0}}, compare_dim};
		scan_fits <= scan_next <= scan_limit;
		compare_fits <= compare_next <= compare_limit;
		scan_checked <= !rst && scan_pending && !choose_scan && !scan_stop;
		compare_checked <= !rst && compare_pending && !choose_compare;
	end

	always @(posedge clk) begin
		if (rst)
			chosen <= 0;
		else if (!chosen)
			chosen <= (choose_compare && compare_fits) || (choose_scan && scan_fits);
		else if (go_over)
			chosen <= 0;
		if (!chosen) begin
			chosen_is_compare <= compare_checked;
			chosen_is_probe <= compare_checked ? compare_is_probe : scan_is_probe;
			chosen_address <= next[ADDRESS-1:BEAT_LOG2];
			chosen_last <= dim_last[BEAT_LOG2 +: INDEX];
		end
		if (rst) begin
			active <= 0;
		end else if (go_over) begin
			active <= 1;
			is_compare <= chosen_is_compare;
			is_probe <= chosen_is_probe;
			address <= chosen_address;
			index <= 0;
			index_last <= chosen_last;
		end else if (request) begin
			active <= !last;
			address <= address + 1'b1;
			index <= index + 1'b1;
		end
	end

	always @(posedge clk) begin
		scan_begins <= !rst && scan_start;
		if (rst) begin
			scan_pending <= 0;
			scan_fetched <= 0;
		end else if (scan_start) begin
			scan_is_probe <= 1;
			scan_next <= {{NEXT-ADDRESS{1'b0}}, scan_probe};
			scan_left <= scan_rows;
			scan_fetched <= 0;
		end else if (scan_begins) begin
			scan_pending <= !scan_stop;
		end else if (choose_scan) begin
			scan_is_probe <= 0;
			if (scan_is_probe) begin
				scan_next <= {{NEXT-ADDRESS{1'b0}}, scan_gallery};
			end else begin
				scan_next <= scan_next + {{NEXT-32{1'b0}}, scan_stride};
				scan_left <= scan_left - 1'b1;
				scan_fetched <= scan_fetched + {31'd0, scan_fits};
			end
			if (!scan_fits || (!scan_is_probe && scan_left == 1))
				scan_pending <= 0;
		end
		if (!rst && !scan_start && scan_stop)
			scan_pending <= 0;
	end

	always @(posedge clk) begin
		compare_begins <= !rst && compare_start;
		if (rst) begin
			compare_pending <= 0;
			compare_fetched <= 0;
		end else if (compare_start) begin
			compare_is_probe <= 1;
			compare_next <= {{NEXT-ADDRESS{1'b0}}, compare_probe};
			compare_fetched <= 0;
		end else if (compare_begins) begin
			compare_pending <= 1;
		end else if (choose_compare) begin
			compare_is_probe <= 0;
			compare_next <= {{NEXT-ADDRESS{1'b0}}, compare_reference};
			if (!compare_fits || !compare_is_probe)
				compare_pending <= 0;
			if (compare_fits && !compare_is_probe)
				compare_fetched <= 1;
		end
	end

	// The beats, and what was asked for, in the same order.
	wire beats_empty, error;
	wire beat = beat_valid && beat_ready;

	assign beat_valid = !beats_empty;

	/* verilator lint_off PINCONNECTEMPTY */ // claimed says all that
	fifo #(.WIDTH(LANES * 8 + 1), .DEPTH_LOG2(DEPTH_LOG2)) beats(
		.clk(clk), .rst(rst), .scrub(claimed == 0),
		.push(response_valid), .push_data({response_error, response_data}),
		.pop(beat), .pop_data({error, beat_data}),
		.empty(beats_empty), .full());
	fifo #(.WIDTH(INDEX + 3), .DEPTH_LOG2(DEPTH_LOG2)) asked(
		.clk(clk), .rst(rst), .scrub(1'b0),
		.push(request), .push_data({is_compare, is_probe, last, index}),
		.pop(beat), .pop_data({beat_compare, beat_probe, beat_last, beat_index}),
		.empty(), .full());
	/* verilator lint_on PINCONNECTEMPTY */

	wire scan_beat = beat && !beat_compare;
	wire scan_request = request && !is_compare;
	wire compare_beat = beat && beat_compare;
	wire compare_request = request && is_compare;

	always @(posedge clk) begin
		if (rst) begin
			claimed <= 0;
			scan_claimed <= 0;
			compare_claimed <= 0;
		end else begin
			claimed <= claimed + {{DEPTH_LOG2{1'b0}}, request} -
				{{DEPTH_LOG2{1'b0}}, beat};
			scan_claimed <= scan_claimed + {{DEPTH_LOG2{1'b0}}, scan_request} -
				{{DEPTH_LOG2{1'b0}}, scan_beat};
			compare_claimed <= compare_claimed +
				{{DEPTH_LOG2{1'b0}}, compare_request} -
				{{DEPTH_LOG2{1'b0}}, compare_beat};
		end
		if (rst || scan_start)
			scan_fault <= 0;
		else if ((choose_scan && !scan_fits) || (scan_beat && error))
			scan_fault <= 1;
		if (rst || compare_start)
			compare_fault <= 0;
		else if ((choose_compare && !compare_fits) || (compare_beat && error))
			compare_fault <= 1;
	end

`ifdef FORMAL
`include "reader.vh"
`endif
endmodule
`default_nettype wire
