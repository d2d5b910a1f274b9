#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ours on the left, strongSwan or libreswan (PEER) on the right: all kinds of
# tunnels, initiated from either end, and rekeying.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/interop/peers.sh"

peer=${PEER:?strongswan or libreswan}
classic=(case_policy=classic case_ike=3des-sha1-modp1536 case_esp=3des-sha1)
modern=(case_policy=modern case_ike=aes256-sha256-modp2048 case_esp=aes256-sha256)

topology
"${peer}_prepare" right
for mode in tunnel transport; do
	for pfs in no yes; do
		kind=(tunnel_case ours "$peer" case_mode=$mode case_pfs=$pfs)
		scenario "$peer-classic-$mode-pfs-$pfs" "${kind[@]}" "${classic[@]}"
		scenario "$peer-modern-$mode-pfs-$pfs" "${kind[@]}" "${modern[@]}"
	done
done
for side in left right; do
	scenario "$peer-rekey-$side" tunnel_rekeyed ours "$peer" $side 30 \
		case_esp_life=22 case_ike_life=40 case_margin=15
done
results
