// SPDX-License-Identifier: MIT
/*
 * bench-shell: the tests of the simulated shell, of the configuration that it is linked with.
 * Prints TAP.
 */
#include <stdio.h>

#include "shell_board.h"
#include "tap.h"

int main(void)
{
	printf("# %u lanes\n", shell_rtl_lanes());
	check_host();
	check_interrupts();
	check_gauges();
	check_transfers();
	check_jobs();
	check_resets();
	return tap_end();
}
