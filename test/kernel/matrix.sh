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

# ---- the cell ---------------------------------------------------------------

# What is set by cell(), for all below: protocols (ESP AH), compress (yes or
# empty), mode, outer and inner (4 or 6).

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

# Addresses to ping from and to, in $from and $to.
cell_addresses() {
	case $mode-$inner in
	tunnel-4) from=10.78.1.1 to=10.78.2.1 ;;
	tunnel-6) from=fd78:1::1 to=fd78:2::1 ;;
	transport-4) from=10.77.0.1 to=10.77.0.2 ;;
	transport-6) from=fd77::1 to=fd77::2 ;;
	esac
}

# The layers of each packet, outermost first, as far as the wire shows them.
cell_layers() {
	local layers=${protocols,,}
	case $layers${compress:+ compressed} in
	'ah esp compressed') echo 'ah+esp small' ;;
	'ah compressed') echo 'ah+ipcomp small' ;;
	'esp compressed') echo 'esp small' ;;
	*) echo "${layers/ /+} big" ;;
	esac
}

# The SAs of a side, as "PROTOCOL MODE unused|used" once for each direction; in
# a tunnel only the innermost SA has that mode.
cell_sas() {
	local protocol m=$mode
	for protocol in ${compress:+comp} $(tr ' ' '\n' <<< "${protocols,,}" | tac); do
		printf "$protocol $m used\n%.0s" 1 2
		m=transport
	done | sort
}

# ---- what there is ----------------------------------------------------------

# With IPCOMP in tunnel mode the kernel has SAs of its own besides, "proto ipip".
sas_of() { # SIDE
	ip -n "$1" -s xfrm state | awk '
		function flush() { if (proto != "") print proto, mode, used }
		/^src/       { flush(); proto = ""; used = "unused" }
		/^\tproto/   { proto = $2 ~ /^(ah|esp|comp)$/ ? $2 : "" }
		/ mode /     { for (i = 1; i < NF; i++) if ($i == "mode") mode = $(i + 1) }
		/\(packets\)/ && !/limit/ { split($2, n, "("); if (n[1] > 0) used = "used" }
		END          { flush() }' | sort
}

sas_are_right() { # SIDE
	local seen expected
	seen=$(sas_of "$1") expected=$(cell_sas)
	diff <(echo "$expected") <(echo "$seen") ||
		{ ip -n "$1" -s xfrm state; return 1; }
}

# One capture for all cells, as text: what is new since the last cell.
wire_start() {
	: > /run/wire
	: > /run/capture.log
	ip netns exec wire tcpdump -Z root -i wl --immediate-mode -U -s 0 -n -l \
		--print -w "$OUT/wire.pcap" > /run/wire 2> /run/capture.log &
	capture_pid=$!
	wait_until 5 grep -q 'listening on' /run/capture.log ||
		not_ok 'capture starts' < /run/capture.log
	wire_seen=0
}

wire_new() {
	tail -n +$((wire_seen + 1)) /run/wire
}

wire_next_cell() {
	wire_seen=$(wc -l < /run/wire)
}

# Layers and sizes of the packets; an echo of 1000 octets is small only when
# it was compressed.
wire_layers() {
	wire_new | awk '
		/ ARP, |ICMP6, (neighbor|router|multicast)| HBH / { next }
		/isakmp/ { next }
		{ layers = "clear" }
		/ AH\(/  { layers = "ah" }
		/ AH\(.* ESP\(/    { layers = "ah+esp" }
		/ AH\(.* IPComp\(/ { layers = "ah+ipcomp" }
		/: ESP\(/ && layers == "clear" { layers = "esp" }
		{ print layers, match($0, /length 1[0-9][0-9][0-9]/) ? "big" : "small" }
	' | sort -u
}

wire_had() { # LAYERS
	sleep 0.1
	echo "expected: $1; seen:"
	wire_layers
	[ "$(wire_layers)" = "$1" ] || { wire_new; return 1; }
}

# ---- a cell -----------------------------------------------------------------

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

cells() { # "PROTOCOL..." NAME yes|''
	local in='' family
	for family in 4 6; do
		scenario "$2-transport-v$family" cell "$1" "$3" transport $family $family
		scenario "$2-tunnel-v$family" cell "$1" "$3" tunnel $family $family
		in=$((10 - family))
		scenario "$2-tunnel-v$in-in-v$family" cell "$1" "$3" tunnel $family $in
	done
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario_name=matrix
pair_start && wire_start
for protocols in ESP AH 'AH ESP'; do
	name=${protocols,,}
	name=${name/ /-}
	cells "$protocols" "$name" ''
	cells "$protocols" "$name-ipcomp" yes
done
scenario_name=matrix
kill -INT "$capture_pid"
wait "$capture_pid"
pair_stop
results
