# SPDX-License-Identifier: GPL-2.0-or-later
# Tests that need a kernel with IPsec: their programs, and 'make check-netkey'.  A
# user-mode kernel has no room for the address sanitizer: with SAN=address they need a
# machine whose own kernel has ESP.

UML_RUN    := test/kernel/uml-run
KERNEL_OUT := $(B)/test/kernel/out

NETKEY_TEST := $(patsubst %,$(B)/obj/test/kernel/%.o,test_netkey test_netkey_tables test_netkey_link netkey_bench)

$(B)/test/kernel/test_netkey: $(NETKEY_TEST) $(B)/libnetkey.a $(B)/libgen.a $(B)/libbase.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $^ $(LIBS_NETKEY)

$(NETKEY_TEST): CFLAGS += -D_GNU_SOURCE
$(NETKEY_TEST): | $(B)/gen/stamp

.PHONY: check-netkey
check-netkey: $(B)/test/kernel/test_netkey
	@mkdir -p $(KERNEL_OUT)
	$(Q)$(UML_RUN) -t 120 -o $(KERNEL_OUT) -e BUILD=$(abspath $(B)) test/kernel/netkey.sh
