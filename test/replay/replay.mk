# SPDX-License-Identifier: GPL-2.0-or-later
# Scripted exchanges: `test/replay/run` plays all of them.

REPLAY := $(B)/test/replay/replay
# The engine with allocation functions of the test's (alloc.h).
REPLAY_LIBS := $(patsubst $(B)/lib%.a,$(B)/test/replay/lib%.a,$(ENGINE_LIBS))

$(REPLAY): $(call objs,test/replay) $(FAKE) $(VECTORS) $(REPLAY_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(REPLAY_LIBS): $(B)/test/replay/%.a: $(B)/%.a
	$(call say,OBJCOPY,$@)
	@mkdir -p $(@D)
	$(Q)objcopy $(foreach f,malloc calloc realloc free strdup,\
		--redefine-sym $(f)=alloc_$(f)) $< $@

$(call objs,test/replay): | $(B)/gen/stamp

.PHONY: replay-program
replay-program: $(REPLAY)
