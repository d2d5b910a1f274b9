#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two plutos on a real kernel replace their SAs every few seconds for two
# minutes: no ping is lost, nothing is in the clear, and nobody ever sends again
# on an SA that has been superseded.  Run under test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

# Seconds of traffic, of almost ten pings each.
duration=${DURATION:-120}
pings=$((duration * 9))

# The SAs of one direction in the order of their first packet, and how often
# the sender changed from one to another.
senders() { # PROTOCOL FROM, text of a capture on standard input
	awk -v from="$2" -v protocol="$1" '
		index($0, " " from " > ") && match($0, protocol "\\(spi=0x[0-9a-f]*") {
			spi = substr($0, RSTART, RLENGTH)
			if (spi != last) changes++
			if (!(spi in seen)) { seen[spi]; n++ }
			last = spi
		}
		END { print n + 0, changes + 0 }'
}

# Each SA took over from the one before, and none came back.
one_sender() { # PROTOCOL FROM LEAST
	local n changes
	read -r n changes < <(senders "$1" "$2" < /run/wire)
	echo "$n SAs sent, $changes times another one, expected $3 or more"
	[ "$n" -ge "$3" ] && [ "$changes" = "$n" ]
}

# At most this many SAs on a side: an old one is kept until it expires.
sas_bounded() { # SIDE MOST
	local n
	n=$(ip -n "$1" xfrm state | grep -c '^src')
	echo "$n SAs, at most $2 expected"
	[ "$n" -gt 0 ] && [ "$n" -le "$2" ]
}

# Two connections at once: one whose initiator replaces its SAs in time, and one
# whose responder has to, as its own lifetime is shorter.
steady() {
	local lives=(--rekeymargin 4 --rekeyfuzz 0 --ikelifetime 30)
	pair_start || return
	pair_add t "${clients[@]}" --encrypt "${lives[@]}" --ipseclifetime 9
	add left h "${hosts[@]}" --authenticate "${lives[@]}" --ipseclifetime 600
	add right h "${hosts[@]}" --authenticate "${lives[@]}" --ipseclifetime 9
	capture_start "$scenario_name"
	comes_up left t
	initiate left h
	check 'h comes up' [ "$status" = 0 ]
	on_background left /run/ping.t /run/ping.t \
		ping -q -i 0.1 -c $pings -I 10.78.1.1 10.78.2.1
	local t=$!
	on left ping -q -i 0.1 -c $pings -I 10.77.0.1 10.77.0.2 > /run/ping.h 2>&1
	wait $t
	check 'no ping of t lost' no_loss /run/ping.t
	check 'no ping of h lost' no_loss /run/ping.h
	for side in left right; do
		check "old SAs go on $side" sas_bounded $side 16
	done
	capture_stop
	tcpdump -nr "$capture" > /run/wire 2> /run/check
	check 'left has one sender of t' one_sender ': ESP' 10.77.0.1 $((duration / 6))
	check 'right has one sender of t' one_sender ': ESP' 10.77.0.2 $((duration / 6))
	check 'left has one sender of h' one_sender ' AH' 10.77.0.1 $((duration / 9))
	check 'right has one sender of h' one_sender ' AH' 10.77.0.2 $((duration / 9))
	check 'right began those of h' logged right '"h" #'
	check 'nothing in the clear' wire_had_only isakmp esp ah
	for side in left right; do
		check "connections go on $side" delete_both $side
	done
	check 'nothing is left' kernel_empties left right
	pair_stop
}

# What is only terminated is begun again by a peer that is about to replace it.
delete_both() { # SIDE
	whack "$1" --delete --name t && whack "$1" --delete --name h
}

no_loss() { # FILE
	cat "$1"
	grep -q ' 0% packet loss' "$1"
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario rekey-steady steady
results
