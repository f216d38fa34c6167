/* SPDX-License-Identifier: MIT */
/*
 * A process a transit.
 */
#ifndef GATE_TRANSIT_H
#define GATE_TRANSIT_H

#include "lane.h"

/**
 * gate_transit_run() - perform a transit in a process of its own
 * @lane: the lane
 * @document: path of the portrait
 * @transit: out: what came of it
 *
 * Whatever a hostile document does to that process, and whatever libraries keep
 * of a face, ends with it. If it does not answer in time it is killed; if it dies
 * without an answer nothing counts as observed.
 *
 * Return: true, or false if it had to be killed or died, and what it started
 * (the lamp) may still be on.
 */
bool gate_transit_run(const struct gate_lane *lane, const char *document,
		      struct gate_transit *transit);

#endif /* GATE_TRANSIT_H */
