# SPDX-License-Identifier: GPL-2.0-or-later
# The two-peer simulations, and what reads the rows that all tests have run.

SIM      := $(B)/test/sim/sim
LIFE     := $(B)/test/sim/life
COVERAGE := $(B)/test/sim/coverage
SIM_OBJ  := $(call objs,test/sim)
SIM_MAIN := $(B)/obj/test/sim/sim_main.o

$(SIM) $(COVERAGE): $(B)/test/sim/%: $(B)/obj/test/sim/%.o $(SIM_MAIN) $(FAKE) $(VECTORS) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(LIFE): $(filter $(B)/obj/test/sim/life%.o,$(SIM_OBJ)) $(SIM_MAIN) $(FAKE) $(VECTORS) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(SIM_OBJ): | $(B)/gen/stamp
