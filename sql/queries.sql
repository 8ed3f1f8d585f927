-- queries.sql - every statement that the program runs, by name
--
-- Compiled in by cmake/sql.cmake and prepared once when the store is opened. Parameters are bound by
-- name. No statement is put together in C.
--
-- SPDX-License-Identifier: BSD-2-Clause

-- FULL: a transaction that was told committed survives a power failure. The limit keeps one huge
-- transaction's log from staying on disk for ever. The cache (KiB) holds what one batch changes all over the
-- indexes: what does not fit would be written before the transaction ends, and read again. What is deleted is
-- overwritten: what is forgotten must not be read in room that became free before.
-- name: connection
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -16384;
PRAGMA journal_size_limit = 16777216;
PRAGMA secure_delete = ON;

-- name: settle_later
PRAGMA synchronous = NORMAL;

-- name: settle_at_once
PRAGMA synchronous = FULL;

-- name: wal
PRAGMA journal_mode = WAL;

-- name: application_id
PRAGMA application_id;

-- name: user_version
PRAGMA user_version;

-- name: table_count
SELECT count(*) FROM sqlite_schema;

-- Another number as soon as another connection has committed.
-- name: data_version
PRAGMA data_version;

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: setting_put
INSERT INTO setting (name, value) VALUES (:name, :value)
ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value;

-- Those of lists are few, and written together.
-- name: list_setting_clear
DELETE FROM list_setting;

-- name: list_setting_add
INSERT INTO list_setting (list, confirm_quiet) VALUES (:list, :confirm_quiet);

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
-- in any place. (The index has the beginnings of fingerprints.)
-- name: message_same
SELECT id, EXISTS (SELECT 1 FROM message
	WHERE fingerprint = :fingerprint AND restoring_at IS NOT NULL AND reprocess_at IS NULL)
FROM message
WHERE substr(fingerprint, 1, 8) = substr(:fingerprint, 1, 8) AND fingerprint = :fingerprint
	AND reprocess_at IS NULL ORDER BY id LIMIT 1;

-- name: message_add
INSERT INTO message (folder, uid, fingerprint, size, received_at, kind, format, reporting_mta,
	message_id, original_message_id, list_id, target, duplicate_of)
VALUES (:folder, :uid, :fingerprint, :size, :received_at, :kind, :format, :reporting_mta,
	:message_id, :original_message_id, :list_id, :target, :duplicate_of)
ON CONFLICT (folder, uid) DO NOTHING;

-- name: policy_add
INSERT INTO policy (text, first_at) VALUES (:text, :time) ON CONFLICT DO NOTHING;

-- name: policy_find
SELECT id FROM policy WHERE text = :text;

-- name: standing
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at, day_strike,
	paused_at, full_day, full_count, full_since, cadence, probe, probe_reason
FROM recipient WHERE address = :address AND scope = :scope;

-- Transitions that count no more have told nothing.
-- name: struck
SELECT 1 FROM transition AS t
WHERE t.address = :address AND t.mailing = :mailing AND t.speaks = 1 AND t.scope = :scope AND t.time < :before
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
LIMIT 1;

-- What an address's standing is made of, in order. A mailing was heard of before when an earlier entry that counts
-- spoke of it on an earlier day (UTC), as in "struck".
-- name: entries
SELECT t.id, t.time, t.event IS NOT NULL, t.cause, coalesce(t.policy, 0),
	EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.mailing = t.mailing AND p.speaks = 1 AND p.scope = t.scope
			AND p.id < t.id AND p.time < t.time - t.time % 86400
			AND coalesce((SELECT redo FROM undone WHERE transition = p.id ORDER BY operation DESC LIMIT 1), 1) = 1),
	e.kind, e.reason, e.disposition, e.severity, e.status, e.domain, coalesce(e.weight, 0),
	e.list, coalesce(e.forwarded, 0), coalesce(t.cadence, 0), t.to_state, t.operator_rule
FROM transition AS t LEFT JOIN event AS e ON e.id = t.event
WHERE t.address = :address AND t.scope = :scope AND t.cause NOT IN ('undo', 'held')
	AND t.id > coalesce((SELECT transition FROM baseline WHERE address = :address AND scope = :scope), 0)
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
ORDER BY t.id;

-- name: baseline
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at, day_strike,
	paused_at, full_day, full_count, full_since, cadence, probe, probe_reason
FROM baseline WHERE address = :address AND scope = :scope;

-- name: policy_text
SELECT text FROM policy WHERE id = :id;

-- name: policy_now
SELECT value FROM setting WHERE name = 'policy';

-- Each standing that is written.
-- name: replay_all
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at, day_strike,
	paused_at, full_day, full_count, full_since, cadence, probe, probe_reason, address, scope
FROM recipient ORDER BY address, scope;

-- Transitions of addresses without a standing.
-- name: replay_lost
SELECT DISTINCT address, scope FROM transition AS t
WHERE NOT EXISTS (SELECT 1 FROM recipient AS r WHERE r.address = t.address AND r.scope = t.scope);

-- name: operation_add
INSERT INTO operation (time, who, what, arguments, why) VALUES (:time, :who, :what, :arguments, :why);

-- Addresses of which an undo may take something back, so many behind the last one; what exactly, undo_mark knows.
-- name: undo_keys
SELECT address, scope FROM recipient AS r
WHERE (address, scope) > (:address, :scope) AND EXISTS (
	SELECT 1 FROM transition AS t
	WHERE t.address = r.address AND t.scope = r.scope AND t.time BETWEEN :since AND :until)
ORDER BY address, scope LIMIT :most;

-- The same by the time of the first transition within it, for the whole database is large and a time is short. What
-- the undo itself writes is none of those that it takes back.
-- name: undo_keys_since
SELECT t.address, t.scope, t.time, t.id FROM transition AS t
WHERE t.time BETWEEN :since AND :until AND (t.time, t.id) > (:time, :id) AND t.cause NOT IN ('undo', 'held')
	AND NOT EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.scope = t.scope AND p.time >= :since AND (p.time, p.id) < (t.time, t.id)
			AND p.cause NOT IN ('undo', 'held'))
ORDER BY t.time, t.id LIMIT :most;

-- The same of one domain, which is found by its index.
-- name: undo_keys_domain
SELECT address, scope FROM recipient AS r
WHERE domain = :domain AND (address, scope) > (:address, :scope) AND EXISTS (
	SELECT 1 FROM transition AS t
	WHERE t.address = r.address AND t.scope = r.scope AND t.time BETWEEN :since AND :until)
ORDER BY address, scope LIMIT :most;

-- name: undo_keys_operation
SELECT address, scope FROM transition WHERE operation = :of AND (address, scope) > (:address, :scope)
UNION
SELECT t.address, t.scope FROM undone AS u CROSS JOIN transition AS t ON t.id = u.transition
WHERE u.operation = :of AND (t.address, t.scope) > (:address, :scope)
ORDER BY address, scope LIMIT :most;

-- name: undo_mark
INSERT INTO undone (transition, operation)
SELECT t.id, :operation FROM transition AS t LEFT JOIN event AS e ON e.id = t.event
WHERE t.address = :address AND t.scope = :scope AND t.cause NOT IN ('undo', 'held')
	AND t.id > coalesce((SELECT transition FROM baseline WHERE address = :address AND scope = :scope), 0)
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
	AND iif(:of IS NULL, t.event IS NOT NULL OR :all, t.operation = :of)
	AND t.time BETWEEN :since AND :until
	AND (:transition IS NULL OR t.id = :transition)
	AND (:reason IS NULL OR e.reason = :reason)
	AND (:rule IS NULL OR e.rule = :rule OR t.operator_rule = :rule)
	AND (:match IS NULL OR instr(lower(e.diagnostic), lower(:match)) > 0);

-- Entries that match and stand behind a baseline: nothing takes those back.
-- name: undo_beyond
SELECT count(*) FROM baseline AS b
CROSS JOIN transition AS t ON t.address = b.address AND t.scope = b.scope AND t.id <= b.transition
LEFT JOIN event AS e ON e.id = t.event
WHERE t.time BETWEEN :since AND :until AND (t.event IS NOT NULL OR :all)
	AND (:domain IS NULL OR e.domain = :domain) AND (:reason IS NULL OR e.reason = :reason)
	AND (:rule IS NULL OR e.rule = :rule OR t.operator_rule = :rule)
	AND (:match IS NULL OR instr(lower(e.diagnostic), lower(:match)) > 0);

-- Addresses whose history goes back no further than to a time after :since.
-- name: undo_dropped
SELECT count(DISTINCT b.address) FROM baseline AS b
WHERE b.dropped_until >= :since AND (:domain IS NULL OR substr(b.address, -length(:domain) - 1) = '@' || :domain);

-- What that undo marked and no later one touched, the other way round. A report counts once: what an incident took
-- back and released is not given back beside its release.
-- name: undo_turn
INSERT INTO undone (transition, operation, redo)
SELECT t.id, :operation, 1 - u.redo
FROM transition AS t CROSS JOIN undone AS u ON u.transition = t.id AND u.operation = :of
WHERE t.address = :address AND t.scope = :scope
	AND NOT EXISTS (SELECT 1 FROM undone AS n WHERE n.transition = t.id AND n.operation > :of)
	AND NOT (u.redo = 0 AND EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.scope = t.scope AND p.event = t.event AND p.id <> t.id AND p.cause <> 'held'
			AND coalesce((SELECT redo FROM undone WHERE transition = p.id ORDER BY operation DESC LIMIT 1), 1) = 1));

-- name: operation_find
SELECT what FROM operation WHERE id = :id;

-- No number that one had who is gone is given again: baselines, hooks and what was looked through tell by it what is
-- older. NULL: SQLite's own number is higher.
-- name: event_add
INSERT INTO event (id, message, number, time, address, domain, original, final, action, status, smtp,
	diagnostic, remote_mta, stage, reason, severity, bad, effect, fixer, disposition, rule, why,
	address_part, address_line, action_part, action_line, status_part, status_line,
	diagnostic_part, diagnostic_line, kind, weight, trust, list, forwarded, proof)
VALUES ((SELECT value + 1 FROM setting WHERE name = 'last_event'
		AND value > coalesce((SELECT max(id) FROM event), 0)),
	:message, :number, :time, :address, :domain, :original, :final, :action, :status, :smtp,
	:diagnostic, :remote_mta, :stage, :reason, :severity, :bad, :effect, :fixer, :disposition, :rule, :why,
	:address_part, :address_line, :action_part, :action_line, :status_part, :status_line,
	:diagnostic_part, :diagnostic_line, :kind, :weight, :trust, :list, :forwarded, :proof);

-- name: token_list_add
INSERT INTO token_list (list, since) VALUES (:list, :time) ON CONFLICT DO NOTHING;

-- name: token_list
SELECT 1 FROM token_list WHERE list = :list;

-- name: mailing_known
SELECT 1 FROM mailing WHERE mailing = :mailing AND (:list IS NULL OR list = :list) LIMIT 1;

-- name: any_token_list
SELECT 1 FROM token_list WHERE list > '' LIMIT 1;

-- name: any_mailing
SELECT 1 FROM mailing WHERE mailing > '' LIMIT 1;

-- name: any_incident
SELECT 1 FROM incident WHERE ended_at IS NULL AND kind > '' LIMIT 1;

-- As in event_add.
-- name: transition_add
INSERT INTO transition (id, event, time, address, mailing, cause, from_state, to_state, strike, score,
	until, operator_rule, why, scope, speaks, policy, operation, incident, cadence)
VALUES ((SELECT value + 1 FROM setting WHERE name = 'last_transition'
		AND value > coalesce((SELECT max(id) FROM transition), 0)),
	:event, :time, :address, :mailing, :cause, :from_state, :to_state, :strike, :score,
	:until, :operator_rule, :why, :scope, :speaks, :policy, :operation, :incident, :cadence);

-- Most reports change neither the state nor the list of an address. SQLite writes the entry of every index anew that
-- has a column of SET, whatever the values are: so none is among these. Changes nothing where the state is another.
-- name: recipient_same
UPDATE recipient SET
	reason = :reason, since = :since, until = :until, level = :level, score = :score,
	scored_at = :scored_at, strike_day = :strike_day, gone_at = :gone_at,
	confirmed_at = :confirmed_at, day_strike = :day_strike, paused_at = :paused_at,
	full_day = :full_day, full_count = :full_count, full_since = :full_since,
	cadence = :cadence, probe = :probe, probe_reason = :probe_reason,
	last_event = coalesce(:last_event, last_event)
WHERE address = :address AND scope = :scope
	AND domain = :domain AND state = :state;

-- name: recipient_put
INSERT INTO recipient (address, scope, domain, state, reason, since, until, level, score, scored_at,
	strike_day, gone_at, confirmed_at, day_strike, paused_at, full_day, full_count, full_since, cadence,
	probe, probe_reason, last_event)
VALUES (:address, :scope, :domain, :state, :reason, :since, :until, :level, :score, :scored_at,
	:strike_day, :gone_at, :confirmed_at, :day_strike, :paused_at, :full_day, :full_count, :full_since, :cadence,
	:probe, :probe_reason, :last_event)
ON CONFLICT DO UPDATE SET
	state = excluded.state, reason = excluded.reason, since = excluded.since,
	until = excluded.until, level = excluded.level, score = excluded.score,
	scored_at = excluded.scored_at, strike_day = excluded.strike_day, gone_at = excluded.gone_at,
	confirmed_at = excluded.confirmed_at, day_strike = excluded.day_strike, paused_at = excluded.paused_at,
	full_day = excluded.full_day, full_count = excluded.full_count, full_since = excluded.full_since,
	cadence = excluded.cadence, probe = excluded.probe, probe_reason = excluded.probe_reason,
	last_event = coalesce(excluded.last_event, last_event);

-- name: recipient_list_put
UPDATE recipient SET list = :list WHERE address = :address AND scope = :scope AND list IS NOT :list;

-- And whether it is known that it posted on that day.
-- name: pace
SELECT reported, learned, gap, prior_gap, EXISTS (SELECT 1 FROM pace_day WHERE list = :list AND day = :day)
FROM pace WHERE list = :list;

-- name: pace_put
INSERT INTO pace (list, reported, learned, gap) VALUES (:list, :reported, :day, :gap)
ON CONFLICT DO UPDATE SET
	reported = excluded.reported, prior_gap = iif(learned < excluded.learned, gap, prior_gap),
	learned = max(learned, excluded.learned), gap = excluded.gap;

-- name: pace_day_add
INSERT INTO pace_day (list, day) VALUES (:list, :day) ON CONFLICT DO NOTHING;

-- The last ones are kept.
-- name: pace_day_trim
DELETE FROM pace_day
WHERE list = :list AND day <= (SELECT day FROM pace_day WHERE list = :list ORDER BY day DESC LIMIT 1 OFFSET :most);

-- name: pace_day_clear
DELETE FROM pace_day WHERE list = :list;

-- name: pace_days
SELECT day FROM pace_day WHERE list = :list ORDER BY day;

-- One mailing of a list at one time; told twice, it is known.
-- name: mailing_add
INSERT INTO mailing (list, sent_at, mailing, recipients, operation)
VALUES (:list, :sent_at, :mailing, :recipients, :operation)
ON CONFLICT (list, sent_at) DO NOTHING;

-- The oldest that was sent before that time and is not looked through yet, behind one that was; lists may mail in
-- the same second.
-- name: mailing_due
SELECT id, sent_at, operation, list FROM mailing
WHERE proved_at IS NULL AND (sent_at, id) > (:after, :after_id) AND sent_at <= :before ORDER BY sent_at, id LIMIT 1;

-- The next ones that a mailing of their list can prove anything about, each with the time of its last report.
-- name: mailing_candidates
SELECT r.state, r.reason, r.since, r.until, r.level, r.score, r.scored_at, r.strike_day, r.gone_at, r.confirmed_at,
	r.day_strike, r.paused_at, r.full_day, r.full_count, r.full_since, r.cadence, r.probe, r.probe_reason,
	r.address, r.scope, coalesce(e.time, 0)
FROM mailing AS m
CROSS JOIN recipient AS r ON r.list = m.list AND (r.address, r.scope) > (m.after_address, m.after_scope)
	AND r.list IS NOT NULL AND r.scored_at > 0
LEFT JOIN event AS e ON e.id = r.last_event
WHERE m.id = :id
ORDER BY r.address, r.scope LIMIT :most;

-- name: mailing_progress
UPDATE mailing SET proved = proved + :proved, after_address = :address, after_scope = :scope WHERE id = :id;

-- name: mailing_done
UPDATE mailing SET proved_at = :time, after_address = '', after_scope = '' WHERE id = :id;

-- name: alert_add
INSERT INTO alert (day, reason, domain, count, first_at, last_at)
VALUES (:time / 86400, :reason, :domain, 1, :time, :time)
ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at
RETURNING count;

-- name: outbox_add
INSERT INTO outbox (hook, event, payload, created_at, due_at)
VALUES (:hook, :event, :payload, :time, :time);

-- The same words as bouncectl's JSON has of it. Who and why: of the decision, else of its beginning.
-- name: outbox_incident
INSERT INTO outbox (hook, payload, created_at, due_at)
SELECT :hook, json_object(
	'incident', i.id, 'time', :time, 'state', coalesce(i.decision, iif(i.ended_at IS NULL, 'holding', 'waiting')),
	'kind', i.kind, 'name', i.name, 'opened', i.opened_at, 'last', i.last_at,
	'addresses', i.addresses, 'usual', i.usual, 'mailed', i.mailed,
	'held', (SELECT coalesce(sum(addresses), 0) FROM surge WHERE kind = 'incident' AND name = CAST(i.id AS TEXT)),
	'reason', i.reason, 'status', i.status, 'diagnostic', i.diagnostic, 'who', o.who, 'why', o.why), :time, :time
FROM incident AS i JOIN operation AS o ON o.id = coalesce(i.decided_by, i.operation)
WHERE i.id = :incident;

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
	WHERE substr(other.fingerprint, 1, 8) = substr(message.fingerprint, 1, 8)
		AND other.fingerprint = message.fingerprint AND other.filed_to = message.filed_to
		AND other.filed_uid IS NULL AND other.moved_at IS NOT NULL AND other.restored_at IS NULL)
FROM message
WHERE folder = :folder AND target IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL
	AND copying_at IS NOT NULL
ORDER BY filed_to, uid;

-- Is that copy known as the copy of a message with the same bytes?
-- name: filed_as
SELECT 1 FROM message
WHERE substr(fingerprint, 1, 8) = substr(:fingerprint, 1, 8) AND fingerprint = :fingerprint
	AND filed_to = :to AND filed_uidvalidity = :uidvalidity AND filed_uid = :copy
LIMIT 1;

-- The copy of the newest message that has one there: as a rule the folder's newest copy.
-- name: filed_last
SELECT filed_uid FROM message
WHERE folder = :folder AND filed_to = :to AND filed_uidvalidity = :uidvalidity AND filed_uid > 0
ORDER BY uid DESC LIMIT 1;

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

-- Messages that were filed then and can be brought back; in the order of their ids, so that each piece goes on where
-- the last one ended and nothing is sorted.
-- name: restorable
SELECT m.id, coalesce(m.filed_uid, 0), m.filed_to, m.message_id, m.size, m.fingerprint,
	coalesce(f.taken_back_from, f.name), coalesce(m.filed_uidvalidity, 0), m.kind, m.restoring_at IS NOT NULL
FROM message AS m CROSS JOIN folder AS f ON f.id = m.folder
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
JOIN message AS other ON substr(other.fingerprint, 1, 8) = substr(m.fingerprint, 1, 8)
	AND other.fingerprint = m.fingerprint AND other.id <> m.id
JOIN folder AS g ON g.id = other.folder
WHERE m.id = :id AND g.account = f.account
	AND coalesce(g.taken_back_from, g.name) = coalesce(f.taken_back_from, f.name)
	AND (other.moved_at IS NULL AND other.lost_at IS NULL AND other.received_at <= m.restoring_at
		OR other.restored_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message AS seen
			WHERE substr(seen.fingerprint, 1, 8) = substr(m.fingerprint, 1, 8)
				AND seen.fingerprint = m.fingerprint AND seen.folder = other.folder
				AND seen.received_at > other.restored_at));

-- name: restore_begin
UPDATE message SET restoring_at = :time WHERE id = :id;

-- name: restore_done
UPDATE message SET restored_at = :time WHERE id = :id;

-- All with these bytes, or one of the others would still stand for it.
-- name: restore_reprocess
UPDATE message SET reprocess_at = :time
WHERE substr(fingerprint, 1, 8) = (SELECT substr(fingerprint, 1, 8) FROM message WHERE id = :id)
	AND fingerprint = (SELECT fingerprint FROM message WHERE id = :id);

-- One row more, or more in a row that there is: its first transition stays.
-- name: surge_add
INSERT INTO surge (kind, name, hour, addresses, first) VALUES (:kind, :name, :hour, :addresses, :first)
ON CONFLICT DO UPDATE SET addresses = addresses + excluded.addresses;

-- name: transition_last
SELECT coalesce(max(id), 0) FROM transition;

-- name: surge_forget
DELETE FROM surge WHERE (kind, name, hour) IN (SELECT kind, name, hour FROM surge WHERE hour < :before LIMIT :most);

-- name: surge_take
UPDATE surge SET addresses = max(addresses - 1, 0) WHERE kind = :kind AND name = :name AND hour = :hour;

-- name: surge_count
SELECT coalesce(sum(addresses), 0), coalesce(min(first), 0) FROM surge
WHERE kind = :kind AND name = :name AND hour > :since;

-- In how many days of the time before, and since when.
-- name: surge_usual
SELECT coalesce(sum(addresses), 0), count(DISTINCT hour / 24), coalesce(min(hour) * 3600, 0) FROM surge
WHERE kind = :kind AND name = :name AND hour BETWEEN :since / 3600 AND :until / 3600 AND addresses > 0;

-- Incidents that hold such a report, or would if nobody had decided.
-- name: incident_active
SELECT id, coalesce(decision, ''), opened_at, last_at, coalesce(decided_at, 0), coalesce(usual, 0) FROM incident
WHERE id = coalesce((SELECT id FROM incident WHERE ended_at IS NULL AND kind = 'domain' AND name = :domain),
	(SELECT id FROM incident WHERE ended_at IS NULL AND kind = 'server' AND name = :server),
	(SELECT id FROM incident WHERE ended_at IS NULL AND kind = 'list' AND name = :list),
	(SELECT id FROM incident WHERE ended_at IS NULL AND kind = 'text' AND name = :text));

-- The next one that holds. Few do at a time, of all that ever were; no kind is empty, and so said those few are looked at.
-- name: incident_open
SELECT id, coalesce(decision, ''), opened_at, last_at, coalesce(decided_at, 0), coalesce(usual, 0)
FROM incident WHERE ended_at IS NULL AND kind > '' AND +id > :after ORDER BY id LIMIT 1;

-- How many the mailings went to that were sent then: of each list the largest.
-- name: mailed_list
SELECT coalesce(max(recipients), 0) FROM mailing WHERE list = :name AND sent_at BETWEEN :since AND :until;

-- name: mailed_domain
SELECT max(d.recipients) FROM mailed AS d CROSS JOIN mailing AS m ON m.id = d.mailing
WHERE d.domain = :name AND m.sent_at BETWEEN :since AND :until GROUP BY m.list;

-- name: mailed_add
INSERT INTO mailed (domain, mailing, recipients)
SELECT :domain, id, :recipients FROM mailing WHERE list = :list AND sent_at = :sent_at
ON CONFLICT DO UPDATE SET recipients = recipients + excluded.recipients;

-- name: incident_add
INSERT INTO incident (kind, name, opened_at, last_at, addresses, usual, mailed, reason, status, diagnostic, operation)
VALUES (:kind, :name, :time, :time, :addresses, :usual, :mailed, :reason, :status, :diagnostic, :operation);

-- name: incident_seen
UPDATE incident SET last_at = max(last_at, :time) WHERE id = :id;

-- name: incident_end
UPDATE incident SET ended_at = :time WHERE id = :id;

-- name: incident_decide
UPDATE incident SET decision = :decision, decided_at = :time, decided_by = :operation WHERE id = :id;

-- And whether anything that a release did still counts.
-- name: incident_find
SELECT coalesce(decision, ''), EXISTS (SELECT 1 FROM transition AS t
	WHERE t.incident = i.id AND t.cause <> 'held'
		AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1)
FROM incident AS i WHERE id = :id;

-- name: incident_dropped_by
SELECT id FROM incident WHERE decided_by = :operation AND decision = 'dropped';

-- name: taking_add
INSERT INTO incident_taking (incident, first, next, last, since)
VALUES (:incident, :first, :first, (SELECT coalesce(max(id), 0) FROM transition), :since)
RETURNING last;

-- What was released needs no taking back.
-- name: taking_next
SELECT k.incident, k.first, k.next, k.last, k.since, i.operation, i.kind, i.name, o.why
FROM incident_taking AS k CROSS JOIN incident AS i ON i.id = k.incident CROSS JOIN operation AS o ON o.id = i.operation
WHERE k.incident > 0 AND coalesce(i.decision, '') <> 'released' ORDER BY k.incident LIMIT 1;

-- name: taking_by
SELECT k.incident FROM incident_taking AS k CROSS JOIN incident AS i ON i.id = k.incident
WHERE k.incident > 0 AND i.operation = :operation;

-- name: taking_progress
UPDATE incident_taking SET next = :next WHERE incident = :incident;

-- name: taking_done
DELETE FROM incident_taking WHERE incident = :incident;

-- Strikes and worse among these that count and may be of that incident: a server's name and a text want a closer look.
-- name: incident_suspects
SELECT t.id FROM transition AS t CROSS JOIN event AS e ON e.id = t.event
WHERE t.id BETWEEN :next AND :until AND t.time >= :since AND t.cause IN ('strike', 'out', 'relapse', 'lost', 'gone')
	AND CASE :kind WHEN 'domain' THEN e.domain = :name COLLATE NOCASE WHEN 'list' THEN e.list = :name COLLATE NOCASE
		WHEN 'server' THEN instr(lower(e.remote_mta), lower(:name)) ELSE 1 END
	AND coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1
ORDER BY t.id LIMIT :most;

-- The last column: with it the address began to fail for good, and was counted.
-- name: incident_suspect
SELECT t.address, t.scope, t.time, e.domain, e.remote_mta, e.list, e.diagnostic,
	e.severity = 'hard' AND NOT EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.scope = t.scope AND p.id >= :first AND p.id < t.id
			AND p.cause IN ('strike', 'out', 'relapse', 'lost', 'gone', 'unwanted'))
FROM transition AS t JOIN event AS e ON e.id = t.event WHERE t.id = :id;

-- The report of that transition, held.
-- name: incident_hold
INSERT INTO transition (id, event, time, address, mailing, cause, from_state, to_state, strike, score, until, why, scope,
	policy, operation, incident, cadence)
SELECT (SELECT value + 1 FROM setting WHERE name = 'last_transition'
		AND value > coalesce((SELECT max(id) FROM transition), 0)),
	t.event, :time, t.address, t.mailing, 'held', r.state, r.state, 0, r.score, r.until, :why, t.scope,
	t.policy, :operation, :incident, t.cadence
FROM transition AS t JOIN recipient AS r ON r.address = t.address AND r.scope = t.scope
WHERE t.id = :id;

-- What it holds and does not count by another transition (released, or the incident's own undo taken back), so many
-- behind the last one.
-- name: incident_held
SELECT t.id, t.address, t.scope, t.event FROM transition AS t
WHERE t.incident = :incident AND (t.event, t.id) > (:event, :id) AND t.cause = 'held'
	AND NOT EXISTS (SELECT 1 FROM transition AS r
		WHERE r.address = t.address AND r.event = t.event AND r.cause <> 'held'
			AND coalesce((SELECT redo FROM undone WHERE transition = r.id ORDER BY operation DESC LIMIT 1), 1) = 1)
ORDER BY t.event, t.id LIMIT :most;

-- A held report as an entry that comes last in the ledger of its address; and whether a sign of life, or an
-- operator's word, is newer than it; and whether the report counts already: what an incident took back may have
-- been given back, and another release may be quicker.
-- name: held_entry
SELECT t.id, e.time, 1, 'held', coalesce(t.policy, 0),
	EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.mailing = t.mailing AND p.speaks = 1 AND p.scope = t.scope
			AND p.time < e.time - e.time % 86400
			AND coalesce((SELECT redo FROM undone WHERE transition = p.id ORDER BY operation DESC LIMIT 1), 1) = 1),
	e.kind, e.reason, e.disposition, e.severity, e.status, e.domain, coalesce(e.weight, 0),
	e.id, t.mailing, coalesce(t.cadence, 0), t.incident,
	EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.scope = t.scope AND p.time > e.time
			AND p.cause IN ('proof', 'revive', 'unpin')
			AND coalesce((SELECT redo FROM undone WHERE transition = p.id ORDER BY operation DESC LIMIT 1), 1) = 1),
	e.list, coalesce(e.forwarded, 0),
	EXISTS (SELECT 1 FROM transition AS p
		WHERE p.address = t.address AND p.scope = t.scope AND p.event = t.event AND p.cause <> 'held'
			AND coalesce((SELECT redo FROM undone WHERE transition = p.id ORDER BY operation DESC LIMIT 1), 1) = 1)
FROM transition AS t JOIN event AS e ON e.id = t.event
WHERE t.id = :id;

-- For people, through store_query(); their columns are listed in store.h.

-- The schema compares addresses without regard to case.
-- name: recipient_show
SELECT r.address, r.domain, r.state, r.reason, s.mailable, s.confirmed, s.since, s.until,
	s.score, r.level, s.gone, s.list,
	strftime('%Y-%m-%dT%H:%M:%SZ', r.confirmed_at, 'unixepoch') AS confirmed_at,
	strftime('%Y-%m-%dT%H:%M:%SZ', e.time, 'unixepoch') AS last_time,
	e.status AS last_status, e.smtp AS last_smtp, e.reason AS last_reason, e.rule AS last_rule,
	e.why AS last_why, e.diagnostic AS last_diagnostic, e.remote_mta AS last_remote_mta
FROM recipient AS r
JOIN recipient_status AS s ON s.address = r.address AND coalesce(s.list, '') = r.scope
LEFT JOIN event AS e ON e.id = r.last_event
WHERE r.address = :address
ORDER BY r.scope;

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
	strftime('%Y-%m-%dT%H:%M:%SZ', m.moved_at, 'unixepoch') AS moved,
	nullif(t.scope, '') AS scope,
	iif(coalesce((SELECT redo FROM undone WHERE transition = t.id ORDER BY operation DESC LIMIT 1), 1) = 1,
		'yes', 'no') AS counts,
	e.address_part, e.address_line, e.action_part, e.action_line, e.trust, e.proof, e.forwarded,
	o.id AS operation, o.who, o.arguments, o.why AS operation_why
FROM transition AS t
LEFT JOIN operation AS o ON o.id = t.operation
LEFT JOIN event AS e ON e.id = t.event
LEFT JOIN message AS m ON m.id = e.message
LEFT JOIN folder AS f ON f.id = m.folder
WHERE t.address = :address
ORDER BY t.id DESC
LIMIT coalesce(:limit, -1);

-- One branch a leading index, so that each streams in order of the address: the planner cannot know at
-- preparation which parameters will be NULL.
-- name: recipient_list
SELECT address, domain, state, reason, mailable, confirmed, since, until, score, list FROM recipient_status
WHERE :domain IS NOT NULL AND domain = :domain
	AND (:state IS NULL OR state = :state) AND (:reason IS NULL OR reason = :reason)
UNION ALL
SELECT address, domain, state, reason, mailable, confirmed, since, until, score, list FROM recipient_status
WHERE :domain IS NULL AND :state IS NOT NULL AND state = :state
	AND (:reason IS NULL OR reason = :reason)
UNION ALL
SELECT address, domain, state, reason, mailable, confirmed, since, until, score, list FROM recipient_status
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

-- name: stats_operations
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', o.time, 'unixepoch') AS time, o.id AS operation, o.who, o.what,
	(SELECT count(*) FROM transition WHERE operation = o.id) AS transitions, o.arguments, o.why
FROM operation AS o ORDER BY o.id DESC LIMIT coalesce(:limit, -1);

-- name: incident_list
SELECT i.id AS incident, i.kind, i.name,
	strftime('%Y-%m-%dT%H:%M:%SZ', i.opened_at, 'unixepoch') AS opened,
	strftime('%Y-%m-%dT%H:%M:%SZ', i.last_at, 'unixepoch') AS last,
	i.addresses, i.usual, i.mailed, i.reason, i.status, i.diagnostic,
	coalesce(i.decision, iif(i.ended_at IS NULL, 'holding', 'waiting')) AS state,
	strftime('%Y-%m-%dT%H:%M:%SZ', i.decided_at, 'unixepoch') AS decided, o.who, o.why,
	i.operation, i.decided_by,
	(SELECT count(*) FROM transition AS t WHERE t.incident = i.id AND t.cause = 'held') AS held,
	(SELECT count(DISTINCT t.address) FROM transition AS t WHERE t.incident = i.id AND t.cause = 'held')
		AS held_addresses
FROM incident AS i LEFT JOIN operation AS o ON o.id = i.decided_by
WHERE :incident IS NULL OR i.id = CAST(:incident AS INTEGER)
ORDER BY i.id DESC;

-- name: incident_show
SELECT t.address, nullif(t.scope, '') AS list, strftime('%Y-%m-%dT%H:%M:%SZ', e.time, 'unixepoch') AS time,
	e.status, e.smtp, e.reason, e.diagnostic, t.to_state AS state
FROM transition AS t JOIN event AS e ON e.id = t.event
WHERE t.incident = CAST(:incident AS INTEGER) AND t.cause = 'held'
ORDER BY t.event LIMIT coalesce(:limit, -1);

-- name: stats_outbox
SELECT hook, count(*) AS waiting, sum(attempts > 0) AS failing,
	strftime('%Y-%m-%dT%H:%M:%SZ', min(created_at), 'unixepoch') AS oldest,
	max(error) AS error
FROM outbox WHERE done_at IS NULL GROUP BY hook ORDER BY hook;

-- Retention: what is old goes, a few rows in each transaction, so that no mailbox waits. The pages that become free are
-- taken by what comes next: where as much goes as comes the file stays as large as it is, and is never rewritten.

-- Whatever may still name a row is looked after by the statements below. SQLite itself would look through every transition
-- for each event that goes.
-- name: erase_begin
PRAGMA foreign_keys = OFF;

-- name: erase_end
PRAGMA foreign_keys = ON;

-- name: retain_texts_at
SELECT value FROM setting WHERE name = 'texts_dropped';

-- name: retain_texts_next
SELECT count(*), coalesce(max(iif(time < :before, id, 0)), 0) FROM (
	SELECT id, time FROM event WHERE id > :after ORDER BY id LIMIT :most);

-- name: retain_texts
UPDATE event SET diagnostic = NULL, original = NULL, final = NULL
WHERE id > :after AND id <= :last AND time < :before
	AND (diagnostic IS NOT NULL OR original IS NOT NULL OR final IS NOT NULL);

-- Few ever.
-- name: retain_incidents
UPDATE incident SET diagnostic = NULL
WHERE diagnostic IS NOT NULL AND last_at < :before AND ended_at IS NOT NULL AND decision IS NOT NULL;

-- name: retain_next
SELECT id, time, address, scope FROM transition WHERE id > :after ORDER BY id LIMIT :most;

-- The last of the oldest entries of an address that may go, so many at most: all of them are old, and an incident that
-- waits for its decision holds no report of them, nor of what went before them.
-- name: retain_last
SELECT coalesce(max(id), 0) FROM (
	SELECT id FROM transition
	WHERE address = :address AND scope = :scope AND id < coalesce((
		SELECT min(t.id) FROM transition AS t
		WHERE t.address = :address AND t.scope = :scope AND (t.time >= :before OR t.event IN (
			SELECT h.event FROM transition AS h CROSS JOIN incident AS i ON i.id = h.incident
			WHERE h.address = :address AND h.cause = 'held' AND i.decision IS NULL))), 9223372036854775807)
	ORDER BY id LIMIT :most);

-- Does one of them speak of a mailing of which a later entry tells as well? That one is an echo, and would be none any
-- more. The last one before the first of those.
-- name: retain_echoed
SELECT coalesce((SELECT max(t.id) FROM transition AS t
	WHERE t.address = :address AND t.scope = :scope AND t.id < echoed.id), 0)
FROM (SELECT min(p.id) AS id FROM transition AS p
	WHERE p.address = :address AND p.scope = :scope AND p.id <= :last AND p.speaks = 1 AND p.mailing IS NOT NULL
		AND EXISTS (SELECT 1 FROM transition AS k
			WHERE k.address = p.address AND k.mailing = p.mailing AND k.scope = p.scope AND k.id > :last)) AS echoed
WHERE echoed.id IS NOT NULL;

-- name: baseline_at
SELECT transition FROM baseline WHERE address = :address AND scope = :scope;

-- name: baseline_put
INSERT INTO baseline (address, scope, transition, state, reason, since, until, level, score, scored_at, strike_day,
	gone_at, confirmed_at, day_strike, paused_at, full_day, full_count, full_since, cadence, probe, probe_reason)
VALUES (:address, :scope, :transition, :state, :reason, :since, :until, :level, :score, :scored_at, :strike_day,
	:gone_at, :confirmed_at, :day_strike, :paused_at, :full_day, :full_count, :full_since, :cadence, :probe, :probe_reason)
ON CONFLICT DO UPDATE SET
	transition = excluded.transition, state = excluded.state, reason = excluded.reason, since = excluded.since,
	until = excluded.until, level = excluded.level, score = excluded.score, scored_at = excluded.scored_at,
	strike_day = excluded.strike_day, gone_at = excluded.gone_at, confirmed_at = excluded.confirmed_at,
	day_strike = excluded.day_strike, paused_at = excluded.paused_at, full_day = excluded.full_day,
	full_count = excluded.full_count, full_since = excluded.full_since, cadence = excluded.cadence,
	probe = excluded.probe, probe_reason = excluded.probe_reason;

-- name: baseline_dropped
UPDATE baseline SET dropped_until = max(coalesce(dropped_until, 0), (
	SELECT coalesce(max(time), 0) FROM transition WHERE address = :address AND scope = :scope AND id <= :last))
WHERE address = :address AND scope = :scope;

-- The last numbers that were given, before any may go.
-- name: drop_numbers
INSERT INTO setting (name, value)
SELECT 'last_transition', coalesce(max(id), 0) FROM transition
UNION ALL SELECT 'last_event', coalesce(max(id), 0) FROM event WHERE true
ON CONFLICT DO UPDATE SET value = max(value, excluded.value);

-- An entry of each of these goes, in this order, up to that one; an event stays while a later entry is about it.
-- name: drop_undone
DELETE FROM undone WHERE transition IN (
	SELECT id FROM transition WHERE address = :address AND scope = :scope AND id <= :last);

-- name: drop_events
DELETE FROM event
WHERE id IN (SELECT event FROM transition
		WHERE address = :address AND scope = :scope AND id <= :last AND event IS NOT NULL)
	AND id NOT IN (SELECT event FROM transition
		WHERE address = :address AND event IS NOT NULL AND (id > :last OR scope <> :scope));

-- name: drop_last_event
UPDATE recipient SET last_event = NULL
WHERE address = :address AND last_event IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event WHERE id = last_event);

-- name: drop_outbox_event
UPDATE outbox SET event = NULL
WHERE event IN (SELECT event FROM transition
		WHERE address = :address AND scope = :scope AND id <= :last AND event IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM event WHERE id = outbox.event);

-- name: drop_transitions
DELETE FROM transition WHERE address = :address AND scope = :scope AND id <= :last;

-- name: retain_messages_next
SELECT id, received_at, fingerprint FROM message WHERE id > :after ORDER BY id LIMIT :most;

-- All with these bytes at once, or the next one would be new; later ones first, for they point to the first.
-- name: retain_message
DELETE FROM message WHERE id IN (
		SELECT id FROM message
		WHERE substr(fingerprint, 1, 8) = substr(:fingerprint, 1, 8) AND fingerprint = :fingerprint
		ORDER BY id DESC LIMIT :most)
	AND NOT EXISTS (
		SELECT 1 FROM message AS m
		WHERE substr(m.fingerprint, 1, 8) = substr(:fingerprint, 1, 8) AND m.fingerprint = :fingerprint
			AND (m.received_at >= :before
			OR (m.target IS NOT NULL AND m.moved_at IS NULL AND m.lost_at IS NULL AND m.kept_at IS NULL)
			OR (m.restoring_at IS NOT NULL AND m.restored_at IS NULL)
			OR EXISTS (SELECT 1 FROM event WHERE message = m.id)));

-- Standings one after the other; the last column: there is history.
-- name: retain_standings
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at, day_strike,
	paused_at, full_day, full_count, full_since, cadence, probe, probe_reason, address, scope,
	EXISTS (SELECT 1 FROM transition AS t WHERE t.address = r.address AND t.scope = r.scope)
FROM recipient AS r WHERE (address, scope) > (:address, :scope) ORDER BY address, scope LIMIT :most;

-- name: drop_standing
DELETE FROM recipient WHERE address = :address AND scope = :scope;

-- name: drop_baseline
DELETE FROM baseline WHERE address = :address AND scope = :scope;

-- A pseudonym that stands for nothing any more.
-- name: drop_tombstone
DELETE FROM tombstone WHERE address = :address AND NOT EXISTS (SELECT 1 FROM recipient AS r WHERE r.address = :address);

-- Addresses stand in what operators typed.
-- name: retain_operations
UPDATE operation SET arguments = '(forgotten)' WHERE id IN (
	SELECT id FROM operation WHERE time < :before AND arguments <> '(forgotten)' LIMIT :most);

-- Addresses that are forgotten.

-- name: vacuum
VACUUM;

-- name: truncate_log
PRAGMA wal_checkpoint(TRUNCATE);

-- name: secret
SELECT value FROM secret WHERE name = 'forget';

-- name: secret_put
INSERT INTO secret (name, value) VALUES ('forget', :value);

-- name: tombstone
SELECT forgotten_at FROM tombstone WHERE address = :address;

-- name: tombstone_put
INSERT INTO tombstone (address, forgotten_at, operation) VALUES (:address, :time, :operation) ON CONFLICT DO NOTHING;

-- name: tombstone_drop
DELETE FROM tombstone WHERE address = :address;

-- The standings of an address.
-- name: forget_standings
SELECT state, reason, since, until, level, score, scored_at, strike_day, gone_at, confirmed_at, day_strike,
	paused_at, full_day, full_count, full_since, cadence, probe, probe_reason, address, scope,
	EXISTS (SELECT 1 FROM transition AS t WHERE t.address = r.address AND t.scope = r.scope)
FROM recipient AS r WHERE address = :address ORDER BY scope;

-- name: forget_count
SELECT count(*), count(DISTINCT event) FROM transition WHERE address = :address;

-- The newest of the next ones to go, and the newest of all.
-- name: forget_next
SELECT coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM transition WHERE address = :address AND scope = :scope)
FROM (SELECT id FROM transition WHERE address = :address AND scope = :scope ORDER BY id LIMIT :most);

-- Texts that name an address (text), or name it as a sender's server spells it in addresses of its own (other); so many
-- rows at a time.
-- name: forget_event_next
SELECT e.id, e.last FROM (SELECT id, (SELECT max(id) FROM (SELECT id FROM event WHERE id > :after ORDER BY id LIMIT :most))
	AS last, lower(coalesce(original, '') || ' ' || coalesce(final, '') || ' ' || coalesce(diagnostic, '')) AS words
	FROM event WHERE id > :after ORDER BY id LIMIT :most) AS e
WHERE e.id = e.last OR instr(e.words, :text) OR instr(e.words, :other);

-- name: forget_event
UPDATE event SET original = NULL, final = NULL, diagnostic = NULL WHERE id = :id
	AND (instr(lower(coalesce(original, '') || ' ' || coalesce(final, '') || ' ' || coalesce(diagnostic, '')), :text)
		OR instr(lower(coalesce(original, '') || ' ' || coalesce(final, '') || ' ' || coalesce(diagnostic, '')), :other));

-- name: forget_outbox_next
SELECT e.id, e.last FROM (SELECT id, (SELECT max(id) FROM (SELECT id FROM outbox WHERE id > :after ORDER BY id LIMIT :most))
	AS last, lower(payload) AS words FROM outbox WHERE id > :after ORDER BY id LIMIT :most) AS e
WHERE e.id = e.last OR instr(e.words, :text) OR instr(e.words, :other);

-- name: forget_outbox
DELETE FROM outbox WHERE id = :id AND (instr(lower(payload), :text) OR instr(lower(payload), :other));

-- name: forget_message_next
SELECT e.id, e.last FROM (SELECT id, (SELECT max(id) FROM (SELECT id FROM message WHERE id > :after ORDER BY id LIMIT :most))
	AS last, lower(coalesce(message_id, '') || ' ' || coalesce(original_message_id, '') || ' ' || coalesce(list_id, ''))
	AS words FROM message WHERE id > :after ORDER BY id LIMIT :most) AS e
WHERE e.id = e.last OR instr(e.words, :text) OR instr(e.words, :other);

-- name: forget_message
UPDATE message SET message_id = NULL, original_message_id = NULL, list_id = NULL WHERE id = :id
	AND (instr(lower(coalesce(message_id, '') || ' ' || coalesce(original_message_id, '') || ' ' || coalesce(list_id, '')),
		:text)
	OR instr(lower(coalesce(message_id, '') || ' ' || coalesce(original_message_id, '') || ' ' || coalesce(list_id, '')),
		:other));

-- name: forget_transition_next
SELECT e.id, e.last FROM (SELECT id, (SELECT max(id) FROM (SELECT id FROM transition WHERE id > :after ORDER BY id
	LIMIT :most)) AS last, lower(coalesce(mailing, '')) AS words
	FROM transition WHERE id > :after ORDER BY id LIMIT :most) AS e
WHERE e.id = e.last OR instr(e.words, :text) OR instr(e.words, :other);

-- With all others of that address about the same mailing, for they are echoes of each other.
-- name: forget_transition
UPDATE transition SET mailing = 'forgotten:' || :id
WHERE address = (SELECT address FROM transition WHERE id = :id)
	AND mailing = (SELECT mailing FROM transition WHERE id = :id)
	AND (instr(lower(mailing), :text) OR instr(lower(mailing), :other));

-- Few ever.
-- name: forget_operations
UPDATE operation SET
	arguments = iif(instr(lower(arguments), :text) OR instr(lower(arguments), :other), '(forgotten)', arguments),
	why = iif(instr(lower(why), :text) OR instr(lower(why), :other), '(forgotten)', why)
WHERE instr(lower(arguments || ' ' || why), :text) OR instr(lower(arguments || ' ' || why), :other);

-- name: forget_incidents
UPDATE incident SET diagnostic = NULL WHERE instr(lower(diagnostic), :text) OR instr(lower(diagnostic), :other);

-- A mailing that is looked through goes on behind the address before.
-- name: forget_mailings
UPDATE mailing SET after_scope = '',
	after_address = coalesce((SELECT max(address) FROM recipient WHERE address < :text AND list = mailing.list), '')
WHERE after_address = :text;

-- Of all lists, or of those that may not be mailed by one: NULL stands for any standing that is not of another list.
-- name: suppressed_all
SELECT DISTINCT address FROM suppressed WHERE list IS NULL OR list = :list COLLATE NOCASE;

-- name: suppressed_find
SELECT 1 FROM suppressed WHERE address = :address AND (list IS NULL OR list = :list COLLATE NOCASE) LIMIT 1;

-- name: tombstone_show
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', forgotten_at, 'unixepoch') AS forgotten FROM tombstone WHERE address = :address;

-- What the history of an address came to as far as it is gone.
-- name: history_dropped
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', dropped_until, 'unixepoch') AS until, state, score / 100.0 AS score,
	nullif(scope, '') AS list
FROM baseline WHERE address = :address AND dropped_until > 0 ORDER BY scope;

-- Everything of one address, for itself.
-- name: export_standings
SELECT r.address, nullif(r.scope, '') AS list, s.state, s.reason, s.mailable, s.confirmed, s.since, s.until, s.score,
	s.level, s.gone, r.list AS last_list
FROM recipient AS r JOIN recipient_status AS s ON s.address = r.address AND coalesce(s.list, '') = r.scope
WHERE r.address = :address ORDER BY r.scope;

-- name: export_operations
SELECT o.id AS operation, strftime('%Y-%m-%dT%H:%M:%SZ', o.time, 'unixepoch') AS time, o.who, o.what, o.arguments, o.why
FROM operation AS o
WHERE instr(lower(o.arguments || ' ' || o.why), lower(:address))
	OR o.id IN (SELECT operation FROM transition WHERE address = :address AND operation IS NOT NULL)
	OR o.id IN (SELECT operation FROM tombstone WHERE address = :address)
ORDER BY o.id;

-- name: export_held
SELECT t.incident, i.kind, i.name, i.decision, strftime('%Y-%m-%dT%H:%M:%SZ', t.time, 'unixepoch') AS time,
	t.event, nullif(t.scope, '') AS list
FROM transition AS t LEFT JOIN incident AS i ON i.id = t.incident
WHERE t.address = :address AND t.cause = 'held' ORDER BY t.id;

-- name: export_outbox
SELECT hook, strftime('%Y-%m-%dT%H:%M:%SZ', created_at, 'unixepoch') AS time,
	strftime('%Y-%m-%dT%H:%M:%SZ', done_at, 'unixepoch') AS done, payload
FROM outbox WHERE instr(lower(payload), lower(:address)) ORDER BY id;

-- name: export_mentions
SELECT id AS event, strftime('%Y-%m-%dT%H:%M:%SZ', time, 'unixepoch') AS time, original, final, diagnostic
FROM event
WHERE address <> :address AND (instr(lower(original), lower(:address)) OR instr(lower(final), lower(:address))
	OR instr(lower(diagnostic), lower(:address)))
ORDER BY id;

-- name: export_messages
SELECT f.account, f.name AS folder, m.uid, strftime('%Y-%m-%dT%H:%M:%SZ', m.received_at, 'unixepoch') AS time,
	m.message_id, m.original_message_id, m.list_id
FROM message AS m JOIN folder AS f ON f.id = m.folder
WHERE instr(lower(m.message_id), lower(:address)) OR instr(lower(m.original_message_id), lower(:address))
	OR instr(lower(m.list_id), lower(:address))
ORDER BY m.id;
