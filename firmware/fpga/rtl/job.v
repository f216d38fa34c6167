// SPDX-License-Identifier: MIT
//
// job: the matching engine's registers, and the course of its jobs.
//
// Registers SHELL_ENGINE_* of firmware/shell.h; number is a quarter of an offset, and what
// it shows stands at answer in the next cycle. Settings are not written while the job is
// SHELL_BUSY, which it is from the cycle after GO; the processor waits with its next access for
// settled, so that rows follow their INDEX.
//
// STOP ends a job at once for the processor. The engine gives a scan up between two rows, and
// ends a comparison or a sort, whose result nobody gets; a scan is forgotten then. The next job
// is SHELL_BUSY meanwhile.
//
// Of a scan, the best rows are kept until SORT, and afterwards until the next SCAN, WIPE or
// reset. GO_ON goes on with those of SCAN, whose TOP_K it has to have; after SORT there is
// nothing to go on with. Of a comparison the engine keeps nothing: its vectors are wiped as soon as
// RAW and SIMILARITY are here.
//
// What the engine does not check itself is checked here: that vectors lie within SRAM, and what
// its ports have no room for.
`default_nettype none

module job #(
	parameter ADDRESS = 32,		// bits of an address in card memory
	parameter SRAM = 18,		// bits of an address in SRAM
	parameter [31:0] SRAM_AT = 32'h10000000 // where the processor has it
) (
	input wire clk,
	input wire rst,
	input wire write,
	input wire read,
	input wire [9:0] number,
	input wire [31:0] value,
	output reg [31:0] answer,
	output wire settled,

	input wire scan_ready,
	output reg scan_start,
	input wire scan_kept,
	output reg scan_sort,
	output wire scan_abort,
	output wire [ADDRESS:0] scan_probe,
	output wire [ADDRESS-1:0] scan_gallery,
	output wire [31:0] scan_stride,
	output wire [31:0] scan_rows,
	output wire [31:0] scan_first,
	output wire [31:0] scan_top_k,
	output wire signed [31:0] scan_least,
	output wire [15:0] scan_dim,
	input wire scan_done,
	input wire [2:0] scan_status,
	input wire [10:0] scan_count,
	output reg scan_release,
	output wire [9:0] result_index,
	input wire [31:0] result_row,
	input wire signed [24:0] result_raw,
	input wire signed [16:0] result_similarity,

	input wire compare_ready,
	output reg compare_start,
	output wire [ADDRESS:0] compare_reference,
	input wire compare_done,
	input wire [2:0] compare_status,
	input wire signed [24:0] compare_raw,
	input wire signed [16:0] compare_similarity,
	output reg compare_release
);
	// Numbers of registers.
	localparam [9:0] PROBE = 10'h010, LEAST = 10'h019, GO = 10'h01a, STATE = 10'h01b,
		RAW = 10'h01c, SIMILARITY = 10'h01d, CYCLES_LO = 10'h01e, CYCLES_HI = 10'h01f,
		FOUND = 10'h020, INDEX = 10'h021, ROW = 10'h022, ROW_RAW = 10'h023,
		ROW_SIMILARITY = 10'h024;
	localparam [31:0] COMPARE = 1, SCAN = 2, GO_ON = 3, SORT = 4, WIPE = 5, STOP = 6;
	localparam [1:0] DONE = 0, BUSY = 1, REFUSED = 2;
	localparam [3:0] IDLE = 0, CHECK = 1, BEGIN = 2, COMPARING = 3, FORGET = 4,
		SCANNING = 5, SORTING = 6, WIPING = 7, END = 8;

	// Settings, in the order of their registers, from PROBE to LEAST.
	reg [31:0] settings [0:9];
	reg [31:0] index;
	integer i;
	wire busy = state == BUSY;
	wire [31:0] dim = settings[2], probe = settings[0], reference = settings[1];
	wire [63:0] rows = {settings[4], settings[3]};

	assign scan_probe = {{ADDRESS+1-SRAM{1'b0}}, probe[SRAM-1:0]};
	assign compare_reference = {{ADDRESS+1-SRAM{1'b0}}, reference[SRAM-1:0]};
	assign scan_gallery = rows[ADDRESS-1:0];
	assign scan_stride = settings[5];
	assign scan_rows = settings[6];
	assign scan_first = settings[7];
	assign scan_top_k = settings[8];
	assign scan_least = settings[9];
	assign scan_dim = dim[15:0];
	assign result_index = index[9:0];

	always @(posedge clk) begin
		for (i = 0; i < 10; i = i + 1)
			if (rst)
				settings[i] <= 0;
			else if (write && !busy && number == PROBE + i[9:0])
				settings[i] <= value;
		if (rst)
			index <= 0;
		else if (write && !busy && number == INDEX)
			index <= value;
	end

	// What is checked here, in the cycle after GO. A dimension that is none is the engine's.
	reg probe_good, reference_good, rows_good;
	wire [SRAM:0] probe_end = {1'b0, probe[SRAM-1:0]} + {{SRAM-15{1'b0}}, dim[15:0]};
	wire [SRAM:0] reference_end = {1'b0, reference[SRAM-1:0]} + {{SRAM-15{1'b0}}, dim[15:0]};

	always @(posedge clk) begin
		probe_good <= dim[31:16] == 0 && probe[31:SRAM] == SRAM_AT[31:SRAM] &&
			probe_end <= {1'b1, {SRAM{1'b0}}};
		reference_good <= reference[31:SRAM] == SRAM_AT[31:SRAM] &&
			reference_end <= {1'b1, {SRAM{1'b0}}};
		rows_good <= rows[63:ADDRESS] == 0;
	end

	// The job of the engine's, and the one that waits for it to end.
	reg [1:0] state, outcome;
	reg [3:0] step;
	reg [31:0] wanted, what;
	reg waits;
	reg stopped;			// the job of the engine's is nobody's any more
	wire go = write && number == GO && value != STOP && !busy;
	wire stop = write && number == GO && value == STOP && busy;
	wire stops = stop && !waits;	// the engine's own
	wire gone = stopped || stops;
	wire scan_over = scan_done || scan_kept;

	assign scan_abort = step == SCANNING && stopped;

	always @(posedge clk) begin
		scan_start <= 0;
		scan_sort <= 0;
		scan_release <= 0;
		compare_start <= 0;
		compare_release <= 0;
		if (rst) begin
			step <= IDLE;
			outcome <= DONE;
		end else begin
			case (step)
			IDLE: if (waits && !stop) begin
				what <= wanted;
				step <= CHECK;
			end
			CHECK: step <= BEGIN;
			BEGIN: begin
				outcome <= DONE;
				case (what)
				COMPARE: if (!probe_good || !reference_good) begin
					outcome <= REFUSED;
					step <= END;
				end else if (compare_ready) begin
					compare_start <= 1;
					step <= COMPARING;
				end
				SCAN: step <= FORGET;
				GO_ON: if (scan_done || !probe_good || !rows_good) begin
					outcome <= REFUSED;
					step <= END;
				end else if (scan_ready || scan_kept) begin
					scan_start <= 1;
					step <= SCANNING;
				end
				SORT: if (scan_kept) begin
					scan_sort <= 1;
					step <= SORTING;
				end else if (scan_done || scan_ready) begin
					step <= END;
				end
				WIPE: begin
					scan_release <= scan_over;
					step <= WIPING;
				end
				default: begin
					outcome <= REFUSED;
					step <= END;
				end
				endcase
			end
			COMPARING: if (compare_done && !compare_release) begin
				compare_release <= 1;
				outcome <= compare_status == 0 ? DONE : REFUSED;
				step <= END;
			end
			FORGET: if (!probe_good || !rows_good) begin
				scan_release <= scan_over;
				outcome <= REFUSED;
				step <= END;
			end else if (scan_over) begin
				scan_release <= !scan_release;
			end else if (scan_ready) begin
				scan_start <= 1;
				step <= SCANNING;
			end
			SCANNING: if (!scan_start && scan_over) begin
				outcome <= scan_status == 0 ? DONE : REFUSED;
				scan_release <= gone || scan_status != 0;
				step <= END;
			end
			SORTING: if (!scan_sort && scan_done) begin
				scan_release <= gone;
				step <= END;
			end
			WIPING: if (!scan_release && scan_ready && compare_ready) begin
				step <= END;
			end
			default: begin // END, in which it can still be stopped
				scan_release <= gone && what != COMPARE && scan_over &&
					!scan_release;
				step <= IDLE;
			end
			endcase
		end
	end

	// What the processor sees of it.
	reg signed [24:0] raw;
	reg signed [16:0] similarity;
	reg [63:0] cycles;
	reg [31:0] cycles_high;

	always @(posedge clk) begin
		if (rst) begin
			state <= DONE;
			waits <= 0;
			stopped <= 0;
		end else begin
			if (step == IDLE && waits)
				waits <= 0;
			if (step == END)
				stopped <= 0;
			else if (stops)
				stopped <= 1;
			if (stop) begin
				state <= REFUSED;
				waits <= 0;
			end else if (go) begin
				state <= BUSY;
				wanted <= value;
				waits <= 1;
			end else if (step == END && !stopped) begin
				state <= outcome;
			end
		end
		if (rst || step == WIPING || stops) begin
			raw <= 0;
			similarity <= 0;
		end else if (step == COMPARING && compare_done && !gone) begin
			raw <= compare_raw;
			similarity <= compare_similarity;
		end
		if (rst || step == CHECK)
			cycles <= 0;
		else if (step != IDLE && step != END)
			cycles <= cycles + 1'b1;
		if (rst)
			cycles_high <= 0;
		else if (read && number == CYCLES_LO)
			cycles_high <= cycles[63:32];
	end

	// Rows stand three cycles after their index.
	reg [3:0] settling;

	assign settled = settling == 0;

	always @(posedge clk) begin
		settling <= rst ? 4'd0 : {settling[2:0], write && number == INDEX};
		case (number)
		STATE: answer <= {30'd0, state};
		RAW: answer <= {{7{raw[24]}}, raw};
		SIMILARITY: answer <= {{15{similarity[16]}}, similarity};
		CYCLES_LO: answer <= cycles[31:0];
		CYCLES_HI: answer <= cycles_high;
		FOUND: answer <= {21'd0, scan_count};
		INDEX: answer <= index;
		ROW: answer <= index[31:10] == 0 ? result_row : 32'd0;
		ROW_RAW: answer <= index[31:10] == 0 ? {{7{result_raw[24]}}, result_raw} : 32'd0;
		ROW_SIMILARITY: answer <= index[31:10] == 0 ?
			{{15{result_similarity[16]}}, result_similarity} : 32'd0;
		default: answer <= number >= PROBE && number <= LEAST ?
			settings[number[3:0]] : 32'd0;
		endcase
	end
endmodule
`default_nettype wire
