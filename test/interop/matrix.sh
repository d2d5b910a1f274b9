#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ours on the left, strongSwan or libreswan (PEER) on the right: every kind of
# IPsec SA that the peer can make, initiated from either end.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/layers.sh"
. "$PROJECT/test/interop/peers.sh"

peer=${PEER:?strongswan or libreswan}

# ---- a cell -----------------------------------------------------------------

# What layers.sh calls a cell, as a case.
cell_as_case() {
	case_policy=modern case_ike=aes256-sha256-modp2048
	case_mode=$mode case_protocols=$protocols case_compress=$compress
	case_esp=aes256-sha256
	[ "$protocols" != AH ] || case_esp=sha256
	case_left=10.77.0.1 case_right=10.77.0.2
	[ "$outer" = 4 ] || case_left=fd77::1 case_right=fd77::2
	case_left_net=10.78.1.0/24 case_right_net=10.78.2.0/24
	[ "$inner" = 4 ] || case_left_net=fd78:1::/64 case_right_net=fd78:2::/64
}

initiated_by() { # SIDE
	local kind=ours
	[ "$1" = left ] || kind=$peer
	wire_next_cell
	check "$1 initiates" "${kind}_up" "$1"
	for side in left right; do
		check "pings from $side" ping_cell $side
	done
	check 'each layer on the wire' wire_had "$(cell_layers)"
	check 'the SAs of ours, all in use' sas_are_right left
	"${kind}_down" "$1" > /run/check 2>&1
	ours_down left > /run/check 2>&1
	"${peer}_down" right > /run/check 2>&1
	check 'both have no SA any more' wait_until 5 no_sa_left
}

ping_cell() { # SIDE
	if [ "$1" = left ]; then
		ping_through left $from $to -c 2 -i 0.1 -s 1000
	else
		ping_through right $to $from -c 2 -i 0.1 -s 1000
	fi
}

cell() { # "PROTOCOL..." yes|'' MODE OUTER INNER
	local protocols=$1 compress=$2 mode=$3 outer=$4 inner=$5 from to side
	peer_lacks && return
	cell_as_case
	cell_addresses
	ours_configure left
	"${peer}_configure" right
	one_secret
	ours_change left || return
	"${peer}_change" right
	initiated_by left
	initiated_by right
}

# The same for all addresses.
one_secret() {
	local side
	for side in left right; do
		put $side /etc/ipsec.secrets <<< ": PSK \"$case_psk\""
	done
}

# ---- what the peer cannot do ------------------------------------------------

# Both make the same mistake, so such a cell is ours with ours only.
peer_lacks() {
	[ -n "$compress" ] && [ "$inner" != "$outer" ] &&
		echo "# $peer: its SA around the IPComp tunnel selects in the" \
			'family of the hosts, so its kernel sends nothing'
}

no_bundles() {
	case $peer in
	strongswan)
		echo '# strongswan: no AH and ESP: its SA has one protocol beside IPComp' ;;
	libreswan)
		echo '# libreswan: no AH and ESP: "the old mode of ah+esp is no longer' \
			'supported" (ipsec.conf(5), phase2)' ;;
	esac
}

# ---- all --------------------------------------------------------------------

topology
"${peer}_prepare" right
scenario_name=$peer-matrix
case_defaults
ours_configure left
"${peer}_configure" right
one_secret
if ours_start left && "${peer}_start" right; then
	wire_start "$scenario_name"
	cells ESP
	cells AH
	no_bundles
	wire_stop
fi
scenario_name=$peer-matrix
ours_stop left
"${peer}_stop" right
results
