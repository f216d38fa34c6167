// SPDX-License-Identifier: MIT
//
// heap: the best of many entries, in block RAM; afterwards, all of them in order.
//
// An entry is a key and a payload; a larger key is better, and 0 is that of no entry. The
// heap always holds as many entries as size says, at first those of key 0. Its root is the
// worst. An entry that is offered is dropped unless it is better than the root; else it takes
// the root's place and sinks to where no child is worse than it. Each node has four
// children, which are one word of memory: a level takes four cycles (read, the memory's
// output register, ten comparators at once, the move), and 1,016 entries have five levels
// below the root. So an entry that is kept takes 22 cycles at most. Meanwhile the next one
// waits beside the root to be compared with it; one that is dropped takes two cycles, also
// while another one sinks, for the root only becomes better.
//
// sort, in a cycle with idle, orders the entries in place, best first: the root changes
// places with the last entry, the heap is one smaller, and so on. That takes up to 25 cycles
// for each entry that fits. Nothing may be offered until the heap has been wiped.
//
// Entry 0 is the root. Entry e > 0 is in word (e - 1) / 4, at place (e - 1) % 4, and the
// children of e are word e. read_entry shows entry read_index of the cycle before the last,
// as long as idle is high.
//
// wipe makes all entries those of key 0; it has to stay high until wiped is.
`default_nettype none

module heap #(
	parameter KEY = 50,		// bits of a key
	parameter PAYLOAD = 25,		// bits of what goes with it
	parameter WORDS_LOG2 = 8	// log2 of the words of four entries
) (
	input wire clk,
	input wire rst,
	input wire [WORDS_LOG2+2:0] size,	// up to 4 * (words - 2); constant between wipes
	input wire wipe,
	output wire wiped,
	input wire offer,
	input wire [KEY-1:0] offer_key,
	input wire [PAYLOAD-1:0] offer_payload,
	output wire taken,			// the offer, in this cycle
	output wire [KEY-1:0] worst,		// only better ones are kept; it never falls
	input wire sort,
	output wire idle,
	input wire [WORDS_LOG2+1:0] read_index,
	output wire [KEY+PAYLOAD-1:0] read_entry
);
	localparam ENTRY = KEY + PAYLOAD;
	localparam COUNT = WORDS_LOG2 + 3;	// bits of a number of entries

	localparam [3:0] IDLE = 0, READ = 1, LATCH = 2, COMPARE = 3, SETTLE = 4, NEXT = 5,
		LAST_READ = 6, LAST_LATCH = 7, LAST_TAKE = 8;

	reg [3:0] state;
	reg sorting;
	reg holds_none;			// size is 0
	reg [WORDS_LOG2:0] words_wiped;
	reg [ENTRY-1:0] root, carried;
	reg [COUNT-1:0] limit;		// entries of the heap; those behind it are sorted
	reg [COUNT-1:0] node;		// whose children are looked at
	reg hole_is_root;		// where node's own entry is missing
	reg [WORDS_LOG2-1:0] hole_word;
	reg [1:0] hole_place;

	// The entry that waits. better, than the root of the cycle before, says nothing in the
	// first cycle, and that it is better says nothing if the root has changed since.
	reg waits, compared, better, root_changed;
	reg [KEY-1:0] waiting_key;
	reg [PAYLOAD-1:0] waiting_payload;
	wire sink = state == IDLE && compared && better && !root_changed;
	wire drop = compared && !better;

	assign idle = state == IDLE && !waits && !wipe;
	assign taken = offer && (!waits || sink || drop);
	assign worst = holds_none ? {KEY{1'b1}} : root[PAYLOAD +: KEY];
	assign wiped = words_wiped[WORDS_LOG2];

	// Memory: four places of a word, each written by itself.
	reg [3:0] write;
	reg [WORDS_LOG2-1:0] write_word;
	reg [ENTRY-1:0] write_entry;
	reg [WORDS_LOG2-1:0] read_word;
	wire [4*ENTRY-1:0] children;
	wire [COUNT-1:0] before_limit = limit - 1'b1;
	wire [WORDS_LOG2+1:0] before_index = read_index - 1'b1;

	always @* begin
		case (state)
		IDLE: read_word = before_index[WORDS_LOG2+1:2];
		LAST_READ: read_word = before_limit[WORDS_LOG2+1:2];
		default: read_word = node[WORDS_LOG2-1:0];
		endcase
	end

	genvar g;
	generate
		for (g = 0; g < 4; g = g + 1) begin : places
			reg [ENTRY-1:0] entries [0:(1 << WORDS_LOG2)-1];
			reg [ENTRY-1:0] read, latched;

			assign children[g*ENTRY +: ENTRY] = latched;

			always @(posedge clk) begin
				if (write[g])
					entries[write_word] <= write_entry;
				read <= entries[read_word];
				latched <= read;
			end
		end
	endgenerate

	// The place asked for, two cycles ago.
	reg [1:0] shown_place, shown_place_1;
	reg shown_root, shown_root_1;

	assign read_entry = shown_root ? root : children[shown_place*ENTRY +: ENTRY];

	always @(posedge clk) begin
		shown_place_1 <= before_index[1:0];
		shown_root_1 <= read_index == 0;
		shown_place <= shown_place_1;
		shown_root <= shown_root_1;
	end

	// The worst child; one that does not exist counts as better than any entry.
	wire [COUNT+1:0] first_child = {node, 2'b01};
	wire leaf = first_child >= {2'b00, limit};
	reg [3:0] exists;
	wire [KEY-1:0] key_0 = exists[0] ? children[0*ENTRY+PAYLOAD +: KEY] : {KEY{1'b1}};
	wire [KEY-1:0] key_1 = exists[1] ? children[1*ENTRY+PAYLOAD +: KEY] : {KEY{1'b1}};
	wire [KEY-1:0] key_2 = exists[2] ? children[2*ENTRY+PAYLOAD +: KEY] : {KEY{1'b1}};
	wire [KEY-1:0] key_3 = exists[3] ? children[3*ENTRY+PAYLOAD +: KEY] : {KEY{1'b1}};
	wire [KEY-1:0] carried_key = carried[PAYLOAD +: KEY];
	wire less_1_0 = key_1 < key_0, less_2_0 = key_2 < key_0, less_3_0 = key_3 < key_0;
	wire less_2_1 = key_2 < key_1, less_3_1 = key_3 < key_1, less_3_2 = key_3 < key_2;
	wire [3:0] is_worst = {less_3_0 && less_3_1 && less_3_2,
			       less_2_0 && less_2_1 && !less_3_2,
			       less_1_0 && !less_2_1 && !less_3_1,
			       !less_1_0 && !less_2_0 && !less_3_0};
	wire [3:0] is_less = {key_3 < carried_key, key_2 < carried_key,
			      key_1 < carried_key, key_0 < carried_key};
	reg [3:0] is_child;		// that comes up, as it is worse than the carried entry
	reg [1:0] child;
	wire sinks = is_child != 0;
	wire [ENTRY-1:0] child_entry = children[child*ENTRY +: ENTRY];
	wire [COUNT-1:0] child_node = first_child[COUNT-1:0] + {{COUNT-2{1'b0}}, child};

	// What fills the hole: a child that comes up, or the carried entry, which stays.
	wire stays = (state == READ && leaf) || (state == SETTLE && !sinks);
	wire fill = stays || state == SETTLE;
	wire [ENTRY-1:0] filling = stays ? carried : child_entry;

	always @(posedge clk) begin
		waits <= !rst && (taken || (waits && !sink && !drop));
		compared <= !rst && waits && !sink && !drop;
		holds_none <= size == 0;
		better <= waiting_key > worst;
		root_changed <= fill && hole_is_root;
		if (taken) begin
			waiting_key <= offer_key;
			waiting_payload <= offer_payload;
		end else if (rst || sink || drop) begin
			waiting_key <= 0;
			waiting_payload <= 0;
		end
	end

	always @(posedge clk) begin
		write <= 0;
		write_word <= hole_word;
		write_entry <= filling;
		if (rst) begin
			root <= 0;
		end else if (fill) begin
			if (hole_is_root)
				root <= filling;
			else
				write[hole_place] <= 1;
		end else if (state == LAST_TAKE) begin
			write[before_limit[1:0]] <= 1;
			write_word <= before_limit[WORDS_LOG2+1:2];
			write_entry <= root;
		end else if (wipe && state == IDLE && !wiped) begin
			root <= 0;
			write <= 4'hf;
			write_word <= words_wiped[WORDS_LOG2-1:0];
			write_entry <= 0;
		end
		if (rst || !wipe)
			words_wiped <= 0;
		else if (state == IDLE && !wiped)
			words_wiped <= words_wiped + 1'b1;
	end

	always @(posedge clk) begin
		is_child <= is_worst & is_less;
		child <= {is_worst[3] | is_worst[2], is_worst[3] | is_worst[1]};
		exists[0] <= first_child < {2'b00, limit};
		exists[1] <= first_child + 1 < {2'b00, limit};
		exists[2] <= first_child + 2 < {2'b00, limit};
		exists[3] <= first_child + 3 < {2'b00, limit};
		if (stays)
			carried <= 0;
		if (rst) begin
			state <= IDLE;
			sorting <= 0;
			carried <= 0;
		end else begin
			case (state)
			IDLE: begin
				limit <= size;
				node <= 0;
				hole_is_root <= 1;
				if (sink) begin
					carried <= {waiting_key, waiting_payload};
					state <= READ;
				end else if (idle && sort) begin
					sorting <= 1;
					state <= NEXT;
				end
			end
			READ: state <= !leaf ? LATCH : sorting ? NEXT : IDLE;
			LATCH: state <= COMPARE;
			COMPARE: state <= SETTLE;
			SETTLE: begin
				hole_is_root <= 0;
				hole_word <= node[WORDS_LOG2-1:0];
				hole_place <= child;
				node <= child_node;
				state <= sinks ? READ : sorting ? NEXT : IDLE;
			end
			NEXT: begin
				limit <= before_limit;
				if (limit <= 1) begin
					sorting <= 0;
					state <= IDLE;
				end else begin
					state <= LAST_READ;
				end
			end
			LAST_READ: state <= LAST_LATCH;
			LAST_LATCH: state <= LAST_TAKE;
			default: begin // LAST_TAKE
				carried <= children[before_limit[1:0]*ENTRY +: ENTRY];
				node <= 0;
				hole_is_root <= 1;
				state <= READ;
			end
			endcase
		end
	end
endmodule
`default_nettype wire
