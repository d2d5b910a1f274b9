#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Road Warriors: strongSwan or libreswan (PEER) on the left and as third come to
# ours on the right, which does not know their addresses; and ours comes to the
# peer.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/interop/peers.sh"

peer=${PEER:?strongswan or libreswan}

begin() { # [VARIABLE=VALUE]...
	case_defaults
	declare -g case_policy=modern case_ike=aes256-sha256-modp2048 \
		case_esp=aes256-sha256 "$@"
}

# ---- who there is -----------------------------------------------------------

# Ours for Road Warriors, as yet without a connection.
gateway_start() {
	local case_left=%any
	ours_configure right
	pluto_start right --debug-control || return
	check 'listening on right' whack right --listen
}

gateway() { # NAME [VARIABLE=VALUE]...: a connection of it
	local case_left=%any case_name=$1
	shift
	[ $# = 0 ] || local "$@"
	ours_add right
}

# The peer there, at the left end of its connection.
warrior_start() { # SIDE [VARIABLE=VALUE]...
	local side=$1
	shift
	[ $# = 0 ] || local "$@"
	"${peer}_configure" "$side"
	"${peer}_start" "$side"
}

comes() { # SIDE
	check "$1 comes" "${peer}_up" "$1"
}

# Deletes are acted on here, and instances end with their last state.
leaves() { # SIDE ADDRESS
	"${peer}_down" "$1" > /run/check 2>&1
	check "nothing is left of $1" wait_until 5 is_unknown "$2"
}

is_unknown() { # ADDRESS: to ours
	has_no_sa_with right "$1" && ! status_shows right "] $1:"
}

has_no_sa_with() { # SIDE ADDRESS
	local sas
	sas=$(ip -n "$1" xfrm state)
	echo "$sas"
	! grep -qwF "$2" <<< "$sas"
}

pings() { # SIDE ADDRESS: between it and our client, from both ends
	check "pings from $1" ping_through "$1" "$2" 10.78.2.1
	check "pings to $1" ping_through right 10.78.2.1 "$2"
}

# What SIDE sends gets lost until then: so it goes without a word.
wire_cut() { # SIDE
	ip -n wire link set "w${1:0:1}" nomaster
}

wire_mend() { # SIDE
	ip -n wire link set "w${1:0:1}" master br0
}

esp_between() { # ADDRESS ADDRESS: both ways
	local packets
	packets=$(tcpdump -nr "$capture" 2> /dev/null | grep ': ESP(')
	echo "$packets"
	[[ $packets == *" $1 > $2: "* && $packets == *" $2 > $1: "* ]]
}

# The capture ends: ESP between these, and nothing in the clear.
wire_had_esp() { # "ADDRESS ADDRESS"...
	local ends
	capture_stop
	for ends in "$@"; do
		# shellcheck disable=SC2086 # two words are wanted
		check "ESP between $ends" esp_between $ends
	done
	check 'only IKE and ESP on the wire' wire_had_only isakmp esp
}

# ---- they come to us --------------------------------------------------------

two_at_once() {
	begin case_left_net=
	gateway_start || return
	gateway rw
	warrior_start left
	warrior_start third case_left=10.77.0.3
	capture_start "$scenario_name" wr
	comes left
	comes third
	pings left 10.77.0.1
	pings third 10.77.0.3
	check 'one instance' status_shows right '"rw"[1] 10.77.0.1 STATE_QUICK_R2'
	check 'the other' status_shows right '"rw"[2] 10.77.0.3 STATE_QUICK_R2'
	leaves left 10.77.0.1
	pings third 10.77.0.3
	leaves third 10.77.0.3
	wire_had_esp '10.77.0.1 10.77.0.2' '10.77.0.3 10.77.0.2'
	"${peer}_stop" left
	"${peer}_stop" third
	ours_stop right
}

# The same subnet from another address; it is not known that the first is gone.
moves() {
	on left ip addr add 10.77.0.11/24 dev vl
	begin
	gateway_start || return
	gateway rw
	capture_start "$scenario_name" wr
	warrior_start left
	comes left
	pings left 10.78.1.1
	wire_cut left
	"${peer}_stop" left
	wire_mend left
	check 'the SAs are still there' eval '! has_no_sa_with right 10.77.0.1'
	warrior_start left case_left=10.77.0.11
	comes left
	pings left 10.78.1.1
	check 'the old instance made room' logged right 'the SAs of "rw"[1] 10.77.0.1 make room'
	check 'and has left nothing' is_unknown 10.77.0.1
	check 'an instance of the new place' status_shows right '"rw"[2] 10.77.0.11 STATE_QUICK_R2'
	leaves left 10.77.0.11
	wire_had_esp '10.77.0.1 10.77.0.2' '10.77.0.11 10.77.0.2'
	"${peer}_stop" left
	on left ip addr del 10.77.0.11/24 dev vl
	ours_stop right
}

# Both are taken for the first connection's until they say who they are; then
# third's client makes it another one's.
switched() { # [VARIABLE=VALUE]...
	begin "$@"
	if [ "$case_auth" = rsa ]; then
		"${peer}_key" left
		"${peer}_key" third
		ours_key right
	fi
	gateway_start || return
	gateway first case_left_id=@first
	gateway second case_left_id=@second case_left_net=
	gateway nets case_left_id=@second case_left_net=10.78.3.0/24
	if [ "$case_auth" = rsa ]; then
		check 'key of left' whack right --keyid @first --pubkeyrsa "$(rsa_public left)"
		check 'key of third' whack right --keyid @second --pubkeyrsa "$(rsa_public third)"
	fi
	warrior_start left case_left_id=@first
	warrior_start third case_left=10.77.0.3 case_left_side=third \
		case_left_id=@second case_left_net=10.78.3.0/24
	capture_start "$scenario_name" wr
	comes left
	comes third
	pings left 10.78.1.1
	pings third 10.78.3.1
	check 'switched by identity' logged right 'switching from "first"[2] 10.77.0.3 to "second"'
	check 'left is first' status_shows right '"first"[1] 10.77.0.1 STATE_QUICK_R2'
	check 'third is nets' status_shows right '"nets"[1] 10.77.0.3 STATE_QUICK_R2'
	leaves left 10.77.0.1
	leaves third 10.77.0.3
	wire_had_esp '10.77.0.1 10.77.0.2' '10.77.0.3 10.77.0.2'
	"${peer}_stop" left
	"${peer}_stop" third
	ours_stop right
}

# ---- we come to them --------------------------------------------------------

# The peer has "right=%any"; it knows us by our name.
we_move() {
	on right ip addr add 10.77.0.12/24 dev vr
	begin case_right_id=@joe
	warrior_start left case_right=%any || return
	ours_configure right
	ours_start right || return
	capture_start "$scenario_name" wr
	check 'we come' ours_up right
	pings left 10.78.1.1
	wire_cut right
	ours_down right > /run/check 2>&1
	wire_mend right
	check 'the peer still has the SAs' eval '! has_no_sa_with left 10.77.0.2'
	case_right=10.77.0.12
	ours_add right
	check 'we come from elsewhere' ours_up right
	pings left 10.78.1.1
	check 'the peer has nothing of the first place' has_no_sa_with left 10.77.0.2
	ours_down right > /run/check 2>&1
	"${peer}_down" left > /run/check 2>&1
	check 'both have no SA any more' wait_until 5 no_sa_left
	wire_had_esp '10.77.0.1 10.77.0.2' '10.77.0.1 10.77.0.12'
	pluto_stop right
	on right ip addr del 10.77.0.12/24 dev vr
	clean_check right
	"${peer}_stop" left
}

# ---- all --------------------------------------------------------------------

topology third
"${peer}_prepare" left
"${peer}_prepare" third
scenario "$peer-two-at-once" two_at_once
scenario "$peer-moves" moves
scenario "$peer-switched-psk" switched
scenario "$peer-switched-rsa" switched case_auth=rsa case_ways=--rsasig
scenario "$peer-we-move" we_move
results
