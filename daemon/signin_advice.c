/*
 * signin_advice - what to do when a server refuses to sign somebody in
 *
 * Servers say next to nothing on purpose. What it means depends on what they were shown:
 * "AUTHENTICATE failed" is a wrong password here and a missing permission there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signin.h"

#include "json_read.h"
#include "log.h"

#define EXCHANGE_RIGHTS                                                                        \
	"in Exchange Online PowerShell run New-ServicePrincipal -AppId CLIENT-ID -ObjectId "   \
	"OBJECT-ID-OF-THE-ENTERPRISE-APPLICATION and Add-MailboxPermission -Identity MAILBOX " \
	"-User "                                                                               \
	"THAT-OBJECT-ID -AccessRights FullAccess; mailbounced.conf(5) has all steps"

struct advice {
	unsigned means;    /* of enum signin_means */
	const char *words; /* that stand in the refusal, in any case */
	const char *text;
};

/* The first that fits. */
static const struct advice advices[] = {
	{ SIGNIN_PASSWORD, "Basic authentication is disabled",
	  "this server takes no passwords any more; give the account a section oauth2 "
	  "(mailbounced.conf(5), MICROSOFT 365)" },
	{ SIGNIN_PASSWORD, "BasicAuthBlocked",
	  "this server takes no passwords any more; give the account a section oauth2 "
	  "(mailbounced.conf(5), MICROSOFT 365)" },
	{ SIGNIN_PASSWORD, "Application-specific password required",
	  "this account needs an app password in place of its own, or a section oauth2 "
	  "(mailbounced.conf(5), GMAIL)" },
	{ SIGNIN_PASSWORD, "Web login required",
	  "sign in with a browser once, then use an app password or a section oauth2" },
	{ SIGNIN_PASSWORD, "log in via your web browser",
	  "sign in with a browser once, then use an app password or a section oauth2" },
	/* Exchange Online says so when a folder is opened. */
	{ SIGNIN_ANY | SIGNIN_AFTER, "User is authenticated but not connected",
	  "the sign-in is right, the mailbox is not open to it: check user, whether IMAP is on for "
	  "the mailbox (Set-CASMailbox MAILBOX -ImapEnabled $true) and the permission on it "
	  "(Add-MailboxPermission); mailbounced.conf(5) has all steps" },
	{ SIGNIN_ANY, "IMAP access is disabled", "turn IMAP on in the mailbox's settings" },
	{ SIGNIN_ANY, "not enabled for IMAP", "turn IMAP on in the mailbox's settings" },
	{ SIGNIN_ANY, "[PRIVACYREQUIRED]", "write tls = implicit or tls = starttls" },
	{ SIGNIN_PASSWORD, "[EXPIRED]", "the password has expired; set a new one" },
	{ SIGNIN_ANY, "[CONTACTADMIN]", "the server's administrator has to act" },
	{ SIGNIN_ANY, "[AUTHORIZATIONFAILED]",
	  "who signs in may not use this mailbox; check user" },
	{ SIGNIN_APP, "AUTHENTICATE failed",
	  "the token is in order, the application may not use this mailbox: it needs the "
	  "permission "
	  "IMAP.AccessAsApp with admin consent, and rights on the mailbox; " EXCHANGE_RIGHTS },
	{ SIGNIN_USER, "AUTHENTICATE failed",
	  "the token is another user's or lacks a scope: user must be the mailbox that consented, "
	  "or one that it has full access to; scope must hold "
	  "https://outlook.office.com/IMAP.AccessAsUser.All, and IMAP must be on for the mailbox" },
	{ SIGNIN_TOKEN, "Invalid credentials",
	  "the token is another user's or lacks a scope: user must be who consented, and Gmail "
	  "wants the scope https://mail.google.com/" },
	{ SIGNIN_PASSWORD, "offers no way to sign in",
	  "a server without passwords wants a section oauth2; with auth = auto every way that is "
	  "safe is tried" },
	{ SIGNIN_TOKEN, "offers no way to sign in",
	  "a server without OAUTHBEARER and XOAUTH2 takes no tokens: give the account a password "
	  "source in place of the section oauth2" },
	{ SIGNIN_PASSWORD, "AUTHENTICATE SCRAM-SHA-256",
	  "check user and password; when they are right, the server has this password in a form "
	  "that SCRAM cannot use: write auth = plain" },
	{ SIGNIN_PASSWORD, "", "check user and password" },
	{ SIGNIN_TOKEN, "", "check user, scope and that the server trusts who made the token" },
};

const char *
signin_advice(enum signin_means means, const char *words)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		const struct advice *advice = &advices[i];

		if ((advice->means & means) != 0 &&
		    (advice->words[0] == '\0' ||
		     span_ifind(span_of(words), span_of(advice->words)) != NULL))
			return advice->text;
	}
	return NULL;
}

const char *
signin_challenge(const char *challenge, char *out, size_t size)
{
	struct json_read *json = json_read(span_of(challenge));
	const char *status, *scope;

	out[0] = '\0';
	if (json == NULL)
		return out;
	status = json_read_text(json, "status");
	scope = json_read_text(json, "scope");
	if (status[0] != '\0')
		snprintf(out, size, " (of the token: status %.40s%s%.100s)", status,
			 scope[0] != '\0' ? ", wanted scope " : "", scope);
	json_read_free(json);
	return out;
}
