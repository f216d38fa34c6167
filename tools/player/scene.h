/* SPDX-License-Identifier: MIT */
/*
 * What stands in the booth: pictures for the emulated camera to see.
 */
#ifndef PLAYER_SCENE_H
#define PLAYER_SCENE_H

#include <face.h>

#define SCENE_WIDTH	640
#define SCENE_HEIGHT	480

/**
 * scene_empty() - an empty booth
 * @scene: out: the picture; face_image_free() it
 *
 * Return: 0 or -ENOMEM.
 */
int scene_empty(struct face_image *scene);

/**
 * scene_place() - put photos into the booth, side by side
 * @scene: the picture
 * @photos: the photos
 * @count: how many, at least 1
 *
 * Return: 0 or -ENOMEM.
 */
int scene_place(struct face_image *scene, const struct face_image *photos,
		unsigned int count);

/**
 * scene_blur() - put the picture out of focus
 * @scene: the picture
 * @radius: about the standard deviation of the blur, pixels; at most 64
 *
 * Return: 0 or -ENOMEM.
 */
int scene_blur(struct face_image *scene, unsigned int radius);

/**
 * scene_darken() - take light away
 * @scene: the picture
 * @percent: how much is left
 */
void scene_darken(struct face_image *scene, unsigned int percent);

#endif /* PLAYER_SCENE_H */
