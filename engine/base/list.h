/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doubly linked list through nodes inside the listed structs.  The head is a
 * node too; an empty list, and a node on no list, point at themselves.
 */
#ifndef ENGINE_BASE_LIST_H
#define ENGINE_BASE_LIST_H

#include <stdbool.h>

#include "engine/base/container.h"

struct list_node {
	struct list_node *prev, *next;
};

/* For a head before its first use, and for a node before list_remove(). */
static inline void
list_init(struct list_node *n)
{
	n->prev = n->next = n;
}

static inline bool
list_empty(const struct list_node *head)
{
	return head->next == head;
}

/* Append a node that is on no list. */
static inline void
list_append(struct list_node *head, struct list_node *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

/* Take a node off its list; harmless when it is on none. */
static inline void
list_remove(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

/* The first node, or NULL. */
static inline struct list_node *
list_first(const struct list_node *head)
{
	return list_empty(head) ? NULL : head->next;
}

/* Visit all; the body must not remove n. */
#define LIST_EACH(n, head) \
	for (struct list_node *n = (head)->next; n != (head); n = n->next)

/* Visit all; the body may remove n, but not the node after it. */
#define LIST_EACH_REMOVABLE(n, head)                                  \
	for (struct list_node *n = (head)->next, *n##_next = n->next; \
	     n != (head); n = n##_next, n##_next = n->next)

#endif
