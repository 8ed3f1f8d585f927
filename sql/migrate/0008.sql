-- 0008.sql - from version 7 to 8: a quarter of the fingerprint finds a message, no index changes with each report, and
-- what came within a time is found without looking at all
--
-- SPDX-License-Identifier: BSD-2-Clause

DROP INDEX message_fingerprint;
CREATE INDEX message_fingerprint ON message (substr(fingerprint, 1, 8));

DROP INDEX recipient_list;
CREATE INDEX recipient_list ON recipient (list, address, scope) WHERE list IS NOT NULL;

CREATE INDEX transition_time ON transition (time);

PRAGMA user_version = 8;
