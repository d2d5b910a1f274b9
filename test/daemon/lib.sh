# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tools of test/daemon/run: the daemon starts and ends, commands and logs are
# compared.  The names that they use are set there.
# shellcheck shell=bash disable=SC2154

ok() {
	passed=$((passed + 1))
}

fail() {
	failed=$((failed + 1))
	echo "daemon: $name: $*" >&2
	sed 's/^/    /' "$dir/said" "$dir/log" >&2
}

# Run a command; its output is in $dir/said.  Compare its exit status.
expect() {
	local want=$1 got
	shift
	"$@" >"$dir/said" 2>&1
	got=$?
	if [ $got = "$want" ]; then ok; else
		fail "expected exit status $want, found $got: $*"
	fi
}

# The output of the last command, or the log, has this text.
says() {
	if grep -qF -- "$1" "$dir/said"; then ok; else fail "not said: $1"; fi
}

does_not_say() {
	if grep -qF -- "$1" "$dir/said"; then fail "said: $1"; else ok; fi
}

logged() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		if grep -qF -- "$1" "$dir/log"; then ok; return; fi
		sleep 0.1
	done
	fail "not logged: $1"
}

whack() {
	local want=$1
	shift
	expect "$want" "$WHACK" --ctlbase "$base" "$@"
}

# Whack with any other exit status than 0.
whack_fails() {
	if "$WHACK" --ctlbase "$base" "$@" >"$dir/said" 2>&1; then
		fail "expected a failure: $*"
	else ok; fi
}

# Start a daemon in the foreground and wait until it is ready.
start() {
	local i
	: >"$dir/out" # what an earlier one said
	"$PLUTO" --nofork --stderrlog --ctlbase "$base" \
	    --secretsfile "$secrets" "$@" >"$dir/out" 2>"$dir/log" &
	daemon=$!
	for i in $(seq 100); do
		grep -q 'Pluto initialized' "$dir/out" && return
		kill -0 $daemon 2>/dev/null || break
		sleep 0.05
	done
	fail "pluto does not start"
}

# It ended with this status, and left nothing.
ended() {
	ended_with "$1"
	no_files
}

ended_with() {
	local got
	wait $daemon
	got=$?
	daemon=
	if [ $got = "$1" ]; then ok; else fail "pluto ended with $got"; fi
}

# As nothing can be done about; the lock file is the administrator's to remove.
kill_outright() {
	kill -KILL $daemon
	wait $daemon 2>/dev/null
	rm "$base.pid"
}

no_files() {
	if [ -e "$base.pid" ] || [ -e "$base.ctl" ] || [ -e "$base.updown" ]; then
		fail "files are left: $(ls "$dir")"
		rm -f "$base.pid" "$base.ctl" "$base.updown"
	else ok; fi
}

stop() {
	whack 0 --shutdown
	no_files
	ended 0
}

# Whether the process is there, and is not merely waiting to be reaped.
runs() {
	grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null
}

good_secrets() {
	echo '10.77.0.1 10.77.0.2 : PSK "a secret that is long enough"' \
	    >"$secrets"
	chmod 600 "$secrets"
}

connection() {
	echo "--name $1 --host 10.77.0.1 --client 10.1.0.0/16 --to" \
	    "--host 10.77.0.2 --client 10.2.0.0/16 --psk --encrypt"
}
