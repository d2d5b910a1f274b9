#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two plutos of ours on a real kernel: tunnels of all kinds, from either end,
# pings through them, the wire, and nothing left behind.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/interop/peers.sh"

classic=(case_policy=classic case_ike=3des-sha1-modp1536 case_esp=3des-sha1)
modern=(case_policy=modern case_ike=aes256-sha256-modp2048 case_esp=aes256-sha256)

topology
for mode in tunnel transport; do
	for pfs in no yes; do
		kind=(tunnel_case ours ours case_mode=$mode case_pfs=$pfs)
		scenario "ours-classic-$mode-pfs-$pfs" "${kind[@]}" "${classic[@]}"
		scenario "ours-modern-$mode-pfs-$pfs" "${kind[@]}" "${modern[@]}"
	done
done
scenario ours-rekey tunnel_rekeyed ours ours left 30 \
	case_esp_life=22 case_ike_life=40 case_margin=15
results
