-- 0007.sql - from version 6 to 7: incidents
--
-- SPDX-License-Identifier: BSD-2-Clause

CREATE TABLE mailed (
	domain TEXT NOT NULL COLLATE NOCASE,
	mailing INTEGER NOT NULL REFERENCES mailing,
	recipients INTEGER NOT NULL CHECK (recipients >= 0),
	PRIMARY KEY (domain, mailing)
) STRICT, WITHOUT ROWID;

CREATE TABLE surge (
	kind TEXT NOT NULL,
	name TEXT NOT NULL COLLATE NOCASE,
	hour INTEGER NOT NULL,
	addresses INTEGER NOT NULL,
	first INTEGER NOT NULL,
	PRIMARY KEY (kind, name, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX surge_hour ON surge (hour);

CREATE TABLE incident (
	id INTEGER NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	name TEXT NOT NULL COLLATE NOCASE,
	opened_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	ended_at INTEGER,
	addresses INTEGER NOT NULL,
	usual INTEGER,
	mailed INTEGER,
	reason TEXT NOT NULL,
	status TEXT,
	diagnostic TEXT,
	operation INTEGER NOT NULL REFERENCES operation,
	decision TEXT,
	decided_at INTEGER,
	decided_by INTEGER REFERENCES operation
) STRICT;
CREATE INDEX incident_open ON incident (kind, name) WHERE ended_at IS NULL;

CREATE INDEX transition_incident ON transition (incident, event) WHERE incident IS NOT NULL;

PRAGMA user_version = 7;
