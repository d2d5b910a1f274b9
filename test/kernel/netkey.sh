#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netkey on a real kernel: test_netkey's own checks, then a tunnel whose two
# ends it sets up, with pings and a look at the wire.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"

test_netkey=${TEST_NETKEY:-$BUILD/test/kernel/test_netkey}

own_checks() {
	on left "$test_netkey" | tee "$OUT/test_netkey.tap" | sed 's/^/    /'
	check "test_netkey" grep -q '^# failed 0$' "$OUT/test_netkey.tap"
}

tunnel() {
	check "left end" on left "$test_netkey" link left
	check "right end" on right "$test_netkey" link right
	capture_start netkey-tunnel
	check "ping" ping_through left 10.78.1.1 10.78.2.1
	capture_stop
	check "usage on the left" on left "$test_netkey" used
	check "usage on the right" on right "$test_netkey" used
	check "only ESP between the gateways" wire_had_only esp
	flush_xfrm left right
	clean_check left
	clean_check right
}

topology
scenario own-checks own_checks
scenario tunnel tunnel
results
