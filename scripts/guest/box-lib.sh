# SPDX-License-Identifier: GPL-2.0
# A container as people run them: what its two halves, before and after a
# reboot, share. Sourced, never run.
#
# Its root is an overlay on the guest's own system, its init is busybox's, and its
# services are redis-server, a web server in python3, and a program that uses
# System V IPC, a POSIX message queue and files in a tmpfs. It has all kinds of namespaces of its own,
# and a veth to a bridge.
# shellcheck shell=bash disable=SC2034,SC2154

box=/data/box
bridge=boxbr
address=10.77.0.2
failed=0
number=0

# check NAME COMMAND...: one line of TAP.
check()
{
	local name=$1
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
	ip link add $bridge type bridge
	ip address add 10.77.0.1/24 dev $bridge
	ip link set $bridge up
	# There is no manager that would set up its groups.
	mkdir -p /sys/fs/cgroup/box
	mkdir -p $box/upper $box/work $box/root $box/volume
}

inside()
{
	nsenter --target "$init" --mount --uts --ipc --net --pid --cgroup "$@"
}

redis()
{
	redis-cli -h $address "$@"
}

fetch()
{
	python3 -c "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen('http://$address:8000/$1', timeout=20).read())"
}
