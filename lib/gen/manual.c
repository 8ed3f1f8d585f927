/*
 * manual - writes bounce-reasons(7) out of the code table
 *
 * Runs while building, so that the page says what the program does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>

#include "code.h"

/* Text of the tables as roff: what would be a request, an escape or no ASCII is written otherwise.
 */
static void
put(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (*p == '.' || *p == '\'')
		printf("\\&");
	while (*p != '\0') {
		unsigned code = *p++, more = code >= 0xe0 ? 2 : 1;

		if (code == '\\' || code == '-' || code == '\'' || code == '"') {
			printf(code == '\\'  ? "\\e"
			       : code == '-' ? "\\-"
			       : code == '"' ? "\\(dq"
					     : "\\(aq");
		} else if (code < 0x80) {
			putchar((int)code);
			if (strchr(".!?", (int)code) != NULL && *p == ' ')
				printf("\\&"); /* no end of a sentence */
		} else {
			code &= code >= 0xe0 ? 0x0f : 0x1f;
			for (; more > 0 && *p != '\0'; more--)
				code = code << 6 | (*p++ & 0x3fU);
			printf("\\[u%04X]", code);
		}
	}
}

static void
item(const char *name)
{
	printf(".It \"");
	put(name);
	printf("\"\n");
}

static void
line(const char *text)
{
	put(text);
	putchar('\n');
}

static void
head(void)
{
	printf(".\\\" Made from the .def files by lib/gen/manual.c.\n"
	       ".\\\" SPDX-License-Identifier: BSD-2-Clause\n"
	       ".Dd November 22, 2026\n.Dt BOUNCE-REASONS 7\n.Os\n"
	       ".Sh NAME\n.Nm bounce-reasons\n.Nd why mail comes back, and what is done about it\n"
	       ".Sh DESCRIPTION\n"
	       "A verdict on a bounce has a reason, says whether the address is bad, who can "
	       "repair "
	       "it, and what is done.\n"
	       "It comes from the first of these that knows something:\n"
	       ".Bl -enum -compact\n"
	       ".It\nthe operator's own phrases and codes of\n.Xr mailbounced.conf 5 ;\n"
	       ".It\nwhat one provider prints, where its server or its customer is concerned;\n"
	       ".It\nwhat Microsoft prints, under the code that it belongs to;\n"
	       ".It\nwhat many servers print;\n"
	       ".It\nthe code in the quoted reply;\n"
	       ".It\nthe code in the Status field;\n"
	       ".It\nthe three digits of the reply, and where in the dialogue it came;\n"
	       ".It\nthe Action field.\n"
	       ".El\n"
	       ".Pp\n"
	       "When several phrases stand in a reply, a longer one beats its own part; else the "
	       "one "
	       "that spares the address wins.\n"
	       "A refusal of greeting, HELO or MAIL FROM is never about the recipient.\n"
	       ".Pp\n"
	       ".Ic bouncectl classify --explain\n"
	       "shows all of this for one mail.\n");
}

static void
reasons(void)
{
	printf(".Sh REASONS\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < BOUNCE_REASON_COUNT; i++) {
		enum bounce_reason reason = (enum bounce_reason)i;
		const struct bounce_reason_facts *facts = bounce_reason_facts(reason);

		item(bounce_reason_name(reason));
		line(bounce_reason_text(reason));
		printf(".br\nBad address: %s.\nWhat we do: ", bounce_bad_name(facts->bad));
		put(bounce_disposition_name(facts->disposition));
		printf(".\nWeight: %u.%02u points", facts->weight / 100, facts->weight % 100);
		if (facts->decay_days > 0)
			printf(", one forgotten every %u days", facts->decay_days);
		printf(".\nWho fixes it: ");
		put(bounce_fixer_name(facts->fixer));
		printf(".\n");
	}
	printf(".El\n");
}

static void
words(void)
{
	printf(".Sh WHAT IS DONE\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < BOUNCE_DISPOSITION_COUNT; i++) {
		item(bounce_disposition_name((enum bounce_disposition)i));
		line(bounce_disposition_text((enum bounce_disposition)i));
	}
	printf(".El\n.Sh WHO FIXES IT\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < BOUNCE_FIXER_COUNT; i++) {
		if (i == BOUNCE_FIXER_NONE)
			continue;
		item(bounce_fixer_name((enum bounce_fixer)i));
		line(bounce_fixer_text((enum bounce_fixer)i));
	}
	printf(".El\n");
}

static void
how_to_write(void)
{
	printf(".Sh PHRASES\n"
	       "A phrase is found without regard to case.\n"
	       "In it, a blank stands for any run of blanks and line ends,\n.Li *\n"
	       "for any text on the same line,\n.Li #\nfor a run of digits, and\n"
	       ".Li {ip} , {domain} , {address} , {as} , {number}\nand\n.Li {text}\n"
	       "for a value that is reported back.\n"
	       "It begins and ends where words do, and a full stop at its end may be missing.\n");
}

static void
code_of(const struct bounce_row *row)
{
	if (row->low.class == 0 || row->low.class == CODE_ANY)
		return;
	printf("%u.%u.%u", row->low.class, row->low.subject, row->low.detail);
	if (row->detail_high != row->low.detail)
		printf("\\-%u", row->detail_high);
	putchar(' ');
}

static void
rows(enum code_table table, const char *title)
{
	size_t count;
	const struct bounce_row *row = code_table(table, &count);

	printf(".Sh %s\n.Bl -tag -width Ds\n", title);
	for (size_t i = 0; i < count; i++) {
		printf(".It Li \"");
		if (table != CODE_PHRASE)
			code_of(&row[i]);
		put(row[i].phrase[0] != '\0' ? row[i].phrase : "(the code alone)");
		printf("\"\n");
		if (table == CODE_PROVIDER)
			printf("%s: ", row[i].provider->name);
		put(bounce_reason_name(row[i].reason));
		printf(".\n");
		if (table == CODE_MICROSOFT)
			line(row[i].cause);
		if (table == CODE_MICROSOFT && row[i].remedy[0] != '\0')
			line(row[i].remedy);
	}
	printf(".El\n");
}

/* Generic phrases as one list a reason: they explain themselves. */
static void
phrases(void)
{
	size_t count;
	static const char *const marks[] = {
		[CODE_WORDS_COMMON] = "",
		[CODE_WORDS_LOCAL] = " *",
		[CODE_WORDS_REPORTER] = " \\(dg",
	};
	const struct bounce_row *row = code_table(CODE_PHRASE, &count);

	printf(".Sh WHAT MANY SERVERS PRINT\n"
	       "In brackets what counts only where no code says anything exact.\n"
	       "An asterisk marks what one system prints about its own directory, which needs no "
	       "second witness;\n"
	       "a dagger, what counts only when the system that reports says it of itself.\n"
	       ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || row[i].reason != row[i - 1].reason)
			item(bounce_reason_name(row[i].reason));
		if (row[i].hint)
			putchar('(');
		put(row[i].phrase);
		printf("%s%s%s\n", row[i].hint ? ")" : "", marks[row[i].whose],
		       i + 1 < count && row[i + 1].reason == row[i].reason ? ";" : ".");
	}
	printf(".El\n");
}

static void
standard(enum code_table table, const char *title)
{
	size_t count;
	const struct bounce_row *row = code_table(table, &count);

	printf(".Sh %s\n.Bl -tag -width Ds\n", title);
	for (size_t i = 0; i < count; i++) {
		item(row[i].id);
		put(row[i].cause);
		printf(".\n");
		if (row[i].reason != BOUNCE_REASON_COUNT) {
			printf("Reason: ");
			put(bounce_reason_name(row[i].reason));
			printf(".\n");
		}
		if (row[i].note[0] != '\0')
			line(row[i].note);
	}
	printf(".El\n");
}

int
main(void)
{
	head();
	reasons();
	words();
	how_to_write();
	rows(CODE_MICROSOFT, "WHAT MICROSOFT PRINTS");
	rows(CODE_PROVIDER, "WHAT PROVIDERS PRINT");
	phrases();
	standard(CODE_STATUS, "ENHANCED STATUS CODES");
	standard(CODE_REPLY, "SMTP REPLIES");
	printf(".Sh SEE ALSO\n.Xr bouncectl 1 ,\n.Xr mailbounced.conf 5 ,\n.Xr mailbounced 8\n");
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
