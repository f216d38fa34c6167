/* SPDX-License-Identifier: MIT */
/* The configuration of limend, limen-gate and limen. Internal to the project. */
#ifndef LIMEN_CONFIG_H
#define LIMEN_CONFIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* The build says where; this is where a machine's is. */
#ifndef LIMEN_CONFIG_PATH
#define LIMEN_CONFIG_PATH "/etc/limen/limen.conf"
#endif

/* LIMEN_CONFIG_NO_THRESHOLD: the file gives none; the code has no default. */
#define LIMEN_CONFIG_NO_THRESHOLD INT32_MAX

/* Not a path: the first camera of the board's kind. */
#define LIMEN_CONFIG_CAMERA_AUTO "auto"

/* Before the name of a group in what is allowed. */
#define LIMEN_CONFIG_GROUP_MARK '@'

#define LIMEN_CONFIG_ALLOW_MAX 16
#define LIMEN_CONFIG_NAME_MAX 64

enum limen_config_backend {
	LIMEN_CONFIG_AUTO = 0,
	LIMEN_CONFIG_BOARD,
	LIMEN_CONFIG_CPU,
};

/**
 * struct limen_config - what limen.conf says
 * @threshold: [policy] threshold, the least published similarity for a match, in
 *	units of 1 / LIMEN_SIMILARITY_ONE, rounded up
 * @models: [extractor] models
 * @min_quality: [extractor] min_quality, in thousandths
 * @socket: [service] socket
 * @backend: [service] backend
 * @allow: [service] allow, each a user's name or number, or a group's behind
 *	LIMEN_CONFIG_GROUP_MARK
 * @allow_count: users and groups in @allow
 * @timeout_ms: [service] timeout
 * @recheck: [service] recheck, one of so many scores of a board; 0: none
 * @camera: [gate] camera
 * @attempts: [gate] attempts
 * @transit_ms: [gate] timeout
 */
struct limen_config {
	int32_t threshold;
	char models[PATH_MAX];
	uint32_t min_quality;
	char socket[PATH_MAX];
	enum limen_config_backend backend;
	char allow[LIMEN_CONFIG_ALLOW_MAX][LIMEN_CONFIG_NAME_MAX];
	uint32_t allow_count;
	uint32_t timeout_ms;
	uint32_t recheck;
	char camera[PATH_MAX];
	uint32_t attempts;
	uint32_t transit_ms;
};

/*
 * Reads a file; keys it does not give keep their defaults. With path NULL it is
 * LIMEN_CONFIG_PATH, which need not exist. Returns 0, or -1 with one line for
 * people in error, naming file and line.
 */
int limen_config_load(struct limen_config *config, const char *path,
		      char *error, size_t error_size);

/* Reads auto, board or cpu; -EINVAL. */
int limen_config_backend(const char *text, enum limen_config_backend *backend);
/* Reads a decimal such as 0.40 as millionths, exactly; -EINVAL, -ERANGE. */
int limen_config_decimal(const char *text, uint32_t max, uint32_t *millionths);
/* The least similarity that reaches so many millionths. */
int32_t limen_config_similarity(uint32_t millionths);
/* Reads a whole number within bounds; -EINVAL, -ERANGE. */
int limen_config_number(const char *text, uint32_t min, uint32_t max,
			uint32_t *number);

#endif /* LIMEN_CONFIG_H */
