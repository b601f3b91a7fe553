# SPDX-License-Identifier: GPL-2.0
# What the two halves of the demonstration share; sourced, never run.
#
# /data/programs/NAME are the programs, /data/reference/NAME and /data/run/NAME
# the directories where they run undisturbed and with a checkpoint in between,
# /data/checkpoint/NAME is the image and what was measured.
# shellcheck shell=bash disable=SC2034

cd /data || exit
names="compress threads report sort primes"

# start NAME DIRECTORY: run a program there in a session of its own; its
# process id is in $pid.
start()
{
	mkdir -p "$2"
	cd "$2" || exit
	setsid "/data/programs/$1" < /dev/null > stdout 2> stderr &
	pid=$!
	cd /data || exit
}

milliseconds()
{
	echo $(($(date +%s%N) / 1000000))
}

# stat_of FILE KEY: a number from a file that ckpt --stats wrote.
stat_of()
{
	grep -o "\"$2\": *[0-9]*" "$1" | grep -o '[0-9]*$' | head -1
}
