/*
 * tell - what hooks are told of a change of state, and of incidents
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tell.h"

#include <sysexits.h>

#include "json.h"
#include "store_forget.h"

static void
write_payload(const struct tell *t, struct buf *out)
{
	char status[BOUNCE_STATUS_TEXT];
	struct json j;

	json_init(&j, out);
	json_object(&j, NULL);
	json_number(&j, "event_id", t->event);
	json_number(&j, "time", t->time);
	json_text(&j, "address", t->key.address);
	json_text(&j, "list", t->key.scope);
	json_string(&j, "state", bounce_state_name(t->now->state));
	json_string(&j, "previous", bounce_state_name(t->from));
	json_string(&j, "reason", t->reason);
	json_string(&j, "status", bounce_status_format(t->status, status));
	json_number(&j, "smtp", t->smtp);
	json_text(&j, "diagnostic", t->diagnostic);
	json_string(&j, "rule", t->rule);
	json_string(&j, "why", t->why);
	json_number(&j, "until", t->now->until);
	json_text(&j, "list_id", t->list_id);
	json_text(&j, "original_message_id", t->original_message_id);
	json_string(&j, "who", t->who);
	json_end_object(&j);
	if (!buf_ok(out))
		log_fatal(EX_OSERR, "out of memory");
}

int
tell_hooks(struct store *store, const struct config *config, const struct tell *tell)
{
	struct buf payload = BUF_INIT;
	int result = 0;

	/* Who is forgotten has no address that a program could do anything with. */
	if (tell->now->state == tell->from || store_is_pseudonym(tell->key.address))
		return 0;
	for (size_t i = 0; i < config->hook_count && result == 0; i++) {
		const struct config_hook *hook = &config->hook[i];

		if ((hook->states & (UINT32_C(1) << tell->now->state)) == 0)
			continue;
		if (payload.len == 0)
			write_payload(tell, &payload);
		result = store_outbox_add(store, hook->name, tell->event, buf_span(&payload),
					  tell->time);
	}
	buf_free(&payload);
	return result;
}

int
tell_incident(struct store *store, const struct config *config, int64_t incident, int64_t time)
{
	for (size_t i = 0; i < config->hook_count; i++) {
		const struct config_hook *hook = &config->hook[i];

		if (hook->incidents && store_outbox_incident(store, hook->name, incident, time) < 0)
			return -1;
	}
	return 0;
}
