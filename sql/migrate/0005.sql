-- 0005.sql - from version 4 to 5: what proves that a report is real
--
-- SPDX-License-Identifier: BSD-2-Clause

ALTER TABLE event ADD COLUMN proof TEXT;

CREATE TABLE token_list (
	list TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
