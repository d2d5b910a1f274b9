#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who is there, between two plutos on a real kernel: RSA signatures with keys
# of several sizes and with several keys, identities of every kind, and what is
# said when a key is wrong or missing.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"

psk='lab secret of some length'
usual='104 106 108 004 112 004'

# What a side says that it and the other are; empty is the address.
left_id='' right_id=''

connection() { # SIDE OPTION...: of $left_id and $right_id
	local side=$1
	shift
	whack "$side" --name t --host 10.77.0.1 --client 10.78.1.0/24 \
		${left_id:+--id "$left_id"} --to \
		--host 10.77.0.2 --client 10.78.2.0/24 \
		${right_id:+--id "$right_id"} --encrypt "$@"
}

# secrets SIDE, entries on standard input
secrets() {
	put "$1" /etc/ipsec.secrets
	on "$1" chmod 600 /etc/ipsec.secrets
}

# ready SIDE OPTION...: pluto with connection t of these options, listening
ready() {
	local side=$1
	shift
	pluto_start "$side" --debug-control || return
	check "connection on $side" connection "$side" "$@"
	check "listening on $side" whack "$side" --listen
}

# knows SIDE IDENTITY KEY [OPTION...]: told by whack
knows() {
	local side=$1 id=$2 key=$3
	shift 3
	check "$side is told a key of $id" whack "$side" --keyid "$id" \
		--pubkeyrsa "$(public_key "$key")" "$@"
}

# Both, since policy classic does not tell the peer that an ISAKMP SA is gone.
both_terminate() {
	check 'terminate on left' whack left --terminate --name t
	check 'terminate on right' whack right --terminate --name t
}

# comes_up SIDE: SIDE initiates; codes, pings both ways, nothing in the clear
comes_up() {
	capture_start "$scenario_name-$1"
	initiate "$1" t
	check "$1 initiates" codes_are "$usual"
	check 'pings from left' ping_through left 10.78.1.1 10.78.2.1
	check 'pings from right' ping_through right 10.78.2.1 10.78.1.1
	capture_stop
	check 'only IKE and ESP on the wire' wire_had_only esp isakmp
}

no_sa() {
	[ -z "$(ip -n left xfrm state)$(ip -n right xfrm state)" ] ||
		{ ip -n left xfrm state; ip -n right xfrm state; return 1; }
}

# ---- RSA --------------------------------------------------------------------

# Each side has the key of its own name, and of BITS bits.
own_keys() { # BITS
	local side
	for side in left right; do
		rsa_key "$side-$1" "$1"
		secrets $side < "/run/keys/$side-$1"
	done
}

rsa_works() { # BITS SIDE
	local left_id=@left.example right_id=@right.example
	own_keys "$1"
	ready left --rsasig || return
	ready right --rsasig || return
	knows left $right_id "right-$1"
	knows right $left_id "left-$1"
	comes_up "$2"
	check 'left names the key' logged left "the signature of $right_id is good ($1-bit"
	check 'right names the key' logged right "the signature of $left_id is good ($1-bit"
	check 'status has the key' status_shows left "$1-bit RSA key"
	check 'and the identity' status_shows left "$right_id"
	both_stop
}

# The identities are the addresses, and the key of the peer is one of three.
several_keys() {
	own_keys 2048
	rsa_key first
	rsa_key second
	ready left --rsasig || return
	ready right --rsasig || return
	knows left 10.77.0.2 first
	knows left 10.77.0.2 second --addkey
	knows left 10.77.0.2 right-2048 --addkey
	knows right 10.77.0.1 left-2048
	check 'status has them all' [ "$(whack left --status | grep -c 'bit RSA key')" = 3 ]
	comes_up left
	both_terminate
	comes_up right
	both_terminate
	knows left 10.77.0.2 first
	check 'without --addkey one is left' [ "$(whack left --status | grep -c 'bit RSA key')" = 1 ]
	both_stop
}

# rsa_in_vain SIDE: left initiates, and SIDE is who can say why it fails.
# Nothing is installed.
rsa_in_vain() { # SIDE TEXT...
	local side=$1 text
	shift
	check 'left initiates in vain' initiate_fails
	for text in "$@"; do
		check "$side says: $text" logged "$side" "$text"
	done
	check 'no SA' no_sa
	both_stop
}

# A refusal by the responder is silence for the initiator: it is not waited for.
initiate_fails() {
	on left timeout 3 "$BUILD/whack" --initiate --name t > /run/initiate 2>&1
	status=$?
	cat /run/initiate
	[ $status != 0 ] && ! grep -q '^004.*IPsec' /run/initiate
}

responder_has_wrong_key() {
	own_keys 2048
	rsa_key first
	ready left --rsasig || return
	ready right --rsasig || return
	knows left 10.77.0.2 right-2048
	knows right 10.77.0.1 first
	rsa_in_vain right 'was made by none of its public keys' 'the signature of 10.77.0.1'
}

initiator_has_wrong_key() {
	own_keys 2048
	rsa_key first
	ready left --rsasig || return
	ready right --rsasig || return
	knows left 10.77.0.2 first
	knows right 10.77.0.1 left-2048
	rsa_in_vain left 'was made by none of its public keys' 'the signature of 10.77.0.2'
}

responder_has_no_public_key() {
	own_keys 2048
	ready left --rsasig || return
	ready right --rsasig || return
	knows left 10.77.0.2 right-2048
	rsa_in_vain right 'no public RSA key of 10.77.0.1' 'whack --keyid 10.77.0.1 --pubkeyrsa'
}

initiator_has_no_public_key() {
	own_keys 2048
	ready left --rsasig || return
	ready right --rsasig || return
	knows right 10.77.0.1 left-2048
	rsa_in_vain left 'no public RSA key of 10.77.0.2'
}

initiator_has_no_private_key() {
	own_keys 2048
	secrets left < /dev/null
	ready left --rsasig || return
	ready right --rsasig || return
	knows left 10.77.0.2 right-2048
	knows right 10.77.0.1 left-2048
	rsa_in_vain left 'no private RSA key for 10.77.0.1'
}

# One side allows both, the other only one of them.
psk_and_rsa() { # WAY: what right allows
	local left_id=@left.example right_id=@right.example side
	own_keys 2048
	for side in left right; do
		{ cat "/run/keys/$side-2048"; echo "@left.example @right.example : PSK \"$psk\""; } |
			secrets $side
	done
	ready left --psk --rsasig || return
	ready right "--$1" || return
	knows left $right_id right-2048
	knows right $left_id left-2048
	comes_up left
	both_terminate
	comes_up right
	if [ "$1" = rsasig ]; then
		check 'by signatures' logged left 'is good'
	else
		check 'not by signatures' not_logged left 'is good'
	fi
	both_stop
}

not_logged() { # SIDE TEXT
	! logged "$@"
}

# ---- identities with a preshared secret -------------------------------------

psk_works() { # SIDE LEFTID RIGHTID
	local left_id=$2 right_id=$3 side
	for side in left right; do
		echo "$2 $3 : PSK \"$psk\"" | secrets $side
	done
	ready left --psk || return
	ready right --psk || return
	comes_up "$1"
	check 'status has our identity' status_shows right "$right_id"
	check "and the peer's" status_shows right "$left_id"
	both_stop
}

# The peer is not whom the connection expects: the responder can tell.
unexpected_identity() {
	local left_id=@left.example right_id=@right.example side
	for side in left right; do
		echo ": PSK \"$psk\"" | secrets $side
	done
	ready left --psk || return
	left_id=@somebody.example
	ready right --psk || return
	rsa_in_vain right "@left.example" "its peer is '@somebody.example'"
}

# ---- all --------------------------------------------------------------------

topology
scenario rsa-2048 rsa_works 2048 left
scenario rsa-2192 rsa_works 2192 right
scenario rsa-4096 rsa_works 4096 right
scenario rsa-several-keys several_keys
scenario rsa-responder-wrong-key responder_has_wrong_key
scenario rsa-initiator-wrong-key initiator_has_wrong_key
scenario rsa-responder-no-public-key responder_has_no_public_key
scenario rsa-initiator-no-public-key initiator_has_no_public_key
scenario rsa-initiator-no-private-key initiator_has_no_private_key
scenario both-and-psk psk_and_rsa psk
scenario both-and-rsa psk_and_rsa rsasig
scenario psk-fqdn psk_works left @left.example @right.example
scenario psk-user psk_works right left@example.org right@example.org
scenario psk-ipv6-id psk_works left fd77::1 fd77::2
scenario psk-mixed psk_works right @left.example fd77::2
scenario psk-unexpected-identity unexpected_identity
results
