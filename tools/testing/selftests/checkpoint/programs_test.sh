#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs as they are installed, each with a kind of event, timer or lock:
# checkpoint, kill, restart, and see that it goes on.

test=programs
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

cd "$tmp" || exit 1
pid=

cleanup()
{
	[ -z "$pid" ] || kill -9 "$pid" 2> /dev/null
	rm -rf "$tmp"
}

# start COMMAND...: in a session of its own, with its output in the file out
start()
{
	rm -f out err pid go image
	# shellcheck disable=SC2016 # for that shell
	ckpt run -d --pidfile pid sh -c 'exec "$@" < /dev/null >> out 2>&1' sh "$@" \
		> /dev/null 2> err || return 1
	pid=$(cat pid)
}

# says TEXT: it does so soon
says()
{
	for _ in {1..150}; do
		! grep -qs "$1" out || return 0
		sleep 0.1
	done
	echo "no $1, but:" >> err
	cat out >> err
	return 1
}

# again: checkpoint, kill, restart
again()
{
	ckpt checkpoint --kill -o image "$pid" > err 2>&1 || return 1
	for _ in {1..50}; do
		kill -0 "$pid" 2> /dev/null || break
		sleep 0.1
	done
	ckpt restart -d --image image > err 2>&1
}

# python NAME: a program on stdin that says "ready", and "done" in the end
python()
{
	cat > program.py
	start python3 -u program.py && says ready && sleep 0.3 && again &&
		touch go && says 'done'
	result $? "$1"
	kill -9 "$pid" 2> /dev/null
	pid=
}

if ! command -v python3 > /dev/null || ! command -v ckpt > /dev/null; then
	ktap_print_header
	ktap_skip_all "needs python3 and ckpt"
	exit "$KSFT_SKIP"
fi

ktap_print_header
ktap_set_plan 16

python 'selectors over epoll, pipe and eventfd' <<- 'END'
	import os, selectors
	sel = selectors.DefaultSelector()
	assert isinstance(sel, selectors.EpollSelector)
	r, w = os.pipe()
	e = os.eventfd(0)
	sel.register(r, selectors.EVENT_READ, 'pipe')
	sel.register(e, selectors.EVENT_READ, 'eventfd')
	os.write(w, b'x')
	print('ready')
	while not os.path.exists('go'):
	    assert [k.data for k, _ in sel.select(0.1)] == ['pipe']
	os.eventfd_write(e, 7)
	assert sorted(k.data for k, _ in sel.select()) == ['eventfd', 'pipe']
	assert os.eventfd_read(e) == 7 and os.read(r, 1) == b'x'
	assert sel.select(0) == []
	print('done')
END

python 'waiting in epoll without a timeout, for a timerfd' <<- 'END'
	import ctypes, os, select, struct, time
	libc = ctypes.CDLL(None, use_errno=True)
	fd = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK)
	# Every 0.2 s, the first time after 1.5 s.
	libc.timerfd_settime(fd, 0, struct.pack('qqqq', 0, 200000000, 1, 500000000), None)
	ep = select.epoll()
	ep.register(fd, select.EPOLLIN | select.EPOLLET)
	print('ready')
	for i in range(5):
	    assert ep.poll() == [(fd, select.EPOLLIN)]
	    assert struct.unpack('Q', os.read(fd, 8))[0] >= 1
	print('done')
END

python 'inotify' <<- 'END'
	import ctypes, os, struct
	libc = ctypes.CDLL(None, use_errno=True)
	fd = libc.inotify_init()
	wd = libc.inotify_add_watch(fd, b'.', 0x100)
	print('ready')
	while True:
	    data = os.read(fd, 4096)
	    if b'go' in data:
	        break
	assert struct.unpack('iIII', data[:16])[:2] == (wd, 0x100)
	print('done')
END

python 'a child that is watched by a pidfd' <<- 'END'
	import os, select, signal
	child = os.fork()
	if not child:
	    while not os.path.exists('go'):
	        select.select([], [], [], 0.1)
	    os._exit(3)
	fd = os.pidfd_open(child)
	print('ready')
	assert select.select([fd], [], [])[0] == [fd]
	status = os.waitid(os.P_PIDFD, fd, os.WEXITED)
	assert status.si_pid == child and status.si_status == 3
	print('done')
END

python 'a database that is locked' <<- 'END'
	import os, sqlite3, subprocess, time
	db = sqlite3.connect('db', isolation_level=None)
	db.execute('create table t (x)')
	db.execute('begin exclusive')
	db.execute('insert into t values (42)')
	print('ready')
	while not os.path.exists('go'):
	    time.sleep(0.1)
	other = sqlite3.connect('db', timeout=0.1)
	try:
	    other.execute('select * from t')
	    raise SystemExit('not locked')
	except sqlite3.OperationalError:
	    pass
	db.execute('commit')
	assert other.execute('select x from t').fetchall() == [(42,)]
	print('done')
END

python 'an interactive shell in a pseudo terminal' <<- 'END'
	import os, pty, select, signal, time
	data = b''
	def expect(text):
	    global data
	    while text not in data:
	        assert select.select([fd], [], [], 20)[0], data
	        data += os.read(fd, 1024)
	    data = data.split(text, 1)[1]
	child, fd = pty.fork()
	if not child:
	    os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])
	os.write(fd, b'PS1=pro""mpt:; x=41; sleep 1000 &\n')
	expect(b'prompt:')
	os.write(fd, b'echo st""art; cat\n')
	expect(b'start\r\n')
	os.write(fd, b'one\n')
	expect(b'one\r\none\r\n')
	# Half a line, and what has been echoed of it is not read.
	os.write(fd, b'tw')
	time.sleep(0.3)
	print('ready')
	while not os.path.exists('go'):
	    time.sleep(0.1)
	os.write(fd, b'o\n')
	expect(b'two\r\ntwo')
	os.write(fd, b'\3')
	expect(b'prompt:')
	os.write(fd, b'echo status $?\n')
	expect(b'status 130')
	os.write(fd, b'echo sum $((x+1)); jobs; tty\n')
	expect(b'sum 42')
	expect(b'Running')
	expect(b'/dev/pts/')
	os.write(fd, b'fg\n')
	expect(b'sleep 1000')
	time.sleep(0.3)
	os.write(fd, b'\32')
	expect(b'Stopped')
	os.write(fd, b'kill %1; stty size; exit 7\n')
	try:
	    expect(b'never')
	except OSError:
	    pass
	assert os.waitpid(child, 0)[1] == 7 << 8
	print('done')
END

# --- script(1): a terminal, a signalfd, and a shell that asks for the terminal
# shellcheck disable=SC2016 # for that shell
start script -qfc 'stty rows 33; tty; while [ ! -e go ]; do sleep 0.1; done;
	stty size; echo for tty > /dev/tty; echo "done $(tty)"' typescript
says '/dev/pts/' && sleep 0.3 && again && touch go && says 'for tty' && says 'done /dev/pts/'
result $? 'script'
grep -q '^33 ' typescript 2> err && timeout 20 tail --pid="$pid" -f /dev/null
result $? 'script: goes on writing its file, and ends'
pid=

# --- tmux: a server without a terminal of its own, and a shell inside
export LC_ALL=C.UTF-8 TMUX_TMPDIR=$tmp TERM=linux
screen_says()
{
	for _ in {1..60}; do
		! tmux capture-pane -p 2>> err | grep -q "$1" || return 0
		sleep 0.1
	done
	tmux capture-pane -p >> err 2>&1
	return 1
}
rm -f err image
# shellcheck disable=SC2016 # for the shell inside
tmux -f /dev/null new-session -d -x 80 -y 24 'bash --norc --noprofile -i' &&
	pid=$(tmux display-message -p '#{pid}') &&
	tmux send-keys 'PS1=prompt:; x=41; echo first $((x + 1))' Enter &&
	screen_says 'first 42' && sleep 0.5 && again
result $? 'tmux: restart'
# shellcheck disable=SC2016 # likewise
screen_says 'first 42' && tmux send-keys 'echo second $((x + 2)); cat > kept' Enter &&
	screen_says 'second 43' && tmux send-keys 'text' Enter && sleep 2 &&
	grep -q text kept && tmux send-keys C-c &&
	tmux send-keys 'tmux split-window "echo third; cat"; echo also' Enter &&
	screen_says 'third'
result $? 'tmux: the shell goes on, and makes another'
timeout 30 script -qfc 'stty rows 24 cols 80; tmux attach' typescript \
	< <(sleep 30) > out 2>> err &
says 'second 43' && tmux detach-client -s 0 2>> err && says 'detached'
result $? 'tmux: attach and detach'
tmux kill-server 2> /dev/null
pid=

python 'a POSIX message queue' <<- 'END'
	import ctypes, os, time
	libc = ctypes.CDLL(None, use_errno=True)
	libc.unshare(0x08000000)
	queue = libc.mq_open(b'/queue', os.O_CREAT | os.O_RDWR, 0o600, None)
	assert libc.mq_send(queue, b'last', 4, 1) == 0
	assert libc.mq_send(queue, b'first', 5, 9) == 0
	print('ready')
	while not os.path.exists('go'):
	    time.sleep(0.1)
	buf, prio = ctypes.create_string_buffer(8192), ctypes.c_uint()
	for want in ((b'first', 9), (b'last', 1)):
	    n = libc.mq_receive(queue, buf, ctypes.c_size_t(8192), ctypes.byref(prio))
	    assert (buf.raw[:n], prio.value) == want
	print('done')
END

# --- keyctl(1), from the shell of a session of its own
if command -v keyctl > /dev/null; then
	# shellcheck disable=SC2016 # for that shell
	start keyctl session - sh -c '
		key=$(keyctl add user name secret @s) && keyctl show @s > before && echo ready
		while ! test -e go; do sleep 0.1; done
		keyctl show @s | cmp - before && test "$(keyctl print "$key")" = secret &&
			echo done' && says ready && sleep 0.3 && again && touch go && says 'done'
	result $? 'keyctl'
	kill -9 "$pid" 2> /dev/null
	pid=
else
	ktap_test_skip 'keyctl'
fi

# --- timeout(1) uses timer_create()
start timeout -s USR1 10 sleep 1000 && sleep 0.5 && again
result $? 'timeout: restart'
kill -0 "$pid" 2> err && timeout 20 tail --pid="$pid" -f /dev/null
result $? 'timeout: ends when the time is up'
pid=

# --- tail -f uses inotify
touch log
start tail -f log
sleep 0.5
echo before >> log
says before && again && echo after >> log && says after
result $? 'tail -f'

ktap_finished
