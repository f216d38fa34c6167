// SPDX-License-Identifier: MIT
/*
 * limen bench daemon: a private limend against an echo server that receives and
 * sends packets of the same sizes. Their rounds alternate, so that whatever else
 * the machine does meets both, and all of it runs on one processor: whether the
 * scheduler happens to put a server beside its client or not makes a difference
 * of ten times, and what is left on one processor is what the server costs.
 */
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <monotonic.h>

#include "../limend/protocol.h"
#include "bench.h"

#define DIM 512
/* A round is shorter than a time slice: on a busy machine some have it whole. */
#define ROUNDS 80
#define ROUND_REQUESTS 256
#define WARM_UP_REQUESTS 200
#define DEEP 64
#define TIMEOUT_S 10
#define START_ATTEMPTS 200
#define START_PAUSE_US 10000

/**
 * struct peer - a server and the connection to it
 * @name: for people
 * @path: its socket
 * @pid: its process
 * @fd: the connection
 * @elapsed: time of each round at depth 1 and at DEEP, nanoseconds
 * @times: round trips at depth 1 and at DEEP, nanoseconds
 */
struct peer {
	const char *name;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	pid_t pid;
	int fd;
	int64_t elapsed[2][ROUNDS];
	int64_t times[2][ROUNDS * ROUND_REQUESTS];
};

static const unsigned int depths[2] = { 1, DEEP };

struct request {
	struct limend_request head;
	uint8_t templates[2 * LIMEN_TEMPLATE_SIZE_MAX];
};

_Static_assert(sizeof(struct request) == LIMEND_PACKET_MAX, "no padding");

static void fill_request(struct request *request)
{
	struct limen_template tmpl;

	request->head.magic = htole32(LIMEND_MAGIC);
	request->head.version = htole16(LIMEND_VERSION);
	request->head.op = htole16(LIMEND_COMPARE);
	request->head.number = 0;
	bench_template(&tmpl, DIM, 1);
	limen_template_write(&tmpl, request->templates,
			     LIMEN_TEMPLATE_SIZE_MAX);
	bench_template(&tmpl, DIM, 2);
	limen_template_write(&tmpl,
			     request->templates + LIMEN_TEMPLATE_SIZE_MAX,
			     LIMEN_TEMPLATE_SIZE_MAX);
}

static void address_of(const struct peer *peer, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path, peer->path);
}

/* The echo server's whole life. */
static void serve_echo(const struct peer *peer)
{
	uint8_t packet[LIMEND_PACKET_MAX];
	struct sockaddr_un address;
	int listener, fd;

	address_of(peer, &address);
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address,
				 sizeof(address)) || listen(listener, 1))
		_exit(FAILED);
	fd = accept(listener, NULL, NULL);
	while (recv(fd, packet, sizeof(packet), 0) > 0)
		if (send(fd, packet, sizeof(struct limend_compare_reply),
			 MSG_NOSIGNAL) < 0)
			break;
	_exit(DONE);
}

static void run_limend(const struct peer *peer, const char *program)
{
	execl(program, program, "--config", "/dev/null", "--backend", "cpu",
	      "--socket", peer->path, NULL);
	fail("%s: %s", program, strerror(errno));
	_exit(FAILED);
}

/* program NULL: the echo server. */
static int start_peer(struct peer *peer, const char *program)
{
	pid_t parent = getpid();

	peer->fd = -1;
	peer->pid = fork();
	if (peer->pid < 0)
		return fail("no new process: %s", strerror(errno));
	if (peer->pid)
		return DONE;
	/* It never outlives the measurement. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(FAILED);
	if (program)
		run_limend(peer, program);
	serve_echo(peer);
	return DONE;
}

static int connect_to(struct peer *peer)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un address;
	unsigned int attempt;

	address_of(peer, &address);
	peer->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (peer->fd < 0 || setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO,
				       &timeout, sizeof(timeout)))
		return fail("no socket: %s", strerror(errno));
	for (attempt = 0; attempt < START_ATTEMPTS; attempt++) {
		if (!connect(peer->fd, (struct sockaddr *)&address,
			     sizeof(address)))
			return DONE;
		if (waitpid(peer->pid, NULL, WNOHANG) == peer->pid) {
			peer->pid = 0;
			break;
		}
		usleep(START_PAUSE_US);
	}
	return fail("%s does not start", peer->name);
}

static void stop_peer(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	if (peer->pid > 0) {
		kill(peer->pid, SIGTERM);
		waitpid(peer->pid, NULL, 0);
	}
	unlink(peer->path);
}

/* Sends requests, at most depth of them unanswered. */
static int send_requests(struct peer *peer, const struct request *request,
			 unsigned int depth, unsigned int count, int64_t *times)
{
	struct limend_compare_reply reply;
	unsigned int sent = 0, received;
	int64_t started[DEEP];

	for (received = 0; received < count; received++) {
		for (; sent < count && sent - received < depth; sent++) {
			started[sent % depth] = now_ns();
			if (send(peer->fd, request, sizeof(*request),
				 MSG_NOSIGNAL) < 0)
				return fail("%s: %s", peer->name,
					    strerror(errno));
		}
		if (recv(peer->fd, &reply, sizeof(reply), 0) != sizeof(reply))
			return fail("%s does not answer", peer->name);
		times[received] = now_ns() - started[received % depth];
	}
	return DONE;
}

static int measure_round(struct peer *peer, const struct request *request,
			 unsigned int round)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		int64_t *times = peer->times[i] + round * ROUND_REQUESTS;
		int64_t start = now_ns();

		if (send_requests(peer, request, depths[i], ROUND_REQUESTS, times))
			return FAILED;
		peer->elapsed[i][round] = now_ns() - start;
	}
	return DONE;
}

static int measure_both(struct peer peers[2])
{
	int64_t unused[WARM_UP_REQUESTS];
	struct request request;
	unsigned int round;
	int i;

	fill_request(&request);
	for (i = 0; i < 2; i++)
		if (connect_to(&peers[i]) ||
		    send_requests(&peers[i], &request, 1, WARM_UP_REQUESTS, unused))
			return FAILED;
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < 2; i++)
			if (measure_round(&peers[(round + i) % 2], &request, round))
				return FAILED;
	return DONE;
}

/**
 * struct figures - what one server did at one depth
 * @p50: microseconds a round trip
 * @p99: microseconds a round trip
 * @rate: round trips a second, in the round that was disturbed least
 */
struct figures {
	double p50;
	double p99;
	double rate;
};

static struct figures figures_of(struct peer *peer, unsigned int depth)
{
	const size_t count = ROUNDS * ROUND_REQUESTS;

	return (struct figures){
		.p50 = bench_percentile(peer->times[depth], count, 50) / 1e3,
		.p99 = bench_percentile(peer->times[depth], count, 99) / 1e3,
		.rate = ROUND_REQUESTS * 1e9 /
			bench_percentile(peer->elapsed[depth], ROUNDS, 0),
	};
}

static struct json_object *figures_json(const struct figures *figures)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "p50_us", figures->p50);
	json_add_number(object, "p99_us", figures->p99);
	json_add_number(object, "per_second", figures->rate);
	return object;
}

static void report_peers(struct peer peers[2], bool json)
{
	struct json_object *list = json_object_new_array(), *row;
	unsigned int i;

	if (!json)
		puts("depth  server  p50 us  p99 us  a second");
	for (i = 0; i < 2; i++) {
		struct figures limend = figures_of(&peers[0], i);
		struct figures echo = figures_of(&peers[1], i);

		row = json_object_new_object();
		json_object_object_add(row, "depth",
				       json_object_new_int(depths[i]));
		json_object_object_add(row, "limend", figures_json(&limend));
		json_object_object_add(row, "echo", figures_json(&echo));
		json_add_number(row, "p50_ratio", limend.p50 / echo.p50);
		json_add_number(row, "rate_ratio", limend.rate / echo.rate);
		json_object_array_add(list, row);
		if (json)
			continue;
		printf("%5u  limend  %6.1f  %6.1f  %8.0f\n", depths[i],
		       limend.p50, limend.p99, limend.rate);
		printf("%5u  echo    %6.1f  %6.1f  %8.0f\n", depths[i],
		       echo.p50, echo.p99, echo.rate);
		printf("       ratio   %6.2f  %6.2f  %8.2f\n",
		       limend.p50 / echo.p50, limend.p99 / echo.p99,
		       limend.rate / echo.rate);
	}
	if (json)
		print_json(list);
	else
		json_object_put(list);
}

static int find_limend(const struct settings *settings, char path[PATH_MAX])
{
	/* In a build tree, or installed. */
	static const char *const places[] = {
		"../limend/limend", "../../sbin/limend", NULL
	};

	if (settings->limend) {
		snprintf(path, PATH_MAX, "%s", settings->limend);
		return DONE;
	}
	if (find_program(places, path))
		return DONE;
	return fail("limend is not beside limen; --limend tells where it is");
}

/* Children inherit it. */
static int stay_on_one_processor(void)
{
	cpu_set_t set;
	int here = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(here < 0 ? 0 : here, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return fail("no processor of our own: %s", strerror(errno));
	return DONE;
}

static int measure_in(const char *folder, const char *program, bool json)
{
	static struct peer peers[2] = {
		{ .name = "limend" }, { .name = "the echo server" },
	};
	int result;

	snprintf(peers[0].path, sizeof(peers[0].path), "%s/limend", folder);
	snprintf(peers[1].path, sizeof(peers[1].path), "%s/echo", folder);
	result = start_peer(&peers[0], program);
	if (!result) {
		result = start_peer(&peers[1], NULL);
		if (!result)
			result = measure_both(peers);
		stop_peer(&peers[1]);
	}
	stop_peer(&peers[0]);
	if (!result)
		report_peers(peers, json);
	return result;
}

int bench_daemon(const struct settings *settings)
{
	char folder[] = "/tmp/limen-bench.XXXXXX";
	char program[PATH_MAX];
	int result;

	result = find_limend(settings, program) ?: stay_on_one_processor();
	if (result)
		return result;
	if (!mkdtemp(folder))
		return fail("%s: %s", folder, strerror(errno));
	result = measure_in(folder, program, settings->json);
	rmdir(folder);
	return result;
}
