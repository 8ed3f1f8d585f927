/*
 * oauth2_advice - what the errors of token endpoints mean, and what to do
 *
 * A description says more than the code before it: Entra ID answers "invalid_client" to a dozen
 * different mistakes and tells them apart by AADSTS numbers. So phrases are asked first. RFC 6749
 * section 5.2 has the codes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "oauth2_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ENTRA "Entra admin center, App registrations, the application"
#define REAUTHORISE                                                                           \
	"authorise the application once more as the mailbox's user, and put the new refresh " \
	"token "                                                                              \
	"into refresh-token-file"

static const struct oauth2_advice by_phrase[] = {
	{ "AADSTS7000222", OAUTH2_DENIED,
	  "the client secret has expired; make a new one (" ENTRA ", Certificates & secrets) and "
	  "put its Value where the client secret is read from" },
	{ "AADSTS7000215", OAUTH2_DENIED,
	  "the client secret is wrong; it must be the secret's Value, not its Secret ID" },
	{ "AADSTS7000218", OAUTH2_DENIED,
	  "the endpoint wants a client secret; give one, or allow public client flows (" ENTRA
	  ", Authentication)" },
	{ "AADSTS7000112", OAUTH2_DENIED,
	  "the application is disabled; enable it (Enterprise applications, Properties)" },
	{ "AADSTS7000229", OAUTH2_DENIED,
	  "the application has no service principal in this tenant; grant admin consent (" ENTRA
	  ", API permissions)" },
	{ "AADSTS700016", OAUTH2_DENIED,
	  "there is no such application in this tenant; check client-id (the Application ID) and "
	  "the tenant in token-url" },
	{ "AADSTS90002", OAUTH2_DENIED,
	  "there is no such tenant; put the Directory (tenant) ID into token-url" },
	{ "AADSTS900023", OAUTH2_DENIED,
	  "the tenant in token-url is neither an ID nor a domain; put the Directory (tenant) ID "
	  "there" },
	{ "AADSTS65001", OAUTH2_DENIED,
	  "nobody consented to the application's permissions; grant admin consent (" ENTRA
	  ", API permissions, Grant admin consent)" },
	{ "AADSTS53003", OAUTH2_DENIED,
	  "a Conditional Access policy forbids it; exclude this application or allow this server's "
	  "address" },
	{ "AADSTS1002012", OAUTH2_DENIED,
	  "with client credentials scope must be https://outlook.office365.com/.default" },
	{ "AADSTS70011", OAUTH2_DENIED,
	  "scope is not valid; for Exchange Online it is https://outlook.office365.com/.default "
	  "with client credentials, else https://outlook.office.com/IMAP.AccessAsUser.All "
	  "offline_access" },
	{ "AADSTS500011", OAUTH2_DENIED,
	  "scope names a resource that this tenant does not have; for Exchange Online begin it "
	  "with https://outlook.office365.com/" },
	{ "AADSTS700082", OAUTH2_DENIED,
	  "the refresh token was not used for too long; " REAUTHORISE },
	{ "AADSTS70008", OAUTH2_DENIED, "the refresh token has expired; " REAUTHORISE },
	{ "AADSTS50173", OAUTH2_DENIED,
	  "the user's password was changed, which ends all refresh tokens; " REAUTHORISE },
	{ "AADSTS50076", OAUTH2_DENIED,
	  "the user must prove himself with a second factor; " REAUTHORISE },
	{ "AADSTS50057", OAUTH2_DENIED, "the user's account is disabled; enable it" },
	{ "Token has been expired or revoked", OAUTH2_DENIED,
	  "the refresh token is no longer valid (Google ends those of an application in testing "
	  "after 7 days: publish it or make it internal); " REAUTHORISE },
};

static const struct oauth2_advice by_error[] = {
	{ "invalid_client", OAUTH2_DENIED,
	  "the endpoint does not know this application by this secret; check client-id and the "
	  "client secret" },
	{ "unauthorized_client", OAUTH2_DENIED,
	  "the application may not get tokens in this way; check client-id, and at the provider "
	  "the application's permissions and grant types" },
	{ "invalid_grant", OAUTH2_DENIED,
	  "the refresh token is expired, revoked or another application's; " REAUTHORISE },
	{ "invalid_scope", OAUTH2_DENIED,
	  "scope is unknown, malformed or more than was consented to; correct scope" },
	{ "invalid_request", OAUTH2_DENIED,
	  "the endpoint misses something in the request or cannot read it; check token-url, "
	  "client-id and scope" },
	{ "invalid_resource", OAUTH2_DENIED, "scope names an unknown resource; correct scope" },
	{ "unsupported_grant_type", OAUTH2_DENIED,
	  "the endpoint does not give tokens in this way; use the other one (client secret alone, "
	  "or refresh-token-file)" },
	{ "access_denied", OAUTH2_DENIED, "the provider forbids it; ask its administrator" },
	{ "consent_required", OAUTH2_DENIED,
	  "nobody consented to the application's permissions; grant consent at the provider" },
	{ "interaction_required", OAUTH2_DENIED, "a person must sign in; " REAUTHORISE },
	{ "deleted_client", OAUTH2_DENIED,
	  "the application was deleted; register a new one and change client-id" },
	{ "disabled_client", OAUTH2_DENIED,
	  "the application was disabled at the provider; enable it" },
	{ "admin_policy_enforced", OAUTH2_DENIED,
	  "the organisation's policy forbids it; its administrator must trust the application" },
	{ "temporarily_unavailable", OAUTH2_LATER, "the endpoint is overloaded; nothing to do" },
	{ "server_error", OAUTH2_LATER, "the endpoint is in trouble; nothing to do" },
	{ "slow_down", OAUTH2_LATER, "the endpoint was asked too often; nothing to do" },
	{ "rate_limit_exceeded", OAUTH2_LATER, "the endpoint was asked too often; nothing to do" },
};

static const struct oauth2_advice unknown = { "", OAUTH2_DENIED,
					      "look the error up in the provider's documentation" };

/* Does the phrase stand there? AADSTS90002 does not stand in AADSTS900023. */
static bool
mentions(const char *description, const char *phrase)
{
	const char *at = span_ifind(span_of(description), span_of(phrase));

	if (at == NULL)
		return false;
	at += strlen(phrase);
	return *at < '0' || *at > '9';
}

const struct oauth2_advice *
oauth2_advice(const char *error, const char *description)
{
	for (size_t i = 0; i < COUNT(by_phrase); i++)
		if (mentions(description, by_phrase[i].mark))
			return &by_phrase[i];
	for (size_t i = 0; i < COUNT(by_error); i++)
		if (strcmp(error, by_error[i].mark) == 0)
			return &by_error[i];
	return &unknown;
}
