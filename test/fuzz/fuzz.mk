# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzing.  `make fuzz-check` runs every target over its seeds; `make fuzz` runs
# each for FUZZ_SECONDS under libFuzzer, from its seeds, with what it finds in
# build/fuzz/findings.

FUZZ_SECONDS ?= 60

FUZZ_SRC := $(sort $(wildcard test/fuzz/fuzz_*.c))
FUZZ     := $(FUZZ_SRC:%.c=$(B)/%)
FUZZ_OBJ := $(B)/obj/test/fuzz/fail.o
# What calls the targets: libFuzzer's main() or ours.
ifeq ($(FUZZER),1)
FUZZ_MAIN := -fsanitize=fuzzer
else
FUZZ_OBJ += $(B)/obj/test/fuzz/runner.o
endif

$(filter-out %/fuzz_spec,$(FUZZ)): $(B)/%: $(B)/obj/%.o $(FUZZ_OBJ) $(FAKE) $(VECTORS) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(FUZZ_MAIN) $(INPUTS) $(LIBS_CRYPTO)

$(B)/test/fuzz/fuzz_exchange: $(B)/obj/test/fuzz/forge.o

# The compiler in place of the engine; its memory is the target's business.
$(B)/test/fuzz/fuzz_spec: $(B)/obj/test/fuzz/fuzz_spec.o $(FUZZ_OBJ) $(filter-out %/main.o,$(SPECC)) $(B)/libbase.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(FUZZ_MAIN) -Wl,--wrap=calloc,--wrap=realloc $^ -lgmp

$(FUZZ_SRC:%.c=$(B)/obj/%.o): | $(B)/gen/stamp

.PHONY: fuzz-programs fuzz-check
fuzz-programs: $(FUZZ)

$(B)/test/fuzz/seeds: $(B)/obj/test/fuzz/seeds.o $(VECTORS) $(FAKE) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(B)/obj/test/fuzz/seeds.o: | $(B)/gen/stamp

# The whole daemon under a flood, see test/fuzz/daemon.
$(B)/test/fuzz/flood: $(B)/obj/test/fuzz/flood.o $(VECTORS) $(FAKE) $(ENGINE_LIBS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(B)/obj/test/fuzz/flood.o: | $(B)/gen/stamp

.PHONY: flood-check
flood-check: $(B)/test/fuzz/flood $(PROGRAMS)
	$(Q)test/fuzz/daemon $(B) $(or $(FLOOD_SECONDS),10)

# Needed only when the recordings or the layouts change.
.PHONY: fuzz-seeds
fuzz-seeds: $(B)/test/fuzz/seeds
	$(Q)mkdir -p $(FUZZ:$(B)/test/fuzz/%=test/fuzz/corpus/%)
	$(Q)$< test/fuzz/corpus

# The compiler's own examples and test cases are seeds too.
FUZZ_SEEDS_fuzz_spec := $(SPECS) $(wildcard test/spec/*.spec)

fuzz-check: $(FUZZ)
	$(Q)status=0; $(foreach f,$(notdir $(FUZZ)),\
		$(B)/test/fuzz/$(f) test/fuzz/corpus/$(f) $(FUZZ_SEEDS_$(f)) || status=1;) exit $$status

# The whole engine once more, with coverage feedback and every check; the
# compiler of the spec, so built, does not free what it allocates.
fuzz:
	$(Q)ASAN_OPTIONS=detect_leaks=0 $(MAKE) --no-print-directory B=build/fuzz CC=clang SAN= FUZZER=1 \
		OPT='-O1 -g' SANFLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all' \
		fuzz-programs
	$(Q)mkdir -p build/fuzz/seeds/fuzz_spec && cp $(FUZZ_SEEDS_fuzz_spec) build/fuzz/seeds/fuzz_spec
	$(Q)test/fuzz/run build/fuzz $(FUZZ_SECONDS)
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined FLOOD_SECONDS=$(FUZZ_SECONDS) flood-check
