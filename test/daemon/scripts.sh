# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of test/daemon/run: updown scripts that succeed, fail, take their time,
# and what is undone after a pluto that was killed.
#
# What the scripts do is for them to expand; the rest is of run and lib.sh.
# shellcheck shell=bash disable=SC2016,SC2154

# recorded NAME PEER-CLIENT COMMAND: an end whose script notes its verbs and
# its environment in $dir, and then does this.
recorded() {
	whack 0 --name "$1" --host 10.77.0.1 --client 10.1.0.0/16 --updown \
	    "echo \$PLUTO_VERB \$PLUTO_CONNECTION >>$dir/verbs; env >$dir/env; $3" \
	    --to --host 10.77.0.2 --client "$2" --psk --encrypt
}

# "verb connection, verb connection" since the last call
verbs_are() {
	local found
	found=$(paste -sd, "$dir/verbs" 2>/dev/null)
	: >"$dir/verbs"
	if [ "$found" = "$1" ]; then ok; else
		fail "expected scripts '$1', found '$found'"
	fi
}

wait_for_verb() {
	local i
	for i in $(seq 100); do
		grep -q "^$1 " "$dir/verbs" && return
		sleep 0.05
	done
	fail "no script $1"
}

nothing_in_kernel() {
	ip xfrm policy list nosock >"$dir/said"
	if [ ! -s "$dir/said" ]; then ok; else fail "a policy is left"; fi
	ip route show proto 50 >"$dir/said"
	if [ ! -s "$dir/said" ]; then ok; else fail "a route is left"; fi
}

test_scripts() {
	local fds
	: >"$dir/verbs"
	IPSEC_LIBDIR=/opt/x start
	whack 0 --listen
	recorded t 10.2.0.0/16 'echo a line; echo another >&2; ls /proc/self/fd'
	fds=$(ls "/proc/$daemon/fd")
	whack 0 --route --name t
	says '002 "t": prepare-client output: a line'
	says '002 "t": prepare-client output: another'
	says '002 "t": route-client output: 3'
	does_not_say 'output: 4'
	says '004 "t": routed'
	verbs_are 'prepare-client t,route-client t'
	expect 0 ip xfrm policy list nosock
	says 'src 10.1.0.0/16 dst 10.2.0.0/16'
	LC_ALL=C sort "$dir/env" | grep -v '^\(PWD\|OLDPWD\|SHLVL\|_\|PATH\)=' \
	    >"$dir/sorted"
	expect 0 diff "$dir/sorted" - <<-'END'
		IPSEC_LIBDIR=/opt/x
		PLUTO_CONNECTION=t
		PLUTO_INTERFACE=v0
		PLUTO_ME=10.77.0.1
		PLUTO_MY_CLIENT=10.1.0.0/16
		PLUTO_MY_CLIENT_MASK=255.255.0.0
		PLUTO_MY_CLIENT_NET=10.1.0.0
		PLUTO_MY_ID=10.77.0.1
		PLUTO_MY_PORT=0
		PLUTO_MY_PROTOCOL=0
		PLUTO_NEXT_HOP=10.77.0.2
		PLUTO_PEER=10.77.0.2
		PLUTO_PEER_CLIENT=10.2.0.0/16
		PLUTO_PEER_CLIENT_MASK=255.255.0.0
		PLUTO_PEER_CLIENT_NET=10.2.0.0
		PLUTO_PEER_ID=10.77.0.2
		PLUTO_PEER_PORT=0
		PLUTO_PEER_PROTOCOL=0
		PLUTO_VERB=route-client
		PLUTO_VERSION=1.1
	END
	whack 0 --unroute --name t
	verbs_are 'unroute-client t'
	nothing_in_kernel
	expect 0 diff - <(ls "/proc/$daemon/fd") <<<"$fds"
	stop
	verbs_are ''
}

test_default_script() {
	start
	whack 0 --listen
	# shellcheck disable=SC2046
	whack 0 $(connection t)
	whack 0 --route --name t
	expect 0 ip route show proto 50
	says '10.2.0.0/16 dev v0'
	stop
	nothing_in_kernel
}

test_script_fails() {
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 '[ $PLUTO_VERB != route-client ] || exit 5'
	whack_fails --route --name t
	says '025 "t": route-client command exited with status 5'
	verbs_are 'prepare-client t,route-client t'
	nothing_in_kernel
	recorded u 10.3.0.0/16 'kill -9 $$'
	whack_fails --route --name u
	says '025 "u": prepare-client command was killed by signal 9'
	stop
	logged 'route-client command exited with status 5'
}

# While a script runs whack is answered, and what is for the kernel waits.
test_slow_script() {
	local route
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 '[ $PLUTO_VERB != prepare-client ] || sleep 1'
	recorded u 10.3.0.0/16 true
	"$WHACK" --ctlbase "$base" --route --name t >/dev/null &
	route=$!
	wait_for_verb prepare-client
	whack 0 --status
	says '000 "t"'
	verbs_are 'prepare-client t'
	whack 0 --route --name u
	verbs_are 'route-client t,prepare-client u,route-client u'
	if wait $route; then ok; else fail "t is not routed"; fi
	stop
	verbs_are 'unroute-client t,unroute-client u'
	nothing_in_kernel
}

test_shutdown_waits_for_scripts() {
	local whack_pid
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 '[ $PLUTO_VERB != unroute-client ] || sleep 1'
	whack 0 --route --name t
	"$WHACK" --ctlbase "$base" --shutdown >/dev/null &
	whack_pid=$!
	wait_for_verb unroute-client
	whack 30 --route --name t
	says '030 pluto is shutting down'
	whack 0 --status
	says '000 "t"'
	whack 0 --shutdown
	if wait $whack_pid; then ok; else fail "whack --shutdown"; fi
	ended 0
	verbs_are 'prepare-client t,route-client t,unroute-client t'
	nothing_in_kernel
}

test_second_signal_does_not_wait() {
	local began
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 \
	    "[ \$PLUTO_VERB != unroute-client ] || [ -e $dir/fast ] || exec sleep 33"
	whack 0 --route --name t
	began=$SECONDS
	kill -TERM $daemon
	wait_for_verb unroute-client
	if runs $daemon; then ok; else fail "pluto has not waited"; fi
	kill -TERM $daemon
	ended_with 0
	if [ $((SECONDS - began)) -lt 20 ]; then ok; else fail "it took long"; fi
	logged 'not waiting for updown scripts'
	if pgrep -fx 'sleep 33' >/dev/null; then fail "the script runs on"; else ok; fi
	nothing_in_kernel
	# What has not been undone is the next one's; it is not waited for either.
	: >"$dir/verbs"
	"$PLUTO" --nofork --stderrlog --ctlbase "$base" >"$dir/out" 2>"$dir/log" &
	daemon=$!
	wait_for_verb unroute-client
	kill -TERM $daemon
	ended_with 1
	logged 'stopped before all was undone'
	if pgrep -fx 'sleep 33' >/dev/null; then fail "the script runs on"; else ok; fi
	if [ -s "$dir/out" ] || [ -e "$base.pid" ]; then fail "it went on"; else ok; fi
	: >"$dir/verbs"
	: >"$dir/fast"
	start
	verbs_are 'unroute-client t'
	stop
	verbs_are ''
	rm "$dir/fast"
}

# What a pluto that was killed has left goes, and nothing else.
test_killed_and_started_again() {
	start
	whack 0 --listen
	# shellcheck disable=SC2046
	whack 0 $(connection t)
	whack 0 --route --name t
	expect 0 ip xfrm policy add src 10.8.0.0/16 dst 10.9.0.0/16 dir out \
	    tmpl src 10.77.0.1 dst 10.77.0.9 proto esp mode tunnel reqid 7
	expect 0 ip route show proto 50
	says '10.2.0.0/16 dev v0'
	kill_outright
	expect 0 ip xfrm policy list nosock
	says 'dst 10.2.0.0/16'
	start
	expect 0 ip route show proto 50
	does_not_say '10.2.0.0/16'
	expect 0 ip xfrm policy list nosock
	does_not_say 'dst 10.2.0.0/16'
	says 'dst 10.9.0.0/16'
	whack 0 --listen
	# shellcheck disable=SC2046
	whack 0 $(connection t)
	whack 0 --route --name t
	does_not_say 'already'
	stop
	expect 0 ip xfrm policy delete src 10.8.0.0/16 dst 10.9.0.0/16 dir out
	nothing_in_kernel
}

# Its scripts are called as if it had been shut down, the newest first.
test_killed_has_its_scripts_undone() {
	local name_of_it="o'dd \"name\""
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 'echo "$PLUTO_VERB is heard"; exit 0'
	recorded gone 10.4.0.0/16 true
	recorded "$name_of_it" 10.3.0.0/16 '[ $PLUTO_VERB != unroute-client ] || exit 4'
	recorded never 10.5.0.0/16 '[ $PLUTO_VERB != route-client ] || exit 5'
	whack 0 --route --name t
	sed '/^PLUTO_VERB=/d' "$dir/env" | LC_ALL=C sort >"$dir/before"
	whack 0 --route --name gone
	whack 0 --route --name "$name_of_it"
	whack 0 --unroute --name gone
	whack_fails --route --name never
	if [ "$(stat -c %a "$base.updown")" = 600 ]; then ok; else
		fail "the journal's mode is $(stat -c %a "$base.updown")"
	fi
	kill_outright
	: >"$dir/verbs"
	start
	verbs_are "unroute-client $name_of_it,unroute-client t"
	sed '/^PLUTO_VERB=/d' "$dir/env" | LC_ALL=C sort >"$dir/after"
	expect 0 diff "$dir/before" "$dir/after"
	logged 'running 2 to undo it'
	logged '"t": unroute-client output: unroute-client is heard'
	logged "\"$name_of_it\": unroute-client command exited with status 4"
	if [ -e "$base.updown" ]; then fail "the journal is left"; else ok; fi
	whack 0 --status
	stop
	verbs_are ''
	nothing_in_kernel
}

# What was running then counts as done.
test_killed_while_a_script_runs() {
	local route
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 '[ $PLUTO_VERB != route-client ] || exec sleep 2'
	"$WHACK" --ctlbase "$base" --route --name t >/dev/null 2>&1 &
	route=$!
	wait_for_verb route-client
	kill_outright
	wait $route
	start
	verbs_are 'prepare-client t,route-client t,unroute-client t'
	stop
	nothing_in_kernel
}

# Nothing of what others wrote, or could have, is run.
test_journal_of_somebody_else() {
	: >"$dir/verbs"
	start
	whack 0 --listen
	recorded t 10.2.0.0/16 true
	whack 0 --route --name t
	kill_outright
	chmod 644 "$base.updown"
	: >"$dir/verbs"
	start
	logged 'is not used: its mode allows more'
	verbs_are ''
	whack 0 --listen
	recorded t 10.2.0.0/16 true
	whack 0 --route --name t
	verbs_are 'prepare-client t,route-client t'
	whack 0 --shutdown
	ended_with 0
	if [ -s "$base.updown" ]; then ok; else fail "the file is not left"; fi
	rm "$base.updown"
	ip route flush proto 50
	nothing_in_kernel
}
