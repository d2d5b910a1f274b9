#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The default updown script and a packet filter that lets nothing pass but IKE,
# ESP, and what is in the script's chains.  iptables, in the form that user-mode
# Linux has; for the rules of nftables see test/tools/updown.
# Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

net=(--host 10.77.0.1 --client 10.78.1.0/24 --to --host 10.77.0.2 --client 10.78.2.0/24)
net6=(--ipv6 --host fd77::1 --client fd78:1::/64 --to --host fd77::2 --client fd78:2::/64)

# No module is loaded by itself any more.  The script calls iptables by the name
# without "legacy".  Its lock file stays.
prepare() {
	local program
	modprobe -a iptable_filter ip6table_filter xt_policy xt_comment xt_tcpudp
	for program in iptables ip6tables; do
		on left ln -sf /usr/sbin/$program-legacy /etc/alternatives/$program
		on left $program -L || return
	done
	inventory left > /run/side/left.before
}

filter() { # PROGRAM
	on left sh -ec "
		$1 -N pluto_in
		$1 -N pluto_out
		for chain in INPUT OUTPUT; do
			$1 -A \$chain -p udp --dport 500 -j ACCEPT
			$1 -A \$chain -p esp -j ACCEPT
			[ $1 = iptables ] ||
				$1 -A \$chain -p icmpv6 --icmpv6-type 135 -j ACCEPT
			[ $1 = iptables ] ||
				$1 -A \$chain -p icmpv6 --icmpv6-type 136 -j ACCEPT
		done
		$1 -A INPUT -j pluto_in
		$1 -A OUTPUT -j pluto_out
		$1 -P INPUT DROP
		$1 -P OUTPUT DROP"
}

no_filter() { # PROGRAM
	on left sh -ec "
		for chain in INPUT OUTPUT; do
			$1 -P \$chain ACCEPT
			$1 -F \$chain
		done
		$1 -X pluto_in
		$1 -X pluto_out"
}

# With their counters.
rules() { # PROGRAM
	local chain
	for chain in pluto_in pluto_out; do
		on left "$1" -nvL $chain | grep ACCEPT
	done
}

accept_both_ways() { # PROGRAM
	rules "$1" > /run/rules
	cat /run/rules
	[ "$(wc -l < /run/rules)" = 2 ] && ! grep -q '^ *0 ' /run/rules
}

no_rules() { # PROGRAM
	[ -z "$(rules "$1")" ]
}

no_ping() { # FROM TO
	! on left ping -c 1 -W 1 -I "$1" "$2"
}

opens_and_closes() { # PROGRAM LEFT RIGHT END...
	local program=$1 left=$2 right=$3
	shift 3
	check 'the filter is made' filter "$program"
	pair_start || return
	add right t "$@" --encrypt
	add left t "$@" --encrypt
	check 'nothing passes before' no_ping "$left" "$right"
	comes_up left t
	pings "$left" "$right"
	check 'one rule for each direction' accept_both_ways "$program"
	whack left --initiate --name t > /run/check 2>&1
	check 'and no more when SAs are replaced' accept_both_ways "$program"
	pings "$left" "$right"
	pair_terminate t
	check 'no rule is left' wait_until 5 no_rules "$program"
	check 'nothing passes afterwards' no_ping "$left" "$right"
	pair_stop
	check 'the chains are no longer used' no_filter "$program"
}

topology
pair_secrets
check 'the filter is there' prepare
scenario filter-ipv4 opens_and_closes iptables 10.78.1.1 10.78.2.1 "${net[@]}"
scenario filter-ipv6 opens_and_closes ip6tables fd78:1::1 fd78:2::1 "${net6[@]}"
results
