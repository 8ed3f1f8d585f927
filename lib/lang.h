/*
 * lang - the texts of the code table in the languages that we have
 *
 * English is complete; what another language lacks comes in English.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_LANG_H
#define BOUNCE_LANG_H

#include "code.h"

enum lang { LANG_EN, LANG_NB, LANG_FI, LANG_COUNT };

enum lang_label {
#define LABEL_TEXT(id, en, nb, fi) LANG_##id,
#include "lang.def"
	LANG_LABEL_COUNT,
};

/* "en", "nb" or "fi"; 0, or -1 when there is no such language. */
int lang_parse(const char *name, enum lang *out) BOUNCE_MUST_CHECK;

const char *lang_label(enum lang lang, enum lang_label label);
const char *lang_reason(enum lang lang, enum bounce_reason reason);
const char *lang_fixer(enum lang lang, enum bounce_fixer fixer);
const char *lang_disposition(enum lang lang, enum bounce_disposition disposition);

/* A row's cause and remedy; "" when there is no remedy. */
const char *lang_cause(enum lang lang, const struct bounce_row *row);
const char *lang_remedy(enum lang lang, const struct bounce_row *row);

#endif
