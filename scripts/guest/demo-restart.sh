#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Second half of the demonstration, after a reboot: bring each program back,
# let it finish, and compare all that it wrote with the undisturbed run.

# shellcheck source=scripts/guest/demo-lib.sh
. /run/guest/demo-lib.sh

# verdict NAME: restart it; print "identical" or what is wrong.
verdict()
{
	local dir=checkpoint/$1 status difference
	if [ ! -s "$dir/image" ]; then
		echo "not saved: $(head -1 "$dir/said")"
		return
	fi
	timeout 300 ckpt restart --image "$dir/image" --stats "$dir/restart-stats" \
		--log "$dir/restart-log" < /dev/null > "$dir/restart-said" 2>&1
	status=$?
	if [ ! -s "$dir/restart-stats" ]; then
		echo "not restarted: $(head -1 "$dir/restart-said")"
		return
	fi
	echo $status > "run/$1/status"
	difference=$(diff -rq "reference/$1" "run/$1") && echo identical ||
		echo "differs: ${difference%%$'\n'*}"
}

# value FILE [KEY] DIVISOR UNIT: a measured number, or a dash.
value()
{
	local number
	if [ $# = 4 ]; then
		number=$(stat_of "$1" "$2" 2> /dev/null)
		shift
	else
		number=$(cat "$1" 2> /dev/null)
	fi
	[ -n "$number" ] || number=0
	awk -v n="$number" -v d="$2" -v u="$3" 'BEGIN { if (n) printf "%.1f %s\n", n / d, u; else print "-" }'
}

row='%-10s %5s %10s %10s %10s %10s %10s  %s\n'
# shellcheck disable=SC2059
{
	printf "$row" program tasks memory image stopped checkpoint restart verdict
	for name in $names; do
		said=$(verdict "$name")
		dir=checkpoint/$name
		tasks=$(stat_of "$dir/stats" nr_tasks 2> /dev/null)
		stat -c %s "$dir/image" > "$dir/size" 2> /dev/null
		printf "$row" "$name" "${tasks:--}" \
			"$(value "$dir/memory" 1024 MiB)" \
			"$(value "$dir/size" 1048576 MiB)" \
			"$(value "$dir/stats" capture_time 1000 ms)" \
			"$(value "$dir/time" 1 ms)" \
			"$(value "$dir/restart-stats" restore_time 1000 ms)" "$said"
	done
} | tee table.txt
