// SPDX-License-Identifier: MIT
//
// engine: the matching engine: one scan (1:N) and one compare (1:1) at a time.
//
// Both read vectors from card memory and yield what include/limen/score.h and
// include/limen/hw.h ask for, to the bit. They share everything up to the similarity, vector
// by vector: a compare that is started during a scan goes before the scan's next row but one.
//
// The way of a row: reader (memory port), products, a queue, similarity, the threshold,
// topk (the 8 best, a row in each cycle), a queue for what falls out there and would not
// be dropped at once, and heap (the best of those). The rank of a row is that of its
// similarity, then of its number; so the heap's key is {1, similarity, ~row}, and what
// topk and heap hold together is the best of all rows. Queues never overflow: a row's last
// beat is taken only if there is a place for the row in the first one, and a row leaves
// that only if there is one in the second.
//
// A job: with *_ready, set its parameters and raise *_start for a cycle. Then wait for
// *_done; status and result stay until *_release. The engine wipes what it holds of the
// job before it is ready again, after a reset too. *_status is one of LIMEN_HW_OK,
// _BAD_DESCRIPTOR, _BUS_ERROR and _ABORTED; with any but OK there is no result.
//
// A scan that is started with scan_keep is not sorted at its end, but kept (scan_kept): the
// next scan_start goes on with it, with other rows of higher numbers and the same scan_top_k,
// scan_sort sorts it and ends in scan_done, and scan_release forgets it.
//
// Results of a scan are read by result_index, 0 for the best row; they stand there three
// cycles later, and are zero from scan_count on, and until the scan is sorted.
`default_nettype none

module engine #(
	parameter LANES = 16,		// bytes of a beat of the memory port: 16, 32 or 64
	parameter UNITS = 2,		// of similarity: see there
	parameter ADDRESS = 32		// bits of an address in card memory
) (
	input wire clk,
	input wire rst,
	input wire [ADDRESS:0] memory_bytes,	// constant: see reader

	output wire scan_ready,
	input wire scan_start,
	input wire scan_keep,			// with scan_start
	output wire scan_kept,
	input wire scan_sort,
	input wire scan_abort,			// level; ends a scan with LIMEN_HW_ABORTED
	input wire [ADDRESS-1:0] scan_probe,
	input wire [ADDRESS-1:0] scan_gallery,
	input wire [31:0] scan_stride,
	input wire [31:0] scan_rows,
	input wire [31:0] scan_first,		// number of the first row
	input wire [31:0] scan_top_k,
	input wire signed [31:0] scan_min_similarity,
	input wire [15:0] scan_dim,
	output wire scan_done,
	output reg [2:0] scan_status,
	output wire [10:0] scan_count,
	input wire scan_release,
	input wire [9:0] result_index,
	output reg [31:0] result_row,
	output reg signed [24:0] result_raw,
	output reg signed [16:0] result_similarity,

	output wire compare_ready,
	input wire compare_start,
	input wire [ADDRESS-1:0] compare_probe,
	input wire [ADDRESS-1:0] compare_reference,
	input wire [15:0] compare_dim,
	output wire compare_done,
	output reg [2:0] compare_status,
	output reg signed [24:0] compare_raw,
	output reg signed [16:0] compare_similarity,
	input wire compare_release,

	output wire request_valid,
	input wire request_ready,
	output wire [ADDRESS-1:0] request_address,
	input wire response_valid,
	input wire response_error,
	input wire [LANES*8-1:0] response_data,

	output wire busy,			// vectors are being read
	output wire stalled,			// and the next beat has not come yet
	output wire scored			// a row of a scan has its similarity
);
	localparam INDEX = $clog2(512 / LANES);
	localparam BEST = 8;			// places of topk
	localparam ROW_QUEUE_LOG2 = 4;
	localparam FALLEN_QUEUE_LOG2 = 6;	// more than similarity has under way
	localparam TAG = 32 + 25;		// row number, raw score
	localparam KEY = 1 + 17 + 32;

	localparam [2:0] OK = 0, BAD_DESCRIPTOR = 1, BUS_ERROR = 2, ABORTED = 4;
	localparam [2:0] WIPE = 0, READY = 1, CHECK = 2, RUN = 3, SORT = 4, SORTING = 5,
		DONE = 6, KEPT = 7;

	reg [2:0] scan_state, compare_state;

	assign scan_ready = scan_state == READY;
	assign scan_done = scan_state == DONE;
	assign scan_kept = scan_state == KEPT;
	assign compare_ready = compare_state == READY;
	assign compare_done = compare_state == DONE;

	// What a job asks for.
	reg [ADDRESS-1:0] probe, gallery, pair_probe, reference;
	reg [31:0] stride, rows, first, top_k;
	reg [15:0] dim, pair_dim;
	reg signed [31:0] least;
	reg keeps, fits;			// fits what is kept
	reg [10:0] heap_size;			// stands before the first row comes

	// CHECK takes two cycles.
	reg scan_good, compare_good, scan_checked, compare_checked;
	wire scan_go = scan_checked && scan_good;
	wire compare_go = compare_checked && compare_good;

	always @(posedge clk) begin
		scan_checked <= !rst && scan_state == CHECK && !scan_checked;
		scan_good <= dim[5:0] == 0 && dim >= 64 && dim <= 512 && probe[5:0] == 0 &&
			gallery[5:0] == 0 && stride[5:0] == 0 && stride >= {16'd0, dim} &&
			rows != 0 && top_k != 0 && top_k <= 1024 && fits;
		compare_checked <= !rst && compare_state == CHECK && !compare_checked;
		compare_good <= pair_dim[5:0] == 0 && pair_dim >= 64 && pair_dim <= 512 &&
			pair_probe[5:0] == 0 && reference[5:0] == 0;
	end

	always @(posedge clk) begin
		if (scan_ready || scan_kept) begin
			probe <= scan_probe;
			gallery <= scan_gallery;
			stride <= scan_stride;
			rows <= scan_rows;
			first <= scan_first;
			dim <= scan_dim;
			least <= scan_min_similarity;
			keeps <= scan_keep;
			fits <= scan_ready || scan_top_k == top_k;
		end
		if (scan_ready)
			top_k <= scan_top_k;
		heap_size <= top_k > BEST ? top_k[10:0] - BEST : 11'd0;
		if (compare_ready) begin
			pair_probe <= compare_probe;
			reference <= compare_reference;
			pair_dim <= compare_dim;
		end
	end

	// Memory to beats.
	wire scan_idle, scan_fault, compare_idle, compare_fault, compare_fetched;
	wire [31:0] scan_fetched;
	wire beat_valid, beat_ready, beat_compare, beat_probe, beat_last;
	wire [INDEX-1:0] beat_index;
	wire [LANES*8-1:0] beat_data;
	wire beat = beat_valid && beat_ready;

	reader #(.LANES(LANES), .ADDRESS(ADDRESS)) fetch(
		.clk(clk), .rst(rst), .memory_bytes(memory_bytes),
		.scan_start(scan_go), .scan_stop(scan_state == RUN && scan_abort),
		.scan_probe(probe), .scan_gallery(gallery), .scan_stride(stride),
		.scan_rows(rows), .scan_dim(dim[9:0]),
		.scan_idle(scan_idle), .scan_fault(scan_fault), .scan_fetched(scan_fetched),
		.compare_start(compare_go), .compare_probe(pair_probe),
		.compare_reference(reference), .compare_dim(pair_dim[9:0]),
		.compare_idle(compare_idle), .compare_fault(compare_fault),
		.compare_fetched(compare_fetched),
		.request_valid(request_valid), .request_ready(request_ready),
		.request_address(request_address), .response_valid(response_valid),
		.response_error(response_error), .response_data(response_data),
		.beat_valid(beat_valid), .beat_ready(beat_ready),
		.beat_compare(beat_compare), .beat_probe(beat_probe),
		.beat_index(beat_index), .beat_last(beat_last), .beat_data(beat_data));

	assign busy = !scan_idle || !compare_idle;
	assign stalled = busy && !beat_valid;

	// Beats to dot products and norms.
	wire row_valid, row_compare;
	wire signed [24:0] row_raw;
	wire [23:0] row_norm, scan_norm, compare_norm;
	wire [1:0] wiped;

	products #(.LANES(LANES)) multiply_add(
		.clk(clk), .rst(rst),
		.valid(beat), .compare(beat_compare), .probe(beat_probe),
		.index(beat_index), .last(beat_last), .data(beat_data),
		.row_valid(row_valid), .row_compare(row_compare),
		.row_raw(row_raw), .row_norm(row_norm),
		.scan_norm(scan_norm), .compare_norm(compare_norm),
		.wipe({compare_state == WIPE, scan_state == WIPE}), .wiped(wiped));

	// Rows wait for a unit of similarity. held counts them from their last beat on.
	reg [ROW_QUEUE_LOG2:0] held;
	wire waiting_empty, waiting_compare, similarity_ready, fallen_room;
	wire signed [24:0] waiting_raw;
	wire [23:0] waiting_norm;
	wire enter = !waiting_empty && similarity_ready && fallen_room;

	assign beat_ready = !held[ROW_QUEUE_LOG2];

	/* verilator lint_off PINCONNECTEMPTY */ // held says all that
	fifo #(.WIDTH(1 + 25 + 24), .DEPTH_LOG2(ROW_QUEUE_LOG2)) waiting(
		.clk(clk), .rst(rst), .scrub(held == 0),
		.push(row_valid), .push_data({row_compare, row_raw, row_norm}),
		.pop(enter), .pop_data({waiting_compare, waiting_raw, waiting_norm}),
		.empty(waiting_empty), .full());
	/* verilator lint_on PINCONNECTEMPTY */

	always @(posedge clk)
		if (rst)
			held <= 0;
		else
			held <= held + {{ROW_QUEUE_LOG2{1'b0}}, beat && beat_last && !beat_probe} -
				{{ROW_QUEUE_LOG2{1'b0}}, enter};

	// Similarities.
	wire similar_valid, similar_compare;
	wire signed [24:0] similar_raw;
	wire signed [16:0] similar;

	similarity #(.UNITS(UNITS)) normalise(
		.clk(clk), .rst(rst),
		.valid(!waiting_empty && fallen_room), .ready(similarity_ready),
		.compare(waiting_compare), .raw(waiting_raw), .norm(waiting_norm),
		.probe_norm(waiting_compare ? compare_norm : scan_norm),
		.out_valid(similar_valid), .out_compare(similar_compare),
		.out_raw(similar_raw), .out_similarity(similar));

	// The scan's rows, which come in order, get their numbers and pass the threshold.
	reg [31:0] row;
	reg accepted;
	reg signed [16:0] accepted_similarity;
	reg [TAG-1:0] accepted_tag;
	// A row is here, of a scan at that: from similarity on, cycle by cycle.
	reg [2:0] ranked, ranked_scan;
	wire scan_similar = similar_valid && !similar_compare;

	assign scored = ranked_scan[2];

	always @(posedge clk) begin
		accepted <= !rst && scan_similar &&
			$signed({{15{similar[16]}}, similar}) >= least;
		accepted_similarity <= similar;
		accepted_tag <= {row, similar_raw};
		ranked <= rst ? 3'd0 : {ranked[1:0], similar_valid};
		ranked_scan <= rst ? 3'd0 : {ranked_scan[1:0], scan_similar};
		if (rst)
			row <= 0;
		else if (scan_go)
			row <= first;
		else if (scan_similar)
			row <= row + 1'b1;
	end

	// The best 8.
	reg best_rst;
	wire fell;
	wire signed [16:0] fell_similarity;
	wire [TAG-1:0] fell_tag;
	wire [BEST*17-1:0] best_similarities;
	wire [BEST*TAG-1:0] best_tags;

	/* verilator lint_off PINCONNECTEMPTY */ // the count tells that
	topk #(.K(BEST), .SCORE(17), .TAG(TAG)) best(
		.clk(clk), .rst(best_rst), .valid(accepted),
		.score(accepted_similarity), .tag(accepted_tag),
		.out_valid(fell), .out_score(fell_similarity), .out_tag(fell_tag),
		.used(), .scores(best_similarities), .tags(best_tags));
	/* verilator lint_on PINCONNECTEMPTY */

	// The best of the others.
	wire [KEY-1:0] fell_key = {1'b1, fell_similarity + 17'sd32768, ~fell_tag[25 +: 32]};
	wire [KEY-1:0] worst, offer_key;
	wire [24:0] offer_raw;
	// What would be dropped is: the root may be better by now, but never worse.
	reg keep;
	reg [KEY-1:0] keep_key;
	reg [24:0] keep_raw;

	always @(posedge clk) begin
		best_rst <= rst || scan_state == WIPE;
		keep <= !rst && fell && fell_key > worst;
		keep_key <= fell ? fell_key : {KEY{1'b0}};
		keep_raw <= fell ? fell_tag[24:0] : 25'd0;
	end

	wire offer_empty, taken, heap_idle, heap_wiped;
	/* verilator lint_off UNUSEDSIGNAL */ // the key's first bit, which the count tells
	wire [KEY+24:0] heap_entry;
	/* verilator lint_on UNUSEDSIGNAL */
	wire [9:0] heap_index = result_index - BEST;

	/* verilator lint_off PINCONNECTEMPTY */ // pending says all that
	fifo #(.WIDTH(KEY + 25), .DEPTH_LOG2(FALLEN_QUEUE_LOG2)) fallen(
		.clk(clk), .rst(rst), .scrub(scan_state == WIPE),
		.push(keep), .push_data({keep_key, keep_raw}),
		.pop(taken), .pop_data({offer_key, offer_raw}),
		.empty(offer_empty), .full());
	/* verilator lint_on PINCONNECTEMPTY */

	heap #(.KEY(KEY), .PAYLOAD(25)) others(
		.clk(clk), .rst(rst),
		.size(heap_size),
		.wipe(scan_state == WIPE), .wiped(heap_wiped),
		.offer(!offer_empty), .offer_key(offer_key), .offer_payload(offer_raw),
		.taken(taken), .worst(worst), .sort(scan_state == SORT), .idle(heap_idle),
		.read_index(heap_index), .read_entry(heap_entry));

	// Rows from similarity's entrance to the heap's.
	reg [FALLEN_QUEUE_LOG2:0] pending;
	wire [FALLEN_QUEUE_LOG2:0] left = {{FALLEN_QUEUE_LOG2{1'b0}}, ranked[2] && !keep} +
		{{FALLEN_QUEUE_LOG2{1'b0}}, taken};

	assign fallen_room = !pending[FALLEN_QUEUE_LOG2];

	always @(posedge clk)
		if (rst)
			pending <= 0;
		else
			pending <= pending + {{FALLEN_QUEUE_LOG2{1'b0}}, enter} - left;

	// A scan's course.
	reg [31:0] rows_ranked;
	reg [10:0] count;
	// All rows asked for so far are ranked. While more are to come, the scan is not idle.
	reg ranked_all;
	wire scan_ended = scan_idle && ranked_all;

	assign scan_count = scan_done || scan_kept ? count : 11'd0;

	always @(posedge clk) begin
		ranked_all <= rows_ranked == scan_fetched && pending == 0 && heap_idle;
		rows_ranked <= rst || scan_go ? 32'd0 : rows_ranked + {31'd0, ranked_scan[2]};
		if (rst || scan_state == READY || (scan_checked && !scan_good)) begin
			count <= 0;
		end else begin
			if (scan_state == RUN && accepted && {21'd0, count} < top_k)
				count <= count + 1'b1;
			if (scan_state == RUN && scan_ended && (scan_fault || scan_abort))
				count <= 0;
		end
		if (rst) begin
			scan_state <= WIPE;
			scan_status <= OK;
		end else begin
			case (scan_state)
			WIPE: if (wiped[0] && heap_wiped)
				scan_state <= READY;
			READY: if (scan_start)
				scan_state <= CHECK;
			CHECK: if (scan_checked) begin
				scan_state <= scan_good ? RUN : DONE;
				scan_status <= scan_good ? OK : BAD_DESCRIPTOR;
			end
			KEPT: if (scan_release)
				scan_state <= WIPE;
			else if (scan_start)
				scan_state <= CHECK;
			else if (scan_sort)
				scan_state <= SORT;
			RUN: if (scan_ended) begin
				scan_state <= scan_fault || scan_abort ? DONE :
					keeps ? KEPT : SORT;
				scan_status <= scan_fault ? BUS_ERROR : scan_abort ? ABORTED : OK;
			end
			SORT: scan_state <= SORTING;
			SORTING: if (heap_idle)
				scan_state <= DONE;
			default: if (scan_release)
				scan_state <= WIPE;
			endcase
		end
	end

	// Its result.
	reg [9:0] index_1, index_2;
	wire [10:0] sorted_count = scan_done ? count : 11'd0;
	wire [TAG-1:0] best_tag = best_tags[index_2[2:0]*TAG +: TAG];
	wire [16:0] best_similarity = best_similarities[index_2[2:0]*17 +: 17];

	always @(posedge clk) begin
		index_1 <= result_index;
		index_2 <= index_1;
		result_row <= 0;
		result_raw <= 0;
		result_similarity <= 0;
		if ({1'b0, index_2} < sorted_count && index_2 < BEST) begin
			result_row <= best_tag[25 +: 32];
			result_raw <= best_tag[24:0];
			result_similarity <= best_similarity;
		end else if ({1'b0, index_2} < sorted_count) begin
			result_row <= ~heap_entry[25 +: 32];
			result_raw <= heap_entry[24:0];
			result_similarity <= heap_entry[57 +: 17] - 17'sd32768;
		end
	end

	// A compare's course. Its reference is the only row of its stream.
	wire compared = similar_valid && similar_compare;

	always @(posedge clk) begin
		if (rst) begin
			compare_state <= WIPE;
			compare_status <= OK;
			compare_raw <= 0;
			compare_similarity <= 0;
		end else begin
			case (compare_state)
			WIPE: begin
				compare_raw <= 0;
				compare_similarity <= 0;
				if (wiped[1])
					compare_state <= READY;
			end
			READY: if (compare_start)
				compare_state <= CHECK;
			CHECK: if (compare_checked) begin
				compare_state <= compare_good ? RUN : DONE;
				compare_status <= compare_good ? OK : BAD_DESCRIPTOR;
			end
			RUN: if (compared || (compare_idle && !compare_fetched)) begin
				compare_state <= DONE;
				compare_status <= compare_fault ? BUS_ERROR : OK;
				compare_raw <= compare_fault ? 25'sd0 : similar_raw;
				compare_similarity <= compare_fault ? 17'sd0 : similar;
			end
			default: if (compare_release)
				compare_state <= WIPE;
			endcase
		end
	end
endmodule
`default_nettype wire
