-- 0005.sql - from version 4 to 5: mailings, how often lists post, probes and rows of full mailboxes
--
-- SPDX-License-Identifier: BSD-2-Clause

ALTER TABLE recipient ADD COLUMN full_count INTEGER NOT NULL DEFAULT 0 CHECK (full_count >= 0);
ALTER TABLE recipient ADD COLUMN full_since INTEGER;
ALTER TABLE recipient ADD COLUMN cadence INTEGER;
ALTER TABLE recipient ADD COLUMN probe INTEGER NOT NULL DEFAULT 0 CHECK (probe >= 0);
ALTER TABLE recipient ADD COLUMN probe_reason TEXT;
ALTER TABLE recipient ADD COLUMN list TEXT COLLATE NOCASE;
CREATE INDEX recipient_list ON recipient (list, address, scope) WHERE list IS NOT NULL AND scored_at > 0;
ALTER TABLE baseline ADD COLUMN full_count INTEGER NOT NULL DEFAULT 0 CHECK (full_count >= 0);
ALTER TABLE baseline ADD COLUMN full_since INTEGER;
ALTER TABLE baseline ADD COLUMN cadence INTEGER;
ALTER TABLE baseline ADD COLUMN probe INTEGER NOT NULL DEFAULT 0 CHECK (probe >= 0);
ALTER TABLE baseline ADD COLUMN probe_reason TEXT;

CREATE TABLE mailing (
	id INTEGER NOT NULL PRIMARY KEY,
	list TEXT NOT NULL COLLATE NOCASE,
	sent_at INTEGER NOT NULL,
	mailing TEXT,
	recipients INTEGER CHECK (recipients >= 0),
	operation INTEGER NOT NULL REFERENCES operation,
	proved_at INTEGER,
	proved INTEGER NOT NULL DEFAULT 0,
	after_address TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
	after_scope TEXT NOT NULL DEFAULT '',
	UNIQUE (list, sent_at)
) STRICT;
CREATE INDEX mailing_open ON mailing (sent_at) WHERE proved_at IS NULL;

CREATE TABLE pace (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	reported INTEGER NOT NULL CHECK (reported IN (0, 1)),
	last_at INTEGER NOT NULL,
	gap INTEGER CHECK (gap > 0),
	prior_gap INTEGER CHECK (prior_gap > 0),
	last_id TEXT,
	earlier_id TEXT,
	third_id TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX transition_unwanted ON transition (address) WHERE cause = 'unwanted';
CREATE VIEW unsubscribe (address, list, time) AS
SELECT t.address, e.list, strftime('%Y-%m-%dT%H:%M:%SZ', max(t.time), 'unixepoch')
FROM transition AS t JOIN event AS e ON e.id = t.event
WHERE t.cause = 'unwanted'
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
GROUP BY t.address, e.list
ORDER BY max(t.id);

CREATE TABLE list_setting (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	confirm_quiet INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

DROP VIEW suppressed;
DROP VIEW recipient_status;
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

PRAGMA user_version = 5;
