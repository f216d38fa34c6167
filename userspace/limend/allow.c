// SPDX-License-Identifier: MIT
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <monotonic.h>

#include "allow.h"
#include "log.h"

/* Whoever is refused has absent names looked for again, but no more often. */
#define SEEK_PERIOD_NS 1000000000LL

static bool is_group(const char *name)
{
	return name[0] == LIMEN_CONFIG_GROUP_MARK;
}

static bool seek_user(struct allow *allow, const char *name)
{
	struct passwd *user = getpwnam(name);
	uint32_t number;

	if (user)
		number = user->pw_uid;
	else if (limen_config_number(name, 0, UINT32_MAX - 1, &number))
		return false;
	allow->users[allow->user_count++] = number;
	return true;
}

static bool seek_group(struct allow *allow, const char *name)
{
	struct group *group = getgrnam(name);
	uint32_t number;

	if (group)
		number = group->gr_gid;
	else if (limen_config_number(name, 0, UINT32_MAX - 1, &number))
		return false;
	allow->groups[allow->group_count++] = number;
	return true;
}

static bool seek(struct allow *allow, const char *name)
{
	return is_group(name) ? seek_group(allow, name + 1) : seek_user(allow, name);
}

/* Once they are there they stay among those who may. */
static void seek_absent(struct allow *allow)
{
	unsigned int i, left = 0;

	for (i = 0; i < allow->absent_count; i++)
		if (seek(allow, allow->absent[i]))
			log_line("%s is on this machine now, and may connect",
				 allow->absent[i]);
		else if (left++ != i)
			strcpy(allow->absent[left - 1], allow->absent[i]);
	allow->absent_count = left;
	allow->sought = now_ns();
}

static void note_absent(struct allow *allow, const char *name)
{
	strcpy(allow->absent[allow->absent_count++], name);
	if (is_group(name))
		log_warning("no group %s on this machine; its users may connect once there is",
			    name + 1);
	else
		log_warning("no user %s on this machine, who may connect once there is",
			    name);
}

void allow_set(struct allow *allow, const struct limen_config *config)
{
	unsigned int i;

	*allow = (struct allow){
		.users = { 0, geteuid() },
		.user_count = 2,
		.sought = now_ns(),
	};
	for (i = 0; i < config->allow_count; i++)
		if (!seek(allow, config->allow[i]))
			note_absent(allow, config->allow[i]);
}

static bool has_group(const struct allow *allow, gid_t gid)
{
	unsigned int i;

	for (i = 0; i < allow->group_count; i++)
		if (allow->groups[i] == gid)
			return true;
	return false;
}

static bool is_named(const struct allow *allow, const struct ucred *peer,
		     const gid_t *groups, size_t count)
{
	unsigned int i;

	for (i = 0; i < allow->user_count; i++)
		if (allow->users[i] == peer->uid)
			return true;
	if (has_group(allow, peer->gid))
		return true;
	for (i = 0; i < count; i++)
		if (has_group(allow, groups[i]))
			return true;
	return false;
}

int allow_check(struct allow *allow, int fd, uid_t *uid)
{
	static gid_t groups[NGROUPS_MAX];
	struct ucred peer;
	socklen_t peer_size = sizeof(peer), size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		return -errno;
	*uid = peer.uid;
	if (is_named(allow, &peer, groups, size / sizeof(*groups)))
		return 0;
	if (!allow->absent_count || now_ns() - allow->sought < SEEK_PERIOD_NS)
		return -EACCES;
	seek_absent(allow);
	return is_named(allow, &peer, groups, size / sizeof(*groups)) ? 0 : -EACCES;
}
