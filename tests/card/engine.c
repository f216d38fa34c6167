// SPDX-License-Identifier: MIT
/*
 * The card's matching engine. Scores are those of limen/score.h, and the best rows
 * are found by liblimen's ranking.
 */
#include <endian.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>
#include <ranking.h>

#include "card.h"

static const struct limen_hw_sqe *current(const struct card_ring *ring)
{
	return &ring->sqes[ring->fetched - 1];
}

/* Copies a vector: the host can change it at any time. */
static uint16_t load(struct card *card, struct card_ring *ring,
		     uint64_t address, bool on_card, int8_t *to)
{
	uint16_t dim = le16toh(current(ring)->dim);
	int64_t start = now_ns();

	if (address % LIMEN_HW_VECTOR_ALIGN)
		return LIMEN_HW_BAD_DESCRIPTOR;
	if (on_card) {
		if (address >= card->mem_size || dim > card->mem_size - address)
			return LIMEN_HW_BUS_ERROR;
		memcpy(to, card->mem + address, dim);
	} else {
		if (address % LIMEN_HW_PAGE_SIZE + dim > LIMEN_HW_PAGE_SIZE)
			return LIMEN_HW_BAD_DESCRIPTOR;
		if (!dma_read(card, address, to, dim))
			return LIMEN_HW_BUS_ERROR;
	}
	ring->stall_ns += (uint64_t)(now_ns() - start);
	return LIMEN_HW_OK;
}

static uint16_t compare(struct card *card, struct card_ring *ring,
			struct limen_hw_cqe *cqe)
{
	const struct limen_hw_sqe *sqe = current(ring);
	const struct limen_hw_compare *args = &sqe->compare;
	int8_t probe[LIMEN_DIM_MAX], reference[LIMEN_DIM_MAX];
	struct limen_score score;
	uint16_t status;

	if (sqe->flags & ~(LIMEN_HW_F_PROBE_ON_CARD |
			   LIMEN_HW_F_REFERENCE_ON_CARD))
		return LIMEN_HW_BAD_DESCRIPTOR;
	for (unsigned int i = 0; i < 5; i++)
		if (args->reserved[i])
			return LIMEN_HW_BAD_DESCRIPTOR;
	status = load(card, ring, le64toh(args->probe),
		      sqe->flags & LIMEN_HW_F_PROBE_ON_CARD, probe);
	if (!status)
		status = load(card, ring, le64toh(args->reference),
			      sqe->flags & LIMEN_HW_F_REFERENCE_ON_CARD,
			      reference);
	if (!status) {
		score = limen_score_vectors(probe, reference,
					    le16toh(sqe->dim));
		cqe->raw = htole32((uint32_t)score.raw);
		cqe->similarity = htole32((uint32_t)score.similarity);
	}
	limen_wipe(probe, sizeof(probe));
	limen_wipe(reference, sizeof(reference));
	return status;
}

static uint16_t scan_check(const struct card *card,
			   const struct limen_hw_sqe *sqe)
{
	const struct limen_hw_scan *args = &sqe->scan;
	uint64_t gallery = le64toh(args->gallery), bytes;
	uint32_t stride = le32toh(args->stride);
	uint32_t top_k = le32toh(args->top_k);
	uint32_t rows = le32toh(args->rows);

	if (sqe->flags & ~LIMEN_HW_F_PROBE_ON_CARD || args->reserved[0] ||
	    args->reserved[1] || !rows || !top_k ||
	    top_k > LIMEN_HW_TOP_K_MAX || stride < le16toh(sqe->dim) ||
	    stride % LIMEN_HW_VECTOR_ALIGN || gallery % LIMEN_HW_VECTOR_ALIGN)
		return LIMEN_HW_BAD_DESCRIPTOR;
	bytes = (uint64_t)(rows - 1) * stride + le16toh(sqe->dim);
	if (bytes > card->mem_size || gallery > card->mem_size - bytes)
		return LIMEN_HW_BUS_ERROR;
	return LIMEN_HW_OK;
}

static void rank(const struct card *card, const struct limen_hw_sqe *sqe,
		 const int8_t *probe, struct ranking *ranking)
{
	const struct limen_hw_scan *args = &sqe->scan;
	const uint8_t *at = card->mem + le64toh(args->gallery);
	int32_t least = (int32_t)le32toh(args->min_similarity);
	uint32_t rows = le32toh(args->rows);

	for (uint32_t i = 0; i < rows; i++, at += le32toh(args->stride)) {
		struct limen_row row = { .row = i };

		row.score = limen_score_vectors(probe, (const int8_t *)at,
						le16toh(sqe->dim));
		if (row.score.similarity >= least)
			ranking_add(ranking, &row);
	}
	ranking_sort(ranking);
}

static void post_rows(struct card *card, uint64_t address,
		      const struct limen_row *rows, unsigned int count)
{
	struct limen_hw_row piece[CARD_POST_BYTES / sizeof(struct limen_hw_row)];
	unsigned int in_piece = 0;

	for (unsigned int i = 0; i < count; i++) {
		piece[in_piece++] = (struct limen_hw_row) {
			.row = htole32(rows[i].row),
			.raw = htole32((uint32_t)rows[i].score.raw),
			.similarity =
				htole32((uint32_t)rows[i].score.similarity),
		};
		if (sizeof(piece) > in_piece * sizeof(*piece) && i + 1 < count)
			continue;
		post_memory(card, address, piece, in_piece * sizeof(*piece));
		address += in_piece * sizeof(*piece);
		in_piece = 0;
	}
	limen_wipe(piece, sizeof(piece));
}

static uint16_t scan(struct card *card, struct card_ring *ring,
		     struct limen_hw_cqe *cqe)
{
	const struct limen_hw_sqe *sqe = current(ring);
	uint64_t result = le64toh(sqe->scan.result);
	struct limen_row rows[LIMEN_HW_TOP_K_MAX];
	struct ranking ranking = { rows, le32toh(sqe->scan.top_k), 0 };
	int8_t probe[LIMEN_DIM_MAX];
	uint16_t status = scan_check(card, sqe);

	if (!status)
		status = load(card, ring, le64toh(sqe->scan.probe),
			      sqe->flags & LIMEN_HW_F_PROBE_ON_CARD, probe);
	if (status)
		return status;
	if (!dma_reaches(card, result,
			 ranking.limit * sizeof(struct limen_hw_row)))
		return LIMEN_HW_BUS_ERROR;
	defy_remember(card, result,
		      ranking.limit * sizeof(struct limen_hw_row));
	rank(card, sqe, probe, &ranking);
	post_rows(card, result, rows, ranking.count);
	cqe->count = htole32(ranking.count);
	limen_wipe(probe, sizeof(probe));
	limen_wipe(rows, ranking.count * sizeof(*rows));
	return LIMEN_HW_OK;
}

uint16_t engine_execute(struct card *card, struct card_ring *ring,
			struct limen_hw_cqe *cqe)
{
	const struct limen_hw_sqe *sqe = current(ring);
	bool express = ring == &card->rings[LIMEN_HW_RING_EXPRESS];
	int64_t start = now_ns(), spent;
	uint16_t status;

	if (sqe->opcode != (express ? LIMEN_HW_OP_COMPARE : LIMEN_HW_OP_SCAN) ||
	    sqe->reserved || !limen_dim_valid(le16toh(sqe->dim)))
		return LIMEN_HW_BAD_DESCRIPTOR;
	status = express ? compare(card, ring, cqe) : scan(card, ring, cqe);
	spent = now_ns() - start;
	cqe->device_ns = htole64((uint64_t)spent);
	/* The engine's clock has a cycle each nanosecond. */
	cqe->cycles = htole32(spent < UINT32_MAX ? (uint32_t)spent :
						   UINT32_MAX);
	return status;
}
