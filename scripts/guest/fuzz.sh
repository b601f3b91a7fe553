#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Restart from mutants of images. N is how many, SEED where chance begins,
# FIRST the number of the first one; METHOD=-m goes through all records and
# fields instead. The images come from fuzz_test itself and
# from the other kselftests, which run first (SUITES=glob, none if empty).
#
# /data/fuzz/SEED keeps the images, the mutants that failed, and the number of
# the one in work, should the kernel not survive it.

shopt -s nullglob
dir=/data/fuzz/$SEED-$FIRST
cd /usr/local/lib/kselftests/checkpoint || exit

# What dies with the machine, from the time before.
rm -rf "$dir"
mkdir -p "$dir"
df -h /tmp /data | sed 's/^/# /'

# Images are small if they are to be restarted a thousand times, so what needs
# a large target is not run; nor what makes none.
for program in ./${SUITES:-none}_test; do
	case $program in
	*/image_test | */fuzz_test | */fault_test | */points_test | */race_test) continue ;;
	esac
	CKPT_KEEP=1 timeout -k 5 "${LIMIT:-200}" "$program" > /tmp/log 2>&1
	status=$?
	echo "# $program: status $status, $(grep -c '^ok' /tmp/log) passed"
	grep -E '^not ok|:Expected|: checkpoint: |does not start' /tmp/log | sed 's/^/#   /'
	# Of the images only small ones are used.
	find /tmp/ckpt-* -size +8M -delete
done

# Mutants do crash; the console is slow.
echo 0 > /proc/sys/debug/exception-trace
echo 1 > /proc/sys/kernel/printk
kmemleak=/sys/kernel/debug/kmemleak
[ ! -e $kmemleak ] || echo clear > $kmemleak
./fuzz_test ${METHOD:+"$METHOD"} -n "$N" -s "$SEED" -f "$FIRST" -d "$dir"
status=$?

echo 7 > /proc/sys/kernel/printk
if dmesg | grep -E 'WARNING: |BUG: |Oops: |UBSAN: |refcount_t: |blocked for more|unreferenced object'; then
	status=1
fi
if [ -e $kmemleak ]; then
	# The first scan only finds candidates.
	echo scan > $kmemleak
	sleep 6
	echo scan > $kmemleak
	if grep . $kmemleak; then
		status=1
	else
		echo "# kmemleak found nothing"
	fi
fi
exit $status
