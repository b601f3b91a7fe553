# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests of whole programs share. Sourced, after "test" has been set to a
# name for the directory $tmp; errors are left in $tmp/err.

# shellcheck source=/dev/null
. "$(dirname "$0")/../kselftest/ktap_helpers.sh"

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
tmp=$(mktemp -d "/tmp/${test:?}-XXXXXX") || exit 1
trap cleanup EXIT

# result STATUS NAME
result()
{
	if [ "$1" = 0 ]; then
		ktap_test_pass "$2"
	else
		[ ! -s "$tmp/err" ] || sed 's/^/# /' "$tmp/err" | head -10
		ktap_test_fail "$2"
	fi
}

# gone: wait until nothing of a container that was killed is left.
gone()
{
	:
}

# end: kill the container whose init is $init.
end()
{
	[ -n "$init" ] || return 0
	kill -9 "$init"
	tail --pid="$init" -f /dev/null
	init=
	gone
}

# same NAME: is what a test has looked at what it was?
same()
{
	local name=$1
	cmp -s "$tmp/$name.before" "$tmp/$name.after" && return
	diff "$tmp/$name.before" "$tmp/$name.after" > "$tmp/err"
	return 1
}
