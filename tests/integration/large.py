# large - huge mails, and folders with very many
#
# What is huge is made up while it is asked for, so that the test itself stays small.
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

from common import EX_OK, Case, bounce, main, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402
from service import memory  # noqa: E402

MIB = 1024 * 1024
HUGE = 200 * MIB
FIRST = 64 * 1024  # fetched of every mail
MANY = 1000000
MEMORY = 8 * 1024  # KiB that a folder may cost, whatever it holds
KEPT_TWICE = 4  # a mail's bytes pass through libetpan, which holds some copies while they come


def words(address):
    """A report of words alone, all of which is text."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\r\nSubject: failure notice\r\nMessage-ID: <{address}>\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.net.\r\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        f"<{address}>:\r\n198.51.100.7 does not like recipient.\r\nRemote host said: 550 5.1.1 User unknown\r\nGiving up on "
        "198.51.100.7.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nSubject: x\r\n\r\n"
    ).encode()


class HugeMail:
    """A report whose returned mail never ends; only its beginning is in memory."""

    def __init__(self, head):
        self.head = head

    def __len__(self):
        return HUGE

    def __getitem__(self, part):
        start, stop = min(part.start or 0, HUGE), min(part.stop, HUGE)
        found = self.head[start:stop]
        return found + b"x" * (stop - start - len(found))


class Counting(Server):
    """Counts the bytes of messages that it gave."""

    given = 0

    def section(self, mail, section, offset, most):
        data = super().section(mail, section, offset, most)
        self.given += len(data)
        return data


class Many(Server):
    """A folder of a million messages, all alike but for their number. Says UIDNEXT only if told to."""

    def __init__(self, uidnext=True):
        self.taken, self.told = 0, 0
        self.says_uidnext = uidnext
        super().__init__()

    def _select(self, stream, rest, uids):
        stream.told = 0
        self._say(stream, f"* {MANY} EXISTS", "* 0 RECENT", "* OK [UIDVALIDITY 7] it is")
        if self.says_uidnext:
            self._say(stream, f"* OK [UIDNEXT {MANY + 1}] it is")

    def _ranges(self, text):
        for part in text.split(","):
            first, _, last = part.partition(":")
            low, high = (MANY if end == "*" else int(end) for end in (first, last or first))
            yield from range(min(low, high), min(max(low, high), MANY) + 1)

    def _uids(self, text, box):
        return []

    def _uid_fetch(self, stream, rest, uids):
        wanted = self._ranges(rest.split()[2])
        if "BODY.PEEK" in rest:
            for uid in wanted:
                mail = bounce(f"many{uid}@example.com", number=uid)
                stream.write(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n")
                self.taken += 1
            return
        for uid in wanted:
            stream.write(f"* {uid} FETCH (UID {uid} RFC822.SIZE 1000)\r\n".encode())
            self.told += 1

    def _uid_move(self, stream, rest, uids):
        for uid in self._ranges(rest.split()[2]):
            self._say(stream, "* 1 EXPUNGE")


class Large(Case):
    def sanitized(self):
        """AddressSanitizer keeps what was freed for a while."""
        with open(os.path.join(self.binaries, "mailbounced"), "rb") as f:
            return b"__asan_init" in f.read()

    def running(self, server, **options):
        self.addCleanup(server.down)
        daemon = self.mailbounced()
        daemon.configure(**{**server.options(), **options})
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        return daemon

    def test_of_huge_mails_only_the_beginning_is_fetched(self):
        count, limit = 6, 256 * 1024
        server = Counting([HugeMail(bounce(f"huge{n}@example.com", number=n)) for n in range(count // 2)] +
                          [HugeMail(words(f"huge{n}@example.com")) for n in range(count // 2, count)])
        daemon = self.running(server, message_bytes=f"{limit // 1024}K")
        wait_until(lambda: len(server.moved) == count, "all were filed")
        self.assertEqual(daemon.states(), {f"huge{n}@example.com": "dead" for n in range(count)})
        self.assertEqual(daemon.sql("SELECT DISTINCT size FROM message"), [(HUGE,)])
        # the report that is told needs no more than what is always fetched, a text may have all
        self.assertEqual(server.given, count // 2 * (FIRST + limit))
        if not self.sanitized():
            self.assertLess(memory(daemon.process.pid)[1], 10 * 1024 + KEPT_TWICE * count * limit // 1024)
        self.assertEqual(daemon.stop(), EX_OK)

    def million(self, server):
        daemon = self.running(server)
        start = memory(daemon.process.pid)[0]
        wait_until(lambda: server.taken > 2000, "the first batches were taken")
        # ... which did not wait until the whole folder was listed
        self.assertLess(server.told, MANY // 10)
        now, most = memory(daemon.process.pid)
        if not self.sanitized():
            self.assertLess(most, start + MEMORY)
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertGreater(daemon.sql("SELECT count(*) FROM event")[0][0], 1000)
        print(f"resident {start} KiB, then {now} KiB, at most {most} KiB", end=" ", flush=True)

    def test_a_folder_of_a_million_mails_starts_in_bounded_memory(self):
        self.million(Many())

    def test_so_it_does_when_the_server_does_not_say_uidnext(self):
        self.million(Many(uidnext=False))


if __name__ == "__main__":
    main()
