#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Before the reboot: start the container, let it work, save and kill it.

# shellcheck source=scripts/guest/box-lib.sh
. /run/guest/box-lib.sh

host
mount --bind / $box/root 2> /dev/null && umount $box/root
mount -t overlay -o "lowerdir=/,upperdir=$box/upper,workdir=$box/work" box $box/root || exit 1
cp -a /run/guest/box/service $box/volume/
(
	echo "$BASHPID" > /sys/fs/cgroup/box/cgroup.procs
	exec unshare --mount --uts --ipc --net --pid --cgroup --fork /run/guest/box/setup
) > /dev/null 2>&1 &
outer=$!
until_true 20 pgrep -P $outer > /dev/null
init=$(pgrep -P $outer)
# It is in the container's namespaces, too; managers do not stay there.
disown $outer
kill -KILL $outer
ip link add boxveth type veth peer name eth0 netns "$init"
ip link set boxveth master $bridge up
inside ip address add $address/24 dev eth0
inside ip link set eth0 up
inside ip route add default via 10.77.0.1

check "init runs" until_true 60 grep -q busybox "/proc/$init/comm"
check "redis-server answers" until_true 60 redis ping
check "web server answers" until_true 60 fetch service/web/run
check "System V IPC is in use" until_true 60 inside test -s /run/count
redis set before reboot > /dev/null
for i in {1..50}; do
	redis rpush list "element $i" > /dev/null
done
inside sh -c 'echo precious > /run/data; ln -s data /run/link; dd if=/dev/urandom of=/dev/shm/noise bs=64k count=5 2> /dev/null'
inside sha256sum /dev/shm/noise > $box/noise
inside ipcs | grep 0x | awk '{ print $1, $2, $3, $4 }' > $box/ipcs
inside ps -e -o pid=,ppid=,comm= | grep -v ps > $box/ps
inside cat /run/count > $box/count
inside ip -o address show dev eth0 scope global | cut -d ' ' -f 2-8 > $box/address

check "checkpoint" ckpt checkpoint --kill --image $box/image --stats $box/stats "$init"
[ $failed = 0 ] || sed 's/^/# /' /tmp/check-out
check "nothing of it runs any more" until_true 10 test ! -e "/proc/$init"
echo "1..$number"
exit $failed
