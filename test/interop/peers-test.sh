#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The peers against each other: that harness and configurations are right
# before ours is to blame.  Run under uml-run.

. "$PROJECT/test/kernel/lib.sh"
. "$PROJECT/test/interop/peers.sh"

topology
libreswan_prepare right
pair=(tunnel_case strongswan libreswan)

scenario peers-classic "${pair[@]}"
scenario peers-md5-pfs "${pair[@]}" case_ike=3des-md5-modp1536 case_esp=3des-md5 case_pfs=yes
scenario peers-transport "${pair[@]}" case_mode=transport
scenario peers-modern "${pair[@]}" case_ike=aes256-sha256-modp2048 case_esp=aes256-sha256
scenario peers-modern-pfs "${pair[@]}" case_ike=aes128-sha512-modp4096 \
	case_esp=aes128-sha512 case_pfs=yes case_mode=transport
scenario peers-rekey tunnel_rekeyed strongswan libreswan left 30 \
	case_esp_life=22 case_ike_life=40 case_margin=15
results
