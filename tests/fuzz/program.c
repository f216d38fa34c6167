// SPDX-License-Identifier: MIT
/* What is taken from a program is code that an image can have. */
#include <firmware.h>
#include <string.h>

#include "../../firmware/shell.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firmware_code code;
	const char *wrong = firmware_code_read(&code, data, size);

	if (wrong) {
		MUST(*wrong);
		return 0;
	}
	MUST(code.size >= 4 && code.size % 4 == 0 && code.size <= LIMEN_FW_CODE_SIZE_MAX);
	MUST(code.memory_size >= code.size && code.memory_size <= SHELL_SRAM_SIZE);
	MUST(code.entry % 4 == 0 && code.entry >= LIMEN_FW_CODE_ADDRESS &&
	     code.entry - LIMEN_FW_CODE_ADDRESS <= code.size - 4);
	if (size < 4 || memcmp(data, "\x7f" "ELF", 4))
		MUST(code.size - size < 4 && !memcmp(code.bytes, data, size));
	return 0;
}
