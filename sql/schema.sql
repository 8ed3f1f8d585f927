-- schema.sql - the state of mailbounced
--
-- Version 8. Times are seconds since 1970 (UTC); words (states, reasons, kinds, ...) are stored as their
-- names, so that plain SQL reads well. Addresses are spelled as the reports spell them and compared without
-- regard to the case of ASCII letters: RFC 5321 section 2.4 lets local parts differ in case, mailboxes do not,
-- and one person must not have two states. The tables belong to the program and may change; the views at the
-- end are the interface for people and for other programs, see mailbounced-schema(5).
--
-- SPDX-License-Identifier: BSD-2-Clause

PRAGMA application_id = 1835167332; -- "mbnd"
PRAGMA user_version = 8;

-- What a view must know of the configuration, in seconds; written by the daemon.
CREATE TABLE setting (
	name TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO setting (name, value) VALUES ('confirm_quiet', 1209600);

-- The same of lists with a policy of their own.
CREATE TABLE list_setting (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	confirm_quiet INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every policy that was ever in force, as the configuration's own sections; the one that is now is the setting
-- 'policy'. Never changed: the ledger says of each transition under which one it was made.
CREATE TABLE policy (
	id INTEGER NOT NULL PRIMARY KEY,
	text TEXT NOT NULL UNIQUE,
	first_at INTEGER NOT NULL
) STRICT;

-- What an operator ordered, one row a command; what the program does by itself is by 'mailbounced'. Never changed.
CREATE TABLE operation (
	id INTEGER NOT NULL PRIMARY KEY,
	time INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,      -- "revive", "undo", ...
	arguments TEXT NOT NULL, -- as they were typed
	why TEXT NOT NULL
) STRICT;
CREATE TRIGGER operation_stays BEFORE UPDATE OF id, time, who, what ON operation BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
-- An address that must be forgotten may stand in them.
CREATE TRIGGER operation_words_stay BEFORE UPDATE OF arguments, why ON operation
WHEN (new.arguments <> old.arguments AND new.arguments <> '(forgotten)')
	OR (new.why <> old.why AND new.why <> '(forgotten)') BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER operation_remains BEFORE DELETE ON operation BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

-- One folder in one of its lives: UIDs mean nothing beyond one UIDVALIDITY (RFC 3501 section 2.3.1.1).
CREATE TABLE folder (
	id INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 0 AND 4294967295),
	last_uid INTEGER NOT NULL DEFAULT 0 CHECK (last_uid BETWEEN 0 AND 4294967295),
	-- Messages whose uids the server gave away again (a restored backup) stand under a name of their own;
	-- this is the folder's.
	taken_back_from TEXT,
	UNIQUE (account, name, uidvalidity)
) STRICT;

-- One row a message. The intent to move it stands here as well: target is set and moved_at is not.
CREATE TABLE message (
	id INTEGER NOT NULL PRIMARY KEY,
	folder INTEGER NOT NULL REFERENCES folder,
	uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
	fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
	size INTEGER NOT NULL CHECK (size >= 0),
	received_at INTEGER NOT NULL,
	kind TEXT NOT NULL, -- "unreadable" when the report could not be read
	format TEXT,
	reporting_mta TEXT,
	message_id TEXT,
	original_message_id TEXT,
	list_id TEXT,
	target TEXT,       -- folder to move it to, "\Junk" and the like by its use, "\Deleted": away; NULL: it stays
	moved_at INTEGER,  -- NULL: not yet
	lost_at INTEGER,   -- the folder's life ended before the move: it cannot be carried out any more
	duplicate_of INTEGER REFERENCES message, -- the same bytes were recorded before: no events
	refused INTEGER NOT NULL DEFAULT 0, -- how often the server refused to move this one
	retry_at INTEGER,   -- not before that
	copying_at INTEGER, -- a copy was about to be made; only the target knows whether it was
	copied_at INTEGER,  -- the copy is there, this one not yet away
	kept_at INTEGER,    -- the server cannot take one message away: it was marked and left
	filed_to TEXT,      -- the folder where its copy is, with
	filed_uidvalidity INTEGER,
	filed_uid INTEGER,  -- both NULL when the server did not tell
	restoring_at INTEGER, -- an operator wants it back: it is not filed again wherever it appears
	restored_at INTEGER,
	reprocess_at INTEGER, -- and read again as if it had never come
	UNIQUE (folder, uid)
) STRICT;
-- Eight of the 32 bytes are enough to find it; every message changes a page of this index somewhere, and the
-- fewer there are the more of them stay in memory.
CREATE INDEX message_fingerprint ON message (substr(fingerprint, 1, 8));
CREATE INDEX message_restoring ON message (fingerprint) WHERE restoring_at IS NOT NULL;
CREATE INDEX message_pending ON message (folder, target, uid)
	WHERE target IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL;
CREATE INDEX message_retry ON message (folder, retry_at)
	WHERE retry_at IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL;
CREATE INDEX message_lost ON message (folder) WHERE lost_at IS NOT NULL AND moved_at IS NULL;

-- Messages counted as they come, so that nobody has to count millions of rows.
CREATE TABLE tally (
	folder INTEGER NOT NULL REFERENCES folder,
	kind TEXT NOT NULL,
	messages INTEGER NOT NULL,
	duplicates INTEGER NOT NULL,
	PRIMARY KEY (folder, kind)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER message_counts AFTER INSERT ON message BEGIN
	INSERT INTO tally (folder, kind, messages, duplicates)
	VALUES (new.folder, new.kind, 1, new.duplicate_of IS NOT NULL)
	ON CONFLICT DO UPDATE SET
		messages = messages + 1, duplicates = duplicates + excluded.duplicates;
END;

-- What one report said of one recipient, and how it was judged. Never changed, but old ones go, their texts first.
CREATE TABLE event (
	id INTEGER NOT NULL PRIMARY KEY,
	message INTEGER NOT NULL REFERENCES message,
	number INTEGER NOT NULL CHECK (number >= 0), -- of the recipient in the report, from 0
	time INTEGER NOT NULL,
	address TEXT NOT NULL COLLATE NOCASE, -- the one that was mailed
	domain TEXT NOT NULL,
	original TEXT,         -- Original-Recipient
	final TEXT,            -- Final-Recipient
	action TEXT,
	status TEXT,           -- "5.1.1": the code that counts
	smtp INTEGER CHECK (smtp BETWEEN 100 AND 999),
	diagnostic TEXT,
	remote_mta TEXT,
	stage TEXT,
	reason TEXT NOT NULL,
	severity TEXT NOT NULL,
	bad TEXT NOT NULL,
	effect TEXT NOT NULL,
	fixer TEXT,
	disposition TEXT NOT NULL,
	rule TEXT NOT NULL,    -- row of the code table, or the general rule, that decided
	why TEXT NOT NULL,
	-- where it was found: part as numbered from 0 in document order, line from 1 in the message
	address_part INTEGER, address_line INTEGER,
	action_part INTEGER, action_line INTEGER,
	status_part INTEGER, status_line INTEGER,
	diagnostic_part INTEGER, diagnostic_line INTEGER,
	-- NULL in what versions before 4 wrote:
	kind TEXT,             -- what became of this recipient: "bounce", "delayed", "success", "complaint"
	weight INTEGER CHECK (weight >= 0),           -- of the verdict, hundredths of a point
	trust INTEGER CHECK (trust BETWEEN 0 AND 3),  -- grade of the proof that the report is real; NULL: not judged
	list TEXT,             -- whose mail it was; NULL: unknown
	forwarded INTEGER NOT NULL DEFAULT 0,         -- it failed at an address that the mailed one forwards to
	proof TEXT,            -- what proves that the report is real; NULL: nothing
	UNIQUE (message, number)
) STRICT;
-- Its texts may go, and all of it once its address has a baseline: see there.
CREATE TRIGGER event_stays BEFORE UPDATE OF id, message, number, time, address, domain, action, status, smtp,
	remote_mta, stage, reason, severity, bad, effect, fixer, disposition, rule, why, address_part, address_line,
	action_part, action_line, status_part, status_line, diagnostic_part, diagnostic_line, kind, weight, trust, list,
	forwarded, proof ON event BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER event_texts_stay BEFORE UPDATE OF original, final, diagnostic ON event
WHEN (new.original IS NOT NULL AND new.original IS NOT old.original)
	OR (new.final IS NOT NULL AND new.final IS NOT old.final)
	OR (new.diagnostic IS NOT NULL AND new.diagnostic IS NOT old.diagnostic) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER event_remains BEFORE DELETE ON event
WHEN NOT EXISTS (SELECT 1 FROM baseline WHERE address = old.address) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

-- Lists of whose mail a valid token came back: since then a report about it without one changes nothing.
CREATE TABLE token_list (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events counted by day (seconds / 86400), recipient domain and reason; those that nothing proves to be real are not.
CREATE TABLE daily (
	day INTEGER NOT NULL,
	domain TEXT NOT NULL,
	reason TEXT NOT NULL,
	events INTEGER NOT NULL,
	hard INTEGER NOT NULL,
	soft INTEGER NOT NULL,
	PRIMARY KEY (day, domain, reason)
) STRICT, WITHOUT ROWID;

-- What was done to an address; one row an event, and one for each word of an operator. Never changed, but old ones go.
CREATE TABLE transition (
	id INTEGER NOT NULL PRIMARY KEY,
	event INTEGER REFERENCES event, -- NULL: not caused by a report
	time INTEGER NOT NULL,
	address TEXT NOT NULL COLLATE NOCASE,
	mailing TEXT,                   -- Message-ID of the mail that came back
	cause TEXT NOT NULL,            -- "gone", "strike", "pin-ok", ...
	from_state TEXT NOT NULL,
	to_state TEXT NOT NULL,
	strike INTEGER NOT NULL CHECK (strike >= 0), -- hundredths of a point
	score INTEGER NOT NULL CHECK (score >= 0),   -- after it
	until INTEGER,                  -- end of the back-off or suspension
	operator_rule TEXT,
	why TEXT NOT NULL,
	scope TEXT NOT NULL DEFAULT '',           -- the list whose own standing it changes; '': the general one
	speaks INTEGER NOT NULL DEFAULT 0,        -- later reports of this mailing are echoes of this one
	policy INTEGER REFERENCES policy,         -- in force then; NULL: the defaults
	operation INTEGER REFERENCES operation,   -- NULL: a report did it
	incident INTEGER,                         -- which one holds it (cause 'held')
	cadence INTEGER                           -- seconds between mailings of the list as known then
) STRICT;
-- The history of an address, whose events are found by their ids; and "was this mailing heard of already?"
CREATE INDEX transition_address ON transition (address, mailing, speaks);
-- What came within a time. Grows at its end only.
CREATE INDEX transition_time ON transition (time);
-- Who is to be unsubscribed.
CREATE INDEX transition_unwanted ON transition (address) WHERE cause = 'unwanted';
-- What one command did.
CREATE INDEX transition_operation ON transition (operation) WHERE operation IS NOT NULL;
-- What one incident holds.
CREATE INDEX transition_incident ON transition (incident, event) WHERE incident IS NOT NULL;
-- Once an event: an operation speaks of events that were counted.
CREATE TRIGGER transition_counts AFTER INSERT ON transition
WHEN new.event IS NOT NULL AND new.operation IS NULL AND new.cause <> 'untrusted' BEGIN
	INSERT INTO daily (day, domain, reason, events, hard, soft)
	SELECT time / 86400, domain, reason, 1, severity = 'hard', severity = 'soft' FROM event WHERE id = new.event
	ON CONFLICT DO UPDATE SET
		events = events + 1, hard = hard + excluded.hard, soft = soft + excluded.soft;
END;
CREATE TRIGGER transition_stays BEFORE UPDATE OF id, event, time, address, cause, from_state, to_state, strike, score,
	until, operator_rule, why, scope, speaks, policy, operation, incident, cadence ON transition BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
-- Somebody else who must be forgotten may stand in it.
CREATE TRIGGER transition_mailing_stays BEFORE UPDATE OF mailing ON transition
WHEN new.mailing IS NOT old.mailing AND coalesce(new.mailing, '') NOT GLOB 'forgotten:*' BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
-- What lies behind the baseline is not replayed, and may go.
CREATE TRIGGER transition_remains BEFORE DELETE ON transition
WHEN old.id > coalesce((SELECT transition FROM baseline WHERE address = old.address AND scope = old.scope), 0) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

-- Transitions that an operator took back, and took back again; of one transition the newest operation counts.
CREATE TABLE undone (
	transition INTEGER NOT NULL REFERENCES transition,
	operation INTEGER NOT NULL REFERENCES operation,
	redo INTEGER NOT NULL DEFAULT 0, -- 1: it counts again
	PRIMARY KEY (transition, operation)
) STRICT, WITHOUT ROWID;
CREATE INDEX undone_operation ON undone (operation);
CREATE TRIGGER undone_stays BEFORE UPDATE ON undone BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER undone_remains BEFORE DELETE ON undone
WHEN EXISTS (SELECT 1 FROM transition AS t WHERE t.id = old.transition
	AND t.id > coalesce((SELECT transition FROM baseline WHERE address = t.address AND scope = t.scope), 0)) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

-- The standing of each address that was ever heard of: what the transitions add up to that count.
CREATE TABLE recipient (
	address TEXT NOT NULL COLLATE NOCASE, -- spelled as the first report did
	scope TEXT NOT NULL,                  -- a list's name; '': wherever no list has a standing of its own
	domain TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT,   -- of the last report that counted; NULL: none did
	since INTEGER, -- NULL: it was never in another state
	until INTEGER,
	level INTEGER NOT NULL CHECK (level >= 0),
	score INTEGER NOT NULL CHECK (score >= 0),
	scored_at INTEGER NOT NULL,
	strike_day INTEGER,
	gone_at INTEGER,
	confirmed_at INTEGER,
	day_strike INTEGER NOT NULL CHECK (day_strike >= 0), -- of score, on the day of scored_at
	paused_at INTEGER,                                   -- when the back-off ladder was last climbed
	full_day INTEGER,                                    -- when a full mailbox last counted
	last_event INTEGER REFERENCES event,
	full_count INTEGER NOT NULL DEFAULT 0 CHECK (full_count >= 0), -- mailings in a row that found it full,
	full_since INTEGER,                                            -- since when
	cadence INTEGER,              -- seconds between mailings of the fastest list that counts against it
	probe INTEGER NOT NULL DEFAULT 0 CHECK (probe >= 0),           -- the probe that is under way; 0: none
	probe_reason TEXT,            -- of the suspension before it
	list TEXT COLLATE NOCASE,     -- whose mail the last report was about; NULL: unknown
	PRIMARY KEY (address, scope)
) STRICT, WITHOUT ROWID;
-- No index has a column that changes with each report, see "recipient_same".
CREATE INDEX recipient_state ON recipient (state);
CREATE INDEX recipient_domain ON recipient (domain);
-- Whom a mailing of a list can prove anything about.
CREATE INDEX recipient_list ON recipient (list, address, scope) WHERE list IS NOT NULL;

-- Where the ledger of an address begins when its older transitions cannot be replayed or are gone: its standing after
-- the transition with that id, which no undo can go behind.
CREATE TABLE baseline (
	address TEXT NOT NULL COLLATE NOCASE,
	scope TEXT NOT NULL,
	transition INTEGER NOT NULL,
	state TEXT NOT NULL,
	reason TEXT,
	since INTEGER,
	until INTEGER,
	level INTEGER NOT NULL CHECK (level >= 0),
	score INTEGER NOT NULL CHECK (score >= 0),
	scored_at INTEGER NOT NULL,
	strike_day INTEGER,
	gone_at INTEGER,
	confirmed_at INTEGER,
	day_strike INTEGER NOT NULL CHECK (day_strike >= 0),
	paused_at INTEGER,
	full_day INTEGER,
	full_count INTEGER NOT NULL DEFAULT 0 CHECK (full_count >= 0),
	full_since INTEGER,
	cadence INTEGER,
	probe INTEGER NOT NULL DEFAULT 0 CHECK (probe >= 0),
	probe_reason TEXT,
	dropped_until INTEGER, -- the newest entry that is gone; NULL: none is
	PRIMARY KEY (address, scope)
) STRICT, WITHOUT ROWID;

-- What an address was before it was forgotten that must stay suppressed: its pseudonym, under which alone its standing
-- stands in the tables above.
CREATE TABLE tombstone (
	address TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, -- keyed hash at forgotten.invalid
	forgotten_at INTEGER NOT NULL,
	operation INTEGER NOT NULL REFERENCES operation
) STRICT, WITHOUT ROWID;

-- The key of that hash, made when the first address is forgotten.
CREATE TABLE secret (
	name TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT, WITHOUT ROWID;

-- Mailings that the operator's sender reported. One that failed for an address by no report is proof of its
-- delivery there, once the policy's grace is over and all folders have been read since: proved_at.
CREATE TABLE mailing (
	id INTEGER NOT NULL PRIMARY KEY,
	list TEXT NOT NULL COLLATE NOCASE,
	sent_at INTEGER NOT NULL,
	mailing TEXT,                             -- what the sender calls it
	recipients INTEGER CHECK (recipients >= 0),
	operation INTEGER NOT NULL REFERENCES operation,
	proved_at INTEGER,
	proved INTEGER NOT NULL DEFAULT 0,        -- addresses, so far
	after_address TEXT NOT NULL DEFAULT '' COLLATE NOCASE, -- how far that got
	after_scope TEXT NOT NULL DEFAULT '',
	UNIQUE (list, sent_at)
) STRICT;
CREATE INDEX mailing_open ON mailing (sent_at) WHERE proved_at IS NULL;
CREATE INDEX mailing_name ON mailing (mailing) WHERE mailing IS NOT NULL;

-- How often a list posts: one row a list.
CREATE TABLE pace (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	reported INTEGER NOT NULL CHECK (reported IN (0, 1)), -- 1: by its sender; 0: guessed from what comes back
	learned INTEGER NOT NULL,                             -- the day (seconds / 86400) on which the gap changed last
	gap INTEGER CHECK (gap > 0),                          -- seconds between two; NULL: only one is known
	prior_gap INTEGER CHECK (prior_gap > 0)               -- before that day; it holds until that day is over
) STRICT, WITHOUT ROWID;

-- The last days on which it posted.
CREATE TABLE pace_day (
	list TEXT NOT NULL COLLATE NOCASE,
	day INTEGER NOT NULL,
	PRIMARY KEY (list, day)
) STRICT, WITHOUT ROWID;

-- How many of a mailing's recipients were of one domain, where its sender told.
CREATE TABLE mailed (
	domain TEXT NOT NULL COLLATE NOCASE,
	mailing INTEGER NOT NULL REFERENCES mailing,
	recipients INTEGER NOT NULL CHECK (recipients >= 0),
	PRIMARY KEY (domain, mailing)
) STRICT, WITHOUT ROWID;

-- Addresses that began to fail for good, counted as they come, by hour (seconds / 3600) and by what they have in
-- common; kind 'all' and name '' for all. What an incident holds is not among them. Kind 'incident' and its id as name:
-- what it held in that hour. Older rows are deleted.
CREATE TABLE surge (
	kind TEXT NOT NULL,
	name TEXT NOT NULL COLLATE NOCASE,
	hour INTEGER NOT NULL,
	addresses INTEGER NOT NULL,
	first INTEGER NOT NULL, -- no transition that is counted here has a lower id
	PRIMARY KEY (kind, name, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX surge_hour ON surge (hour);

-- Many addresses failed alike: what their reports say is held (transitions with cause 'held').
CREATE TABLE incident (
	id INTEGER NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,     -- what they have in common: "domain", "server", "list", "text"
	name TEXT NOT NULL COLLATE NOCASE,
	opened_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,    -- the last report that it held
	ended_at INTEGER,            -- it holds no more; what it held may still wait for a decision
	addresses INTEGER NOT NULL,  -- how many made it one
	usual INTEGER,               -- in as long a time; NULL: nothing is known to be usual
	mailed INTEGER,              -- how many were mailed; NULL: unknown
	reason TEXT NOT NULL,        -- of the report that made it one
	status TEXT,
	diagnostic TEXT,
	operation INTEGER NOT NULL REFERENCES operation, -- took back what had been done already
	decision TEXT,               -- "released", "dropped"; NULL: the operator has not said
	decided_at INTEGER,
	decided_by INTEGER REFERENCES operation
) STRICT;
CREATE INDEX incident_open ON incident (kind, name) WHERE ended_at IS NULL;

-- What an incident has still to take back of what was done before it: transitions from next to last.
CREATE TABLE incident_taking (
	incident INTEGER NOT NULL PRIMARY KEY REFERENCES incident,
	first INTEGER NOT NULL, -- the first that may be part of it
	next INTEGER NOT NULL,
	last INTEGER NOT NULL,  -- the last one before it
	since INTEGER NOT NULL  -- no older one is
) STRICT;

-- What the operator must repair: one row a reason, refuser (remote domain, or the service
-- that bans our account) and day.
CREATE TABLE alert (
	day INTEGER NOT NULL,
	reason TEXT NOT NULL,
	domain TEXT NOT NULL,
	count INTEGER NOT NULL,
	first_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	PRIMARY KEY (day, reason, domain)
) STRICT, WITHOUT ROWID;

-- What programs are still to be told, or were told (done_at).
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY,
	hook TEXT NOT NULL,
	event INTEGER REFERENCES event,
	payload TEXT NOT NULL, -- JSON
	created_at INTEGER NOT NULL,
	due_at INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	error TEXT,            -- of the last attempt
	done_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE done_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_event ON outbox (event) WHERE event IS NOT NULL;

-- The interface for people. Times are UTC, "2026-01-31T12:00:00Z"; answers are "yes" and "no".

-- Who must not be mailed now: by nobody, or, where list is not NULL, by that list.
CREATE VIEW suppressed (address, state, reason, since, until, confirmed, list) AS
SELECT
	address, state, reason,
	strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'),
	CASE WHEN confirmed_at IS NOT NULL THEN 'yes'
	WHEN state = 'dead' AND gone_at
		+ coalesce((SELECT l.confirm_quiet FROM list_setting AS l WHERE l.list = scope),
			(SELECT value FROM setting WHERE name = 'confirm_quiet')) <= unixepoch() THEN 'yes'
	ELSE 'no' END,
	nullif(scope, '')
FROM recipient
WHERE state IN ('backoff', 'suspended', 'dead', 'complained', 'pinned-dead')
	AND (state NOT IN ('backoff', 'suspended') OR until IS NULL OR until > unixepoch());

-- Every address that was ever heard of.
CREATE VIEW recipient_status (
	address, domain, state, reason, mailable, confirmed, since, until, score, level, gone, last_event, list
) AS
SELECT
	address, domain, state, reason,
	CASE WHEN state IN ('ok', 'pinned-ok') THEN 'yes'
	WHEN state IN ('backoff', 'suspended') AND until <= unixepoch() THEN 'yes'
	ELSE 'no' END,
	CASE WHEN confirmed_at IS NOT NULL THEN 'yes'
	WHEN state = 'dead' AND gone_at
		+ coalesce((SELECT l.confirm_quiet FROM list_setting AS l WHERE l.list = scope),
			(SELECT value FROM setting WHERE name = 'confirm_quiet')) <= unixepoch() THEN 'yes'
	ELSE 'no' END,
	strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'),
	score / 100.0,
	level,
	strftime('%Y-%m-%dT%H:%M:%SZ', gone_at, 'unixepoch'),
	last_event,
	nullif(scope, '')
FROM recipient;

-- What the reports said, newest first, and what they did; what an operation did of them later is not shown.
CREATE VIEW recent_event (
	id, time, folder, uid, kind, address, code, smtp, reason, rule, why, diagnostic, remote_mta, state
) AS
SELECT
	event.id,
	strftime('%Y-%m-%dT%H:%M:%SZ', event.time, 'unixepoch'),
	folder.account || '/' || folder.name,
	message.uid, message.kind,
	transition.address, event.status, event.smtp, event.reason, event.rule, event.why,
	event.diagnostic, event.remote_mta, transition.to_state
FROM transition
CROSS JOIN event ON event.id = transition.event
CROSS JOIN message ON message.id = event.message
CROSS JOIN folder ON folder.id = message.folder
WHERE transition.operation IS NULL
ORDER BY transition.id DESC;

-- Who blocks our mail himself and should be unsubscribed, newest last; reports that were taken back are left out.
CREATE VIEW unsubscribe (address, list, time) AS
SELECT t.address, e.list, strftime('%Y-%m-%dT%H:%M:%SZ', max(t.time), 'unixepoch')
FROM transition AS t JOIN event AS e ON e.id = t.event
WHERE t.cause = 'unwanted'
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
GROUP BY t.address, e.list
ORDER BY max(t.id);

-- How much of what came back, by day and recipient domain.
CREATE VIEW bounce_rate (day, domain, events, hard, soft) AS
SELECT date(daily.day * 86400, 'unixepoch'), daily.domain, sum(events), sum(hard), sum(soft)
FROM daily
GROUP BY daily.day, daily.domain;
