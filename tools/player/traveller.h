/* SPDX-License-Identifier: MIT */
/*
 * Travellers: what they carry, what the camera sees, what must come of it.
 */
#ifndef PLAYER_TRAVELLER_H
#define PLAYER_TRAVELLER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define TRAVELLER_PHOTOS_MAX	4
#define TRAVELLER_WORD_MAX	32

/**
 * struct traveller - one transit to play
 * @name: for people
 * @document: path of the portrait
 * @photos: paths of who stands in the booth
 * @photo_count: how many; 0 leaves it empty
 * @blur: how far out of focus, pixels; 0 is sharp
 * @light: percent of the usual light
 * @fault: of the board's, to arm for this transit; empty for none
 * @decision: the expected one
 * @reason: the expected one
 */
struct traveller {
	char name[96];
	char document[PATH_MAX];
	char photos[TRAVELLER_PHOTOS_MAX][PATH_MAX];
	unsigned int photo_count;
	unsigned int blur;
	unsigned int light;
	char fault[TRAVELLER_WORD_MAX];
	char decision[TRAVELLER_WORD_MAX];
	char reason[TRAVELLER_WORD_MAX];
};

/**
 * struct travellers - a table of them
 * @list: in the order of the table
 * @count: how many
 */
struct travellers {
	struct traveller *list;
	size_t count;
};

/**
 * travellers_load() - read a table
 * @travellers: out: the table; free(list)
 * @path: of the table, an INI file with a section a traveller
 * @photos: folder its photos lie in; a document that begins with ./ lies beside
 *	the table
 *
 * Return: true, or false after saying on stderr what is wrong, and where.
 */
bool travellers_load(struct travellers *travellers, const char *path,
		     const char *photos);

#endif /* PLAYER_TRAVELLER_H */
