/* SPDX-License-Identifier: MIT */
/*
 * Files read whole, with a bound.
 */
#ifndef FACE_FILE_H
#define FACE_FILE_H

#include <stddef.h>

/**
 * face_file_read() - read a regular file into memory
 * @path: the file
 * @limit: most bytes it may have
 * @data: out: its bytes; wipe as they deserve, then free()
 * @size: out: how many
 *
 * Nothing but a regular file is read, so that no path can block the caller.
 *
 * Return: 0, -EFBIG beyond the limit, -EINVAL if no regular file or empty,
 * -EIO if it changed meanwhile, or what open() and read() say.
 */
int face_file_read(const char *path, size_t limit, void **data, size_t *size);

#endif /* FACE_FILE_H */
