// SPDX-License-Identifier: MIT
/* A configuration is within its bounds, or a line tells why not. */
#include <config.h>
#include <limen.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct limen_config config;
	char error[512];

	if (limen_config_load(&config, fuzz_file(data, size), error,
			      sizeof(error))) {
		MUST(*error && memchr(error, '\0', sizeof(error)));
		return 0;
	}
	MUST(!*error);
	MUST(config.threshold == LIMEN_CONFIG_NO_THRESHOLD ||
	     (config.threshold > 0 &&
	      config.threshold <= LIMEN_SIMILARITY_ONE));
	MUST(config.models[0] == '/' && config.socket[0] == '/');
	MUST(config.allow_count <= LIMEN_CONFIG_ALLOW_MAX);
	MUST(config.timeout_ms > 0 && config.attempts > 0);
	return 0;
}
