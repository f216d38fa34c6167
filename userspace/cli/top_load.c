// SPDX-License-Identifier: MIT
/* limen top: from counters to a load. */
#include <stdio.h>
#include <string.h>

#include "top.h"

static uint64_t grown(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

void top_load_between(const struct top_sample *before,
		      const struct top_sample *after, struct top_load *load)
{
	const struct drm_limen_stats *a = &before->stats, *b = &after->stats;
	int64_t elapsed = after->at > before->at ? after->at - before->at : 1;
	double seconds = elapsed / 1e9;
	unsigned int i;

	*load = (struct top_load){
		.seconds = seconds,
		.express = (double)grown(a->express_busy_ns,
					 b->express_busy_ns) / elapsed,
		.scan = (double)grown(a->scan_busy_ns, b->scan_busy_ns) /
			elapsed,
		.stall = (double)grown(a->stall_ns, b->stall_ns) / elapsed,
		.comparisons = grown(a->comparisons, b->comparisons) / seconds,
		.rows = grown(a->rows, b->rows) / seconds,
		.chunks = grown(a->chunks, b->chunks) / seconds,
		.doorbells = grown(a->doorbells, b->doorbells) / seconds,
		.interrupts = grown(a->interrupts, b->interrupts) / seconds,
		.resets = grown(before->resets, after->resets),
	};
	for (i = 0; i < DRM_LIMEN_LATENCIES; i++)
		load->latencies[i] = grown(a->latencies[i], b->latencies[i]);
}

unsigned int top_percentile(const uint64_t latencies[DRM_LIMEN_LATENCIES],
			    unsigned int thousandths)
{
	uint64_t total = 0, seen = 0;
	unsigned int i;

	for (i = 0; i < DRM_LIMEN_LATENCIES; i++)
		total += latencies[i];
	for (i = 0; total && i < DRM_LIMEN_LATENCIES; i++) {
		seen += latencies[i];
		if ((double)seen * 1000 >= (double)total * thousandths)
			return i;
	}
	return TOP_NO_LATENCY;
}

const char *top_duration_text(uint64_t ns, char text[TOP_TEXT_SIZE])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0, decimals = 0;
	uint64_t scale = 1, step, steps;

	while (unit < 3 && ns >= scale * 1000) {
		scale *= 1000;
		unit++;
	}
	/* Three digits, the last one rounded up. */
	for (step = scale; step >= 10 && ns < step * 100; step /= 10)
		decimals++;
	steps = ns / step + (ns % step != 0);
	snprintf(text, TOP_TEXT_SIZE, "%.*f %s", decimals,
		 (double)steps * step / scale, units[unit]);
	return text;
}

const char *top_latency_text(unsigned int entry, char text[TOP_TEXT_SIZE])
{
	char bound[TOP_TEXT_SIZE];

	if (entry >= TOP_NO_LATENCY)
		return "-";
	if (entry == DRM_LIMEN_LATENCIES - 1)
		snprintf(text, TOP_TEXT_SIZE, "over %.1f s",
			 (double)(1ULL << entry) / 1e9);
	else
		snprintf(text, TOP_TEXT_SIZE, "< %.20s",
			 top_duration_text(2ULL << entry, bound));
	return text;
}
