#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netkey on a real kernel: test_netkey's own checks, then links whose two ends it
# sets up, with pings and a look at the wire.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"

test_netkey=${TEST_NETKEY:-$BUILD/test/kernel/test_netkey}

own_checks() {
	on left "$test_netkey" | tee "$OUT/test_netkey.tap" | sed 's/^/    /'
	check "test_netkey" grep -q '^# failed 0$' "$OUT/test_netkey.tap"
}

# What is on the wire shows its outermost layer only; the count of each SA shows
# the others.  Pings are long enough to be compressed.
link() { # PROTOCOLS MODE OUTER INNER
	local from to outermost=${1%%+*}
	case $2-$4 in
	tunnel-4) from=10.78.1.1 to=10.78.2.1 ;;
	tunnel-6) from=fd78:1::1 to=fd78:2::1 ;;
	transport-4) from=10.77.0.1 to=10.77.0.2 ;;
	transport-6) from=fd77::1 to=fd77::2 ;;
	esac
	check "left end" on left "$test_netkey" link left "$@"
	check "right end" on right "$test_netkey" link right "$@"
	capture_start "netkey-$1-$2-$3-$4"
	check "ping" ping_through left $from $to -s 1000
	capture_stop
	check "usage on the left" on left "$test_netkey" used "$@"
	check "usage on the right" on right "$test_netkey" used "$@"
	check "only $outermost between the gateways" \
		wire_had_only "${outermost/comp/ipcomp}"
	check "left end down" on left "$test_netkey" down
	check "right end down" on right "$test_netkey" down
	# IPComp has an SA of the kernel's own in tunnel mode, which goes by itself.
	check "nothing left on the left" wait_until 5 no_sas left
	check "nothing left on the right" wait_until 5 no_sas right
	clean_check left
	clean_check right
}

# A host whose packets are trapped still tells its neighbours where it is.
neighbours() {
	check "trap" on left "$test_netkey" trap
	ip -n left neigh flush all
	ip -n right neigh flush all
	check "no answer, it is trapped" no_ping right fd77::1
	check "right knows where left is" \
		grep -q lladdr <(ip -n right neigh show fd77::1)
	check "and left where right is" \
		grep -q lladdr <(ip -n left neigh show fd77::2)
	check "down" on left "$test_netkey" down
	flush_xfrm left
	clean_check left
}

no_ping() { # SIDE TO
	! on "$1" ping -c 1 -W 1 "$2"
}

no_sas() { # SIDE
	[ -z "$(on "$1" ip xfrm state)" ]
}

topology
scenario own-checks own_checks
scenario neighbours neighbours
for cell in \
	'esp tunnel 4 4' 'ah tunnel 6 6' 'esp transport 6 6' \
	'ah+esp tunnel 4 6' 'ah+esp tunnel 6 4' 'esp+comp tunnel 4 4' \
	'comp tunnel 6 6' 'ah+esp+comp tunnel 4 6' 'ah+esp+comp tunnel 6 4' \
	'ah+esp+comp transport 4 4' 'ah+esp+comp transport 6 6'; do
	# shellcheck disable=SC2086 # words
	scenario "${cell// /-}" link $cell
done
results
