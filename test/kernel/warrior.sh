#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A gateway (right) for peers whose addresses it does not know, on a real kernel.
# Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"

up='104 106 108 004 112 004'

# A pluto on each of these sides, listening; the first has these options.
ready() { # "OPTION..." SIDE...
	local options=$1 side
	shift
	for side in "$@"; do
		# shellcheck disable=SC2086
		pluto_start "$side" $options || return 1
		options=''
		whack "$side" --listen > "/run/listen.$side" 2>&1
	done
}

stopped() { # SIDE...
	local side
	for side in "$@"; do
		pluto_stop "$side"
		clean_check "$side"
	done
}

# The gateway's connection, of this end of the peer and these options.
gateway() { # NAME "PEER..." OPTION...
	local name=$1 peer=$2
	shift 2
	# shellcheck disable=SC2086
	whack right --name "$name" --host 10.77.0.2 --client 10.78.2.0/24 \
		--to $peer --psk --encrypt "$@" > /run/check 2>&1 ||
		not_ok "connection $name loads" < /run/check
}

# The connection t of a peer with this address, in place of an earlier one.
peer() { # SIDE ADDRESS OPTION...: those of its end
	local side=$1 address=$2
	shift 2
	whack "$side" --name t --delete --host "$address" "$@" \
		--to --host 10.77.0.2 --client 10.78.2.0/24 --psk --encrypt \
		> /run/check 2>&1 || not_ok "connection loads on $side" < /run/check
}

comes() { # SIDE
	initiate "$1" t
	check "$1 comes" codes_are "$up"
}

pings() { # SIDE ADDRESS: between it and the gateway's client, from both ends
	check "pings from $1" ping_through "$1" "$2" 10.78.2.1
	check "pings to $1" ping_through right 10.78.2.1 "$2"
}

right_has_no_sa_with() { # ADDRESS
	ip -n right xfrm state
	! ip -n right xfrm state | grep -qF "$1 "
}

# ---- Road Warriors ----------------------------------------------------------

two_at_once() {
	capture_start "$scenario_name"
	ready '' right left third || return
	gateway rw '--host %any'
	peer left 10.77.0.1
	peer third 10.77.0.3
	check 'the gateway cannot begin' eval '! whack right --initiate --name rw'
	comes left
	comes third
	pings left 10.77.0.1
	pings third 10.77.0.3
	check 'one instance' status_shows right '"rw"[1] 10.77.0.1 STATE_QUICK_R2'
	check 'the other' status_shows right '"rw"[2] 10.77.0.3 STATE_QUICK_R2'
	capture_stop
	check 'only IKE and ESP on the wire' wire_had_only esp isakmp
	whack left --terminate --name t > /run/check 2>&1
	pings third 10.77.0.3
	stopped left third right
}

# Both guessed by the first connection, and switched by what they say.
switched() {
	ready '' right left third || return
	gateway first '--host %any --id @first --client 10.78.1.0/24'
	gateway second '--host %any --id @second'
	gateway nets '--host %any --id @second --client 10.78.3.0/24'
	peer left 10.77.0.1 --id @first --client 10.78.1.0/24
	peer third 10.77.0.3 --id @second --client 10.78.3.0/24
	comes left
	comes third
	pings left 10.78.1.1
	pings third 10.78.3.1
	check 'switched by identity' logged right 'switching from "first"[2] 10.77.0.3 to "second"'
	check 'and by clients' status_shows right '"nets"[1] 10.77.0.3 STATE_QUICK_R2'
	stopped left third right
}

# The same subnet from another address: the new place is the one that counts.
moves() {
	on left ip addr add 10.77.0.11/24 dev vl
	ready '' right left || return
	gateway rw '--host %any --client 10.78.1.0/24'
	peer left 10.77.0.1 --client 10.78.1.0/24
	comes left
	pings left 10.78.1.1
	pluto_kill left
	ready '' left || return
	peer left 10.77.0.11 --client 10.78.1.0/24
	comes left
	pings left 10.78.1.1
	check 'the old instance made room' logged right 'the SAs of "rw"[1] 10.77.0.1 make room'
	check 'and has left nothing' right_has_no_sa_with 10.77.0.1
	whack left --shutdown > /run/check 2>&1
	on left ip addr del 10.77.0.11/24 dev vl
	stopped left right
}

# As a crash and a reboot would.
pluto_kill() { # SIDE
	{ kill -KILL "${pluto_pid[$1]}" && wait "${pluto_pid[$1]}"; } 2> /dev/null
	rm -f "/run/side/$1/run/pluto."{pid,ctl,updown}
	flush_xfrm "$1"
}

# Without a subnet only the identity says that it is the same peer.
unique() {
	ready --uniqueids right left third || return
	gateway rw '--host %any --id @joe'
	peer left 10.77.0.1 --id @joe
	peer third 10.77.0.3 --id @joe
	comes left
	comes third
	pings third 10.77.0.3
	check 'the log says why' logged right 'the SAs of "rw"[1] 10.77.0.1 end (--uniqueids)'
	check 'nothing is left of the old one' right_has_no_sa_with 10.77.0.1
	stopped left third right
}

# The fixed side replaces what the peer lets run out, at the peer's address.
rekeyed() {
	ready '' right left || return
	gateway rw '--host %any' --ipseclifetime 14 --rekeymargin 6 --rekeyfuzz 0
	peer left 10.77.0.1 --rekeymargin 0
	comes left
	on left ping -q -i 0.1 -w 25 -I 10.77.0.1 10.78.2.1 > /run/ping 2>&1
	check 'no ping lost' grep -q ' 0% packet loss' /run/ping
	check 'the gateway began' logged right '"rw"[1] 10.77.0.1 #3: initiating Quick Mode'
	stopped left right
}

# ---- all --------------------------------------------------------------------

topology third
for side in left right third; do
	put $side /etc/ipsec.secrets <<< ': PSK "lab secret of some length"'
	on $side chmod 600 /etc/ipsec.secrets
done
scenario two-at-once two_at_once
scenario switched switched
scenario moves moves
scenario unique unique
scenario rekeyed rekeyed
results
