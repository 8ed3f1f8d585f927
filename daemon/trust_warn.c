/*
 * trust_warn - whose reports anybody could forge
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "trust.h"

/* Did the operator say that he knows? */
static bool
is_accepted(const struct config *config)
{
	for (size_t i = 0; i < config->list_count; i++) {
		if (config->list[i].require != CONFIG_REQUIRE_NEVER)
			return false;
	}
	return config->list_count > 0;
}

void
trust_warn(const struct config *config, struct store *store)
{
	if (config->ring_count == 0 && !is_accepted(config))
		log_warn("no key of tokens: whoever can send mail to a watched folder can mark "
			 "addresses as dead by forged reports; mailbounced-tokens(7) tells how to "
			 "end that");
	for (size_t i = 0; config->ring_count > 0 && i < config->list_count; i++) {
		const struct config_list *list = &config->list[i];
		bool known, any;

		if (list->require != CONFIG_REQUIRE_AUTO)
			continue;
		if (store_token_lists(store, span_of(list->name), &known, &any) < 0) {
			log_error("%s", store_error(store));
			return;
		}
		if (!known)
			log_warn("list %s: no token of its mail came back yet; until then forged "
				 "reports about it count, too (require-token = always ends that)",
				 list->name);
	}
}
