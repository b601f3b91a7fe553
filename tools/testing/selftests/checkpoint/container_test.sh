#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whole containers: ckpt restart prepares mounts and network as they were, and
# brings the tasks back in there.

test=container
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

init=
bridge=ckpttest0

cleanup()
{
	[ -z "$init" ] || kill -9 "$init" 2> /dev/null
	ip link del $bridge 2> /dev/null
	umount -R "$tmp/root" "$tmp/layer" 2> /dev/null
	rm -rf "$tmp"
}

# What a container manager does: a root made of layers, and its own namespaces.
prepare()
{
	mkdir "$tmp/layer" "$tmp/root" "$tmp/volume" || return 1
	mount -t tmpfs layer "$tmp/layer" || return 1
	mkdir "$tmp/layer/upper" "$tmp/layer/work"
	mount -t overlay -o "lowerdir=/,upperdir=$tmp/layer/upper,workdir=$tmp/layer/work" \
		container "$tmp/root" || return 1
	ip link add $bridge type bridge && ip link set $bridge up
	cat > "$tmp/root/setup.sh" <<- 'END'
		mount -t proc -o nosuid,noexec proc /proc
		mount -t sysfs -o ro sysfs /sys
		mount -t tmpfs -o size=1m,mode=750 run /run
		mkdir /run/inner
		echo data > /run/file
		chown 12:34 /run/file; chmod 4750 /run/file
		ln /run/file /run/inner/../hard
		ln -s ../somewhere /run/soft
		mkfifo -m 620 /run/fifo
		mknod /run/node c 1 3
		mkdir -m 1777 /run/dir
		touch -d '2001-02-03 04:05:06.789' /run/dir
		dd if=/dev/urandom bs=1k count=300 of=/run/dir/big 2> /dev/null
		truncate -s 2M /run/dir/big
		setfattr -n trusted.color -v red /run/file
		for file in fifo node dir/big; do
			: > "/srv/${file#*/}"
			mount --bind "/run/$file" "/srv/${file#*/}"
		done
		mount -t tmpfs -o nodev inner /run/inner
		for at in once always; do
			mkdir /run/$at
			mount -t tmpfs -o size=64k $at /run/$at
			echo $at > /run/$at/text
		done
		# What one mount shows is covered in another.
		mkdir -p /opt/covered
		echo deep > /opt/covered/deep
		mount --bind / /mnt
		mount -t tmpfs cover /opt/covered
		mount --bind /mnt/opt/covered /media
		mount -o remount,bind,ro /run/once
		mount -o remount,ro /run/always
		mkdir -p /dev/pts
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
		ln -sf pts/ptmx /dev/ptmx
		setsid script -qfc 'stty rows 44; exec sleep 100000' /dev/null \
			< /dev/null > /dev/null 2>&1 &
		ip netns add blue
		ip netns add red
		ip netns add new
		ip -n red link set lo up
		ip -n red address add 10.94.0.1/32 dev lo
		ip link add red0 type veth peer name eth0 netns red
		ip link set red0 netns blue
		setsid nsenter --net=/run/netns/blue sh -c 'ip link set lo up
			ip link add dummy1 type dummy
			ip address add 10.96.0.1/24 dev dummy1
			ip link set dummy1 up
			ip route add 10.95.0.0/16 dev dummy1
			echo $$ > /run/inner.pid
			until ip address | grep -q 10.97.0.2; do sleep 0.1; done
			exec python3 -m http.server --bind 10.97.0.2 \
				--directory /run/always 80' \
			< /dev/null > /dev/null 2>&1 &
		mkdir -p /opt/part
		mount --bind /opt/part /mnt
		busybox umount -l /old
		rmdir /old
		ip link set lo up
		exec setsid sh -c 'while :; do sleep 1; done' < /dev/null > /dev/null 2>&1
	END
}

# start: run a container; $init is its init.
start()
{
	mkdir -p "$tmp/root/old"
	(
		cd "$tmp/root" || exit
		exec unshare --net --mount --pid --fork --propagation private \
			sh -c 'mount --bind /usr/share usr/share
				pivot_root . old && exec sh /setup.sh'
	) > /dev/null 2>&1 &
	local outer=$!
	for _ in {1..100}; do
		init=$(pgrep -P "$outer" | head -1)
		[ -z "$init" ] || ! grep -qs while "/proc/$init/cmdline" || break
		sleep 0.1
	done
	# It is in the container's namespaces, too; managers do not stay there.
	disown $outer
	kill -KILL $outer
	ip link add ckpttest1 type veth peer name eth0 netns "$init" || return 1
	ip link set ckpttest1 master $bridge up
	in_net ip address add 10.99.0.2/24 dev eth0
	in_net ip link set eth0 mtu 1400 up
	in_net ip link add dummy7 type dummy
	in_net ip link set dummy7 address 02:00:00:00:00:07 up
	in_net ip -6 address add fd99::7/64 dev dummy7 nodad
	in_net ip route add default via 10.99.0.1
	in_net ip route add 10.98.0.0/16 dev dummy7 metric 5
	inside ip link add mac0 link dummy7 netns red type macvlan mode bridge
	inside ip link add in0 type veth peer name in1 netns "$(inner)" || return 1
	in_net ip address add 10.97.0.1/24 dev in0
	in_net ip link set in0 up
	in_inner ip link set in1 mtu 1300 up
	in_inner ip address add 10.97.0.2/24 dev in1
	in_inner ip route add default via 10.97.0.1
}

in_net()
{
	nsenter --net --target "$init" "$@"
}

inside()
{
	nsenter --pid --mount --net --target "$init" "$@"
}

# A process of it that has a network namespace of its own.
inner()
{
	cat "/proc/$init/root/run/inner.pid"
}

in_inner()
{
	inside nsenter --net --target "$(inner)" "$@"
}

# served: what the service in there sends to the container.
served()
{
	in_net python3 -c 'import sys, urllib.request as r
sys.stdout.buffer.write(r.urlopen("http://10.97.0.2/text", timeout=20).read())' 2> "$tmp/err"
}

# What a program in the container sees of its mounts, but for numbers given out
# anew (also to namespaces), and of its network, but for what comes by itself after a while.
mounts()
{
	sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/net:\[[0-9]+\]/net/' \
		"/proc/$init/mountinfo" | sed -E 's/shared:[0-9]+/shared/' | sort
}

# network in_net|in_inner
network()
{
	$1 ip -o link | sed -E 's/qdisc .*link/link/; s/state [A-Z]+//; s/@if[0-9]+//' |
		sed -E 's/link-netnsid [0-9]+//'
	$1 ip -o address | grep -v 'fe80:'
	$1 ip route
	# Multicast routes come when a link gets its carrier: in any order.
	$1 ip -6 route | grep -v 'fe80:' | grep -v ^multicast
	$1 ip -6 route | grep ^multicast | sort
}

# The contents of its tmpfs, but for what was mounted there.
contents()
{
	local run=/proc/$init/root/run
	(
		cd "$run" || exit
		find . -not -path './inner/*' -not -path './netns/*' \
			-printf '%p %y %m %U %G %n %s %l %T@\n' | sort
		sha256sum file dir/big
		cat once/text always/text ../media/deep
		touch once/new always/new 2>&1
		stat -c '%t %T' node
		getfattr -n trusted.color file
		test file -ef hard && echo linked
		for name in fifo node dir/big; do
			test $name -ef "../srv/${name#*/}" && echo "bound $name"
		done
	)
}

look()
{
	contents > "$tmp/contents.$1"
	mounts > "$tmp/mounts.$1"
	network in_net > "$tmp/network.$1"
	network in_inner > "$tmp/inner.$1"
	{
		inside ip netns list | sed 's/ (id.*//' | sort
		inside ip -n red -o address | grep -v fe80:
		inside ip -n red -o link | grep -oE '^[0-9]+: (eth0|mac0)'
		in_net ip -o link | grep -oE '^[0-9]+: [a-z0-9]+'
		inside ip -n new -o link
	} > "$tmp/netns.$1"
}

# A network namespace goes with its last task, but not at once.
gone()
{
	for _ in {1..100}; do
		[ -e /sys/class/net/ckpttest1 ] || break
		sleep 0.1
	done
}

# restart ARGUMENT...: $init is the new init.
restart()
{
	gone
	rm -f "$tmp/pid"
	timeout 60 ckpt restart --detach --pidfile "$tmp/pid" "$@" > "$tmp/out" 2> "$tmp/err"
	local status=$?
	init=$(cat "$tmp/pid" 2> /dev/null)
	return $status
}

restart_from_pipe()
{
	rm -f "$tmp/pid"
	# shellcheck disable=SC2002 # that is the point
	cat "$tmp/image" | timeout 60 ckpt restart --detach --pidfile "$tmp/pid" --image - \
		> "$tmp/out" 2> "$tmp/err"
	local status=$?
	init=$(cat "$tmp/pid" 2> /dev/null)
	return $status
}

ktap_print_header
ktap_set_plan 36

# terminal: that of script(1), in the container's own devpts.
terminal()
{
	local inside=(nsenter --pid --mount --target "$init")
	[ "$("${inside[@]}" stty -F /dev/pts/0 size 2> "$tmp/err")" = '44 0' ] &&
		[ "$("${inside[@]}" ps -t pts/0 -o comm=)" = sleep ]
}

prepare && start && look before
for _ in {1..50}; do
	! terminal || break
	sleep 0.1
done
for _ in {1..100}; do
	[ "$(served)" != always ] || break
	sleep 0.1
done
if [ -z "$init" ] || ! [ -s "$tmp/mounts.before" ]; then
	ktap_exit_fail_msg "cannot make a container here"
fi

setfattr -n security.other -v x "/proc/$init/root/run/file" &&
	! timeout 60 ckpt checkpoint --image "$tmp/image" "$init" 2> "$tmp/err" &&
	grep -q "/run/.*: extended attribute security.other is not supported" "$tmp/err"
result $? "an attribute of no known security module"
setfattr -x security.other "/proc/$init/root/run/file"

timeout 60 ckpt checkpoint --kill --image "$tmp/image" "$init" 2> "$tmp/err"
result $? "checkpoint of a container"
init=

[ "$(ckpt show --json "$tmp/image" | python3 -c '
import json, sys
c = json.load(sys.stdin)["container"]
print(*sorted(n["name"] for n in c["net"] if n["what"] == "link"),
      any("/run/inner" in m["line"] for m in c["mount"]))')" = \
	"$bridge ckpttest1 dummy7 eth0 in0 lo True" ]
result $? "show lists links and mounts"

# number LINK: the object of the inner network namespace with that link, and all
# its links.
number()
{
	ckpt show --json "$tmp/image" | python3 -c '
import json, sys
for o in json.load(sys.stdin)["objects"]:
    if o.get("kind") == "ns_net" and "net" in o:
        names = sorted(n["name"] for n in o["net"] if n["what"] == "link")
        if sys.argv[1] in names:
            print(o["id"], *names)' "$1"
}

read -r ns links <<< "$(number in1)"
[ "$links" = "dummy1 in1 lo red0" ]
result $? "show lists links of inner network namespaces"

restart --image "$tmp/image"
result $? "restart of a container"
look after
same contents
result $? "contents of tmpfs are as they were"
same mounts
result $? "mounts are as they were"
same network
result $? "network is as it was"
same inner
result $? "the inner network is as it was"
[ "$(served)" = always ]
result $? "a service in there answers"
same netns && [ "/proc/$init/root/run/netns/blue" -ef "/proc/$init/root/proc/$(inner)/ns/net" ]
result $? "named network namespaces are as they were"
ip link show ckpttest1 master $bridge | grep -q UP
result $? "other end of the veth is a port of the bridge"
[ "$(nsenter --pid --mount --target "$init" ps -o comm= 1)" = sh ]
result $? "proc shows the new pid namespace"
terminal
result $? "a terminal is in the container's own devpts"
! grep -q ckpt-root "/proc/$init/mountinfo" && ! ls -d /run/ckpt-root-* 2> "$tmp/err"
result $? "nothing of the preparation is left"
end

restart_from_pipe && mounts > "$tmp/mounts.after" && same mounts
result $? "restart from a pipe"
end

# mangle NAME: an image whose contents of a file are those of NAME.
mangle()
{
	python3 - "$tmp/image" "$tmp/mangled" "$1" << 'END'
import struct
import sys

ENTRY, PAGES, PAD, TRAILER = 145, 7, 8, 9
image = bytearray(open(sys.argv[1], "rb").read())
number = {}


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (crc & 1) * 0x82F63B78
    return crc


meta_len = struct.unpack_from("<Q", image, 56)[0]
pos = 0
while pos < meta_len:
    kind, length, obj = struct.unpack_from("<III", image, pos)
    if kind == ENTRY:
        number[bytes(image[pos + 80 : pos + length]).split(b"\0")[0]] = obj
    pos += length
crc, changed = 0xFFFFFFFF, 0
while True:
    kind, length = struct.unpack_from("<II", image, pos)
    if kind == TRAILER:
        struct.pack_into("<I", image, pos + 32, crc)
        break
    if kind == PAD:
        pos += length
        continue
    obj, flags, _, pages = struct.unpack_from("<IIQQ", image, pos + 16)
    if obj in (number[b"file"], number[b"hard"]) and sys.argv[3] != "file":
        struct.pack_into("<I", image, pos + 16, number[sys.argv[3].encode()])
        changed += 1
    crc = crc32c(crc, image[pos : pos + length])
    pos += length
    if not flags & 1:
        if struct.unpack_from("<I", image, pos)[0] == PAD and pos % 4096:
            pos += struct.unpack_from("<I", image, pos + 4)[0]
        pos = -(-pos // 4096) * 4096 + pages * 4096
open(sys.argv[2], "wb").write(image)
sys.exit(sys.argv[3] != "file" and changed != 1)
END
}

mangle file && cmp -s "$tmp/image" "$tmp/mangled"
result $? "an image is understood by this test"
bad=0
for name in dir soft fifo node; do
	mangle $name && ! restart --image "$tmp/mangled" &&
		grep -q 'is no regular file' "$tmp/err" || bad=1
	end
done
result $bad "contents for what is no regular file"

# alter OLD NEW: an image with other bytes, as many. Its checksums are wrong then,
# but only restart() looks at these, when all has been prepared.
alter()
{
	python3 - "$tmp/image" "$tmp/mangled" "$1" "$2" << 'END'
import sys

image = open(sys.argv[1], "rb").read()
old, new = (a.encode() for a in sys.argv[3:])
open(sys.argv[2], "wb").write(image.replace(old, new))
sys.exit(old not in image or len(old) != len(new))
END
}

alter " /run/inner " " /../../esc " && ! restart --image "$tmp/mangled" &&
	grep -q "mount /../../esc (tmpfs): mount point" "$tmp/err" && [ ! -e /esc ]
result $? "a mount point outside of the container"
end

alter " /usr/share /usr/share " " /../../etc /usr/share " &&
	! restart --image "$tmp/mangled" &&
	grep -q "mount /usr/share (overlay): what it shows is covered, or outside" "$tmp/err"
result $? "a directory to bind above the root of its filesystem"
end

# The layers are files of the outside, which nothing is to be made in.
alter " /opt/part /mnt " " /opt/mine /mnt " && ! restart --image "$tmp/mangled" &&
	grep -q "bind of /opt/mine: No such" "$tmp/err" && [ ! -e "$tmp/root/opt/mine" ]
result $? "a directory to bind that is not there is not made"
end

# mountinfo has that behind all other options of a mount.
alter " /opt/part /mnt rw,relatime " " /opt/part /mnt rw,idmapped " &&
	! restart --image "$tmp/mangled" && grep -q "mount /mnt (overlay): is idmapped" "$tmp/err"
result $? "an idmapped mount is refused"
end

mv "$tmp/root/run" "$tmp/root/run.old" && ln -s "$tmp/volume" "$tmp/root/run" &&
	! restart --image "$tmp/image" && grep -q "mount /run (tmpfs): mount point" "$tmp/err"
result $? "a mount point that is a link now"
end
rm "$tmp/root/run"
mv "$tmp/root/run.old" "$tmp/root/run"

alter dummy vxcan && ! restart --image "$tmp/mangled" &&
	grep -q "vxcan7: vxcan is not supported" "$tmp/err"
result $? "a kind of link that has an end in any namespace"
end

# forge NAME: an image that says of another link outside what it says of the end
# of the container's veth.
forge()
{
	python3 - "$tmp/image" "$tmp/mangled" "$1" << 'END'
import struct
import sys

NET_MSG, OUTSIDE, NEWLINK = 22, 1, 16
image = open(sys.argv[1], "rb").read()
pos, old = 0, b"ckpttest1\0"
while True:
    kind, length = struct.unpack_from("<II", image, pos)
    record = bytearray(image[pos : pos + length])
    pos += length
    if (
        kind == NET_MSG
        and struct.unpack_from("<I", record, 16)[0] == OUTSIDE
        and struct.unpack_from("<H", record, 28)[0] == NEWLINK
        and old in record
    ):
        break
struct.pack_into("<i", record, 44, 9999)
record = record.replace(old, sys.argv[3].encode() + b"\0")
open(sys.argv[2], "wb").write(image[:pos] + record + image[pos:])
sys.exit(len(record) != length)
END
}

ip link add ckpttest3 type dummy && forge ckpttest3 && ! restart --image "$tmp/mangled" &&
	! ip link show master $bridge | grep ckpttest3 > "$tmp/err" &&
	! ip link show up dev ckpttest3 | grep ckpttest3 > "$tmp/err"
result $? "a link outside that is not the container's"
end
ip link del ckpttest3

read -r other links <<< "$(number eth0)"
! restart --map link:dummy7 --image "$tmp/image" &&
	grep -q "$other/mac0: is on top of a link that is left out" "$tmp/err" &&
	restart --map "mount:/run/inner" --map "mount:/run:$tmp/volume" \
	--map mount:/run/netns --map mount:/run/netns/blue --map mount:/run/netns/red \
	--map mount:/run/netns/new --map mount:/srv/fifo --map mount:/srv/node \
	--map mount:/srv/big --map link:dummy7 --map "link:$other/mac0" \
	--image "$tmp/image" &&
	! grep -q /run/inner "/proc/$init/mountinfo" &&
	[ "/proc/$init/root/run" -ef "$tmp/volume" ] && ! in_net ip link show dummy7 2> /dev/null
result $? "parts of the environment can be replaced or left out"
end

restart --map "link:$ns/dummy1" --image "$tmp/image" &&
	! in_inner ip link show dummy1 2> /dev/null && [ "$(served)" = always ]
result $? "a link of an inner network can be left out"
end

unshare --net sh -c 'ip link set lo up; ip address add 10.97.0.2/32 dev lo
	exec sleep 100000' &
supplied=$!
for _ in {1..100}; do
	! grep -q sleep /proc/$supplied/comm || break
	sleep 0.1
done
# What leads to it is left out, and it is for its owner to mount it.
supply=(--external "ns:$ns:/proc/$supplied/ns/net" --image "$tmp/image")
! restart "${supply[@]}" &&
	grep -q "in0: leads to a network namespace that is yours" "$tmp/err" &&
	! restart "${supply[@]}" --map link:in0 --map "link:$other/eth0" &&
	grep -q "mount /run/netns/blue (nsfs): is no network namespace that we have made" "$tmp/err"
result $? "what has to do with an inner network that is supplied is named"
restart "${supply[@]}" --map link:in0 --map "link:$other/eth0" \
	--map "mount:/run/netns/blue:/proc/$supplied/ns/net" &&
	! in_net ip link show in0 2> /dev/null &&
	[ "/proc/$supplied/ns/net" -ef "/proc/$init/root/proc/$(inner)/ns/net" ]
result $? "an inner network can be supplied"
end
kill $supplied
! restart --here --image "$tmp/image" &&
	grep -q "network namespace $ns: had links or addresses: --external ns:$ns:PATH" "$tmp/err"
result $? "with --here it must be supplied"
end

# astray PEER: an image in which the link of the inner network leads to PEER.
astray()
{
	python3 - "$tmp/image" "$tmp/mangled" "$1" << 'END'
import struct
import sys

NET_MSG = 22
image = bytearray(open(sys.argv[1], "rb").read())
pos, meta_len, changed = 0, struct.unpack_from("<Q", image, 56)[0], 0
while pos < meta_len:
    kind, length = struct.unpack_from("<II", image, pos)
    if kind == NET_MSG and struct.unpack_from("<I", image, pos + 20)[0] and not changed:
        struct.pack_into("<I", image, pos + 20, int(sys.argv[3]))
        changed += 1
    pos += length
open(sys.argv[2], "wb").write(image)
sys.exit(changed != 1)
END
}

bad=0
for peer in 0 1 "$ns" 4000000000; do
	astray "$peer" && ! restart --image "$tmp/mangled" || bad=1
	end
	[ ! -e /sys/class/net/in0 ] && [ ! -e /sys/class/net/in1 ] || bad=1
done
result $bad "links of an inner network that lead elsewhere"

ip link set $bridge down
ip link set $bridge name ckpttest2
! restart --image "$tmp/image" && grep -q "no bridge $bridge" "$tmp/err"
result $? "a bridge that is not there is named"
# Network namespaces end some time after the last process in them.
for _ in {1..50}; do
	[ -e /sys/class/net/ckpttest1 ] || break
	sleep 0.1
done
[ ! -e /sys/class/net/ckpttest1 ] && ! ls -d /run/ckpt-root-* 2> /dev/null
result $? "and nothing is left"
restart --map "outside:$bridge:ckpttest2" --image "$tmp/image" &&
	ip link show ckpttest1 master ckpttest2 | grep -q ckpttest1
result $? "another bridge can be used"
end
ip link del ckpttest2

# A tree that is no container, a service with a network of its own in it.
setsid sh -c 'unshare --net sh -c "ip link set lo up; exec sleep 100000" & wait' \
	< /dev/null > /dev/null 2>&1 &
init=$!
for _ in {1..100}; do
	! pgrep -P $init sleep > "$tmp/err" || break
	sleep 0.1
done
disown $init
ckpt checkpoint --subtree --kill --image "$tmp/tree" $init 2> "$tmp/err" &&
	! restart --here --image "$tmp/tree" &&
	grep -q "must supply it" "$tmp/err" && restart --image "$tmp/tree" &&
	inner=$(pgrep -P "$init" sleep) &&
	[ ! "/proc/$inner/ns/net" -ef /proc/self/ns/net ] &&
	[ "/proc/$init/ns/net" -ef /proc/self/ns/net ] &&
	nsenter --net --target "$inner" ip link show up dev lo | grep -q LOOPBACK
result $? "a tree with a network of its own inside"
[ -z "$inner" ] || kill "$inner"
end

umount "$tmp/root"
mv "$tmp/layer/upper" "$tmp/layer/gone"
! restart --map link:eth0 --image "$tmp/image" && grep -q "mount / (overlay)" "$tmp/err"
result $? "a filesystem that is not there is named"

ktap_finished
