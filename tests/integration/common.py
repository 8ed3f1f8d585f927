# common - what every integration test stands on: a private server, mail in it, mailbounced on it
#
# A test is a unittest.TestCase whose methods are named as claims; it runs as
#	python3 -B NAME.py BIN
# BIN being the folder with mailbounced and bouncectl. Run as root, everything that faces mail runs
# as the user whom Dovecot runs as. KEEP=1 keeps the folder of a run.
#
# SPDX-License-Identifier: BSD-2-Clause

import email
import imaplib
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(ROOT, "tests", "golden")
PRIVATE_DOVECOT = os.path.join(ROOT, "scripts", "private-dovecot")
PASSWORD = "correct horse"
# A line that makes Dovecot offer all that it does but MOVE.
WITHOUT_MOVE = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ENABLE IDLE UIDPLUS SPECIAL-USE"
# The same for Cyrus; and two that put its folders beside INBOX, parted by slashes.
CYRUS_WITHOUT_MOVE = "suppress_capabilities: MOVE"
AS_CYRUS_RECOMMENDS = ("altnamespace: yes", "unixhierarchysep: yes")

# Sanitizers, valgrind and a machine with other work are slow; a healthy run never waits so long.
PATIENCE = 240

EX_OK, EX_UNAVAILABLE, EX_TEMPFAIL, EX_CONFIG = 0, 69, 75, 78
SKIPPED = 77  # ctest's word for it


def golden(name):
    """A golden mail as it comes over IMAP: CR LF line ends."""
    with open(os.path.join(GOLDEN, name + ".eml"), "rb") as f:
        return crlf(f.read())


def crlf(data):
    return re.sub(rb"\r?\n", b"\r\n", data)


def bounce(address, code="5.1.1", reply="550", text="User unknown", number=0, action="failed"):
    """A small report of Postfix's kind about one recipient; number tells two of them apart."""
    return crlf(
        f"""Return-Path: <>
From: MAILER-DAEMON@mail.lists.example.org (Mail Delivery System)
To: gardeners-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
Date: Mon, 2 Mar 2026 08:00:00 +0000
Message-ID: <report-{number}-{address}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b{number}"

--b{number}
Content-Type: text/plain; charset=us-ascii

<{address}>: host mx.example.com[198.51.100.7] said: {reply} {code} {text}

--b{number}
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.lists.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {code}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {reply} {code} {text}

--b{number}
Content-Type: text/rfc822-headers

From: Ingrid Example <ingrid@example.org>
To: gardeners@lists.example.org
Subject: [gardeners] Post {number}
Message-ID: <post-{number}@lists.example.org>

--b{number}--
""".encode()
    )


def ordinary(number):
    return crlf(
        f"""From: Berit Example <berit@example.org>
To: gardeners-bounces@lists.example.org
Subject: A question {number}
Date: Mon, 2 Mar 2026 09:00:00 +0000
Message-ID: <question-{number}@smtp.example.org>

Who has the key of the pump house?
""".encode()
    )


def message_id(data):
    return email.message_from_bytes(data)["Message-ID"]


def sanitized(binaries):
    """Was it built with AddressSanitizer, which keeps what was freed for a while?"""
    with open(os.path.join(binaries, "mailbounced"), "rb") as f:
        return b"__asan_init" in f.read()


class PrivateServer:
    """A real IMAP server in a folder of its own, as scripts/private-NAME starts it."""

    script = None

    def __init__(self, users=("bounces@example.com",), options=(), lines=()):
        # Sockets have short names: not below a long $TMPDIR.
        self.dir = tempfile.mkdtemp(prefix="mailbounced-", dir="/tmp")
        self.users = list(users)
        command = [self.script, "start", *options]
        for user in users:
            command += ["--user", f"{user}:{PASSWORD}"]
        for line in lines:
            command += ["--line", line]
        try:
            process = subprocess.run(command + [self.dir], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if process.returncode == EX_UNAVAILABLE:
                raise unittest.SkipTest(process.stderr.decode().strip())
            sys.stderr.write(process.stderr.decode())
            process.check_returncode()
            self.read_env()
        except BaseException:
            self.stop()
            raise
        self.uid, self.gid = int(self.env["RUN_UID"]), int(self.env["RUN_GID"])
        self.ca = self.env["CA"]
        self.imaps_port, self.imap_port = self.env["IMAPS_PORT"], self.env["IMAP_PORT"]

    def read_env(self):
        with open(os.path.join(self.dir, "env")) as f:
            self.env = dict(line.rstrip("\n").split("=", 1) for line in f)

    def tell(self, command, *arguments):
        """Runs the script once more: stop, again, run..."""
        return subprocess.run([self.script, command, self.dir, *arguments], check=True, stdout=subprocess.PIPE).stdout

    def again(self):
        """Starts a server that was stopped, on the same ports and mail."""
        self.tell("again")
        self.read_env()

    def stop(self):
        subprocess.run([self.script, "stop", self.dir], check=False)
        if os.environ.get("KEEP"):
            print(f"kept: {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(self.env["LOG"], errors="replace") as f:
            return f.read()

    def own(self, path):
        """Gives path to the user whom mailbounced runs as."""
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid)
        return path

    def connect(self, user=None):
        context = ssl.create_default_context(cafile=self.ca)
        imap = imaplib.IMAP4_SSL("127.0.0.1", int(self.imaps_port), ssl_context=context)
        imap.login(user or self.users[0], PASSWORD)
        return imap

    def fill(self, mails, folder="INBOX", user=None, flags=None):
        imap = self.connect(user)
        if folder != "INBOX":
            imap.create(quoted(folder))
        for mail in mails:
            status, answer = imap.append(quoted(folder), flags, None, mail)
            assert status == "OK", answer
        imap.logout()

    def mailboxes(self, user=None):
        """{folder: sorted [(Message-ID, flags)]}, empty folders left out. Reads with PEEK."""
        imap = self.connect(user)
        result = {}
        for folder in folder_names(imap):
            imap.select(quoted(folder), readonly=True)
            rows = []
            for item in imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]:
                if not isinstance(item, tuple):
                    continue
                flags = imaplib.ParseFlags(item[0])
                rows.append(
                    (
                        item[1].decode(errors="replace").partition(":")[2].strip(),
                        # \Recent is the session's, not the mail's
                        tuple(sorted(f.decode() for f in flags if f != b"\\Recent")),
                    )
                )
            if rows:
                result[folder] = sorted(rows)
        imap.logout()
        return result


class Dovecot(PrivateServer):
    script = PRIVATE_DOVECOT

    def fill_fast(self, mails, user=None):
        """A thousand APPENDs take their time; a maildir is just files. Before the first login only."""
        maildir = os.path.join(self.dir, "mail", user or self.users[0], "Maildir")
        for part in ("", "cur", "new", "tmp"):
            os.makedirs(os.path.join(maildir, part), exist_ok=True)
        for path, _, _ in os.walk(os.path.join(self.dir, "mail")):
            self.own(path)
        for number, mail in enumerate(mails):
            path = os.path.join(maildir, "new", f"{1772433600 + number}.M{number}P1.test")
            with open(path, "wb") as f:
                f.write(mail)
            self.own(path)


class Cyrus(PrivateServer):
    """Raises unittest.SkipTest with the reason where it cannot be had."""

    script = os.path.join(ROOT, "scripts", "private-cyrus")


def folder_names(imap):
    """Those that can be opened."""
    for line in imap.list()[1]:
        flags, name = re.fullmatch(rb'\((.*?)\) "[/.]" "?(.*?)"?', line).groups()
        if b"\\Noselect" not in flags:
            yield re.sub(r"\\(.)", r"\1", name.decode())


def quoted(folder):
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Mailbounced:
    """mailbounced and bouncectl with a configuration and a state of their own."""

    count = 0

    def __init__(self, dovecot, binaries, wrapper=(), program="mailbounced"):
        Mailbounced.count += 1
        self.dovecot = dovecot
        self.dir = os.path.join(dovecot.dir, f"mb{Mailbounced.count}")
        os.mkdir(self.dir)
        dovecot.own(self.dir)
        self.wrapper = [self._readable(word) for word in wrapper]
        self.program = self._binary(binaries, program)
        self.bouncectl = self._binary(binaries, "bouncectl")
        self.config_path = os.path.join(self.dir, "mailbounced.conf")
        self.state_path = os.path.join(self.dir, "state.db")
        self.log_path = os.path.join(self.dir, "log")
        self.process = None

    def _binary(self, folder, name):
        """A copy: the build may lie in a folder that only its owner can enter."""
        to = os.path.join(self.dovecot.dir, "bin")
        os.makedirs(to, exist_ok=True)
        path = os.path.join(to, name)
        if not os.path.exists(path):
            shutil.copy(os.path.join(folder, name), path)
        return path

    def _readable(self, word):
        """A file that an option of the wrapper names is copied likewise."""
        option, _, path = word.partition("=")
        return f"{option}={self._binary(*os.path.split(path))}" if os.path.isfile(path) else word

    def configure(self, accounts=None, extra="", log_level="debug", **options):
        """One account unless told; options are its options, given as Python values."""
        text = f'state = "{self.state_path}"\nlog-level = "{log_level}"\n{extra}\n'
        # Most tests let whole crowds fail at once, and want to see what becomes of each.
        if "incident {" not in extra:
            text += "incident { hold = false }\n"
        for name, account in (accounts or {"test": options}).items():
            text += self._account(name, account)
        with open(self.config_path, "w") as f:
            f.write(text)
        self.dovecot.own(self.config_path)

    def _account(self, name, options):
        password_file = os.path.join(self.dir, "password")
        with open(password_file, "w") as f:
            f.write(PASSWORD + "\n")
        os.chmod(password_file, 0o600)
        self.dovecot.own(password_file)
        all_options = {
            "host": "127.0.0.1",
            "port": self.dovecot.imaps_port,
            "tls": "implicit",
            "ca-file": self.dovecot.ca,
            "user": self.dovecot.users[0],
            "password-file": password_file,
            "retry-least": "1s",
            "retry-most": "1s",
        }
        all_options.update({key.replace("_", "-"): value for key, value in options.items()})
        lines = "".join(
            option(key, value) for key, value in all_options.items() if value is not None
        )
        return f'account "{name}" {{\n{lines}}}\n'

    def _run(self, *arguments, **options):
        if os.getuid() == 0:
            options.update(user=self.dovecot.uid, group=self.dovecot.gid, extra_groups=[])
        environment = {**os.environ, "HOME": self.dir, **options.pop("env", {})}
        return subprocess.Popen(list(arguments), cwd=self.dir, env=environment, **options)

    def command(self, *arguments, env=None):
        return [*self.wrapper, self.program, "-c", self.config_path, *arguments]

    def once(self, env=None):
        """Runs --once to its end: (exit code, standard output, log of this run)."""
        with open(self.log_path, "ab") as log:
            start = log.tell()
            process = self._run(
                *self.command("--once"), stdout=subprocess.PIPE, stderr=log, env=env or {}
            )
            try:
                out = process.communicate(timeout=PATIENCE)[0].decode()
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise AssertionError("--once does not end:\n" + self.log())
        return process.returncode, out, self.log()[start:]

    def start(self, env=None):
        with open(self.log_path, "ab") as log:
            self.process = self._run(
                *self.command("--foreground"), stdout=log, stderr=log, env=env or {}
            )
        return self.process

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            return self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("does not end:\n" + self.log())

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def ask(self, *arguments):
        """bouncectl's answer."""
        process = self._run(
            self.bouncectl, "-c", self.config_path, *arguments,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        out, errors = process.communicate(timeout=PATIENCE)
        if process.returncode != 0:
            raise AssertionError(f"bouncectl {arguments}: {process.returncode}: {errors.decode()}")
        return out.decode()

    def sql(self, statement, *parameters):
        connection = sqlite3.connect(f"file:{self.state_path}?mode=ro", uri=True, timeout=PATIENCE)
        try:
            return connection.execute(statement, parameters).fetchall()
        finally:
            connection.close()

    def unreplayed(self):
        """What bouncectl says of standings that do not follow from the ledger; "" when all do."""
        if not os.path.exists(self.state_path) or os.path.getsize(self.state_path) == 0:
            return ""
        process = self._run(
            self.bouncectl, "--state", self.state_path, "replay", "--check",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        out = process.communicate(timeout=PATIENCE)[0].decode()
        return out if process.returncode != 0 else ""

    def states(self):
        return dict(self.sql("SELECT address, state FROM recipient"))

    def known(self):
        """The same while the database may not be made yet."""
        try:
            return self.states()
        except sqlite3.OperationalError:
            return {}


def confuse(value):
    """A Python value as libconfuse writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(confuse(v) for v in value) + "}"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def option(key, value):
    """An option, or with a dict a section inside of the account."""
    if isinstance(value, dict):
        inside = "".join("\t" + option(k.replace("_", "-"), v) for k, v in value.items())
        return f"\t{key} {{\n{inside}\t}}\n"
    return f"\t{key} = {confuse(value)}\n"


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s in vain until {what}")
        time.sleep(0.02)


def stay_within_a_day(seconds):
    """A strike counts once a day (UTC): what takes so long must not begin shortly before midnight."""
    left = 86400 - time.time() % 86400
    if left < seconds:
        time.sleep(left)


def closed_port():
    """A port of 127.0.0.1 where nobody listens, and the socket that keeps it from others."""
    keeper = socket.socket()
    keeper.bind(("127.0.0.1", 0))
    return keeper.getsockname()[1], keeper


class Case(unittest.TestCase):
    """Starts a Dovecot, or what else server_kind says, for the class, whose users it names."""

    server_kind = Dovecot

    users = ("bounces@example.com",)
    lines = ()  # of the server's configuration
    server_options = ()
    binaries = None
    wrapper = ()

    @classmethod
    def setUpClass(cls):
        cls.host = cls.server_kind(cls.users, cls.server_options, cls.lines)
        cls.dovecot = cls.host  # as the tests know it that run on nothing else

    @classmethod
    def tearDownClass(cls):
        cls.host.stop()

    def setUp(self):
        self.daemons = []

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.process.kill()
                daemon.process.wait()
        for daemon in self.daemons:
            self.assertEqual(daemon.unreplayed(), "", "the ledger gives other standings")

    def mailbounced(self, program="mailbounced"):
        daemon = Mailbounced(self.dovecot, self.binaries, self.wrapper, program)
        self.daemons.append(daemon)
        return daemon

    def kick(self, daemon, user, sessions=1):
        """Dovecot ends the daemon's sessions. It may learn of one after the client did, so it is told until all are gone."""
        command = [PRIVATE_DOVECOT, "doveadm", self.dovecot.dir, "kick", user]
        before = daemon.log().count(": next attempt in ")

        def gone():
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return daemon.log().count(": next attempt in ") >= before + sessions

        wait_until(gone, "its sessions are ended")


class Result(unittest.TextTestResult):
    """Shows what the daemons said when a test fails."""

    def _logs(self, test):
        for daemon in getattr(test, "daemons", []):
            if os.path.exists(daemon.log_path):
                print(f"--- {daemon.log_path}\n{daemon.log()}---", file=sys.stderr)

    def addError(self, test, err):
        self._logs(test)
        super().addError(test, err)

    def addFailure(self, test, err):
        self._logs(test)
        super().addFailure(test, err)


def main():
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BIN [WRAPPER...]")
    Case.binaries = os.path.abspath(sys.argv[1])
    Case.wrapper = tuple(sys.argv[2:])
    program = unittest.main(
        argv=sys.argv[:1],
        testRunner=unittest.TextTestRunner(verbosity=2, resultclass=Result),
        exit=False,
    )
    if not program.result.wasSuccessful():
        sys.exit(1)
    if program.result.testsRun == 0:
        sys.exit(SKIPPED if program.result.skipped else 1)
