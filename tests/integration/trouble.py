# trouble - a mailbox on a server in trouble, and a good one beside it
#
# Each trouble must end by a deadline, be told of in words, and harm nobody else: the good mailbox
# takes in mail meanwhile, descriptors and memory stay as they were, and once the server is well its
# mail counts exactly once.
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

import bad_server as bad  # noqa: E402
from bad_server import BadServer  # noqa: E402
from common import EX_OK, Case, bounce, main, sanitized, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402
from service import memory  # noqa: E402

DEADLINES = {
    "connect_timeout": "1s", "tls_timeout": "1s", "progress_timeout": "1s", "command_timeout": "2s",
    "transfer_timeout": "2s", "idle_renew": "1s",
}
VISITS = 2  # that a trouble gets before the server is well again
MEMORY = 48 * 1024  # KiB that a trouble may cost at most: a list of IMAP_LIST_MAX messages has 32 MiB


def mails(who, count, first=1):
    return [bounce(f"{who}{n}@example.com", number=n) for n in range(first, first + count)]


class BadServers(Case):
    def server(self, kind, *arguments, **options):
        server = kind(*arguments, **options)
        self.addCleanup(server.down)
        return server

    def beside_a_good_one(self, server, **options):
        """A running daemon on the server, which is in trouble, and on a good one, whose mail it took in."""
        self.good = self.server(Server, mails("good", 3))
        daemon = self.mailbounced()
        daemon.configure(
            accounts={
                "bad": {**server.options(), **DEADLINES, **options},
                "good": self.good.options(),
            }
        )
        daemon.start()
        self.good_mail(daemon, 3)
        return daemon

    def good_mail(self, daemon, count):
        wait_until(lambda: len(self.good.moved) == count, "the good mailbox is done")
        self.assertEqual(self.known(daemon, "good"), count)

    def known(self, daemon, who):
        return daemon.sql("SELECT count(*) FROM event WHERE address LIKE ?", who + "%")[0][0]

    def complaints(self, daemon):
        return [line for line in daemon.log().splitlines() if "bad/INBOX: " in line and "next attempt" not in line]

    def attempts(self, daemon):
        return daemon.log().count("bad/INBOX: next attempt")

    def descriptors(self, daemon):
        folder = f"/proc/{daemon.process.pid}/fd"
        found = []
        for fd in os.listdir(folder):
            try:
                found.append(os.readlink(os.path.join(folder, fd)).partition(":")[0])
            except FileNotFoundError:  # closed since it was listed
                pass
        return sorted(found)

    def suffers(self, server, daemon, words):
        """The trouble lasts for a few visits, in which the good mailbox goes on."""
        start = memory(daemon.process.pid)[0]
        for number in range(1, VISITS + 1):
            wait_until(lambda: self.attempts(daemon) >= number, f"attempt {number} ended")
            self.good.mails[100 + number] = mails("good", 1, 100 + number)[0]
            self.good_mail(daemon, 3 + number)
        # On a busy machine another deadline may be over first; not for ever.
        wait_until(lambda: re.search(words, "\n".join(self.complaints(daemon))), f"it said {words}")
        if not sanitized(self.binaries):
            self.assertLess(memory(daemon.process.pid)[1], start + MEMORY)

    def gets_well(self, server, daemon, count):
        wait_until(lambda: len(server.moved) == count and not server.mails, "its mail was filed")
        wait_until(lambda: server.asked("IDLE") > 0, "it waits")
        self.assertEqual(self.known(daemon, "bad"), count)
        self.assertEqual(server.mails, {})
        # two mailboxes, two sockets; nothing is left of all the others
        wait_until(lambda: self.descriptors(daemon).count("socket") == 2, "no socket is left over")
        self.assertIsNone(daemon.process.poll())
        self.assertEqual(daemon.stop(), EX_OK)

    def trouble(self, moment, what, words, **options):
        server = self.server(BadServer, mails("bad", 2))
        server.trouble = (moment, what)
        daemon = self.beside_a_good_one(server, **options)
        self.suffers(server, daemon, words)
        server.trouble = None
        self.gets_well(server, daemon, 2)

    # before there is a session

    def test_a_refused_connection(self):
        server = self.server(BadServer, mails("bad", 2))
        server.down()
        daemon = self.beside_a_good_one(server)
        self.suffers(server, daemon, "connection refused by 127.0.0.1")
        server.up()
        self.gets_well(server, daemon, 2)

    def test_a_black_hole(self):
        server = self.server(BadServer, mails("bad", 2))
        server.close_the_door()
        daemon = self.beside_a_good_one(server)
        self.suffers(server, daemon, "no answer from 127.0.0.1")
        server.open_the_door()
        self.gets_well(server, daemon, 2)

    def test_a_greeting_that_does_not_come(self):
        self.trouble("greeting", bad.hang, "greeting: .*sent nothing for 1 s")

    def test_a_greeting_byte_by_byte(self):
        self.trouble("greeting", bad.drip, "greeting: .*not finished by the deadline")

    def test_garbage_for_a_greeting(self):
        self.trouble("greeting", bad.garbage, "greeting: the server's answer makes no sense")

    def test_zeros_for_a_greeting(self):
        self.trouble("greeting", bad.zeros, "greeting: .*a NUL byte outside of a literal")

    def test_an_endless_greeting(self):
        self.trouble("greeting", bad.endless_line, "greeting: .*line too long|more bytes than")

    def test_a_handshake_that_hangs(self):
        server = self.server(
            BadServer, mails("bad", 2), tls="implicit", certificate=os.path.join(self.dovecot.dir, "tls", "good")
        )
        server.trouble = ("connection", bad.hang)
        daemon = self.beside_a_good_one(server, ca_file=self.dovecot.ca)
        self.suffers(server, daemon, "TLS")
        server.trouble = None
        self.gets_well(server, daemon, 2)

    def starttls(self, moment, what, words):
        server = self.server(
            BadServer, mails("bad", 2), tls="starttls", certificate=os.path.join(self.dovecot.dir, "tls", "good")
        )
        server.trouble = (moment, what)
        daemon = self.beside_a_good_one(server, ca_file=self.dovecot.ca)
        self.suffers(server, daemon, words)
        self.assertEqual(server.asked("LOGIN"), 0)
        server.trouble = None
        self.gets_well(server, daemon, 2)

    def test_text_injected_behind_the_answer_to_starttls(self):
        self.starttls("STARTTLS", bad.inject, "STARTTLS: the server sent data before TLS: refused")

    def test_a_greeting_that_would_keep_tls_out(self):
        self.starttls("greeting", bad.inject_preauth, "STARTTLS: .*PREAUTH, which forbids it")

    def test_a_handshake_that_hangs_after_starttls(self):
        self.starttls("STARTTLS", bad.hang, "STARTTLS: .*sent nothing")

    # in a session

    def test_a_login_that_hangs(self):
        self.trouble("LOGIN", bad.hang, "LOGIN: .*sent nothing for 1 s")

    def test_a_folder_that_never_opens(self):
        self.trouble("SELECT", bad.flood, "SELECT INBOX: .*more bytes than an answer to this command can have")

    def test_a_folder_of_four_thousand_million_messages(self):
        self.trouble("SELECT", bad.lying_flood, "FETCH: .*(more bytes than an answer|not finished by the deadline)")

    def test_a_message_of_two_gigabytes(self):
        self.trouble("UID FETCH", bad.huge_literal, "FETCH: .*literal too large")

    def test_an_answer_in_endless_parentheses(self):
        self.trouble("UID FETCH", bad.nested, "FETCH: .*too many parentheses")

    def test_a_message_byte_by_byte(self):
        self.trouble("UID FETCH", bad.drip, "FETCH: .*not finished by the deadline")

    def test_a_move_that_hangs(self):
        self.trouble("UID MOVE", bad.hang, "MOVE: .*sent nothing for 1 s")

    def test_garbage_for_a_move(self):
        self.trouble("UID MOVE", bad.garbage, "MOVE: the server's answer")

    # in IDLE: the mail was taken in before

    def idle_trouble(self, what, words):
        server = self.server(BadServer)
        server.trouble = ("IDLE", what)
        daemon = self.beside_a_good_one(server)
        self.suffers(server, daemon, words)
        server.mails.update(enumerate(mails("bad", 2), 1))
        server.trouble = None
        self.gets_well(server, daemon, 2)

    def test_a_line_that_is_dead_while_it_waits(self):
        self.idle_trouble(bad.silent_idle, "IDLE: .*sent nothing for 1 s")

    def test_a_flood_while_it_waits(self):
        self.idle_trouble(bad.flood_in_idle, "IDLE: .*more bytes than an answer")


class Cuts(Case):
    """The line goes dead behind each piece of an answer, and in the middle of each."""

    COUNT = 3

    def server(self, name, cut):
        server = BadServer([bounce(f"{name}-{n}@example.com", number=n) for n in range(self.COUNT)])
        server.cut = cut
        self.addCleanup(server.down)
        return server

    def pieces(self):
        """How many pieces a session has, up to the first wait."""
        server = self.server("whole", (10**6, False))
        streams = []
        plain = server._stream
        server._stream = lambda connection: streams.append(plain(connection)) or streams[-1]
        daemon = self.mailbounced()
        daemon.configure(**server.options())
        daemon.start()
        wait_until(lambda: server.asked("IDLE") > 0, "it waits")
        count = 10**6 - streams[0].left
        self.assertEqual(daemon.stop(), EX_OK)
        return count

    def test_a_session_cut_anywhere_is_taken_up_again(self):
        count = self.pieces()
        self.assertGreater(count, 25)
        servers = {
            f"{'within' if within else 'behind'}{nth}": (nth, within)
            for nth in range(1, count + 1) for within in (False, True)
        }
        servers = {name: self.server(name, cut) for name, cut in servers.items()}
        daemon = self.mailbounced()
        daemon.configure(accounts={name: server.options() for name, server in servers.items()})
        daemon.start()
        for name, server in servers.items():
            wait_until(lambda: not server.mails and server.visits > 1, f"{name} is done")
        pending = "SELECT count(*) FROM message WHERE moved_at IS NULL"
        wait_until(lambda: daemon.sql(pending) == [(0,)], "every move is ticked off")
        self.assertEqual(daemon.stop(), EX_OK)
        counted = dict(daemon.sql("SELECT address, count(*) FROM event GROUP BY address"))
        self.assertEqual(counted, {f"{name}-{n}@example.com": 1 for name in servers for n in range(self.COUNT)})
        for name, server in servers.items():
            self.assertEqual(server.mails, {}, name)
            lost = re.search(f"{name}/INBOX: .*(closed the connection|broke|ended the session)", daemon.log())
            self.assertTrue(lost, f"{name}: not cut in {server.visits} visits, which asked {server.commands}")
        print(f"{count} pieces", end=" ", flush=True)


if __name__ == "__main__":
    main()
