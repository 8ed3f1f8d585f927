# filing - how mail leaves the folder on servers that refuse, lie, hang up, or cannot MOVE
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

from common import EX_OK, Case, bounce, main, ordinary, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402

WITHOUT_MOVE = "IMAP4rev1 IDLE UIDPLUS"
WITHOUT_ANYTHING = "IMAP4rev1 IDLE"


def mails(count):
    return [bounce(f"file{n}@example.com", number=n) for n in range(1, count + 1)]


class Filing(Case):
    def daemon_on(self, server, **options):
        daemon = self.mailbounced()
        daemon.configure(**{**server.options(), **options})
        self.addCleanup(server.down)
        return daemon

    def run_once(self, daemon):
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        return said

    def assert_counted(self, daemon, count):
        """Each of file1 ... fileCOUNT once."""
        self.assertEqual(
            daemon.sql("SELECT address, count(*) FROM event GROUP BY address ORDER BY length(address), address"),
            [(f"file{n}@example.com", 1) for n in range(1, count + 1)],
        )

    def assert_never_expunged_blindly(self, server):
        self.assertEqual([c for c in server.commands if c.upper().startswith(("EXPUNGE", "CLOSE"))], [])

    # One message that is refused

    def test_a_refused_message_is_found_and_all_others_move(self):
        server = Server(mails(100))
        bad = {17, 18, 90}
        server.refuse = lambda command, uids: (
            "NO that one is broken" if command.startswith("UID MOVE") and bad & set(uids) else None
        )
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertEqual(set(server.mails), bad)
        self.assert_counted(daemon, 100)
        for uid in bad:
            self.assertEqual(said.count(f"uid {uid} stays where it is"), 1)
        self.assertLess(server.asked("UID MOVE"), 90)
        self.assertEqual(daemon.sql("SELECT uid, refused FROM message WHERE retry_at > unixepoch() + 3000 ORDER BY uid"),
                         [(uid, 1) for uid in sorted(bad)])
        # not again before its time
        before = server.asked("UID MOVE")
        said = self.run_once(daemon)
        self.assertEqual(server.asked("UID MOVE"), before)
        self.assertNotIn("stays where it is", said)

    def test_a_refused_message_moves_when_the_server_lets_it(self):
        server = Server(mails(3))
        server.refuse = lambda command, uids: "NO later" if command.startswith("UID MOVE") and 2 in uids else None
        daemon = self.daemon_on(server, move_retry="1s")
        daemon.start()
        wait_until(lambda: set(server.mails) == {2}, "the others moved")
        wait_until(lambda: daemon.sql("SELECT max(refused) FROM message") >= [(3,)], "it was tried again")
        server.refuse = lambda command, uids: None
        wait_until(lambda: not server.mails, "it moved")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count("uid 2 stays where it is"), 1)
        self.assert_counted(daemon, 3)

    def test_when_all_are_refused_it_is_the_target(self):
        server = Server(mails(40))
        server.refuse = lambda command, uids: "NO no" if command.startswith("UID MOVE") else None
        daemon = self.daemon_on(server, move_retry="1s")
        said = self.run_once(daemon)
        self.assertEqual(len(server.mails), 40)
        self.assertLess(server.asked("UID MOVE"), 80)
        self.assertEqual(said.count("stay where they are"), 1)
        self.assert_counted(daemon, 40)
        server.refuse = lambda command, uids: None
        wait_until(lambda: not (self.run_once(daemon) and server.mails), "they moved")
        self.assert_counted(daemon, 40)

    # The target

    def test_a_target_over_quota_pauses_moves_and_not_reading(self):
        server = Server(mails(2))
        server.refuse = lambda command, uids: "NO [OVERQUOTA] full" if command.startswith("UID MOVE") else None
        daemon = self.daemon_on(server, move_retry="1s")
        daemon.start()
        wait_until(lambda: server.asked("UID MOVE") >= 2, "it tried again")
        server.mails[3] = bounce("file3@example.com", number=3)
        wait_until(lambda: len(daemon.states()) == 3, "it read on")
        server.refuse = lambda command, uids: None
        wait_until(lambda: not server.mails, "they moved")
        self.assertEqual(daemon.stop(), EX_OK)
        said = daemon.log()
        self.assertEqual(said.count("stay where they are"), 1)
        self.assertIn("make room there", said)
        self.assertIn('moved to "Processed" again', said)
        self.assertNotIn("stays where it is", said, "no message was blamed")
        self.assert_counted(daemon, 3)

    def test_a_held_target_that_nothing_waits_for_lets_the_daemon_sleep(self):
        server = Server(mails(2))
        server.refuse = lambda command, uids: "NO [OVERQUOTA] full" if command.startswith("UID MOVE") else None
        daemon = self.daemon_on(server, move_retry="1s", retry_least="1s", retry_most="1s")
        daemon.start()
        wait_until(lambda: server.asked("UID MOVE") >= 2, "it is held")
        # another life: what was to be moved is lost
        server.down()
        server.mails, server.top, server.uidvalidity = {}, {}, 8
        server.up()
        wait_until(lambda: "made anew" in daemon.log(), "it came back")

        def asleep():
            """Longer than it would take until it tried to move again."""
            before = list(server.commands)
            time.sleep(4)
            return server.commands == before

        wait_until(asleep, "it sleeps")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_one_full_target_does_not_hold_up_another(self):
        server = Server([*mails(2), ordinary(1)])
        server.refuse = lambda command, uids: "NO [OVERQUOTA] full" if "Processed" in command else None
        daemon = self.daemon_on(server, target={"other": "Zoo"})
        self.run_once(daemon)
        self.assertEqual(server.moved, {3: "Zoo"})

    # Without MOVE

    def test_without_move_mail_is_copied_and_exactly_it_is_expunged(self):
        server = Server([*mails(5), ordinary(1)], WITHOUT_MOVE)
        server.flags[6] = {"\\Deleted"}  # somebody else's
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        self.assertEqual(set(server.mails), {6})
        self.assertEqual(len(server.folders["Processed"]), 5)
        self.assert_counted(daemon, 5)
        self.assert_never_expunged_blindly(server)
        self.assertEqual(daemon.sql("SELECT filed_to, filed_uidvalidity, filed_uid FROM message WHERE uid < 6 ORDER BY uid"),
                         [("Processed", 77, n) for n in range(1, 6)])

    def test_a_refused_message_is_found_without_move_too(self):
        server = Server(mails(20), WITHOUT_MOVE)
        server.refuse = lambda command, uids: "NO broken" if command.startswith("UID COPY") and 7 in uids else None
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        self.assertEqual(set(server.mails), {7})
        self.assertEqual(len(server.folders["Processed"]), 19)

    def test_cut_off_after_any_step_nothing_is_copied_twice(self):
        for step in ("UID COPY", "UID STORE", "UID EXPUNGE"):
            for copyuid in (True, False):
                for hook in ("before", "after"):
                    with self.subTest(step=step, copyuid=copyuid, hook=hook):
                        self.cut_once(step, copyuid, hook)

    def cut_once(self, step, copyuid, hook):
        server = Server(mails(6), WITHOUT_MOVE)
        server.copyuid = copyuid
        cuts = []

        def cut(command, uids):
            if command.startswith(step) and not cuts:
                cuts.append(command)
                return "hang up"
            return None

        setattr(server, hook, cut)
        daemon = self.daemon_on(server, move_messages=4)
        self.run_once(daemon)
        self.assertEqual(len(cuts), 1)
        self.assertEqual(server.mails, {})
        self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(6)))
        self.assert_counted(daemon, 6)
        self.assert_never_expunged_blindly(server)
        self.assertEqual(daemon.sql("SELECT count(*) FROM message WHERE filed_uid IS NULL"), [(0,)])

    # A MOVE whose answer is lost

    def lose_a_move(self, hook, which, server, **options):
        """The connection ends at MOVE number `which`."""
        moves = []

        def cut(command, uids):
            if command.startswith("UID MOVE"):
                moves.append(command)
                return "hang up" if len(moves) == which else None
            return None

        def cut_within():
            moves.append("within")
            return "hang up" if len(moves) == which else None

        setattr(server, hook, cut_within if hook == "within_move" else cut)
        daemon = self.daemon_on(server, retry_least="1s", **options)
        said = self.run_once(daemon)
        self.assertGreaterEqual(len(moves), which)
        return daemon, said

    def test_a_move_whose_answer_is_lost_files_each_message_once(self):
        few = {"batch_messages": 4, "move_messages": 4}  # moves are sent ahead
        for hook in ("before", "within_move", "after"):
            for which, options in ((1, {}), (2, few), (6, few)):
                with self.subTest(hook=hook, which=which, options=options):
                    server = Server(mails(22))
                    daemon, said = self.lose_a_move(hook, which, server, **options)
                    self.assertEqual(server.mails, {})
                    self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(22)))
                    self.assert_counted(daemon, 22)
                    self.assertEqual(daemon.sql("SELECT count(*) FROM message WHERE moved_at IS NULL"), [(0,)])
                    self.assertIn("what became of them is looked for", said)
                    # Of what is gone no copy is looked for.
                    self.assertEqual(server.asked("SEARCH") == 0, hook == "after")

    def test_when_both_die_within_a_move_nothing_is_filed_twice(self):
        few = {"batch_messages": 4, "move_messages": 4}
        for which in (1, 3):
            with self.subTest(which=which):
                server = Server(mails(22))
                daemon = self.daemon_on(server, **few)
                moves = []

                def die():
                    moves.append("within")
                    if len(moves) != which:
                        return None
                    daemon.process.kill()
                    daemon.process.wait()
                    return "hang up"

                server.within_move = die
                daemon.start()
                wait_until(lambda: len(moves) == which and daemon.process.poll() is not None, "both died")
                self.assertEqual(len(server.folders["Processed"]), 4 * which)
                self.assertEqual(len(server.mails), 22 - 4 * (which - 1))
                self.run_once(daemon)
                self.assertEqual(server.mails, {})
                self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(22)))
                self.assert_counted(daemon, 22)
                self.assertEqual(daemon.sql("SELECT count(*) FROM message WHERE moved_at IS NULL"), [(0,)])

    def test_a_server_that_does_not_expunge_and_goes_away_gets_no_second_copy(self):
        server = Server(mails(3))
        server.expunges = False
        cuts = []
        server.before = lambda command, uids: (
            "hang up" if server.moved and "RFC822.SIZE" in command and not cuts and not cuts.append(1) else None
        )
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        self.assertEqual(len(cuts), 1)
        self.assertEqual(len(server.folders["Processed"]), 3)
        self.assert_counted(daemon, 3)

    def test_mails_that_are_alike_are_all_kept_when_a_move_is_lost(self):
        same = mails(1) * 3
        server = Server(same[:1])
        daemon, _ = self.lose_a_move("after", 1, server)
        self.assertEqual(list(server.folders["Processed"].values()), same[:1])
        # Nobody knows as what the first one was filed: it must not be taken for a copy of these.
        server.mails.update({2: same[1], 3: same[2]})
        server.after = lambda command, uids: None
        cuts = []
        server.before = lambda command, uids: (
            "hang up" if command.startswith("UID MOVE") and not cuts and not cuts.append(1) else None
        )
        self.run_once(daemon)
        self.assertEqual(len(cuts), 1)
        self.assertEqual(server.mails, {})
        self.assertEqual(list(server.folders["Processed"].values()), same)

    def test_without_uidplus_a_lost_move_is_sent_again(self):
        server = Server(mails(3), "IMAP4rev1 IDLE MOVE")
        daemon, _ = self.lose_a_move("before", 1, server)
        self.assertEqual(server.mails, {})
        self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(3)))
        self.assertEqual(server.asked("SEARCH"), 0)

    def test_where_nobody_may_look_for_a_copy_none_is_made_again(self):
        for command, words in (("EXAMINE", "[NOPERM] no"), ("EXAMINE", "[UNAVAILABLE] later"), ("UID SEARCH", "no")):
            with self.subTest(command=command, words=words):
                server = Server(mails(3), WITHOUT_MOVE)
                server.copyuid = False
                server.refuse = lambda asked, uids, c=command, w=words: "NO " + w if asked.startswith(c) else None
                daemon = self.daemon_on(server)
                said = [self.run_once(daemon), self.run_once(daemon)]
                self.assertIn("give this user the right to read there", said[0])
                self.assertEqual((len(server.mails), len(server.folders["Processed"])), (3, 3))
                server.refuse = lambda asked, uids: None
                self.run_once(daemon)
                self.assertEqual(server.mails, {})
                self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(3)))
                self.assert_counted(daemon, 3)

    def test_a_server_of_imap4rev2_alone_needs_no_extension_named(self):
        class Rev2(Server):
            def _uid_search(self, stream, rest, uids):
                found = self.found(stream, rest)
                every = f" ALL {','.join(map(str, found))}" if found else ""
                self._say(stream, f'* ESEARCH (TAG "1") UID{every}')

        server = Rev2(mails(3), capabilities="IMAP4rev2 AUTH=PLAIN")
        hung_up = []

        def hang_up():
            hung_up.append(True)
            return "hang up" if len(hung_up) == 1 else None

        server.within_move = hang_up
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        self.assertEqual(server.mails, {})
        self.assertEqual(len(server.folders["Processed"]), 3, "none was copied twice")
        self.assertEqual(server.asked("UID SEARCH"), 3)
        self.assert_counted(daemon, 3)

    def test_two_mails_that_are_alike_are_both_kept(self):
        server = Server(mails(1), WITHOUT_MOVE)
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        server.mails.update({2: mails(1)[0], 3: mails(1)[0]})
        cuts = []
        server.before = lambda command, uids: (
            "hang up" if command.startswith("UID COPY") and not cuts and not cuts.append(1) else None
        )
        self.run_once(daemon)
        self.assertEqual(len(cuts), 1)
        self.assertEqual(list(server.folders["Processed"].values()), mails(1) * 3)
        self.assert_counted(daemon, 1)

    def test_a_copy_that_is_not_there_keeps_the_original(self):
        server = Server(mails(3), WITHOUT_MOVE)
        server.copies = False
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertEqual(len(server.mails), 3)
        self.assertIn("but there is no copy", said)
        self.assertEqual(server.asked("UID COPY"), 1)
        self.assertEqual(server.asked("EXPUNGE"), 0)
        self.assert_counted(daemon, 3)

    def test_a_server_that_does_not_expunge_gets_no_second_copy(self):
        for capabilities in (WITHOUT_MOVE, "IMAP4rev1 MOVE UIDPLUS"):
            with self.subTest(capabilities):
                server = Server(mails(3), capabilities)
                server.expunges = False
                daemon = self.daemon_on(server)
                said = self.run_once(daemon)
                self.assertIn("but they are still there", said)
                self.assertEqual((len(server.mails), len(server.folders["Processed"])), (3, 3))
                said = self.run_once(daemon)
                self.assertEqual((len(server.mails), len(server.folders["Processed"])), (3, 3))
                self.assertNotIn("still there", said)
                self.assert_counted(daemon, 3)

    def test_without_uidplus_mail_is_marked_and_left_for_good(self):
        server = Server([*mails(3), ordinary(1)], WITHOUT_ANYTHING)
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertEqual(len(server.mails), 4)
        self.assertEqual(server.flags, {n: {"$Mailbounced"} for n in (1, 2, 3)})
        self.assertEqual(said.count("can neither MOVE nor UID EXPUNGE"), 1)
        self.assertEqual(server.asked("EXPUNGE") + server.asked("COPY") + server.asked("Deleted"), 0)
        said = self.run_once(daemon)
        self.assertEqual(server.asked("UID STORE"), 1)
        self.assertNotIn("neither", said)
        self.assert_counted(daemon, 3)

    def test_without_keywords_it_is_left_all_the_same(self):
        server = Server(mails(2), WITHOUT_ANYTHING)
        server.refuse = lambda command, uids: "NO no such flag" if "STORE" in command else None
        daemon = self.daemon_on(server)
        self.assertIn("not even marked", self.run_once(daemon))
        self.run_once(daemon)
        self.assertEqual(server.asked("UID STORE"), 1)
        self.assert_counted(daemon, 2)

    # Read-only

    def test_a_read_only_folder_is_read_once_and_said_once(self):
        server = Server(mails(3))
        server.read_only = True
        daemon = self.daemon_on(server)
        daemon.start()
        for times in range(3):
            wait_until(lambda: server.asked("IDLE") > times, "it waits")
            server.down()
            server.up()
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count("the folder is read-only"), 1)
        self.assertEqual(server.asked("MOVE") + server.asked("STORE"), 0)
        self.assert_counted(daemon, 3)
        # with the right to it, they go
        server.read_only = False
        self.run_once(daemon)
        self.assertEqual(server.mails, {})
        self.assert_counted(daemon, 3)

    def test_a_folder_that_can_only_be_examined_is_read(self):
        server = Server(mails(2))
        server.refuse = lambda command, uids: "NO [NOPERM] look only" if command.startswith("SELECT") else None
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertIn("the folder is read-only", said)
        self.assert_counted(daemon, 2)
        self.assertEqual(len(server.mails), 2)

    def test_a_user_without_the_right_to_delete_moves_nothing(self):
        server = Server(mails(2), "IMAP4rev1 MOVE UIDPLUS ACL")
        server.rights = "lrsi"
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertIn("may not take mail out of the folder", said)
        self.assertEqual(server.asked("MOVE"), 0)
        self.assert_counted(daemon, 2)

    # The folder's life

    def test_a_life_that_comes_back_gets_its_mail_moved(self):
        server = Server(mails(3))
        server.refuse = lambda command, uids: "NO [UNAVAILABLE] later" if "MOVE" in command else None
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        first, server.mails, server.uidvalidity = server.mails, {1: bounce("file4@example.com", number=4)}, 8
        server.top = {}
        server.refuse = lambda command, uids: None
        said = self.run_once(daemon)
        self.assertIn("3 messages of its old life are not moved unless it comes back", said)
        self.assertEqual(server.moved, {1: "Processed"})
        server.mails, server.uidvalidity, server.moved, server.top = first, 7, {}, {}
        said = self.run_once(daemon)
        self.assertIn("3 messages are still to be moved", said)
        self.assertEqual(sorted(server.moved), [1, 2, 3])
        self.assert_counted(daemon, 4)

    def test_uids_that_count_from_below_again_are_read(self):
        server = Server(mails(4))
        daemon = self.daemon_on(server)
        self.run_once(daemon)
        # yesterday's backup: uids 3 and 4 are given to other mails
        server.mails = {3: bounce("file5@example.com", number=5), 4: mails(4)[3]}
        server.uidnext = 3
        said = self.run_once(daemon)
        self.assertIn("counts uids from 3 again", said)
        self.assertEqual(server.mails, {})
        self.assert_counted(daemon, 5)
        server.uidnext = None
        self.assertNotIn("counts uids", self.run_once(daemon))

    def test_a_folder_that_goes_away_and_comes_back(self):
        server = Server(mails(1))
        daemon = self.daemon_on(server)
        daemon.start()
        wait_until(lambda: server.asked("IDLE") > 0, "it waits")
        gone = lambda command, uids: (  # noqa: E731
            "NO [NONEXISTENT] no such folder" if command.startswith(("SELECT", "EXAMINE")) else None
        )
        server.refuse = gone
        server.down()
        server.up()
        wait_until(lambda: server.asked("SELECT") > 3, "it tried more than once")
        server.mails[2] = bounce("file2@example.com", number=2)
        server.refuse = lambda command, uids: None
        wait_until(lambda: len(daemon.states()) == 2, "it goes on")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count("cannot open the folder"), 1)
        self.assertIn("open again", daemon.log())
        self.assert_counted(daemon, 2)

    # Others, and the server's end

    def test_mail_that_others_take_away_before_the_move_is_no_matter(self):
        server = Server(mails(4))

        def take(command, uids):
            if command.startswith("UID MOVE"):
                server.mails.pop(2, None)

        server.before = take
        daemon = self.daemon_on(server)
        server.refuse = lambda command, uids: None
        self.run_once(daemon)
        self.assertEqual(server.mails, {})
        self.assert_counted(daemon, 4)
        self.assertEqual(daemon.sql("SELECT count(*) FROM message WHERE moved_at IS NULL"), [(0,)])

    def test_what_somebody_else_takes_away_meanwhile_is_not_taken_for_ours(self):
        class Busy(Server):
            """Leaves uid 2 where it is; somebody else's mail goes instead."""

            busy = True

            def _uid_move(self, stream, rest, uids):
                super()._uid_move(stream, rest, [uid for uid in uids if uid != 2 or not self.busy])
                if self.busy:
                    self.mails[99] = ordinary(99)
                    self._take_away(stream, [99])

        server = Busy(mails(4))
        daemon = self.daemon_on(server, move_retry="8s")  # not within the first run, however slow
        said = self.run_once(daemon)
        self.assertEqual(set(server.mails), {2})
        self.assertEqual(daemon.sql("SELECT uid FROM message WHERE moved_at IS NULL AND retry_at IS NOT NULL"), [(2,)])
        self.assertIn("there is no copy", said)
        server.busy = False
        wait_until(lambda: not (self.run_once(daemon) and server.mails), "it moved")
        self.assertEqual(len(server.folders["Processed"]), 4)
        self.assert_counted(daemon, 4)

        server = Busy(mails(4))
        server.copyuid = False
        daemon = self.daemon_on(server)
        said = self.run_once(daemon)
        self.assertEqual(set(server.mails), {2})
        self.assertEqual(daemon.sql("SELECT uid FROM message WHERE moved_at IS NULL AND kept_at IS NOT NULL"), [(2,)])
        self.assertIn("they are still there", said)

    def test_bye_at_any_command_loses_nothing(self):
        for word in ("SELECT", "UID FETCH 1:", "BODY.PEEK", "UID MOVE"):
            with self.subTest(word):
                server = Server(mails(4))
                said_bye = []

                def bye(command, uids):
                    if word in command and not said_bye:
                        said_bye.append(command)
                        return "* BYE maintenance"
                    return None

                server.after = bye
                daemon = self.daemon_on(server)
                said = self.run_once(daemon)
                self.assertEqual(len(said_bye), 1)
                self.assertIn("maintenance", said)
                self.assertEqual(server.mails, {})
                self.assertEqual(len(server.folders["Processed"]), 4)
                self.assert_counted(daemon, 4)

    def test_wrong_sizes_are_no_matter(self):
        for size in (lambda mail: 0, lambda mail: 1, lambda mail: 2**32 - 1):
            server = Server(mails(4))
            server.size = size
            daemon = self.daemon_on(server)
            self.run_once(daemon)
            self.assertEqual(server.mails, {})
            self.assert_counted(daemon, 4)

    # Targets

    def test_a_target_may_be_named_by_its_use(self):
        server = Server(mails(2), "IMAP4rev1 MOVE UIDPLUS SPECIAL-USE")
        server.listed = {"INBOX": "", "Old mail": "\\HasNoChildren \\Archive"}
        daemon = self.daemon_on(server, target={"bounce": "\\Archive"})
        self.run_once(daemon)
        self.assertEqual(server.moved, {1: "Old mail", 2: "Old mail"})
        self.assertEqual(daemon.sql("SELECT DISTINCT target, filed_to FROM message"), [("\\Archive", "Old mail")])

    def test_deleting_takes_away_exactly_that_mail(self):
        server = Server([*mails(3), ordinary(1)])
        server.flags[4] = {"\\Deleted"}  # somebody else's
        daemon = self.daemon_on(server, allow_delete=True, target={"bounce": "delete"})
        said = self.run_once(daemon)
        self.assertEqual(set(server.mails), {4})
        self.assertEqual(server.folders, {})
        for uid in (1, 2, 3):
            self.assertEqual(said.count(f"uid {uid} deleted"), 1)
        self.assert_counted(daemon, 3)
        self.assert_never_expunged_blindly(server)

    def test_nothing_is_deleted_without_uidplus(self):
        server = Server(mails(3), "IMAP4rev1 MOVE")
        daemon = self.daemon_on(server, allow_delete=True, target={"bounce": "delete"})
        self.assertIn("neither MOVE nor UID EXPUNGE", self.run_once(daemon))
        self.assertEqual(len(server.mails), 3)
        self.assertEqual(server.asked("Deleted"), 0)


if __name__ == "__main__":
    main()
