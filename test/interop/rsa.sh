# shellcheck shell=bash disable=SC2154 # case_* are set by peers.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RSA keys for test/interop/peers.sh.  A side's key is /run/rsa/SIDE.entry, an
# entry of our ipsec.secrets; if OpenSSL made it, there is /run/rsa/SIDE.pem too.

# No key of an earlier scenario is left.
rsa_begin() { # SIDE
	mkdir -p /run/rsa
	rm -f "/run/rsa/$1".*
}

rsa_by_openssl() { # SIDE
	local pem=/run/rsa/$1.pem
	rsa_begin "$1"
	openssl genpkey -quiet -algorithm RSA \
		-pkeyopt "rsa_keygen_bits:$case_bits" \
		-pkeyopt "rsa_keygen_pubexp:$case_exponent" -out "$pem" 2> /run/check ||
		not_ok "OpenSSL makes an RSA key of $case_bits bits" < /run/check
	(umask 077; rsa_entry "$pem" > "/run/rsa/$1.entry")
}

# The numbers of a key in PEM (RFC 8017 A.1.2) by the names of ipsec.secrets.
rsa_entry() { # PEM
	openssl rsa -in "$1" -traditional -outform DER 2> /run/check |
		openssl asn1parse -inform DER | awk -F: '
		BEGIN {
			split("Modulus PublicExponent PrivateExponent Prime1 " \
			    "Prime2 Exponent1 Exponent2 Coefficient", name, " ")
			print ": RSA {"
		}
		/INTEGER/ && n++ > 0 { print "\t" name[n - 1] ": 0x" $NF }
		END { print "\t}" }'
}

rsa_by_ours() { # SIDE
	rsa_begin "$1"
	check "rsasigkey on $1" \
		sh -c "umask 077; $BUILD/rsasigkey --bits $case_bits > /run/rsa/$1.entry"
}

# The public half in base 64, after 0s.
rsa_public() { # SIDE
	"$BUILD/showhostkey" --file "/run/rsa/$1.entry"
}

# Into libreswan's database of keys, by way of a certificate that nobody uses.
rsa_into_nss() { # SIDE
	local pem=/run/rsa/$1.pem
	openssl req -x509 -new -key "$pem" -subj "/CN=$1" -out "$pem.crt" &&
		openssl pkcs12 -export -inkey "$pem" -in "$pem.crt" \
			-name "$1" -passout pass: -out "$pem.p12" &&
		put "$1" /run/nss/key.p12 < "$pem.p12" &&
		on "$1" pk12util -i /run/nss/key.p12 -d sql:/var/lib/ipsec/nss -W '' -K ''
}
