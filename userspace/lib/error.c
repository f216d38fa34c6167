// SPDX-License-Identifier: MIT
/* What errors mean here, for people. */
#include <errno.h>
#include <string.h>

#include "private.h"

const char *limen_strerror(int error)
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
	case EMEDIUMTYPE:
		return "templates of different models do not compare";
	case EDOM:
		return "templates of different dimensions do not compare";
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
