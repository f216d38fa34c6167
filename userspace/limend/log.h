/* SPDX-License-Identifier: MIT */
/* One line on stderr. Never a byte of a template, nor a score. */
#ifndef LIMEND_LOG_H
#define LIMEND_LOG_H

__attribute__((format(printf, 1, 2)))
void log_line(const char *format, ...);

#endif /* LIMEND_LOG_H */
