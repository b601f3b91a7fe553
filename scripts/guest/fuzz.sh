#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Restart from mutants of images. N is how many, SEED where chance begins;
# what fails is kept in /data/fuzz, and so is the last one, should the kernel
# not survive it.

mkdir -p /data/fuzz
export CKPT_FUZZ_N=${N:-10000} CKPT_FUZZ_SEED=$SEED CKPT_FUZZ_DIR=/data/fuzz

cd /usr/local/lib/kselftests/checkpoint || exit
./image_test -t random
status=$?
if dmesg | grep -E 'WARNING: |BUG: |Oops: |UBSAN: |refcount_t: |blocked for more'; then
	status=1
fi
exit $status
