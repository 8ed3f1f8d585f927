-- 0002.sql - from version 1 to 2: how a message was filed, and what keeps it from being filed
--
-- SPDX-License-Identifier: BSD-2-Clause

ALTER TABLE folder ADD COLUMN taken_back_from TEXT;

ALTER TABLE message ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN retry_at INTEGER;
ALTER TABLE message ADD COLUMN copying_at INTEGER;
ALTER TABLE message ADD COLUMN copied_at INTEGER;
ALTER TABLE message ADD COLUMN kept_at INTEGER;
ALTER TABLE message ADD COLUMN filed_to TEXT;
ALTER TABLE message ADD COLUMN filed_uidvalidity INTEGER;
ALTER TABLE message ADD COLUMN filed_uid INTEGER;
ALTER TABLE message ADD COLUMN restoring_at INTEGER;
ALTER TABLE message ADD COLUMN restored_at INTEGER;
ALTER TABLE message ADD COLUMN reprocess_at INTEGER;

-- Until now the target was the folder's own name.
UPDATE message SET filed_to = target WHERE moved_at IS NOT NULL;

DROP INDEX message_pending;
CREATE INDEX message_pending ON message (folder, target, uid)
	WHERE target IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL AND kept_at IS NULL;
CREATE INDEX message_restoring ON message (fingerprint) WHERE restoring_at IS NOT NULL;
CREATE INDEX message_retry ON message (folder, retry_at)
	WHERE retry_at IS NOT NULL AND moved_at IS NULL AND lost_at IS NULL;
CREATE INDEX message_lost ON message (folder) WHERE lost_at IS NOT NULL AND moved_at IS NULL;

CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

PRAGMA user_version = 2;
