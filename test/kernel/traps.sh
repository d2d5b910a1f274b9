#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# More at once than usual, on a real kernel: 500 traps whose packets come
# together, and so many reports of the kernel that it loses some.  Run under
# test/kernel/uml-run.
set -u
. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/kernel/pair.sh"

# ---- 500 at once ------------------------------------------------------------

# Each of 23 hosts on left has a connection with each of 22 on right; that makes
# few routes and many policies.  Of the last host only as many as it takes.
pairs() { # COUNT: "NAME LEFT RIGHT"
	local n
	for ((n = 0; n < $1; n++)); do
		echo "c$n 10.79.0.$((n / 22 + 1)) 10.80.0.$((n % 22 + 1))"
	done
}

many_hosts() {
	on left ip route add local 10.79.0.0/24 dev lo
	on left ip route add 10.80.0.0/24 via 10.77.0.2
	on right ip route add local 10.80.0.0/24 dev lo
	on right ip route add 10.79.0.0/24 via 10.77.0.1
}

many_hosts_end() {
	on left ip route del local 10.79.0.0/24 dev lo
	on left ip route del 10.80.0.0/24
	on right ip route del local 10.80.0.0/24 dev lo
	on right ip route del 10.79.0.0/24
}

# A connection for each pair; on left routed.
many_connections() { # SIDE
	local route=:
	[ "$1" = right ] || route="$BUILD/whack --route --name \$name"
	on "$1" sh -c "
		while read -r name left right; do
			$BUILD/whack --name \$name \
				--host 10.77.0.1 --client \$left/32 --updown : --to \
				--host 10.77.0.2 --client \$right/32 --updown : \
				--psk --encrypt && $route || exit
		done < /run/out/pairs"
}

# A packet of each pair, its source given by the route.
hit_all() {
	on left bash -c 'last=
		while read -r name left right; do
			[ "$left" = "$last" ] ||
				ip route replace 10.80.0.0/24 via 10.77.0.2 src "$left"
			last=$left
			echo x > "/dev/udp/$right/9"
		done < /run/out/pairs' 2> /run/check
}

# SAs that are not larval.
served() { # SIDE COUNT
	local n
	n=$(ip -n "$1" xfrm state | grep -c 'proto esp spi 0x[0-9a-f]*[1-9a-f]')
	echo "$n SAs, expected $2"
	[ "$n" = "$2" ]
}

# Inbound SAs of right that have seen a packet.
used_by_left() {
	ip -n right -s xfrm state | awk '
		/^src/ { inbound = $2 == "10.77.0.1" }
		inbound && /\(packets\)/ && !/limit/ && !/ 0\(packets\)/ { n++ }
		END { print n + 0 }'
}

each_is_used() { # COUNT
	local n
	n=$(used_by_left)
	echo "$n SAs in use, expected $1"
	[ "$n" = "$1" ]
}

many() { # COUNT
	local side
	pairs "$1" > "$OUT/pairs"
	many_hosts
	pair_start || return
	for side in right left; do
		check "$1 connections on $side" many_connections $side
	done
	capture_start "$scenario_name"
	hit_all
	for side in left right; do
		wait_until 120 served $side $((2 * $1))
		check "all are served on $side" served $side $((2 * $1))
	done
	hit_all
	check 'each with an SA of its own' each_is_used "$1"
	capture_stop
	check 'nothing in the clear' wire_had_only isakmp esp
	check 'one ISAKMP SA' [ "$(wire_count_main_modes)" = 1 ]
	many_hosts_end
	for side in left right; do
		at_once $side
		clean_check $side
	done
}

# The second SIGTERM does not wait for a thousand scripts; what they would have
# undone is noted for the next pluto, which here has nothing to undo.
at_once() { # SIDE
	local pid=${pluto_pid[$1]}
	kill -TERM "$pid"
	sleep 0.5
	kill -TERM "$pid"
	check "pluto on $1 ends" wait_until 10 process_gone "$pid"
	check "and leaves a note on $1" on "$1" rm /run/pluto.updown
	pluto_pid[$1]=
}

# ---- lost reports -----------------------------------------------------------

# Other people's traps report to everybody: they fill pluto's buffer while it
# stands still, so that the report of ours is lost.  The kernel reports the next
# packet as well then.
lost() {
	local i
	for ((i = 0; i < 10000; i++)); do
		echo "xfrm policy add src 10.78.1.1/32 dst 10.81.$((i / 250)).$((i % 250 + 1))/32" \
			"dir out tmpl src 10.77.0.1 dst 10.77.0.9 proto esp" \
			"reqid $((i + 1)) mode tunnel"
	done > /run/policies
	pair_start || return
	pair_add t "${clients[@]}" --encrypt
	routed left t
	on left ip route add 10.81.0.0/16 via 10.77.0.9 src 10.78.1.1
	ip -n left -batch /run/policies
	kill -STOP "${pluto_pid[left]}"
	on left bash -c 'for ((i = 0; i < 10000; i++)); do
		echo x > /dev/udp/10.81.$((i / 250)).$((i % 250 + 1))/9; done' 2> /run/check
	on left ping -c 1 -W 1 -I 10.78.1.1 10.78.2.1 > /run/check 2>&1
	kill -CONT "${pluto_pid[left]}"
	check 'pluto knows it' logged left 'more events than we could read'
	check 'the next packet begins it' wait_until 10 \
		on left ping -c 1 -W 1 -I 10.78.1.1 10.78.2.1
	check 'and all others pass' ping_through left 10.78.1.1 10.78.2.1
	check 'the log has few lines' [ "$(wc -l < "$OUT/$scenario_name-left.log")" -lt 100 ]
	sed -i 's/ add / del /; s/ tmpl.*//' /run/policies
	ip -n left -batch /run/policies
	check 'neither about others' [ "$(wc -l < "$OUT/$scenario_name-left.log")" -lt 300 ]
	on left ip route del 10.81.0.0/16
	pair_terminate t
	check '--unroute' whack left --unroute --name t
	check 'nothing of ours is left' kernel_has_only_foreign
	ip -n left xfrm state flush
	pair_stop
}

# Larval SAs of the other traps go after a while.
kernel_has_only_foreign() {
	! ip -n left xfrm state | grep -F 'dst 10.77.0.2'
}

# ---- all --------------------------------------------------------------------

topology
pair_secrets
scenario traps-500 many "${TRAPS:-500}"
scenario events-lost lost
results
