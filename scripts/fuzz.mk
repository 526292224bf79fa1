# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzz targets: tests/fuzz/NAME.c, linked with core/ alone, under libFuzzer,
# AddressSanitizer and UBSan. What a run finds anew stays in
# build/tests/fuzz/corpus; the seeds in the tree are kept few.

FUZZ := $(basename $(notdir $(wildcard tests/fuzz/*.c)))
FUZZ_SECONDS ?= 60
FUZZ_OUT := $(B)/tests/fuzz
FUZZ_CORE = $(wildcard core/*.c)
FUZZ_FLAGS = -g -O1 -Wall -Wextra -Wno-unused-parameter \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-iquote $(FUZZ_OUT)/include -isystem $(QEMU_TREE)/linux-headers \
	$$(pkg-config --cflags --libs glib-2.0)

.PHONY: fuzz $(addprefix fuzz-,$(FUZZ))
fuzz: $(addprefix fuzz-,$(FUZZ)) ## fuzz targets, FUZZ_SECONDS each (60)

$(FUZZ_OUT)/include/kvm390:
	@mkdir -p $(@D) && ln -sfn $(CURDIR) $@

$(addprefix $(FUZZ_OUT)/,$(FUZZ)): $(FUZZ_OUT)/%: tests/fuzz/%.c $(FUZZ_CORE) \
		$(wildcard include/*.h) | $(FUZZ_OUT)/include/kvm390
	clang $< $(FUZZ_CORE) $(FUZZ_FLAGS) -o $@

$(addprefix fuzz-,$(FUZZ)): fuzz-%: $(FUZZ_OUT)/%
	@mkdir -p $(FUZZ_OUT)/corpus/$* tests/fuzz/corpus/$*
	@cd $(FUZZ_OUT) && ./$* -max_total_time=$(FUZZ_SECONDS) -max_len=512 \
		-len_control=0 -print_final_stats=1 \
		$(if $(V),,-verbosity=0) corpus/$* $(CURDIR)/tests/fuzz/corpus/$*
