# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by test scripts that run under uml-run.  Two hosts in one kernel, a
# wire between them that can be watched, and results as TAP lines.
#
#   client 10.78.1.1/24        wire             client 10.78.2.1/24
#   left   10.77.0.1   ---- vl  br0  vr ----    right  10.77.0.2
#
# A third one, called third, is there if topology is asked for it: 10.77.0.3 and
# 10.78.3.1/24, with routes between it and right.
#
# Likewise in IPv6 with fd77::1, fd77::2 and fd78:1::1/64, fd78:2::1/64.  A side
# is a network namespace and a mount namespace with its own /etc (overlay) and
# its own /run (tmpfs), so that two copies of any daemon live side by side.
#
# A fork costs a user-mode kernel 30-100 ms: many scenarios share one boot, and
# what follows is sparing with processes.
#
# A script of scenarios:  . lib.sh; topology; scenario NAME FUNCTION...; results

: "${PROJECT:?run me under test/kernel/uml-run}"
BUILD=${BUILD:-$PROJECT/build}
OUT=/run/out
passed=0 failed=0 scenario_name=none

# ---- results ----------------------------------------------------------------

# check TEXT COMMAND...: one TAP line; the command's output only on failure,
# which it returns.
check() {
	local text=$1
	shift
	if "$@" > /run/check 2>&1; then
		ok "$text"
	else
		not_ok "$text" < /run/check
		return 1
	fi
}

ok() {
	passed=$((passed + 1))
	echo "ok $((passed + failed)) - $scenario_name: $1"
}

not_ok() { # TEXT, explanation on standard input
	local line
	failed=$((failed + 1))
	echo "not ok $((passed + failed)) - $scenario_name: $1"
	while IFS= read -r line; do
		echo "#   $line"
	done
}

exits() { # STATUS COMMAND...
	local expected=$1 got
	shift
	"$@"
	got=$?
	echo "exit status $got, expected $expected"
	[ $got = "$expected" ]
}

# scenario NAME FUNCTION [ARG...]: unless ONLY (a regular expression) is set
# and does not match.
scenario() {
	scenario_name=$1
	shift
	[[ $scenario_name =~ ${ONLY:-.} ]] || return 0
	echo "# $scenario_name"
	"$@"
}

# Last call of a script: the plan, the count, the exit status.  No check at all
# is a failure too.
results() {
	echo "1..$((passed + failed))"
	echo "# passed $passed, failed $failed"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
	exit
}

# ---- waiting ----------------------------------------------------------------

# wait_until SECONDS COMMAND...: false when it is still false then.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

process_gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

# ---- the two hosts ----------------------------------------------------------

# The process that keeps a side's mount namespace.  A file of the namespace
# (unshare --mount=FILE) would do without one, but Linux 6.18 refuses it at times.
declare -A keeper

on() { # SIDE COMMAND...
	local side=$1
	shift
	nsenter --net="/run/netns/$side" --mount="/proc/${keeper[$side]}/ns/mnt" \
		-- "$@"
}

# on_background SIDE OUTPUT ERRORS COMMAND...: $! is the command itself
on_background() {
	local side=$1 output=$2 errors=$3
	shift 3
	( exec nsenter --net="/run/netns/$side" \
		--mount="/proc/${keeper[$side]}/ns/mnt" -- \
		"$@" < /dev/null > "$output" 2> "$errors" ) &
}

put() { # SIDE FILE, contents on standard input
	on "$1" sh -c "mkdir -p '$(dirname "$2")' && cat > '$2'"
}

topology() { # [third]
	local side sides="left right $*"
	mkdir -p /run/side
	make_wire
	for side in $sides; do
		make_mounts $side
	done
	make_host left 1 2
	make_host right 2 1
	if [ "$*" = third ]; then
		make_host third 3 2
		on right ip route add 10.78.3.0/24 via 10.77.0.3
	fi
	for side in $sides; do
		inventory $side > /run/side/$side.before
	done
	if ! wait_until 5 on left ping -c1 -W1 10.77.0.2; then
		echo "Bail out! no ping from left to right"
		exit 1
	fi
}

make_mounts() { # SIDE
	local d=/run/side/$1
	mkdir -p "$d/upper" "$d/work" "$d/run/lock" "$d/run/ctl" "$d/run/out"
	unshare --mount --propagation private sh -ec "
		mount -t overlay -o lowerdir=/etc,upperdir=$d/upper,workdir=$d/work etc /etc
		mount --bind /run/ctl $d/run/ctl
		mount --bind /run/out $d/run/out
		mount --rbind $d/run /run
		: > /run/ready
		exec sleep infinity" &
	keeper[$1]=$!
	wait_until 5 [ -e "$d/run/ready" ]
}

# A capture on a gateway's own interface shows decrypted packets too, which
# xfrm feeds back into it.  The bridge has only what is really sent.  (It must
# not be named br: ip takes that for "broadcast".)
make_wire() {
	ip netns add wire
	ip netns exec wire sh -ec '
		ip link add br0 type bridge
		echo 1 > /proc/sys/net/ipv6/conf/br0/disable_ipv6
		ip link set br0 up'
}

make_host() { # SIDE NUMBER OTHER
	local v=v${1:0:1} w=w${1:0:1}
	ip netns add "$1"
	ip link add "$v" netns "$1" type veth peer name "$w" netns wire
	ip -n wire link set "$w" master br0 up
	on "$1" sh -ec "
		for f in all default; do
			echo 0 > /proc/sys/net/ipv4/conf/\$f/rp_filter
		done
		echo 1 > /proc/sys/net/ipv4/ip_forward
		echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
		ip -batch - <<-END
			link set lo up
			addr add 10.77.0.$2/24 dev $v
			addr add fd77::$2/64 dev $v nodad
			link set $v up
			link add cl type dummy
			link set cl up
			addr add 10.78.$2.1/24 dev cl
			addr add fd78:$2::1/64 dev cl nodad
			route add 10.78.$3.0/24 via 10.77.0.$3
			route add fd78:$3::/64 via fd77::$3
		END"
}

# ---- what is on the wire ----------------------------------------------------

# tcpdump would drop root, and then could not write.  It must be listening, or
# the first packets are missing.
capture_start() { # NAME [PORT]: to $OUT/NAME.pcap, what passes left (wl)
	capture=$OUT/$1.pcap
	: > /run/capture.log # not what an earlier one said
	ip netns exec wire tcpdump -Z root -i "${2:-wl}" --immediate-mode -U -s 0 \
		-w "$capture" 2> /run/capture.log &
	capture_pid=$!
	wait_until 5 grep -q 'listening on' /run/capture.log ||
		not_ok "capture starts" < /run/capture.log
}

capture_stop() {
	sleep 0.3
	kill -INT "$capture_pid"
	wait "$capture_pid"
}

# Counts by protocol, as "esp=6 isakmp=9"; "clear" is everything that should
# have been protected.  Neighbour discovery and the like is left out.
capture_summary() {
	tcpdump -nr "$capture" 2>/dev/null | awk '
		/ ARP, |ICMP6, (neighbor|router|multicast)| HBH / { next }
		/ AH\(/             { n["ah"]++; next }
		/: ESP\(| ESP\(/    { n["esp"]++; next }
		/isakmp|NONESP-encap/ { n["isakmp"]++; next }
		/ IPComp\(/         { n["ipcomp"]++; next }
		                    { n["clear"]++ }
		END { for (k in n) printf "%s=%d\n", k, n[k] }' | sort | paste -sd ' '
}

# True if there was each of these protocols on the wire, and nothing else.
wire_had_only() { # PROTOCOL...
	local seen
	seen=$(capture_summary)
	echo "on the wire: ${seen:-nothing}, expected: $*"
	[ "$(tr ' ' '\n' <<< "$seen" | cut -d= -f1)" = "$(printf '%s\n' "$@" | sort)" ]
}

ping_through() { # SIDE FROM TO [OPTION...]
	local side=$1 from=$2 to=$3
	shift 3
	on "$side" ping -c 3 -i 0.2 -W 1 -I "$from" "$@" "$to"
}

# How many SAs there were: an SA of ESP, one direction, has an SPI; Main Mode has
# two messages of its initiator in the clear (more if some were repeated).
wire_count_esp_sas() {
	tcpdump -nr "$capture" 2>/dev/null | grep -o 'ESP(spi=0x[0-9a-f]*' |
		sort -u | wc -l
}

wire_count_main_modes() {
	echo $(($(tcpdump -nr "$capture" 2>/dev/null |
		grep -c 'phase 1 I ident$') / 2))
}

# ---- traffic that must not stop ---------------------------------------------

traffic_start() { # SIDE FROM TO: ten pings a second
	on_background "$1" /run/traffic /run/traffic \
		ping -i 0.1 -I "$2" "$3"
	traffic_pid=$!
}

# True if every ping since traffic_start was answered; the last one may be on its
# way when it ends.
traffic_stop() {
	kill -INT "$traffic_pid"
	wait "$traffic_pid"
	grep transmitted /run/traffic
	awk '/bytes from/ { seen[substr($0, match($0, /icmp_seq=/) + 9) + 0] = 1 }
		/transmitted/ { sent = $1 }
		END {
			for (i = 1; i < sent; i++)
				if (!(i in seen)) {
					print "no answer to number " i
					lost = 1
				}
			exit lost || sent < 2
		}' /run/traffic
}

# ---- pluto ------------------------------------------------------------------

declare -A pluto_pid

whack() { # SIDE OPTION...
	local side=$1
	shift
	on "$side" "$BUILD/whack" "$@"
}

pluto_start() { # SIDE [OPTION...]; the log goes to $OUT/SCENARIO-SIDE.log
	local side=$1 log=$OUT/$scenario_name-$1.log
	shift
	: > "/run/side/$side.ready" # not what an earlier one said
	on_background "$side" "/run/side/$side.ready" "$log" \
		"$BUILD/pluto" --nofork --stderrlog "$@"
	pluto_pid[$side]=$!
	wait_until 10 grep -q 'Pluto initialized' "/run/side/$side.ready" && return
	tail -n 20 "$log" | not_ok "pluto starts on $side"
	return 1
}

pluto_stop() { # SIDE; asks first, then makes sure
	local pid=${pluto_pid[$1]:-}
	[ -n "$pid" ] || return 0
	whack "$1" --shutdown > /run/check 2>&1
	if ! wait_until 5 process_gone "$pid"; then
		not_ok "pluto on $1 ends on --shutdown" < /run/check
		kill -KILL "$pid"
	fi
	wait "$pid"
	pluto_pid[$1]=
}

# logged SIDE TEXT...: a fixed string in the log
logged() {
	local side=$1
	shift
	wait_until 5 grep -qF -- "$*" "$OUT/$scenario_name-$side.log" ||
		{ tail -n 15 "$OUT/$scenario_name-$side.log"; return 1; }
}

status_shows() { # SIDE TEXT
	whack "$1" --status > /run/status 2>&1
	cat /run/status
	grep -qF "$2" /run/status
}

initiate() { # SIDE NAME, output to /run/initiate, codes of it to $codes
	whack "$1" --initiate --name "$2" > /run/initiate 2>&1
	status=$?
	codes=$(grep -oE '^[0-9]{3}' /run/initiate | grep -v 002 | paste -sd ' ')
}

codes_are() { # CODES
	cat /run/initiate
	echo "codes: $codes, expected: $1; exit status $status"
	[ "$codes" = "$1" ] && [ "$status" = "${2:-0}" ]
}

# ---- RSA keys ---------------------------------------------------------------

# rsa_key NAME [BITS]: makes a key of that name, unless there is one.
# /run/keys/NAME is its entry of ipsec.secrets.
rsa_key() {
	mkdir -p /run/keys
	[ -s "/run/keys/$1" ] ||
		(umask 077; "$BUILD/rsasigkey" --bits "${2:-2048}" > "/run/keys/$1")
}

public_key() { # NAME, prints it as --pubkeyrsa takes it
	"$BUILD/showhostkey" --file "/run/keys/$1"
}

# ---- nothing is left --------------------------------------------------------

# Everything that a daemon could leave behind on a side, except in /etc.
inventory() { # SIDE
	on "$1" sh -c '
		echo "[SAs]";      ip xfrm state
		echo "[policies]"; ip xfrm policy
		echo "[routes]";   ip route show table all
		echo "[rules]";    ip rule
		echo "[files]";    find /run -xdev | sort' |
		sed '/ fe80::/d; s/ expires [0-9]*sec//' # come by themselves
	echo "[processes]"
	ip netns pids "$1" | while read -r pid; do
		[ "$pid" = $BASHPID ] || tr '\0' ' ' < "/proc/$pid/cmdline"
	done
}

# clean_check SIDE: no SA, policy, route, process or file more or less than
# after topology.
clean_check() {
	inventory "$1" > /run/now
	check "nothing left behind on $1" diff "/run/side/$1.before" /run/now
}

both_stop() {
	pluto_stop left
	pluto_stop right
	clean_check left
	clean_check right
}

# Between scenarios that are not about cleaning up.
flush_xfrm() { # SIDE...
	local side
	for side in "$@"; do
		ip -n "$side" xfrm state flush
		ip -n "$side" xfrm policy flush
	done
}
