#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ours on the left, strongSwan or libreswan (PEER) on the right: who is there,
# by RSA signatures or by a preshared secret, under all kinds of identities.
# Each tunnel is initiated from either end.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/interop/peers.sh"

peer=${PEER:?strongswan or libreswan}
modern=(case_policy=modern case_ike=aes256-sha256-modp2048 case_esp=aes256-sha256)
signed=(tunnel_case ours "$peer" case_auth=rsa case_ways=--rsasig)
both=(tunnel_case ours "$peer" "case_ways=--psk --rsasig")
secret=(tunnel_case ours "$peer")

# strongSwan reads the method of the first transform only and, if it has no such
# connection, says so in a message that nobody can have authenticated.  Our
# second attempt begins with the other method, and so does what follows.
secret_at_second_attempt() {
	case_defaults
	case_ways='--psk --rsasig'
	case_configure ours "$peer"
	if ours_start left && "${peer}_start" right; then
		ours_up left > /run/check 2>&1 # until the first one is given up
		check 'a signature was refused' logged left 'keying attempt 2 of 3'
		check 'the secret was not' logged left 'STATE_QUICK_I2'
		# shellcheck disable=SC2046 # two words are wanted
		check 'ping' ping_through left $(case_ends left)
		ours_down left > /run/check 2>&1
		"${peer}_down" right > /run/check 2>&1
		check 'both have no SA any more' wait_until 5 no_sa_left
		tunnel_from ours "$peer" left
		tunnel_from ours "$peer" right
	fi
	ours_stop left
	"${peer}_stop" right
}

topology
"${peer}_prepare" right

scenario "$peer-rsa-2048" "${signed[@]}" "${modern[@]}"
scenario "$peer-rsa-2192" "${signed[@]}" case_bits=2192
scenario "$peer-rsa-3072" "${signed[@]}" case_bits=3072 "${modern[@]}" \
	case_left_id=@left.example case_right_id=@right.example
scenario "$peer-rsa-4096" "${signed[@]}" case_bits=4096 "${modern[@]}" \
	case_left_id=left@example.org case_right_id=right@example.org
scenario "$peer-rsa-e3" "${signed[@]}" case_exponent=3 case_bits=2192 \
	case_left_id=@left.example case_right_id=@right.example
scenario "$peer-both-rsa" "${both[@]}" case_auth=rsa

if [ "$peer" = strongswan ]; then
	scenario "$peer-both-psk" secret_at_second_attempt
else
	scenario "$peer-both-psk" "${both[@]}" case_auth=psk
fi

scenario "$peer-psk-fqdn" "${secret[@]}" \
	case_left_id=@left.example case_right_id=@right.example
scenario "$peer-psk-user" "${secret[@]}" "${modern[@]}" \
	case_left_id=left@example.org case_right_id=right@example.org
scenario "$peer-psk-ipv6-id" "${secret[@]}" \
	case_left_id=fd77::1 case_right_id=fd77::2
results
