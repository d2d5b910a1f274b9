#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two plutos on a real kernel: every combination of mode, PFS and policy, with
# pings and a look at the wire; rekeying under traffic; everything that can be
# configured wrong.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"

secret() { # SIDE SECRET
	put "$1" /etc/ipsec.secrets <<-END
		10.77.0.1 10.77.0.2 : PSK "$2"
	END
	on "$1" chmod 600 /etc/ipsec.secrets
}

# Selectors of tunnel mode, for both ends.
left_client='--client 10.78.1.0/24' right_client='--client 10.78.2.0/24'

connection() { # SIDE NAME OPTION...
	local side=$1 name=$2
	shift 2
	# shellcheck disable=SC2086
	whack "$side" --name "$name" --host 10.77.0.1 $left_client \
		--to --host 10.77.0.2 $right_client --psk --encrypt "$@"
}

# Both plutos with a connection t of these options, listening.
both_ready() { # OPTION...
	local side
	for side in left right; do
		pluto_start $side || return 1
		connection $side t "$@" > /run/check 2>&1 ||
			not_ok "connection loads on $side" < /run/check
		whack $side --listen > /run/listen.$side 2>&1
	done
}

log_of() { # SIDE
	cat "$OUT/$scenario_name-$1.log"
}

# ---- it works ---------------------------------------------------------------

traffic() { # MODE: pings in both directions, and only ESP on the wire
	local a=10.78.1.1 b=10.78.2.1
	[ "$1" = tunnel ] || { a=10.77.0.1 b=10.77.0.2; }
	check 'pings from left' ping_through left $a $b
	check 'pings from right' ping_through right $b $a
}

# Pings that went both ways, as the kernel has counted them.
counted() { # SIDE
	local some='[1-9][0-9]* bytes, [1-9][0-9]* packets'

	whack "$1" --status > /run/status 2>&1
	cat /run/status
	grep -qE "; out $some; in $some" /run/status
}

works() { # MODE OPTION...
	local mode=$1
	shift
	[ "$mode" = tunnel ] || local left_client='' right_client=''
	capture_start "$scenario_name"
	both_ready "$@" || return
	initiate left t
	check 'codes in the order of twenty years' codes_are '104 106 108 004 112 004'
	traffic "$mode"
	for side in left right; do
		check "status on $side" status_shows $side 'IPsec SA established'
		check "packets counted on $side" counted $side
	done
	capture_stop
	check 'only IKE and ESP on the wire' wire_had_only esp isakmp
	both_stop
}

# ---- rekeying ---------------------------------------------------------------

# Each SA kind several times over, a ping every 50 ms all along.
rekeys() {
	both_ready --ikelifetime 16 --ipseclifetime 10 --rekeymargin 4 --rekeyfuzz 0 || return
	initiate left t
	check 'initiate' codes_are '104 106 108 004 112 004'
	on left ping -q -i 0.05 -w 40 -I 10.78.1.1 10.78.2.1 > /run/ping 2>&1
	check 'no ping lost while SAs were replaced' grep -q ' 0% packet loss' /run/ping
	check 'the ISAKMP SA was replaced' replaced 'ISAKMP SA established' 3
	check 'the IPsec SA was replaced' replaced 'sent QI2, IPsec SA established' 4
	both_stop
}

replaced() { # TEXT TIMES
	grep -F "$1" "$OUT/$scenario_name-left.log"
	[ "$(grep -cF "$1" "$OUT/$scenario_name-left.log")" -ge "$2" ]
}

# ---- ending -----------------------------------------------------------------

endings() {
	both_ready || return
	initiate left t
	check 'terminate' whack left --terminate --name t
	check 'terminate leaves no SA' no_sa left
	check 'the peer was told' logged right 'received Delete'
	initiate left t
	check 'up again' codes_are '104 106 108 004 112 004'
	check 'deletestate' delete_newest_state left
	check 'deletestate leaves no SA' no_sa left
	check 'delete' whack left --delete --name t
	check 'deleting it again fails with 21' exits 21 whack left --delete --name t
	both_stop
}

no_sa() { # SIDE
	wait_until 3 sh -c "[ -z \"\$(ip -n $1 xfrm state)\" ]" ||
		{ ip -n "$1" xfrm state; return 1; }
}

delete_newest_state() { # SIDE
	local n
	n=$(whack "$1" --status | grep -oE '#[0-9]+: "t" STATE_QUICK' | grep -oE '[0-9]+' | head -n 1)
	whack "$1" --deletestate "$n"
}

# ---- what is wrong, said at the side that can say it ------------------------

# A negotiation that cannot succeed: one attempt, not waited for.
try_in_vain() {
	whack left --initiate --name t --asynchronous > /run/initiate 2>&1
}

wrong_psk() {
	secret right 'another secret altogether'
	both_ready --keyingtries 1 || return
	try_in_vain
	check 'the responder says that the secrets differ' logged right 'mismatch of preshared secrets?'
	check 'and which one was used' logged right '/etc/ipsec.secrets'
	check 'the initiator goes on waiting' status_shows left STATE_MAIN_I3
	both_stop
	secret right "$good_secret"
}

no_common_proposal() {
	both_ready || return
	connection right t --delete --policy modern
	try_in_vain
	check 'the responder says what differs' logged right 'differs'
	check 'and names its policy' logged right 'modern'
	both_stop
}

unknown_peer() {
	pluto_start left && pluto_start right || return
	connection left t --keyingtries 1
	whack left --listen > /run/listen
	whack right --listen > /run/listen
	try_in_vain
	check 'the responder says that it knows no such peer' logged right 'no connection'
	both_stop
}

wrong_subnets() {
	both_ready || return
	local right_client='--client 10.78.3.0/24'
	connection right t --delete
	whack left --initiate --name t --asynchronous > /run/initiate 2>&1
	check 'the responder shows both selectors' logged right \
		'cannot respond to IPsec SA request because no connection is known for'
	both_stop
}

missing_secret() {
	on right sh -c ': > /etc/ipsec.secrets'
	both_ready --keyingtries 1 || return
	try_in_vain
	check 'the responder says which secret it lacks' logged right 'no preshared secret'
	initiate right t
	check 'and refuses to initiate' [ "$status" != 0 ]
	both_stop
	secret right "$good_secret"
}

second_daemon() {
	pluto_start left || return
	check 'a second pluto exits with 10' exits 10 on left "$BUILD/pluto" --nofork --stderrlog
	pluto_stop left
	clean_check left
}

malformed_secrets() {
	put left /etc/ipsec.secrets <<-END
		10.77.0.9 : PSK unquoted
		10.77.0.1 10.77.0.2 : PSK "$good_secret"
	END
	both_ready || return
	check 'the log names file and line' logged left '/etc/ipsec.secrets:1'
	initiate left t
	check 'the good entry serves' codes_are '104 106 108 004 112 004'
	both_stop
	secret left "$good_secret"
}

# The kernel loses a cipher: the last scenario, since it does not come back.
kernel_refuses() {
	modprobe -r des_generic 2> /run/check || rmmod des_generic 2>> /run/check
	both_ready --keyingtries 1 || return
	try_in_vain
	check 'the log says what the kernel answered' logged right 'the kernel refused'
	both_stop
}

# ---- all --------------------------------------------------------------------

good_secret='lab secret of some length'
topology
for side in left right; do
	secret $side "$good_secret"
done
for policy in classic modern; do
	scenario tunnel-$policy works tunnel --policy $policy
	scenario tunnel-pfs-$policy works tunnel --pfs --policy $policy
	scenario transport-$policy works transport --policy $policy
	scenario transport-pfs-$policy works transport --pfs --policy $policy
done
scenario rekey rekeys
scenario endings endings
scenario wrong-psk wrong_psk
scenario no-common-proposal no_common_proposal
scenario unknown-peer unknown_peer
scenario wrong-subnets wrong_subnets
scenario missing-secret missing_secret
scenario second-daemon second_daemon
scenario malformed-secrets malformed_secrets
scenario kernel-refuses kernel_refuses
results
