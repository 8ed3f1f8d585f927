# retention - what is old goes beside the mail that comes, also where the daemon is killed meanwhile
#
# SPDX-License-Identifier: BSD-2-Clause

import sqlite3

from common import EX_OK, Case, bounce, main, wait_until

MAILS = 400
OLD = 1000 * 86400
SHORT = 'retention { diagnostics = 30d history = 30d addresses = 30d messages = 30d }'
TIMES = {
    "message": ["received_at", "moved_at"],
    "event": ["time"],
    "transition": ["time", "until"],
    "recipient": ["since", "until", "scored_at", "gone_at", "confirmed_at", "paused_at"],
}
DAYS = {"recipient": ["strike_day", "full_day"]}


def grow_old(path):
    """All that is recorded happened OLD seconds earlier."""
    db = sqlite3.connect(path)
    stays = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%stays'").fetchall()
    for name, _ in stays:
        db.execute(f"DROP TRIGGER {name}")
    for table, columns in TIMES.items():
        db.execute(f"UPDATE {table} SET " + ", ".join(f"{c} = {c} - {OLD}" for c in columns))
    for table, columns in DAYS.items():
        db.execute(f"UPDATE {table} SET " + ", ".join(f"{c} = {c} - {OLD // 86400}" for c in columns))
    db.execute(f"UPDATE recipient SET full_since = full_since - {OLD}")
    for _, sql in stays:
        db.execute(sql)
    db.commit()
    db.close()


def mails(first):
    for n in range(first, first + MAILS):
        if n % 2:
            yield bounce(f"gone{n}@example.com", number=n)
        else:
            yield bounce(f"full{n}@example.com", "4.2.2", "452", "Over quota", n)


class Retention(Case):
    def record_long_ago(self, daemon):
        self.dovecot.fill_fast(mails(0), self.dovecot.users[0])
        daemon.configure(extra="incident { hold = false }")
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(MAILS,)])
        grow_old(daemon.state_path)
        self.dovecot.own(daemon.state_path)

    def assert_only_the_new_is_left(self, daemon):
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(MAILS,)])
        self.assertEqual(daemon.sql("SELECT count(*) FROM transition"), [(MAILS,)])
        self.assertEqual(daemon.sql("SELECT count(*) FROM message"), [(MAILS,)])
        self.assertEqual(daemon.sql("PRAGMA foreign_key_check"), [])
        # Who must not be mailed stays; who was full for a day is unknown again.
        self.assertEqual(
            daemon.sql("SELECT state, count(*) FROM recipient GROUP BY state ORDER BY state"),
            [("backoff", MAILS // 2), ("dead", MAILS)],
        )

    def test_what_is_old_goes_beside_new_mail(self):
        daemon = self.mailbounced()
        self.record_long_ago(daemon)
        self.dovecot.fill_fast(mails(MAILS), self.dovecot.users[0])
        daemon.configure(extra="incident { hold = false }\n" + SHORT, batch_messages=20)
        daemon.start()
        wait_until(lambda: daemon.sql("SELECT count(*) FROM message WHERE received_at < unixepoch() - 86400") == [(0,)],
                   "old messages are gone")
        wait_until(lambda: daemon.sql("SELECT count(*), sum(moved_at > 0) FROM message") == [(MAILS, MAILS)],
                   "all that is new is filed")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assert_only_the_new_is_left(daemon)
        self.assertNotIn("error", daemon.log())

    def test_once_ends_with_retention(self):
        daemon = self.mailbounced()
        self.record_long_ago(daemon)
        self.dovecot.fill_fast(mails(MAILS), self.dovecot.users[0])
        daemon.configure(extra="incident { hold = false }\n" + SHORT)
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assert_only_the_new_is_left(daemon)

    def test_a_daemon_that_is_killed_while_history_goes_ends_the_same(self):
        daemon = self.mailbounced("mailbounced_crash")
        self.record_long_ago(daemon)
        self.dovecot.fill_fast(mails(MAILS), self.dovecot.users[0])
        daemon.configure(extra="incident { hold = false }\n" + SHORT)
        for at in (1, 150, 250):
            self.assertEqual(daemon.once(env={"MAILBOUNCED_CRASH_AT": f"after-baseline:{at}"})[0], -9)
            self.assertEqual(daemon.unreplayed(), "")
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assert_only_the_new_is_left(daemon)


if __name__ == "__main__":
    main()
