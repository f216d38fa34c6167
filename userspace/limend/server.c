// SPDX-License-Identifier: MIT
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <monotonic.h>

#include "log.h"
#include "notify.h"
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

/* What has ended is closed at once, or as soon as no batch points to it. */
static void dismiss(struct server *server, struct session *session)
{
	if (!session->under_way) {
		session_close(server, session);
	} else if (!session->left) {
		epoll_ctl(server->epoll, EPOLL_CTL_DEL, session->fd, NULL);
		session->left = true;
	}
}

static void dismiss_ended(struct server *server)
{
	struct session *session, *next;

	for (session = server->sessions; session; session = next) {
		next = session->next;
		if (session->ended)
			dismiss(server, session);
	}
}

static void fill_boards(const struct boards *boards, struct limend_status_reply *reply)
{
	unsigned int i;

	reply->board_count = htole32(boards->count);
	for (i = 0; i < boards->count; i++) {
		const struct board *board = &boards->all[i];
		struct limend_status_board *to = &reply->boards[i];

		memcpy(to->address, board->address, sizeof(to->address));
		to->state = htole32(board_state(board));
		to->comparisons = htole64(board->comparisons);
		to->failures = htole64(board->failures);
	}
}

static void fill_status(void *context, struct limend_status_reply *reply)
{
	struct server *server = context;
	struct engine *engine = &server->engine;

	reply->backend = htole32(engine_kind(engine));
	reply->clients = htole32(server->clients);
	reply->comparisons = htole64(engine->comparisons);
	reply->failures = htole64(engine->failures);
	reply->batches = htole64(engine->batches);
	reply->rechecks = htole64(engine->recheck.done);
	reply->mismatches = htole64(engine->recheck.mismatches);
	snprintf(reply->description, sizeof(reply->description), "%s",
		 engine_description(engine));
	fill_boards(&engine->boards, reply);
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

/* Tells the service manager that it is alive: nanoseconds until the next time, or -1. */
static int64_t keep_alive(struct server *server, int64_t now)
{
	if (!server->alive_ns)
		return -1;
	if (now >= server->alive_next) {
		notify("WATCHDOG=1");
		server->alive_next = now + server->alive_ns;
	}
	return server->alive_next - now;
}

/* Likewise, until clients are accepted again that could not be. */
static int64_t accept_again(struct server *server, int64_t now)
{
	if (!server->accept_again)
		return -1;
	if (server->accept_again > now)
		return server->accept_again - now;
	server->accept_again = 0;
	watch_listener(server, EPOLLIN);
	return -1;
}

/* Milliseconds until there is something to do that nobody tells of; -1: never. */
static int time_left(struct server *server)
{
	int64_t now = now_ns();
	int64_t left = keep_alive(server, now);
	int64_t accept = accept_again(server, now);

	if (left < 0 || (accept >= 0 && accept < left))
		left = accept;
	return left < 0 ? -1 : (int)(left / 1000000 + 1);
}

/* Who is connected and may not be any more, is not. */
static void expel(struct server *server)
{
	struct session *session, *next;

	for (session = server->sessions; session; session = next) {
		next = session->next;
		if (!allow_check(&server->listener.allow, session->fd, &session->uid))
			continue;
		if (!session->ended)
			session_refuse(session->fd, -EACCES);
		session->ended = true;
		dismiss(server, session);
	}
}

/* Users and the time limit. What does not hold is told, and changes nothing. */
static void reload_config(struct server *server)
{
	static struct limen_config config;
	char error[PATH_MAX + 256];

	notify("RELOADING=1");
	if (limen_config_load(&config, server->configuration, error, sizeof(error))) {
		log_error("%s; the configuration stays as it was", error);
	} else {
		allow_set(&server->listener.allow, &config);
		server->engine.timeout_ms = config.timeout_ms;
		expel(server);
		log_line("the configuration has been read again");
	}
	notify("READY=1");
}

/* Answers what boards have finished. */
static void serve_finished(struct server *server)
{
	struct work *work;
	bool ended = false;
	eventfd_t times;

	eventfd_read(server->engine.done, &times);
	while ((work = engine_take(&server->engine)))
		ended |= batch_finish(batch_of(work));
	if (ended)
		dismiss_ended(server);
}

/* Everything but clients. Their sources are the things themselves. */
static void handle_event(struct server *server, const void *source)
{
	struct signalfd_siginfo signal;

	if (source == &server->listener) {
		accept_client(server);
	} else if (source == &server->engine) {
		engine_hotplug(&server->engine);
	} else if (source == &server->engine.done) {
		serve_finished(server);
	} else if (read(server->signals, &signal, sizeof(signal)) > 0) {
		if (signal.ssi_signo == SIGHUP)
			reload_config(server);
		else
			server->stopping = true;
	}
}

static bool is_session(const struct server *server, const void *source)
{
	return source != &server->listener && source != &server->engine &&
	       source != &server->engine.done && source != &server->signals;
}

/* There is one: boards have no more than one each. */
static struct batch *free_round(struct server *server)
{
	struct batch *batch = server->rounds;

	while (batch->count)
		batch++;
	return batch;
}

static void serve_sessions(struct server *server, struct session *const *ready,
			   unsigned int count)
{
	struct batch *batch = free_round(server);
	unsigned int share, i;

	if (!count)
		return;
	/* What one board is not given is read next, and given to another. */
	share = engine_share(&server->engine, LIMEN_BATCH_MAX) / count;
	batch_begin(batch);
	for (i = 0; i < count; i++)
		session_receive(ready[i], &server->inbox, share ? share : 1,
				batch, fill_status, server);
	if (batch->count && batch_start(batch, &server->engine))
		batch_finish(batch);
	for (i = 0; i < count; i++)
		if (ready[i]->ended)
			dismiss(server, ready[i]);
}

/* While all boards are busy, requests gather where they are; boards do have an end. */
static int wait_for_boards(struct server *server)
{
	struct pollfd poll_done = { .fd = server->engine.done, .events = POLLIN };
	int ready = poll(&poll_done, 1, time_left(server));

	if (ready > 0)
		serve_finished(server);
	return ready;
}

static int serve_round(struct server *server)
{
	struct epoll_event events[READY_MAX];
	struct session *ready[READY_MAX];
	unsigned int sessions = 0;
	int count, i;

	if (engine_busy(&server->engine))
		return wait_for_boards(server);
	count = epoll_wait(server->epoll, events, READY_MAX, time_left(server));
	for (i = 0; i < count; i++)
		if (is_session(server, events[i].data.ptr))
			ready[sessions++] = events[i].data.ptr;
	serve_sessions(server, ready, sessions);
	for (i = 0; i < count; i++)
		if (!is_session(server, events[i].data.ptr))
			handle_event(server, events[i].data.ptr);
	return count;
}

int server_run(struct server *server)
{
	notify("READY=1");
	while (!server->stopping)
		if (serve_round(server) < 0 && errno != EINTR) {
			log_error("waiting: %s", strerror(errno));
			return -1;
		}
	notify("STOPPING=1");
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
	if (server->epoll < 0 ||
	    watch(server, server->signals, &server->signals) ||
	    watch(server, server->listener.fd, &server->listener) ||
	    watch(server, server->engine.done, &server->engine.done) ||
	    (hotplug >= 0 && watch(server, hotplug, &server->engine))) {
		log_error("no way to wait: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int server_open(struct server *server, const struct limen_config *config,
		const char *path)
{
	server->configuration = path;
	/* Three times as often as it has to. */
	server->alive_ns = notify_watchdog_ns() / 3;
	inbox_init(&server->inbox);
	/* Before there is anything that a signal could leave behind. */
	server->signals = open_signals();
	if (server->signals < 0) {
		log_error("no way to take signals: %s", strerror(errno));
		return -1;
	}
	if (engine_open(&server->engine, config))
		goto no_engine;
	if (listener_open(&server->listener, config))
		goto no_listener;
	if (watch_all(server)) {
		server_close(server);
		return -1;
	}
	return 0;

no_listener:
	engine_close(&server->engine);
no_engine:
	close(server->signals);
	return -1;
}

void server_close(struct server *server)
{
	struct session *session, *next;

	/* What boards have begun is answered; templates are wiped. */
	while (engine_working(&server->engine))
		wait_for_boards(server);
	listener_close(&server->listener);
	for (session = server->sessions; session; session = next) {
		next = session->next;
		session_close(server, session);
	}
	engine_close(&server->engine);
	close(server->signals);
	close(server->epoll);
}
