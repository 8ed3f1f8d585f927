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

DROP TRIGGER event_counts;
CREATE TRIGGER transition_counts AFTER INSERT ON transition
WHEN new.event IS NOT NULL AND new.operation IS NULL AND new.cause <> 'untrusted' BEGIN
	INSERT INTO daily (day, domain, reason, events, hard, soft)
	SELECT time / 86400, domain, reason, 1, severity = 'hard', severity = 'soft' FROM event WHERE id = new.event
	ON CONFLICT DO UPDATE SET
		events = events + 1, hard = hard + excluded.hard, soft = soft + excluded.soft;
END;

DROP VIEW recent_event;
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

PRAGMA user_version = 7;
