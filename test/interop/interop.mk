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

.PHONY: check-interop
check-interop: $(LIBRESWAN) $(PROGRAMS)
	@mkdir -p $(KERNEL_OUT)
	$(Q)$(UML_RUN) -t 600 -o $(KERNEL_OUT) -e BUILD=$(abspath $(B)) -e PEER=strongswan test/interop/ours.sh
	$(Q)$(UML_RUN) -t 600 -o $(KERNEL_OUT) -e BUILD=$(abspath $(B)) -e PEER=libreswan test/interop/ours.sh
