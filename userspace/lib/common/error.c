// SPDX-License-Identifier: MIT
/* What errors mean here, for people. */
#include <errno.h>
#include <string.h>

#include "private.h"

/* Of an error that a file's content has, as its form is wrong. */
static const char *form_error(int error)
{
	switch (-error) {
	case EBADMSG:
		return "not a valid Limen file or message";
	case EPROTONOSUPPORT:
		return "written by a newer version of Limen";
	case EPROTOTYPE:
		return "written by a version of Limen before the first release";
	case ENODATA:
		return "truncated";
	case EUCLEAN:
		return "corrupted: the checksum does not match";
	default:
		return NULL;
	}
}

const char *limen_file_strerror(int error)
{
	const char *form = form_error(error);

	if (form)
		return form;
	switch (-error) {
	case EBUSY:
		return "somebody else is changing it all the time; try again later";
	case EEXIST:
		return "it exists already";
	case EFBIG:
		return "too large";
	case EIO:
		return "the disk, or what it is on, failed";
	case ELOOP:
		return "a symbolic link; name the file that it leads to";
	case ENOSTR:
		return "neither a file nor a stream";
	case ENXIO:
		return "nobody reads from it";
	case ETIMEDOUT:
		return "nobody is at the other end of it, or does nothing there";
	default:
		return strerror(-error);
	}
}

const char *limen_client_strerror(int error)
{
	switch (-error) {
	case ENOENT:
	case ECONNREFUSED:
		return "limend is not running";
	case EACCES:
		return "this user may not use limend; allow in [service] of the configuration names who may";
	case EUSERS:
		return "limend serves as many clients as it can; try again later";
	case EPROTONOSUPPORT:
		return "limend is of another version; install the same for both, and restart it";
	case ECONNRESET:
	case EPIPE:
		return "limend ended the connection, or has ended itself; its log tells why";
	case ETIMEDOUT:
		return "limend does not answer in time";
	default:
		return limen_strerror(error);
	}
}

const char *limen_strerror(int error)
{
	const char *form = form_error(error);

	if (form)
		return form;
	switch (-error) {
	case EMEDIUMTYPE:
		return "templates of different models do not compare";
	case EDOM:
		return "templates of different dimensions do not compare";
	case EILSEQ:
		return "no label: 1 to 255 bytes of UTF-8 without control characters";
	case ENODEV:
		return "no such board or device";
	case EIO:
		return "the device failed";
	case ETIME:
		return "the board did not answer, and gave it up";
	case ECANCELED:
		return "cancelled because the board was reset";
	case EDQUOT:
		return "this user's share of the board is used up";
	case ESTALE:
		return "lost from the board's memory while the system slept";
	case ETIMEDOUT:
		return "no answer in time";
	case EOPNOTSUPP:
		return "not usable on this machine";
	case EBADE:
		return "the device computes wrong scores";
	case EPROTO:
		return "limend's answer is not valid";
	default:
		return strerror(-error);
	}
}
