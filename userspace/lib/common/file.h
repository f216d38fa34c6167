/* SPDX-License-Identifier: MIT */
/*
 * Part of private.h. Files: read with a bound, and written so that they are whole or not there.
 *
 * DOC: How files are written
 *
 * A file that is being written has no name (O_TMPFILE), so that nothing of it is left
 * behind however its writer ends. A new file gets its name once it is whole and on the
 * disk. One that replaces another needs a name to be renamed from, as linkat() does not
 * replace: ".NAME.new", for two system calls. That name belongs to whoever has locked
 * the file under it. If nobody has, its writer has died, and the next one removes it.
 * Where the file system has no O_TMPFILE the file is written under that name from the
 * start, by the same rule.
 */
#ifndef LIMEN_FILE_H
#define LIMEN_FILE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* -EEXIST instead of replacing a file. */
#define FILE_FRESH	1u
/* A FIFO, a character device, or what standard output is, may be written to. */
#define FILE_STREAM	2u

/**
 * struct file_output - a file that is being written
 * @fd: where to
 * @folder: of the file; -1 for a stream
 * @flags: FILE_FRESH, FILE_STREAM
 * @named: it has the name @temporary
 * @signals: to be let in again once it has not
 * @name: what it is to be called
 * @temporary: what it is called before, if anything
 */
struct file_output {
	int fd;
	int folder;
	unsigned int flags;
	bool named;
	sigset_t signals;
	char name[NAME_MAX + 1];
	char temporary[NAME_MAX + 1];
};

/*
 * Starts to write a file that will have this mode, less the umask. Nothing is seen of
 * it before file_commit(), unless it is a stream. End it in the same thread. -ELOOP: a
 * symbolic link to a file; -ENOSTR: neither a file nor a stream; -EBUSY: somebody else
 * has been writing it all the time; -ENXIO: a FIFO that nobody reads.
 */
HIDDEN int file_begin(struct file_output *output, const char *path, mode_t mode,
		      unsigned int flags);
/* -ETIMEDOUT: a stream that takes nothing any more. */
HIDDEN int file_put(struct file_output *output, const void *data, size_t size);
/*
 * Puts the file in its place, on the disk, or leaves no trace of it. The descriptor is
 * closed, or, with keep and on success, given to the caller: the file is locked by it.
 */
HIDDEN int file_commit(struct file_output *output, int *keep);
HIDDEN void file_abandon(struct file_output *output);
/* All of that for what is in memory. */
HIDDEN int file_replace(const char *path, const struct iovec *parts,
			unsigned int count, mode_t mode, unsigned int flags);

/*
 * Locks an existing regular file against others who do, and whoever replaces it keeps
 * it locked; a descriptor to be closed. -EBUSY: still locked after timeout_ms.
 */
HIDDEN int file_lock(const char *path, int timeout_ms);
/* Whether the descriptor's file is what has this name now. */
HIDDEN bool file_is(int fd, const char *path);

/* Reads exactly size bytes; -ENODATA if the file ends before. */
HIDDEN int file_read(int fd, void *data, size_t size);
/*
 * All of a file or a stream, with a zero byte behind it that does not count; to be
 * freed. -EFBIG: longer than most; -ETIMEDOUT: a stream whose writer is silent.
 */
HIDDEN int file_load(const char *path, size_t most, void **data, size_t *size);

#endif /* LIMEN_FILE_H */
