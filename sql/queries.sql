-- queries.sql - every statement that the program runs, by name
--
-- Compiled in by cmake/sql.cmake and prepared once when the store is opened. Parameters are bound by
-- name. No statement is put together in C.
--
-- SPDX-License-Identifier: BSD-2-Clause

-- FULL: a transaction that was told committed survives a power failure. The limit keeps one huge
-- transaction's log from staying on disk for ever. The cache (KiB) holds what one batch changes all over the
-- indexes: what does not fit would be written before the transaction ends, and read again.
-- name: connection
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -16384;
PRAGMA journal_size_limit = 16777216;

-- name: wal
PRAGMA journal_mode = WAL;

-- name: application_id
PRAGMA application_id;

-- name: user_version
PRAGMA user_version;

-- name: table_count
SELECT count(*) FROM sqlite_schema;

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: setting_put
INSERT INTO setting (name, value) VALUES (:name, :value)
ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value;

-- name: folder_add
INSERT INTO folder (account, name, uidvalidity) VALUES (:account, :name, :uidvalidity)
ON CONFLICT DO NOTHING;

-- name: folder_find
SELECT id, last_uid FROM folder
WHERE account = :account AND name = :name AND uidvalidity = :uidvalidity;

-- name: folder_advance
UPDATE folder SET last_uid = :last_uid WHERE id = :id AND last_uid < :last_uid;

-- name: message_find
SELECT id FROM message WHERE folder = :folder AND uid = :uid;

-- The first of all with these bytes; the later ones point to it. One that an operator brought back is known
-- in any place.
-- name: message_same
SELECT id, EXISTS (SELECT 1 FROM message
	WHERE fingerprint = :fingerprint AND restoring_at IS NOT NULL AND reprocess_at IS NULL)
FROM message
WHERE fingerprint = :fingerprint AND reprocess_at IS NULL ORDER BY id LIMIT 1;

-- name: message_add
INSERT INTO message (folder, uid, fingerprint, size, received_at, kind, format, reporting_mta,
	message_id, original_message_id, list_id, target, duplicate_of)
VALUES (:folder, :uid, :fingerprint, :size, :received_at, :kind, :format, :reporting_mta,
	:message_id, :original_message_id, :list_id, :target, :duplicate_of)
ON CONFLICT (folder, uid) DO NOTHING;

-- name: standing
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at
FROM recipient WHERE address = :address;

-- name: struck
SELECT 1 FROM transition
WHERE address = :address AND mailing = :mailing AND (strike > 0 OR cause IN ('pause', 'gone')) = TRUE
LIMIT 1;

-- name: event_add
INSERT INTO event (message, number, time, address, domain, original, final, action, status, smtp,
	diagnostic, remote_mta, stage, reason, severity, bad, effect, fixer, disposition, rule, why,
	address_part, address_line, action_part, action_line, status_part, status_line,
	diagnostic_part, diagnostic_line)
VALUES (:message, :number, :time, :address, :domain, :original, :final, :action, :status, :smtp,
	:diagnostic, :remote_mta, :stage, :reason, :severity, :bad, :effect, :fixer, :disposition, :rule, :why,
	:address_part, :address_line, :action_part, :action_line, :status_part, :status_line,
	:diagnostic_part, :diagnostic_line);

-- name: transition_add
INSERT INTO transition (event, time, address, mailing, cause, from_state, to_state, strike, score,
	until, operator_rule, why)
VALUES (:event, :time, :address, :mailing, :cause, :from_state, :to_state, :strike, :score,
	:until, :operator_rule, :why);

-- name: recipient_put
INSERT INTO recipient (address, domain, state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, last_event)
VALUES (:address, :domain, :state, :reason, :since, :until, :level, :score, :scored_at,
	:strike_day, :gone_at, :confirmed_at, :last_event)
ON CONFLICT DO UPDATE SET
	state = excluded.state, reason = excluded.reason, since = excluded.since,
	until = excluded.until, level = excluded.level, score = excluded.score,
	scored_at = excluded.scored_at, strike_day = excluded.strike_day, gone_at = excluded.gone_at,
	confirmed_at = excluded.confirmed_at, last_event = excluded.last_event;

-- name: alert_add
INSERT INTO alert (day, reason, domain, count, first_at, last_at)
VALUES (:time / 86400, :reason, :domain, 1, :time, :time)
ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at
RETURNING count;

-- name: outbox_add
INSERT INTO outbox (hook, event, payload, created_at, due_at)
VALUES (:hook, :event, :payload, :time, :time);

-- name: outbox_next
SELECT id, hook, payload, attempts FROM outbox
WHERE done_at IS NULL AND due_at <= :time ORDER BY due_at, id LIMIT 1;

-- name: outbox_facts
SELECT key || '=' || coalesce(value, '')
FROM json_each((SELECT iif(json_valid(payload), payload, '{}') FROM outbox WHERE id = :id));

-- name: outbox_done
UPDATE outbox SET done_at = :time, attempts = attempts + 1, error = NULL WHERE id = :id;

-- name: outbox_retry
UPDATE outbox SET due_at = :due, attempts = attempts + 1, error = :error WHERE id = :id;

-- The first of so many; done ones older than that.
-- name: outbox_forget
DELETE FROM outbox WHERE id IN (
	SELECT id FROM outbox WHERE done_at IS NOT NULL AND done_at < :before ORDER BY done_at LIMIT :most);

-- Intents that nothing holds back.
-- name: move_target
SELECT target FROM message
WHERE folder = :folder AND target > :after AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL
	AND copying_at IS NULL AND copied_at IS NULL AND (retry_at IS NULL OR retry_at <= :now)
ORDER BY target LIMIT 1;

-- name: moves
SELECT uid FROM message
WHERE folder = :folder AND target = :target AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL
	AND copying_at IS NULL AND copied_at IS NULL AND (retry_at IS NULL OR retry_at <= :now)
ORDER BY uid LIMIT :most;

-- name: move_retry_at
SELECT min(retry_at) FROM message
WHERE folder = :folder AND retry_at > :now AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL;

-- Uids without a gap; the copies' are higher by the same number (NULL: not told).
-- name: moved
UPDATE message SET moved_at = :time, copying_at = NULL, filed_to = coalesce(:to, filed_to),
	filed_uidvalidity = coalesce(:uidvalidity, filed_uidvalidity), filed_uid = coalesce(uid + :higher, filed_uid)
WHERE folder = :folder AND uid BETWEEN :first AND :last AND target IS NOT NULL AND moved_at IS NULL;

-- Twice as long each time.
-- name: move_refused
UPDATE message SET refused = refused + 1,
	retry_at = :time + min(:most, :least * (1 << min(refused, 20))), copying_at = NULL
WHERE folder = :folder AND uid = :uid
RETURNING refused;

-- name: move_kept
UPDATE message SET kept_at = :time WHERE folder = :folder AND uid = :uid;

-- name: copy_begin
UPDATE message SET copying_at = :time, filed_to = :to WHERE folder = :folder AND uid = :uid;

-- name: copy_done
UPDATE message SET copied_at = :time, copying_at = NULL, filed_uidvalidity = :uidvalidity, filed_uid = :copy
WHERE folder = :folder AND uid = :uid;

-- name: copy_undone
UPDATE message SET copying_at = NULL, filed_to = NULL WHERE folder = :folder AND uid = :uid;

-- No target is empty; so said, the pending ones are looked at and not every message of the folder.
-- name: copies_done
SELECT uid FROM message
WHERE folder = :folder AND target > '' AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL
	AND copied_at IS NOT NULL AND (retry_at IS NULL OR retry_at <= :now)
ORDER BY uid LIMIT :most;

-- With them, how many messages of the same bytes were filed there without a word of the uid.
-- name: copies_unsure
SELECT id, uid, filed_to, message_id, size, fingerprint, (
	SELECT count(*) FROM message AS other
	WHERE other.fingerprint = message.fingerprint AND other.filed_to = message.filed_to
		AND other.filed_uid IS NULL AND other.moved_at IS NOT NULL AND other.restored_at IS NULL)
FROM message
WHERE folder = :folder AND target IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL
	AND copying_at IS NOT NULL
ORDER BY filed_to, uid;

-- Is that copy known as the copy of a message with the same bytes?
-- name: filed_as
SELECT 1 FROM message
WHERE fingerprint = :fingerprint AND filed_to = :to AND filed_uidvalidity = :uidvalidity AND filed_uid = :copy
LIMIT 1;

-- name: moves_forget
UPDATE message SET lost_at = unixepoch()
WHERE target IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL AND folder IN (
	SELECT id FROM folder
	WHERE account = :account AND name = :name AND uidvalidity <> :uidvalidity);

-- The folder's life that was believed to be over goes on.
-- name: moves_revive
UPDATE message SET lost_at = NULL WHERE folder = :folder AND lost_at IS NOT NULL AND moved_at IS NULL;

-- name: taken_back_folder
INSERT INTO folder (account, name, uidvalidity, last_uid, taken_back_from)
SELECT account, name || ' (uids taken back ' || strftime('%Y-%m-%dT%H:%M:%SZ', :time, 'unixepoch') || ' '
	|| (SELECT max(id) FROM folder) || ')', uidvalidity, last_uid, name
FROM folder WHERE id = :folder
RETURNING id;

-- name: taken_back_messages
UPDATE message SET folder = :into,
	lost_at = iif(target IS NOT NULL AND moved_at IS NULL, coalesce(lost_at, :time), lost_at)
WHERE folder = :folder AND uid >= :uidnext;

-- name: taken_back_advance
UPDATE folder SET last_uid = :uidnext - 1 WHERE id = :folder;

-- Messages that were filed then and can be brought back.
-- name: restorable
SELECT m.id, coalesce(m.filed_uid, 0), m.filed_to, m.message_id, m.size, m.fingerprint,
	coalesce(f.taken_back_from, f.name), coalesce(m.filed_uidvalidity, 0), m.kind, m.restoring_at IS NOT NULL
FROM message AS m JOIN folder AS f ON f.id = m.folder
WHERE m.id > :after AND m.moved_at BETWEEN :since AND :until AND m.restored_at IS NULL AND m.filed_to IS NOT NULL
	AND f.account = :account
	AND (:folder IS NULL OR coalesce(f.taken_back_from, f.name) = :folder) AND (:kind IS NULL OR m.kind = :kind)
ORDER BY m.id LIMIT :most;

-- name: restorable_accounts
SELECT DISTINCT account FROM folder ORDER BY account;

-- Those of the same bytes in the folder that it came from: recorded before it was to come back and still there,
-- or brought back themselves and not recorded anew since. Rather one too many: what is taken for another's copy
-- comes twice, what is taken for its own and is not is lost.
-- name: restore_others
SELECT count(*)
FROM message AS m JOIN folder AS f ON f.id = m.folder
JOIN message AS other ON other.fingerprint = m.fingerprint AND other.id <> m.id
JOIN folder AS g ON g.id = other.folder
WHERE m.id = :id AND g.account = f.account
	AND coalesce(g.taken_back_from, g.name) = coalesce(f.taken_back_from, f.name)
	AND (other.moved_at IS NULL AND other.lost_at IS NULL AND other.received_at <= m.restoring_at
		OR other.restored_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message AS seen
			WHERE seen.fingerprint = m.fingerprint AND seen.folder = other.folder
				AND seen.received_at > other.restored_at));

-- name: restore_begin
UPDATE message SET restoring_at = :time WHERE id = :id;

-- name: restore_done
UPDATE message SET restored_at = :time WHERE id = :id;

-- All with these bytes, or one of the others would still stand for it.
-- name: restore_reprocess
UPDATE message SET reprocess_at = :time
WHERE fingerprint = (SELECT fingerprint FROM message WHERE id = :id);

-- For people, through store_query(); their columns are listed in store.h.

-- The schema compares addresses without regard to case.
-- name: recipient_show
SELECT r.address, r.domain, r.state, r.reason, s.mailable, s.confirmed, s.since, s.until,
	s.score, r.level, s.gone,
	strftime('%Y-%m-%dT%H:%M:%SZ', r.confirmed_at, 'unixepoch') AS confirmed_at,
	strftime('%Y-%m-%dT%H:%M:%SZ', e.time, 'unixepoch') AS last_time,
	e.status AS last_status, e.smtp AS last_smtp, e.reason AS last_reason, e.rule AS last_rule,
	e.why AS last_why, e.diagnostic AS last_diagnostic, e.remote_mta AS last_remote_mta
FROM recipient AS r
JOIN recipient_status AS s ON s.address = r.address
LEFT JOIN event AS e ON e.id = r.last_event
WHERE r.address = :address;

-- name: recipient_history
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', t.time, 'unixepoch') AS time,
	t.cause, t.from_state, t.to_state, t.strike / 100.0 AS strike, t.score / 100.0 AS score,
	strftime('%Y-%m-%dT%H:%M:%SZ', t.until, 'unixepoch') AS until,
	t.operator_rule, t.why AS transition_why,
	e.id AS event, e.action, e.status, e.smtp, e.stage, e.reason, e.severity, e.bad, e.effect, e.fixer,
	e.disposition, e.rule, e.why, e.diagnostic, e.remote_mta, e.original, e.final,
	e.status_part, e.status_line, e.diagnostic_part, e.diagnostic_line,
	f.account, f.name AS folder, m.uid, m.kind, m.format, m.reporting_mta, m.message_id,
	m.original_message_id, m.list_id, m.target,
	strftime('%Y-%m-%dT%H:%M:%SZ', m.moved_at, 'unixepoch') AS moved
FROM transition AS t
LEFT JOIN event AS e ON e.id = t.event
LEFT JOIN message AS m ON m.id = e.message
LEFT JOIN folder AS f ON f.id = m.folder
WHERE t.address = :address
ORDER BY t.id DESC
LIMIT coalesce(:limit, -1);

-- One branch a leading index, so that each streams in order of the address: the planner cannot know at
-- preparation which parameters will be NULL.
-- name: recipient_list
SELECT address, domain, state, reason, mailable, confirmed, since, until, score FROM recipient_status
WHERE :domain IS NOT NULL AND domain = :domain
	AND (:state IS NULL OR state = :state) AND (:reason IS NULL OR reason = :reason)
UNION ALL
SELECT address, domain, state, reason, mailable, confirmed, since, until, score FROM recipient_status
WHERE :domain IS NULL AND :state IS NOT NULL AND state = :state
	AND (:reason IS NULL OR reason = :reason)
UNION ALL
SELECT address, domain, state, reason, mailable, confirmed, since, until, score FROM recipient_status
WHERE :domain IS NULL AND :state IS NULL AND (:reason IS NULL OR reason = :reason)
ORDER BY address;

-- name: stats_states
SELECT state, count(*) AS recipients FROM recipient GROUP BY state ORDER BY recipients DESC, state;

-- name: stats_reasons
SELECT reason, sum(events) AS events, sum(hard) AS hard, sum(soft) AS soft,
	count(DISTINCT domain) AS domains
FROM daily GROUP BY reason ORDER BY events DESC, reason;

-- name: stats_kinds
SELECT kind, sum(messages) AS messages, sum(duplicates) AS duplicates
FROM tally GROUP BY kind ORDER BY messages DESC, kind;

-- name: stats_messages
SELECT f.account, f.name AS folder, sum(t.messages) AS messages, sum(t.duplicates) AS duplicates
FROM tally AS t JOIN folder AS f ON f.id = t.folder
GROUP BY f.account, f.name ORDER BY f.account, f.name;

-- name: stats_moves_pending
SELECT f.account, f.name AS folder, m.target, count(*) AS messages,
	strftime('%Y-%m-%dT%H:%M:%SZ', min(m.received_at), 'unixepoch') AS oldest
FROM message AS m JOIN folder AS f ON f.id = m.folder
WHERE m.target IS NOT NULL AND m.moved_at IS NULL AND m.lost_at IS NULL AND m.kept_at IS NULL
GROUP BY f.account, f.name, m.target ORDER BY f.account, f.name, m.target;

-- name: stats_alerts
SELECT date(day * 86400, 'unixepoch') AS day, reason, domain, count,
	strftime('%Y-%m-%dT%H:%M:%SZ', last_at, 'unixepoch') AS last
FROM alert ORDER BY alert.day DESC, count DESC, reason, domain LIMIT coalesce(:limit, -1);

-- name: stats_outbox
SELECT hook, count(*) AS waiting, sum(attempts > 0) AS failing,
	strftime('%Y-%m-%dT%H:%M:%SZ', min(created_at), 'unixepoch') AS oldest,
	max(error) AS error
FROM outbox WHERE done_at IS NULL GROUP BY hook ORDER BY hook;
