// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the user namespaces of an image can be made on this machine
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* ---- what is there ---- */

static bool covers(unsigned long first, unsigned long count,
		   const struct ckpt_idmap *map)
{
	return map->lower >= first && map->lower - first < count &&
	       count - (map->lower - first) >= map->count;
}

/* Whether all of a range exists in our user namespace. */
static bool exists(const char *file, const struct ckpt_idmap *map)
{
	unsigned long first, lower, count;
	FILE *f = fopen(file, "re");
	bool found = false;

	while (f && !found &&
	       fscanf(f, "%lu %lu %lu", &first, &lower, &count) == 3)
		found = covers(first, count, map);
	if (f)
		fclose(f);
	return found;
}

/* Whether a line NAME:FIRST:COUNT of a file like /etc/subuid gives it to us. */
static bool is_given(const char *file, const struct ckpt_idmap *map)
{
	struct passwd *pw = getpwuid(getuid());
	unsigned long first, count;
	FILE *f = fopen(file, "re");
	char line[512], *rest, uid[12];
	bool found = false;

	snprintf(uid, sizeof(uid), "%u", getuid());
	while (f && !found && fgets(line, sizeof(line), f)) {
		rest = strchr(line, ':');
		if (!rest || sscanf(rest, ":%lu:%lu", &first, &count) != 2)
			continue;
		*rest = '\0';
		if (!strcmp(line, uid) || (pw && !strcmp(line, pw->pw_name)))
			found = covers(first, count, map);
	}
	if (f)
		fclose(f);
	return found;
}

/* ---- what is needed ---- */

static void check_map(struct host_check *c, const struct record *rec,
		      const struct ckpt_idmap *map, __u32 nr, bool group)
{
	const char *what = group ? "group" : "user";
	__u32 own = group ? getegid() : geteuid(), i;

	for (i = 0; i < nr; i++) {
		if (!exists(group ? "/proc/self/gid_map" : "/proc/self/uid_map",
			    &map[i]))
			ckpt_obstacle(c, rec,
				      "user namespace: needs %u %s ids from %u, which do not exist here",
				      map[i].count, what, map[i].lower);
		else if (geteuid() && (map[i].lower != own || map[i].count != 1) &&
			 !is_given(group ? "/etc/subgid" : "/etc/subuid", &map[i]))
			ckpt_obstacle(c, rec,
				      "user namespace: needs %u %s ids from %u, which takes root, or a line in /etc/sub%s",
				      map[i].count, what, map[i].lower,
				      group ? "gid" : "uid");
	}
}

void ckpt_check_users(struct host_check *c)
{
	const struct ckpt_hdr_ns_user *u;
	const struct record *rec;
	__u32 id;

	for (id = 1; (rec = ckpt_obj(c->img, id)); id++) {
		u = (const void *)rec->pub.h;
		/* Those further inside are made of what is inside. */
		if (u->ns.h.type != CKPT_HDR_NS_USER || u->ns.user ||
		    rec->pub.broken)
			continue;
		check_map(c, rec, u->map, u->nr_uid, false);
		check_map(c, rec, u->map + u->nr_uid, u->nr_gid, true);
	}
}
