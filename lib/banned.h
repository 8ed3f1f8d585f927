/*
 * banned - functions that this project does not use
 *
 * Included in front of every source file by the compiler (-include), so a use is a compile error
 * that names the function.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_BANNED_H
#define BOUNCE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name) sorry_##name##_is_banned

#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef atoi
#define atoi(...) BANNED(atoi)
#undef sscanf
#define sscanf(...) BANNED(sscanf)

#endif
