# attachments - reports with attachments of many megabytes, on a real Dovecot and on servers that lie about parts
#
# What the daemon records of a large mail, of which it fetches little, must be what bouncectl says of the whole.
#
# SPDX-License-Identifier: BSD-2-Clause

import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

from common import EX_OK, Case, bounce, main  # noqa: E402
from imap_server import Server  # noqa: E402

MIB = 1024 * 1024
LEAST = 500 * 1024  # a large mail fetches no more than this


def attachment(size, kind="application/pdf", encoding="base64"):
    """A part without boundaries, of about so many bytes."""
    if encoding == "base64":
        body = (b"TmVpdGhlciBib3VuY2Ugbm9yIHJlcG9ydCwganVzdCBhIGxhcmdlIGF0dGFjaG1lbnQgdGhhdCBub2Jv\r\n" * (size // 82))
    elif encoding == "8bit":
        body = "Grå bær på blåbærtua, dag etter dag.\r\n".encode() * (size // 42)
    else:
        body = bytes(range(256)) * (size // 256)
    name = f'Content-Type: {kind}; name="x"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return name.encode() + body


def report(address, *parts, before=(), head=b""):
    """A report about one recipient whose parts stand behind those of `before`; the returned message has `parts`."""
    start, text, status, returned, end = re.split(rb"--b0(?:--)?\r\n", bounce(address))
    boundary = b"--b0\r\n"
    if parts:
        inner = b"".join(b"--in\r\n" + part + b"\r\n" for part in parts)
        returned = (
            b"Content-Type: message/rfc822\r\n\r\nFrom: news@example.org\r\nTo: list@example.org\r\nMessage-ID: <n@example.org>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n"
            b"--in\r\nContent-Type: text/plain\r\n\r\nNews.\r\n" + inner + b"--in--\r\n"
        )
    front = b"".join(boundary + part + b"\r\n" for part in before)
    return head + start + boundary + text + front + boundary + status + boundary + returned + b"--b0--\r\n"


def passed_on(address):
    """A gateway's mail with a report inside, whose status part stands behind an attachment."""
    inner = report(address, before=[attachment(5 * MIB)])
    return (
        b"From: MAILER-DAEMON@gw.example.net\r\nSubject: Undelivered\r\nMessage-ID: <" + address.encode() + b">\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=gw\r\n\r\n"
        b"--gw\r\nContent-Type: text/plain\r\n\r\nPassed on.\r\n"
        b"--gw\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--gw--\r\n"
    )


def words_only(address):
    """No status part, only words; the returned message stands in front of a footer."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\r\nSubject: failure notice\r\nMessage-ID: <{address}>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\nContent-Type: text/plain\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.net.\r\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        f"<{address}>:\r\n198.51.100.7 does not like recipient.\r\nRemote host said: 550 5.1.1 User unknown\r\nGiving up on "
        "198.51.100.7.\r\n--w\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@example.org\r\nMessage-ID: <n@example.org>\r\n"
        "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n"
    ).encode() + attachment(6 * MIB) + b"\r\n--in--\r\n--w\r\nContent-Type: text/plain\r\n\r\nA footer.\r\n--w--\r\n"


def large_mails():
    """{name: mail}; an address is its mail's name at example.com."""
    def at(name):
        return f"{name}@example.com"

    end = b"--b0--\r\n"
    return {
        "in-front": report(at("in-front"), before=[attachment(30 * MIB)]),
        "behind": report(at("behind"), attachment(30 * MIB)),
        "around": report(at("around"), attachment(10 * MIB), before=[attachment(10 * MIB)]),
        "many": report(at("many"), before=[attachment(MIB, "image/png")] * 11),
        "inside": report(at("inside"), b"Content-Type: message/rfc822\r\n\r\n" + report(at("other"), attachment(5 * MIB))),
        "eight-bit": report(at("eight-bit"), before=[attachment(5 * MIB, "application/octet-stream", "8bit")]),
        "binary": report(at("binary"), before=[attachment(5 * MIB, "application/octet-stream", "binary")]),
        "no-end": report(at("no-end"), before=[attachment(5 * MIB)]).removesuffix(end),
        "long-text": report(at("long-text"), before=[attachment(5 * MIB, "text/plain", "8bit")]),
        "words-only": words_only(at("words-only")),
        "passed-on": passed_on(at("passed-on")),
        "blank-boundary": report(at("blank-boundary"), before=[attachment(5 * MIB)]).replace(b"--b0\r\n", b"--b0 \t\r\n"),
        "other-boundary": report(at("other-boundary"), before=[attachment(MIB // 2)]).replace(b'boundary="b0"', b'boundary="b1"'),
    }


WHOLE = {"other-boundary": MIB, "long-text": MIB}  # bytes that these may fetch
FIELDS = ("address", "status", "smtp", "action", "diagnostic", "reason", "rule", "disposition")


class Attachments(Case):
    def fetched(self, daemon):
        """{uid: bytes read of it}, of the large ones."""
        return {int(uid): int(read) for uid, read in re.findall(r"uid (\d+): (\d+) of \d+ bytes are read", daemon.log())}

    def said_of(self, daemon, mails):
        """What bouncectl makes of the whole mails: {name: JSON}."""
        folder = os.path.join(daemon.dir, "whole")
        os.makedirs(folder)
        daemon.dovecot.own(folder)
        for name, mail in mails.items():
            with open(os.path.join(folder, name + ".eml"), "wb") as f:
                f.write(mail)
        said = map(json.loads, daemon.ask("classify", "--json", folder).splitlines())
        return {os.path.basename(mail["file"])[:-4]: mail for mail in said}

    def recorded(self, daemon, uid):
        rows = daemon.sql(
            "SELECT address, event.status, smtp, action, diagnostic, reason, rule, disposition FROM event "
            "JOIN message ON message.id = event.message WHERE uid = ? ORDER BY number", uid)
        return [{**dict(zip(FIELDS, row)), "smtp": str(row[2] or "")} for row in rows]

    def test_what_is_recorded_is_what_the_whole_says(self):
        mails = large_mails()
        # on disk with the line ends of Unix, too: the server counts them as it sends them
        self.dovecot.fill_fast(
            mail.replace(b"\r\n", b"\n") if number % 2 else mail for number, mail in enumerate(mails.values()))
        daemon = self.mailbounced()
        daemon.configure()
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        whole, fetched = self.said_of(daemon, mails), self.fetched(daemon)
        for uid, name in enumerate(mails, 1):
            with self.subTest(name=name):
                self.assertFalse(whole[name]["clipped"])
                self.assertEqual(whole[name]["recipients"][0]["address"], f"{name}@example.com")
                self.assertEqual(
                    self.recorded(daemon, uid),
                    [{field: recipient[field] for field in FIELDS} for recipient in whole[name]["recipients"]])
                self.assertLessEqual(fetched[uid], WHOLE.get(name, LEAST))
        self.assertEqual(set(daemon.states().values()), {"dead"})
        sent = sum(int(out) for out in re.findall(r"Logged out .*?out=(\d+)", self.dovecot.log()))
        self.assertLess(sent, 6 * MIB, "bytes on the wire")
        print(f"{sent // 1024} KiB on the wire for {sum(map(len, mails.values())) // MIB} MiB of mail", end=" ", flush=True)


class Sections(Server):
    """A server that knows parts 1 to 4 of the reports here, and lies about them if told to."""

    lie = staticmethod(lambda section, data: data)

    def __init__(self, mails):
        super().__init__(mails)
        self.given = 0

    def _parts(self, mail):
        """{section: bytes} of the outer parts."""
        found = {"": mail}
        for number, part in enumerate(re.split(rb"--b0(?:--)?\r\n", mail)[1:-1], 1):
            header, body = part.split(b"\r\n\r\n", 1)
            found[f"{number}.MIME"] = header + b"\r\n\r\n"
            found[f"{number}"] = body.removesuffix(b"\r\n")
        return found

    def section(self, mail, section, offset, most):
        data = self.lie(section, self._parts(mail).get(section, b""))
        data = data and data[offset : offset + most]
        self.given += len(data or b"")
        return data


class Lies(Case):
    def run_on(self, lie=None, kind=Sections, **hooks):
        """A mail whose status part stands behind 300 KB of attachment, one far behind, a small one: (server, daemon, out)."""
        server = kind([
            report("near@example.com", before=[attachment(300 * 1024)]),
            report("far@example.com", before=[attachment(5 * MIB)]),
            bounce("small@example.com"),
        ])
        self.addCleanup(server.down)
        if lie:
            server.lie = lie
        for name, hook in hooks.items():
            setattr(server, name, hook)
        daemon = self.mailbounced()
        daemon.configure(**server.options())
        status, out, self.said = daemon.once()
        self.assertEqual(status, EX_OK, self.said)
        return server, daemon, out

    def drain(self, lie=None, **hooks):
        """All are read: (server, was the status part found that is far behind?)."""
        server, daemon, out = self.run_on(lie, **hooks)
        self.assertNotIn("refused by the server", out)
        self.assertEqual(daemon.sql("SELECT count(*) FROM message"), [(3,)])
        states = daemon.states()
        self.assertEqual(states.pop("small@example.com"), "dead")
        self.assertEqual(states.pop("near@example.com"), "dead", "at worst it is read in one piece")
        self.assertIn(states, ({}, {"far@example.com": "dead"}))
        return server, bool(states)

    def test_an_honest_server_gives_little_and_that_is_enough(self):
        server, far = self.drain()
        self.assertTrue(far)
        self.assertLess(server.given, 200 * 1024)

    def test_one_that_knows_no_parts_gives_one_piece(self):
        for nothing in (None, b""):
            server, far = self.drain(lambda section, data: nothing if section else data)
            self.assertFalse(far)
            self.assertIn("in one piece", self.said)

    def test_one_that_refuses_parts_gives_one_piece(self):
        server, far = self.drain(refuse=lambda command, uids: "NO no parts" if "MIME" in command else None)
        self.assertFalse(far)

    def test_one_that_calls_parts_unknown_commands_gives_one_piece(self):
        server, far = self.drain(refuse=lambda command, uids: "BAD syntax" if "MIME" in command else None)
        self.assertFalse(far)

    def test_one_whose_parts_are_others_is_not_believed(self):
        def shifted(section, data):
            return b"Content-Type: image/png\r\n\r\n" if section.endswith("MIME") else data

        server, far = self.drain(shifted)
        self.assertFalse(far)
        self.assertIn("in one piece", self.said)

    def test_parts_without_end_have_an_end(self):
        def endless(section, data):
            return data or b"Content-Type: image/png\r\n\r\n"

        server, far = self.drain(endless)
        self.assertTrue(far)
        self.assertLess(server.asked("MIME"), 100)

    def test_one_that_dies_of_parts_is_asked_for_one_piece_in_the_end(self):
        server, far = self.drain(before=lambda command, uids: "hang up" if "MIME" in command and 1 in uids else None)
        self.assertTrue(far, "the other mail is none of its business")
        self.assertEqual(server.asked(".MIME]"), 2 + 1, "twice for the one, once for the other")

    def test_what_somebody_takes_away_in_between_is_no_matter(self):
        class Taken(Sections):
            def section(self, mail, section, offset, most):
                if len(mail) > 5 * MIB:
                    self.mails.pop(2, None)
                return super().section(mail, section, offset, most)

        server, daemon, out = self.run_on(kind=Taken)
        self.assertNotIn("refused by the server", out)
        self.assertEqual(daemon.sql("SELECT uid FROM message ORDER BY uid"), [(1,), (3,)])

    def test_a_large_mail_whose_rest_is_refused_is_read_as_far_as_it_came(self):
        def refuse(command, uids):
            return "NO broken" if "BODY.PEEK" in command and 2 in uids and "BODY.PEEK[]<0." not in command else None

        server, daemon, out = self.run_on(refuse=refuse)
        self.assertNotIn("refused by the server", out)
        self.assertRegex(self.said, "of uid 2 only the first 65536 bytes are read")
        self.assertEqual(set(daemon.states()), {"near@example.com", "small@example.com"})
        self.assertEqual(set(server.mails), {2}, "what it says did not come")


if __name__ == "__main__":
    main()
