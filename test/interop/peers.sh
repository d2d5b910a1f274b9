# shellcheck shell=bash disable=SC2154 # scenario_name is lib.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IKE daemons that others wrote, on either side of test/kernel/lib.sh's
# topology.  A case is a set of variables (case_defaults); each kind of peer
# has the same functions:
#
#   KIND_prepare SIDE    once a boot
#   KIND_key SIDE        makes /run/rsa/SIDE.entry, and SIDE's own form of it
#   KIND_configure SIDE  writes what the case says, as connection "t"
#   KIND_start SIDE      until it answers and knows the connection
#   KIND_up SIDE         initiates; false if the tunnel does not come up
#   KIND_down SIDE       closes the tunnel
#   KIND_change SIDE     after KIND_configure with another case, while it runs
#   KIND_stop SIDE       ends it, and what it left in the kernel
#
# with KIND strongswan, libreswan or ours.  Logs go to $OUT/SCENARIO-SIDE.log.

. "$PROJECT/test/interop/rsa.sh"

LIBRESWAN=${LIBRESWAN:-$PROJECT/build/cache/libreswan/root}

# The case, in words that are ours: cipher-hash-group and cipher-hash as
# strongSwan writes them, times in seconds.
case_defaults() {
	case_name=t            # of the connection, for ours
	case_left=10.77.0.1    # the hosts, of IPv6 too; %any: a Road Warrior's, to
	                       # the other
	case_right=10.77.0.2
	case_left_net=10.78.1.0/24 # empty: the host only
	case_right_net=10.78.2.0/24
	case_left_side=left    # that is at that end and has its key: or third
	case_auth=psk          # or rsa: by signatures
	case_ways=--psk        # or --rsasig, or both: what ours allows
	case_psk='lab secret of some length'
	case_bits=2048         # of RSA keys, and their exponent
	case_exponent=65537
	case_left_id=          # @FQDN, user@FQDN or an address; empty: the host's
	case_right_id=
	case_policy=classic    # for ours; must allow the next two
	case_ike=3des-sha1-modp1536
	case_esp=3des-sha1     # cipher-hash, or for AH the hash
	case_protocols=ESP     # or AH, or "AH ESP"
	case_compress=         # or yes
	case_mode=tunnel       # or transport
	case_pfs=no            # or yes: with the group of case_ike
	case_ike_life=10800
	case_esp_life=3600
	case_margin=540        # before the end of a life, to replace it
}

case_group() {
	echo "${case_ike##*-}"
}

peer_log() { # SIDE
	echo "$OUT/$scenario_name-$1.log"
}

# Of the way that the case allows; "entry" is how the kind has its RSA key.  All
# Road Warriors have the same secret.
put_secrets() { # SIDE [ENTRY]
	local ids="${case_left_id:-$case_left} ${case_right_id:-$case_right} "
	[[ "$case_left $case_right" != *%any* ]] || ids=
	put "$1" /etc/ipsec.secrets <<-END
		$ids: PSK "$case_psk"
		${2-}
	END
}

# Makes the keys that the case needs, and writes what it says.
case_configure() { # KINDLEFT KINDRIGHT
	if [ "$case_auth$case_ways" != psk--psk ]; then
		"$1_key" left
		"$2_key" right
	fi
	"$1_configure" left
	"$2_configure" right
}

conf_authby() {
	if [ "$case_auth" = rsa ]; then echo rsasig; else echo secret; fi
}

# What both kinds' ipsec.conf have in common below "conn t".  Without rekey=no:
# strongSwan would then offer a life of 0 s, which libreswan takes at its word.
conf_common() {
	cat <<-END
		  authby=$(conf_authby)
		  left=$case_left
		  right=$case_right
		  type=$case_mode
		  ikelifetime=${case_ike_life}s
		  rekeyfuzz=0%
	END
	[ -z "$case_compress" ] || echo '  compress=yes'
	[ -z "$case_left_id" ] || echo "  leftid=$case_left_id"
	[ -z "$case_right_id" ] || echo "  rightid=$case_right_id"
	if [ "$case_mode" = tunnel ]; then
		[ -z "$case_left_net" ] || echo "  leftsubnet=$case_left_net"
		echo "  rightsubnet=$case_right_net"
	fi
}

# ---- strongSwan -------------------------------------------------------------

# An explicit list of plugins: Debian's full set takes over 2 s to start in a
# user-mode kernel, and kernel-libipsec must not be in it.  openssl has 3DES
# and MD5; pem to dnskey read RSA keys.
strongswan_plugins='random nonce aes sha1 sha2 md5 gmp openssl hmac kdf'
strongswan_plugins+=' pem pkcs1 pkcs8 pubkey dnskey'
strongswan_plugins+=' kernel-netlink socket-default stroke'

strongswan_prepare() {
	:
}

strongswan_key() { # SIDE
	rsa_by_openssl "$1"
	put "$1" /etc/ipsec.d/private/key.pem < "/run/rsa/$1.pem"
}

# The quotes keep "=" from the lexer.
strongswan_keys() {
	[ "$case_auth" = rsa ] || return 0
	echo "  leftsigkey=\"dns:$(rsa_public "$case_left_side")\""
	echo "  rightsigkey=\"dns:$(rsa_public right)\""
}

strongswan_configure() { # SIDE
	local pfs= key=
	[ "$case_pfs" = no ] || pfs=-$(case_group)
	[ "$case_auth" != rsa ] || key=': RSA key.pem'
	put_secrets "$1" "$key"
	put "$1" /etc/strongswan.conf <<-END
		charon {
		  load = $strongswan_plugins
		  filelog { f {
		    path = $(peer_log "$1")
		    default = 1
		    ike = 2
		    cfg = 2
		    flush_line = yes
		  } }
		}
		starter { load_warning = no }
	END
	# A DH group in esp= or ah= means PFS.
	put "$1" /etc/ipsec.conf <<-END
		config setup
		conn t
		  keyexchange=ikev1
		  auto=add
		  dpdaction=none
		  ike=$case_ike!
		  ${case_protocols,,}=$case_esp$pfs!
		  lifetime=${case_esp_life}s
		  margintime=${case_margin}s
		$(conf_common)
		$(strongswan_keys)
	END
}

# "ipsec status" succeeds long before charon knows the connection.
strongswan_knows() { # SIDE
	on "$1" sh -c '[ -S /run/charon.ctl ] &&
		/usr/lib/ipsec/stroke statusall | grep -q "^ *t:"'
}

declare -A strongswan_log # where it logs since its start

strongswan_start() { # SIDE
	strongswan_log[$1]=$(peer_log "$1")
	on "$1" ipsec start > /run/check 2>&1
	wait_until 15 strongswan_knows "$1" && return
	not_ok "strongSwan starts on $1" < /run/check
	return 1
}

# The starter takes the old connection away and adds the new one, sometime.
strongswan_change() { # SIDE
	local before
	before=$(strongswan_additions "$1")
	on "$1" ipsec update > /run/check 2>&1
	wait_until 10 strongswan_added "$1" "$before" ||
		not_ok "strongSwan takes another connection" < /run/check
}

strongswan_additions() { # SIDE
	grep -c "added configuration 't'" "${strongswan_log[$1]}"
}

strongswan_added() { # SIDE BEFORE
	[ "$(strongswan_additions "$1")" -gt "$2" ]
}

# "ipsec up" succeeds even when the tunnel did not come up.
strongswan_up() { # SIDE
	on "$1" timeout 30 ipsec up t | tee "$OUT/$scenario_name-$1.up" |
		tail -n 5
	grep -q 'established successfully' "$OUT/$scenario_name-$1.up"
}

strongswan_down() { # SIDE
	on "$1" timeout 10 ipsec down t
}

strongswan_gone() { # SIDE
	on "$1" sh -c '! [ -e /run/charon.pid ] && ! [ -e /run/starter.charon.pid ]'
}

strongswan_stop() { # SIDE
	on "$1" ipsec stop > /run/check 2>&1
	wait_until 5 strongswan_gone "$1" || not_ok "strongSwan stops on $1" < /run/check
	flush_xfrm "$1"
}

# ---- libreswan --------------------------------------------------------------

# In SIDE's mount namespace "ipsec" is libreswan's from here on.
libreswan_prepare() { # SIDE
	mkdir -p /usr/libexec/ipsec /var/lib/ipsec/nss
	on "$1" sh -ec "
		mount --bind $LIBRESWAN/usr/libexec/ipsec /usr/libexec/ipsec
		mount --bind $LIBRESWAN/usr/sbin/ipsec /usr/sbin/ipsec
		mkdir -p /etc/ipsec.d /run/pluto /run/nss
		mount --bind /run/nss /var/lib/ipsec/nss
		cp $LIBRESWAN/etc/pam.d/pluto /etc/pam.d/
		certutil -N -d sql:/var/lib/ipsec/nss --empty-password"
}

libreswan_key() { # SIDE
	rsa_by_openssl "$1"
	check "libreswan takes the key" rsa_into_nss "$1"
}

libreswan_keys() {
	[ "$case_auth" = rsa ] || return 0
	echo "  leftrsasigkey=$(rsa_public "$case_left_side")"
	echo "  rightrsasigkey=$(rsa_public right)"
}

# Keys of a connection that are given twice are an error here, and the updown
# script takes so long in a user-mode kernel that the peer retransmits.
libreswan_configure() { # SIDE
	local group pfs=
	group=$(case_group)
	[ "$case_pfs" = no ] || pfs=";$group"
	put_secrets "$1"
	put "$1" /etc/ipsec.conf <<-END
		config setup
		  protostack=xfrm
		  ikev1-policy=accept
		  dnssec-enable=no
		  logfile=$(peer_log "$1")
		  logtime=yes
		  plutodebug=${PLUTODEBUG:-none}
		conn t
		  ikev2=no
		  auto=ignore
		  leftupdown=%disabled
		  rightupdown=%disabled
		  ike=${case_ike%-*};$group
		  phase2=${case_protocols,,}
		  phase2alg=$case_esp$pfs
		  pfs=$case_pfs
		  salifetime=${case_esp_life}s
		  rekeymargin=${case_margin}s
		$(conf_common)
		$(libreswan_keys)
	END
}

libreswan_start() { # SIDE
	if on "$1" ipsec pluto --config /etc/ipsec.conf > /run/check 2>&1 &&
		wait_until 10 on "$1" ipsec whack --status &&
		on "$1" ipsec whack --listen >> /run/check 2>&1 &&
		on "$1" ipsec auto --add t >> /run/check 2>&1; then
		return
	fi
	not_ok "libreswan starts on $1" < /run/check
	return 1
}

libreswan_change() { # SIDE
	on "$1" ipsec auto --replace t > /run/check 2>&1 ||
		not_ok "libreswan takes another connection" < /run/check
}

libreswan_up() { # SIDE
	on "$1" timeout 30 ipsec auto --up t
}

# --down alone leaves a connection that the peer's next packet brings up again.
libreswan_down() { # SIDE
	on "$1" timeout 10 ipsec auto --down t
}

libreswan_gone() { # SIDE
	on "$1" sh -c '! [ -e /run/pluto/pluto.pid ]'
}

libreswan_stop() { # SIDE
	on "$1" ipsec whack --shutdown > /run/check 2>&1
	wait_until 5 libreswan_gone "$1" || not_ok "libreswan stops on $1" < /run/check
	flush_xfrm "$1"
}

# ---- ours -------------------------------------------------------------------

ours_prepare() {
	:
}

# With another exponent than that of rsasigkey: OpenSSL's.
ours_key() { # SIDE
	if [ "$case_exponent" = 65537 ]; then
		rsa_by_ours "$1"
	else
		rsa_by_openssl "$1"
	fi
}

ours_configure() { # SIDE
	local key=
	[[ $case_ways != *--rsasig* ]] || key=$(cat "/run/rsa/$1.entry")
	put_secrets "$1" "$key"
	on "$1" chmod 600 /etc/ipsec.secrets
}

# The connection, as words for whack.  The topology's routes serve, and the
# default script of updown takes its time in a user-mode kernel.
ours_connection() {
	local left="--host $case_left --updown true"
	local right="--host $case_right --updown true" pfs=
	if [ "$case_mode" = tunnel ]; then
		[ -z "$case_left_net" ] || left+=" --client $case_left_net"
		right+=" --client $case_right_net"
	fi
	[ -z "$case_left_id" ] || left+=" --id $case_left_id"
	[ -z "$case_right_id" ] || right+=" --id $case_right_id"
	[ "$case_pfs" = no ] || pfs=--pfs
	echo "$(ours_families) --name $case_name $left --to $right" \
		"$case_ways $(ours_protocols) $pfs" \
		"--policy $case_policy --ikelifetime $case_ike_life" \
		"--ipseclifetime $case_esp_life --rekeymargin $case_margin" \
		"--rekeyfuzz 0"
}

ours_families() {
	[[ $case_right != *:* ]] || echo --ipv6
	if [ "$case_mode" = tunnel ]; then
		if [[ $case_right_net = *:* ]]; then
			echo --tunnelipv6
		else
			echo --tunnelipv4
		fi
	fi
}

ours_protocols() {
	[[ $case_protocols != *ESP* ]] || echo --encrypt
	[[ $case_protocols != *AH* ]] || echo --authenticate
	[ -z "$case_compress" ] || echo --compress
}

ours_start() { # SIDE
	pluto_start "$1" --debug-control || return
	ours_add "$1"
	check "listening on $1" whack "$1" --listen
	[[ $case_ways != *--rsasig* ]] || ours_learns_key "$1"
}

# In place of an earlier one of its name.
ours_add() { # SIDE
	# shellcheck disable=SC2046 # words are wanted
	check "connection $case_name on $1" whack "$1" --delete $(ours_connection)
}

ours_learns_key() { # SIDE
	local other=right id=${case_right_id:-$case_right}
	[ "$1" = left ] || other=left id=${case_left_id:-$case_left}
	check "public key on $1" whack "$1" --keyid "$id" \
		--pubkeyrsa "$(rsa_public $other)"
}

ours_change() { # SIDE
	ours_add "$1"
}

ours_up() { # SIDE
	whack "$1" --initiate --name t
}

ours_down() { # SIDE
	whack "$1" --terminate --name t
}

# Nothing is flushed: that ours leaves nothing is part of the test.
ours_stop() { # SIDE
	pluto_stop "$1"
	clean_check "$1"
}

# ---- a tunnel between any two -----------------------------------------------

# Addresses between which the case protects traffic, as "FROM TO" of SIDE.
case_ends() { # SIDE
	local ends='10.77.0.1 10.77.0.2'
	[ "$case_mode" = transport ] || ends='10.78.1.1 10.78.2.1'
	if [ "$1" = left ]; then echo "$ends"; else echo "${ends#* } ${ends% *}"; fi
}

# True if the SAs of SIDE are of the case's cipher and mode.
sas_as_asked() { # SIDE
	local cipher='cbc(aes)' sas
	[[ $case_esp != 3des* ]] || cipher='cbc(des3_ede)'
	sas=$(ip -n "$1" xfrm state)
	echo "$sas"
	[ "$(grep -cF "enc $cipher " <<< "$sas")" = 2 ] &&
		[ "$(grep -c "mode $case_mode" <<< "$sas")" = 2 ]
}

no_sa_left() {
	[ -z "$(ip -n left xfrm state)$(ip -n right xfrm state)" ]
}

# tunnel_from KINDLEFT KINDRIGHT SIDE: both are running; SIDE initiates.  Both
# close it, since by policy ours may send no Delete or not act on one; the
# initiator first, or libreswan would bring up again what the peer deleted.
tunnel_from() {
	local side=$3 kind=$1 other=right other_kind=$2
	if [ "$side" = right ]; then
		kind=$2 other=left other_kind=$1
	fi
	capture_start "$scenario_name-$side"
	check "$side initiates" "${kind}_up" "$side"
	# shellcheck disable=SC2046 # two words are wanted
	check "ping, $side initiated" ping_through "$side" $(case_ends "$side")
	check "cipher and mode" sas_as_asked "$side"
	"${kind}_down" "$side" > /run/check 2>&1
	"${other_kind}_down" "$other" > /run/check 2>&1
	check "both have no SA any more" wait_until 5 no_sa_left
	capture_stop
	check "only IKE and ESP on the wire" wire_had_only isakmp esp
}

# tunnel_case KINDLEFT KINDRIGHT [VARIABLE=VALUE]...: initiated from each side.
tunnel_case() {
	local left=$1 right=$2 side
	shift 2
	case_defaults
	[ $# = 0 ] || local "$@"
	case_configure "$left" "$right"
	if "${left}_start" left && "${right}_start" right; then
		for side in left right; do
			tunnel_from "$left" "$right" "$side"
		done
	fi
	"${left}_stop" left
	"${right}_stop" right
}

# tunnel_rekeyed KINDLEFT KINDRIGHT SIDE SECONDS [VARIABLE=VALUE]...: SIDE
# initiates, and traffic runs that long; the case must give lives so short that
# both kinds of SA are replaced meanwhile.
tunnel_rekeyed() {
	local left=$1 right=$2 side=$3 seconds=$4 kind=$1
	shift 4
	[ "$side" = left ] || kind=$right
	case_defaults
	[ $# = 0 ] || local "$@"
	case_configure "$left" "$right"
	if "${left}_start" left && "${right}_start" right; then
		capture_start "$scenario_name"
		check "$side initiates" "${kind}_up" "$side"
		# shellcheck disable=SC2046 # two words are wanted
		traffic_start "$side" $(case_ends "$side")
		sleep "$seconds"
		check "no ping was lost" traffic_stop
		capture_stop
		check "IPsec SAs were replaced" [ "$(wire_count_esp_sas)" -ge 4 ]
		check "the ISAKMP SA was replaced" [ "$(wire_count_main_modes)" -ge 2 ]
		check "only IKE and ESP on the wire" wire_had_only isakmp esp
	fi
	"${left}_stop" left
	"${right}_stop" right
}
