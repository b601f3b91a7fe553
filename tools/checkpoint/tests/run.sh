#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2181
#
# Tests of ckpt that need no kernel with checkpoint(); TAP. Called by
# 'make check' with BIN=directory of ckpt, mkimage and fuzz, and MAN.
# FUZZ_ROUNDS=n FUZZ_SEED=n

BIN=${BIN:?run this by 'make check'}
PATH=$BIN:$PATH
export LC_ALL=C ASAN_OPTIONS=abort_on_error=0:exitcode=99 UBSAN_OPTIONS=exitcode=99
tmp=$(mktemp -d)
sleep 1000 &
victim=$!
trap 'kill $victim; rm -rf "$tmp"' EXIT
nr=0
failed=0

# ok STATUS NAME [REASON]
ok()
{
	nr=$((nr + 1))
	if [ "$1" = 0 ]; then
		echo "ok $nr - $2"
	else
		failed=$((failed + 1))
		echo "not ok $nr - $2"
		[ ! -s "$tmp/out" ] || sed 's/^/# /' "$tmp/out" | head -5
		[ ! -s "$tmp/err" ] || sed 's/^/# /' "$tmp/err" | head -5
	fi
}

# expect STATUS PATTERN NAME COMMAND...: exit status, and what stderr matches
expect()
{
	want=$1
	pattern=$2
	name=$3
	shift 3
	"$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	got=$?
	if [ $got = "$want" ] && grep -q -e "$pattern" "$tmp/err"; then
		ok 0 "$name"
	else
		echo "# status $got, wanted $want and '$pattern'"
		ok 1 "$name"
	fi
}

# quiet STATUS NAME COMMAND...: exit status, nothing on stderr
quiet()
{
	want=$1
	name=$2
	shift 2
	"$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	got=$?
	[ $got = "$want" ] && [ ! -s "$tmp/err" ]
	ok $? "$name"
}

mkimage > "$tmp/good"
head -c 100 "$tmp/good" > "$tmp/head"

echo '# command line'
expect 2 '^usage: ckpt' 'no command' ckpt
quiet 0 'help' ckpt --help
quiet 0 'version' ckpt --version
expect 2 "no command 'frob'" 'unknown command' ckpt frob
for c in checkpoint restart thaw run show verify; do
	quiet 0 "$c --help" ckpt $c --help
	expect 2 "$c: unknown.*--frob" "$c: unknown option" ckpt $c --frob
done
expect 2 '--image FILE is missing' 'checkpoint: no image' ckpt checkpoint 1
expect 2 'PID is missing' 'checkpoint: no pid' ckpt checkpoint -o "$tmp/x"
expect 2 'more than one PID' 'checkpoint: two pids' ckpt checkpoint -o "$tmp/x" 1 2
expect 2 "'x1' is no process id" 'checkpoint: bad pid' ckpt checkpoint -o "$tmp/x" x1
expect 2 "'-1' is no process id" 'checkpoint: negative pid' ckpt checkpoint -o "$tmp/x" -- -1
expect 2 'needs an argument' 'checkpoint: no argument' ckpt checkpoint -o
expect 2 'contradicts' 'checkpoint: kill and leave-frozen' \
	ckpt checkpoint -o "$tmp/x" --kill --leave-frozen 1
expect 2 'contradicts' 'checkpoint: leave-running and kill' \
	ckpt checkpoint -o "$tmp/x" --leave-running --kill 1
expect 2 'contradicts' 'checkpoint: subtree and container' \
	ckpt checkpoint -o "$tmp/x" --subtree --container 1
expect 2 'is not KEY:PATH' 'checkpoint: external without path' \
	ckpt checkpoint -o "$tmp/x" --external key 1
expect 2 'is not KEY:PATH' 'checkpoint: external without key' \
	ckpt checkpoint -o "$tmp/x" --external :/dev/null 1
expect 2 'is no number' 'checkpoint: bad timeout' ckpt checkpoint -o "$tmp/x" --timeout 1s 1
expect 2 'is no number' 'checkpoint: timeout nan' ckpt checkpoint -o "$tmp/x" --timeout nan 1
expect 2 'needs standard output' 'checkpoint: json and -' ckpt checkpoint -o - --json 1
expect 2 'exclude each other' 'checkpoint: pidfile and pid' \
	ckpt checkpoint -o "$tmp/x" --pidfile "$tmp/p" 1
expect 1 'No such file' 'checkpoint: no pidfile' ckpt checkpoint -o "$tmp/x" --pidfile "$tmp/p"
echo junk > "$tmp/p"
expect 1 'holds no process id' 'checkpoint: bad pidfile' \
	ckpt checkpoint -o "$tmp/x" --pidfile "$tmp/p"
expect 1 'none of this number' 'checkpoint: no such process' ckpt checkpoint -o "$tmp/x" 2147483647
expect 1 'not the init of a pid namespace' 'checkpoint: container of no init' \
	ckpt checkpoint -o "$tmp/x" --container $$
expect 1 'given before' 'checkpoint: external twice' \
	ckpt checkpoint -o "$tmp/x" --external a:/dev/null --external a:/dev/zero $$
expect 1 'external resource a: /nonesuch: No such file' 'checkpoint: external that is not there' \
	ckpt checkpoint -o "$tmp/x" --external a:/nonesuch $$
expect 2 '--image FILE is missing' 'restart: no image' ckpt restart
expect 2 'is too much' 'restart: argument' ckpt restart -i "$tmp/good" x
expect 2 'contradicts' 'restart: pidns and sibling' ckpt restart -i "$tmp/good" --pidns --sibling
expect 125 'No such file' 'restart: image not there' ckpt restart -i "$tmp/nonesuch"
expect 1 'No such file' 'restart: image not there, detached' ckpt restart -d -i "$tmp/nonesuch"
expect 2 'exactly one PID' 'thaw: no pid' ckpt thaw
expect 2 'is no process id' 'thaw: pid 0' ckpt thaw 0
expect 2 'exactly one FILE' 'show: no file' ckpt show
expect 1 'No such file' 'show: file not there' ckpt show "$tmp/nonesuch"
expect 2 'exactly one FILE' 'verify: two files' ckpt verify a b
expect 2 'a command is missing' 'run: no command' ckpt run
expect 2 'is no number' 'run: bad time' ckpt run --at x true

echo '# kernels without the system calls'
if expr "$(ckpt checkpoint -o "$tmp/x" $$ 2>&1)" : '.*not implemented' > /dev/null; then
	expect 1 'Function not implemented; boot a kernel' 'checkpoint: ENOSYS' \
		ckpt checkpoint -o "$tmp/x" $victim
	expect 1 'Function not implemented; boot a kernel' 'checkpoint of an ancestor: ENOSYS' \
		ckpt checkpoint -o "$tmp/x" $$
	[ ! -e "$tmp/x" ] && [ ! -e "$tmp/x.tmp" ]
	ok $? 'checkpoint: leaves no image behind'
	expect 125 'Function not implemented; boot a kernel' 'restart: ENOSYS' \
		ckpt restart -i "$tmp/good"
	expect 1 'Function not implemented; boot a kernel' 'restart --detach: ENOSYS' \
		ckpt restart -d -i "$tmp/good"
	expect 1 'Function not implemented; boot a kernel' 'thaw: ENOSYS' ckpt thaw $$
	expect 125 'Function not implemented' 'run --image: ENOSYS' \
		ckpt run -o "$tmp/x" --at 0.1 sleep 0.3
	expect 3 'no restart()' 'verify: ENOSYS' ckpt verify --pidns "$tmp/good"
else
	echo '# this kernel has them'
fi

echo '# output files'
touch "$tmp/there"
expect 1 'exists; choose another name' 'checkpoint: image exists' \
	ckpt checkpoint -o "$tmp/there" $victim
touch "$tmp/y.tmp"
expect 1 'is in the way' 'checkpoint: NAME.tmp exists' ckpt checkpoint -o "$tmp/y" $victim
[ -e "$tmp/y.tmp" ]
ok $? 'checkpoint: leaves the NAME.tmp of others alone'
expect 1 'No such file' 'checkpoint: no directory' ckpt checkpoint -o "$tmp/no/x" $$

echo '# run'
quiet 3 'run: passes the exit status on' ckpt run sh -c 'exit 3'
quiet 143 'run: 128 + signal' ckpt run sh -c 'kill -TERM $$'
expect 127 'No such file' 'run: no such command' ckpt run /nonesuch
expect 126 'Permission denied' 'run: not executable' ckpt run "$tmp/good"
quiet 0 'run: session, descriptors' ckpt run --output "$tmp/ran" sh -c \
	'ls -l /proc/self/fd | grep -c -v -e /proc -e total -e null -e ran -e pipe
	 ps -o sid= -p $$ | tr -d " "
	 echo $$
	 readlink /proc/self/fd/0'
{
	read -r fds && read -r sid && read -r pid && read -r stdin
} < "$tmp/ran"
[ "$fds" = 0 ] && [ "$sid" = "$pid" ] && [ "$stdin" = /dev/null ]
ok $? 'run: session of its own, no foreign descriptors'
ckpt run --pidfile "$tmp/pid" -d sleep 100 > "$tmp/out" 2> "$tmp/err"
[ $? = 0 ] && [ "$(cat "$tmp/pid")" = "$(cat "$tmp/out")" ] && kill "$(cat "$tmp/pid")"
ok $? 'run: detach and pidfile'
ckpt run sh -c 'trap "exit 9" USR1; while :; do sleep 0.05; done' &
sleep 0.5
kill -USR1 $!
wait $!
[ $? = 9 ]
ok $? 'run: passes signals on'

echo '# a sound image'
quiet 0 'verify' ckpt verify --image-only "$tmp/good"
grep -q ': sound$' "$tmp/out"
ok $? 'verify: says so'
quiet 0 'verify: quiet' ckpt verify --image-only -q "$tmp/good"
[ ! -s "$tmp/out" ]
ok $? 'verify: says nothing'
# shellcheck disable=SC2002 # a pipe is what this is about
cat "$tmp/good" | ckpt verify --image-only - > "$tmp/out" 2> "$tmp/err"
ok $? 'verify: from a pipe'
{ head -c 1000 "$tmp/good"; sleep 0.2; tail -c +1001 "$tmp/good"; } |
	ckpt verify --image-only - > "$tmp/out" 2> "$tmp/err"
ok $? 'verify: from a slow pipe'
quiet 0 'show' ckpt show "$tmp/good"
for text in 'a subtree' '/etc/passwd' 'external tty' 'pipe:\[4711\]' 'buffer (memfd)' 'sys_admin' \
	'thread 4000001' 'exit code 0x300' 'SIGTERM' '\[anon:heap\]' '3+1' 'umask 022'; do
	ckpt show "$tmp/good" 2>&1 | grep -q -e "$text"
	ok $? "show: $text"
done
quiet 0 'show --json' ckpt show --json "$tmp/good"
if command -v python3 > /dev/null; then
	python3 - "$tmp/out" <<- END
	import json, sys
	d = json.load(open(sys.argv[1]))
	assert d["header"]["nr_tasks"] == 4 == len(d["tasks"])
	assert d["tasks"][0]["pid_nr"] == 4000000
	assert d["tasks"][0]["sigpending"][0]["set"] == ["SIGTERM"]
	mm = d["objects"][d["tasks"][0]["task_objs"]["mm"] - 1]
	assert mm["kind"] == "mm" and mm["vma"][1]["pages"] == 3
	assert d["pages"]["pages"] == 6 and d["errors"] == 0
	END
	ok $? 'show --json: contents'
	ckpt show --json --records "$tmp/good" | python3 -c '
import json, sys
recs = [json.loads(line) for line in sys.stdin]
assert recs[0]["record"] == "header" and recs[-1]["record"] == "trailer"'
	ok $? 'show --json --records: a line of JSON for each'
	ckpt verify --json "$tmp/good" > "$tmp/out" 2> "$tmp/err"
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["sound"] and d["errors"] == [] and not d["restartable"] and d["obstacles"]' "$tmp/out"
	ok $? 'verify --json'
fi
quiet 0 'show --records' ckpt show --records "$tmp/good"
nr_records=$(sed -n 's/.*nr_records=\([0-9]*\).*/\1/p' "$tmp/out")
[ "$(grep -c . "$tmp/out")" = $((nr_records + 6)) ]
ok $? 'show --records: all of them'

echo '# growth'
for flaw in optional longer; do
	mkimage $flaw > "$tmp/x"
	quiet 0 "accepted: $flaw" ckpt verify --image-only "$tmp/x"
done
mkimage extra > "$tmp/x"
expect 0 'bytes follow the end' 'accepted, with a word: extra' ckpt verify --image-only "$tmp/x"

echo '# this machine'
mkimage file-size > "$tmp/x"
expect 3 '/etc/passwd: size was' 'obstacle: size of a file' ckpt verify "$tmp/x"
mkimage pid-taken > "$tmp/x"
expect 3 'process id .* is taken' 'obstacle: process id' ckpt verify "$tmp/x"
mkimage xfeature > "$tmp/x"
expect 3 'processor or kernel lacks state component 16' 'obstacle: processor' ckpt verify "$tmp/x"
quiet 0 'none of these with --image-only' ckpt verify --image-only "$tmp/x"

echo '# flaws'
while read -r flaw pattern; do
	mkimage "$flaw" > "$tmp/x"
	expect 1 "$pattern" "refused: $flaw" ckpt verify --image-only "$tmp/x"
	ckpt show "$tmp/x" > "$tmp/out" 2> "$tmp/err"
	[ $? = 1 ]
	ok $? "shown nevertheless: $flaw"
done << 'END'
magic not a checkpoint image
version format version 2, this program knows 1
incompat needs features 0x8
page-size page shift 40
reserved container: reserved is not zero
unterminated lsm: name is not terminated
no-container is not what an image begins with
lsm-count 1 security modules, container says 2
pid-levels pid: 99 levels
id-gap has id 4 where 3 comes next
tree-count tree says 5
tree-ref pgrp refers to object 4000
parent-loop parent 3 does not precede task 2
state state 9 is unknown
same-pid is another task's already
groups cred: 60000 groups
caps effective capabilities that are not permitted
path-len path of 5000 bytes
file-flags flags 0x8000 are unknown
slots 15 buffers
pipe-len 4000 bytes used of 8
wrong-class pipe refers to object 5
forward-ref file refers to object 106
seals has seals, but is no memfd
memfd-name name of 6 bytes
not-unlinked inode refers to object
memfd-beyond beyond its end
fd-order descriptor 0 is out of order
owner vma: belongs to mm, but follows files
relative cwd is not absolute
mm-order ends before it starts
auxv does not end with AT_NULL
vma-order overlaps the one before
sigkill SIGKILL or SIGSTOP
siginfo entry of signal 15, which is not pending
siginfo-count 1000 entries
blocked SIGKILL or SIGSTOP is blocked
kernel-cs code selector 0x10
fpu extended state 2 does not fit
cpus masks of 1073741824 processors
twice its owner has one already
rlimit nofile: soft limit above
oom OOM score 5000
no-task task 3 of the tree has no record
task-index index 0 is there twice
dead-mm a dead task has files
unknown unknown and not optional
rec-flags flags 0x2 are unknown
longer-set unknown tail
shorter has 32 bytes, needs 40
meta-len bytes of metadata
records records, the header says
objects objects, the header says
tasks tasks, the header says
rec-len impossible length of 17
rec-huge impossible length
crc checksum
no-pad padding is missing
pad-set padding: bytes that must be zero
data checksum of pages
page-ref refers to pages
page-outside is in no area
page-obj has no contents
page-beyond beyond its end
page-count pages, the trailer says
runs-crc checksum of runs
uuid uuid is not that of the header
truncated truncated
short truncated
END
expect 1 'truncated' 'refused: empty' ckpt verify /dev/null
expect 1 'truncated' 'refused: part of the header' ckpt verify "$tmp/head"
expect 1 'Is a directory' 'refused: directory' ckpt verify "$tmp"

echo '# hostile text'
mkimage escape > "$tmp/x"
ckpt show "$tmp/x" > "$tmp/out" 2> "$tmp/err"
controls=$(printf '[\001-\010\013-\037\177-\377]')
for how in show 'show --records' 'show --json' 'show --records --json' verify 'verify --json'; do
	# shellcheck disable=SC2086 # words
	ckpt $how "$tmp/x" > "$tmp/out" 2>&1
	! LC_ALL=C grep -q "$controls" "$tmp/out"
	ok $? "$how: no control characters"
done
ckpt verify "$tmp/x" > "$tmp/out" 2> "$tmp/err"
grep -qF 'restart needs --external \x1b[31mred\xc2\x9b\xff:PATH' "$tmp/out"
ok $? 'verify: names the keys'
if command -v python3 > /dev/null; then
	ckpt verify --json "$tmp/x" | python3 -c '
import json, os, sys
[key] = json.load(sys.stdin)["external"]
assert key.encode("utf-8", "surrogateescape") == b"\x1b[31mred\xc2\x9b\xff"'
	ok $? 'verify --json: names the keys, all bytes of them'
fi

echo '# completeness'
# Every type of record that the headers define has a row.
# shellcheck disable=SC2013,SC2086 # UAPI is a list, types are words
for type in $(cat $UAPI | sed -n 's/^[[:space:]]*CKPT_HDR_\([A-Z0-9_]*\)[[:space:]]*=.*/\1/p'); do
	[ "$type" != ARCH ] || continue
	cat "$SRC"/kind_*.c | grep -q "KIND($type,"
	ok $? "record: $type"
done

echo '# mutants'
for seed in ${FUZZ_SEED:-1 2 3 4}; do
	fuzz "$tmp/good" "${FUZZ_ROUNDS:-2500}" "$seed" > "$tmp/out" 2> "$tmp/err"
	ok $? "fuzz: seed $seed: $(tail -1 "$tmp/out")"
done

echo '# manual pages'
if command -v mandoc > /dev/null; then
	for page in "$MAN"/*.[1-9]; do
		mandoc -T lint -W warning "$page" > "$tmp/out" 2> "$tmp/err"
		ok $? "mandoc: ${page##*/}"
	done
fi

echo "1..$nr"
[ $failed = 0 ]
