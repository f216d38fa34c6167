// SPDX-License-Identifier: MIT
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <monotonic.h>

#include "log.h"
#include "server.h"

/*
 * What a round looks at. With a packet at least for each client that is ready,
 * the batch has room for all of them: nobody can keep the others waiting. Those
 * beyond come next, as epoll puts what it has reported at the end.
 */
#define READY_MAX LIMEN_BATCH_MAX

/* Who cannot be accepted, for want of descriptors or memory, waits so long. */
#define ACCEPT_PAUSE_NS 200000000LL

static int watch(struct server *server, int fd, void *source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void session_open(struct server *server, int fd, uid_t uid)
{
	static struct log_rate rate;
	struct session *session = NULL;

	if (server->clients < CLIENTS_MAX)
		session = calloc(1, sizeof(*session));
	if (!session || watch(server, fd, session)) {
		session_refuse(fd, -EUSERS);
		log_rated(&rate, "no room for a client of user %u; there are %u",
			  uid, server->clients);
		free(session);
		close(fd);
		return;
	}
	session->fd = fd;
	session->uid = uid;
	session->next = server->sessions;
	if (session->next)
		session->next->previous = session;
	server->sessions = session;
	server->clients++;
}

static void session_close(struct server *server, struct session *session)
{
	if (session->previous)
		session->previous->next = session->next;
	else
		server->sessions = session->next;
	if (session->next)
		session->next->previous = session->previous;
	close(session->fd);
	free(session);
	server->clients--;
}

static void fill_status(void *context, struct limend_status_reply *reply)
{
	const struct server *server = context;
	const struct engine *engine = &server->engine;

	reply->backend = htole32(engine_kind(engine));
	reply->clients = htole32(server->clients);
	reply->comparisons = htole64(engine->comparisons);
	reply->failures = htole64(engine->failures);
	reply->batches = htole64(engine->batches);
	reply->rechecks = htole64(engine->recheck.done);
	reply->mismatches = htole64(engine->recheck.mismatches);
	snprintf(reply->description, sizeof(reply->description), "%s",
		 engine_description(engine));
}

static void watch_listener(struct server *server, uint32_t events)
{
	struct epoll_event event = {
		.events = events,
		.data.ptr = &server->listener,
	};

	epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener.fd, &event);
}

/* The client stays where it is, and epoll would tell of it again and again. */
static void pause_accepting(struct server *server, int error)
{
	static struct log_rate rate;

	log_rated(&rate, "a client cannot be accepted: %s", strerror(-error));
	watch_listener(server, 0);
	server->accept_again = now_ns() + ACCEPT_PAUSE_NS;
}

static void accept_client(struct server *server)
{
	uid_t uid;
	int fd = listener_accept(&server->listener, &uid);

	if (fd >= 0)
		session_open(server, fd, uid);
	else if (fd != -EAGAIN)
		pause_accepting(server, fd);
}

/* Milliseconds until there is something to do that nobody tells of; -1: never. */
static int time_left(struct server *server)
{
	int64_t left = server->accept_again - now_ns();

	if (!server->accept_again)
		return -1;
	if (left > 0)
		return left / 1000000 + 1;
	server->accept_again = 0;
	watch_listener(server, EPOLLIN);
	return -1;
}

/* Everything but clients. Their sources are the things themselves. */
static void handle(struct server *server, const void *source)
{
	struct signalfd_siginfo signal;

	if (source == &server->listener) {
		accept_client(server);
	} else if (source == &server->engine) {
		engine_hotplug(&server->engine);
	} else if (read(server->signals, &signal, sizeof(signal)) > 0) {
		server->stopping = true;
	}
}

static bool is_session(const struct server *server, const void *source)
{
	return source != &server->listener && source != &server->engine &&
	       source != &server->signals;
}

static void serve(struct server *server, struct session *const *ready,
		  unsigned int count)
{
	unsigned int i;

	if (!count)
		return;
	batch_begin(&server->batch);
	for (i = 0; i < count; i++)
		session_receive(ready[i], &server->inbox,
				LIMEN_BATCH_MAX / count, &server->batch,
				fill_status, server);
	batch_finish(&server->batch, &server->engine);
	for (i = 0; i < count; i++)
		if (ready[i]->ended)
			session_close(server, ready[i]);
}

int server_run(struct server *server)
{
	struct epoll_event events[READY_MAX];
	struct session *ready[READY_MAX];
	unsigned int sessions;
	int count, i;

	while (!server->stopping) {
		count = epoll_wait(server->epoll, events, READY_MAX,
				   time_left(server));
		if (count < 0 && errno != EINTR) {
			log_line("epoll: %s", strerror(errno));
			return -1;
		}
		sessions = 0;
		for (i = 0; i < count; i++)
			if (is_session(server, events[i].data.ptr))
				ready[sessions++] = events[i].data.ptr;
		serve(server, ready, sessions);
		for (i = 0; i < count; i++)
			if (!is_session(server, events[i].data.ptr))
				handle(server, events[i].data.ptr);
	}
	return 0;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* Blocked, so that none interrupts a comparison. */
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int watch_all(struct server *server)
{
	int hotplug = engine_hotplug_fd(&server->engine);

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->signals = open_signals();
	if (server->epoll < 0 || server->signals < 0 ||
	    watch(server, server->signals, &server->signals) ||
	    watch(server, server->listener.fd, &server->listener) ||
	    (hotplug >= 0 && watch(server, hotplug, &server->engine))) {
		log_line("no way to wait: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int server_open(struct server *server, const struct limen_config *config)
{
	inbox_init(&server->inbox);
	if (engine_open(&server->engine, config))
		return -1;
	if (listener_open(&server->listener, config)) {
		engine_close(&server->engine);
		return -1;
	}
	if (watch_all(server)) {
		server_close(server);
		return -1;
	}
	return 0;
}

void server_close(struct server *server)
{
	struct session *session, *next;

	listener_close(&server->listener);
	for (session = server->sessions; session; session = next) {
		next = session->next;
		session_close(server, session);
	}
	engine_close(&server->engine);
	close(server->signals);
	close(server->epoll);
}
