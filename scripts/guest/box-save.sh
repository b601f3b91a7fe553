#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Before the reboot: containers work, are saved, and killed.

# shellcheck source=scripts/guest/box-lib.sh
. /run/guest/box-lib.sh

for kind in root ids user; do
	box_save $kind
done
echo "1..$number"
exit $failed
