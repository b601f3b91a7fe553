#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Containers with services that have mounts of their own: ckpt restart makes their
# mount namespaces as they were.

test=mntns_container
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

init=
services=(early private bound pids jail follower late user other bwrap)

cleanup()
{
	[ -z "$init" ] || kill -9 "$init" 2> /dev/null
	umount -R "$tmp/root" "$tmp/layer" 2> /dev/null
	rm -rf "$tmp"
}

prepare()
{
	mkdir "$tmp/layer" "$tmp/root" || return 1
	mount -t tmpfs layer "$tmp/layer" || return 1
	mkdir "$tmp/layer/upper" "$tmp/layer/work"
	mount -t overlay -o "lowerdir=/,upperdir=$tmp/layer/upper,workdir=$tmp/layer/work" \
		container "$tmp/root" || return 1
	# service NAME: a program that holds a file and a directory.
	cat > "$tmp/root/service" <<- 'END'
		name=$1
		echo "$name" > /tmp/file
		mkdir -p /tmp/dir
		cd /tmp/dir || exit
		exec 7< /tmp/file
		exec -a "service-$name" sleep 100000
	END
	cat > "$tmp/root/setup.sh" <<- 'END'
		exec < /dev/null > /dev/null 2>&1
		mount -t proc -o nosuid,noexec proc /proc
		mount -t tmpfs -o size=1m,mode=755 run /run
		mount -t tmpfs -o size=1m,mode=1777 tmp /tmp
		mkdir -p /run/hidden /run/private/tmp /dev/pts
		chmod 1777 /run/private/tmp
		mount -t tmpfs -o nodev hidden /run/hidden
		mount -t tmpfs -o ro,nosuid srv /srv
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
		busybox umount -l /old
		rmdir /old
		mount --make-rshared /
		# The first process, and the last namespace, but for one.
		sh -c 'until [ -e /run/go ]; do sleep 0.1; done
			exec unshare --mount --propagation slave bash -c "
				mount -t tmpfs -o size=64k early /tmp
				exec bash /service early"' &
		early=$!
		# Its own /tmp, and another in place of what others have.
		unshare --mount --propagation slave bash -c '
			mount -t tmpfs -o size=512k,mode=1777 private /tmp
			mount -t tmpfs -o size=64k,ro,mode=700 secret /run/hidden
			mount -o remount,bind,ro /dev/pts
			exec bash /service private' &
		# As PrivateTmp does it: a directory of the common one.
		unshare --mount --propagation slave bash -c '
			mount --make-rshared /
			mount --bind /run/private/tmp /tmp
			umount /run/hidden
			exec bash /service bound' &
		# With process ids of its own.
		unshare --mount --pid --fork --mount-proc bash -c '
			mount -t tmpfs -o size=64k pids /tmp
			exec bash /service pids' &
		# As a sandbox: a new root, and only some of all there is.
		unshare --mount --propagation private bash -c '
			mount -t tmpfs -o size=256k jail /run/hidden
			cd /run/hidden
			mkdir usr proc tmp old dev
			ln -s usr/bin usr/lib usr/lib64 .
			mount --bind /usr usr
			mount -o remount,bind,ro,nosuid usr
			mount --rbind /proc proc
			mount --rbind /dev dev
			cp /service service
			pivot_root . old
			umount -l /old
			exec bash /service jail' &
		# What others mount comes to it, but not the other way round.
		unshare --mount --propagation slave bash -c '
			mount -t tmpfs -o size=64k follower /tmp
			exec bash /service follower' &
		follower=$!
		# Namespaces that only a mount keeps, and such that also have tasks. A mount
		# namespace cannot be mounted where others would see it.
		mkdir /run/ns
		mount -t tmpfs -o size=64k ns /run/ns
		mount --make-private /run/ns
		for name in uts ipc cgroup user time pid mnt dead inside early; do
			touch /run/ns/$name
		done
		unshare --uts=/run/ns/uts busybox hostname kept-uts
		unshare --ipc=/run/ns/ipc ipcmk --shmem 12345
		unshare --cgroup=/run/ns/cgroup true
		unshare --user --map-user 7 sleep 1000 &
		until grep -q . /proc/$!/uid_map; do sleep 0.1; done
		mount --bind /proc/$!/ns/user /run/ns/user
		kill $!
		unshare --time=/run/ns/time --monotonic 1000000 true
		unshare --pid=/run/ns/dead --fork true
		unshare --mount=/run/ns/mnt sh -c 'mount -t tmpfs kept /tmp; echo kept > /tmp/file'
		unshare --pid=/run/ns/pid --fork sh -c 'sleep 100000; :' &
		unshare --uts=/run/ns/inside bash -c '
			busybox hostname kept-inside
			exec -a kept-inside sleep 100000' &
		# A namespace that one keeps which was made before it.
		touch /run/go
		until grep -q " /tmp .* early " /proc/$early/mountinfo; do sleep 0.1; done
		mount --bind /proc/$early/ns/mnt /run/ns/early
		nsenter --mount=/proc/$follower/ns/mnt sh -c "
			until [ -e /tmp/file ]; do sleep 0.1; done
			touch /tmp/early
			mount --no-canonicalize --bind /proc/self/fd/9 /tmp/early" 9< /run/ns/early
		# Others that see all of them but those of mounts, and keep more.
		unshare --mount --propagation slave bash -c '
			mount -t tmpfs late /tmp
			touch /tmp/uts /tmp/net
			unshare --uts=/tmp/uts busybox hostname kept-there
			unshare --net=/tmp/net ip link set lo up
			exec bash /service late' &
		# In a user namespace of its own: it cannot undo what others mounted.
		unshare --user --map-root-user --mount bash -c '
			mount -t tmpfs -o size=64k,mode=1777 user /tmp
			mount --bind /usr /mnt
			mount -o remount,bind,ro,nodev /mnt
			exec bash /service user' &
		# Somebody else, with everything of his own.
		setpriv --reuid 1000 --regid 1000 --clear-groups unshare --user \
			--map-root-user --mount --pid --fork --mount-proc --net --ipc bash -c '
			ip link set lo up
			mount -t sysfs -o ro,nosuid sysfs /sys
			mount -t mqueue mqueue /mnt
			mount -t tmpfs -o size=64k,mode=1777 other /tmp
			exec bash /service other' &
		bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp \
			bash /service bwrap &
		# Nobody is in this one any more.
		unshare --mount --propagation slave bash -c '
			mount -t tmpfs -o size=64k held /tmp
			echo held > /tmp/held
			: > /run/held
			exec sleep 100000' &
		until [ -e /run/held ]; do sleep 0.1; done
		bash -c '
			exec 8< "/proc/$0/ns/mnt"
			kill "$0"
			exec -a holder sleep 100000' $! &
		until pgrep -f "^holder " > /dev/null; do sleep 0.1; done
		touch /run/done
		exec sh -c 'while :; do sleep 1; done'
	END
}

start()
{
	mkdir -p "$tmp/root/old"
	(
		cd "$tmp/root" || exit
		exec unshare --mount --pid --fork --propagation private \
			sh -c 'pivot_root . old && exec setsid sh /setup.sh'
	) < /dev/null > "$tmp/start" 2>&1 &
	local outer=$!
	for _ in {1..200}; do
		init=$(pgrep -P "$outer" | head -1)
		[ -z "$init" ] || [ "$(pgrep -cf '^service-')" != ${#services[@]} ] ||
			[ ! -e "/proc/$init/root/run/done" ] || break
		sleep 0.1
	done
	disown $outer
	kill -KILL $outer
}

pid_of()
{
	pgrep -f "^service-$1 "
}

# Mounts of all, but for numbers given out anew. Groups of propagation are numbered
# in the order in which they are met, so that who shares what can be compared.
mounts()
{
	local name pids=("$init")
	for name in "${services[@]}"; do
		pids+=("$(pid_of "$name")")
	done
	python3 - "${pids[@]}" << 'END'
import re
import sys

groups = {}


def number(m):
    return m[1] + str(groups.setdefault(m[2], len(groups)))


for pid in sys.argv[1:]:
    print("namespace")
    lines = []
    for line in open(f"/proc/{pid}/mountinfo"):
        lines.append(line.split(" ", 3)[3])
    lines.sort(key=lambda line: (line.split()[1::-1], line.split(" - ")[1]))
    for line in lines:
        print(re.sub(r"(shared:|master:|\w+:\[)(\d+)", number, line), end="")
END
}

inside()
{
	nsenter --mount --pid --target "$init" "$@"
}

# What there is in the namespaces that mounts keep.
kept()
{
	local pid
	inside nsenter --uts=/run/ns/uts uname -n
	inside nsenter --ipc=/run/ns/ipc ipcs --shmems | awk '$5 == 12345 { print $2, $5 }'
	inside nsenter --cgroup=/run/ns/cgroup grep ^0 /proc/self/cgroup
	inside nsenter --preserve-credentials --user=/run/ns/user cat /proc/self/uid_map
	[ "$(inside nsenter --time=/run/ns/time cut -d. -f1 /proc/uptime)" -ge 0 ] &&
		inside nsenter --time=/run/ns/time python3 -c \
			'import time; print(time.monotonic() > 1000000)'
	inside nsenter --pid=/run/ns/dead true 2>&1
	inside nsenter --pid=/run/ns/pid sh -c 'kill -0 1 && echo init is there'
	inside nsenter --mount=/run/ns/mnt cat /tmp/file
	inside nsenter --uts=/run/ns/inside uname -n
	for pid in $(pgrep -f '^kept-inside|^sh -c sleep 100000; :'); do
		[ "/proc/$pid/ns/uts" -ef "/proc/$init/root/run/ns/inside" ] && echo in uts
		[ "/proc/$pid/ns/pid" -ef "/proc/$init/root/run/ns/pid" ] && echo in pid
	done | sort
	pid=$(pid_of early)
	[ "/proc/$pid/ns/mnt" -ef "/proc/$init/root/run/ns/early" ] && echo in mnt
	[ "/proc/$pid/ns/mnt" -ef "/proc/$(pid_of follower)/root/tmp/early" ] && echo in both
	[ "/proc/$init/root/run/ns/uts" -ef "/proc/$(pid_of late)/root/run/ns/uts" ] &&
		echo the same for all
	pid=$(pid_of late)
	nsenter --mount --target "$pid" nsenter --uts=/tmp/uts uname -n
	nsenter --mount --target "$pid" nsenter --net=/tmp/net ip -o link show up | wc -l
}

contents()
{
	local name pid
	for name in "${services[@]}"; do
		pid=$(pid_of "$name")
		echo "$name: $(cat "/proc/$pid/root/tmp/file") $(cat "/proc/$pid/fd/7")"
		readlink "/proc/$pid/cwd" "/proc/$pid/root"
		stat -c '%n %a %U' "/proc/$pid/root/tmp" | sed 's/^[^ ]* //'
		[ "/proc/$pid/root/tmp/file" -ef "/proc/$pid/fd/7" ] && echo same file
		[ "/proc/$pid/root/tmp/dir" -ef "/proc/$pid/cwd" ] && echo same directory
		nsenter --mount --pid --target "$pid" ps -o comm= 1
		nsenter --mount --target "$pid" touch /run/hidden/new 2>&1
	done
	[ "/proc/$(pid_of bound)/root/tmp/file" -ef "/proc/$init/root/run/private/tmp/file" ] &&
		echo bound to the same
	nsenter --mount="/proc/$(pgrep -f '^holder ')/fd/8" cat /tmp/held
}

look()
{
	mounts > "$tmp/mounts.$1"
	contents > "$tmp/contents.$1" 2>&1
	undo > "$tmp/undo.$1" 2>&1
	kept > "$tmp/kept.$1" 2>&1
}

# locks IMAGE: what users of each namespace cannot undo, in the order of the image.
locks()
{
	ckpt show --json "$1" | python3 -c '
import json, sys

def walk(o):
    if isinstance(o, dict):
        if isinstance(o.get("mount"), list):
            print("namespace")
            print("\n".join(sorted(m["line"].split()[4] + str(m.get("locked"))
                                   for m in o["mount"])))
        o = list(o.values())
    if isinstance(o, list):
        for x in o:
            walk(x)

walk(json.load(sys.stdin))'
}

# Users of a namespace try to undo what others mounted.
undo()
{
	local pid
	for pid in $(pid_of user) $(pid_of other) $(pid_of bwrap); do
		nsenter -t "$pid" --user --pid --mount umount /srv
		nsenter -t "$pid" --user --pid --mount mount -o remount,bind,rw /srv
	done
	return 0
}

restart()
{
	rm -f "$tmp/pid"
	timeout 60 ckpt restart --detach --pidfile "$tmp/pid" "$@" > "$tmp/out" 2> "$tmp/err"
	local status=$?
	init=$(cat "$tmp/pid" 2> /dev/null)
	return $status
}

ktap_print_header
ktap_set_plan 14

prepare && start && look before
if [ -z "$init" ] || [ "$(grep -c namespace "$tmp/mounts.before")" != $((${#services[@]} + 1)) ] ||
	[ "$(pgrep -cf '^service-')" != ${#services[@]} ] ||
	[ "$(wc -l < "$tmp/kept.before")" != 16 ] ||
	! grep -q '^held$' "$tmp/contents.before"; then
	sed 's/^/# /' "$tmp/start" "$tmp/kept.before"
	ktap_exit_fail_msg "cannot make a container here"
fi

timeout 60 ckpt checkpoint --kill --image "$tmp/image" "$init" 2> "$tmp/err"
result $? "checkpoint of a container with services"
init=

[ "$(ckpt show --json "$tmp/image" | python3 -c '
import json, sys
n = [o for o in json.load(sys.stdin)["objects"] if o.get("kind") == "ns_mnt"]
print(len(n), any("/run/hidden" in m["line"] for o in n for m in o.get("mount", [])))')" = \
	"$((${#services[@]} + 3)) True" ]
result $? "show lists their mounts"

want="cgroup:cgroup ipc:ipc mnt:early mnt:mnt pid:dead pid:pid time:time user:user "
want+="uts:inside uts:uts "
[ "$(ckpt show "$tmp/image" |
	sed -nE '/ of namespace/d; s|^kept +ns_(\w+) ([0-9]+), for "ns:\2", by /run/ns/|\1:|p' |
	sort |
	tr '\n' ' ')" = "$want" ]
result $? "show lists what they keep"

[ "$(ckpt show "$tmp/image" | grep -cE '^kept .* by /tmp/(uts|net|early) of namespace')" = 3 ]
result $? "also in mount namespaces of services"

restart --image "$tmp/image"
result $? "restart"
look after
same mounts
result $? "mounts and propagation are as they were"
same contents
result $? "files are as they were"
same kept
result $? "namespaces that mounts keep are as they were"
! grep -qE "ckpt-(root|stage)" "/proc/$init"/mountinfo "/proc/$(pid_of jail)"/mountinfo
result $? "nothing of the preparation is left"

timeout 60 ckpt checkpoint --kill --image "$tmp/second" "$init" 2> "$tmp/err" &&
	init= && restart --image "$tmp/second" && look after && same mounts &&
	same contents && same kept
result $? "once more, from what has been restarted"
locks "$tmp/image" > "$tmp/locks.before"
locks "$tmp/second" > "$tmp/locks.after"
grep -q "^/srv.*place.*ro.*nosuid" "$tmp/locks.before" && same locks
result $? "locks are as they were"
[ "$(wc -l < "$tmp/undo.before")" -gt 5 ] && same undo &&
	nsenter -t "$(pid_of user)" --user --pid --mount umount /mnt 2> "$tmp/err"
result $? "nobody can undo more, or less, than before"
end

net=$(ckpt show "$tmp/image" | sed -nE 's|^kept +ns_net [0-9]+, for "(ns:[0-9]+)".*|\1|p')
! restart --here --external "$net:/proc/self/ns/net" --image "$tmp/image" &&
	grep -q -- '--external ns:[0-9]*:PATH must supply it' "$tmp/err"
result $? "without a coordinator"
end

mkdir "$tmp/other" && restart --map "mount:/dev:$tmp/other" --image "$tmp/image" &&
	[ "$tmp/other" -ef "/proc/$(pid_of jail)/root/dev" ]
result $? "another directory in place of a mount"
end

ktap_finished
