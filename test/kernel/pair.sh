# shellcheck shell=bash disable=SC2154 # scenario_name is lib.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh: pluto on left and on right, and connections of which
# both have the same description.  No script of updown runs unless a scenario
# asks for one: the routes of the topology serve.

shared_secret='lab secret of some length'

# What a connection is between: the clients, or the hosts themselves.
# shellcheck disable=SC2034 # used by some
clients=(--host 10.77.0.1 --client 10.78.1.0/24 --updown true
	--to --host 10.77.0.2 --client 10.78.2.0/24 --updown true)
# shellcheck disable=SC2034 # used by some
hosts=(--host 10.77.0.1 --updown true --to --host 10.77.0.2 --updown true)

# What whack --initiate says when both SAs are new.
both_new='104 106 108 004 112 004'

pair_secrets() { # [SIDE]...
	local side
	for side in left right "$@"; do
		put "$side" /etc/ipsec.secrets <<< ": PSK \"$shared_secret\""
		on "$side" chmod 600 /etc/ipsec.secrets
	done
}

listening() { # SIDE [OPTION...]: pluto
	local side=$1
	shift
	pluto_start "$side" "$@" || return
	whack "$side" --listen > "/run/listen.$side" 2>&1
}

pair_start() { # [OPTION...]
	listening left "$@" && listening right "$@"
}

pair_stop() {
	local side
	for side in left right; do
		pluto_stop $side
	done
	for side in left right; do
		clean_check $side
	done
}

# add SIDE NAME OPTION...: in place of an earlier one of that name
add() {
	local side=$1 name=$2
	shift 2
	whack "$side" --name "$name" --delete --psk "$@" > /run/check 2>&1 && return
	not_ok "connection $name loads on $side" < /run/check
	return 1
}

pair_add() { # NAME OPTION...
	add left "$@" && add right "$@"
}

# Policy classic does not act on the peer's Deletes: both have to.
pair_terminate() { # NAME
	local side
	for side in left right; do
		whack $side --terminate --name "$1" > /run/check 2>&1 ||
			not_ok "terminate on $side" < /run/check
	done
}

# comes_up SIDE NAME [CODES]
comes_up() {
	initiate "$1" "$2"
	check "$1 brings up $2" codes_are "${3:-$both_new}"
}

routed() { # SIDE NAME
	check "route $2 on $1" whack "$1" --route --name "$2"
}

# Pings of one client from the other, from both ends.
pings() { # LEFT RIGHT [OPTION...]
	local left=$1 right=$2
	shift 2
	check 'pings from left' ping_through left "$left" "$right" "$@"
	check 'pings from right' ping_through right "$right" "$left" "$@"
}

# No SA and no policy, except those of sockets.
kernel_empty() { # SIDE...
	local side left=''
	for side in "$@"; do
		left+=$(ip -n "$side" xfrm state; ip -n "$side" xfrm policy list nosock)
	done
	echo "$left"
	[ -z "$left" ]
}

kernel_empties() { # SIDE...: soon
	wait_until 5 kernel_empty "$@" || kernel_empty "$@"
}
