/*
 * config_number - values that are numbers, time spans, sizes, points and ladders of time spans
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>

#include "config_table.h"

/* Suffixes of sizes and time spans, largest first. */
struct unit {
	char letter;
	int64_t factor;
};
static const struct unit time_units[] = {
	{ 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 }, { 0, 0 },
};
static const struct unit size_units[] = {
	{ 'G', INT64_C(1) << 30 },
	{ 'M', 1 << 20 },
	{ 'K', 1 << 10 },
	{ 0, 0 },
};

/* A number with one of the units behind it, or none (factor 1). */
static int
read_units(const char *text, const struct unit *units, int64_t *out)
{
	struct span rest = span_of(text);
	uint64_t number;
	int64_t factor = 1;

	if (!span_number(&rest, INT64_MAX, &number))
		return -1;
	for (; !span_empty(rest) && units->letter != 0; units++) {
		if (*rest.p == units->letter) {
			factor = units->factor;
			rest.p++;
			break;
		}
	}
	if (!span_empty(rest) || number > (uint64_t)(INT64_MAX / factor))
		return -1;
	*out = (int64_t)number * factor;
	return 0;
}

int
config_duration(const char *text, int64_t *seconds)
{
	return read_units(text, time_units, seconds);
}

/* In the largest unit that gives a whole number. */
static void
print_units(int64_t number, const struct unit *units, struct buf *out)
{
	if (units == time_units)
		units++; /* days are easier to compare than weeks */
	for (; units->letter != 0; units++) {
		if (number != 0 && number % units->factor == 0) {
			buf_addf(out, "%" PRId64 "%c", number / units->factor, units->letter);
			return;
		}
	}
	buf_addf(out, "%" PRId64, number);
}

static int
check_limits(const struct config_setting *setting, int64_t number, const struct unit *units)
{
	const struct config_option *option = setting->option;

	if (number >= option->least && number <= option->most)
		return 0;
	buf_addf(setting->why, "'%s' is out of range; write ", setting->text[0]);
	print_units(option->least, units, setting->why);
	buf_adds(setting->why, " to ");
	print_units(option->most, units, setting->why);
	return -1;
}

static const struct unit no_units[] = { { 0, 0 } };

static int
set_number(const struct config_setting *setting, void *base)
{
	unsigned *out = config_field(base, setting->option->offset);
	int64_t number;

	if (read_units(setting->text[0], no_units, &number) != 0)
		return config_refuse(setting, setting->text[0], "no number; write digits only");
	if (check_limits(setting, number, no_units) != 0)
		return -1;
	*out = (unsigned)number;
	return 0;
}

static void
print_number(const struct config_option *option, const void *base, struct buf *out)
{
	const unsigned *value = config_const_field(base, option->offset);

	buf_addf(out, "%u", *value);
}

const struct config_type config_number = { false, set_number, print_number };

/* The sign may be missing. */
static int
set_percent(const struct config_setting *setting, void *base)
{
	unsigned *out = config_field(base, setting->option->offset);
	struct span rest = span_of(setting->text[0]);
	uint64_t number;

	if (!span_number(&rest, INT64_MAX, &number) ||
	    (!span_empty(rest) && !span_eq(rest, SPAN("%"))))
		return config_refuse(setting, setting->text[0], "no share; write it like 10%");
	if (check_limits(setting, (int64_t)number, no_units) != 0)
		return -1;
	*out = (unsigned)number;
	return 0;
}

static void
print_percent(const struct config_option *option, const void *base, struct buf *out)
{
	print_number(option, base, out);
	buf_addc(out, '%');
}

const struct config_type config_percent = { false, set_percent, print_percent };

/* Kept as text, for getaddrinfo's sake; empty = by the kind of TLS. */
static int
set_port(const struct config_setting *setting, void *base)
{
	int64_t number;

	if (setting->text[0][0] != '\0') {
		if (read_units(setting->text[0], no_units, &number) != 0)
			return config_refuse(setting, setting->text[0],
					     "no port number; write 993 or 143");
		if (check_limits(setting, number, no_units) != 0)
			return -1;
	}
	return config_text.set(setting, base);
}

static void
print_port(const struct config_option *option, const void *base, struct buf *out)
{
	config_text.print(option, base, out);
}

const struct config_type config_port = { false, set_port, print_port };

static int
read_seconds(const struct config_setting *setting, const char *text, int64_t *out)
{
	if (config_duration(text, out) != 0)
		return config_refuse(setting, text,
				     "no time span; write it like 90s, 15m, 12h, 3d or 2w");
	return check_limits(setting, *out, time_units);
}

static int
set_seconds(const struct config_setting *setting, void *base)
{
	unsigned *out = config_field(base, setting->option->offset);
	int64_t seconds;

	if (read_seconds(setting, setting->text[0], &seconds) != 0)
		return -1;
	*out = (unsigned)seconds;
	return 0;
}

static void
print_seconds(const struct config_option *option, const void *base, struct buf *out)
{
	const unsigned *value = config_const_field(base, option->offset);

	print_units(*value, time_units, out);
}

const struct config_type config_seconds = { false, set_seconds, print_seconds };

static int
set_span(const struct config_setting *setting, void *base)
{
	return read_seconds(setting, setting->text[0], config_field(base, setting->option->offset));
}

static void
print_span(const struct config_option *option, const void *base, struct buf *out)
{
	const int64_t *value = config_const_field(base, option->offset);

	print_units(*value, time_units, out);
}

const struct config_type config_span = { false, set_span, print_span };

/* How long something is kept; 0 = for ever. */

#define FOR_EVER "forever"

static int
set_retained(const struct config_setting *setting, void *base)
{
	int64_t *out = config_field(base, setting->option->offset);

	*out = 0;
	if (strcmp(setting->text[0], FOR_EVER) == 0)
		return 0;
	return set_span(setting, base);
}

static void
print_retained(const struct config_option *option, const void *base, struct buf *out)
{
	const int64_t *value = config_const_field(base, option->offset);

	if (*value == 0)
		config_quote(FOR_EVER, out);
	else
		print_span(option, base, out);
}

const struct config_type config_retained = { false, set_retained, print_retained };

static int
set_size(const struct config_setting *setting, void *base)
{
	uint64_t *out = config_field(base, setting->option->offset);
	int64_t bytes;

	if (read_units(setting->text[0], size_units, &bytes) != 0)
		return config_refuse(setting, setting->text[0],
				     "no size; write bytes or a number with K, M or G");
	if (check_limits(setting, bytes, size_units) != 0)
		return -1;
	*out = (uint64_t)bytes;
	return 0;
}

static void
print_size(const struct config_option *option, const void *base, struct buf *out)
{
	const uint64_t *value = config_const_field(base, option->offset);

	print_units((int64_t)*value, size_units, out);
}

const struct config_type config_size = { false, set_size, print_size };

/* "5", "5.0" or "0.25": hundredths, at most two decimals. */
static int
read_points(const struct config_setting *setting, unsigned *out)
{
	struct span rest = span_of(setting->text[0]);
	uint64_t whole, part = 0;
	size_t decimals = 0;
	bool good = span_number(&rest, 1000000, &whole);

	if (good && !span_empty(rest) && *rest.p == '.') {
		rest.p++;
		decimals = span_len(rest);
		good = decimals <= 2 && span_number(&rest, 99, &part);
	}
	if (!good || !span_empty(rest))
		return config_refuse(setting, setting->text[0],
				     "no number of points; write it like 5, 0.5 or 2.25");
	if (decimals == 1)
		part *= 10;
	whole = 100 * whole + part;
	if (whole < (uint64_t)setting->option->least || whole > (uint64_t)setting->option->most) {
		buf_addf(setting->why, "'%s' is out of range; write %" PRId64 ".%02d to %" PRId64,
			 setting->text[0], setting->option->least / 100,
			 (int)(setting->option->least % 100), setting->option->most / 100);
		return -1;
	}
	*out = (unsigned)whole;
	return 0;
}

static void
print_hundredths(unsigned value, struct buf *out)
{
	if (value % 10 == 0)
		buf_addf(out, "%u.%u", value / 100, value % 100 / 10);
	else
		buf_addf(out, "%u.%02u", value / 100, value % 100);
}

static int
set_points(const struct config_setting *setting, void *base)
{
	return read_points(setting, config_field(base, setting->option->offset));
}

static void
print_points(const struct config_option *option, const void *base, struct buf *out)
{
	const unsigned *value = config_const_field(base, option->offset);

	print_hundredths(*value, out);
}

const struct config_type config_points = { false, set_points, print_points };

/* A rule and a reason may leave the weight alone (""). */
static int
set_weight(const struct config_setting *setting, void *base)
{
	return config_says(setting, base) ? set_points(setting, base) : 0;
}

static void
print_weight(const struct config_option *option, const void *base, struct buf *out)
{
	if (config_said(option, base))
		print_points(option, base, out);
	else
		buf_adds(out, "\"\"");
}

const struct config_type config_weight = { false, set_weight, print_weight };

/* And the time in which a point fades. */
static int
set_decay(const struct config_setting *setting, void *base)
{
	return config_says(setting, base) ? set_span(setting, base) : 0;
}

static void
print_decay(const struct config_option *option, const void *base, struct buf *out)
{
	if (config_said(option, base))
		print_span(option, base, out);
	else
		buf_adds(out, "\"\"");
}

const struct config_type config_decay = { false, set_decay, print_decay };

/* Steps of a back-off. */
static int
set_ladder(const struct config_setting *setting, void *base)
{
	int64_t *step = config_field(base, setting->option->offset);
	size_t *count = config_field(base, setting->option->count_offset);

	if (setting->count > STATE_MAX_BACKOFF) {
		buf_addf(setting->why, "has %zu steps; give at most %d, the last one repeats",
			 setting->count, STATE_MAX_BACKOFF);
		return -1;
	}
	if (setting->count == 0 && setting->option->value[0] != '\0') {
		buf_adds(setting->why, "is empty; give at least one step, like {\"1d\"}");
		return -1;
	}
	for (size_t i = 0; i < setting->count; i++) {
		if (read_seconds(setting, setting->text[i], &step[i]) != 0)
			return -1;
	}
	*count = setting->count;
	return 0;
}

static void
print_ladder(const struct config_option *option, const void *base, struct buf *out)
{
	const int64_t *step = config_const_field(base, option->offset);
	const size_t *count = config_const_field(base, option->count_offset);

	buf_addc(out, '{');
	for (size_t i = 0; i < *count; i++) {
		buf_adds(out, i > 0 ? ", \"" : "\"");
		print_units(step[i], time_units, out);
		buf_addc(out, '"');
	}
	buf_addc(out, '}');
}

const struct config_type config_ladder = { true, set_ladder, print_ladder };
