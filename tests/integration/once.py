# once - mailbounced --once drains a mailbox: states, folders, and what it must not touch
#
# SPDX-License-Identifier: BSD-2-Clause

import json
import os
import shutil

from common import (
    EX_OK, GOLDEN, Case, golden, main, message_id, ordinary, stay_within_a_day,
)

# Flags that somebody set stay as they are: not only unread mail must come out unchanged.
SEEN = "question-2@smtp.example.org"
FLAGGED = "question-3@smtp.example.org"


class Once(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = sorted(f[:-4] for f in os.listdir(GOLDEN) if f.endswith(".eml"))
        cls.mails = {name: golden(name) for name in cls.names}
        cls.dovecot.fill(cls.mails.values())
        cls.dovecot.fill([ordinary(1)])
        cls.dovecot.fill([ordinary(2)], flags="\\Seen")
        cls.dovecot.fill([ordinary(3)], flags="\\Flagged \\Answered")
        cls.before = cls.dovecot.mailboxes()
        stay_within_a_day(120)
        daemon = cls("test_all_mail_is_told_of").fresh()
        cls.status, cls.out, cls.said = daemon.once()
        cls.after = cls.dovecot.mailboxes()
        cls.daemon = daemon

    def fresh(self):
        self.daemons = []
        daemon = self.mailbounced()
        daemon.configure()
        return daemon

    def setUp(self):
        self.daemons = [self.daemon]

    def kinds(self):
        """What bouncectl says of the mails without a database: {name: kind}."""
        # A copy: the sources may lie in a folder that only their owner can enter.
        copy = os.path.join(self.dovecot.dir, "golden")
        if not os.path.exists(copy):
            shutil.copytree(GOLDEN, copy)
        lines = self.daemon.ask("classify", "--json", copy).splitlines()
        said = (json.loads(line) for line in lines)
        return {
            os.path.basename(mail["file"])[:-4]: mail["kind"]
            for mail in said
            if mail["file"].endswith(".eml")
        }

    def test_it_ends_well(self):
        self.assertEqual(self.status, EX_OK, self.said)

    def test_all_mail_is_told_of(self):
        self.assertIn(f"drained: {len(self.names) + 3} messages", self.out)

    def test_no_mail_is_lost_and_none_is_doubled(self):
        def ids(mailboxes):
            return sorted(mail for folder in mailboxes.values() for mail, _ in folder)

        self.assertEqual(ids(self.after), ids(self.before))

    def test_failures_are_filed_and_the_rest_stays(self):
        filed = {mail for folder, mails in self.after.items() if folder != "INBOX" for mail, _ in mails}
        moves = {"bounce", "delayed", "success"}
        for name, kind in self.kinds().items():
            with self.subTest(name=name, kind=kind):
                self.assertEqual(message_id(self.mails[name]) in filed, kind in moves)

    def test_what_stays_keeps_its_flags_and_is_unread(self):
        before = dict(self.before["INBOX"])
        for mail, flags in self.after["INBOX"]:
            self.assertEqual(flags, before[mail], mail)
        inbox = dict(self.after["INBOX"])
        self.assertEqual(inbox["<question-1@smtp.example.org>"], ())
        self.assertEqual(inbox[f"<{SEEN}>"], ("\\Seen",))
        self.assertEqual(inbox[f"<{FLAGGED}>"], ("\\Answered", "\\Flagged"))

    def test_states_follow_the_reports(self):
        states = self.daemon.states()
        for address, state in {
            "anna@example.com": "dead",  # 5.1.1
            "bjorn@unplugged.example.net": "backoff",  # 4.4.1, given up
            "elin@example.com": "backoff",  # mailbox full
            "frida@example.com": "ok",  # half a strike: what failed is where her mail is forwarded to
            "lars@fabrikam.com": "ok",  # our IP address is banned
            "marte@alpineskihouse.com": "ok",  # DMARC
            "mona@example.net": "ok",  # taken for spam
            "knut@example.org": "ok",  # "not found", but the reply says spam
            "cecilie@unplugged.example.net": "ok",  # only delayed
            "dag@example.net": "ok",  # relayed
            "jan@example.com": "dead",
            "kaja@example.net": "backoff",
            "leif@contoso.com": "ok",
            "member001@example.com": "dead",
            "member300@example.com": "backoff",
            "gårdsøl@blåbær.example": "dead",
        }.items():
            with self.subTest(address=address):
                self.assertEqual(states.get(address, "ok"), state)

    def test_forwarded_and_quoted_reports_touch_nobody(self):
        rows = self.daemon.sql("SELECT kind FROM message WHERE message_id IN (%s)" % ",".join(
            "?" * 3), *(message_id(self.mails[name]).strip("<>") for name in (
                "forwarded-attached", "forwarded-inline", "reply-quoting-a-bounce")))
        self.assertEqual(rows, [("other",)] * 3)

    def test_every_recipient_has_one_event_a_report(self):
        self.assertEqual(
            self.daemon.sql("SELECT count(*), count(DISTINCT number) FROM event JOIN message "
                            "ON message.id = event.message WHERE message.message_id = ?",
                            message_id(self.mails["postfix-300-recipients"]).strip("<>")),
            [(300, 300)],
        )

    def test_bouncectl_shows_what_the_store_holds(self):
        self.assertIn("dead", self.daemon.ask("show", "anna@example.com"))
        listed = self.daemon.ask("list", "--state", "dead", "--csv")
        self.assertIn("anna@example.com", listed)
        self.assertNotIn("lars@fabrikam.com", listed)

    def test_what_a_mail_says_cannot_drive_a_terminal(self):
        for text in (self.said, self.daemon.ask("show", "ylva@example.com")):
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\x00", text)

    def test_a_second_run_finds_nothing_to_do(self):
        before = self.daemon.sql("SELECT count(*) FROM event"), self.daemon.states()
        status, out, said = self.daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("drained: 0 messages", out)
        self.assertEqual((self.daemon.sql("SELECT count(*) FROM event"), self.daemon.states()), before)
        self.assertEqual(self.dovecot.mailboxes(), self.after)


if __name__ == "__main__":
    main()
