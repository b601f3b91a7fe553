#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What must not be on a tmpfs that a container has mounted, each refused by name.

test=tmpfs
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

init=

cleanup()
{
	end
	rm -rf "$tmp"
}

# Version 2; owner and group 6, user 0 and others 4, mask 6.
acl=0sAgAAAAEABgD/////AgAGAAAAAAAEAAYA/////xAABgD/////IAAEAP////8=

# What is done in the container, and what is said of it.
rows=(
	"setfattr -n system.posix_acl_access -v $acl run/file"
	'run/file: access control lists on tmpfs are not supported'
	'chattr +i run/file'
	'run/file: has inode flags (chattr), which are not supported'
	'setfattr -n security.other -v x run/file'
	'run/file: extended attribute security.other is not supported'
	'mkdir run/dir; mount --bind run/dir part; umount run'
	'part: only a part of it is mounted: not supported'
	'mount -t tmpfs over run'
	'run: something is mounted over it: not supported'
	'touch run/big; setfattr -n user.x -v y run/file'
	''
)

# container COMMAND [OPTION...]: an init with a tmpfs of its own, on which COMMAND
# has been run. The options are those of unshare(1) for the init alone.
container()
{
	rm -f "$tmp/ready"
	mkdir -p "$tmp/run" "$tmp/part"
	# shellcheck disable=SC2016 # that is for the shell in there
	unshare --mount --propagation private sh -c 'cd "$0" && mount -t tmpfs none run &&
		echo text > run/file && eval "$1" && shift &&
		exec unshare --fork --pid "$@" sh -c "exec < /dev/null > /dev/null 2>&1
			touch ready; exec sleep 100000"' \
		"$tmp" "$@" < /dev/null > /dev/null 2> "$tmp/err" &
	local outer=$!
	for _ in {1..200}; do
		[ ! -e "$tmp/ready" ] || break
		sleep 0.1
	done
	init=$(pgrep -P $outer)
	# It is in the namespace, too; managers do not stay there.
	disown $outer
	kill -KILL $outer
	[ -e "$tmp/ready" ] && [ -n "$init" ]
}

# refused MESSAGE: with none it is not.
refused()
{
	timeout 60 ckpt checkpoint --force --image "$tmp/image" "$init" 2> "$tmp/err"
	local status=$?
	[ -n "$1" ] || return $status
	[ $status != 0 ] && grep -qF "$1" "$tmp/err"
}

ktap_print_header
ktap_set_plan $((${#rows[@]} / 2 + 1))

for ((i = 0; i < ${#rows[@]}; i += 2)); do
	container "${rows[i]}" && refused "${rows[i + 1]}"
	result $? "${rows[i + 1]:-nothing special}"
	end
done

container 'chown 77 run/file' --user --map-root-user &&
	refused 'run/file: belongs to somebody who has no id in the container'
result $? "owner without a number in the container"
end
ktap_finished
