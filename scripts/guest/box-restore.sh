#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# After the reboot: bring the container back with one command, and look whether
# everything goes on.

# shellcheck source=scripts/guest/box-lib.sh
. /run/guest/box-lib.sh

host

# shellcheck disable=SC2317 # called by way of check
same()
{
	diff "$1" -
}

# restart IMAGE: in its control group, as any program of the container.
# shellcheck disable=SC2317
restart()
{
	(
		echo "$BASHPID" > /sys/fs/cgroup/box/cgroup.procs
		exec ckpt restart --detach --pidfile /tmp/box.pid \
			--stats "$box/restart-stats" --image "$1"
	)
}

check "restart" restart $box/image
init=$(cat /tmp/box.pid)
[ -n "$init" ] || exit 1
check "it is in its control group" grep -q box "/proc/$init/cgroup"
check "init runs" grep -q busybox "/proc/$init/comm"
check "processes are the same" eval "inside ps -e -o pid=,ppid=,comm= | grep -v ps | same $box/ps"
check "host name" test "$(inside hostname)" = box
check "address" eval "inside ip -o address show dev eth0 scope global | cut -d ' ' -f 2-8 | same $box/address"
check "redis-server has its data" test "$(redis get before; redis llen list; redis lindex list 49)" = "reboot
50
element 50"
check "redis-server takes more" test "$(redis set after reboot)" = OK
check "redis-server at its unix socket" test "$(inside redis-cli -s /run/redis.sock get after)" = reboot
check "web server answers" eval "fetch service/web/run | cmp - /run/guest/box/service/web/run"
check "files in tmpfs" test "$(inside cat /run/link)" = precious
check "shared memory files" eval "inside sha256sum /dev/shm/noise | same $box/noise"
check "System V objects" eval "inside ipcs | grep 0x | awk '{ print \$1, \$2, \$3, \$4 }' | same $box/ipcs"
check "POSIX message queue" grep -q "QSIZE:8 " "/proc/$init/root/dev/mqueue/box"
before=$(cat $box/count)
# shellcheck disable=SC2317
counted()
{
	[ "$(inside cat /run/count)" -gt $((before + 10)) ]
}
check "counting goes on" until_true 20 counted
check "not from the beginning" test "$(inside cat /run/count)" -lt $((before + 100000))
inside pkill -x redis-server
check "init starts a service again that ends" until_true 60 redis ping
check "a second checkpoint" ckpt checkpoint --kill --image $box/image2 "$init"
[ $failed = 0 ] || sed 's/^/# /' /tmp/check-out
check "and restart" restart $box/image2
init=$(cat /tmp/box.pid)
check "redis-server answers" until_true 60 redis ping
kill -9 "$init"
check "the end" until_true 20 test ! -e "/proc/$init"
echo "1..$number"
exit $failed
