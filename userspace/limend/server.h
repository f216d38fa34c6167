/* SPDX-License-Identifier: MIT */
/* The loop: who is ready, one batch, the answers. */
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
 * @listener: where clients come from
 * @engine: what computes
 * @clients: sessions in @sessions
 * @sessions: all of them
 * @batch: of the round
 * @inbox: of the round
 */
struct server {
	int epoll;
	int signals;
	bool stopping;
	int64_t accept_again;
	struct listener listener;
	struct engine engine;
	unsigned int clients;
	struct session *sessions;
	struct batch batch;
	struct inbox inbox;
};

/* Gets ready; on failure one line has said why; -1. */
int server_open(struct server *server, const struct limen_config *config);
/* Serves until SIGTERM, SIGINT or SIGHUP. */
int server_run(struct server *server);
void server_close(struct server *server);

#endif /* LIMEND_SERVER_H */
