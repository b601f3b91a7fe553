#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Report what KUnit found at boot, then run the kselftests; all as one KTAP
# stream. After each step the kernel's log must be clean.
#
# T is a glob that selects KUnit suites and kselftest programs by name. LSM
# names a security module to test, see lsm.sh; then KUnit has run elsewhere.

dir=/usr/local/lib/kselftests/checkpoint
number=0

# Leave alone the stack traces of injected faults and of failed allocations.
splats='WARNING: |BUG: |kernel BUG at|Oops: |UBSAN: '
splats+='|INFO: task .* blocked|rcu.* stall|soft lockup|hard LOCKUP|DEBUG_LOCKS_WARN'
splats+='|refcount_t: |ODEBUG: |corruption|Bad page|stack overflow|unreferenced object'
splats+='|unregister_netdevice: waiting'

# splat: print what is bad in the log since the last call.
splat()
{
	dmesg | grep -E "$splats" | head -5
	dmesg -C
}

# result NAME STATUS [REASON]: the KTAP line of a step, and its splats.
result()
{
	local name=$1 status=$2 reason=${3:-} bad
	bad=$(splat)
	if [ -n "$bad" ]; then
		echo "# ${bad//$'\n'/$'\n'# }"
		status=1
		reason=${bad%%$'\n'*}
	fi
	number=$((number + 1))
	case $status in
	0) echo "ok $number $name" ;;
	4) echo "ok $number $name # SKIP $reason" ;;
	*) echo "not ok $number $name # ${reason:-exit status $status}" ;;
	esac
}

# kunit: the results of all suites that ran at boot.
kunit()
{
	local log
	echo "# KUnit"
	echo "    1..$suites"
	for log in /sys/kernel/debug/kunit/*/results; do
		# Each file is a document of its own, with one suite.
		sed -E '/^(KTAP version 1|1\.\.1)$/d; s/^/    /' "$log"
	done
	result kunit 0
}

# program NAME: run a kselftest, in a control group so that nothing of it
# stays behind.
program()
{
	local name=$1 group=/sys/fs/cgroup/test limit status reason=
	limit=$(sed -n 's/^timeout=//p' "$dir/settings" 2> /dev/null)
	[ "${limit:-0}" -gt 0 ] || limit=120
	[ -z "$DEBUG" ] || limit=$((limit * 5))

	mkdir "$group"
	echo "# $name"
	(
		echo $BASHPID > "$group/cgroup.procs"
		cd "$dir" || exit
		exec timeout -k 10 "$limit" "./$name" 2>&1
	) | sed -u 's/^/    /'
	status=${PIPESTATUS[0]}
	case $status in
	124 | 137) reason="timed out after $limit s" ;;
	esac

	# Files there have no size.
	if grep -q . "$group/cgroup.procs"; then
		echo "# killed what $name left running"
		echo 1 > "$group/cgroup.kill"
	fi
	for _ in {1..50}; do
		! rmdir "$group" 2> /dev/null || break
		sleep 0.1
	done
	[ ! -d "$group" ] || reason="left processes that cannot be killed" status=1
	result "$name" "$status" "$reason"
}

# kmemleak: memory that nothing points to any more.
kmemleak()
{
	local leaks=/sys/kernel/debug/kmemleak
	# The first scan only finds candidates.
	echo scan > $leaks
	sleep 6
	echo scan > $leaks
	! grep . $leaks
	result kmemleak $?
}

shopt -s nullglob
extra=0
if [ -n "${LSM:-}" ]; then
	# shellcheck source=scripts/guest/lsm.sh
	. /run/guest/lsm.sh
	load_policy || exit
	! mountpoint -q /data || extra=$(cross_boots_count)
fi
programs=()
if [ -f "$dir/../kselftest-list.txt" ]; then
	while IFS=: read -r _ name; do
		# shellcheck disable=SC2053
		[[ $name != ${T:-*} ]] || programs+=("$name")
	done < "$dir/../kselftest-list.txt"
fi
suites=$(dmesg -t | grep -A1 -x 'KTAP version 1' | sed -n 's/^1\.\.//p' | head -1)
suites=${suites:-0}

echo 'KTAP version 1'
echo "1..$(((suites > 0) + ${#programs[@]} + extra + (${#DEBUG} > 0)))"
[ "$suites" = 0 ] || kunit
for name in "${programs[@]}"; do
	program "$name"
done
[ "$extra" = 0 ] || cross_boots
[ -z "$DEBUG" ] || kmemleak
