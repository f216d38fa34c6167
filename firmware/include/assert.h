/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Programs of the board have no C library; the contracts need this much of it. */
#ifndef _ASSERT_H
#define _ASSERT_H

#define static_assert _Static_assert

#endif /* _ASSERT_H */
