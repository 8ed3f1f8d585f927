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

/* The bytes that are `byte`, which is ASCII. */
static inline uint64_t
ascii8_is(uint64_t x, unsigned char byte)
{
	uint64_t other = x ^ ASCII8_EACH(byte);

	return ~(other | ascii8_from(other, 1)) & ASCII8_HIGH;
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

/* Is any byte told of? */
static inline bool
ascii16_any(struct ascii16 x)
{
	uint64_t half[2];

	memcpy(half, &x, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* The place of the first byte that is told of; there must be one. */
static inline size_t
ascii16_first(struct ascii16 x)
{
	uint64_t half[2];

	memcpy(half, &x, sizeof(half));
	if (half[0] != 0)
		return (size_t)__builtin_ctzll(le64toh(half[0])) / 8;
	return 8 + (size_t)__builtin_ctzll(le64toh(half[1])) / 8;
}

/* The same as ascii64_is() of eight bytes: their highest bits are moved together by one
 * multiplication. */
static inline uint64_t
ascii8_bits(const char *p, char c)
{
	uint64_t hits = ascii8_is(le64toh(ascii8_load(p)), (unsigned char)c);

	return (hits >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* Which of the 64 bytes from p on are `c`, which is ASCII: one bit each, the first byte's the
 * lowest. */
static inline uint64_t
ascii64_is(const char *p, char c)
{
	uint64_t bits = 0;

#ifdef __SSE2__
	for (unsigned i = 0; i < 64; i += ASCII16) {
		struct ascii16 x = ascii16_is(ascii16_load(p + i), c);
		char __attribute__((vector_size(ASCII16))) hits;

		memcpy(&hits, &x, sizeof(hits));
		bits |= (uint64_t)(unsigned)__builtin_ia32_pmovmskb128(hits) << i;
	}
#else
	for (unsigned i = 0; i < 64; i += 8)
		bits |= ascii8_bits(p + i, c) << i;
#endif
	return bits;
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
