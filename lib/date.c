/*
 * date - the time that a mail bears (RFC 5322 section 3.3)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "date.h"

#include "ascii.h"
#include "header.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Section 4.3; military letters are written in the wrong sense so often that they say nothing. */
static const struct {
	struct span name;
	int hours;
} zones[] = {
	{ SPAN_INIT("EST"), -5 }, { SPAN_INIT("EDT"), -4 }, { SPAN_INIT("CST"), -6 },
	{ SPAN_INIT("CDT"), -5 }, { SPAN_INIT("MST"), -7 }, { SPAN_INIT("MDT"), -6 },
	{ SPAN_INIT("PST"), -8 }, { SPAN_INIT("PDT"), -7 },
};

static struct span
take_letters(struct span *rest)
{
	struct span word;

	header_skip_cfws(rest);
	word = (struct span){ rest->p, rest->p };
	while (word.end < rest->end && ascii_is_letter(*word.end))
		word.end++;
	rest->p = word.end;
	return word;
}

/* A number behind blanks; -1: there is none, or a larger one. */
static int
take_number(struct span *rest, unsigned most)
{
	uint64_t number;

	header_skip_cfws(rest);
	return span_number(rest, most, &number) ? (int)number : -1;
}

static bool
take_byte(struct span *rest, char byte)
{
	header_skip_cfws(rest);
	if (span_first(*rest) != byte)
		return false;
	rest->p++;
	return true;
}

/* 1 to 12; 0: it is none. */
static int
take_month(struct span *rest)
{
	struct span word = take_letters(rest);

	for (size_t i = 0; i < COUNT(months); i++) {
		if (span_ieq(word, span_of(months[i])))
			return (int)i + 1;
	}
	return 0;
}

static int
take_year(struct span *rest)
{
	const char *from;
	int year;

	header_skip_cfws(rest);
	from = rest->p;
	year = take_number(rest, 9999);
	if (year >= 0 && rest->p - from == 2)
		return year < 50 ? year + 2000 : year + 1900;
	return year >= 0 && rest->p - from == 3 ? year + 1900 : year;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970, or -1: the month has no such day. */
static int64_t
days(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	int length = before[month] - before[month - 1] + (month == 2 && is_leap(year));
	int past = year - 1;

	if (year < 1970 || day < 1 || day > length)
		return -1;
	return 365 * (int64_t)(year - 1970) + (past / 4 - past / 100 + past / 400 - 477) +
	       before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

/* Seconds of the day, or -1. */
static int
take_time(struct span *rest)
{
	int hour = take_number(rest, 23), minute, second = 0;

	if (hour < 0 || !take_byte(rest, ':'))
		return -1;
	minute = take_number(rest, 59);
	if (minute >= 0 && take_byte(rest, ':'))
		second = take_number(rest, 60);
	return minute < 0 || second < 0 ? -1 : (hour * 60 + minute) * 60 + second;
}

/* Seconds east of Greenwich. */
static int
take_zone(struct span *rest)
{
	bool west = take_byte(rest, '-');
	struct span word;

	if (west || take_byte(rest, '+')) {
		int zone = take_number(rest, 9999);
		int seconds = zone < 0 ? 0 : (zone / 100 * 60 + zone % 100) * 60;

		return west ? -seconds : seconds;
	}
	word = take_letters(rest);
	for (size_t i = 0; i < COUNT(zones); i++) {
		if (span_ieq(word, zones[i].name))
			return zones[i].hours * 3600;
	}
	return 0;
}

bool
date_read(struct span value, int64_t *out)
{
	int day, month, year, second;
	int64_t date, time;

	if (!span_empty(take_letters(&value)))
		(void)take_byte(&value, ',');
	day = take_number(&value, 31);
	month = take_month(&value);
	year = take_year(&value);
	if (day < 0 || month == 0 || year < 0)
		return false;
	date = days(year, month, day);
	second = take_time(&value);
	if (date < 0 || second < 0)
		return false;
	time = date * 86400 + second - take_zone(&value);
	if (time < 0)
		return false;
	*out = time;
	return true;
}
