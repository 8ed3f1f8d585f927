# odd_server - a server that refuses, forgets and goes away
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

from common import EX_OK, EX_TEMPFAIL, Case, bounce, main, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402
from service import own_memory  # noqa: E402

TIMES = int(os.environ.get("ODD_TIMES", "25"))


def mails(count):
    return [bounce(f"odd{n}@example.com", number=n) for n in range(1, count + 1)]


class OddServer(Case):
    def daemon_on(self, server, **options):
        daemon = self.mailbounced()
        daemon.configure(**{**server.options(), **options})
        self.addCleanup(server.down)
        return daemon

    def sanitized(self):
        """AddressSanitizer keeps what was freed for a while."""
        with open(os.path.join(self.binaries, "mailbounced"), "rb") as f:
            return b"__asan_init" in f.read()

    def test_a_server_that_refuses_idle_is_polled(self):
        server = Server()
        server.refuse = lambda command, uids: "NO not today" if command == "IDLE" else None
        daemon = self.daemon_on(server, poll_interval="1s")
        daemon.start()
        wait_until(lambda: server.asked("NOOP") > 0, "it polled")
        server.mails[1] = bounce("polled@example.com")
        wait_until(lambda: "polled@example.com" in daemon.known(), "it found the mail")
        self.assertEqual(server.asked("IDLE"), 1)
        self.assertEqual(daemon.log().count("signed in"), 1, "it went on in the same session")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_one_message_that_is_refused_keeps_no_other_waiting(self):
        server = Server(mails(5))
        server.refuse = lambda command, uids: "NO broken" if "BODY.PEEK" in command and 3 in uids else None
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("1 refused by the server", out)
        self.assertEqual(len(daemon.states()), 4)
        self.assertEqual(set(server.mails), {3})

    def test_a_server_that_refuses_everything_for_a_while_is_asked_again(self):
        server = Server(mails(5))
        server.refuse = lambda command, uids: "NO [THROTTLED] later" if "BODY.PEEK" in command else None
        daemon = self.daemon_on(server)
        daemon.start()
        wait_until(lambda: server.asked("SELECT") >= 2, "it came again")
        self.assertEqual(daemon.sql("SELECT count(*) FROM message"), [(0,)])
        server.refuse = lambda command, uids: None
        wait_until(lambda: len(daemon.known()) == 5, "all were read")
        wait_until(lambda: len(server.moved) == 5, "all were filed")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_server_that_turns_refusing_within_a_batch_loses_none(self):
        server = Server(mails(6))
        asked = []

        def refuse(command, uids):
            if "BODY.PEEK" not in command:
                return None
            asked.append(uids)
            # the batch, then 1 and 2 one by one, then nothing more in this session
            return None if len(asked) in (2, 3) or server.asked("SELECT") > 1 else "NO [LIMIT] enough"

        server.refuse = refuse
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertNotIn("refused by the server", out)
        self.assertEqual(len(daemon.states()), 6)

    def test_a_server_that_turns_refusing_leaves_no_move_open(self):
        server = Server(mails(22))
        server.refuse = lambda command, uids: (
            "NO [LIMIT] enough" if "BODY.PEEK" in command and max(uids) > 8 and server.asked("SELECT") == 1 else None
        )
        daemon = self.daemon_on(server, batch_messages=4, move_messages=4)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(server.mails, {})
        self.assertEqual(sorted(server.folders["Processed"].values()), sorted(mails(22)))
        self.assertNotIn("what became of them", said)
        self.assertIn("the server said: NO [LIMIT] enough", said)
        self.assertIn("the server does not give uid 9", said)
        self.assertEqual(daemon.sql("SELECT count(*) FROM message WHERE filed_uid IS NULL"), [(0,)])

    def test_a_message_alone_that_is_always_refused_is_given_up(self):
        server = Server(mails(1))
        server.refuse = lambda command, uids: "NO broken" if "BODY.PEEK" in command else None
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("1 refused by the server", out)
        self.assertEqual(set(server.mails), {1})
        # ... for good: the next run does not begin anew
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertNotIn("refused", out)

    def test_a_message_that_is_there_but_never_comes_is_told_of(self):
        server = Server(mails(3))
        server.hidden = {2}
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("1 refused by the server", out)
        self.assertRegex(said, "uid 2 stays where it is")
        self.assertEqual(len(daemon.states()), 2)

    def test_a_message_that_somebody_took_away_is_no_matter(self):
        server = Server(mails(3))

        def refuse(command, uids):
            if "BODY.PEEK" in command:
                server.mails.pop(2, None)

        server.refuse = refuse
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertNotIn("refused", out)
        self.assertEqual(daemon.sql("SELECT uid FROM message ORDER BY uid"), [(1,), (3,)])

    def test_uids_may_be_as_large_as_they_get(self):
        server = Server()
        big = {2**31 - 1: 1, 2**31: 2, 2**32 - 2: 3, 2**32 - 1: 4}
        server.mails = {uid: bounce(f"big{n}@example.com", number=n) for uid, n in big.items()}
        daemon = self.daemon_on(server)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(sorted(server.moved), sorted(big))
        self.assertEqual(daemon.sql("SELECT last_uid FROM folder"), [(2**32 - 1,)])

    def test_a_target_that_cannot_be_made_keeps_the_mail_and_the_intent(self):
        server = Server(mails(2))
        server.refuse = lambda command, uids: (
            "NO [TRYCREATE] no such folder" if command.startswith("UID MOVE")
            else "NO permission denied" if command.startswith("CREATE") else None
        )
        daemon = self.daemon_on(server)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("recorded but not moved", said)
        self.assertEqual((len(daemon.states()), len(server.mails)), (2, 2))
        server.refuse = lambda command, uids: None
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(sorted(server.moved), [1, 2])
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(2,)])

    def test_a_server_that_comes_and_goes_leaves_nothing_behind(self):
        server = Server()
        daemon = self.daemon_on(server, retry_least="1s", retry_most="1s")
        process = daemon.start()
        fds = f"/proc/{process.pid}/fd"

        def cycle(times):
            for _ in range(times):
                before = server.asked("IDLE")
                server.down()
                server.up()
                wait_until(lambda: server.asked("IDLE") > before, "it came back")
            return len(os.listdir(fds)), own_memory(process.pid)

        wait_until(lambda: server.asked("IDLE") > 0, "it waits")
        fds_before, memory_before = cycle(5)
        fds_after, memory_after = cycle(TIMES)
        self.assertEqual(fds_before, fds_after)
        if not self.sanitized():
            self.assertLess(memory_after, memory_before + 1024)
        self.assertEqual(daemon.stop(), EX_OK)
        print(f"{memory_before} KiB, after {TIMES} times {memory_after} KiB", end=" ", flush=True)


if __name__ == "__main__":
    main()
