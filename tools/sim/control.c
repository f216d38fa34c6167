// SPDX-License-Identifier: MIT
/* The control socket. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "card.h"
#include "control.h"

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, CONTROL_CLIENTS))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int control_open(struct control *control, const char *path)
{
	int listener;

	memset(control, 0, sizeof(*control));
	for (unsigned int i = 0; i < CONTROL_FDS; i++)
		control->fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (!path)
		return 0;
	listener = listen_at(path);
	if (listener < 0)
		return listener;
	control->path = path;
	control->fds[0].fd = listener;
	return 0;
}

static void let_go(struct control *control, unsigned int number)
{
	close(control->fds[number].fd);
	control->fds[number].fd = -1;
	control->fds[number].revents = 0;
}

void control_close(struct control *control)
{
	for (unsigned int i = 0; i < CONTROL_FDS; i++)
		if (control->fds[i].fd >= 0)
			let_go(control, i);
	if (control->path)
		unlink(control->path);
}

/* A number of 32 bits, of which nothing is left. */
static bool parse(const char *text, uint32_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	*value = (uint32_t)number;
	return end != text && !*end && !errno && *text != '-' &&
	       number <= UINT32_MAX;
}

static void set(struct card *card, char *words, FILE *to)
{
	char *text = strchr(words, ' ');
	enum card_knob knob;
	uint32_t value;

	if (text)
		*text++ = '\0';
	knob = knob_find(words);
	if (knob == CARD_KNOB_COUNT || !text || !parse(text, &value)) {
		fputs("error: set NAME VALUE, a knob that there is and 32 bits\n",
		      to);
		return;
	}
	knob_turn(card, knob, value);
	fputs("ok\n", to);
}

static void get(struct card *card, const char *name, FILE *to)
{
	enum card_knob knob = knob_find(name);

	if (knob < CARD_KNOB_COUNT)
		fprintf(to, "ok %" PRIu32 "\n", knob_get(card, knob));
	else
		fputs("error: get NAME, of a knob that there is\n", to);
}

static void list(struct card *card, FILE *to)
{
	for (unsigned int i = 0; i < CARD_KNOB_COUNT; i++)
		fprintf(to, "%s %" PRIu32 " %s\n", knobs[i].name,
			knob_get(card, i), knobs[i].what);
	fputs("ok\n", to);
}

static void obey(struct card *card, char *line, FILE *to)
{
	char *words = strchr(line, ' ');

	if (words)
		*words++ = '\0';
	if (!strcmp(line, "set") && words) {
		set(card, words, to);
	} else if (!strcmp(line, "get") && words) {
		get(card, words, to);
	} else if (!strcmp(line, "list") && !words) {
		list(card, to);
	} else if (!strcmp(line, "stats") && !words) {
		stats_print(card, to);
		fputs("ok\n", to);
	} else {
		fputs("error: set NAME VALUE, get NAME, list or stats\n", to);
	}
}

/* Who does not take the whole answer at once is let go of: the card does not wait. */
static bool answer(struct card *card, int fd, char *line)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	bool sent;

	if (!to)
		return false;
	obey(card, line, to);
	fclose(to);
	sent = send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)size;
	free(text);
	return sent;
}

/* Lines that have come as a whole; false: the client is to be let go of. */
static bool answer_lines(struct card *card, struct control_client *client, int fd)
{
	char *end;

	while ((end = memchr(client->line, '\n', client->used))) {
		size_t length = (size_t)(end - client->line) + 1;

		*end = '\0';
		if (!answer(card, fd, client->line))
			return false;
		client->used -= length;
		memmove(client->line, client->line + length, client->used);
	}
	return client->used < sizeof(client->line);
}

static bool hear(struct card *card, struct control_client *client, int fd)
{
	ssize_t got = recv(fd, client->line + client->used,
			   sizeof(client->line) - client->used, MSG_DONTWAIT);

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->used += (size_t)got;
	return answer_lines(card, client, fd);
}

static void welcome(struct control *control)
{
	int fd = accept4(control->fds[0].fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (unsigned int i = 1; i < CONTROL_FDS; i++) {
		if (control->fds[i].fd >= 0)
			continue;
		control->fds[i].fd = fd;
		control->clients[i - 1].used = 0;
		return;
	}
	close(fd);
}

void control_serve(struct control *control, struct card *card)
{
	for (unsigned int i = 1; i < CONTROL_FDS; i++)
		if (control->fds[i].revents &&
		    !hear(card, &control->clients[i - 1], control->fds[i].fd))
			let_go(control, i);
	if (control->fds[0].revents)
		welcome(control);
	for (unsigned int i = 0; i < CONTROL_FDS; i++)
		control->fds[i].revents = 0;
}
