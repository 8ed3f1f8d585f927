/*
 * breaker - are so many failures at once the addresses' fault?
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "breaker.h"

#include "ascii.h"

#define DAY INT64_C(86400)
#define CODE_WORDS 4     /* a code stands among so many first words: "smtp; 550-5.1.1 ..." */
#define LONGEST_CODE 11  /* "550-5.7.606" */
#define LONGEST_WORD 30  /* what is longer is an id */
#define LONGEST_SECOND 3 /* letters of the "co" in "co.uk" */

const char *
breaker_kind_name(enum breaker_kind kind)
{
	static const char *const name[BREAKER_KIND_COUNT] = {
		[BREAKER_DOMAIN] = "domain",
		[BREAKER_MTA] = "server",
		[BREAKER_LIST] = "list",
		[BREAKER_TEXT] = "text",
	};

	return name[kind];
}

struct breaker_limits
breaker_limits_default(void)
{
	return (struct breaker_limits){
		.hold = true,
		.domain_addresses = 20,
		.list_addresses = 20,
		.text_addresses = 50,
		.domain_share = 10,
		.list_share = 5,
		.surge = 5,
		.window = DAY,
		.quiet = DAY,
	};
}

unsigned
breaker_least(enum breaker_kind kind, const struct breaker_limits *limits)
{
	switch (kind) {
	case BREAKER_LIST:
		return limits->list_addresses;
	case BREAKER_TEXT:
		return limits->text_addresses;
	case BREAKER_DOMAIN:
	case BREAKER_MTA:
	case BREAKER_KIND_COUNT:
		break;
	}
	return limits->domain_addresses;
}

/* In floating point: counts are far from exact, and no product of them overflows. */
static bool
surges(const struct breaker_counts *c, const struct breaker_limits *limits)
{
	double others = (double)(c->all > c->failed ? c->all - c->failed : 0);
	double usual = (double)(c->usual > 0 ? c->usual : 1);
	double usual_others = (double)(c->usual_all > c->usual ? c->usual_all - c->usual : 1);
	double grown = others / usual_others;

	return (double)c->failed > limits->surge * usual * (grown > 1 ? grown : 1);
}

static bool
is_share(const struct breaker_counts *c, unsigned share)
{
	return (double)c->failed * 100 > (double)c->mailed * share;
}

bool
breaker_trips(enum breaker_kind kind, const struct breaker_counts *c,
	      const struct breaker_limits *limits)
{
	bool is_list = kind == BREAKER_LIST;

	if (!limits->hold || c->failed <= breaker_least(kind, limits))
		return false;
	if (c->mailed > 0)
		return is_share(c, is_list ? limits->list_share : limits->domain_share);
	if (c->history)
		return (!is_list || c->usual > 0) && surges(c, limits);
	return !is_list && kind != BREAKER_TEXT && c->failed > c->all / 2;
}

/* The last label of *rest, which loses it and its dot. */
static struct span
last_label(struct span *rest)
{
	const char *p = rest->end;
	struct span label;

	while (p > rest->p && p[-1] != '.')
		p--;
	label = (struct span){ p, rest->end };
	rest->end = p > rest->p ? p - 1 : p;
	return label;
}

struct span
breaker_site(struct span host)
{
	struct span rest = host, top, second;

	while (!span_empty(rest) && rest.end[-1] == '.')
		rest.end--;
	host = rest;
	for (const char *p = host.p; p < host.end; p++) {
		if (!ascii_is_letter(*p) && !ascii_is_digit(*p) && *p != '-' && *p != '.')
			return SPAN("");
	}
	top = last_label(&rest);
	second = last_label(&rest);
	if (span_empty(second) || ascii_is_digit(top.end[-1]))
		return SPAN("");
	if (span_len(top) == 2 && span_len(second) <= LONGEST_SECOND && !span_empty(rest))
		second = last_label(&rest);
	return (struct span){ second.p, host.end };
}

static bool
is_word_byte(char c)
{
	return (unsigned char)c > ' ' && strchr("<>()[]{}\"',;:=", c) == NULL;
}

static bool
is_code(struct span word)
{
	if (span_len(word) > LONGEST_CODE || (*word.p != '4' && *word.p != '5'))
		return false;
	for (const char *p = word.p; p < word.end; p++) {
		if (!ascii_is_digit(*p) && *p != '.' && *p != '-')
			return false;
	}
	return true;
}

/* A dot at its end is that of a sentence. */
static bool
differs(struct span word, struct span address)
{
	struct span local = address;

	while (!span_empty(local) && local.end[-1] != '@')
		local.end--;
	if (!span_empty(local))
		local.end--;
	if (span_len(word) > LONGEST_WORD || span_ieq(word, local))
		return true;
	for (const char *p = word.p; p < word.end; p++) {
		if (ascii_is_digit(*p) || *p == '@' || (*p == '.' && p + 1 < word.end))
			return true;
	}
	return false;
}

struct writer {
	char *out;
	size_t length;
};

static void
put(struct writer *w, char c)
{
	if (w->length < BREAKER_TEXT_SIZE)
		w->out[w->length++] = c;
}

static char
plain(char c)
{
	if (c <= ' ' || c >= 0x7f)
		return '?';
	return span_lower(c);
}

static void
put_word(struct writer *w, struct span word)
{
	bool masked = span_len(word) == 1 && *word.p == '#';

	if (masked && w->length > 0 && w->out[w->length - 1] == '#')
		return;
	if (w->length > 0)
		put(w, ' ');
	for (const char *p = word.p; p < word.end; p++)
		put(w, plain(*p));
}

size_t
breaker_text(struct span diagnostic, struct span address, char out[BREAKER_TEXT_SIZE])
{
	struct writer w = { out, 0 };
	unsigned words = 0;

	for (const char *p = diagnostic.p; p < diagnostic.end && w.length < BREAKER_TEXT_SIZE;) {
		struct span word = { p, p };

		while (word.end < diagnostic.end && is_word_byte(*word.end))
			word.end++;
		p = word.end + 1;
		if (span_empty(word))
			continue;
		if (!(words++ < CODE_WORDS && is_code(word)) && differs(word, address))
			word = SPAN("#");
		put_word(&w, word);
	}
	return w.length;
}
