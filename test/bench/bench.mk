# SPDX-License-Identifier: GPL-2.0-or-later
# `make bench`: what things cost, beside the targets.  Never fails on time.

BENCH_OBJ := $(call objs,test/bench)
BENCH     := $(B)/bench/bench $(B)/bench/bench-g2

$(BENCH_OBJ): | $(B)/gen/stamp

$(B)/bench/bench: $(BENCH_OBJ) $(FAKE) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

# Policy classic prefers group 5; the same program with a table in which only
# its rows of group 2 are left, ahead of the one in the library.
$(B)/bench/g2/policy.gen.c: $(B)/specc $(SPECS) test/bench/bench.mk
	$(call say,SPECC,$@)
	@mkdir -p $(@D)/spec
	$(Q)cp $(SPECS) $(@D)/spec/
	$(Q)sed '/^ *isakmp .*MODP1536;/d' spec/policy.spec > $(@D)/spec/policy.spec
	$(Q)$(B)/specc -o $(@D) $(SPECS:%=$(@D)/%)

$(B)/bench/g2/policy.gen.o: $(B)/bench/g2/policy.gen.c | $(B)/gen/stamp
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/bench/bench-g2: $(B)/bench/g2/policy.gen.o $(BENCH_OBJ) $(FAKE) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

bench: $(BENCH) $(B)/specc
	$(Q)test/bench/run $(B)
