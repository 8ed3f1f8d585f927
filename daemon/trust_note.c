/*
 * trust_note - what of a report's proofs was looked at, in words
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "trust_note.h"

#include <sysexits.h>
#include <time.h>

#define DATE_SIZE 32

/* Frees text. An arena that takes no more fails the whole report, soon. */
static void
keep(struct trust_notes *notes, struct buf *text)
{
	if (!buf_ok(text))
		log_fatal(EX_OSERR, "out of memory");
	if (notes->count < TRUST_MAX_NOTES)
		notes->note[notes->count++] = arena_copy(notes->arena, buf_span(text));
	else
		notes->dropped++;
	buf_free(text);
}

static void
add_place(struct buf *out, const struct trust_place *place)
{
	buf_adds(out, " in ");
	buf_add(out, place->field);
	buf_addf(out, ", part %u, line %u: ", (unsigned)place->at.part, (unsigned)place->at.line);
}

static void
add_day(struct buf *out, uint32_t day)
{
	time_t seconds = (time_t)day * 86400;
	char text[DATE_SIZE];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL && strftime(text, sizeof(text), "%F", &tm) > 0)
		buf_adds(out, text);
}

void
trust_note_token(struct trust_notes *notes, const struct trust_place *place, struct span token,
		 const char *answer)
{
	struct bounce_token_view view;
	struct buf text = BUF_INIT;

	if (notes == NULL)
		return;
	buf_adds(&text, "token ");
	buf_add(&text, token);
	add_place(&text, place);
	if (bounce_token_view(token, &view) == 0) {
		buf_addf(&text, "key %s, until ", view.key);
		add_day(&text, view.expires);
		buf_adds(&text, view.whole_list ? ", for a whole list" : ", for one recipient");
		if (view.mailing[0] != '\0')
			buf_addf(&text, ", mailing %s", view.mailing);
		buf_adds(&text, "; ");
	}
	buf_adds(&text, answer);
	keep(notes, &text);
}

void
trust_note_signature(struct trust_notes *notes, const struct trust_place *place, struct span tag,
		     const char *answer)
{
	struct buf text = BUF_INIT;

	if (notes == NULL)
		return;
	buf_adds(&text, "BATV signature ");
	buf_add(&text, tag);
	add_place(&text, place);
	buf_adds(&text, answer);
	keep(notes, &text);
}

void
trust_note_address(struct trust_notes *notes, const struct trust_place *place,
		   const struct bounce_verp *verp, const char *list)
{
	struct buf text = BUF_INIT;

	if (notes == NULL || (list == NULL && span_empty(verp->recipient)))
		return;
	buf_addf(&text, "address of style %s", bounce_verp_style_name(verp->style));
	add_place(&text, place);
	if (list != NULL)
		buf_addf(&text, "the bounce-address of list %s", list);
	else
		buf_adds(&text, "no list of the configuration has it as its bounce-address");
	if (!span_empty(verp->recipient)) {
		buf_adds(&text, list != NULL ? "; it says that the mail went to "
					     : ", so nobody asks that it names ");
		buf_add(&text, verp->recipient);
	}
	buf_adds(&text, "; by itself that proves nothing");
	keep(notes, &text);
}

static void
add_domains(struct buf *out, const struct span *domain, int count)
{
	buf_adds(out, count > 0 ? "our own server found that it comes from"
				: "our own server found nothing that proves a sender");
	for (int i = 0; i < count; i++) {
		buf_adds(out, i > 0 ? ", " : " ");
		buf_add(out, domain[i]);
	}
}

void
trust_note_results(struct trust_notes *notes, const struct header_list *headers,
		   const struct authres_own *own)
{
	size_t ours;

	if (notes == NULL)
		return;
	ours = own->name == NULL ? 0 : authres_fields(headers, own->own_received);
	for (size_t i = 0; i < headers->count; i++) {
		const struct header_field *field = &headers->field[i];
		const struct trust_place place = { field->name, { 0, field->line } };
		struct span domain[AUTHRES_MAX];
		struct buf text = BUF_INIT;
		int count;

		if (!span_ieq(field->name, SPAN("Authentication-Results")))
			continue;
		buf_adds(&text, "result");
		add_place(&text, &place);
		if (own->name == NULL)
			buf_adds(&text, "not checked: no authserv-id is configured");
		else if (i >= ours)
			buf_adds(&text, "it stands where a stranger can write; proves nothing");
		else if ((count = authres_read(notes->arena, field->value, own, domain)) < 0)
			buf_adds(&text, "not of an authserv-id of ours; proves nothing");
		else
			add_domains(&text, domain, count);
		keep(notes, &text);
	}
}
