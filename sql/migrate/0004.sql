-- 0004.sql - from version 3 to 4: a ledger that replays, operators' words, standings of single lists
--
-- What was recorded until now does not tell everything that it was made of: the ledger of known addresses begins
-- with their standing as it is.
--
-- SPDX-License-Identifier: BSD-2-Clause

DROP VIEW suppressed;
DROP VIEW recipient_status;
DROP VIEW recent_event;

CREATE TABLE policy (
	id INTEGER NOT NULL PRIMARY KEY,
	text TEXT NOT NULL UNIQUE,
	first_at INTEGER NOT NULL
) STRICT;
CREATE TABLE operation (
	id INTEGER NOT NULL PRIMARY KEY,
	time INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,      -- "revive", "undo", ...
	arguments TEXT NOT NULL, -- as they were typed
	why TEXT NOT NULL
) STRICT;
CREATE TRIGGER operation_stays BEFORE UPDATE ON operation BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER operation_remains BEFORE DELETE ON operation BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

ALTER TABLE event ADD COLUMN kind TEXT;
ALTER TABLE event ADD COLUMN weight INTEGER CHECK (weight >= 0);
ALTER TABLE event ADD COLUMN trust INTEGER CHECK (trust BETWEEN 0 AND 3);
ALTER TABLE event ADD COLUMN list TEXT;
ALTER TABLE event ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0;

DROP INDEX transition_address;
DROP TRIGGER transition_stays;
ALTER TABLE transition ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE transition ADD COLUMN speaks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transition ADD COLUMN policy INTEGER REFERENCES policy;
ALTER TABLE transition ADD COLUMN operation INTEGER REFERENCES operation;
ALTER TABLE transition ADD COLUMN incident INTEGER;
ALTER TABLE transition ADD COLUMN cadence INTEGER;
UPDATE transition SET speaks = 1 WHERE strike > 0 OR cause IN ('pause', 'gone');
CREATE INDEX transition_address ON transition (address, mailing, speaks);
CREATE INDEX transition_operation ON transition (operation) WHERE operation IS NOT NULL;
CREATE TRIGGER transition_stays BEFORE UPDATE ON transition BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

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
CREATE TRIGGER undone_remains BEFORE DELETE ON undone BEGIN
	SELECT raise(ABORT, 'the ledger is append-only');
END;

ALTER TABLE recipient RENAME TO recipient_3;
DROP INDEX recipient_state;
DROP INDEX recipient_domain;
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
	PRIMARY KEY (address, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO recipient (address, scope, domain, state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, day_strike, last_event)
SELECT address, '', domain, state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, 0, last_event
FROM recipient_3 ORDER BY address;
DROP TABLE recipient_3;
CREATE INDEX recipient_state ON recipient (state);
CREATE INDEX recipient_domain ON recipient (domain);

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
	PRIMARY KEY (address, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO baseline (address, scope, transition, state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, day_strike)
SELECT address, '', (SELECT coalesce(max(id), 0) FROM transition), state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, 0
FROM recipient ORDER BY address;

CREATE VIEW suppressed (address, state, reason, since, until, confirmed, list) AS
SELECT
	address, state, reason,
	strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'),
	CASE WHEN confirmed_at IS NOT NULL THEN 'yes'
	WHEN state = 'dead' AND gone_at
		+ (SELECT value FROM setting WHERE name = 'confirm_quiet') <= unixepoch() THEN 'yes'
	ELSE 'no' END,
	nullif(scope, '')
FROM recipient
WHERE state IN ('backoff', 'suspended', 'dead', 'complained', 'pinned-dead')
	AND (state NOT IN ('backoff', 'suspended') OR until IS NULL OR until > unixepoch());

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
		+ (SELECT value FROM setting WHERE name = 'confirm_quiet') <= unixepoch() THEN 'yes'
	ELSE 'no' END,
	strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch'),
	strftime('%Y-%m-%dT%H:%M:%SZ', until, 'unixepoch'),
	score / 100.0,
	level,
	strftime('%Y-%m-%dT%H:%M:%SZ', gone_at, 'unixepoch'),
	last_event,
	nullif(scope, '')
FROM recipient;

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
ORDER BY transition.id DESC;

PRAGMA user_version = 4;
