// SPDX-License-Identifier: MIT
/*
 * bench: the tests of the simulated gateware, of the configuration that it is linked
 * with. Prints TAP.
 */
#include <stdio.h>

#include "board.h"
#include "tap.h"

int main(void)
{
	printf("# %u lanes, %u units\n", limen_rtl_lanes(), limen_rtl_units());
	check_scans();
	check_compares();
	check_refusals();
	check_faults();
	check_wipes();
	check_resets();
	measure();
	return tap_end();
}
