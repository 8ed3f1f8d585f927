-- 0003.sql - from version 2 to 3: one index of transitions where there were two
--
-- SPDX-License-Identifier: BSD-2-Clause

DROP INDEX transition_struck;
DROP INDEX transition_address;
CREATE INDEX transition_address ON transition (address, mailing, (strike > 0 OR cause IN ('pause', 'gone')));

PRAGMA user_version = 3;
