/* SPDX-License-Identifier: MIT */
/*
 * What operators are told of a transit that a thing, not a traveller, spoilt.
 */
#ifndef GATE_FAULT_H
#define GATE_FAULT_H

#include "lane.h"

#define GATE_FAULT_SIZE 512

/**
 * gate_fault_describe() - tell the cause of a referral
 * @transit: what came of it
 * @reason: why the traveller was referred
 * @text: out: words for the log; nothing of a face or a document is in it
 *
 * Return: whether there is anything to tell: no for reasons that lie with the
 * traveller.
 */
bool gate_fault_describe(const struct gate_transit *transit,
			 enum gate_reason reason, char text[GATE_FAULT_SIZE]);

#endif /* GATE_FAULT_H */
