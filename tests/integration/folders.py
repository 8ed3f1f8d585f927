# folders - several accounts, several folders, and folders that are made anew
#
# SPDX-License-Identifier: BSD-2-Clause

import signal

from common import EX_OK, EX_TEMPFAIL, Case, bounce, main, ordinary, quoted, wait_until


class Folders(Case):
    users = ("one@example.com", "two@example.com", "three@example.com", "four@example.com", "five@example.com",
             "six@example.com", "seven@example.com", "eight@example.com")

    def test_two_accounts_and_several_folders_share_one_state(self):
        one, two = self.users[:2]
        self.dovecot.fill([bounce("a@example.com", number=1), ordinary(1)], user=one)
        self.dovecot.fill([bounce("b@example.com", number=2)], folder="Lists/Garden", user=one)
        self.dovecot.fill([bounce("d@example.com", number=4), bounce("e@example.com", number=5)], user=two)
        daemon = self.mailbounced()
        daemon.configure(
            {
                "first": {"user": one, "folders": ["INBOX", "Lists/Garden"]},
                "second": {"user": two},
            }
        )
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        for line in (
            "first/INBOX: drained: 2 messages",
            "first/Lists/Garden: drained: 1 messages",
            "second/INBOX: drained: 2 messages",
        ):
            self.assertIn(line, out)
        self.assertEqual(daemon.states(), {f"{who}@example.com": "dead" for who in "abde"})
        self.assertEqual(
            {folder: len(mails) for folder, mails in self.dovecot.mailboxes(one).items()},
            {"INBOX": 1, "Processed": 2},
        )
        self.assertEqual(
            {folder: len(mails) for folder, mails in self.dovecot.mailboxes(two).items()}, {"Processed": 2}
        )

    def test_many_folders_may_want_the_same_new_folder_at_once(self):
        user = self.users[6]
        folders = [f"List{n}" for n in range(12)]
        for number, folder in enumerate(folders):
            self.dovecot.fill([bounce(f"k{number}@example.com", number=number)], folder, user)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=folders)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(
            {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()}, {"Processed": 12}
        )

    def test_one_bad_account_does_not_hinder_the_other(self):
        user = self.users[2]
        self.dovecot.fill([bounce("f@example.com", number=6)], user=user)
        daemon = self.mailbounced()
        daemon.configure({"bad": {"user": "nobody@example.com"}, "good": {"user": user}})
        status, out, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn("bad/INBOX: FAILED", out)
        self.assertIn("good/INBOX: drained: 1 messages", out)
        self.assertEqual(daemon.states(), {"f@example.com": "dead"})

    def test_a_folder_made_anew_with_the_same_mails_counts_nothing_twice(self):
        user = self.users[3]
        mails = [
            bounce("g@example.com", "5.2.1", text="Mailbox disabled", number=7),
            bounce("h@example.com", "4.2.2", "452", "Over quota", number=8),
            ordinary(2),
        ]
        self.dovecot.fill(mails, folder="Watched", user=user)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Watched"])
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        before = self.ledger(daemon)
        self.assertEqual(len(before[0]), 2)

        imap = self.dovecot.connect(user)
        imap.delete(quoted("Watched"))
        imap.logout()
        self.dovecot.fill(mails, folder="Watched", user=user)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("3 seen before under another uid", out)
        self.assertEqual(self.ledger(daemon), before)
        # The copies are bounces all the same and are filed like the first ones.
        self.assertEqual(
            {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()},
            {"Processed": 4, "Watched": 1},
        )

    def test_a_folder_made_anew_between_record_and_move_loses_nothing(self):
        user = self.users[5]
        mails = [bounce(f"j{n}@example.com", "5.2.1", text="Mailbox disabled", number=n) for n in range(3)]
        self.dovecot.fill(mails, folder="Watched", user=user)
        daemon = self.mailbounced("mailbounced_crash")
        daemon.configure(user=user, folders=["Watched"])
        status, _, said = daemon.once({"MAILBOUNCED_CRASH_AT": "after-commit"})
        self.assertEqual(status, -signal.SIGKILL, said)
        before = self.ledger(daemon)
        self.assertEqual(len(before[0]), 3)

        imap = self.dovecot.connect(user)
        imap.delete(quoted("Watched"))
        imap.logout()
        self.dovecot.fill(mails, folder="Watched", user=user)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("3 messages of its old life are not moved", said)
        self.assertEqual(self.ledger(daemon), before)
        self.assertEqual(
            {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()}, {"Processed": 3}
        )

    def test_a_folder_renamed_or_deleted_under_us_is_taken_up_again(self):
        user = self.users[7]
        self.dovecot.fill([bounce("l0@example.com", number=0)], folder="Watched", user=user)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Watched"], idle_renew="2s")
        daemon.start()
        wait_until(lambda: "moved to" in daemon.log(), "the first one was filed")
        for number, change in ((1, lambda imap: imap.rename("Watched", "Elsewhere")), (2, lambda imap: imap.delete("Watched"))):
            imap = self.dovecot.connect(user)
            change(imap)
            imap.logout()
            wait_until(lambda: self.filled_anew("Watched", user, number), "the folder takes mail")
            wait_until(lambda: f"l{number}@example.com" in daemon.states(), "it reads the folder of that name")
            # It is recorded before it is moved, and a folder that is deleted takes its mail with it.
            wait_until(
                lambda: len(self.dovecot.mailboxes(user).get("Processed", [])) == number + 1, "it was filed"
            )
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(3,)])

    def filled_anew(self, folder, user, number):
        """Dovecot may refuse mail for a folder while another of its sessions still has the deleted one of that name."""
        try:
            self.dovecot.fill([bounce(f"l{number}@example.com", number=number)], folder, user)
        except AssertionError:
            return False
        return True

    def ledger(self, daemon):
        return (
            daemon.sql("SELECT message, number, address, reason FROM event ORDER BY id"),
            daemon.sql("SELECT * FROM transition ORDER BY id"),
            daemon.sql("SELECT * FROM recipient ORDER BY address"),
        )

    def test_the_same_bytes_twice_in_a_folder_count_once(self):
        user = self.users[4]
        mail = bounce("i@example.com", "5.2.1", text="Mailbox disabled", number=9)
        self.dovecot.fill([mail, mail], user=user)
        daemon = self.mailbounced()
        daemon.configure(user=user)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(1,)])
        self.assertEqual(len(self.dovecot.mailboxes(user)["Processed"]), 2)


if __name__ == "__main__":
    main()
