-- 0008.sql - from version 7 to 8: what is old may go, and addresses can be forgotten; how often a list posts is told by
-- the days of its last mailings; an incident takes back piece by piece; a quarter of the fingerprint finds a message, no
-- index changes with each report, and what came within a time is found without looking at all
--
-- SPDX-License-Identifier: BSD-2-Clause

DROP TRIGGER operation_stays;
CREATE TRIGGER operation_stays BEFORE UPDATE OF id, time, who, what ON operation BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER operation_words_stay BEFORE UPDATE OF arguments, why ON operation
WHEN (new.arguments <> old.arguments AND new.arguments <> '(forgotten)')
	OR (new.why <> old.why AND new.why <> '(forgotten)') BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

DROP TRIGGER event_stays;
DROP TRIGGER event_remains;
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

DROP TRIGGER transition_stays;
CREATE TRIGGER transition_stays BEFORE UPDATE OF id, event, time, address, cause, from_state, to_state, strike, score,
	until, operator_rule, why, scope, speaks, policy, operation, incident, cadence ON transition BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER transition_mailing_stays BEFORE UPDATE OF mailing ON transition
WHEN new.mailing IS NOT old.mailing AND coalesce(new.mailing, '') NOT GLOB 'forgotten:*' BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

DROP TRIGGER transition_remains;
CREATE TRIGGER transition_remains BEFORE DELETE ON transition
WHEN old.id > coalesce((SELECT transition FROM baseline WHERE address = old.address AND scope = old.scope), 0) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

DROP TRIGGER undone_remains;
CREATE TRIGGER undone_remains BEFORE DELETE ON undone
WHEN EXISTS (SELECT 1 FROM transition AS t WHERE t.id = old.transition
	AND t.id > coalesce((SELECT transition FROM baseline WHERE address = t.address AND scope = t.scope), 0)) BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

ALTER TABLE baseline ADD COLUMN dropped_until INTEGER;

CREATE TABLE tombstone (
	address TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, -- keyed hash at forgotten.invalid
	forgotten_at INTEGER NOT NULL,
	operation INTEGER NOT NULL REFERENCES operation
) STRICT, WITHOUT ROWID;
CREATE TABLE secret (
	name TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_event ON outbox (event) WHERE event IS NOT NULL;

-- How far the search for proofs got tells an address.
UPDATE mailing SET after_address = '', after_scope = '' WHERE proved_at IS NOT NULL;

CREATE TABLE pace_before AS SELECT list, reported, last_at, gap, prior_gap FROM pace;
DROP TABLE pace;

CREATE TABLE pace (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	reported INTEGER NOT NULL CHECK (reported IN (0, 1)),
	learned INTEGER NOT NULL,
	gap INTEGER CHECK (gap > 0),
	prior_gap INTEGER CHECK (prior_gap > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE pace_day (
	list TEXT NOT NULL COLLATE NOCASE,
	day INTEGER NOT NULL,
	PRIMARY KEY (list, day)
) STRICT, WITHOUT ROWID;

INSERT INTO pace (list, reported, learned, gap, prior_gap)
SELECT list, reported, last_at / 86400, gap, prior_gap FROM pace_before;

-- Two days that say the same.
INSERT INTO pace_day (list, day) SELECT list, last_at / 86400 FROM pace_before;
INSERT INTO pace_day (list, day)
SELECT list, last_at / 86400 - max(gap / 86400, 1) FROM pace_before WHERE gap IS NOT NULL;

DROP TABLE pace_before;

CREATE TABLE incident_taking (
	incident INTEGER NOT NULL PRIMARY KEY REFERENCES incident,
	first INTEGER NOT NULL,
	next INTEGER NOT NULL,
	last INTEGER NOT NULL,
	since INTEGER NOT NULL
) STRICT;

DROP INDEX message_fingerprint;
CREATE INDEX message_fingerprint ON message (substr(fingerprint, 1, 8));

DROP INDEX recipient_list;
CREATE INDEX recipient_list ON recipient (list, address, scope) WHERE list IS NOT NULL;

CREATE INDEX transition_time ON transition (time);

PRAGMA user_version = 8;
