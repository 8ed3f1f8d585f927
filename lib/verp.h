/*
 * verp - whom and what a report is about, by the address that it was sent to
 *
 * Mailing lists send each recipient his copy from an envelope address of its own (variable envelope
 * return path), so that the address that a report comes back to tells who was mailed, whatever the
 * report says. Each list software spells it in its own way. None of them proves anything: whoever
 * has seen one can write another one. Ours has a token in it, see token.h, and so has BATV.
 *
 *	ours	  news-bounces+TOKEN+ann=example.com@lists.example.net
 *		  news-bounces+TOKEN@lists.example.net		(no room for the recipient)
 *	Mailman	  news-bounces+ann=example.com@lists.example.net
 *	Postfix	  news+ann=example.com@lists.example.net
 *	Sympa	  bounce+ann==example.com==news@lists.example.net
 *		  bounce+ann==a==example.com==news@lists.example.net, ...==news==42@...
 *	ezmlm	  news-return-123-ann=example.com@lists.example.net
 *	plain	  news-bounces@lists.example.net, owner-news@..., news-owner@...: the list alone
 *	BATV	  prvs=KDDDSSSSSS=news-bounces@lists.example.net: in front of any of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_VERP_H
#define BOUNCE_VERP_H

#include "arena.h"
#include "span.h"

#define BOUNCE_VERP_MAX_LOCAL 64    /* octets of a local part (RFC 5321 section 4.5.3.1.1) */
#define BOUNCE_VERP_MAX_ADDRESS 320 /* of an address that bounce_verp_address() writes */

enum bounce_verp_style {
	BOUNCE_VERP_NONE,
	BOUNCE_VERP_TOKEN,
	BOUNCE_VERP_MAILMAN,
	BOUNCE_VERP_POSTFIX,
	BOUNCE_VERP_SYMPA,
	BOUNCE_VERP_EZMLM,
	BOUNCE_VERP_PLAIN,
};

/* What an envelope address says; what it does not say is empty. */
struct bounce_verp {
	enum bounce_verp_style style;
	struct span plain;     /* the address without BATV's tag: what it signed */
	struct span base;      /* without what stands for one mail: news-bounces@lists.example.net;
				  where the style is NONE and there is no tag, the address itself */
	struct span list;      /* address of the list: news@lists.example.net */
	struct span recipient; /* canonical */
	struct span mailing;   /* ezmlm's number */
	struct span token;
	struct span tag; /* BATV's ten characters */
};

/* Reads a canonical address (address.h). 0, also when it says nothing; or -1 when the arena is out.
 */
int bounce_verp_read(struct arena *a, struct span address, struct bounce_verp *out)
	__attribute__((warn_unused_result));

const char *bounce_verp_style_name(enum bounce_verp_style style);

/*
 * Writes the envelope sender for a mail to recipient: base is the address that reports go to
 * ("news-bounces@lists.example.net"), delimiter what the server parts sub-addresses with. 1 = it
 * names the recipient; 0 = no room for him, or he cannot be spelled there: it only proves, and the
 * report must name him; -1 = not even the token has room, or base or delimiter cannot be used.
 */
int bounce_verp_address(struct span base, char delimiter, const char *token, struct span recipient,
			char out[BOUNCE_VERP_MAX_ADDRESS + 1]) __attribute__((warn_unused_result));

#endif
