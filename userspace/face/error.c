// SPDX-License-Identifier: MIT
/*
 * What errors of pictures and models mean, for people.
 */
#include "face.h"

#include <errno.h>
#include <stdio.h>

#include "net.h"

const char *face_strerror(int err)
{
	static _Thread_local char text[320];

	switch (-err) {
	case EBADMSG:
		return "not a readable JPEG picture";
	case EFBIG:
		return "a picture or a model larger than any that is used";
	case EINVAL:
		return "no regular file, or an empty one";
	case ENOEXEC:
		snprintf(text, sizeof(text), "OpenCV cannot run the model: %s",
			 face_net_message());
		return text;
	default:
		return limen_file_strerror(err);
	}
}
