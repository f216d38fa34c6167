// SPDX-License-Identifier: MIT
/*
 * limen-player: plays travellers against a gate with the emulated board, or with a card
 * of tools/sim, whose camera sees a file.
 *
 * Prints a line of KTAP a traveller as it happens, writes a page that shows them,
 * and succeeds only if each got the decision that had to come. One whose board has a
 * fault that a card does not have is skipped.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "booth.h"
#include "counterpart.h"
#include "page.h"
#include "scene.h"
#include "traveller.h"

/* An emulated CPU takes seconds a face; the gate's own limit comes before. */
#define ANSWER_MS 180000

#define DOCUMENT_WIDTH	240
#define BOOTH_WIDTH	320

/**
 * struct player - a performance
 * @table: path of the travellers' table
 * @photos: folder of their photos
 * @page: path of the page to write, or NULL
 * @command: the gate
 * @booth: where they stand
 * @gate: the running gate
 */
struct player {
	const char *table;
	const char *photos;
	const char *page;
	char *const *command;
	struct booth booth;
	struct counterpart gate;
};

static int load_photos(const struct traveller *traveller,
		       struct face_image *photos)
{
	for (unsigned int i = 0; i < traveller->photo_count; i++) {
		int err = face_image_load(&photos[i], traveller->photos[i]);

		if (!err)
			continue;
		fprintf(stderr, "limen-player: %s: %s\n", traveller->photos[i],
			limen_strerror(err));
		return err;
	}
	return 0;
}

static int make_scene(const struct traveller *traveller,
		      struct face_image *scene)
{
	struct face_image photos[TRAVELLER_PHOTOS_MAX] = { 0 };
	int err = scene_empty(scene);

	if (!err && traveller->photo_count) {
		err = load_photos(traveller, photos);
		if (!err)
			err = scene_place(scene, photos,
					  traveller->photo_count);
		for (int i = 0; i < TRAVELLER_PHOTOS_MAX; i++)
			face_image_free(&photos[i]);
	}
	if (!err && traveller->blur)
		err = scene_blur(scene, traveller->blur);
	if (!err)
		scene_darken(scene, traveller->light);
	return err;
}

/* A document that is no picture is shown as none: some travellers carry one. */
static void show_document(struct played *played)
{
	struct face_image image;

	if (!face_image_load(&image, played->traveller->document))
		picture_encode(&played->document, &image, DOCUMENT_WIDTH);
	face_image_free(&image);
}

static int stage(const struct player *player, struct played *played)
{
	const struct traveller *traveller = played->traveller;
	struct face_image scene = { 0 };
	int err = make_scene(traveller, &scene);

	show_document(played);
	if (!err)
		err = picture_encode(&played->booth, &scene, BOOTH_WIDTH);
	if (!err)
		err = booth_show(&player->booth, &scene);
	face_image_free(&scene);
	if (!err && traveller->fault[0])
		err = booth_break(&player->booth, traveller->fault);
	return err;
}

static void play(struct player *player, struct played *played)
{
	const struct traveller *traveller = played->traveller;
	struct answer *answer = &played->answer;

	played->error = stage(player, played);
	if (!played->error)
		played->error = counterpart_transit(&player->gate, traveller->document,
					     ANSWER_MS, answer);
	if (!played->error && traveller->fault[0])
		played->error = booth_mend(&player->booth);
	played->expected = !played->error &&
			   !strcmp(answer->decision, traveller->decision) &&
			   !strcmp(answer->reason, traveller->reason);
}

static void print_answer(const struct answer *answer)
{
	printf("%-5s %-13s ", answer->decision, answer->reason);
	if (answer->scored)
		printf("%7.4f ", answer->similarity);
	else
		printf("%7s ", "-");
	printf("%-5s |", answer->backend[0] ? answer->backend : "-");
	for (int i = 0; i < STAGES; i++)
		printf(" %6.0f", answer->milliseconds[i]);
}

static bool is_skipped(const struct played *played)
{
	return played->error == -EOPNOTSUPP;
}

static void print_line(size_t number, const struct played *played)
{
	const struct traveller *traveller = played->traveller;

	if (is_skipped(played)) {
		printf("ok %zu %-38s # SKIP the card has no such fault\n", number,
		       traveller->name);
		return;
	}
	printf("%s %zu %-38s # ", played->expected ? "ok" : "not ok", number,
	       traveller->name);
	if (played->error)
		printf("no answer: %s", limen_strerror(played->error));
	else
		print_answer(&played->answer);
	if (!played->expected)
		printf(" (expected %s %s)", traveller->decision,
		       traveller->reason);
	puts("");
}

static void print_head(void)
{
	printf("# %-44s %-19s %7s %-5s | milliseconds:", "traveller",
	       "decision and reason", "score", "by");
	for (int i = 0; i < STAGES; i++)
		printf(" %s", stage_names[i]);
	puts("");
}

static void forget(struct played *played)
{
	picture_free(&played->document);
	picture_free(&played->booth);
	*played = (struct played){ 0 };
}

/* Plays them, and returns how many of them were played: they come first. */
static size_t play_each(struct player *player,
			const struct travellers *travellers,
			struct played *played)
{
	size_t count = 0;

	for (size_t i = 0; i < travellers->count; i++) {
		struct played *next = &played[count];

		next->traveller = &travellers->list[i];
		play(player, next);
		print_line(i + 1, next);
		if (is_skipped(next))
			forget(next);
		else
			count++;
	}
	return count;
}

static bool play_all(struct player *player, const struct travellers *travellers,
		     struct played *played)
{
	size_t count, unexpected = 0;
	bool fine = true;
	int err;

	print_head();
	count = play_each(player, travellers, played);
	for (size_t i = 0; i < count; i++)
		unexpected += !played[i].expected;
	err = counterpart_close(&player->gate);
	if (err) {
		fprintf(stderr, "limen-player: the gate ended with %d\n", err);
		fine = false;
	}
	err = player->page ? page_write(player->page, played, count) : 0;
	if (err) {
		fprintf(stderr, "limen-player: %s: %s\n", player->page,
			limen_strerror(err));
		fine = false;
	}
	printf("# %zu travellers, %zu as expected\n", count, count - unexpected);
	return fine && !unexpected;
}

static bool set_up(struct player *player)
{
	int err = booth_open(&player->booth);
	if (err) {
		fprintf(stderr,
			"limen-player: no emulated scene (%s); is limen_emu loaded?\n",
			limen_strerror(err));
		return false;
	}
	err = counterpart_open(&player->gate, player->command);
	if (err)
		fprintf(stderr, "limen-player: %s: %s\n", player->command[0],
			limen_strerror(err));
	return !err;
}

static bool perform(struct player *player)
{
	struct travellers travellers;
	struct played *played;
	bool fine = false;

	if (!travellers_load(&travellers, player->table, player->photos))
		return false;
	played = calloc(travellers.count, sizeof(*played));
	if (played && set_up(player))
		fine = play_all(player, &travellers, played);
	if (played)
		booth_close(&player->booth);
	for (size_t i = 0; played && i < travellers.count; i++)
		forget(&played[i]);
	free(played);
	free(travellers.list);
	return fine;
}

static int usage(void)
{
	fputs("Usage: limen-player --table FILE --photos FOLDER [--page FILE] [--faults FOLDER | --scene FILE [--config FILE]] -- GATE...\n"
	      "Plays the travellers of FILE against the gate that the command GATE starts.\n"
	      "With --scene the board is a card: FILE is what its camera sees, and --config its\n"
	      "configuration space.\n",
	      stderr);
	return 2;
}

static bool take_option(struct player *player, int option)
{
	switch (option) {
	case 't':
		player->table = optarg;
		return true;
	case 'p':
		player->photos = optarg;
		return true;
	case 'o':
		player->page = optarg;
		return true;
	case 'f':
		player->booth.faults = optarg;
		return true;
	case 's':
		player->booth.scene = optarg;
		return true;
	case 'c':
		player->booth.config = optarg;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "table", required_argument, NULL, 't' },
		{ "photos", required_argument, NULL, 'p' },
		{ "page", required_argument, NULL, 'o' },
		{ "faults", required_argument, NULL, 'f' },
		{ "scene", required_argument, NULL, 's' },
		{ "config", required_argument, NULL, 'c' },
		{ 0 },
	};
	struct player player = {
		.booth = { .faults = "/sys/kernel/debug/limen_emu/limen_emu.0" },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0)
		if (!take_option(&player, option))
			return usage();
	if (!player.table || !player.photos || optind == argc)
		return usage();
	player.command = argv + optind;
	signal(SIGPIPE, SIG_IGN);
	/* A line a traveller is to appear when it happens, in a pipe as well. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return perform(&player) ? 0 : 1;
}
