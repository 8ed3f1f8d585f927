/*
 * ascii - what a byte is, in ASCII and in no locale
 *
 * The functions of ctype.h depend on where the daemon runs, and are undefined for a negative char.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_ASCII_H
#define BOUNCE_ASCII_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Classes of bytes; a byte may be in none: "+", "." */
enum {
	ASCII_CONTROL = 1 << 0, /* below the blank, and DEL */
	ASCII_SPACE = 1 << 1,   /* the blank alone */
	ASCII_DIGIT = 1 << 2,
	ASCII_LETTER = 1 << 3,
	ASCII_SPECIAL = 1 << 4, /* ()<>[]:;@\," of RFC 5322 section 3.2.3, whose dot is left out:
				   carriers put it anywhere */
	ASCII_8BIT = 1 << 5,    /* no ASCII */
};

extern const uint8_t ascii_class[256];

/* Is c in one of the classes? */
static inline bool
ascii_is(char c, unsigned classes)
{
	return (ascii_class[(unsigned char)c] & classes) != 0;
}

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Blank or tab. */
static inline bool
ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Blank, tab, or a byte of a line end. */
static inline bool
ascii_is_white(char c)
{
	return (unsigned char)c <= ' ' && (ascii_is_blank(c) || c == '\r' || c == '\n');
}

static inline bool
ascii_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Eight bytes at once. What a function tells of each byte is the byte's highest bit. */
#define ASCII8_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ASCII8_HIGH ASCII8_EACH(0x80)

static inline uint64_t
ascii8_load(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* The ASCII bytes from `low` on. */
static inline uint64_t
ascii8_from(uint64_t x, unsigned char low)
{
	return ((x & ~ASCII8_HIGH) + ASCII8_EACH(0x80U - low)) & ~x & ASCII8_HIGH;
}

static inline uint64_t
ascii8_letters(uint64_t x)
{
	uint64_t small = x | ASCII8_EACH(0x20);

	return ascii8_from(small, 'a') & ~ascii8_from(small, 'z' + 1);
}

/* Sixteen bytes at once, in one register of x86-64 and of arm64. What a function tells of each byte
 * is all of its bits. */
#define ASCII16 16

struct ascii16 {
	unsigned char byte __attribute__((vector_size(ASCII16)));
};

static inline struct ascii16
ascii16_load(const char *p)
{
	struct ascii16 x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline void
ascii16_store(char *p, struct ascii16 x)
{
	memcpy(p, &x, sizeof(x));
}

/* The bytes that are `c`. */
static inline struct ascii16
ascii16_is(struct ascii16 x, char c)
{
	x.byte = (unsigned char __attribute__((vector_size(ASCII16))))(x.byte == (unsigned char)c);
	return x;
}

/* The ASCII bytes above `low`, which is ASCII, or -1: all of them. */
static inline struct ascii16
ascii16_above(struct ascii16 x, char low)
{
	signed char __attribute__((vector_size(ASCII16))) c;

	memcpy(&c, &x, sizeof(c));
	x.byte = (unsigned char __attribute__((vector_size(ASCII16))))(c > (signed char)low);
	return x;
}

static inline struct ascii16
ascii16_or(struct ascii16 x, struct ascii16 y)
{
	x.byte |= y.byte;
	return x;
}

static inline struct ascii16
ascii16_and(struct ascii16 x, struct ascii16 y)
{
	x.byte &= y.byte;
	return x;
}

static inline struct ascii16
ascii16_not(struct ascii16 x)
{
	x.byte = ~x.byte;
	return x;
}

/* The same as ascii16_bits() without its instruction: the bits of eight bytes are moved together by
 * one multiplication. */
static inline unsigned
ascii16_bits_moved(struct ascii16 x)
{
	const uint64_t together = UINT64_C(0x0102040810204080);
	uint64_t half[2];

	memcpy(half, &x, sizeof(half));
	for (int i = 0; i < 2; i++)
		half[i] = ((le64toh(half[i]) & ASCII8_HIGH) >> 7) * together >> 56;
	return (unsigned)(half[0] | half[1] << 8);
}

/* Which bytes are told of: one bit each, the first byte's the lowest. */
static inline unsigned
ascii16_bits(struct ascii16 x)
{
#ifdef __SSE2__
	char __attribute__((vector_size(ASCII16))) hits;

	memcpy(&hits, &x, sizeof(hits));
	return (unsigned)__builtin_ia32_pmovmskb128(hits);
#else
	return ascii16_bits_moved(x);
#endif
}

/* Is any byte told of? */
static inline bool
ascii16_any(struct ascii16 x)
{
	return ascii16_bits(x) != 0;
}

/* The place of the first byte that is told of; there must be one. It may be any, and no branch is
 * taken that would often be guessed wrong. */
static inline size_t
ascii16_first(struct ascii16 x)
{
	return (size_t)__builtin_ctz(ascii16_bits(x));
}

/* Which of the 64 bytes from p on are `c`: one bit each, the first byte's the lowest. Compilers
 * keep a loop of four a loop. */
static inline uint64_t
ascii64_is(const char *p, char c)
{
	uint64_t first = ascii16_bits(ascii16_is(ascii16_load(p), c));
	uint64_t second = ascii16_bits(ascii16_is(ascii16_load(p + ASCII16), c));
	uint64_t third = ascii16_bits(ascii16_is(ascii16_load(p + 2 * ASCII16), c));
	uint64_t fourth = ascii16_bits(ascii16_is(ascii16_load(p + 3 * ASCII16), c));

	return first | second << ASCII16 | third << 2 * ASCII16 | fourth << 3 * ASCII16;
}

/* What a hexadecimal digit stands for, or -1. */
static inline int
ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
