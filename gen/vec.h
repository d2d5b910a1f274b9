/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the compiler: it exits when there is none, and never frees. */
#ifndef GEN_VEC_H
#define GEN_VEC_H

#include <stdarg.h>

#include "gen/model.h"

/* Zeroed. */
void *gen_alloc(size_t n);
char *gen_strndup(const char *s, size_t n);
/* printf into fresh memory. */
char *gen_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *gen_vprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0), nonnull(1)));
/* Room for one more element; used by VEC_PUSH only. */
void *gen_grow(void *v, size_t n, size_t *room, size_t size);

#define VEC_PUSH(vec)                                                         \
	((vec)->v =                                                           \
		gen_grow((vec)->v, (vec)->n, &(vec)->room, sizeof *(vec)->v), \
	    &(vec)->v[(vec)->n++])

#endif
