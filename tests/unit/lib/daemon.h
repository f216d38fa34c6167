/* SPDX-License-Identifier: MIT */
/* A limend of a test's own, in the test's folder. */
#ifndef TEST_DAEMON_H
#define TEST_DAEMON_H

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../../../userspace/limend/protocol.h"
#include "sample.h"

#define DAEMON_TIMEOUT_MS 10000

static pid_t daemon_pid;

/* Its messages go to the file "log". */
static inline pid_t daemon_spawn(const char *backend)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	if (dup2(open(in_folder("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
		 STDERR_FILENO) < 0)
		_exit(99);
	execl(LIMEND, LIMEND, "--config", in_folder("conf"), "--socket",
	      in_folder("s"), "--backend", backend, NULL);
	_exit(99);
}

static inline int daemon_wait(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* The socket of a new connection. */
static inline int daemon_connect(void)
{
	const struct timeval timeout = { .tv_sec = DAEMON_TIMEOUT_MS / 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int attempt;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		 sample_folder);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
				    sizeof(timeout)), 0);
	for (attempt = 0; attempt < 1000; attempt++) {
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fd;
		usleep(10000);
	}
	ck_abort_msg("limend does not answer");
	return -1;
}

/* In the folder that there is. */
static inline void daemon_start(const char *backend, const char *config)
{
	file_write(in_folder("conf"), config, strlen(config));
	/* A user without rights may have to reach the socket. */
	ck_assert_int_eq(chmod(sample_folder, 0755), 0);
	daemon_pid = daemon_spawn(backend);
	close(daemon_connect());
}

static inline void daemon_start_as(const char *backend, const char *config)
{
	folder_make();
	daemon_start(backend, config);
}

/* Ends it if it still runs, and checks that it went well. */
static inline void daemon_stop(void)
{
	int status = 0;

	if (daemon_pid) {
		kill(daemon_pid, SIGTERM);
		status = daemon_wait(daemon_pid);
	}
	if (status && !access(in_folder("log"), R_OK)) {
		size_t size;
		uint8_t *log = file_slurp(in_folder("log"), &size);

		fwrite(log, 1, size, stderr);
		free(log);
	}
	folder_remove();
	ck_assert_int_eq(status, 0);
}

/**
 * struct packet - a request
 * @size: of what is sent
 * @head: its head
 * @templates: what follows
 */
struct packet {
	size_t size;
	struct limend_request head;
	uint8_t templates[2 * LIMEN_TEMPLATE_SIZE_MAX + 64];
};

static inline struct packet packet_compare(const struct limen_template *probe,
					   const struct limen_template *other,
					   uint64_t number)
{
	struct packet packet = {
		.head.magic = htole32(LIMEND_MAGIC),
		.head.version = htole16(LIMEND_VERSION),
		.head.op = htole16(LIMEND_COMPARE),
		.head.number = htole64(number),
	};
	int first = limen_template_write(probe, packet.templates,
					 LIMEN_TEMPLATE_SIZE_MAX);
	int second = limen_template_write(other, packet.templates + first,
					  LIMEN_TEMPLATE_SIZE_MAX);

	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(second, 0);
	packet.size = sizeof(packet.head) + first + second;
	return packet;
}

static inline void packet_send(int fd, const struct packet *packet)
{
	ck_assert_int_eq(send(fd, &packet->head, packet->size, MSG_NOSIGNAL),
			 packet->size);
}

#endif /* TEST_DAEMON_H */
