# SPDX-License-Identifier: GPL-2.0
# Containers as people run them: what the two halves, before and after a reboot,
# share. Sourced, never run.
#
# Their init is busybox's, and their services are redis-server, a web server in
# python3, with a /tmp of its own, the same in a network namespace that ip netns
# has made (but where security modules are active), a program that uses System
# V IPC, a POSIX message queue and files in a tmpfs, and one in a sandbox of
# bubblewrap's. They have all kinds of namespaces of their own, and, but there, an
# IPC and a UTS namespace that only mounts keep. There are three kinds:
#
#   root   made by root, no user namespace; an overlay on the guest's own system,
#          and a veth to a bridge
#   ids    the same in a user namespace that maps a range of ids
#   user   made by a plain user, in a user namespace that maps only that user, of
#          what a plain user has: memory, and what the system has mounted
# shellcheck shell=bash disable=SC2034,SC2154

bridge=boxbr
failed=0
number=0
labelled=1

# The first words of commands that whoever manages the container runs, and of
# those that run in there; more than numbers and names depend on the kind.
# shellcheck disable=SC2317
box_kind()
{
	kind=$1
	box=/data/box/${LSM:-none}-$kind
	group=/sys/fs/cgroup/box-$kind
	manager=()
	enter=(--mount --uts --ipc --net --pid --cgroup)
	owner=0
	case $kind in
	root) address=10.77.0.2 ;;
	ids)
		address=10.77.0.3
		owner=100000
		enter+=(--user)
		;;
	user)
		address=10.77.0.4
		owner=1000
		enter+=(--user)
		# Its group 50 has no number in its user namespace.
		manager=(setpriv --reuid 1000 --regid 1000 --groups "1000,50")
		;;
	esac
	link=box$kind
}

# check NAME COMMAND...: one line of TAP.
check()
{
	local name="$kind: $1"
	shift
	number=$((number + 1))
	if "$@" > /tmp/check-out 2>&1; then
		echo "ok $number $name"
	else
		failed=1
		sed 's/^/# /' /tmp/check-out | head -20
		echo "not ok $number $name"
	fi
}

# until_true SECONDS COMMAND...
until_true()
{
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		! "${@:2}" > /dev/null 2>&1 || return 0
		sleep 0.1
	done
	"${@:2}"
}

# What a manager of containers has on every machine.
host()
{
	if [ ! -e /sys/class/net/$bridge ]; then
		ip link add $bridge type bridge
		ip address add 10.77.0.1/24 dev $bridge
		ip link set $bridge up
	fi
	# There is no manager that would set up its groups.
	mkdir -p "$group" "$box"/{upper,work,root,volume}
}

# take_label: become what the container's programs are to security modules, if
# any are to be tested.
take_label()
{
	[ -z "${box_label:-}" ] || printf %s "$box_label" > /proc/self/attr/current
}

# Who goes in is one of the container's programs, which have other labels after
# a restart that does not keep them.
inside()
{
	(
		[ -z "$labelled" ] || take_label || exit
		exec nsenter --target "$init" "${enter[@]}" "$@"
	)
}

# A plain user has no link to the outside, so the question must come from inside.
reach()
{
	if [ "$kind" = user ]; then
		inside "$@"
	else
		"$@"
	fi
}

redis()
{
	reach redis-cli -h "$address" "$@"
}

fetch()
{
	reach python3 -c "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen('http://$address:8000/$1', timeout=20).read())"
}

# in_group COMMAND...: in its control group, as any program of the container.
in_group()
{
	(
		echo "$BASHPID" > "$group/cgroup.procs"
		# In a user namespace nobody can give others another label than their own.
		[ "${LSM:-}" != smack ] || [ -z "$labelled" ] || take_label || exit
		exec "${manager[@]}" "$@"
	)
}

same()
{
	diff "$1" -
}

# In the sandbox of one of its services.
cell_of()
{
	inside nsenter --target "$(inside pgrep -f '^python3 .*/cell/count$')" \
		--user --preserve-credentials --mount --pid --net "$@" 2>&1
}

# What has to be the same afterwards.
# shellcheck disable=SC2016
look()
{
	case $1 in
	noise) inside sha256sum /dev/shm/noise ;;
	ipcs) inside ipcs | grep 0x | awk '{ print $1, $2, $3, $4 }' ;;
	queue) inside cat /dev/mqueue/box ;;
	ps) inside ps -e -o pid=,ppid=,comm= | grep -v ps ;;
	address) inside ip -o address show scope global | cut -d ' ' -f 2-8 ;;
	ids) cat "/proc/$init/uid_map" "/proc/$init/gid_map" "/proc/$init/setgroups" ;;
	private) inside sh -c 'pid=$(pgrep -f "^python3 -m http.server 8000")
		sha256sum < "/proc/$pid/root/tmp/private"; ls /tmp "/proc/$pid/root/tmp"
		sed -E "s/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //" "/proc/$pid/mountinfo" | sort' ;;
	cell)
		cell_of readlink /proc/1/ns/user | sed 's/[0-9]*//g'
		cell_of sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/(shared|master):[0-9]+/\1/' \
			/proc/1/mountinfo | sort
		cell_of cat /proc/1/uid_map /proc/1/setgroups
		cell_of ip -o address | cut -d ' ' -f 2-8
		cell_of umount /run
		;;
	labels)
		pgrep --ns "$init" --nslist pid | sed 's|.*|/proc/&/attr/current|' |
			xargs cat 2> /dev/null | tr -s '\0' '\n' | sort -u
		inside python3 -c '
import os
for path in "/run", "/run/data", "/run/link", "/dev/shm/noise":
    for name in os.listxattr(path, follow_symlinks=False):
        if name.startswith("security."):
            print(path, name, os.getxattr(path, name, follow_symlinks=False))'
		;;
	mounts)
		sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/(net|uts|ipc):\[[0-9]+\]/\1/' \
			"/proc/$init/mountinfo" | sed -E 's/shared:[0-9]+/shared/' | sort
		;;
	blue)
		inside ip netns list | sed 's/ .*//'
		! inside test -e /run/netns/blue ||
			in_blue ip -o address | cut -d ' ' -f 2-8 | grep -v fe80:
		;;
	kept)
		! inside test -e /run/ns || {
			inside nsenter --uts=/run/ns/uts hostname
			inside nsenter --ipc=/run/ns/ipc ipcs | grep 0x
		}
		;;
	esac
}

looks=(noise ipcs queue ps address blue kept ids mounts private cell)

# ---- before ----

# What root alone can do for the container.
furnish()
{
	cp -a /run/guest/box/service "$box/volume/"
	[ -n "${LSM:-}" ] || cp -a /run/guest/box/blue "$box/volume/service/"
	chown -R "$owner:$owner" "$box/volume" "$box/root"
	if [ "$kind" = user ]; then
		chown "$owner:$owner" "$box"
		return
	fi
	mkdir -p "$box"/upper/{old,etc,srv/volume}
	chown "$owner:$owner" "$box/upper" "$box/upper/etc"
	mount --bind / "$box/root" 2> /dev/null && umount "$box/root"
	mount -t overlay -o "lowerdir=/,upperdir=$box/upper,workdir=$box/work" box "$box/root"
}

# The user namespace of a range of ids; its name is on standard output.
range_of_ids()
{
	local holder
	unshare --user sleep 100 > /dev/null 2>&1 &
	holder=$!
	until_true 20 test ! "/proc/$holder/ns/user" -ef /proc/self/ns/user
	echo 0 "$owner" 65536 > /proc/$holder/uid_map
	echo 0 "$owner" 65536 > /proc/$holder/gid_map
	echo $holder
}

start_box()
{
	local -a start=(unshare --mount --uts --ipc --net --pid --cgroup --fork)
	local holder outer
	case $kind in
	ids)
		holder=$(range_of_ids)
		start=(nsenter --user --target "$holder" "${start[@]}")
		;;
	user) start=("${manager[@]}" "${start[@]}" --user --map-root-user) ;;
	esac
	(
		echo "$BASHPID" > "$group/cgroup.procs"
		take_label || exit
		exec "${start[@]}" /run/guest/box/setup "$kind" "$box"
	) > /dev/null 2>&1 &
	outer=$!
	until_true 20 pgrep -P $outer > /dev/null
	init=$(pgrep -P $outer)
	until_true 60 grep -q busybox "/proc/$init/comm"
	# It is in the container's namespaces, too; managers do not stay there.
	disown $outer
	kill -KILL $outer
	[ -z "$holder" ] || kill "$holder"
	if [ "$kind" = user ]; then
		inside ip link add eth0 type veth peer name eth1
		inside ip link set eth1 up
	else
		ip link add "$link" type veth peer name eth0 netns "$init"
		ip link set "$link" master $bridge up
	fi
	inside ip address add "$address/24" dev eth0
	inside ip link set eth0 up
	inside ip route add default via 10.77.0.1
	[ -n "${LSM:-}" ] || { start_blue && start_kept; }
}

# In the network inside, without mounts of its own, as ip netns exec has them.
in_blue()
{
	inside nsenter --net=/run/netns/blue "$@"
}

# A network inside, as ip netns makes it, that one of its services is in. What
# security modules think of mounts is the business of the others.
start_blue()
{
	inside ip netns add blue
	inside ip link add blue0 type veth peer name eth0 netns blue
	inside ip address add 10.78.0.1/24 dev blue0
	inside ip link set blue0 up
	in_blue ip link set lo up
	in_blue ip address add 10.78.0.2/24 dev eth0
	in_blue ip link set eth0 up
	in_blue ip route add default via 10.78.0.1
}

# Namespaces that nothing but a mount keeps.
start_kept()
{
	inside mkdir /run/ns
	inside touch /run/ns/uts /run/ns/ipc
	inside unshare --uts=/run/ns/uts hostname kept
	inside unshare --ipc=/run/ns/ipc sh -c 'ipcmk -M 5000; ipcmk -Q; ipcmk -S 3'
}

blue_answers()
{
	inside python3 -c "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen('http://10.78.0.2:8001/service/blue/run', timeout=20).read())" |
		cmp - /run/guest/box/blue/run
}

# box_save KIND: start the container, let it work, save and kill it.
box_save()
{
	local what
	box_kind "$1"
	host
	furnish || return
	start_box
	check "init runs" grep -q busybox "/proc/$init/comm"
	check "redis-server answers" until_true 60 redis ping
	check "web server answers" until_true 60 fetch service/web/run
	[ -n "${LSM:-}" ] || check "service in a network inside answers" until_true 60 blue_answers
	check "System V IPC is in use" until_true 60 inside test -s /run/count
	check "service in a sandbox works" until_true 60 cell_of test -s /tmp/count
	redis set before reboot > /dev/null
	redis eval "for i = 1, 50 do redis.call('rpush', 'list', 'element ' .. i) end" 0 > /dev/null
	inside sh -c 'echo precious > /run/data; ln -s data /run/link; dd if=/dev/urandom of=/dev/shm/noise bs=64k count=5 2> /dev/null'
	for what in "${looks[@]}" labels; do
		look "$what" > "$box/$what"
	done
	[ -n "${LSM:-}" ] || check "mounts keep what is in use" grep -q 0x "$box/kept"
	inside cat /run/count > "$box/count"
	cell_of cat /tmp/count > "$box/cell-count"
	check "checkpoint" "${manager[@]}" ckpt checkpoint --kill --image "$box/image" "$init"
	[ $failed = 0 ] || sed 's/^/# /' /tmp/check-out
	check "nothing of it runs any more" until_true 10 test ! -e "/proc/$init"
}

# ---- after ----

# restart IMAGE OPTION...
restart()
{
	in_group ckpt restart --detach --pidfile "$box/pid" --image "$@"
	local status=$?
	init=$(cat "$box/pid")
	return $status
}

counted()
{
	[ "$(inside cat /run/count)" -gt $(($1 + 10)) ]
}

cell_counted()
{
	[ "$(cell_of cat /tmp/count)" -gt $(($1 + 3)) ]
}

# box_restore KIND OPTION...: bring it back with one command, and look whether
# everything goes on.
box_restore()
{
	local what before
	box_kind "$1"
	shift
	host
	rm -f "$box/pid"
	labelled=
	[[ $* != *--keep-lsm* ]] || labelled=1
	check "restart $*" restart "$box/image" "$@"
	[ -n "$init" ] || return
	[ -z "$labelled" ] || looks+=(labels)
	check "it is in its control group" grep -q "box-$kind" "/proc/$init/cgroup"
	check "init runs" grep -q busybox "/proc/$init/comm"
	for what in "${looks[@]}"; do
		check "same as before: $what" eval "look $what | same $box/$what"
	done
	check "host name" test "$(inside hostname)" = box
	check "redis-server has its data" test "$(redis get before; redis llen list; redis lindex list 49)" = "reboot
50
element 50"
	check "redis-server takes more" test "$(redis set after reboot)" = OK
	check "web server answers" eval "fetch service/web/run | cmp - /run/guest/box/service/web/run"
	[ -n "${LSM:-}" ] || check "service in a network inside answers" until_true 20 blue_answers
	check "files in tmpfs" test "$(inside cat /run/link)" = precious
	before=$(cat "$box/count")
	check "counting goes on" until_true 20 counted "$before"
	check "in the sandbox, too" until_true 20 cell_counted "$(cat "$box/cell-count")"
	check "not from the beginning" test "$(inside cat /run/count)" -lt $((before + 100000))
}

# box_again: its services can be started anew, and it can be saved again.
box_again()
{
	check "redis-server at its unix socket" test "$(inside redis-cli -s /run/redis.sock get after)" = reboot
	inside pkill -x redis-server
	check "init starts a service again that ends" until_true 60 redis ping
	check "a second checkpoint" "${manager[@]}" ckpt checkpoint --kill --image "$box/image2" "$init"
	[ $failed = 0 ] || sed 's/^/# /' /tmp/check-out
	check "and restart" restart "$box/image2"
	check "redis-server answers" until_true 60 redis ping
}

box_end()
{
	kill -9 "$init"
	check "the end" until_true 20 test ! -e "/proc/$init"
}
