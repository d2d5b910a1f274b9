#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scripts of updown, by a real pluto on a real kernel: which run, in which
# order and with which variables; what fails, what is slow and what never ends;
# and the one that is used when none is named.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

record=/etc/updown/record

# Notes what it is told, and then does what its arguments say: ACTION VERB.
recorder() { # SIDE
	put "$1" $record <<-'END'
		#!/bin/sh
		{
			echo "== $PLUTO_VERB $PLUTO_CONNECTION"
			env | LC_ALL=C sort | grep -v '^\(PWD\|OLDPWD\|SHLVL\|_\)='
		} >> /etc/updown/log
		[ "$PLUTO_VERB" = "${2-}" ] || exit 0
		case $1 in
		fail) echo "no $PLUTO_VERB today" >&2; exit 7 ;;
		slow) sleep 5 ;;
		hang) sleep 1000 ;;
		esac
	END
	on "$1" chmod 755 $record
	forget "$1"
}

forget() { # SIDE...
	local side
	for side in "$@"; do
		put "$side" /etc/updown/log < /dev/null
	done
}

# ---- what has run -----------------------------------------------------------

# "verb connection, verb connection" since it was forgotten.
verbs() { # SIDE
	on "$1" sed -n 's/^== //p' /etc/updown/log | paste -sd , | sed 's/,/, /g'
}

has_verbs() { # SIDE VERBS
	[ "$(verbs "$1")" = "$2" ]
}

verbs_are() { # SIDE VERBS: soon
	wait_until 5 has_verbs "$@" && return
	echo "ran: $(verbs "$1")"
	echo "expected: $2"
	return 1
}

# All variables of the first run of this verb; those about where programs are
# found may have any value.
variables() { # SIDE VERB
	on "$1" awk -v verb="$2" '
		/^== / { on = $2 == verb && !n++; next }
		on && !/^(PATH|IPSEC_EXECDIR|IPSEC_LIBDIR)=/' /etc/updown/log
}

variables_are() { # SIDE VERB, expected ones in /run/expected
	variables "$1" "$2" | diff /run/expected -
}

# check_variables SIDE VERB, with those that differ from case to case on
# standard input, sorted
check_variables() {
	{
		cat
		printf 'PLUTO_%s=0\n' MY_PORT MY_PROTOCOL PEER_PORT PEER_PROTOCOL
		echo "PLUTO_VERB=$2"
		echo PLUTO_VERSION=1.1
	} | LC_ALL=C sort > /run/expected
	check "the variables of $2 on $1" variables_are "$1" "$2"
}

# A connection of which both ends have the recorder.
recorded() { # NAME OPTION...: ends without --updown
	local words=() word
	for word in "$@"; do
		[ "$word" != --to ] || words+=(--updown "$record")
		words+=("$word")
	done
	pair_add "${words[@]}" --updown $record --encrypt
}

# Ends without --updown.
net=(--host 10.77.0.1 --client 10.78.1.0/24 --to --host 10.77.0.2 --client 10.78.2.0/24)
other_net=(--host 10.77.0.1 --client 10.79.1.0/24 --to --host 10.77.0.2 --client 10.78.2.0/24)

client_up='prepare-client t, route-client t, up-client t'
client_down='down-client t, unroute-client t'

# ---- sequences and variables ------------------------------------------------

# Up, replaced (which runs nothing), and down.
goes_up_and_down() { # UP DOWN
	local side
	forget left right
	comes_up left t
	whack left --initiate --name t > /run/check 2>&1
	for side in left right; do
		check "scripts on $side" verbs_are $side "$1"
	done
	pair_terminate t
	for side in left right; do
		check "scripts to the end on $side" verbs_are $side "$1, $2"
	done
	check 'nothing is left' kernel_empties left right
}

tunnel() {
	pair_start || return
	recorded t "${net[@]}"
	goes_up_and_down "$client_up" "$client_down"
	for verb in prepare route up down unroute; do
		check_variables left $verb-client <<-END
			PLUTO_CONNECTION=t
			PLUTO_INTERFACE=vl
			PLUTO_ME=10.77.0.1
			PLUTO_MY_CLIENT=10.78.1.0/24
			PLUTO_MY_CLIENT_MASK=255.255.255.0
			PLUTO_MY_CLIENT_NET=10.78.1.0
			PLUTO_MY_ID=10.77.0.1
			PLUTO_NEXT_HOP=10.77.0.2
			PLUTO_PEER=10.77.0.2
			PLUTO_PEER_CLIENT=10.78.2.0/24
			PLUTO_PEER_CLIENT_MASK=255.255.255.0
			PLUTO_PEER_CLIENT_NET=10.78.2.0
			PLUTO_PEER_ID=10.77.0.2
		END
	done
	pair_stop
}

host() {
	local up='prepare-host t, route-host t, up-host t'
	pair_start || return
	recorded t --host 10.77.0.1 --id @left.example --nexthop 10.77.0.3 \
		--to --host 10.77.0.2 --id right@example.org --nexthop 10.77.0.4
	goes_up_and_down "$up" 'down-host t, unroute-host t'
	check_variables right up-host <<-END
		PLUTO_CONNECTION=t
		PLUTO_INTERFACE=vr
		PLUTO_ME=10.77.0.2
		PLUTO_MY_CLIENT=10.77.0.2/32
		PLUTO_MY_CLIENT_MASK=255.255.255.255
		PLUTO_MY_CLIENT_NET=10.77.0.2
		PLUTO_MY_ID=right@example.org
		PLUTO_NEXT_HOP=10.77.0.4
		PLUTO_PEER=10.77.0.1
		PLUTO_PEER_CLIENT=10.77.0.1/32
		PLUTO_PEER_CLIENT_MASK=255.255.255.255
		PLUTO_PEER_CLIENT_NET=10.77.0.1
		PLUTO_PEER_ID=@left.example
	END
	pair_stop
}

ipv6() {
	local v=-v6
	pair_start || return
	recorded t --ipv6 --host fd77::1 --client fd78:1::/64 \
		--to --host fd77::2 --client fd78:2::/64
	goes_up_and_down "prepare-client$v t, route-client$v t, up-client$v t" \
		"down-client$v t, unroute-client$v t"
	check_variables left up-client-v6 <<-END
		PLUTO_CONNECTION=t
		PLUTO_INTERFACE=vl
		PLUTO_ME=fd77::1
		PLUTO_MY_CLIENT=fd78:1::/64
		PLUTO_MY_CLIENT_MASK=ffff:ffff:ffff:ffff::
		PLUTO_MY_CLIENT_NET=fd78:1::
		PLUTO_MY_ID=fd77::1
		PLUTO_NEXT_HOP=fd77::2
		PLUTO_PEER=fd77::2
		PLUTO_PEER_CLIENT=fd78:2::/64
		PLUTO_PEER_CLIENT_MASK=ffff:ffff:ffff:ffff::
		PLUTO_PEER_CLIENT_NET=fd78:2::
		PLUTO_PEER_ID=fd77::2
	END
	pair_stop
}

# Two connections of left to the same client of right: one route.
shared() {
	pair_start || return
	recorded t "${net[@]}"
	recorded u "${other_net[@]}"
	forget left right
	comes_up left t
	initiate left u
	check 'u comes up' [ $status = 0 ]
	check 'left routes once' verbs_are left "$client_up, up-client u"
	check 'right routes both' verbs_are right \
		"$client_up, prepare-client u, route-client u, up-client u"
	forget left
	pair_terminate t
	check 'the route is still needed' verbs_are left 'down-client t'
	pair_terminate u
	check 'no longer' verbs_are left 'down-client t, down-client u, unroute-client u'
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# The same subnet from another place: the scripts of the old one come first.
takeover() {
	local side old new
	for side in right left third; do
		listening $side || return
	done
	add right rw --host 10.77.0.2 --client 10.78.2.0/24 --updown $record \
		--to --host %any --client 10.78.1.0/24 --encrypt
	add left t "${clients[@]}" --encrypt
	add third t --host 10.77.0.3 --client 10.78.1.0/24 --updown true \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --updown true --encrypt
	forget right
	comes_up left t
	comes_up third t
	old='prepare-client rw, route-client rw, up-client rw'
	new="$old, down-client rw, unroute-client rw, $old"
	check 'scripts of right' verbs_are right "$new"
	check 'of the one' [ "$(peers_of up-client)" = '10.77.0.1 10.77.0.3' ]
	check 'and of the other' [ "$(peers_of down-client)" = 10.77.0.1 ]
	for side in third left right; do
		pluto_stop $side
	done
	for side in third left right; do
		clean_check $side
	done
}

# The peers for which this verb ran on right, in order.
peers_of() { # VERB
	on right awk -v verb="$1" '/^== / { on = $2 == verb }
		on && /^PLUTO_PEER=/ { sub(".*=", ""); print }' /etc/updown/log |
		paste -sd ' '
}

# ---- scripts that fail ------------------------------------------------------

# Left's script fails at VERB; what was done before is undone.
fails_at() { # VERB VERBS
	forget left
	add left t --host 10.77.0.1 --client 10.78.1.0/24 --updown "$record fail $1" \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --encrypt --keyingtries 1
	on left timeout 20 "$BUILD/whack" --initiate --name t > /run/initiate 2>&1
	status=$?
	check "$1 fails, and so does the connection" [ $status != 0 -a $status != 124 ]
	check 'whack is told why' grep -qF "$1 command exited with status 7" /run/initiate
	check 'the log has what it said' logged left "\"t\": $1 output: no $1 today"
	check 'what was done is undone' verbs_are left "$2"
	check 'left has nothing in the kernel' kernel_empties left
	pair_terminate t
	check 'nothing is left' kernel_empties left right
}

failing() {
	pair_start || return
	add right t "${clients[@]}" --encrypt
	fails_at prepare-client 'prepare-client t'
	fails_at route-client 'prepare-client t, route-client t'
	fails_at up-client "$client_up, unroute-client t"
	pair_stop
}

# Then it is only said.
failing_down() {
	pair_start || return
	add right t "${clients[@]}" --encrypt
	for verb in down-client unroute-client; do
		forget left
		add left t --host 10.77.0.1 --client 10.78.1.0/24 \
			--updown "$record fail $verb" \
			--to --host 10.77.0.2 --client 10.78.2.0/24 --encrypt
		initiate left t
		whack left --terminate --name t > /run/check 2>&1
		whack right --terminate --name t > /run/check 2>&1
		check "$verb fails" logged left "$verb command exited with status 7"
		check 'the rest is done' verbs_are left "$client_up, $client_down"
		check 'nothing is left' kernel_empties left right
	done
	pair_stop
}

# ---- scripts that take their time -------------------------------------------

running() { # SIDE VERB: the newest script is of this verb
	on "$1" tail -n 30 /etc/updown/log | grep '^== ' | tail -n 1 | grep -qF "$2"
}

two_sas() { # SIDE
	ip -n "$1" xfrm state
	[ "$(ip -n "$1" xfrm state | grep -c '^src')" = 2 ]
}

milliseconds() {
	local now=${EPOCHREALTIME/./}
	echo $((now / 1000))
}

# While left's script for t takes its 5 s, u does its Main Mode, which it needs
# since it has other identities, and waits.
slow() {
	local began
	pair_start || return
	add right t "${clients[@]}" --encrypt
	add left t --host 10.77.0.1 --client 10.78.1.0/24 \
		--updown "$record slow prepare-client" \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --encrypt
	pair_add u --host 10.77.0.1 --id @u.left --client 10.79.1.0/24 \
		--updown true --to --host 10.77.0.2 --id @u.right \
		--client 10.79.2.0/24 --updown true --encrypt
	forget left
	whack left --initiate --name t --asynchronous > /run/check 2>&1
	check 'the script runs' wait_until 5 running left prepare-client
	began=$(milliseconds)
	on_background left /run/initiate.u /run/initiate.u \
		"$BUILD/whack" --initiate --name u
	local u=$!
	check "u has its ISAKMP SA" wait_until 4 \
		grep -q '^004.*ISAKMP SA established' /run/initiate.u
	check 'status is answered' status_shows left '"u"'
	check 'within the 5 s' [ $(($(milliseconds) - began)) -lt 4000 ]
	check 'no IPsec SA but those of t' two_sas left
	check 'the script still runs' has_verbs left 'prepare-client t'
	wait $u
	check 'u comes up' grep -q '^004.*IPsec SA established' /run/initiate.u
	check 'right after the script' [ $(($(milliseconds) - began)) -lt 9000 ]
	check 't is up' wait_until 5 status_shows left '"t" STATE_QUICK_I2'
	pings 10.78.1.1 10.78.2.1
	pair_terminate t
	pair_terminate u
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# Third's script never ends: begun first, looked at last.
hanging_begins() {
	listening third || return
	add third t --host 10.77.0.3 --client 10.78.3.0/24 \
		--updown "$record hang route-client" \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --encrypt
	hanging_began=$(milliseconds)
	on_background third /run/hanging /run/hanging "$BUILD/whack" --route --name t
	hanging_whack=$!
}

hanging_ends() {
	local took
	wait "$hanging_whack"
	status=$?
	took=$(($(milliseconds) - hanging_began))
	check 'whack is told' [ $status != 0 ]
	check 'the log says it' logged third 'route-client command did not end within 60 s and was killed'
	check 'only what had begun ran' verbs_are third 'prepare-client t, route-client t'
	check 'nothing is left of it' not_running sleep
	check 'nor in the kernel' kernel_empty third
	check 'nothing else waits' [ $took -ge 59000 ]
	pluto_stop third
	clean_check third
}

not_running() { # PROGRAM: on third
	local pid
	for pid in $(ip netns pids third); do
		[ "$(cat "/proc/$pid/comm")" != "$1" ] || return 1
	done
}

# ---- the default ------------------------------------------------------------

# "ipsec _updown" makes the route and removes it; one that it has not made
# stays.
default_script() {
	ip -n left route del 10.78.2.0/24
	ip -n left route add 10.78.2.0/24 via 10.77.0.3 metric 7
	pair_start || return
	add right t "${clients[@]}" --encrypt
	add left t "${net[@]}" --encrypt
	comes_up left t
	check 'a route to the client' route_to_client
	pings 10.78.1.1 10.78.2.1
	pair_terminate t
	check 'is there no more' wait_until 5 eval '! route_to_client'
	ip -n left route del 10.78.2.0/24 via 10.77.0.3 metric 7
	status=$?
	check 'the other is still there' [ $status = 0 ]
	ip -n left route add 10.78.2.0/24 via 10.77.0.2
	pair_stop
}

# One without the other's metric.
route_to_client() {
	ip -n left route show 10.78.2.0/24
	ip -n left route show 10.78.2.0/24 | grep 'dev vl' | grep -qv 'metric 7'
}

# ---- all --------------------------------------------------------------------

topology third
pair_secrets third
for side in left right third; do
	recorder $side
done
scenario updown-hanging hanging_begins
scenario updown-tunnel tunnel
scenario updown-host host
scenario updown-ipv6 ipv6
scenario updown-shared shared
scenario updown-failing failing
scenario updown-failing-down failing_down
scenario updown-slow slow
scenario updown-default default_script
scenario updown-hanging hanging_ends
scenario updown-takeover takeover
results
