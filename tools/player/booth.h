/* SPDX-License-Identifier: MIT */
/*
 * The booth of a board that is a program: what its camera sees, and faults of the board.
 * Either the emulated one of the kernel, or a card of tools/sim.
 */
#ifndef PLAYER_BOOTH_H
#define PLAYER_BOOTH_H

#include <face.h>

/**
 * struct booth - the booth
 * @scene: file that the card's camera sees, or NULL: the emulated board has a node
 * @faults: folder of the emulated board's faults
 * @config: file of the card's configuration space, in which its knobs are
 * @node: descriptor of the emulated board's node, or -1
 */
struct booth {
	const char *scene;
	const char *faults;
	const char *config;
	int node;
};

/* Opens what feeds the camera; 0 or a negative errno. */
int booth_open(struct booth *booth);

/* Empties the booth. */
void booth_close(struct booth *booth);

/* From when this returns on the camera sees the scene; 0 or a negative errno. */
int booth_show(const struct booth *booth, const struct face_image *scene);

/*
 * Arms a fault of the board for the next comparison; 0 or a negative errno, -EOPNOTSUPP
 * if this board has no such fault.
 */
int booth_break(const struct booth *booth, const char *fault);

/* The comparison is over: so is a fault that lasts. */
int booth_mend(const struct booth *booth);

#endif /* PLAYER_BOOTH_H */
