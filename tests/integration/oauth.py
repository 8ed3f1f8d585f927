# oauth - signing in with access tokens and with SCRAM, on a real Dovecot and a token endpoint of ours
#
# Dovecot checks the tokens itself, by the key that the endpoint signs them with. No run may show a
# secret in its log, whatever it tests: tearDown looks.
#
# SPDX-License-Identifier: BSD-2-Clause

import base64
import json
import os
import re
import socket
import ssl
import stat
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fake"))

import token_server  # noqa: E402
from common import EX_OK, EX_TEMPFAIL, PASSWORD, Case, bounce, closed_port, main, wait_until  # noqa: E402
from imap_server import Server  # noqa: E402
from token_server import TokenServer, refuse, say, token  # noqa: E402

SECRET = "s3cret~Value.of/the+app=x"
REFRESH = "1.refresh-token-of-the-operator"


class Imap:
    """Greets over TLS, and answers AUTHENTICATE with what it was given: lines, one for each that comes."""

    def __init__(self, dovecot, *answers, offers="AUTH=XOAUTH2 AUTH=PLAIN SASL-IR", select="OK"):
        self.answers, self.offers, self.select = answers, offers, select
        self.heard, self.tries = [], 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls = os.path.join(dovecot.dir, "tls", "good.")
        self.context.load_cert_chain(tls + "pem", tls + "key")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(client, server_side=True) as tls:
                    tls.settimeout(60)
                    self._talk(tls.makefile("rwb", buffering=0))
            except OSError:
                pass

    def _talk(self, stream):
        def put(text):
            stream.write(text.encode() + b"\r\n")

        put(f"* OK [CAPABILITY IMAP4rev1 {self.offers}] hello")
        while line := stream.readline().decode().rstrip("\r\n"):
            tag, command = line.split(" ", 1)
            if command == "CAPABILITY":
                put(f"* CAPABILITY IMAP4rev1 {self.offers}")
                put(f"{tag} OK done")
            elif command.startswith(("AUTHENTICATE", "LOGIN ")):
                self.tries += 1
                self.heard.append(command)
                for answer in self.answers[:-1]:
                    put(answer.replace("$", command))
                    self.heard.append(stream.readline().decode().rstrip("\r\n"))
                put(f"{tag} " + self.answers[-1].replace("$", command))
            elif command.startswith("SELECT"):
                put(f"{tag} {self.select}")
            else:
                put(f"{tag} OK bye")

    def close(self):
        self.socket.close()


class OAuth(Case):
    users = tuple(f"oauth{n}@example.com" for n in range(12))
    server_options = (
        "--mechanisms", "plain login scram-sha-256 xoauth2 oauthbearer",
        "--token-key", token_server.KEY_BASE64,
    )

    def setUp(self):
        super().setUp()
        self.user = self.users[0]
        self.server = TokenServer(self.dovecot.dir, self.user)
        self.secrets = [SECRET, REFRESH, PASSWORD]
        self.servers = [self.server]

    def tearDown(self):
        super().tearDown()
        for server in self.servers:
            self.secrets += getattr(server, "tokens", [])
            server.close()
        for daemon in self.daemons:
            self.assert_silent(daemon.log() if os.path.exists(daemon.log_path) else "")

    def assert_silent(self, log):
        """Neither a secret nor a good part of one, nor one in base64, is in the log."""
        for secret in self.secrets:
            for form in (secret, base64.b64encode(b"\0" + secret.encode()).decode()):
                for at in range(0, len(form) - 15):
                    self.assertNotIn(form[at : at + 16], log)

    def imap(self, *answers, **options):
        server = Imap(self.dovecot, *answers, **options)
        self.servers.append(server)
        return server

    def file(self, daemon, name, text):
        path = os.path.join(daemon.dir, name)
        with open(path, "w") as f:
            f.write(text + "\n")
        os.chmod(path, 0o600)
        return self.dovecot.own(path)

    def app(self, daemon, **options):
        """A section oauth2 with client credentials."""
        section = {
            "token_url": self.server.url,
            "client_id": "app-id",
            "client_secret_file": self.file(daemon, "secret", SECRET),
            "scope": "https://outlook.office365.com/.default",
            "ca_file": self.dovecot.ca,
        }
        section.update(options)
        return {key: value for key, value in section.items() if value is not None}

    def person(self, daemon, **options):
        """The same with a refresh token."""
        path = self.file(daemon, "refresh", REFRESH)
        return self.app(daemon, client_secret_file=None, refresh_token_file=path, **options)

    def daemon_with(self, oauth2=None, **options):
        daemon = self.mailbounced()
        section = oauth2 or self.app
        daemon.configure(
            **{"user": self.user, "password_file": None, "oauth2": section(daemon), **options}
        )
        return daemon

    def assert_once(self, daemon, expected=EX_OK):
        status, _, said = daemon.once()
        self.assertEqual(status, expected, said)
        return said

    def methods(self, user, count):
        """How a user signed in, each time. Dovecot's log comes late: nobody else may use that user."""
        pattern = re.compile(rf"Login: user=<{user}>, method=(\S+),")
        wait_until(lambda: len(pattern.findall(self.dovecot.log())) >= count, "Dovecot tells of the login")
        return pattern.findall(self.dovecot.log())

    # The ways to sign in

    def test_tokens_are_taken_in_both_ways_and_the_standard_one_is_preferred(self):
        user = self.users[9]
        self.server.user = user
        methods = []
        for auth, method in (("xoauth2", "XOAUTH2"), ("oauthbearer", "OAUTHBEARER"), ("auto", "OAUTHBEARER")):
            with self.subTest(auth=auth):
                self.assert_once(self.daemon_with(user=user, auth=auth))
                methods.append(method)
                self.assertEqual(self.methods(user, len(methods)), methods)

    def test_passwords_go_the_strongest_way_and_the_chosen_one(self):
        user, methods = self.users[10], []
        for auth, method in (
            ("auto", "SCRAM-SHA-256"), ("scram-sha-256", "SCRAM-SHA-256"), ("plain", "PLAIN"), ("login", "PLAIN"),
        ):
            with self.subTest(auth=auth):
                daemon = self.mailbounced()
                daemon.configure(user=user, auth=auth)
                self.assert_once(daemon)
                methods.append(method)
                self.assertEqual(self.methods(user, len(methods)), methods)

    def test_a_wrong_password_fails_scram_with_a_remedy(self):
        daemon = self.mailbounced()
        daemon.configure(user=self.user)
        self.file(daemon, "password", "wrong horse")
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(said, "AUTHENTICATE SCRAM-SHA-256: .*check user and password.*auth = plain")

    def test_mail_is_read_and_filed_with_a_token(self):
        user = self.users[1]
        self.server.user = user
        self.dovecot.fill([bounce("token@example.com")], user=user)
        daemon = self.daemon_with(user=user)
        self.assert_once(daemon)
        self.assertEqual(daemon.states(), {"token@example.com": "dead"})
        self.assertEqual(len(self.dovecot.mailboxes(user)["Processed"]), 1)

    def test_mail_is_brought_back_with_a_token(self):
        user = self.users[11]
        self.server.user = user
        self.dovecot.fill([bounce("back@example.com", number=2)], user=user)
        daemon = self.daemon_with(user=user)
        self.assert_once(daemon)
        self.assertIn("1 restored, 0 gone, 0 refused", daemon.ask("restore", "--since", "1h"))

    # Getting tokens

    def test_client_credentials_are_asked_for_as_the_standard_says(self):
        self.assert_once(self.daemon_with())
        self.assertEqual(
            self.server.requests,
            [{
                "grant_type": "client_credentials", "client_id": "app-id", "client_secret": SECRET,
                "scope": "https://outlook.office365.com/.default",
            }],
        )

    def test_a_new_refresh_token_replaces_the_old_one_in_its_file(self):
        self.server.answers = [token(refresh_token="2.another-refresh-token"), token()]
        self.secrets.append("2.another-refresh-token")
        daemon = self.daemon_with(self.person)
        self.assert_once(daemon)
        path = os.path.join(daemon.dir, "refresh")
        with open(path) as f:
            self.assertEqual(f.read(), "2.another-refresh-token\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertFalse(os.path.exists(path + ".new"))
        self.assert_once(daemon)
        self.assertEqual(
            self.server.requests,
            [
                {
                    "grant_type": "refresh_token", "client_id": "app-id", "refresh_token": value,
                    "scope": "https://outlook.office365.com/.default",
                }
                for value in (REFRESH, "2.another-refresh-token")
            ],
        )

    def test_a_new_refresh_token_that_cannot_be_written_is_told_and_used_on(self):
        self.server.answers = [token(expires_in=1, refresh_token="2.another-refresh-token"), token()]
        self.secrets.append("2.another-refresh-token")
        daemon = self.mailbounced()
        folder = os.path.join(daemon.dir, "closed")
        os.mkdir(folder)
        path = self.file(daemon, os.path.join("closed", "refresh"), REFRESH)
        # Root made the folder: the daemon's user may read in it, no more.
        os.chmod(folder, 0o555)
        section = self.app(daemon, client_secret_file=None, refresh_token_file=path)
        daemon.configure(user=self.user, password_file=None, oauth2=section)
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        self.assertRegex(daemon.log(), "refresh: the new refresh token cannot be written: Permission denied; let")
        time.sleep(1)
        self.kick(daemon, self.user)
        wait_until(lambda: len(self.server.requests) >= 2, "another token was asked for")
        self.assertEqual(self.server.requests[1]["refresh_token"], "2.another-refresh-token")
        # The operator's own new one counts before it.
        self.file(daemon, os.path.join("closed", "refresh"), "3.the-operators-new-one")
        self.secrets.append("3.the-operators-new-one")
        self.server.answers = [token()]
        self.assertEqual(daemon.stop(), EX_OK)
        self.assert_once(daemon)
        self.assertEqual(self.server.requests[-1]["refresh_token"], "3.the-operators-new-one")

    def test_a_command_gives_tokens_and_is_run_once_for_many_folders(self):
        user = self.users[2]
        folders = [f"Command{n}" for n in range(8)]
        for folder in folders:
            self.dovecot.fill([], folder, user)
        daemon = self.mailbounced()
        text = token_server.make_token(user)
        self.secrets.append(text)
        script = f"echo run >>runs; echo Bearer {text} >&2; echo {text}"
        daemon.configure(
            user=user, folders=folders, password_file=None, oauth2={"token_command": ["/bin/sh", "-c", script]}
        )
        self.assert_once(daemon)
        with open(os.path.join(daemon.dir, "runs")) as f:
            self.assertEqual(f.read(), "run\n")

    def test_a_command_that_fails_is_told_without_its_words(self):
        daemon = self.mailbounced()
        script = f"echo using {REFRESH} >&2; exit 7"
        daemon.configure(
            user=self.user, password_file=None, oauth2={"token_command": ["/bin/sh", "-c", script]}
        )
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(said, r"no token: /bin/sh: exit status 7; run it by hand")

    # Sharing and keeping them

    def test_one_token_serves_all_folders_of_an_account(self):
        user = self.users[3]
        self.server.user = user
        folders = [f"Many{n}" for n in range(20)]
        for number, folder in enumerate(folders):
            self.dovecot.fill([bounce(f"many{number}@example.com", number=number)], folder, user)
        daemon = self.daemon_with(user=user, folders=folders)
        self.assert_once(daemon)
        self.assertEqual(len(self.server.requests), 1)
        self.assertEqual(daemon.sql("SELECT count(*) FROM recipient"), [(20,)])

    def test_a_failure_is_shared_by_all_folders_as_well(self):
        self.server.answers = [refuse(401, "invalid_client", "AADSTS7000222: expired")]
        user = self.users[4]
        folders = [f"Fail{n}" for n in range(20)]
        for folder in folders:
            self.dovecot.fill([], folder, user)
        daemon = self.daemon_with(user=user, folders=folders, retry_most="1h")
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertEqual(len(self.server.requests), 1)
        # once a connection, of those that were tried before one was denied
        self.assertIn(said.count("AADSTS7000222"), range(1, 9))

    def test_a_token_is_replaced_before_it_expires(self):
        user = self.users[5]
        self.server.user = user
        self.server.answers = [token(expires_in=2), token()]
        daemon = self.daemon_with(user=user)
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        time.sleep(2)
        self.kick(daemon, user)
        wait_until(lambda: daemon.log().count("signed in") >= 2, "it signed in again")
        self.assertEqual(len(self.server.requests), 2)
        self.assertNotIn("did not sign in", daemon.log())
        self.kick(daemon, user)
        wait_until(lambda: daemon.log().count("signed in") >= 3, "it signed in once more")
        self.assertEqual(len(self.server.requests), 2)
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_revoked_token_is_replaced_once_for_all_folders(self):
        user = self.users[6]
        self.server.user = user
        folders = [f"Revoked{n}" for n in range(5)]
        for folder in folders:
            self.dovecot.fill([], folder, user)
        # The endpoint promises an hour, Dovecot takes it for two seconds.
        self.server.answers = [token(life=2), token()]
        daemon = self.daemon_with(user=user, folders=folders)
        daemon.start()
        wait_until(lambda: daemon.log().count("signed in") >= 5, "all signed in")
        time.sleep(4)
        self.kick(daemon, user, sessions=5)
        wait_until(lambda: daemon.log().count("signed in") >= 10, "all signed in again")
        self.assertEqual(len(self.server.requests), 2)
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_server_that_refuses_the_new_token_too_is_left_alone(self):
        server = Server(capabilities="IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=XOAUTH2")
        self.addCleanup(server.down)
        daemon = self.daemon_with(**server.options(), retry_most="20s")
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        server.refuse = lambda command, uids: (
            "NO [AUTHENTICATIONFAILED] no" if command.startswith("AUTHENTICATE") else None
        )
        server.down()
        server.up()
        wait_until(lambda: "did not sign in" in daemon.log(), "it was refused")
        pause = re.compile(r"did not sign in[^\n]*\n[^\n]*next attempt in (\d+) s")
        wait_until(lambda: pause.search(daemon.log()), "it says when it tries again")
        self.assertGreaterEqual(int(pause.search(daemon.log())[1]), 15)
        self.assertEqual(len(self.server.requests), 2)
        self.assertEqual(daemon.log().count("asking for a new one"), 1)
        self.assertEqual(daemon.stop(), EX_OK)

    # Endpoints in trouble

    def test_every_error_of_the_endpoint_is_told_with_its_remedy(self):
        rows = (
            (401, "invalid_client", "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
             r"HTTP 401, invalid_client: AADSTS7000222.*expired\.: the client secret has expired; make a new one"),
            (401, "invalid_client", "AADSTS7000215: Invalid client secret provided.", "Value, not its Secret ID"),
            (401, "invalid_client", "", "check client-id and the client secret"),
            (400, "unauthorized_client", "AADSTS700016: Application not found", "no such application in this tenant"),
            (400, "unauthorized_client", "", "may not get tokens in this way"),
            (400, "invalid_grant", "Token has been expired or revoked.", "no longer valid.*authorise"),
            (400, "invalid_grant", "", "expired, revoked or another application's"),
            (400, "invalid_grant", "AADSTS65001: The user or administrator has not consented", "grant admin consent"),
            (400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid", "scope is not valid"),
            (400, "invalid_scope", "", "correct scope"),
            (400, "invalid_request", "AADSTS900023: Specified tenant identifier", "Directory .tenant. ID"),
            (400, "unheard_of", "", "look the error up"),
        )
        for status, error, description, words in rows:
            with self.subTest(error=error, description=description):
                self.server.answers = [refuse(status, error, description)]
                before = len(self.server.requests)
                said = self.assert_once(self.daemon_with(), EX_TEMPFAIL)
                self.assertRegex(said, r"test/INBOX: cannot sign in \S+: no token: 127\.0\.0\.1: .*" + words)
                self.assertNotIn("Trace ID", said)
                self.assertEqual(len(self.server.requests) - before, 1, "asked again without a change")

    def test_answers_that_are_no_json_are_told(self):
        rows = (
            (say(200, "<html>Sign in</html>"), "HTTP 200 with a web page instead of JSON"),
            (say(404, ""), "HTTP 404 with nothing instead of JSON"),
            (say(200, "access_token=abcdefgh", "text/plain"), "HTTP 200 with something instead of JSON"),
            (say(503, "<html>Outage</html>"), "HTTP 503: it is busy or in trouble"),
            (say(200, "{}", "application/json"), "holds no access token"),
            (say(200, '{"access_token":"a b"}', "application/json"), "holds no access token"),
            (say(200, '{"access_token":"abcdefgh","token_type":"mac"}', "application/json"), "not one for the bearer"),
            (say(200, "[" * 30000, "application/json"), "with something instead of JSON"),
            (token_server.endless, "is longer than any that holds a token"),
            (token_server.endless_head, "the head of its answer is longer"),
            (token_server.cut, r"127\.0\.0\.1: .*; check token-url and the network"),
        )
        for answer, words in rows:
            with self.subTest(words=words):
                # What time may cure is asked again, and then there is a token.
                self.server.answers = [answer, token()]
                for_good = words.startswith(("holds no", "not one"))
                said = self.assert_once(self.daemon_with(), EX_TEMPFAIL if for_good else EX_OK)
                self.assertRegex(said, "no token: .*" + words)

    def test_an_endpoint_in_trouble_is_asked_again(self):
        self.server.answers = [say(503, "<html>Outage</html>"), refuse(400, "temporarily_unavailable"), token()]
        self.assert_once(self.daemon_with())
        self.assertEqual(len(self.server.requests), 3)

    def test_a_throttled_client_waits_as_long_as_it_is_told(self):
        self.server.answers = [
            refuse(429, "rate_limit_exceeded", "too many", headers=(("Retry-After", "3"),)), token(),
        ]
        began = time.monotonic()
        said = self.assert_once(self.daemon_with())
        self.assertGreaterEqual(time.monotonic() - began, 3)
        self.assertRegex(said, "HTTP 429, rate_limit_exceeded: too many: .*nothing to do")
        # How long that is yet: it waited for 3 s.
        self.assertRegex(said, r"test/INBOX: next attempt in [1-3] s")
        self.assertEqual(len(self.server.requests), 2)

    def test_an_answer_has_room_for_64_k_and_no_more(self):
        text = token_server.make_token(self.user)
        self.secrets.append(text)
        short = json.dumps({"access_token": text, "filler": ""})
        for length, expected in ((65536, EX_OK), (65537, EX_TEMPFAIL)):
            with self.subTest(length=length):
                body = short.replace('""', '"' + "x" * (length - len(short)) + '"')
                self.server.answers = [say(200, body, "application/json")]
                self.assert_once(self.daemon_with(), expected)
        for lines, expected in ((60, EX_OK), (70, EX_TEMPFAIL)):
            with self.subTest(lines=lines):
                head = [(f"X-{n}", "x" * 1000) for n in range(lines)]
                self.server.answers = [say(200, short, "application/json", head)]
                self.assert_once(self.daemon_with(), expected)

    def test_promises_of_the_endpoint_are_believed_up_to_a_limit(self):
        for promised, life in ((10**9, 86400), ("3600", 3600), (None, 300), (-5, 300)):
            with self.subTest(promised=promised):
                self.server.answers = [token(expires_in=promised)]
                said = self.assert_once(self.daemon_with())
                self.assertIn(f"a new access token, good for {life} s", said)
        self.server.answers = [refuse(503, "server_error", headers=(("Retry-After", "86400"),))]
        daemon = self.daemon_with()
        daemon.start()
        hour = re.compile(r"next attempt in (3600|35\d\d) s")
        wait_until(lambda: hour.search(daemon.log()), "it waits for an hour")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_redirect_is_not_followed(self):
        other = TokenServer(self.dovecot.dir, self.user)
        self.servers.append(other)
        for status in (301, 302, 307, 308):
            with self.subTest(status=status):
                self.server.answers = [say(status, "", headers=(("Location", other.url),))]
                said = self.assert_once(self.daemon_with(), EX_TEMPFAIL)
                self.assertRegex(said, f"HTTP {status}, a redirect, which is not followed")
        self.assertEqual(other.requests, [])

    def test_an_endpoint_that_hangs_costs_its_account_a_timeout_and_others_nothing(self):
        other = self.users[8]
        self.dovecot.fill([bounce("beside@example.com")], user=other)
        self.server.answers = [token_server.hang]
        daemon = self.mailbounced()
        daemon.configure(accounts={
            "hung": {"user": self.user, "password-file": None, "oauth2": self.app(daemon, timeout="10m")},
            "well": {"user": other},
        })
        daemon.start()
        wait_until(lambda: len(self.server.requests) == 1, "the endpoint was asked")
        wait_until(lambda: "Processed" in self.dovecot.mailboxes(other), "the other account's mail was filed")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertNotIn("did not finish", daemon.log(), "the end waited for the endpoint")

    def test_an_endpoint_that_never_comes_to_an_end_costs_its_timeout(self):
        words = r"no token: 127\.0\.0\.1: no complete answer within "
        for answer in (token_server.hang, token_server.drip):
            with self.subTest(answer=answer.__name__):
                self.server.answers = [answer, token()]
                # Time enough for the good answer, on a busy machine as well.
                daemon = self.daemon_with(lambda d: self.app(d, timeout="5s"))
                self.assertRegex(self.assert_once(daemon), words + "5 s")
        with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, says nothing of TLS
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/token"
            daemon = self.daemon_with(lambda d: self.app(d, token_url=url, timeout="2s"))
            self.assertRegex(self.assert_once(daemon, EX_TEMPFAIL), words + "2 s")

    def test_an_endpoint_with_a_wrong_certificate_hears_nothing(self):
        rows = (
            ("good", self.dovecot.env["OTHER_CA"], "certificate"),
            ("good", None, "certificate"),
            ("expired", self.dovecot.ca, "certificate"),
            ("misnamed", self.dovecot.ca, "certificate"),
        )
        for certificate, ca, words in rows:
            with self.subTest(certificate=certificate, ca=ca):
                server = TokenServer(self.dovecot.dir, self.user, certificate)
                self.servers.append(server)
                daemon = self.daemon_with(lambda d: self.app(d, token_url=server.url, ca_file=ca))
                said = self.assert_once(daemon, EX_TEMPFAIL)
                self.assertRegex(said, f"no token: 127.0.0.1: .*{words}")
                self.assertEqual(server.requests, [])

    def test_an_endpoint_that_is_not_there_is_told(self):
        port, keeper = closed_port()
        with keeper:
            daemon = self.daemon_with(lambda d: self.app(d, token_url=f"https://127.0.0.1:{port}/token"))
            self.assertRegex(self.assert_once(daemon, EX_TEMPFAIL), "no token: 127.0.0.1: .*check token-url")
        daemon = self.daemon_with(lambda d: self.app(d, token_url=f"https://localhost:{self.server.port}/token"))
        self.assert_once(daemon)

    def test_a_secret_that_the_endpoint_repeats_is_in_no_log(self):
        self.server.answers = [token_server.echo]
        for section in (self.app, self.person):
            daemon = self.daemon_with(section)
            said = self.assert_once(daemon, EX_TEMPFAIL)
            self.assertRegex(said, "invalid_request: .its words hold a secret and are not repeated")
            self.assert_silent(said)

    def test_a_missing_secret_is_told(self):
        daemon = self.daemon_with(lambda d: self.app(d, client_secret_file="/nonexistent/secret"))
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(said, "no token: no client secret: /nonexistent/secret: No such file")
        daemon = self.daemon_with(
            lambda d: self.app(d, client_secret_file=None, refresh_token_file="/nonexistent/refresh")
        )
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(said, "no token: no refresh token: /nonexistent/refresh: No such file")
        self.assertEqual(self.server.requests, [])

    # Servers that refuse

    def test_a_server_without_passwords_says_what_to_do(self):
        server = self.imap("NO Basic authentication is disabled.")
        daemon = self.mailbounced()
        daemon.configure(user=self.user, port=server.port)
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(said, r"Basic authentication is disabled\.; .*section oauth2.*MICROSOFT 365")
        self.assertEqual(server.tries, 1)

    def test_an_application_without_rights_on_the_mailbox_says_what_to_do(self):
        challenge = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"imap"}').decode()
        server = self.imap("+ " + challenge, "NO AUTHENTICATE failed.")
        daemon = self.daemon_with(port=server.port)
        said = self.assert_once(daemon, EX_TEMPFAIL)
        self.assertRegex(
            said,
            r"AUTHENTICATE XOAUTH2: the server said: NO AUTHENTICATE failed\. \(of the token: status 400, wanted "
            r"scope imap\); .*IMAP\.AccessAsApp.*New-ServicePrincipal.*Add-MailboxPermission",
        )
        self.assertEqual(server.heard[1:], [""], "the challenge was not answered with an empty line")
        self.assertEqual(len(self.server.requests), 1, "a fresh token was replaced")

        daemon = self.daemon_with(self.person, port=server.port)
        self.assertRegex(self.assert_once(daemon, EX_TEMPFAIL), "IMAP.AccessAsUser.All")

    def test_a_mailbox_that_is_not_open_says_what_to_do(self):
        server = self.imap("OK AUTHENTICATE completed.", select="BAD User is authenticated but not connected.")
        said = self.assert_once(self.daemon_with(port=server.port), EX_TEMPFAIL)
        self.assertRegex(said, "cannot open the folder: .*not connected.*Set-CASMailbox MAILBOX -ImapEnabled")

    def test_a_server_that_cannot_tell_is_asked_again(self):
        for answer in ("NO [UNAVAILABLE] Temporary authentication failure.", "NO Server Unavailable. 15"):
            with self.subTest(answer=answer):
                server = self.imap(answer)
                before = len(self.server.requests)
                self.assert_once(self.daemon_with(port=server.port), EX_TEMPFAIL)
                self.assertEqual(server.tries, 3)
                self.assertEqual(len(self.server.requests), before + 1)
                password = self.mailbounced()
                password.configure(user=self.user, port=server.port)
                self.assert_once(password, EX_TEMPFAIL)
                self.assertEqual(server.tries, 6)

    def test_a_server_that_takes_no_tokens_gets_none(self):
        server = self.imap("OK", offers="AUTH=PLAIN SASL-IR")
        said = self.assert_once(self.daemon_with(port=server.port), EX_TEMPFAIL)
        self.assertRegex(said, "offers no way .*AUTH=PLAIN; a server without OAUTHBEARER and XOAUTH2")
        self.assertEqual(server.heard, [])
        self.assertEqual(len(self.server.requests), 1)

    def test_a_secret_that_the_server_repeats_is_in_no_log(self):
        server = self.imap("NO what is $")
        said = self.assert_once(self.daemon_with(port=server.port), EX_TEMPFAIL)
        self.assertIn("repeat what was sent", said)
        daemon = self.mailbounced()
        daemon.configure(user=self.user, port=server.port)
        self.assert_silent(self.assert_once(daemon, EX_TEMPFAIL))


if __name__ == "__main__":
    main()
