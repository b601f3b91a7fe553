#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Leave small images of all that the kselftests checkpoint in /data/seeds.

cd /usr/local/lib/kselftests/checkpoint || exit
for program in ./*_test; do
	case $program in
	*/image_test | */fuzz_test | */fault_test | */race_test) continue ;;
	esac
	CKPT_KEEP=1 timeout -k 5 "${LIMIT:-100}" "$program" > /tmp/log 2>&1
	echo "# $program: $(grep -c '^ok' /tmp/log) passed"
	grep -E '^not ok|:Expected|: checkpoint: |does not start' /tmp/log | sed 's/^/#   /'
	find /tmp/ckpt-* -size +8M -delete
done
./fuzz_test -d /data -S
