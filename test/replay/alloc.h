/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's memory: replay links its libraries with the names malloc,
 * calloc, realloc and free replaced by those here (see replay.mk), so that one
 * allocation can be refused, and what is not given back be counted, while the
 * test's own memory is left alone.
 */
#ifndef TEST_REPLAY_ALLOC_H
#define TEST_REPLAY_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *alloc_malloc(size_t n);
void *alloc_calloc(size_t n, size_t size);
void *alloc_realloc(void *p, size_t n);
void alloc_free(void *p);
char *alloc_strdup(const char *s);

/* Blocks not freed. */
long alloc_live(void);
/* The n-th from now on fails, from 1; 0: none does. */
void alloc_fail_at(uint64_t n);
/* It has failed, since alloc_fail_at() was last told of one. */
bool alloc_has_failed(void);

#endif
