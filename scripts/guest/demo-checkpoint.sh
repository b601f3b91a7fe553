#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# First half of the demonstration: run each program once undisturbed, then
# again, and half-way save it to an image and kill it.

# shellcheck source=scripts/guest/demo-lib.sh
. /run/guest/demo-lib.sh

# tree PID: print the process ids of a process and all below it.
tree()
{
	local child
	echo "$1"
	cat /proc/"$1"/task/*/children 2> /dev/null | tr ' ' '\n' | while read -r child; do
		tree "$child"
	done
}

# memory PID...: the memory of processes in KiB, shared pages counted once.
memory()
{
	local p
	for p; do
		cat "/proc/$p/smaps_rollup"
	done 2> /dev/null | awk '/^Pss:/ { kib += $2 } END { print kib + 0 }'
}

# half_way PID NAME: wait until a program has written half of what it will.
half_way()
{
	local half
	half=$(($(written "reference/$2") / 2))
	while [ "$(written "run/$2")" -lt "$half" ] && kill -0 "$1" 2> /dev/null; do
		sleep 0.05
	done
}

written()
{
	find "$1" -type f -printf '%s\n' 2> /dev/null | awk '{ bytes += $1 } END { print bytes + 0 }'
}

cp -a /run/guest/demo programs
tar -cf input.tar --sort=name --mtime=@0 -C / usr/lib/python3.11

# After the reboot these numbers must be free again. A container, whose
# process ids are its own, would not need this.
echo 20000 > /proc/sys/kernel/ns_last_pid

# save PID DIR: checkpoint and kill a tree.
save()
{
	began=$(milliseconds)
	ckpt checkpoint --kill --image "$2/image" --stats "$2/stats" \
		--log "$2/log" "$1" 2>&1 | tee "$2/said"
	[ "${PIPESTATUS[0]}" = 0 ]
}

for name in $names; do
	began=$(milliseconds)
	start "$name" "reference/$name"
	wait "$pid" 2> /dev/null
	echo $? > "reference/$name/status"
	length=$(($(milliseconds) - began))

	dir=checkpoint/$name
	mkdir -p "$dir"
	began=$(milliseconds)
	start "$name" "run/$name"
	disown "$pid"	# nobody needs to hear of its end
	half_way "$pid" "$name"
	half=$(($(milliseconds) - began))
	# shellcheck disable=SC2046
	memory $(tree "$pid") > "$dir/memory"
	if save "$pid" "$dir"; then
		echo $(($(milliseconds) - began)) > "$dir/time"
		echo "$name: saved and killed after $half ms; it takes $length ms"
	else
		echo "$name: not saved"
		rm -f "$dir/image"
		pkill -KILL -s "$pid"
	fi
done
echo "the machine is switched off"
