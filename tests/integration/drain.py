# drain - thousands of mails at once
#
# SPDX-License-Identifier: BSD-2-Clause

import re
import time

from common import EX_OK, Case, bounce, main, ordinary, wait_until
from service import memory

MAILS = 2400  # more than are listed before the first is fetched
ORDINARY = MAILS // 10


def mail(number):
    """Every tenth is ordinary; the others are of three kinds."""
    if number % 10 == 0:
        return ordinary(number)
    if number % 3 == 0:
        return bounce(f"full{number}@example.com", "4.2.2", "452", "Over quota", number)
    if number % 3 == 1:
        return bounce(f"gone{number}@example.com", number=number)
    return bounce(f"late{number}@example.com", "4.4.1", "451", "No answer", number, "delayed")


class Drain(Case):
    users = ("once@example.com", "served@example.com")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.users:
            cls.dovecot.fill_fast((mail(n) for n in range(MAILS)), user)

    def check(self, daemon, user):
        self.assertEqual(daemon.sql("SELECT count(*) FROM message"), [(MAILS,)])
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(MAILS - ORDINARY,)])
        self.assertEqual(
            dict(daemon.sql("SELECT state, count(*) FROM recipient GROUP BY state")),
            {state: (MAILS - ORDINARY) // 3 for state in ("backoff", "dead", "ok")},
        )
        mailboxes = self.dovecot.mailboxes(user)
        self.assertEqual(
            {folder: len(mails) for folder, mails in mailboxes.items()},
            {"INBOX": ORDINARY, "Processed": MAILS - ORDINARY},
        )
        self.assertEqual({flags for _, flags in mailboxes["INBOX"]}, {()})

    def bodies(self):
        """That Dovecot sent, of all sessions that have ended."""
        return sum(int(count) for count in re.findall(r" body_count=(\d+)", self.dovecot.log()))

    def test_a_backlog_in_one_run_is_fetched_once(self):
        daemon = self.mailbounced()
        daemon.configure(user=self.users[0])
        imap = self.dovecot.connect(self.users[0])
        imap.create("Processed")
        imap.logout()
        began = time.monotonic()
        status, out, said = daemon.once()
        took = time.monotonic() - began
        self.assertEqual(status, EX_OK, said)
        self.assertIn(f"drained: {MAILS} messages", out)
        wait_until(lambda: self.bodies() >= MAILS, "the session's end is logged")
        self.assertEqual(self.bodies(), MAILS)
        self.check(daemon, self.users[0])
        print(f"{MAILS / took:.0f} mails a second", end=" ", flush=True)

    def test_a_backlog_leaves_little_behind_in_memory(self):
        user = self.users[1]
        daemon = self.mailbounced()
        daemon.configure(user=user)
        daemon.start()
        wait_until(lambda: "INBOX" in self.dovecot.mailboxes(user), "it began")
        wait_until(
            lambda: len(self.dovecot.mailboxes(user).get("Processed", [])) == MAILS - ORDINARY, "it is done"
        )
        now, most = memory(daemon.process.pid)
        self.assertEqual(daemon.stop(), EX_OK)
        self.check(daemon, user)
        print(f"resident {now} KiB, at most {most} KiB", end=" ", flush=True)


if __name__ == "__main__":
    main()
