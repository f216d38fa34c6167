// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "shell_model.h"

int rom_load(const char *path, uint8_t *rom, size_t size)
{
	FILE *from = fopen(path, "rbe");
	int ret = 0;

	if (!from)
		return -errno;
	if (!fread(rom, 1, size, from) || !feof(from))
		ret = -EFBIG;
	fclose(from);
	return ret;
}
