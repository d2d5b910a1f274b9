/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an intrusive node (list, hash table, heap) to the struct around it. */
#ifndef ENGINE_BASE_CONTAINER_H
#define ENGINE_BASE_CONTAINER_H

#include <stddef.h>

/* The 'type' whose 'member' is at ptr; ptr is not NULL. */
/* clang-format off */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
/* clang-format on */

#endif
