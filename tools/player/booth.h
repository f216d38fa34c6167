/* SPDX-License-Identifier: MIT */
/*
 * The emulated booth: what its camera sees, and faults of its board.
 */
#ifndef PLAYER_BOOTH_H
#define PLAYER_BOOTH_H

#include <face.h>

/* Opens the node that feeds the emulated camera; a descriptor or an errno. */
int booth_open(void);

/* From when this returns on the camera sees the scene; 0 or a negative errno. */
int booth_show(int fd, const struct face_image *scene);

/* Arms a fault of the emulated board for the next comparison. */
int booth_break(const char *folder, const char *fault);

#endif /* PLAYER_BOOTH_H */
