// SPDX-License-Identifier: MIT
//
// registers: the file of the host's registers, of 4 KiB, and who may change what in it.
//
// The host's accesses come one by one (host_valid, host_ready), and each read is answered in
// the next cycle, by host_answer_valid; the processor's likewise, without a wait. What
// each side reads and writes where is told by Documentation/hardware.rst:
//
// - what the processor shows is a memory, in which it writes those registers alone that are
//   firmware's (shows); those that tell what runs, only until booted;
// - constants, and what is the gateware's, stand beside it;
// - a write of the host has an effect in the gateware (the outputs below), or is an event, or
//   nothing at all. One that is an event waits until there is room for it;
// - the first BOOT_REASON that the ROM shows after the watchdog's reset is that;
// - registers of SNAPSHOT, ECC and VECTORS are there if FEATURES has the bit.
//
// While ready is low, constants, errors (those of card memory, too) and the wipe are as ever,
// CONTROL reads as RESET, VECTORS as 1 and everything else as 0; writes have no effect but on errors,
// the wipe and CONTROL's RESET, which is how a reset is told again. cleared is low until the memory is zero.
`default_nettype none

module registers #(
	parameter ADDRESS = 32,			// bits of an address in card memory
	parameter [31:0] FEATURES = 32'h00000efc,
	parameter [31:0] CLOCK = 125000,	// kHz
	parameter [31:0] HEARTBEAT_MS = 100,
	parameter [31:0] BOOT_MS = 4000,
	parameter [31:0] RESET_MS = 1000,
	parameter [31:0] ABORT_MS = 100,
	parameter [31:0] RING_STOP_MS = 500
) (
	input wire clk,
	input wire power,
	input wire hold,
	input wire clear,			// begins to
	output wire cleared,
	input wire ready,
	/* verilator lint_off UNUSEDSIGNAL */ // whole MiB
	input wire [ADDRESS:0] memory_bytes,
	/* verilator lint_on UNUSEDSIGNAL */
	input wire [31:0] board_type,
	input wire [31:0] security_floor,

	input wire host_valid,
	output wire host_ready,
	input wire host_write,
	input wire [9:0] host_register,		// its number: a quarter of its offset
	input wire [31:0] host_data,
	output reg host_answer_valid,
	output wire [31:0] host_answer,

	input wire other_reset,			// by power or of the function
	input wire expired,			// by the watchdog
	output wire reset,			// CONTROL's RESET is written
	output wire irq_clear,
	output wire irq_enable_set,
	output wire vectors_set,
	output wire [3:0] moderation_set,	// by vector
	output wire error_clear,
	output wire ecc_clear,
	output wire wipe_page_set,
	output wire wipe_pages_set,
	output wire wipe_go,
	output wire event_write,
	input wire event_ready,

	input wire [31:0] irq_status,
	input wire [31:0] irq_enable,
	input wire several,			// vectors
	input wire [4*14-1:0] moderations,
	input wire [31:0] error_cause,
	input wire [31:0] error_detail,
	input wire [63:0] error_address,
	input wire [31:0] error_count,
	input wire [1:0] ecc_status,
	input wire [31:0] ecc_corrected,
	input wire [31:0] ecc_uncorrected,
	input wire [ADDRESS-1:0] ecc_address,
	input wire fatal_set,			// STATUS is FATAL from now on
	input wire [31:0] wipe_done,
	input wire wipe_settled,
	input wire beat,
	output reg [31:0] heartbeat,

	input wire cpu_valid,			// of the file
	input wire cpu_write,
	input wire [9:0] cpu_register,
	input wire [31:0] cpu_data,
	output wire [31:0] cpu_answer,
	input wire boot_state_set,		// SHELL_BOOT_STATE and _REASON, with cpu_data
	input wire boot_reason_set
);
	localparam [31:0] ID = 32'h4e4d494c, VERSION = 32'h00010002;
	localparam [31:0] GATEWARE_VERSION = 32'h00010000;
	localparam [31:0] BOOT_RUNNING = 3, BOOT_CRASHED = 4, BY_WATCHDOG = 8;
	localparam HAS_SNAPSHOT = FEATURES[9], HAS_ECC = FEATURES[10], HAS_VECTORS = FEATURES[11];

	// Numbers of registers.
	localparam [9:0] CONTROL = 10'h004, STATUS = 10'h005, IRQ_STATUS = 10'h006,
		IRQ_ENABLE = 10'h007, BOOT_STATE = 10'h0c0, BOOT_REASON = 10'h0c1,
		BOOT_GENERATION = 10'h0c2, BOOT_IMAGE = 10'h0c3, BOOT_SIZE = 10'h0c4,
		BOOT_GO = 10'h0c5, ECHO = 10'h0c6, ECHO_ANSWER = 10'h0c7, HEARTBEAT = 10'h0c8,
		FIRMWARE_FIRST = 10'h0ce, FIRMWARE_LAST = 10'h0d8, ERROR_CAUSE = 10'h0e0,
		ERROR_DETAIL = 10'h0e1, ERROR_ADDRESS_LO = 10'h0e2, ERROR_ADDRESS_HI = 10'h0e3,
		ERROR_COUNT = 10'h0e4, WIPE_PAGE = 10'h0f0, WIPE_PAGES = 10'h0f1,
		WIPE_GO = 10'h0f2, WIPE_DONE = 10'h0f3, SNAPSHOT = 10'h0f8,
		ECC_STATUS = 10'h0f9, ECC_CORRECTED = 10'h0fa, ECC_UNCORRECTED = 10'h0fb,
		ECC_ADDRESS_LO = 10'h0fc, ECC_ADDRESS_HI = 10'h0fd, VECTORS = 10'h0fe;
	localparam [5:0] COUNTERS = 6'h11;	// the first bits of COUNTER
	localparam [7:0] MODERATION = 8'h40;	// likewise
	localparam [7:0] CAMERA = 8'h20;	// the first bits of the camera's
	// In the block of a ring.
	localparam [3:0] RING_ENABLE = 4'h5, RING_ABORT = 4'h8, STALL_LOW = 4'h9,
		STALL_HIGH = 4'ha;

	function [31:0] constant(input [9:0] number, input [31:0] mib, input [31:0] type_,
				 input [31:0] floor);
		case (number)
		10'h000: constant = ID;
		10'h001: constant = VERSION;
		10'h002: constant = FEATURES;
		10'h003: constant = mib;
		10'h00a: constant = CLOCK;
		10'h0c9: constant = HEARTBEAT_MS;
		10'h0ca: constant = type_;
		10'h0cb: constant = floor;
		10'h0cc: constant = BOOT_MS;
		10'h0cd: constant = GATEWARE_VERSION;
		10'h0e8: constant = RESET_MS;
		10'h0e9: constant = ABORT_MS;
		10'h0ea: constant = RING_STOP_MS;
		10'h0ec: constant = 64;		// DMA_BITS
		10'h0ed: constant = 12;		// RING_LOG2_MAX
		10'h0ee: constant = 1024;	// TOP_K_MAX
		10'h0ff: constant = HAS_VECTORS ? 10000 : 0; // MODERATION_MAX
		default: constant = 0;
		endcase
	endfunction

	// Blocks of the three rings.
	function is_ring(input [5:0] block);
		is_ring = block[5:2] == 4'h1 && block[1:0] != 2'd3;
	endfunction

	wire [31:0] mib = {{31+20-ADDRESS{1'b0}}, memory_bytes[ADDRESS:20]};
	reg [31:0] generation = 0;
	reg held = 1;				// hold, a cycle ago
	reg booted, fatal;
	reg bitten;				// the ROM is about to say why it starts
	wire host_access = host_valid && host_ready;
	wire host_writes = host_access && host_write;

	// What a write of the host does.
	wire is_event = host_register[9:2] == CAMERA || host_register == CONTROL ||
		(is_ring(host_register[9:4]) && host_register[3:0] <= RING_ABORT) ||
		host_register == BOOT_IMAGE || host_register == BOOT_SIZE ||
		host_register == ECHO || (host_register == BOOT_GO && host_data == generation);
	wire is_reset = host_register == CONTROL && host_data[1];

	assign host_ready = host_write ? !is_event || is_reset || event_ready || !ready :
		host_register != WIPE_DONE || wipe_settled;
	assign reset = host_writes && is_reset;
	assign event_write = host_writes && is_event && !is_reset && ready;
	assign irq_clear = host_writes && host_register == IRQ_STATUS;
	assign irq_enable_set = host_writes && host_register == IRQ_ENABLE;
	assign vectors_set = host_writes && host_register == VECTORS && HAS_VECTORS;
	assign error_clear = host_writes && host_register == ERROR_CAUSE;
	assign ecc_clear = host_writes && host_register == ECC_STATUS;
	assign wipe_page_set = host_writes && host_register == WIPE_PAGE;
	assign wipe_pages_set = host_writes && host_register == WIPE_PAGES;
	assign wipe_go = host_writes && host_register == WIPE_GO;

	// What the processor may show. It writes to STALL below.
	wire cpu_writes = cpu_valid && cpu_write;
	wire [9:0] number = boot_state_set ? BOOT_STATE : boot_reason_set ? BOOT_REASON :
		cpu_register;
	wire shows = boot_state_set || boot_reason_set ? !booted : cpu_writes &&
		(number == CONTROL || number == STATUS || number[9:2] == CAMERA ||
		 (is_ring(number[9:4]) && number[3:0] <= RING_ENABLE) ||
		 (number == BOOT_STATE && booted && cpu_data == BOOT_CRASHED) ||
		 number == BOOT_IMAGE || number == BOOT_SIZE || number == ECHO ||
		 number == ECHO_ANSWER ||
		 (number >= FIRMWARE_FIRST && number <= FIRMWARE_LAST && !booted));

	always @(posedge clk) begin
		if (hold) begin
			booted <= 0;
			fatal <= 0;
			heartbeat <= 0;
		end else begin
			if (boot_state_set && cpu_data == BOOT_RUNNING)
				booted <= 1;
			if (fatal_set || (shows && number == STATUS && cpu_data[1]))
				fatal <= 1;
			heartbeat <= heartbeat + {31'd0, beat};
		end
		if (power)
			generation <= 1;
		else if (hold && !held)
			generation <= generation + 1'b1;
		held <= hold;
		bitten <= !other_reset && !reset &&
			(expired || (bitten && !boot_reason_set));
	end

	// The memory. After a reset it is zeroed, which takes a cycle for each register.
	reg [31:0] shown [0:255];
	reg [31:0] host_shown, cpu_shown;
	reg [8:0] clearing;
	wire [7:0] write_number = clearing[8] ? number[7:0] : clearing[7:0];

	assign cleared = clearing[8] && !clear;

	always @(posedge clk) begin
		if (hold || clear)
			clearing <= 0;
		else if (!clearing[8])
			clearing <= clearing + 1'b1;
		if (!clearing[8] || shows)
			shown[write_number] <= !clearing[8] ? 32'd0 :
				boot_reason_set && bitten ? BY_WATCHDOG : cpu_data;
		host_shown <= shown[host_register[7:0]];
		cpu_shown <= shown[cpu_register[7:0]];
	end

	// STALL of each ring.
	wire [31:0] stall_low [0:3], stall_high [0:3];
	wire [3:0] host_place = host_register[3:0];

	genvar g;
	generate
		for (g = 0; g < 3; g = g + 1) begin : rings
			wire cpu_here = cpu_writes && is_ring(cpu_register[9:4]) &&
				cpu_register[5:4] == g;

			stall of_ring(
				.clk(clk), .rst(hold),
				.set_low(cpu_here && cpu_register[3:0] == STALL_LOW),
				.set_high(cpu_here && cpu_register[3:0] == STALL_HIGH),
				.value(cpu_data),
				.latch(host_access && !host_write && is_ring(host_register[9:4]) &&
				       host_register[5:4] == g && host_place == STALL_LOW),
				.low(stall_low[g]), .latched(stall_high[g]));
		end
	endgenerate

	assign stall_low[3] = 0;
	assign stall_high[3] = 0;

	// COUNTER.
	wire [31:0] counter;

	snapshot work(
		.clk(clk), .rst(hold), .set(cpu_writes && cpu_register[9:4] == COUNTERS),
		.set_index(cpu_register[3:0]), .value(cpu_data),
		.take(cpu_writes && cpu_register == SNAPSHOT),
		.latch(host_writes && host_register == SNAPSHOT),
		.index(host_place), .word(counter));

	// MODERATION.
	wire [13:0] moderation [0:3];

	generate
		for (g = 0; g < 4; g = g + 1) begin : vectors
			assign moderation[g] = moderations[14*g +: 14];
			assign moderation_set[g] = host_writes && HAS_VECTORS &&
				host_register == {MODERATION, g[1:0]};
		end
	endgenerate

	// What the host reads.
	reg [31:0] own, host_own, cpu_own;
	wire [63:0] ecc_at = {{64-ADDRESS{1'b0}}, ecc_address};
	wire ready_ring = is_ring(host_register[9:4]) && ready;
	reg host_sees, cpu_sees;

	always @* begin
		case (host_register)
		CONTROL: own = ready ? 32'd0 : 32'd2;
		STATUS: own = {30'd0, fatal && ready, 1'b0};
		IRQ_STATUS: own = irq_status;
		IRQ_ENABLE: own = irq_enable;
		BOOT_GENERATION: own = generation;
		HEARTBEAT: own = ready ? heartbeat : 32'd0;
		ERROR_CAUSE: own = error_cause;
		ERROR_DETAIL: own = error_detail;
		ERROR_ADDRESS_LO: own = error_address[31:0];
		ERROR_ADDRESS_HI: own = error_address[63:32];
		ERROR_COUNT: own = error_count;
		WIPE_DONE: own = wipe_done;
		ECC_STATUS: own = {30'd0, HAS_ECC ? ecc_status : 2'd0};
		ECC_CORRECTED: own = HAS_ECC ? ecc_corrected : 32'd0;
		ECC_UNCORRECTED: own = HAS_ECC ? ecc_uncorrected : 32'd0;
		ECC_ADDRESS_LO: own = HAS_ECC ? ecc_at[31:0] : 32'd0;
		ECC_ADDRESS_HI: own = HAS_ECC ? ecc_at[63:32] : 32'd0;
		VECTORS: own = HAS_VECTORS ? {29'd0, several, 1'b0, !several} : 32'd0;
		default: own =
			ready_ring && host_place == STALL_LOW ? stall_low[host_register[5:4]] :
			ready_ring && host_place == STALL_HIGH ? stall_high[host_register[5:4]] :
			HAS_SNAPSHOT && ready && host_register[9:4] == COUNTERS ? counter :
			host_register[9:2] == MODERATION ? {18'd0, moderation[host_register[1:0]]} :
			32'd0;
		endcase
	end

	assign host_answer = (host_shown & {32{host_sees}}) | host_own;
	assign cpu_answer = (cpu_shown & {32{cpu_sees}}) | cpu_own;

	always @(posedge clk) begin
		host_answer_valid <= !power && host_access && !host_write;
		host_sees <= ready && host_register[9:8] == 0;
		host_own <= own | constant(host_register, mib, board_type, security_floor);
		cpu_sees <= cpu_register[9:8] == 0;
		cpu_own <= constant(cpu_register, mib, board_type, security_floor) |
			(cpu_register == BOOT_GENERATION ? generation : 32'd0) |
			(cpu_register == STATUS ? {30'd0, fatal, 1'b0} : 32'd0);
	end
endmodule
`default_nettype wire
