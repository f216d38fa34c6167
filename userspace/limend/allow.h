/* SPDX-License-Identifier: MIT */
/* Who may connect. */
#ifndef LIMEND_ALLOW_H
#define LIMEND_ALLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <config.h>

/**
 * struct allow - users and groups that may connect
 * @users: root and limend's own among them
 * @user_count: users in @users
 * @groups: whoever is of one of these may, too
 * @group_count: groups in @groups
 * @absent: names that nobody on this machine has yet, as the configuration gives them
 * @absent_count: names in @absent
 * @sought: when they were looked for last, nanoseconds
 */
struct allow {
	uid_t users[LIMEN_CONFIG_ALLOW_MAX + 2];
	unsigned int user_count;
	gid_t groups[LIMEN_CONFIG_ALLOW_MAX];
	unsigned int group_count;
	char absent[LIMEN_CONFIG_ALLOW_MAX][LIMEN_CONFIG_NAME_MAX];
	unsigned int absent_count;
	int64_t sought;
};

/*
 * From now on those whom the configuration names may connect. A name that nobody has is
 * told of, and counts from when somebody has it.
 */
void allow_set(struct allow *allow, const struct limen_config *config);
/*
 * Whether the process that connected this socket may: by the credentials that the kernel
 * has kept of it. @uid: out: its user. 0, -EACCES, or why that cannot be known.
 */
int allow_check(struct allow *allow, int fd, uid_t *uid);

#endif /* LIMEND_ALLOW_H */
