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
