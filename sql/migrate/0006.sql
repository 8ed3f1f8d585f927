-- 0006.sql - from version 5 to 6: what proves that a report is real
--
-- SPDX-License-Identifier: BSD-2-Clause

ALTER TABLE event ADD COLUMN proof TEXT;

CREATE TABLE token_list (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mailing_name ON mailing (mailing) WHERE mailing IS NOT NULL;

PRAGMA user_version = 6;
