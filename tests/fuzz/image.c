// SPDX-License-Identifier: MIT
/* What a chip may hold in place of a portrait. */
#include <errno.h>
#include <face.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct face_image image;
	int error = face_image_decode(&image, data, size);
	size_t count = (size_t)3 * image.width * image.height;
	uint32_t sum = 0;

	if (error) {
		MUST(error == -EBADMSG || error == -EFBIG || error == -ENOMEM);
		MUST(!image.pixels && !image.width && !image.height);
		return 0;
	}
	MUST(image.width && image.width <= FACE_IMAGE_SIDE_MAX);
	MUST(image.height && image.height <= FACE_IMAGE_SIDE_MAX);
	/* All of it is there to be read. */
	for (size_t i = 0; i < count; i++)
		sum += image.pixels[i];
	MUST(sum <= 255 * count);
	face_image_free(&image);
	return 0;
}
