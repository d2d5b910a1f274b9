#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How SAs end, on a real kernel: one by one, with their daemon, with the peer's,
# or outright killed; and that nothing piles up.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

# The serial number of the newest state whose line of --status has this text.
state_of() { # SIDE TEXT
	whack "$1" --status | grep -F "$2" | grep -oE '^000 #[0-9]+' | head -n 1 |
		grep -oE '[0-9]+$'
}

delete_state() { # SIDE TEXT
	whack "$1" --deletestate "$(state_of "$1" "$2")"
}

no_states() { # SIDE
	whack "$1" --status > /run/status
	cat /run/status
	! grep -q '^000 #' /run/status
}

count_sas() { # SIDE
	ip -n "$1" xfrm state | grep -c '^src'
}

no_sas() { # SIDE: soon
	wait_until 5 eval "[ \"\$(count_sas $1)\" = 0 ]"
}

# ---- one by one -------------------------------------------------------------

# An IPsec SA, which the peer is told of, and whose connection is still wanted;
# and an ISAKMP SA.
deleted() {
	pair_start || return
	pair_add t "${clients[@]}" --encrypt --policy modern
	comes_up left t
	check 'deletestate of the IPsec SA' delete_state left STATE_QUICK_I2
	check 'no SA is left of it' no_sas left
	check 'right was told' logged right 'received Delete for ESP SPI'
	check 'so there is none there either' no_sas right
	check 'unknown state' eval '! whack left --deletestate 4711'
	initiate left t
	check 'up again' codes_are '112 004'
	pings 10.78.1.1 10.78.2.1
	check 'deletestate of the ISAKMP SA' delete_state left STATE_MAIN_I4
	check 'terminate' whack left --terminate --name t
	pair_terminate t
	check 'nothing is left' kernel_empties left right
	check 'no state' no_states left
	pair_stop
}

# With its daemon: by request and by signal.
daemon_ends() { # --shutdown|TERM
	pair_start || return
	pair_add t "${clients[@]}" --encrypt
	pair_add h "${hosts[@]}" --encrypt
	comes_up left t
	check 'left has SAs' [ "$(count_sas left)" = 2 ]
	initiate right h
	check 'h comes up' [ "$status" = 0 ]
	check 'on left as well' wait_until 5 status_shows left '"h" STATE_QUICK_R2'
	if [ "$1" = TERM ]; then
		kill -TERM "${pluto_pid[left]}"
		check 'left ends' wait_until 5 process_gone "${pluto_pid[left]}"
	else
		pluto_stop left
	fi
	clean_check left
	check 'right was told of two' told_of_two
	pair_stop
}

told_of_two() {
	grep 'received Delete for ESP' "$OUT/$scenario_name-right.log"
	[ "$(grep -c 'received Delete for ESP' "$OUT/$scenario_name-right.log")" = 2 ]
}

# ---- killed outright --------------------------------------------------------

# With a script of its own on the left, and with the default one.
# shellcheck disable=SC2016 # for the script to expand
script='case $PLUTO_VERB in up-*) what=add ;; down-*) what=del ;; *) exit 0 ;; esac;'
script+=' ip route $what blackhole 10.97.0.0/16'
own=(--host 10.77.0.1 --client 10.78.1.0/24 --updown "$script"
	--to --host 10.77.0.2 --client 10.78.2.0/24 --updown true)
default=(--host 10.77.0.1 --client 10.78.1.0/24
	--to --host 10.77.0.2 --client 10.96.0.0/16)

has_routes_of_scripts() {
	ip -n left route
	[ "$(ip -n left route | grep -cE '^(blackhole 10.97|10.96).0.0/16')" = "$1" ]
}

# The next one clears what its predecessor left, and nothing else.
killed() {
	local foreign
	pair_start || return
	add left t "${own[@]}" --encrypt --authenticate
	add right t "${clients[@]}" --encrypt --authenticate
	pair_add h "${hosts[@]}" --encrypt
	add left d "${default[@]}" --encrypt
	foreign_things
	foreign=$(kernel_tables)
	comes_up left t
	check 'route h' whack left --route --name h
	check 'route d' whack left --route --name d
	check 'two routes of scripts' has_routes_of_scripts 2
	{ kill -KILL "${pluto_pid[left]}" && wait "${pluto_pid[left]}"; } 2> /dev/null
	check 'its SAs are still there' [ "$(count_sas left)" -ge 5 ]
	on left sh -c 'rm -f /run/pluto.pid /run/pluto.ctl'
	# The log of this scenario goes on in another file.
	scenario_name+=-again
	listening left || return
	check 'the foreign ones are, the others are not' tables_are "$foreign"
	check 'nor are the routes' has_routes_of_scripts 0
	check 'the log says it' logged left 'left'
	check 'of scripts, too' logged left 'running 4 to undo it'
	add left t "${own[@]}" --encrypt --authenticate
	comes_up left t
	pings 10.78.1.1 10.78.2.1
	whack left --terminate --name t > /run/check 2>&1
	check 'and so it stays' tables_are "$foreign"
	pluto_stop left
	check 'to the end' tables_are "$foreign"
	ip -n left xfrm state flush
	ip -n left xfrm policy flush
	pluto_stop right
	clean_check left
	clean_check right
}

# What an administrator, or another daemon, might have.
foreign_things() {
	ip -n left -batch - <<-END
		xfrm state add src 10.77.0.1 dst 10.77.0.9 proto esp spi 0x12345678 reqid 77 mode tunnel enc cbc(aes) 0x00112233445566778899aabbccddeeff auth-trunc hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213 96
		xfrm state add src 10.77.0.9 dst 10.77.0.1 proto ah spi 0x12345679 mode transport auth-trunc hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213 96
		xfrm policy add src 10.78.1.0/24 dst 10.99.0.0/16 dir out tmpl src 10.77.0.1 dst 10.77.0.9 proto esp reqid 77 mode tunnel
		xfrm policy add src 10.98.0.0/16 dst 10.78.1.0/24 dir fwd action block
	END
}

kernel_tables() {
	ip -n left xfrm state | grep -v 'anti-replay'
	ip -n left xfrm policy list nosock
}

tables_are() { # TABLES
	wait_until 3 same_tables "$1" || diff <(echo "$1") <(kernel_tables)
}

same_tables() { # TABLES
	[ "$(kernel_tables)" = "$1" ]
}

# ---- the peer is gone -------------------------------------------------------

# Begun first and looked at last, since it takes its retransmissions: the SA of
# third, which is wanted but cannot be replaced any more.
peer_gone_begins() {
	listening third || return
	listening right || return
	for side in third right; do
		add $side g --host 10.77.0.3 --client 10.78.3.0/24 --updown true \
			--to --host 10.77.0.2 --client 10.78.2.0/24 --updown true \
			--encrypt --ipseclifetime 20 --rekeymargin 15 --rekeyfuzz 0 \
			--keyingtries 1
	done
	comes_up third g
	{ kill -KILL "${pluto_pid[right]}" && wait "${pluto_pid[right]}"; } 2> /dev/null
	pluto_pid[right]=
	on right sh -c 'rm -f /run/pluto.pid /run/pluto.ctl'
	flush_xfrm right
	gone_began=$SECONDS
}

peer_gone_ends() {
	check 'it was tried' logged third 'retransmission'
	check 'and given up' wait_until $((gone_began + 100 - SECONDS)) \
		logged third 'max number of retransmissions'
	check 'what is wanted is still caught' no_sa_but_trap
	check 'terminate' whack third --terminate --name g
	check 'nothing is left' kernel_empties third
	pluto_stop third
	clean_check third
}

no_sa_but_trap() {
	ip -n third xfrm state
	ip -n third xfrm policy list dir out
	[ -z "$(ip -n third xfrm state | grep 'proto esp spi 0x[0-9a-f]*[1-9a-f]')" ] &&
		ip -n third xfrm policy list dir out | grep -q 'dst 10.78.2.0/24'
}

# ---- nothing piles up -------------------------------------------------------

descriptors() { # SIDE
	find "/proc/${pluto_pid[$1]}/fd" -type l | wc -l
}

kilobytes() { # SIDE
	awk '/^VmRSS/ { print $2 }' "/proc/${pluto_pid[$1]}/status"
}

up_and_down() { # TIMES
	local i
	for ((i = 0; i < $1; i++)); do
		whack left --initiate --name t > /run/check 2>&1 || return
		for side in left right; do
			whack $side --terminate --name t > /run/check 2>&1 || return
		done
	done
}

# After a few rounds everything that is kept for good is there.
cycles() {
	local fds=() kb=() side
	pair_start || return
	pair_add t "${clients[@]}" --encrypt --authenticate --compress --pfs
	check 'the first rounds' up_and_down 5
	for side in left right; do
		fds+=("$(descriptors $side)") kb+=("$(kilobytes $side)")
	done
	check 'twenty more' up_and_down 20
	for side in left right; do
		check "no descriptor more on $side" at_most "$(descriptors $side)" "${fds[0]}"
		check "nor memory" at_most "$(kilobytes $side)" $((kb[0] + 300))
		fds=("${fds[@]:1}") kb=("${kb[@]:1}")
		check "no state on $side" no_states $side
	done
	check 'nothing is left' kernel_empties left right
	pair_stop
}

at_most() { # NUMBER MOST
	echo "$1, at most $2 expected"
	[ "$1" -le "$2" ]
}

# ---- all --------------------------------------------------------------------

topology third
pair_secrets third
scenario ends-peer-gone peer_gone_begins
scenario ends-deletestate deleted
scenario ends-shutdown daemon_ends --shutdown
scenario ends-term daemon_ends TERM
scenario ends-killed killed
scenario ends-cycles cycles
scenario ends-peer-gone peer_gone_ends
results
