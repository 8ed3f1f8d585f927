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
	last_id TEXT,
	earlier_id TEXT
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
