# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RSA keys for test/interop/peers.sh, made by OpenSSL: /run/rsa/SIDE.pem has a
# side's private key.  Each kind of peer gets it in its own form.

# rsa_make SIDE BITS EXPONENT
rsa_make() {
	mkdir -p /run/rsa
	openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" \
		-pkeyopt "rsa_keygen_pubexp:$3" -out "/run/rsa/$1.pem" 2> /run/check ||
		not_ok "OpenSSL makes an RSA key of $2 bits" < /run/check
}

# The key's numbers, as NAME HEXADECIMAL.
rsa_numbers() { # SIDE
	openssl rsa -in "/run/rsa/$1.pem" -noout -text 2> /dev/null | awk '
		function flush() { if (name != "" && hex != "") print name, hex }
		/^publicExponent:/ { flush(); name = ""
			hex = $3; gsub(/[^0-9a-fx]/, "", hex); sub(/^0x/, "", hex)
			if (length(hex) % 2) hex = "0" hex
			print "publicExponent", hex; next }
		/^[a-z]+[0-9]?:|^[a-zA-Z]+:/ { flush(); name = $1; sub(/:.*/, "", name); hex = ""; next }
		/^ / { gsub(/[ :]/, ""); hex = hex $0 }
		END { flush() }'
}

# An entry of ipsec.secrets as ours has it.
rsa_entry() { # SIDE
	echo ': RSA {'
	rsa_numbers "$1" | awk '
		BEGIN { split("modulus publicExponent privateExponent prime1 prime2 exponent1 exponent2 coefficient", from)
			split("Modulus PublicExponent PrivateExponent Prime1 Prime2 Exponent1 Exponent2 Coefficient", to) }
		{ hex[$1] = $2 }
		END { for (i = 1; i <= 8; i++) printf "\t%s: 0x%s\n", to[i], hex[from[i]] }'
	echo '	}'
}

# The public half in the form of RFC 3110, in hexadecimal.
rsa_public() { # SIDE
	local e n
	e=$(rsa_numbers "$1" | awk '$1 == "publicExponent" { print $2 }')
	n=$(rsa_numbers "$1" | awk '$1 == "modulus" { sub(/^00/, "", $2); print $2 }')
	printf '0x%02x%s%s\n' $((${#e} / 2)) "$e" "$n"
}

# The same in base 64.
rsa_public_base64() { # SIDE
	local hex
	hex=$(rsa_public "$1")
	echo "0s$(xxd -r -p <<< "${hex#0x}" | base64 -w 0)"
}

# Into libreswan's database of keys, by way of a certificate that nobody uses.
rsa_into_nss() { # SIDE
	local pem=/run/rsa/$1.pem
	openssl req -x509 -new -key "$pem" -subj "/CN=$1" -out "$pem.crt" &&
		openssl pkcs12 -export -inkey "$pem" -in "$pem.crt" \
			-name "$1" -passout pass: -out "$pem.p12" &&
		put "$1" /etc/rsa.p12 < "$pem.p12" &&
		on "$1" pk12util -i /etc/rsa.p12 -d sql:/var/lib/ipsec/nss -W '' -K ''
}
