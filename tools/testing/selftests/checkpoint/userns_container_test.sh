#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Containers with a user namespace of their own: one that root has made of
# layers, and one that a plain user has made of what a plain user has.

test=userns-container
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

chmod 755 "$tmp"
init=
bridge=ckpttest4
made=()
user=1000
group=1000

ids=(/etc/passwd /etc/subuid /etc/subgid)

cleanup()
{
	umount "${ids[@]}" 2> /dev/null
	rm -f "${made[@]}"
	[ -z "$init" ] || kill -9 "$init" 2> /dev/null
	ip link del $bridge 2> /dev/null
	umount -R "$tmp/root" "$tmp/layer" 2> /dev/null
	rm -rf "$tmp"
}

# In front of a command: with a group that has no number in the user namespace.
as_user=(setpriv --reuid "$user" --regid "$group" --groups "$group,50" --inh-caps=-all)

# wait_for COMMAND...
wait_for()
{
	for _ in {1..200}; do
		! "$@" 2> /dev/null || return 0
		sleep 0.1
	done
	return 1
}

prepare()
{
	mkdir "$tmp/layer" "$tmp/root" "$tmp/home" || return 1
	chown $user:$group "$tmp/home"
	mount -t tmpfs layer "$tmp/layer" || return 1
	mkdir "$tmp/layer/upper" "$tmp/layer/work"
	mount -t overlay -o "lowerdir=/,upperdir=$tmp/layer/upper,workdir=$tmp/layer/work" \
		container "$tmp/root" || return 1
	mkdir "$tmp/root/old"
	ip link add $bridge type bridge && ip link set $bridge up || return 1
	# What both have: the first argument is the directory of the old root.
	cat > "$tmp/setup.sh" <<- 'END'
		mount -t proc -o nosuid,noexec proc /proc
		mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
		mount -t tmpfs -o size=1m,mode=750 run /run
		mkdir -p /dev/pts /dev/mqueue /run/inner
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
		mount -t mqueue mqueue /dev/mqueue
		echo data > /run/file
		chmod 4750 /run/file
		[ "$1" = user ] || chown 12:34 /run/file
		mkdir -m 700 /run/private
		[ "$1" = user ] || chown 33 /run/private
		ln -s ../somewhere /run/soft
		mount -t tmpfs -o nodev inner /run/inner
		umount -l /old
		[ "$1" = user ] || mount --make-shared /
		hostname "box-$1"
		ip link set lo up
		ip link add dummy7 type dummy
		ip link set dummy7 address 02:00:00:00:00:07 up
		ip -6 address add fd99::7/64 dev dummy7 nodad
		ip link add pair0 type veth peer name pair1
		ip link set pair0 up
		mkfifo /run/keys
		cat > /run/shell <<- 'END2'
			stty rows 33 -echo
			while read -r line; do echo "$line: $(id -u), $(stty size)"; done
		END2
		# Given to somebody else, if there is anybody.
		cat > /run/window <<- 'END2'
			[ "$1" = user ] || chown 12:34 "$(tty)"
			exec cat > /run/typed
		END2
		exec setsid sh -c '
			ipcmk -M 4096 > /run/ipc
			exec 3<> /run/keys
			script -qfc "sh /run/shell" /run/typescript <&3 &
			echo first > /run/keys
			until grep -q first: /run/typescript; do sleep 0.1; done
			tmux -S /run/tmux -f /dev/null new-session -d "sh /run/window '"$1"'"
			until [ -e /run/typed ]; do sleep 0.1; done
			unshare --user sleep 10000 &
			unshare --mount sh -c "
				mount -t tmpfs -o size=64k secret /run/inner
				echo secret > /run/inner/file
				mkdir /run/inner/dir && cd /run/inner/dir
				: > /run/service
				exec tail -f /run/inner/file > /dev/null" &
			until [ -e /run/service ]; do sleep 0.1; done
			until pgrep -fx "sleep 10000" > /dev/null; do sleep 0.1; done
			echo ready > /run/ready
			while :; do sleep 1; echo $((n = n + 1)) > /run/count; done' \
			< /dev/null > /dev/null 2>&1
	END
	cat > "$tmp/dev.sh" <<- 'END'
		mount -t tmpfs -o nosuid,mode=755 dev dev
		for name in null zero full random urandom tty; do
			: > dev/$name
			mount --bind /dev/$name dev/$name
		done
		ln -s pts/ptmx dev/ptmx
	END
	# The root of a plain user is memory, with the system's programs in it.
	cat > "$tmp/user.sh" <<- END
		cd "$tmp/home" || exit
		mkdir -p root
		mount -t tmpfs -o mode=755 root root
		cd root || exit
		mkdir usr etc proc sys run tmp dev old
		mount --rbind /usr usr
		mount --bind /etc etc
		for dir in bin lib lib64 sbin; do ln -s usr/\$dir \$dir; done
		. "$tmp/dev.sh"
		cat "$tmp/setup.sh" > setup.sh
		pivot_root . old && exec chroot . sh /setup.sh user
	END
	cat > "$tmp/root.sh" <<- END
		mount --bind "$tmp/root" "$tmp/root"
		cd "$tmp/root" || exit
		. "$tmp/dev.sh"
		pivot_root . old && exec chroot . sh /setup.sh root
	END
	cp "$tmp/setup.sh" "$tmp/root/setup.sh"
	# Small ones, for user namespaces inside of others: with the argument, the
	# root task has one of its own after everything else.
	mkdir "$tmp/home/small"
	cat > "$tmp/small.sh" <<- END
		cd "$tmp/home" || exit
		mount -t tmpfs -o mode=755,uid=0 small small
		cd small || exit
		mkdir usr etc proc run dev old
		mount --rbind /usr usr
		mount --bind /etc etc
		for dir in bin lib lib64 sbin; do ln -s usr/\$dir \$dir; done
		. "$tmp/dev.sh"
		pivot_root . old && exec chroot . sh -c '
			mount -t proc -o nosuid proc /proc
			mount -t tmpfs -o size=1m,mode=1777,uid=0 run /run
			busybox umount -l /old
			mkdir -m 700 /run/private
			echo secret > /run/private/file
			! grep -q "6553[56]\$" /proc/self/uid_map || chown -R 12:34 /run/private
			exec "\$@" setsid sh -c "
				while :; do sleep 1; echo \\\$((n = n + 1)) > /run/count; done" \
				< /dev/null > /dev/null 2>&1' sh "\$@"
	END
}

namespaces=(--mount --uts --ipc --net --pid --cgroup --fork)

ready()
{
	init=$(pgrep -P "$outer" | head -1)
	[ -n "$init" ] && [ -s "/proc/$init/root/run/count" ]
}

started()
{
	wait_for ready || return 1
	# It is in the container's namespaces, too; managers do not stay there.
	disown "$outer"
	kill -KILL "$outer"
}

# give_range: the plain user has a name, and ids that belong to it.
give_range()
{
	local file
	for file in "${ids[@]}"; do
		if [ ! -e "$file" ]; then
			touch "$file"
			made+=("$file")
		fi
		cp "$file" "$tmp/${file##*/}"
	done
	echo "ckpttest:x:$user:$group::/:/bin/sh" >> "$tmp/passwd"
	echo "ckpttest:100000:65536" | tee "$tmp/subuid" > "$tmp/subgid"
	chmod 644 "$tmp/passwd" "$tmp/subuid" "$tmp/subgid"
	for file in "${ids[@]}"; do
		mount --bind "$tmp/${file##*/}" "$file"
	done
}

# hold_range: $holder is in a user namespace of many ids.
hold_range()
{
	unshare --user sleep 1000 &
	holder=$!
	disown $holder
	wait_for test ! "/proc/$holder/ns/user" -ef /proc/self/ns/user
	echo 0 100000 65536 > /proc/$holder/uid_map &&
		echo 0 100000 65536 > /proc/$holder/gid_map
}

# start_root: $init is the init of a container of many ids that root has made.
start_root()
{
	hold_range || return 1
	nsenter --user --target $holder unshare "${namespaces[@]}" \
		sh "$tmp/root.sh" > "$tmp/log" 2>&1 &
	outer=$!
	started || return 1
	kill $holder
	ip link add ckpttest5 type veth peer name eth0 netns "$init" || return 1
	ip link set ckpttest5 master $bridge up
	nsenter --net --target "$init" ip address add 10.99.1.2/24 dev eth0
	nsenter --net --target "$init" ip link set eth0 up
}

# start_user: $init is that of one a plain user has made.
start_user()
{
	"${as_user[@]}" unshare --user --map-root-user "${namespaces[@]}" \
		sh "$tmp/user.sh" > "$tmp/log" 2>&1 &
	outer=$!
	started
}

inside()
{
	nsenter --target "$init" --user --mount --net --uts --ipc --pid "$@"
}

# look NAME: all there is to see of the container, but for what counts.
# shellcheck disable=SC2016
look()
{
	{
		sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/shared:[0-9]+/shared/' \
			"/proc/$init/mountinfo" | sort
		cat "/proc/$init/uid_map" "/proc/$init/gid_map" "/proc/$init/setgroups"
		grep -E '^(Uid|Gid|Groups|Cap)' "/proc/$init/status"
		inside ip -o link | sed -E 's/qdisc .*link/link/; s/state [A-Z]+//; s/@if[0-9]+//'
		inside ip -o address | grep -v 'fe80:'
		inside hostname
		inside sh -c 'ipcs -m | grep 0x; ps -o pid=,comm= 1;
			cd /run; find . -not -name count -printf "%p %y %m %U %G %l\n" |
				sort; cat file
			stat -c "%n %U %G %a" /dev/pts/[0-9]*
			pgrep -fx "sleep 10000" | while read -r pid; do
				[ /proc/1/ns/user -ef "/proc/$pid/ns/user" ] || echo nested
			done
			cat /proc/sys/user/max_uts_namespaces
			pid=$(pgrep -x tail)
			cat /proc/$pid/root/run/inner/file; readlink /proc/$pid/cwd
			sed -E "s/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/shared:[0-9]+/shared/" \
				/proc/$pid/mountinfo | sort'
	} > "$tmp/state.$1" 2> "$tmp/err"
}

# owned NAME...: do these namespaces belong to the container's user namespace?
owned()
{
	python3 - "$init" "$@" 2> "$tmp/err" <<- 'END'
		import fcntl, os, sys
		own = os.stat(f"/proc/{sys.argv[1]}/ns/user").st_ino
		for name in sys.argv[2:]:
		    fd = os.open(f"/proc/{sys.argv[1]}/ns/{name}", os.O_RDONLY)
		    owner = fcntl.ioctl(fd, 0xb701)
		    assert os.fstat(owner).st_ino == own, name
	END
}

# restart [as_user] ARGUMENT...: $init is the new init.
restart()
{
	local as=()
	if [ "$1" = as_user ]; then
		as=("${as_user[@]}")
		shift
	fi
	rm -f "$tmp/home/pid"
	timeout 60 "${as[@]}" ckpt restart --detach --pidfile "$tmp/home/pid" "$@" \
		> "$tmp/out" 2> "$tmp/err" < /dev/null
	local status=$?
	init=$(cat "$tmp/home/pid" 2> /dev/null)
	return $status
}

gone()
{
	wait_for test ! -e /sys/class/net/ckpttest5
}

clean()
{
	! grep -q -e ckpt-root -e ckpt-stage "/proc/$init/mountinfo" &&
		! ls -d /run/ckpt-* /tmp/ckpt-root-* 2> /dev/null
}

counts()
{
	local old
	old=$(cat "/proc/$init/root/run/count")
	wait_for eval "[ \"\$(cat /proc/$init/root/run/count)\" -gt $old ]"
}

# terminals: that of script takes lines, that of tmux keys.
terminals()
{
	local run=/proc/$init/root/run
	echo second > "$run/keys"
	inside tmux -S /run/tmux send-keys "third" Enter
	wait_for grep -q "second: 0, 33 " "$run/typescript" &&
		wait_for grep -q third "$run/typed"
}

# levels: in how many user namespaces the init is, and how far inside each of its
# namespaces was made.
levels()
{
	python3 - "$init" <<- 'END'
		import fcntl, os, sys
		def up(fd, request):
		    try:
		        return fcntl.ioctl(fd, request)
		    except OSError:
		        return None
		fd = os.open(f"/proc/{sys.argv[1]}/ns/user", os.O_RDONLY)
		chain = []
		while fd is not None:
		    chain.insert(0, os.fstat(fd).st_ino)
		    fd = up(fd, 0xb702)
		print(len(chain) - 1)
		for name in "mnt", "net", "pid", "uts", "ipc":
		    fd = os.open(f"/proc/{sys.argv[1]}/ns/{name}", os.O_RDONLY)
		    print(name, chain.index(os.fstat(up(fd, 0xb701)).st_ino))
	END
}

look_small()
{
	{
		levels
		sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //' "/proc/$init/mountinfo" | sort
		cat "/proc/$init/uid_map" "/proc/$init/gid_map"
		grep -E '^(Uid|Gid|Groups|Cap)' "/proc/$init/status"
		stat -c '%u %g %a' "/proc/$init/root" "/proc/$init/root/run/count" \
			"/proc/$init/root/run/private/file"
	} > "$tmp/state.$1" 2> "$tmp/err"
}

# small NAME LEVELS ARGUMENT COMMAND...: a container that COMMAND makes, with these
# levels; root has made it, or a plain user with $plain.
small()
{
	local name=$1 want=$2 argument=$3
	shift 3
	# shellcheck disable=SC2086
	"$@" sh "$tmp/small.sh" $argument > "$tmp/log" 2>&1 &
	outer=$!
	started || sed 's/^/# /' "$tmp/log"
	[ -z "$holder" ] || kill "$holder"
	holder=
	look_small before
	levels | paste -sd ' ' > "$tmp/out" 2> "$tmp/err"
	[ "$(cat "$tmp/out")" = "$want" ] || cat "$tmp/out" >> "$tmp/err"
	[ "$(cat "$tmp/out")" = "$want" ] &&
		timeout 60 "${plain[@]}" ckpt checkpoint --kill --force \
			--image "$tmp/home/small.image" "$init" 2> "$tmp/err"
	result $? "$name: checkpoint"
	init=
	restart ${plain:+as_user} --image "$tmp/home/small.image" && look_small after &&
		same state && clean && counts
	result $? "$name: all is as it was, and goes on"
	end
}

ktap_print_header
for program in newuidmap script tmux; do
	if ! command -v $program > /dev/null; then
		ktap_skip_all "no $program"
		exit "$KSFT_SKIP"
	fi
done
ktap_set_plan 51

if ! prepare || ! start_root; then
	sed 's/^/# /' "$tmp/log"
	ktap_exit_fail_msg "cannot make a container here"
fi

# ---- root ----

look before
timeout 60 ckpt checkpoint --kill --image "$tmp/image" "$init" 2> "$tmp/err"
result $? "root: checkpoint"
init=
gone
umount "$tmp/root"
restart --image "$tmp/image"
result $? "root: restart"
look after
same state
result $? "root: all is as it was"
owned mnt net pid uts ipc cgroup time
result $? "root: it owns all its namespaces"
ip link show ckpttest5 master $bridge 2> "$tmp/err" | grep -q UP
result $? "root: other end of the veth is a port of the bridge"
clean
result $? "root: nothing of the preparation is left"
counts
result $? "root: it goes on"
terminals
result $? "root: its terminals are in use"
timeout 60 ckpt checkpoint --kill --image "$tmp/image2" "$init" 2> "$tmp/err"
result $? "root: another checkpoint"
init=
gone
restart --image "$tmp/image2" && look after && same state
result $? "root: another restart"
end

# Neither these ids nor the network are a plain user's.
chmod 644 "$tmp/image"
! restart as_user --image "$tmp/image" &&
	grep -q "this map of user ids: Operation not permitted" "$tmp/err"
result $? "user: a map of other ids is refused"
[ -z "$init" ] && ! ls -d /run/ckpt-* /tmp/ckpt-root-* 2> /dev/null
result $? "user: and nothing is left"

ckpt verify "$tmp/image" > "$tmp/out" 2> "$tmp/err"
result $? "verify: root can restart it"
"${as_user[@]}" ckpt verify "$tmp/image" > "$tmp/out" 2> "$tmp/err"
[ $? = 3 ] && grep -q "needs 65536 user ids from 100000, which takes root" "$tmp/err"
result $? "verify: a plain user cannot"

# Whoever has such a range in /etc/subuid may have it from these programs.
give_range
! restart as_user --map outside:$bridge --image "$tmp/image" && ! grep -q "this map" "$tmp/err"
result $? "user: newuidmap and newgidmap are asked"
grep -q "link:eth0 leaves it out" "$tmp/err"
result $? "user: a link to the outside is named"

# ---- a plain user ----

start_user || sed 's/^/# /' "$tmp/log"
look before
timeout 60 "${as_user[@]}" ckpt checkpoint --kill --image "$tmp/home/image" "$init" 2> "$tmp/err"
result $? "user: checkpoint from outside"
init=
restart as_user --image "$tmp/home/image"
result $? "user: restart"
look after
same state
result $? "user: all is as it was"
owned mnt net pid uts ipc cgroup time
result $? "user: it owns all its namespaces"
clean
result $? "user: nothing of the preparation is left"
counts
result $? "user: it goes on"
terminals
result $? "user: its terminals are in use"
end
# Group 50 has come along from outside, and is not root's to give from inside, nor
# from further inside; one of the tasks is the first to say so.
! restart --image "$tmp/home/image" &&
	grep -q -e "ids from outside" -e "groups: not permitted" "$tmp/err" &&
	! grep -q -e belongs -e limit "$tmp/err"
result $? "user: restart by root with other groups is refused"

ckpt show "$tmp/home/image" > "$tmp/out" 2> "$tmp/err" &&
	grep -q 'user ids 0 = 1000' "$tmp/out"
result $? "show prints the map"

# ---- user namespaces inside of others ----

plain=()
inner=(unshare --user --map-root-user)
hold_range
small "in another, with nothing" "2 mnt 1 net 1 pid 1 uts 1 ipc 1" "${inner[*]}" \
	nsenter --user --target "$holder" unshare "${namespaces[@]}"
hold_range
small "in another, with mounts" "2 mnt 2 net 1 pid 1 uts 1 ipc 1" "" \
	nsenter --user --target "$holder" \
		unshare --pid --uts --ipc --net --fork "${inner[@]}" --mount
hold_range
small "in another, with all" "2 mnt 2 net 2 pid 2 uts 2 ipc 2" "" \
	nsenter --user --target "$holder" "${inner[@]}" unshare "${namespaces[@]}"
small "with mounts" "1 mnt 1 net 0 pid 0 uts 0 ipc 1" "" \
	unshare --pid --uts --net --fork "${inner[@]}" --mount --ipc
small "with nothing" "1 mnt 0 net 0 pid 0 uts 0 ipc 0" "${inner[*]}" \
	unshare "${namespaces[@]}"
plain=("${as_user[@]}")
small "user: in another, with mounts" "2 mnt 2 net 0 pid 1 uts 1 ipc 0" "" \
	"${as_user[@]}" "${inner[@]}" --pid --uts --fork "${inner[@]}" --mount

small "user: of many ids" "1 mnt 1 net 1 pid 1 uts 1 ipc 1" \
	"setpriv --reuid 12 --regid 34 --groups 56 --inh-caps=-all" \
	"${as_user[@]}" "${inner[@]}" --map-auto "${namespaces[@]}"
small "user: of many ids, in another" "2 mnt 1 net 1 pid 1 uts 1 ipc 1" "${inner[*]}" \
	"${as_user[@]}" "${inner[@]}" --map-auto "${namespaces[@]}"
"${as_user[@]}" ckpt verify "$tmp/home/small.image" > "$tmp/out" 2> "$tmp/err"
result $? "verify: a plain user has these ids"

# The calls can be for root only, who gives its privilege to nobody else.
setting=/proc/sys/kernel/ckpt_unpriv_allowed
old=$(cat $setting)
for value in 0 1 2; do
	echo $value > $setting
	restart --image "$tmp/image" && counts
	result $? "root: restart if $value is allowed"
	end
	restart as_user --image "$tmp/home/image"
	status=$?
	if [ $value = 2 ]; then
		[ $status = 0 ]
	else
		[ $status != 0 ] && grep -q ckpt_unpriv_allowed "$tmp/err"
	fi
	result $? "user: restart if $value is allowed"
	end
done
echo 1 > $setting
! restart as_user --image "$tmp/home/image" --external kernel.ckpt_unpriv_allowed:$setting
result $? "user: cannot open what root hands over"
echo "$old" > $setting

# Mounts that belong to the container cannot be those of the machine.
! restart --here --image "$tmp/image" &&
	grep -q "mnt namespace of the caller: its owner is not" "$tmp/err"
result $? "mounts of another user namespace are refused"

# What the image says of its user is not what this user is.
as_user=(setpriv --reuid 1001 --regid 1001 --clear-groups --inh-caps=-all)
chmod 777 "$tmp/home"
chmod 644 "$tmp/home/image"
! restart as_user --image "$tmp/home/image" &&
	grep -q "this map of user ids: Operation not permitted" "$tmp/err"
result $? "another user: refused"

ktap_finished
