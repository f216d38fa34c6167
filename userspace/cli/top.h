/* SPDX-License-Identifier: MIT */
/* What the files of limen top share. */
#ifndef LIMEN_TOP_H
#define LIMEN_TOP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <drm/limen_accel.h>
#include <json-c/json.h>

/**
 * struct top_sample - a board at a moment
 * @at: when, as now_ns() says
 * @stats: what the driver has counted until then
 * @memory: of the card
 * @resets: so far
 */
struct top_sample {
	int64_t at;
	struct drm_limen_stats stats;
	struct drm_limen_memory_info memory;
	uint32_t resets;
};

/**
 * struct top_load - what happened between two samples
 * @seconds: from one to the other
 * @express: share of that time the board spent on comparisons; 1 is all of it
 * @scan: likewise on scans
 * @stall: share of it the engines waited for memory
 * @comparisons: answered a second
 * @rows: searched a second
 * @chunks: of scans, answered a second
 * @doorbells: rung a second
 * @interrupts: taken a second
 * @resets: of the board
 * @latencies: comparisons, counted as in struct drm_limen_stats
 */
struct top_load {
	double seconds;
	double express;
	double scan;
	double stall;
	double comparisons;
	double rows;
	double chunks;
	double doorbells;
	double interrupts;
	uint32_t resets;
	uint64_t latencies[DRM_LIMEN_LATENCIES];
};

/* A counter that has fallen, as after a new start of the driver, counts as 0. */
void top_load_between(const struct top_sample *before,
		      const struct top_sample *after, struct top_load *load);

/* Stands for no latency, since nothing was compared. */
#define TOP_NO_LATENCY DRM_LIMEN_LATENCIES

/*
 * The entry of the histogram that holds the least latency which so many
 * thousandths of the comparisons do not exceed; 1000 asks for the longest.
 */
unsigned int top_percentile(const uint64_t latencies[DRM_LIMEN_LATENCIES],
			    unsigned int thousandths);

/* A duration with its unit, never made to seem shorter than it is. */
#define TOP_TEXT_SIZE 32
const char *top_duration_text(uint64_t ns, char text[TOP_TEXT_SIZE]);
/* What is known of a latency in this entry of the histogram: "< 132 us". */
const char *top_latency_text(unsigned int entry, char text[TOP_TEXT_SIZE]);

#define TOP_NAME_SIZE 64

/**
 * struct top_client - an open file of the board
 * @id: of the file, by DRM
 * @pid: of a process that has it open
 * @name: of that process, fit for a terminal
 * @express_ns: time the board spent on its comparisons
 * @scan_ns: likewise on its scans
 * @host_bytes: of buffers in the host's memory
 * @card_bytes: of buffers in the card's memory
 * @express: share of the time between two samples, see struct top_load
 * @scan: likewise
 */
struct top_client {
	uint64_t id;
	pid_t pid;
	char name[TOP_NAME_SIZE];
	uint64_t express_ns;
	uint64_t scan_ns;
	uint64_t host_bytes;
	uint64_t card_bytes;
	double express;
	double scan;
};

/**
 * struct top_clients - those this user may look at
 * @list: one for each open file, whoever shares it
 * @count: how many
 * @room: for how many there is memory
 */
struct top_clients {
	struct top_client *list;
	size_t count;
	size_t room;
};

/*
 * Reads what DRM prints of an open file. -ENOENT: not one of Limen's; -EBADMSG:
 * not what DRM prints. Sets neither @pid nor @name.
 */
int top_fdinfo_parse(const char *text, struct top_client *client);

/*
 * Collects whoever has the node open, by the folder where procfs is mounted,
 * except this process. Processes that come, go or may not be looked at are left
 * out. 0, -ENOMEM, or why the folder cannot be read.
 */
int top_clients_read(struct top_clients *clients, const char *proc, dev_t node);
void top_clients_free(struct top_clients *clients);
/* Sets the shares, and puts the busiest first. */
void top_clients_rank(struct top_clients *clients,
		      const struct top_clients *before, double seconds);

/**
 * struct top_report - what there is to tell
 * @node: of the board
 * @board: its name
 * @now: the present sample
 * @load: since the sample before
 * @clients: ranked
 */
struct top_report {
	const char *node;
	const char *board;
	struct top_sample now;
	struct top_load load;
	struct top_clients clients;
};

void top_report_print(const struct top_report *report, FILE *to);
struct json_object *top_report_json(const struct top_report *report);

/* The terminal, from the first screen to the end. */
void top_screen_open(void);
void top_screen_close(void);
/* As much of the text as fits. */
void top_screen_show(const char *text);

#endif /* LIMEN_TOP_H */
