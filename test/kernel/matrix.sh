#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two plutos on a real kernel: every kind of IPsec SA, that is ESP, AH or both,
# with IPCOMP or without, in either mode, between and inside either family; with
# pings that can be compressed, and with each layer that is seen on the wire.
# Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"
. "$PROJECT/test/kernel/layers.sh"

# ---- a cell -----------------------------------------------------------------

# The ends as words for whack, in $ends.
cell_ends() {
	local host=(10.77.0.1 10.77.0.2) net=(10.78.1.0/24 10.78.2.0/24) i
	ends=(--tunnelipv"$inner")
	if [ "$outer" = 6 ]; then
		host=(fd77::1 fd77::2)
		ends+=(--ipv6)
	fi
	[ "$inner" = 4 ] || net=(fd78:1::/64 fd78:2::/64)
	for i in 0 1; do
		ends+=(--host "${host[i]}" --updown true)
		[ "$mode" = transport ] || ends+=(--client "${net[i]}")
		[ "$i" = 1 ] || ends+=(--to)
	done
}

initiator=left

cell() { # "PROTOCOL..." yes|'' MODE OUTER INNER
	local protocols=$1 compress=$2 mode=$3 outer=$4 inner=$5 ends from to
	local options=()
	cell_ends
	cell_addresses
	[[ $protocols != *ESP* ]] || options+=(--encrypt)
	[[ $protocols != *AH* ]] || options+=(--authenticate)
	[ -z "$compress" ] || options+=(--compress)
	[ "$mode" = transport ] || options+=(--tunnel)
	pair_add t "${ends[@]}" "${options[@]}" || return
	wire_next_cell
	comes_up $initiator t
	pings $from $to -c 2 -i 0.1 -s 1000
	check 'each layer on the wire' wire_had "$(cell_layers)"
	check 'the SAs of left, all in use' sas_are_right left
	check 'the SAs of right, all in use' sas_are_right right
	pair_terminate t
	check 'nothing is left' kernel_empties left right
	if [ $initiator = left ]; then initiator=right; else initiator=left; fi
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario_name=matrix
pair_start && wire_start matrix
for protocols in ESP AH 'AH ESP'; do
	cells "$protocols"
done
scenario_name=matrix
wire_stop
pair_stop
results
