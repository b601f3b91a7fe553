#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measure what checkpoint and restart cost, and what criu needs for the same.
# Times are microseconds of the guest's clock, which counts instructions.

bench=/usr/local/lib/kselftests/checkpoint/ckpt_bench

part()
{
	echo
	echo "== $*"
}

# stat FILE NAME: a number out of what criu says about itself, or a dash.
stat_of()
{
	sed -n "s/^ *$2: *\([0-9]*\).*/\1/p" "$1" | grep . || echo -
}

# criu_target WHAT NUMBER: start a target, wait until it is ready, set pid.
criu_target()
{
	rm -f /tmp/ready
	mkfifo /tmp/ready
	# Not a job of this shell, which would tell that it was killed.
	pid=$(setsid "$bench" target "$1" "$2" 3 < /dev/null > /dev/null 2>&1 3> /tmp/ready &
		echo $!)
	cat /tmp/ready > /dev/null
	sleep 0.1
}

now_us()
{
	echo "${EPOCHREALTIME/./}"
}

# criu_round WHAT NUMBER: one line of the table.
criu_round()
{
	local dir=/tmp/criu start dump restore
	rm -rf $dir
	mkdir $dir
	criu_target "$1" "$2"
	start=$(now_us)
	if ! criu dump -t "$pid" -D $dir -o dump.log --display-stats > $dir/dump 2>&1; then
		printf '%-8s %6s dump failed: %s\n' "$1" "$2" "$(grep -m1 Error $dir/dump.log)"
		kill -KILL "$pid"
		return
	fi
	dump=$(($(now_us) - start))
	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.01
	done
	start=$(now_us)
	if ! criu restore -d -D $dir -o restore.log --display-stats > $dir/restore 2>&1; then
		printf '%-8s %6s restore failed: %s\n' "$1" "$2" "$(grep -m1 Error $dir/restore.log)"
		return
	fi
	restore=$(($(now_us) - start))
	kill -USR2 "$pid"
	printf '%-8s %6s %10s %10s %12s %12s %10s\n' "$1" "$2" \
		"$(stat_of $dir/dump 'Freezing time')" "$(stat_of $dir/dump 'Frozen time')" \
		"$dump" "$restore" "$(stat -c %s $dir/*.img | awk '{ s += $1 } END { print s }')"
}

part "checkpoint and restart, us and bytes per task (root included)"
"$bench" tasks || exit
part "the same per open file, and per area of memory"
sysctl -qw vm.max_map_count=200000
"$bench" many || exit
part "stop of one process against its fork(), us"
"$bench" memory || exit
part "$(criu --version | head -1), us and bytes"
printf '%-8s %6s %10s %10s %12s %12s %10s\n' kind number freezing frozen dump restore images
criu_round memory 1
criu_round memory 64
criu_round procs 15
dmesg | grep -E 'WARNING: |BUG: |Oops: |UBSAN: ' && exit 1
exit 0
