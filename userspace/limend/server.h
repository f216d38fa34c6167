/* SPDX-License-Identifier: MIT */
/* The loop: who is ready, a batch for a board that is free, the answers. */
#ifndef LIMEND_SERVER_H
#define LIMEND_SERVER_H

#include "listener.h"
#include "session.h"

/* Clients connected at once; more are turned away. */
#define CLIENTS_MAX 256

/**
 * struct server - limend
 * @epoll: all that it waits for
 * @signals: signalfd
 * @stopping: a signal asked for the end
 * @accept_again: when clients are accepted again that could not be; 0: now
 * @alive_ns: between two words to the service manager that it is alive; 0: none are asked for
 * @alive_next: when it is told again
 * @configuration: file that is read again on SIGHUP; NULL is the usual one
 * @listener: where clients come from
 * @engine: what computes
 * @clients: sessions in @sessions
 * @sessions: all of them
 * @rounds: batches: those that boards compute, and one that is gathered
 * @inbox: of the round
 */
struct server {
	int epoll;
	int signals;
	bool stopping;
	int64_t accept_again;
	int64_t alive_ns;
	int64_t alive_next;
	const char *configuration;
	struct listener listener;
	struct engine engine;
	unsigned int clients;
	struct session *sessions;
	struct batch rounds[LIMEN_SERVICE_BOARDS_MAX + 1];
	struct inbox inbox;
};

/* Gets ready, configured from @path; on failure one line has said why; -1. */
int server_open(struct server *server, const struct limen_config *config,
		const char *path);
/* Serves until SIGTERM or SIGINT, and tells the service manager. */
int server_run(struct server *server);
void server_close(struct server *server);

#endif /* LIMEND_SERVER_H */
