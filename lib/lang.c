/*
 * lang - the texts of the code table in the languages that we have
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "lang.h"

static const char *const labels[LANG_LABEL_COUNT][LANG_COUNT] = {
#define LABEL_TEXT(id, en, nb, fi) [LANG_##id] = { en, nb, fi },
#include "lang.def"
};

static const char *const reasons[BOUNCE_REASON_COUNT][LANG_COUNT] = {
#define REASON_TEXT(id, nb, fi) [BOUNCE_REASON_##id] = { NULL, nb, fi },
#include "lang.def"
};

static const char *const fixers[BOUNCE_FIXER_COUNT][LANG_COUNT] = {
#define FIXER_TEXT(id, nb, fi) [BOUNCE_FIXER_##id] = { NULL, nb, fi },
#include "lang.def"
};

static const char *const dispositions[BOUNCE_DISPOSITION_COUNT][LANG_COUNT] = {
#define DISPOSITION_TEXT(id, nb, fi) [BOUNCE_DISPOSITION_##id] = { NULL, nb, fi },
#include "lang.def"
};

/* Of a row of microsoft.def. */
struct row_text {
	const char *id;
	const char *cause[LANG_COUNT], *remedy[LANG_COUNT];
};

static const struct row_text rows[] = {
#define ROW_TEXT(row, nb_cause, nb_remedy, fi_cause, fi_remedy) \
	{ row, { NULL, nb_cause, fi_cause }, { NULL, nb_remedy, fi_remedy } },
#include "lang.def"
};

int
lang_parse(const char *name, enum lang *out)
{
	static const char *const names[LANG_COUNT] = { "en", "nb", "fi" };

	for (unsigned i = 0; i < LANG_COUNT; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum lang)i;
		return 0;
	}
	return -1;
}

const char *
lang_label(enum lang lang, enum lang_label label)
{
	return labels[label][lang];
}

static const char *
first_of(const char *text, const char *english)
{
	return text != NULL && text[0] != '\0' ? text : english;
}

const char *
lang_reason(enum lang lang, enum bounce_reason reason)
{
	return first_of(reason < BOUNCE_REASON_COUNT ? reasons[reason][lang] : NULL,
			bounce_reason_text(reason));
}

const char *
lang_fixer(enum lang lang, enum bounce_fixer fixer)
{
	return first_of(fixer < BOUNCE_FIXER_COUNT ? fixers[fixer][lang] : NULL,
			bounce_fixer_text(fixer));
}

const char *
lang_disposition(enum lang lang, enum bounce_disposition disposition)
{
	return first_of(disposition < BOUNCE_DISPOSITION_COUNT ? dispositions[disposition][lang]
							       : NULL,
			bounce_disposition_text(disposition));
}

static const struct row_text *
text_of(const struct bounce_row *row)
{
	for (size_t i = 0; row->table == CODE_MICROSOFT && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].id, row->id) == 0)
			return &rows[i];
	return NULL;
}

const char *
lang_cause(enum lang lang, const struct bounce_row *row)
{
	const struct row_text *text = text_of(row);

	return first_of(text != NULL ? text->cause[lang] : NULL, row->cause);
}

const char *
lang_remedy(enum lang lang, const struct bounce_row *row)
{
	const struct row_text *text = text_of(row);

	/* that there is none is said in every language */
	if (row->remedy[0] == '\0')
		return row->remedy;
	return first_of(text != NULL ? text->remedy[lang] : NULL, row->remedy);
}
