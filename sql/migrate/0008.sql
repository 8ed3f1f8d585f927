-- 0008.sql - from version 7 to 8: how often a list posts is told by the days of its last mailings; an incident takes
-- back piece by piece; a quarter of the fingerprint finds a message, no index changes with each report, and what came
-- within a time is found without looking at all
--
-- SPDX-License-Identifier: BSD-2-Clause

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
