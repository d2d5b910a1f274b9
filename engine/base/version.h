/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --version of the programs says. */
#ifndef ENGINE_BASE_VERSION_H
#define ENGINE_BASE_VERSION_H

#define PLUTO_VERSION_TEXT "0.1"

#endif
