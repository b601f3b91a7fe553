#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of ckpt with real checkpoints; TAP. Run as root on a kernel that has
# them: make guest RUN=tools/checkpoint/tests/guest.sh

PATH=/files:$PATH:/usr/local/sbin
tmp=$(mktemp -d)
cd "$tmp" || exit 1
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$tmp"' EXIT
nr=0
failed=0

ok()
{
	nr=$((nr + 1))
	if [ "$1" = 0 ]; then
		echo "ok $nr - $2"
	else
		failed=$((failed + 1))
		echo "not ok $nr - $2"
		[ ! -s err ] || sed 's/^/# /' err | head -10
	fi
}

# try NAME COMMAND...: the command succeeds; its messages are in err
try()
{
	local name=$1

	shift
	timeout 60 "$@" > out 2> err
	ok $? "$name"
}

# ended PID: it ends soon
ended()
{
	timeout 10 tail --pid="$1" -f /dev/null
}

# ticks FILE: the program writes on
ticks()
{
	local before

	before=$(stat -c %s "$1")
	sleep 1
	[ "$(stat -c %s "$1")" -gt "$before" ]
}

# --- a program that sleeps
ckpt run -d --pidfile pid sleep 1000 > /dev/null
try 'sleep: checkpoint' ckpt checkpoint -o sleep.img "$(cat pid)"
kill -0 "$(cat pid)"
ok $? 'sleep: runs on'
[ "$(stat -c %a sleep.img)" = 600 ] && [ ! -e sleep.img.tmp ]
ok $? 'sleep: image is private and in place'
try 'sleep: image is sound' ckpt verify --image-only sleep.img
ckpt verify sleep.img 2> err > out
[ $? = 3 ] && grep -q 'process id .* is taken' err
ok $? 'sleep: verify sees that the process id is taken'
ckpt restart -d -i sleep.img 2> err
[ $? = 1 ] && grep -q -i 'pidns' err
ok $? 'sleep: restart says so, too'
try 'sleep: show' ckpt show sleep.img
grep -q 'process.*(sleep): alive' out
ok $? 'sleep: show shows it'
kill "$(cat pid)"
ended "$(cat pid)"
try 'sleep: nothing left that keeps it from restarting' ckpt verify sleep.img
try 'sleep: restart' ckpt restart -d --pidfile pid2 --stats stats -v -i sleep.img
cmp -s pid pid2 && [ "$(cat "/proc/$(cat pid)/comm")" = sleep ]
ok $? 'sleep: is back under its process id'
python3 -c 'import json; assert json.load(open("stats"))["restore"]["nr_tasks"] == 1'
ok $? 'sleep: statistics'
try 'sleep: checkpoint, again, and kill' ckpt checkpoint --kill --stats stats -o - "$(cat pid)"
ended "$(cat pid)"
ok $? 'sleep: is dead'
mv out sleep2.img
python3 -c 'import json; assert json.load(open("stats"))["dump"]["image_bytes"] > 0'
ok $? 'sleep: statistics of the checkpoint'
# shellcheck disable=SC2002 # a pipe is what this is about
cat sleep2.img | ckpt restart -d -i - 2> err
ok $? 'sleep: restart from a pipe'
kill "$(cat pid)"
ended "$(cat pid)"

# --- exit status and signals
cat > count.sh << 'END'
trap 'echo caught >> count; exit 7' USR1
while :; do echo tick >> count; sleep 0.1; done
END
ckpt run -d bash count.sh > pid
sleep 1
try 'bash: checkpoint and kill' ckpt checkpoint --kill -o bash.img "$(cat pid)"
ended "$(cat pid)"
ckpt restart -i bash.img 2> err &
waiter=$!
sleep 2
ticks count
ok $? 'bash: ticks on after restart'
kill -USR1 $waiter
wait $waiter
[ $? = 7 ] && grep -q caught count
ok $? 'bash: gets our signal, and we its exit status'
ckpt restart --pidfile pid -i bash.img 2> err &
waiter=$!
sleep 2
kill -KILL "$(cat pid)"
wait $waiter
[ $? = 137 ]
ok $? 'bash: 128 + signal'
ckpt restart --pidns -i bash.img 2> err &
waiter=$!
sleep 2
ticks count
ok $? 'bash: ticks in a pid namespace of its own'
kill -USR1 $waiter
wait $waiter
[ $? = 7 ]
ok $? 'bash: the same there'
try 'bash: restart stopped' ckpt restart --frozen -d --pidfile pid -i bash.img
! ticks count
ok $? 'bash: does not tick'
try 'bash: thaw' ckpt thaw "$(cat pid)"
ticks count
ok $? 'bash: ticks'
try 'bash: checkpoint, left stopped' ckpt checkpoint --leave-frozen -o frozen.img "$(cat pid)"
! ticks count
ok $? 'bash: does not tick then'
try 'bash: thaw, again' ckpt thaw "$(cat pid)"
ticks count
ok $? 'bash: ticks then'
ckpt thaw "$(cat pid)" 2> err
[ $? = 1 ] && grep -q 'not frozen' err
ok $? 'bash: cannot be thawed twice'
kill -KILL "$(cat pid)"

# --- python3, with memory
cat > mem.py << 'END'
import hashlib, os, time
data = os.urandom(32 << 20)
digest = hashlib.sha256(data).hexdigest()
while True:
    open("mem", "a").write(str(hashlib.sha256(data).hexdigest() == digest) + "\n")
    time.sleep(0.1)
END
ckpt run -d python3 mem.py > pid
sleep 5
try 'python3: checkpoint and kill' ckpt checkpoint --kill --json -o mem.img "$(cat pid)"
python3 -c 'import json; assert json.load(open("out"))["pages_written"] >= 8192'
ok $? 'python3: statistics'
ended "$(cat pid)"
try 'python3: image is sound' ckpt verify --image-only mem.img
try 'python3: restart' ckpt restart -d -i mem.img
sleep 3
ticks mem && ! grep -q False mem
ok $? 'python3: its memory is the same'
kill -KILL "$(cat pid)"

# --- a terminal
if command -v script > /dev/null; then
	script -qfc 'bash -c "echo \$\$ > ttypid; while :; do date; sleep 0.2; done"' typescript \
		> /dev/null 2>&1 < /dev/null &
	sleep 2
	try 'tty: checkpoint' ckpt checkpoint -o tty.img "$(cat ttypid)"
	ckpt show tty.img 2>&1 | grep -q 'external tty'
	ok $? 'tty: is recorded as external'
	kill %script 2> /dev/null || kill $!
	kill -KILL "$(cat ttypid)" 2> /dev/null
	sleep 1
	ckpt restart -d -i tty.img > out 2> err < /dev/null
	[ $? = 1 ] && grep -q tty err
	ok $? 'tty: restart without one says so'
	rm -f typescript
	timeout 5 script -qfc 'ckpt restart -i tty.img' typescript > /dev/null 2>&1 < /dev/null
	[ "$(grep -c : typescript)" -gt 5 ]
	ok $? 'tty: restart on another terminal'
	kill -KILL "$(cat ttypid)" 2> /dev/null
fi

# --- a whole container
ckpt run -d --output ct unshare -f -p bash count.sh > pid
sleep 1
read -r init < "/proc/$(cat pid)/task/$(cat pid)/children"
ckpt checkpoint --container -o no.img "$(cat pid)" 2> err
[ $? = 1 ] && grep -q 'not the init' err
ok $? 'container: --container insists on an init'
# It may use nothing from outside of its mounts; its exit must be seen.
try 'container: checkpoint and kill' ckpt checkpoint --container --kill -o ct.img "$init"
ended "$(cat pid)"
try 'container: show' ckpt show ct.img
grep -q 'a whole container' out && grep -q 'process 1 (bash)' out
ok $? 'container: shown as such'
ckpt restart -d --pidfile pid -i ct.img 2> err
ok $? 'container: the restart makes a pid namespace'
kill -KILL "$(cat pid)"
try 'container: verify knows what --pidns does' ckpt verify --pidns ct.img
ckpt restart --pidns --pidfile pid -i ct.img 2> err &
waiter=$!
sleep 2
ticks count && grep -q 'NSpid:.*[[:space:]]1$' "/proc/$(cat pid)/status"
ok $? 'container: ticks in a new pid namespace'
kill -USR1 $waiter
wait $waiter
[ $? = 7 ]
ok $? 'container: exit status of its init'
mkfifo fifo
cat ct.img > fifo &
ckpt restart --pidns -d --pidfile pid -i - < fifo 2> err
ok $? 'container: from a pipe, which --pidns looks into'
kill -KILL "$(cat pid)"

# --- messages
python3 -c 'import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
time.sleep(1000)' &
victim=$!
sleep 1
ckpt checkpoint -o no.img $victim 2> err
[ $? = 1 ] && grep -q "task $victim" err && [ ! -e no.img ] && [ ! -e no.img.tmp ]
ok $? 'refusal: names the task, and leaves no image'
ckpt checkpoint --log log -o no.img $victim 2> err
[ $? = 1 ] && grep -q "task $victim" log && grep -q "task $victim" err
ok $? 'refusal: is in the log as well'
kill $victim
head -c 5000 mem.img > cut.img
ckpt restart -d -i cut.img 2> err
[ $? = 1 ] && grep -q verify err
ok $? 'truncated image'

# --- part of the tree itself
bash -c 'ckpt checkpoint -o self.img $$; echo "$?" >> self' > err 2>&1 < /dev/null
[ "$(cat self)" = 0 ]
ok $? 'ckpt as part of the tree'
try 'ckpt as part of the tree: image is sound' ckpt verify --image-only self.img
timeout 20 ckpt restart -i self.img 2> err
ok $? 'ckpt as part of the tree: restart'
[ "$(tail -n +2 self)" = 0 ]
ok $? 'ckpt as part of the tree: goes on'

# --- ckpt run --image
timeout 20 ckpt run -o run.img --at 1 --kill sleep 100 2> err
[ $? = 137 ]
ok $? 'run: checkpoint and kill'
try 'run: image is sound' ckpt verify --image-only run.img

echo "1..$nr"
[ $failed = 0 ]
