#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Services as they are installed: checkpoint, kill, restart, and see that they
# know what they were told, and still serve.

test=services
# shellcheck source=tools/testing/selftests/checkpoint/common.sh
. "$(dirname "$0")/common.sh"

PATH=$PATH:/usr/lib/postgresql/15/bin
cd "$tmp" || exit 1
chmod 755 .
pid=

cleanup()
{
	[ -z "$pid" ] || pkill -KILL -s "$pid"
	rm -rf "$tmp"
}

# says TEXT COMMAND...: its output, left in the file "got", has the text soon
says()
{
	local text=$1
	shift
	for _ in {1..100}; do
		"$@" > "$tmp/got" 2> "$tmp/err"
		! grep -qF -- "$text" "$tmp/got" || return 0
		sleep 0.2
	done
	echo "no $text, but:" >> "$tmp/err"
	cat "$tmp/got" >> "$tmp/err"
	return 1
}

start()
{
	rm -f image pidfile
	ckpt run -d --pidfile pidfile --output log "$@" > /dev/null 2> "$tmp/err" || return 1
	pid=$(cat pidfile)
}

again()
{
	ckpt checkpoint --kill -o image "$pid" > "$tmp/err" 2>&1 || return 1
	for _ in {1..100}; do
		pgrep -s "$pid" > /dev/null || break
		sleep 0.1
	done
	ckpt restart -d --image image > "$tmp/err" 2>&1
}

end()
{
	[ -z "$pid" ] || pkill -KILL -s "$pid"
	pid=
}

get()
{
	python3 - "$@" <<- 'END'
		import http.client, socket, sys
		to = sys.argv[1]
		local = to[0] == "/"
		c = http.client.HTTPConnection("localhost")
		c.sock = socket.socket(socket.AF_UNIX if local else socket.AF_INET)
		c.sock.settimeout(10)
		c.sock.connect(to if local else ("127.0.0.1", int(to)))
		c.request("GET", "/")
		print(c.getresponse().read().decode())
	END
}

for program in ckpt nginx redis-server postgres python3; do
	command -v $program > /dev/null && continue
	ktap_print_header
	ktap_skip_all "needs $program"
	exit "$KSFT_SKIP"
done
ip link set lo up

ktap_print_header
ktap_set_plan 5

# --- nginx: a master and two workers, epoll, memory they share
mkdir web
cat > nginx.conf <<- END
	worker_processes 2;
	daemon off;
	pid $tmp/nginx.pid;
	error_log $tmp/log;
	events { worker_connections 64; }
	http {
		access_log $tmp/access.log;
		client_body_temp_path $tmp/web;
		proxy_temp_path $tmp/web;
		fastcgi_temp_path $tmp/web;
		uwsgi_temp_path $tmp/web;
		scgi_temp_path $tmp/web;
		limit_req_zone \$server_name zone=one:1m rate=100r/s;
		server {
			listen 127.0.0.1:5004;
			listen unix:$tmp/nginx.sock;
			limit_req zone=one burst=10;
			location / { return 200 "served by \$pid"; }
		}
	}
END
start nginx -c "$tmp/nginx.conf" && says served get 5004 && again &&
	says served get 5004 && says served get "$tmp/nginx.sock" &&
	# The master replaces a worker.
	kill "$(sed 's/.*by //' "$tmp/got")" && sleep 1 && says served get 5004 &&
	[ "$(pgrep -c -s "$pid")" = 3 ]
result $? nginx
end

# --- redis: threads, a listening socket; data in memory only, and a time to live
ask()
{
	redis-cli -p 6390 "$@"
}
start redis-server --port 6390 --unixsocket "$tmp/redis.sock" --save '' &&
	says PONG ask ping && says OK ask set key value && says OK ask set short lived ex 1000 &&
	again && says value ask get key && says value redis-cli -s "$tmp/redis.sock" get key &&
	ask ttl short > got && [ "$(cat got)" -gt 900 ] && [ "$(cat got)" -le 1000 ]
result $? redis
end

# --- PostgreSQL: shared memory, semaphores, a client in the tree in the middle of
# a transaction
cat > database.sh <<- 'END'
	exec 2>&1
	data=/var/lib/postgresql/15/main
	postgres -D $data -c config_file=/etc/postgresql/15/main/postgresql.conf \
		-c unix_socket_directories="$PWD" -c port=5433 -c jit=off &
	until psql -h "$PWD" -p 5433 -c 'select 1' postgres; do
		sleep 0.2
	done
	psql -h "$PWD" -p 5433 postgres <<- 'SQL'
		create table t (x int);
		begin;
		insert into t values (42);
		\! echo in the transaction
		\! until [ -e go ]; do sleep 0.1; done
		commit;
		select 'sum ' || sum(x) from t;
	SQL
	wait
END
mkdir db
chown postgres db
cd db || exit
query()
{
	setpriv --reuid=postgres --regid=postgres --clear-groups \
		psql -h "$tmp/db" -p 5433 -c "$1" postgres
}
start unshare --ipc setpriv --reuid=postgres --regid=postgres --init-groups sh ../database.sh &&
	says 'in the transaction' cat log && query 'insert into t values (1)' > got 2> "$tmp/err" &&
	again
result $? 'PostgreSQL: restart'
touch go
says 'sum 43' cat log && says 43 query 'select sum(x) from t'
result $? 'PostgreSQL: the transaction goes on'
end
cd "$tmp" || exit

# --- python's asyncio: epoll, a socket pair to wake it up, children
cat > serve.py <<- 'END'
	import asyncio
	async def serve(r, w):
	    await r.readuntil(b"\r\n\r\n")
	    p = await asyncio.create_subprocess_exec("echo", "served", stdout=-1)
	    body = (await p.communicate())[0]
	    w.write(b"HTTP/1.0 200 OK\r\n\r\n" + body)
	    await w.drain()
	    w.close()
	async def main():
	    one = await asyncio.start_unix_server(serve, "aio.sock")
	    two = await asyncio.start_server(serve, "127.0.0.1", 5002)
	    await asyncio.gather(one.serve_forever(), two.serve_forever())
	asyncio.run(main())
END
start python3 serve.py && says served get 5002 && sleep 1 && again &&
	says served get 5002 && says served get "$tmp/aio.sock"
result $? asyncio
end

ktap_finished
