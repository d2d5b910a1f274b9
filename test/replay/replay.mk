# SPDX-License-Identifier: GPL-2.0-or-later
# Scripted exchanges: `test/replay/run` plays all of them.

REPLAY := $(B)/test/replay/replay

$(REPLAY): $(call objs,test/replay) $(FAKE) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(call objs,test/replay): | $(B)/gen/stamp
