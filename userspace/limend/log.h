/* SPDX-License-Identifier: MIT */
/* Lines on stderr. Never a byte of a template, nor a score. */
#ifndef LIMEND_LOG_H
#define LIMEND_LOG_H

__attribute__((format(printf, 1, 2)))
void log_line(const char *format, ...);
/* The same for what operators must see: the journal keeps it as an error. */
__attribute__((format(printf, 1, 2)))
void log_error(const char *format, ...);

#endif /* LIMEND_LOG_H */
