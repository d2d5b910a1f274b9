# SPDX-License-Identifier: GPL-2.0-or-later
# Tests with IKE daemons that others wrote; see test/interop/peers.sh.

LIBRESWAN := build/cache/libreswan/root/usr/libexec/ipsec/pluto

$(LIBRESWAN):
	$(call say,FETCH,libreswan)
	$(Q)test/interop/fetch-libreswan build/cache/libreswan

.PHONY: check-peers
check-peers: $(LIBRESWAN)
	@mkdir -p $(KERNEL_OUT)
	$(Q)$(UML_RUN) -t 300 -o $(KERNEL_OUT) test/interop/peers-test.sh

INTEROP := $(foreach script,ours identity warrior matrix,$(foreach peer,strongswan libreswan,$(script)-$(peer)))

.PHONY: check-interop $(INTEROP:%=check-interop-%)
check-interop: $(INTEROP:%=check-interop-%)
# check-interop-SCRIPT-PEER
$(INTEROP:%=check-interop-%): $(LIBRESWAN) $(PROGRAMS)
	@mkdir -p $(KERNEL_OUT)
	$(Q)$(UML_RUN) -t 600 -o $(KERNEL_OUT) -e BUILD=$(abspath $(B)) \
		-e PEER=$(word 4,$(subst -, ,$@)) test/interop/$(word 3,$(subst -, ,$@)).sh
