/* SPDX-License-Identifier: MIT */
/*
 * What a service tells systemd, by the protocol of sd_notify(3). Not by libsystemd, which
 * would bring half a dozen libraries, compressors among them, into a process that holds
 * templates.
 */
#ifndef LIMEND_NOTIFY_H
#define LIMEND_NOTIFY_H

#include <stdint.h>

/* @state: as "READY=1". Without a service manager nothing happens. */
void notify(const char *state);
/* Nanoseconds within which "WATCHDOG=1" is wanted again and again; 0: it is not. */
int64_t notify_watchdog_ns(void);

#endif /* LIMEND_NOTIFY_H */
