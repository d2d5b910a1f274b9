#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routing on a real kernel: traps whose packets begin a negotiation, 500 of them
# at once; what --route and --unroute refuse; reports that the kernel lost, and
# tables that somebody else emptied.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

exits() { # STATUS COMMAND...
	local expected=$1 got
	shift
	"$@"
	got=$?
	echo "exit status $got, expected $expected"
	[ $got = "$expected" ]
}

routed() { # SIDE NAME
	check "route $2 on $1" whack "$1" --route --name "$2"
}

# A policy that catches what left sends there, or protects it.
caught() { # SIDE TO
	ip -n "$1" xfrm policy list dir out
	ip -n "$1" xfrm policy list dir out | grep -q "^src .* dst $2 "
}

not_caught() { # SIDE TO
	! caught "$@"
}

# The first packet may be lost, and ping repeats it.
begins() { # FROM TO
	check 'a packet begins it' wait_until 10 \
		on left ping -c 1 -W 1 -I "$1" "$2"
	check 'and all others pass' ping_through left "$1" "$2"
}

# ---- traps ------------------------------------------------------------------

# What is sent from trap to tunnel and back to trap is never in the clear.
trap_of() { # FROM TO POLICY
	local from=$1 to=$2 selector=$3
	capture_start "$scenario_name"
	check 'not caught yet' not_caught left "$selector"
	routed left t
	check 'now it is' caught left "$selector"
	check 'no SA' [ -z "$(ip -n left xfrm state)" ]
	begins "$from" "$to"
	check 'IPsec SA on left' status_shows left '"t" STATE_QUICK_I2'
	check '--unroute is refused with 26' exits 26 whack left --unroute --name t
	pair_terminate t
	check 'the trap is there again' caught left "$selector"
	check 'on right nothing is' kernel_empties right
	begins "$from" "$to"
	pair_terminate t
	capture_stop
	check 'only IKE and ESP on the wire' wire_had_only isakmp esp
	check '--unroute' whack left --unroute --name t
	check 'nothing is left' kernel_empties left right
	capture_start "$scenario_name-clear"
	check 'pings pass without' ping_through left "$from" "$to"
	capture_stop
	check 'in the clear' wire_had_only clear
}

trap_tunnel() {
	pair_start || return
	pair_add t "${clients[@]}" --encrypt
	trap_of 10.78.1.1 10.78.2.1 10.78.2.0/24
	pair_stop
}

trap_hosts() {
	pair_start || return
	pair_add t "${hosts[@]}" --encrypt
	trap_of 10.77.0.1 10.77.0.2 10.77.0.2/32
	pair_stop
}

# ---- what is refused --------------------------------------------------------

# peer_net NAME NEXTHOP [NET]: a connection of left to the client of right
peer_net() {
	add left "$1" --host 10.77.0.1 --client "${3:-10.78.1.0/24}" \
		--nexthop "$2" --updown true \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --encrypt
}

refusals() {
	pluto_start left && listening right || return
	pair_add t "${clients[@]}" --encrypt
	check 'deaf: 24' exits 24 whack left --route --name t
	whack left --listen > /run/check 2>&1
	check 'unknown name: 21' exits 21 whack left --route --name nobody
	check 'unknown name: 21' exits 21 whack left --unroute --name nobody
	add left rw --host 10.77.0.1 --client 10.78.1.0/24 \
		--to --host %any --encrypt
	check '%any cannot be routed' eval '! whack left --route --name rw'
	add left far --host 192.0.2.1 --to --host 192.0.2.2 --encrypt
	check 'not ours: 22' exits 22 whack left --route --name far
	check '--unroute of what is not routed' whack left --unroute --name t
	routed left t
	check '--route again' whack left --route --name t
	check '--unroute' whack left --unroute --name t
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# The manual page's rules: same client of the peer, another next hop.
conflicts() {
	pair_start || return
	add right t "${clients[@]}" --encrypt
	peer_net t 10.77.0.2
	peer_net u 10.77.0.3 10.79.1.0/24
	peer_net same 10.77.0.2 10.80.1.0/24
	routed left t
	routed left u
	check 'a route without SA makes room' not_trapped_for 10.78.1.0/24
	routed left t
	check 'and the other way round' not_trapped_for 10.79.1.0/24
	comes_up left t
	check 'one with an SA does not: 25' exits 25 whack left --route --name u
	check 'the log names it' logged left '"t"'
	routed left same
	pings 10.78.1.1 10.78.2.1
	for name in t u same; do
		whack left --delete --name $name > /run/check 2>&1
	done
	pair_terminate_right t
	check 'nothing is left' kernel_empties left right
	pair_stop
}

pair_terminate_right() { # NAME
	whack right --terminate --name "$1" > /run/check 2>&1
}

not_trapped_for() { # NET: as source
	ip -n left xfrm policy list dir out
	! ip -n left xfrm policy list dir out | grep -q "^src $1 "
}

# ---- 500 at once ------------------------------------------------------------

# The hosts 10.80.0.1 to 10.80.1.250, all of them right's.
host_number() { # I
	echo "10.80.$(($1 / 250)).$(($1 % 250 + 1))"
}

many_hosts() { # COUNT
	on right ip route add local 10.80.0.0/15 dev lo
	on left ip route add 10.80.0.0/15 via 10.77.0.2 src 10.78.1.1
	local i
	for ((i = 0; i < $1; i++)); do
		host_number $i
	done > /run/hosts
}

many_hosts_end() {
	on right ip route del local 10.80.0.0/15 dev lo
	on left ip route del 10.80.0.0/15
}

# A connection for each; on left routed.
many_connections() { # SIDE
	local route=:
	[ "$1" = right ] || route="\$W --route --name \$h"
	on "$1" sh -c "
		W=$BUILD/whack
		while read -r h; do
			\$W --name \$h --host 10.77.0.1 --client 10.78.1.0/24 \
				--updown : --to --host 10.77.0.2 \
				--client \$h/32 --updown : --psk --encrypt &&
			$route || exit
		done < /run/hosts.$1"
}

# One packet to each host, by one process.
hit_all() {
	on left bash -c 'while read -r h; do
		echo x > /dev/udp/$h/9; done < /run/hosts.left' 2> /run/check
}

served() { # SIDE COUNT: so many SAs that are not larval
	[ "$(ip -n "$1" xfrm state | grep -c 'proto esp spi 0x[0-9a-f]*[1-9a-f]')" -ge "$2" ]
}

# Inbound SAs of right that have seen a packet.
used_by_left() {
	ip -n right -s xfrm state | awk '
		/^src/ { in_ = $2 == "10.77.0.1" }
		in_ && /\(packets\)/ && !/limit/ && !/ 0\(packets\)/ { n++ }
		END { print n + 0 }'
}

many() { # COUNT
	local side
	many_hosts "$1"
	for side in left right; do
		put $side /run/hosts.$side < /run/hosts
	done
	pair_start || return
	for side in right left; do
		check "$1 connections on $side" many_connections $side
	done
	capture_start "$scenario_name"
	hit_all
	for side in left right; do
		check "all are served on $side" wait_until 60 served $side $((2 * $1))
	done
	hit_all
	check 'each with an SA of its own' [ "$(used_by_left)" = "$1" ]
	capture_stop
	check 'nothing in the clear' wire_had_only isakmp esp
	check 'one ISAKMP SA' [ "$(wire_count_main_modes)" = 1 ]
	for side in left right; do
		on $side rm /run/hosts.$side
	done
	pair_stop
	many_hosts_end
}

# ---- lost reports -----------------------------------------------------------

# Other people's traps report to everybody: they fill pluto's buffer while it
# stands still, so that the report of ours is lost.
lost() {
	local i
	for ((i = 0; i < 10000; i++)); do
		echo "xfrm policy add src 10.78.1.1/32 dst 10.81.$((i / 250)).$((i % 250 + 1))/32" \
			"dir out tmpl src 10.77.0.1 dst 10.77.0.9 proto esp" \
			"reqid $((i + 1)) mode tunnel"
	done > /run/policies
	pair_start || return
	pair_add t "${clients[@]}" --encrypt
	routed left t
	on left ip route add 10.81.0.0/16 via 10.77.0.9 src 10.78.1.1
	ip -n left -batch /run/policies
	kill -STOP "${pluto_pid[left]}"
	on left bash -c 'for ((i = 0; i < 10000; i++)); do
		echo x > /dev/udp/10.81.$((i / 250)).$((i % 250 + 1))/9; done' 2> /run/check
	on left ping -c 1 -W 1 -I 10.78.1.1 10.78.2.1 > /run/check 2>&1
	kill -CONT "${pluto_pid[left]}"
	check 'pluto knows that it lost some' logged left 'lost'
	check 'and what' wait_until 10 status_shows left '"t" STATE_QUICK_I2'
	check 'pings from left' ping_through left 10.78.1.1 10.78.2.1
	sed -i 's/ add / del /; s/ tmpl.*//' /run/policies
	ip -n left -batch /run/policies
	on left ip route del 10.81.0.0/16
	pair_terminate t
	check '--unroute' whack left --unroute --name t
	check 'nothing of ours is left' kernel_has_only_foreign
	ip -n left xfrm state flush
	pair_stop
}

# Larval SAs of the other traps go after a while.
kernel_has_only_foreign() {
	! ip -n left xfrm state | grep -F 'dst 10.77.0.2'
}

# ---- emptied underneath -----------------------------------------------------

# The policies are back at once, the SAs as soon as they are negotiated.
flushed() { # state|policy|both
	pair_start || return
	pair_add t "${clients[@]}" --encrypt
	routed left t
	comes_up left t
	[ "$1" = policy ] || ip -n left xfrm state flush
	[ "$1" = state ] || ip -n left xfrm policy flush
	check 'the policy is there again' wait_until 3 caught left 10.78.2.0/24
	begins 10.78.1.1 10.78.2.1
	whack left --terminate --name t > /run/check 2>&1
	pair_terminate_right t
	check 'the trap stays' caught left 10.78.2.0/24
	check '--unroute' whack left --unroute --name t
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# ---- --disablearrivalcheck --------------------------------------------------

no_arrival_check() {
	pair_start || return
	add left t "${clients[@]}" --encrypt
	add right t "${clients[@]}" --encrypt --disablearrivalcheck
	comes_up left t
	pings 10.78.1.1 10.78.2.1
	check 'left checks' [ -n "$(ip -n left xfrm policy list dir in nosock)" ]
	check 'right does not' [ -z "$(ip -n right xfrm policy list dir in nosock)" ]
	check 'nor what it forwards' [ -z "$(ip -n right xfrm policy list dir fwd nosock)" ]
	pair_terminate t
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario trap-tunnel trap_tunnel
scenario trap-hosts trap_hosts
scenario route-refused refusals
scenario route-conflicts conflicts
scenario traps-500 many "${TRAPS:-500}"
scenario events-lost lost
for table in state policy both; do
	scenario flushed-$table flushed $table
done
scenario no-arrival-check no_arrival_check
results
