-- 0008.sql - from version 7 to 8: a quarter of the fingerprint finds a message
--
-- SPDX-License-Identifier: BSD-2-Clause

DROP INDEX message_fingerprint;
CREATE INDEX message_fingerprint ON message (substr(fingerprint, 1, 8));

PRAGMA user_version = 8;
