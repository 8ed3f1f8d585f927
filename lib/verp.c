/*
 * verp - whom and what a report is about, by the address that it was sent to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "verp.h"

#include <stdio.h>

#include "address.h"
#include "ascii.h"
#include "batv.h"
#include "token.h"

/* One address on its way through the styles. */
struct reading {
	struct arena *arena;
	struct span local, domain;
	struct bounce_verp *out;
};

/* What stands in front of the first `mark`, which is cut off with it; false: it is not there, or
 * nothing stands in front of it. */
static bool
cut(struct span *rest, struct span mark, struct span *head)
{
	const char *at = span_ifind(*rest, mark);

	if (at == NULL || at == rest->p)
		return false;
	*head = (struct span){ rest->p, at };
	rest->p = at + span_len(mark);
	return true;
}

static struct span
join(struct arena *a, struct span local, char between, struct span domain)
{
	size_t len = span_len(local);
	char *text = arena_text(a, len + 1 + span_len(domain));

	if (text == NULL)
		return (struct span){ NULL, NULL };
	memcpy(text, local.p, len);
	text[len] = between;
	if (!span_empty(domain))
		memcpy(text + len + 1, domain.p, span_len(domain));
	return span_make(text, len + 1 + span_len(domain));
}

static bool
take_recipient(const struct reading *r, struct span user, struct span domain)
{
	if (span_empty(user) || span_chr(domain, '.') == NULL)
		return false;
	r->out->recipient = address_canonical(r->arena, join(r->arena, user, '@', domain));
	return !span_empty(r->out->recipient);
}

/* "ann=example.com". Domains have no "=", users may. */
static bool
take_equals(const struct reading *r, struct span text)
{
	const char *at = span_empty(text) ? NULL : memrchr(text.p, '=', span_len(text));

	return at != NULL &&
	       take_recipient(r, (struct span){ text.p, at }, (struct span){ at + 1, text.end });
}

static bool
say(const struct reading *r, enum bounce_verp_style style, struct span list, struct span base)
{
	r->out->style = style;
	r->out->base = join(r->arena, base, '@', r->domain);
	if (!span_empty(list))
		r->out->list = join(r->arena, list, '@', r->domain);
	return true;
}

/* base+TOKEN, base+TOKEN+ann=example.com; the delimiter is whatever the server has. */
static bool
read_token(const struct reading *r)
{
	struct bounce_token_view view;
	struct span local = r->local;

	for (const char *p = local.p; p != local.end; p++) {
		struct span rest = { p + 1, local.end }, token;

		if (p == local.p || !ascii_is_one_of(*p, "+-=") || !span_cut(&rest, *p, &token) ||
		    bounce_token_view(token, &view) != 0)
			continue;
		if (token.end != local.end && !take_equals(r, rest))
			continue;
		r->out->token = token;
		return say(r, BOUNCE_VERP_TOKEN, (struct span){ NULL, NULL },
			   (struct span){ local.p, p });
	}
	return false;
}

/* list-bounces+ann=example.com */
static bool
read_mailman(const struct reading *r)
{
	struct span rest = r->local, list;

	return cut(&rest, SPAN("-bounces+"), &list) && take_equals(r, rest) &&
	       say(r, BOUNCE_VERP_MAILMAN, list, (struct span){ r->local.p, rest.p - 1 });
}

/* bounce+ann==example.com==list; newer ones put "a" in the place of the "@", and behind the list
 * "w" or "r" for its welcome and its reminder, or the number of a mail whose way is tracked. */
static bool
read_sympa(const struct reading *r)
{
	struct span rest = r->local, base, user, domain, list;
	struct span before;

	if (!cut(&rest, SPAN("+"), &base) || !cut(&rest, SPAN("=="), &user) ||
	    !cut(&rest, SPAN("=="), &domain))
		return false;
	before = rest;
	if (span_ieq(domain, SPAN("a")) && !cut(&rest, SPAN("=="), &domain))
		rest = before;
	if (!cut(&rest, SPAN("=="), &list))
		list = rest;
	return !span_empty(list) && span_chr(list, '=') == NULL &&
	       take_recipient(r, user, domain) && say(r, BOUNCE_VERP_SYMPA, list, base);
}

/* list-return-123-ann=example.com */
static bool
read_ezmlm(const struct reading *r)
{
	struct span rest = r->local, list, number;

	if (!cut(&rest, SPAN("-return-"), &list))
		return false;
	number = rest;
	while (!span_empty(rest) && ascii_is_digit(*rest.p))
		rest.p++;
	number.end = rest.p;
	if (span_empty(number) || span_first(rest) != '-')
		return false;
	rest.p++;
	if (!take_equals(r, rest))
		return false;
	r->out->mailing = number;
	return say(r, BOUNCE_VERP_EZMLM, list, (struct span){ r->local.p, number.p - 1 });
}

/* list+ann=example.com, owner-list+ann=example.com */
static bool
read_postfix(const struct reading *r)
{
	struct span rest = r->local, base, list;

	if (!cut(&rest, SPAN("+"), &base) || !take_equals(r, rest))
		return false;
	list = base;
	if (span_istarts(list, SPAN("owner-")) && span_len(list) > strlen("owner-"))
		list.p += strlen("owner-");
	return say(r, BOUNCE_VERP_POSTFIX, list, base);
}

/* The list alone. */
static bool
read_plain(const struct reading *r)
{
	static const struct span behind[] = { SPAN_INIT("-bounces"), SPAN_INIT("-bounce"),
					      SPAN_INIT("-owner"), SPAN_INIT("-return") };
	struct span list = r->local;

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		list.end = r->local.end - span_len(behind[i]);
		if (span_iends(r->local, behind[i]) && list.end > list.p)
			return say(r, BOUNCE_VERP_PLAIN, list, r->local);
	}
	list = r->local;
	if (!span_istarts(list, SPAN("owner-")) || span_len(list) == strlen("owner-"))
		return false;
	list.p += strlen("owner-");
	return say(r, BOUNCE_VERP_PLAIN, list, r->local);
}

/* In this order: each may be taken for the ones behind it. */
static bool (*const readers[])(const struct reading *r) = {
	read_token, read_sympa, read_mailman, read_ezmlm, read_postfix, read_plain,
};

/* A forwarder's address (Sender Rewriting Scheme) has "=" and "+" in it as well. */
static bool
is_forwarder(struct span local)
{
	return (span_istarts(local, SPAN("srs0")) || span_istarts(local, SPAN("srs1"))) &&
	       span_len(local) > 4 && ascii_is_one_of(local.p[4], "=+-");
}

int
bounce_verp_read(struct arena *a, struct span address, struct bounce_verp *out)
{
	struct reading r = { .arena = a, .out = out, .domain = address_domain(address) };

	*out = (struct bounce_verp){ .plain = address, .base = address };
	if (r.domain.p == address.p || span_empty(address))
		return 0;
	r.local = (struct span){ address.p, r.domain.p - 1 };
	if (batv_take(&r.local, &out->tag))
		out->plain = out->base = (struct span){ r.local.p, address.end };
	for (size_t i = 0; !is_forwarder(r.local) && i < sizeof(readers) / sizeof(readers[0]);
	     i++) {
		if (readers[i](&r))
			break;
		out->recipient = (struct span){ NULL, NULL };
	}
	return a->refused ? -1 : 0;
}

const char *
bounce_verp_style_name(enum bounce_verp_style style)
{
	static const char *const names[] = {
		[BOUNCE_VERP_NONE] = "none",       [BOUNCE_VERP_TOKEN] = "token",
		[BOUNCE_VERP_MAILMAN] = "mailman", [BOUNCE_VERP_POSTFIX] = "postfix",
		[BOUNCE_VERP_SYMPA] = "sympa",     [BOUNCE_VERP_EZMLM] = "ezmlm",
		[BOUNCE_VERP_PLAIN] = "plain",
	};

	return (size_t)style < sizeof(names) / sizeof(names[0]) ? names[style] : "?";
}

/* May each byte stand in a local part without quotes (RFC 5322 section 3.2.3), or in a domain? */
static bool
is_spelled(struct span text, const char *also)
{
	if (span_ifind(text, SPAN("..")) != NULL)
		return false;
	for (const char *p = text.p; p != text.end; p++) {
		if (!ascii_is(*p, ASCII_LETTER | ASCII_DIGIT) && !ascii_is_one_of(*p, also))
			return false;
	}
	return !span_empty(text);
}

int
bounce_verp_address(struct span base, char delimiter, const char *token, struct span recipient,
		    char out[BOUNCE_VERP_MAX_ADDRESS + 1])
{
	static const char user_marks[] = ".!#$%&'*+-/=?^_`{|}~";
	struct span domain = address_domain(base), host = address_domain(recipient), local, user;
	size_t proof;

	if (domain.p == base.p || host.p == recipient.p)
		host = (struct span){ NULL, NULL };
	local = (struct span){ base.p, domain.p == base.p ? base.p : domain.p - 1 };
	if (!is_spelled(local, user_marks) || !is_spelled(domain, ".-") ||
	    !ascii_is_one_of(delimiter, "+-="))
		return -1;
	proof = span_len(local) + 1 + strlen(token);
	if (proof > BOUNCE_VERP_MAX_LOCAL || span_len(domain) > ADDRESS_MAX_DOMAIN)
		return -1;
	user = (struct span){ recipient.p, span_empty(host) ? recipient.p : host.p - 1 };
	if (!is_spelled(user, user_marks) || !is_spelled(host, ".-") ||
	    span_chr(host, '.') == NULL ||
	    proof + 1 + span_len(recipient) > BOUNCE_VERP_MAX_LOCAL) {
		snprintf(out, BOUNCE_VERP_MAX_ADDRESS + 1, "%.*s%c%s@%.*s", (int)span_len(local),
			 local.p, delimiter, token, (int)span_len(domain), domain.p);
		return 0;
	}
	snprintf(out, BOUNCE_VERP_MAX_ADDRESS + 1, "%.*s%c%s%c%.*s=%.*s@%.*s", (int)span_len(local),
		 local.p, delimiter, token, delimiter, (int)span_len(user), user.p,
		 (int)span_len(host), host.p, (int)span_len(domain), domain.p);
	return 1;
}
