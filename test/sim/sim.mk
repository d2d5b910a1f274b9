# SPDX-License-Identifier: GPL-2.0-or-later
# The two-peer simulation, and what reads the rows that all tests have run.

SIM      := $(B)/test/sim/sim
COVERAGE := $(B)/test/sim/coverage

$(SIM) $(COVERAGE): $(B)/test/sim/%: $(B)/obj/test/sim/%.o $(FAKE) $(VECTORS) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(B)/obj/test/sim/sim.o $(B)/obj/test/sim/coverage.o: | $(B)/gen/stamp
