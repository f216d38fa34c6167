/* SPDX-License-Identifier: MIT */
/*
 * What the gate says of a transit: a line of JSON.
 */
#ifndef GATE_REPORT_H
#define GATE_REPORT_H

#include <stdio.h>

#include "lane.h"

/**
 * gate_report() - decide a transit and print it
 * @file: where to
 * @number: of the transit, from 1
 * @transit: what came of it
 * @threshold: least published similarity for a match
 *
 * Return: 0, -ENOMEM, -ETIMEDOUT if nobody has read for ten seconds, or what writing
 * says.
 */
int gate_report(FILE *file, unsigned long long number,
		const struct gate_transit *transit, int32_t threshold);

#endif /* GATE_REPORT_H */
