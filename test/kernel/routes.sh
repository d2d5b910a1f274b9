#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routing on a real kernel: traps whose packets begin a negotiation; what --route
# and --unroute refuse; tables that somebody else emptied.  Run under
# test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

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

# Left sends what the tunnel is not for, which only a right that does not look
# takes.
arrival_check() { # LOST|ARRIVED [OPTION...]: of right
	local outcome=$1
	shift
	on left ip addr add 10.79.1.1/32 dev cl
	pair_start || return
	add left t "${clients[@]}" --encrypt
	add right t "${clients[@]}" --encrypt "$@"
	comes_up left t
	pings 10.78.1.1 10.78.2.1
	check 'all from elsewhere' sneak_in
	check "is ${outcome,,}" [ "$sneaked" = "$outcome" ]
	check 'and all else passes' ping_through left 10.77.0.1 10.77.0.2
	ip -n left xfrm policy delete src 10.79.1.0/24 dst 10.78.2.0/24 dir out
	pair_terminate t
	check 'nothing is left' kernel_empties left right
	on left ip addr del 10.79.1.1/32 dev cl
	pair_stop
}

# By another policy for the same SAs; sets $sneaked.
sneak_in() {
	local reqid before
	reqid=$(ip -n left xfrm state | grep -o 'reqid [0-9]*' | head -n 1)
	# shellcheck disable=SC2086 # two words are wanted
	ip -n left xfrm policy add src 10.79.1.0/24 dst 10.78.2.0/24 dir out \
		tmpl src 10.77.0.1 dst 10.77.0.2 proto esp $reqid mode tunnel
	before=$(echo_requests)
	ping_through left 10.79.1.1 10.78.2.1 -W 0.2
	sneaked=LOST
	[ "$(echo_requests)" = "$before" ] || sneaked=ARRIVED
}

# How many have reached right.
echo_requests() {
	on right awk '/^IcmpMsg:/ { if (n++) print $col
		for (i = 1; i <= NF; i++) if ($i == "InType8") col = i }' /proc/net/snmp
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario trap-tunnel trap_tunnel
scenario trap-hosts trap_hosts
scenario route-refused refusals
scenario route-conflicts conflicts
for table in state policy both; do
	scenario flushed-$table flushed $table
done
scenario arrival-check arrival_check LOST
scenario no-arrival-check arrival_check ARRIVED --disablearrivalcheck
results
