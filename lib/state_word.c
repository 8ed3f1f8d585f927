/*
 * state_word - names of states and events, and the states and events of names
 *
 * What bouncectl prints, the database holds and the configuration takes; all out of word.def.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "state.h"

static const char *const state_names[BOUNCE_STATE_COUNT] = {
#define STATE(id, name, text) [BOUNCE_STATE_##id] = (name),
#include "word.def"
};

static const char *const state_texts[BOUNCE_STATE_COUNT] = {
#define STATE(id, name, text) [BOUNCE_STATE_##id] = (text),
#include "word.def"
};

static const char *const event_names[BOUNCE_EVENT_COUNT] = {
#define EVENT(id, name, text) [BOUNCE_EVENT_##id] = (name),
#include "word.def"
};

static const char *const event_texts[BOUNCE_EVENT_COUNT] = {
#define EVENT(id, name, text) [BOUNCE_EVENT_##id] = (text),
#include "word.def"
};

const char *
bounce_state_name(enum bounce_state state)
{
	return state < BOUNCE_STATE_COUNT ? state_names[state] : "?";
}

const char *
bounce_state_text(enum bounce_state state)
{
	return state < BOUNCE_STATE_COUNT ? state_texts[state] : "?";
}

const char *
bounce_event_name(enum bounce_event event)
{
	return event < BOUNCE_EVENT_COUNT ? event_names[event] : "?";
}

int
bounce_state_parse(struct span word, enum bounce_state *out)
{
	for (unsigned i = 0; i < BOUNCE_STATE_COUNT; i++) {
		if (span_ieq(word, span_of(state_names[i]))) {
			*out = (enum bounce_state)i;
			return 0;
		}
	}
	return -1;
}

const char *
bounce_event_text(enum bounce_event event)
{
	return event < BOUNCE_EVENT_COUNT ? event_texts[event] : "?";
}
