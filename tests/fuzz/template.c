// SPDX-License-Identifier: MIT
/* What is read as a template is written as the same bytes. */
#include <errno.h>
#include <limen.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t written[LIMEN_TEMPLATE_SIZE_MAX];
	struct limen_template tmpl;
	int error = limen_template_parse(&tmpl, data, size);

	if (error) {
		MUST(error == -EBADMSG || error == -EPROTONOSUPPORT);
		return 0;
	}
	MUST(limen_template_write(&tmpl, written, sizeof(written)) ==
	     (int)size);
	MUST(!memcmp(written, data, size));
	MUST(!limen_comparable(&tmpl, &tmpl));
	return 0;
}
