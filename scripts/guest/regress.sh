#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run kselftests of other areas: all that were built, or those in ONLY five
# times. "=== area:program" before, "--- exit status" behind the output of each.

mkdir /tmp/kselftests
cp -a /files/. /tmp/kselftests
cd /tmp/kselftests || exit
mkdir -p /mnt
# pidfd_test waits until ids of processes come round.
echo 2000 > /proc/sys/kernel/pid_max

# What needs more than this guest has, or takes hours in it.
skip='^(timers:(nsleep-lat|set-timer-lat|mqueue-lat|inconsistency-check|raw_skew|threadtest|rtcpie)'
skip+='|seccomp:seccomp_benchmark|rseq:.*benchmark|rseq:run_param_test.sh'
skip+='|cgroup:(test_stress.sh|test_cpuset_.*|test_zswap|test_hugetlb_memcg)'
skip+='|mm:(run_vmtests.sh|.*hmm.*)|exec:.*\.sh)'

# program AREA NAME: run it, with an end, and let nothing of it stay behind.
program()
{
	local status
	echo "=== $1:$2"
	(
		cd "$1" || exit
		# shellcheck disable=SC2016
		setsid -w bash -c 'echo $$ > /tmp/session; exec timeout -k 5 "$0" "$1"' \
			"${LIMIT:-90}" "./$2" < /dev/null > /tmp/output 2>&1
	)
	status=$?
	pkill -KILL -s "$(cat /tmp/session)"
	tail -c 200000 /tmp/output
	echo "--- $status"
}

# What was built, of mm those that need nothing prepared.
list()
{
	cat kselftest-list.txt
	[ ! -x mqueue/mq_open_tests ] || echo mqueue:mq_open_tests
	cd mm || return
	for name in droppable madv_populate map_fixed_noreplace map_populate mdwe_test \
		memfd_secret mlock-random-test mlock2-tests mremap_dontunmap \
		mremap_test mrelease_test mseal_test on-fault-limit soft-dirty \
		uffd-unit-tests pagemap_ioctl; do
		[ ! -x $name ] || echo "mm:$name"
	done
}

if [ -n "$ONLY" ]; then
	for _ in {1..5}; do
		for name in $ONLY; do
			program "${name%%:*}" "${name#*:}"
		done
	done
else
	list | sort -u | grep -vE "$skip" | while IFS=: read -r area name; do
		program "$area" "$name"
	done
fi
dmesg | grep -E 'WARNING: |BUG: |Oops: |UBSAN: ' && exit 1
exit 0
