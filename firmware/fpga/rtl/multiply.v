// SPDX-License-Identifier: MIT
//
// multiply: the product of two unsigned numbers of 24 bits.
//
// A new pair enters in every cycle; its product stands at the output three cycles later.
// Four multipliers of 12 bits each, whose products are added in two steps: an FPGA's
// multiplier has 18 bits, and a wider one would have to be put together without registers.
`default_nettype none

module multiply (
	input wire clk,
	input wire [23:0] x,
	input wire [23:0] y,
	output reg [47:0] product
);
	reg [23:0] low, middle_1, middle_2, high;
	reg [24:0] middle;
	reg [47:0] outer;

	always @(posedge clk) begin
		low <= x[11:0] * y[11:0];
		middle_1 <= x[11:0] * y[23:12];
		middle_2 <= x[23:12] * y[11:0];
		high <= x[23:12] * y[23:12];
		middle <= {1'b0, middle_1} + {1'b0, middle_2};
		outer <= {high, low};
		product <= outer + {11'd0, middle, 12'd0};
	end
endmodule
`default_nettype wire
