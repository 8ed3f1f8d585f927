# restore - filed mail comes back, and is not filed again
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

from common import EX_OK, EX_TEMPFAIL, WITHOUT_MOVE, Case, bounce, main, message_id, ordinary, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402


def mails(count):
    return [bounce(f"back{n}@example.com", number=n) for n in range(1, count + 1)]


class Restoring:
    """What holds on every server."""

    def filed(self, user, **options):
        self.dovecot.fill([*mails(5), ordinary(1)], user=user)
        daemon = self.mailbounced()
        daemon.configure(user=user, **options)
        self.once(daemon)
        self.assertEqual(self.count(user), {"INBOX": 1, "Processed": 5})
        return daemon

    def once(self, daemon):
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        return said

    def count(self, user):
        return {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()}

    def events(self, daemon):
        return daemon.sql("SELECT address, count(*) FROM event GROUP BY address ORDER BY address")

    def test_what_comes_back_is_not_filed_and_not_counted_again(self):
        user = self.users[0]
        daemon = self.filed(user)
        before = self.dovecot.mailboxes(user)
        out = daemon.ask("restore", "--since", "1h", "--dry-run")
        self.assertEqual(out.count("would be restored  test/INBOX <- Processed  bounce"), 5)
        self.assertIn("5 would be restored, 0 gone, 0 refused", out)
        self.assertEqual(self.dovecot.mailboxes(user), before)

        events = self.events(daemon)
        out = daemon.ask("restore", "--since", "1h")
        self.assertIn("5 restored, 0 gone, 0 refused", out)
        self.assertEqual(self.count(user), {"INBOX": 6})
        for _ in range(2):
            self.once(daemon)
            self.assertEqual(self.count(user), {"INBOX": 6})
            self.assertEqual(self.events(daemon), events)
        self.assertIn("0 restored, 0 gone", daemon.ask("restore", "--since", "1h"))

    def test_what_shall_be_read_again_is_read_and_filed_again(self):
        user = self.users[1]
        daemon = self.filed(user)
        states = daemon.states()
        self.assertIn("5 restored", daemon.ask("restore", "--since", "1h", "--reprocess"))
        self.once(daemon)
        self.assertEqual(self.count(user), {"INBOX": 1, "Processed": 5})
        self.assertEqual({n for _, n in self.events(daemon)}, {2})
        self.assertEqual(daemon.states(), states)
        # and comes back once more
        self.assertIn("5 restored", daemon.ask("restore", "--since", "1h"))

    def test_mail_that_people_moved_or_deleted_is_found_or_told_of(self):
        user = self.users[2]
        daemon = self.filed(user)
        imap = self.dovecot.connect(user)
        imap.select("Processed")
        # one is deleted, one goes away and comes back under another uid
        imap.store("1", "+FLAGS", "\\Deleted")
        imap.expunge()
        imap.copy("1", "Processed")
        imap.store("1", "+FLAGS", "\\Deleted")
        imap.expunge()
        imap.logout()
        out = daemon.ask("restore", "--since", "1h")
        self.assertIn("4 restored, 1 gone, 0 refused", out)
        self.assertRegex(out, r"gone  test/INBOX <- Processed  bounce  " + message_id(mails(1)[0]).strip("<>"))
        self.assertEqual(self.count(user), {"INBOX": 5})

    def test_a_folder_that_was_made_anew_is_searched(self):
        user = self.users[3]
        daemon = self.filed(user)
        imap = self.dovecot.connect(user)
        imap.rename("Processed", "Old")
        imap.create("Processed")
        imap.select("Old")
        imap.copy("1:5", "Processed")
        imap.delete("Old")
        imap.logout()
        self.assertIn("5 restored", daemon.ask("restore", "--since", "1h"))
        self.assertEqual(self.count(user)["INBOX"], 6)

    def test_only_what_is_asked_for_comes_back(self):
        user = self.users[4]
        daemon = self.filed(user)
        for arguments, found in (
            (("--since", "2001-01-01", "--until", "2002-01-01T00:00:00Z"), 0),
            (("--since", "1h", "--kind", "complaint"), 0),
            (("--since", "1h", "--folder", "Other"), 0),
            (("--since", "1h", "--account", "other"), 0),
            (("--since", "2001-01-01", "--account", "test", "--folder", "INBOX", "--kind", "bounce"), 5),
        ):
            out = daemon.ask("restore", "--dry-run", *arguments)
            self.assertIn(f"{found} would be restored", out, arguments)


class WithMove(Restoring, Case):
    users = tuple(f"user{n}@example.com" for n in range(7))

    def test_a_running_daemon_is_told_of_and_not_disturbed(self):
        user = self.users[5]
        daemon = self.filed(user)
        daemon.start()
        wait_until(lambda: daemon.log().count("signed in") == 2, "it runs")
        with self.assertRaisesRegex(AssertionError, r"69: .*another mailbounced \(pid \d+\) holds"):
            daemon.ask("restore", "--since", "1h")
        self.assertIn("5 would be restored", daemon.ask("restore", "--since", "1h", "--dry-run"))
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(self.count(user), {"INBOX": 1, "Processed": 5})

    def test_deleted_mail_is_not_promised(self):
        user = self.users[6]
        self.dovecot.fill(mails(2), user=user)
        daemon = self.mailbounced()
        daemon.configure(user=user, allow_delete=True, target={"bounce": "delete"})
        self.once(daemon)
        self.assertEqual(self.count(user), {})
        self.assertIn("0 restored, 0 gone", daemon.ask("restore", "--since", "1h"))

    def test_nonsense_is_refused(self):
        daemon = self.mailbounced()
        daemon.configure()
        for arguments in ((), ("--since", "yesterday"), ("--since", "1h", "--kind", "song"), ("--since", "1h", "x")):
            with self.assertRaisesRegex(AssertionError, "64: "):
                daemon.ask("restore", *arguments)


class WithoutMove(Restoring, Case):
    users = WithMove.users
    lines = (WITHOUT_MOVE,)


class CutOff(Case):
    def cut(self, capabilities, step, hook):
        server = Server(mails(4), capabilities)
        self.addCleanup(server.down)
        daemon = self.mailbounced()
        daemon.configure(**server.options(), retry_least="1s", retry_most="1s")
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assertEqual(server.mails, {})
        server.flags = {}
        cuts = []

        def hang_up(command, uids):
            if command.startswith(step) and len(cuts) < 3:
                cuts.append(command)
                return "hang up"
            return None

        setattr(server, hook, hang_up)
        # three sessions fail, and with them this run
        with self.assertRaisesRegex(AssertionError, f"{EX_TEMPFAIL}: "):
            daemon.ask("restore", "--since", "1h")
        daemon.ask("restore", "--since", "1h")
        self.assertEqual(sorted(server.mails.values()), sorted(mails(4)))
        self.assertEqual(server.folders["Processed"], {})
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(len(server.mails), 4)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(4,)])

    def test_cut_off_at_any_step_the_next_run_finishes(self):
        for capabilities, steps in (
            ("IMAP4rev1 IDLE MOVE UIDPLUS", ("UID MOVE",)),
            ("IMAP4rev1 IDLE UIDPLUS", ("UID COPY", "UID STORE", "UID EXPUNGE")),
        ):
            for step in steps:
                with self.subTest(step):
                    self.cut(capabilities, step, "before")

    def lose_a_move(self, hook, server):
        """The connection ends in the first MOVE back; the session after that finishes it."""
        self.addCleanup(server.down)
        daemon = self.mailbounced()
        daemon.configure(**server.options(), retry_least="1s", retry_most="1s")
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assertEqual(server.mails, {})
        cuts = []

        def cut(command="UID MOVE", uids=()):
            return "hang up" if command.startswith("UID MOVE") and not cuts and not cuts.append(command) else None

        setattr(server, hook, cut)
        out = daemon.ask("restore", "--since", "1h")
        self.assertEqual(len(cuts), 1)
        self.assertEqual(server.folders["Processed"], {})
        return daemon, out

    def test_a_move_back_whose_answer_is_lost_brings_each_message_once(self):
        for hook in ("before", "within_move", "after"):
            with self.subTest(hook):
                server = Server(mails(4))
                daemon, out = self.lose_a_move(hook, server)
                self.assertIn("4 restored, 0 gone", out)
                self.assertEqual(sorted(server.mails.values()), mails(4))
                self.assertEqual(daemon.once()[0], EX_OK)
                self.assertEqual(sorted(server.mails.values()), mails(4))
                self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(4,)])

    def test_what_is_back_is_not_told_gone_with_the_folder_where_it_was_filed(self):
        for hook, out_of in (("after", "4 restored, 0 gone"), ("before", "0 restored, 4 gone")):
            with self.subTest(hook):
                server = Server(mails(4))
                self.addCleanup(server.down)
                daemon = self.mailbounced()
                daemon.configure(**server.options(), retry_least="1s", retry_most="1s")
                self.assertEqual(daemon.once()[0], EX_OK)

                def cut(command, uids, server=server):
                    if not command.startswith("UID MOVE"):
                        return None
                    server.refuse = lambda command, uids: (
                        "NO [NONEXISTENT] gone" if command.startswith("SELECT") and "Processed" in command else None
                    )
                    return "hang up"

                setattr(server, hook, cut)
                self.assertIn(out_of, daemon.ask("restore", "--since", "1h"))

    def test_of_mails_that_are_alike_each_comes_back_when_a_move_is_lost(self):
        same = mails(1) * 3
        for hook in ("before", "within_move", "after"):
            with self.subTest(hook):
                server = Server(same)
                _, out = self.lose_a_move(hook, server)
                self.assertIn("3 restored, 0 gone", out)
                self.assertEqual(list(server.mails.values()), same)

    def test_a_mail_that_was_never_away_is_not_the_one_that_came_back(self):
        same = mails(1) * 2
        server = Server(same)
        server.refuse = lambda command, uids: "NO no" if command.startswith("UID MOVE") and 2 in uids else None
        self.addCleanup(server.down)
        daemon = self.mailbounced()
        daemon.configure(**server.options(), retry_least="1s", retry_most="1s")
        daemon.once()
        self.assertEqual(list(server.mails), [2])
        cuts = []
        server.before = lambda command, uids: (
            "hang up" if command.startswith("UID MOVE") and not cuts and not cuts.append(1) else None
        )
        server.refuse = lambda command, uids: None
        self.assertIn("1 restored", daemon.ask("restore", "--since", "1h"))
        self.assertEqual(len(cuts), 1)
        self.assertEqual(list(server.mails.values()), same)
        self.assertEqual(server.folders["Processed"], {})

    def test_where_nobody_may_look_for_a_copy_none_is_made_again(self):
        for command, words in (("EXAMINE", "[NOPERM] no"), ("UID SEARCH", "no")):
            with self.subTest(command):
                server = Server(mails(2))
                self.addCleanup(server.down)
                daemon = self.mailbounced()
                daemon.configure(**server.options(), retry_least="1s", retry_most="1s")
                self.assertEqual(daemon.once()[0], EX_OK)
                cuts = []
                server.within_move = lambda cuts=cuts: "hang up" if not cuts and not cuts.append(1) else None
                server.refuse = lambda c, uids, command=command, words=words: (
                    f"NO {words}" if c.startswith(command) else None
                )
                with self.assertRaisesRegex(AssertionError, "refused some"):
                    daemon.ask("restore", "--since", "1h")
                self.assertEqual(sorted(server.mails.values()), mails(2))
                self.assertEqual(len(server.folders["Processed"]), 2)
                server.refuse = lambda command, uids: None
                self.assertIn("2 restored", daemon.ask("restore", "--since", "1h"))
                self.assertEqual(sorted(server.mails.values()), mails(2))
                self.assertEqual(server.folders["Processed"], {})

    def test_one_that_the_server_refuses_keeps_no_other(self):
        server = Server(mails(5))
        self.addCleanup(server.down)
        daemon = self.mailbounced()
        daemon.configure(**server.options())
        self.assertEqual(daemon.once()[0], EX_OK)
        server.refuse = lambda command, uids: "NO broken" if command.startswith("UID MOVE") and 3 in uids else None
        with self.assertRaisesRegex(AssertionError, "refused some"):
            daemon.ask("restore", "--since", "1h")
        self.assertEqual(len(server.mails), 4)
        server.refuse = lambda command, uids: None
        self.assertIn("1 restored", daemon.ask("restore", "--since", "1h"))
        self.assertEqual(len(server.mails), 5)

    def test_what_was_copied_back_and_not_taken_away_is_not_copied_again(self):
        for step in ("UID STORE", "UID EXPUNGE", None):
            with self.subTest(step):
                server = Server(mails(3), "IMAP4rev1 IDLE UIDPLUS")
                self.addCleanup(server.down)
                daemon = self.mailbounced()
                daemon.configure(**server.options())
                self.assertEqual(daemon.once()[0], EX_OK)
                server.flags = {}
                server.copyuid = step is not None
                server.refuse = lambda command, uids, step=step: "NO no" if step and command.startswith(step) else None
                with self.assertRaisesRegex(AssertionError, "refused some"):
                    daemon.ask("restore", "--since", "1h")
                self.assertEqual(sorted(server.mails.values()), mails(3))
                self.assertEqual(len(server.folders["Processed"]), 3)
                server.refuse = lambda command, uids: None
                self.assertIn("3 restored", daemon.ask("restore", "--since", "1h"))
                self.assertEqual(sorted(server.mails.values()), mails(3))
                self.assertEqual(server.folders["Processed"], {})


if __name__ == "__main__":
    main()
