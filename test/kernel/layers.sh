# shellcheck shell=bash disable=SC2154 # the cell's variables are the caller's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh: a kind of IPsec SA, called a cell, and whether it is what
# there is in the kernel and on the wire.

# ---- the cell ---------------------------------------------------------------

# Set by the caller: protocols (ESP, AH or "AH ESP"), compress (yes or empty),
# mode, outer and inner (4 or 6).

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

# All twelve of these protocols, each a scenario: the caller's function
#	cell "PROTOCOL..." yes|'' MODE OUTER INNER
cells() { # "PROTOCOL..."
	local name=${1,,} compress family in
	name=${name/ /-}
	for compress in '' yes; do
		name+=${compress:+-ipcomp}
		for family in 4 6; do
			in=$((10 - family))
			scenario "$name-transport-v$family" \
				cell "$1" "$compress" transport $family $family
			scenario "$name-tunnel-v$family" \
				cell "$1" "$compress" tunnel $family $family
			scenario "$name-tunnel-v$in-in-v$family" \
				cell "$1" "$compress" tunnel $family $in
		done
	done
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
wire_start() { # NAME: to $OUT/NAME.pcap, too
	: > /run/wire
	: > /run/capture.log
	ip netns exec wire tcpdump -Z root -i wl --immediate-mode -U -s 0 -n -l \
		--print -w "$OUT/$1.pcap" > /run/wire 2> /run/capture.log &
	capture_pid=$!
	wait_until 5 grep -q 'listening on' /run/capture.log ||
		not_ok 'capture starts' < /run/capture.log
	wire_seen=0
}

wire_stop() {
	kill -INT "$capture_pid"
	wait "$capture_pid"
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
