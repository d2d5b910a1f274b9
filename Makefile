# SPDX-License-Identifier: GPL-2.0-or-later
# pluto: see README.  Everything that is built goes to build/.

CC      ?= gcc
AR      ?= ar
PREFIX  ?= /usr/local
B       := build

ifeq ($(origin CC),default)
CC := gcc
endif

# SAN=address,undefined or SAN=thread; each kind of build has its own folder.
ifneq ($(SAN),)
comma := ,
B       := build/san-$(subst $(comma),-,$(SAN))
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
ifneq ($(filter clang%,$(CC)),)
B       := $(B)/clang
endif

WARN := -std=c11 -pedantic -Wall -Wextra -Werror -Wshadow -Wconversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla -Wformat=2
OPT  ?= -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
ifneq ($(SAN),)
OPT  := -O1 -g
endif
CFLAGS_ALL = $(WARN) $(OPT) $(SANFLAGS) -D_POSIX_C_SOURCE=200809L -I. -I$(B) -MMD -MP -pthread $(CFLAGS)
LINK = $(CC) $(OPT) $(SANFLAGS) -pthread $(LDFLAGS) -o $@
# The generated tables name actions of ike, which names the tables.
INPUTS = $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

Q := @
ifeq ($(V),1)
Q :=
endif
say = @$(if $(filter 1,$(V)),true,printf '  %-7s %s\n' $(1) $(2))

SPECS  := $(sort $(wildcard spec/*.spec))
GENOUT := enums layout attr algs policy exchange control
GEN_C  := $(GENOUT:%=$(B)/gen/%.gen.c)
GEN_H  := $(GENOUT:%=$(B)/gen/%.gen.h) $(B)/gen/actions.gen.h

src    = $(sort $(wildcard $(1)/*.c))
objs   = $(patsubst %.c,$(B)/obj/%.o,$(call src,$(1)))

BASE   := $(call objs,engine/base)
CRYPTO := $(call objs,engine/crypto)
CORE   := $(call objs,engine/core)
RAGEL  := $(patsubst engine/ike/%.rl,$(B)/obj/ragel/%.o,$(wildcard engine/ike/*.rl))
IKE    := $(call objs,engine/ike) $(RAGEL)
NETKEY := $(call objs,netkey)
DAEMON := $(filter-out $(B)/obj/engine/daemon/main.o,$(call objs,engine/daemon))
GENOBJ := $(GEN_C:$(B)/gen/%.c=$(B)/obj/gen/%.o)
SPECC  := $(call objs,gen) $(B)/obj/specc/lexer.o

ENGINE_LIBS := $(foreach l,ike core gen crypto base,$(B)/lib$(l).a)
LIBS_CRYPTO := -lgnutls -lnettle -lhogweed -lgmp
LIBS_NETKEY := -lmnl

PROGRAMS := $(B)/pluto $(B)/whack $(B)/rsasigkey $(B)/showhostkey $(B)/ipsec $(B)/_updown

.PHONY: all demo check bench fuzz lint install uninstall clean gen man golden-update
.SECONDARY:

all: $(PROGRAMS)

gen: $(B)/gen/stamp

# ---- the compiler --------------------------------------------------------

$(B)/specc: $(SPECC)
	$(call say,LINK,$@)
	$(Q)$(LINK) $^ -lgmp

$(B)/gen-src/lexer.c: gen/lexer.rl
	$(call say,RAGEL,$<)
	@mkdir -p $(@D)
	$(Q)ragel -C -T0 -L -o $@ $<

$(B)/obj/specc/lexer.o: $(B)/gen-src/lexer.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/gen/stamp: $(B)/specc $(SPECS)
	$(call say,SPECC,$(@D))
	@mkdir -p $(@D)
	$(Q)$(B)/specc --Werror -o $(@D) $(SPECS)
	@touch $@

$(GEN_C) $(GEN_H): $(B)/gen/stamp ;

# ---- objects -------------------------------------------------------------

$(CORE) $(IKE) $(NETKEY) $(GENOBJ) $(call objs,engine/daemon) $(call objs,whack) $(call objs,tools): | $(B)/gen/stamp

# Linux interfaces: only where the style page allows them.
$(NETKEY) $(call objs,engine/daemon): CFLAGS += -D_GNU_SOURCE

$(B)/obj/gen/%.gen.o: $(B)/gen/%.gen.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/gen-src/%.c: engine/ike/%.rl
	$(call say,RAGEL,$<)
	@mkdir -p $(@D)
	$(Q)ragel -C -T0 -L -o $@ $<

$(RAGEL): $(B)/obj/ragel/%.o: $(B)/gen-src/%.c | $(B)/gen/stamp
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

# ---- libraries and programs ----------------------------------------------

$(B)/libbase.a: $(BASE)
$(B)/libcrypto.a: $(CRYPTO)
$(B)/libgen.a: $(GENOBJ)
$(B)/libcore.a: $(CORE)
$(B)/libike.a: $(IKE)
$(B)/libnetkey.a: $(NETKEY)
$(B)/libdaemon.a: $(DAEMON)
$(B)/%.a:
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/pluto: $(B)/obj/engine/daemon/main.o $(B)/libdaemon.a $(B)/libnetkey.a $(ENGINE_LIBS)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(INPUTS) $(LIBS_NETKEY) $(LIBS_CRYPTO)

$(B)/whack: $(call objs,whack) $(B)/libgen-control.a $(B)/libbase.a
	$(call say,LINK,$@)
	$(Q)$(LINK) $^

$(B)/rsasigkey: $(B)/obj/tools/rsasigkey.o $(B)/obj/tools/tool.o $(ENGINE_LIBS)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(B)/showhostkey: $(B)/obj/tools/showhostkey.o $(B)/obj/tools/tool.o $(B)/libdaemon.a $(ENGINE_LIBS)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(INPUTS) $(LIBS_CRYPTO)

$(B)/ipsec $(B)/_updown: $(B)/%: tools/%
	$(call say,COPY,$@)
	$(Q)install -m 755 $< $@

$(B)/libgen-control.a: $(foreach g,control enums layout attr algs policy,$(B)/obj/gen/$(g).gen.o)

# ---- manual pages ----------------------------------------------------------

# A line '.\" @PAGE@' stands for what specc --man PAGE prints.
MAN := $(patsubst man/%,$(B)/man/%,$(wildcard man/*.[1-9]))
man: $(MAN)
$(B)/man/%: man/% $(B)/gen/stamp man/splice
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)man/splice $(B)/specc '$(SPECS)' < $< > $@.new && mv $@.new $@

# ---- what a newcomer calls ---------------------------------------------------

# The packages first, since they bring the tools that the rest is made with.
demo:
	@test/deps build test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)test/demo/run

check:
	@test/deps build test check
	$(Q)$(MAKE) --no-print-directory all $(LIBRESWAN)
	$(Q)test/check

# Rewrites the expected outputs of the compiler; review the difference.
golden-update: all
	$(Q)test/spec/run --update
	$(Q)test/golden/run --update

lint: all man
	@test/deps build test check lint
	$(Q)test/lint/run

install: all man
	install -d $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/sbin
	$(Q)for m in $(MAN); do \
		d=$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; \
		install -d $$d && install -m 644 $$m $$d || exit 1; done

uninstall:
	rm -f $(PROGRAMS:$(B)/%=$(DESTDIR)$(PREFIX)/sbin/%)
	$(Q)for m in $(MAN); do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done

clean:
	rm -rf build

include test/test.mk

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
