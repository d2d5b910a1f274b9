/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share.  A target is one file with the entry point that
 * libFuzzer calls; `make fuzz` links it with libFuzzer, `make check` with
 * runner.c, which feeds it the seeds in test/fuzz/corpus/<target>.  With
 * FUZZ_VERBOSE in the environment, those with engines show their logs.
 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include "engine/base/span.h"

/* One input.  Returns 0; a broken invariant ends the process by fuzz_fail(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Where a target defines it: called once, before all inputs.  Returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Say which invariant does not hold, and abort. */
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

#define FUZZ_CHECK(invariant) \
	((invariant) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #invariant))

#endif
