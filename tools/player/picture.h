/* SPDX-License-Identifier: MIT */
/*
 * Pictures for the page.
 */
#ifndef PLAYER_PICTURE_H
#define PLAYER_PICTURE_H

#include <stdio.h>

#include <face.h>

/**
 * struct picture - a JPEG in memory
 * @data: its bytes, or NULL for no picture
 * @size: how many
 */
struct picture {
	unsigned char *data;
	unsigned long size;
};

/**
 * picture_encode() - make a small JPEG
 * @picture: out: the JPEG; picture_free() it
 * @image: what it shows
 * @width: pixels it has at most
 *
 * Return: 0 or -ENOMEM.
 */
int picture_encode(struct picture *picture, const struct face_image *image,
		   uint32_t width);

/* Prints it as a data: URI. */
void picture_print(FILE *file, const struct picture *picture);

void picture_free(struct picture *picture);

#endif /* PLAYER_PICTURE_H */
