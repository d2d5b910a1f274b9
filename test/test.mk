# SPDX-License-Identifier: GPL-2.0-or-later
# How the tests are built.  What `make check` runs is in test/suites.

UNIT_SRC := $(sort $(wildcard test/unit/test_*.c))
UNIT     := $(UNIT_SRC:%.c=$(B)/%)
# The fakes, and what of whack makes their requests.
FAKEOBJ  := $(call objs,test/fake) $(B)/obj/whack/request.o $(B)/obj/whack/value.o
FAKE     := $(B)/libfake.a
VECTORS  := $(call objs,test/vectors)

$(UNIT) : $(B)/test/unit/%: $(B)/obj/test/unit/%.o $(FAKE) $(VECTORS) $(ENGINE_LIBS) $(B)/libdaemon.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) -lcunit $(LIBS_NETKEY) $(LIBS_CRYPTO)

$(FAKE): $(FAKEOBJ)

$(FAKEOBJ) $(VECTORS) $(patsubst %.c,$(B)/obj/%.o,$(UNIT_SRC)): | $(B)/gen/stamp

.PHONY: unit-check
unit-check: $(UNIT)
	$(Q)status=0; for u in $(UNIT); do $$u || status=1; done; exit $$status

include test/sim/sim.mk
include test/replay/replay.mk
include test/fuzz/fuzz.mk
include test/bench/bench.mk
include test/kernel/kernel.mk
include test/interop/interop.mk
