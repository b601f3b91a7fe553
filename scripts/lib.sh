# SPDX-License-Identifier: GPL-2.0
# Paths and helpers shared by the scripts here; sourced, never run.
#
# $BUILD holds everything that is made: what all clones share (the pristine
# kernel, the compiler cache, the guest's root file system) at its top, and
# each clone's kernel tree below clones/.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=${BUILD:-${XDG_CACHE_HOME:-$HOME/.cache}/linux-checkpoint}
CLONE=$BUILD/clones/$(printf '%s' "$TOP" | sha256sum | cut -c1-12)
TREE=${TREE:-$CLONE/linux}
JOBS=${JOBS:-$(nproc)}
DEBIAN_KERNEL=linux-source-6.12

# Which kernel: release, debug, coverage or lint; base, off and on are those of
# scripts/regress.
if [ -z "${VARIANT:-}" ]; then
	VARIANT=release
	[ "${DEBUG:-0}" = 0 ] || VARIANT=debug
fi
# Right below the source, so that kbuild uses relative paths and objects of
# one clone are cache hits for all others.
OBJ=$TREE/build-$VARIANT
TOOLS=$OBJ/guest-tools		# what the guest sees as /usr/local

# Where new files may be; what is below mirrors the kernel.
OVERLAY=(arch checkpoint Documentation fs include ipc kernel lib mm net samples
	 security tools)

# The security modules of the boots that test them.
# shellcheck disable=SC2054
declare -A lsm_lists=(
	[none]=capability [smack]=smack [selinux]=selinux [apparmor]=apparmor
	[debian]=lockdown,capability,landlock,yama,apparmor,tomoyo,bpf,ipe,ima,evm
)

# kernel_version DIR: print the release of the kernel source there, as in 6.12.
kernel_version()
{
	awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$1/Makefile"
}

# overlay_files: print the names of the new files.
overlay_files()
{
	local file
	git -C "$TOP" ls-files -co --exclude-standard -- "${OVERLAY[@]}" | sort -u |
		while read -r file; do
			[ ! -f "$TOP/$file" ] || printf '%s\n' "$file"
		done
}

# tree_changed: is there work in the kernel tree that patches/ does not have?
tree_changed()
{
	[ "$(git -C "$TREE" rev-parse HEAD)" != "$(git -C "$TREE" rev-parse refs/applied)" ] ||
		[ -n "$(git -C "$TREE" status --porcelain -uno)" ]
}

say()
{
	printf '== %s\n' "$*" >&2
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# with_lock FILE: hold FILE until this script ends, unless a caller does.
with_lock()
{
	case " ${LOCKS_HELD:-} " in
	*" $1 "*) return ;;
	esac
	mkdir -p "$(dirname "$1")"
	local fd
	exec {fd}>"$1"
	flock -n "$fd" || {
		say "waiting for another run: $1"
		flock -w 3600 "$fd" || die "lock not free after an hour: $1"
	}
	export LOCKS_HELD="${LOCKS_HELD:-} $1"
}

# replace FILE: standard input becomes FILE, which is left alone (and 1
# returned) if it already reads the same.
replace()
{
	cat > "$1.new"
	if cmp -s "$1.new" "$1"; then
		rm "$1.new"
		return 1
	fi
	mv "$1.new" "$1"
}
