# tls - servers that are not who they should be, and passwords that are wrong
#
# That nothing was sent is proved from the other side: by Dovecot's own log, and by a server of ours
# that holds the wrong certificate and writes down every byte that comes out of the TLS.
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import re
import socket
import ssl
import threading

from common import EX_CONFIG, EX_OK, EX_TEMPFAIL, PASSWORD, Case, bounce, main, wait_until


class Listener:
    """A server on a free port that talks to each client as its subclass says."""

    def __init__(self):
        self.heard = b""
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            client.settimeout(10)
            try:
                self.talk(client)
            except OSError:
                pass
            client.close()

    def listen(self, client):
        while data := client.recv(65536):
            self.heard += data

    def close(self):
        self.socket.close()


class WrongTls(Listener):
    """Shakes hands with the certificate that it was given, greets, and notes what it hears."""

    def __init__(self, folder, certificate, version):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = version
        self.context.load_cert_chain(
            os.path.join(folder, "tls", certificate + ".pem"), os.path.join(folder, "tls", certificate + ".key")
        )
        super().__init__()

    def talk(self, client):
        with self.context.wrap_socket(client, server_side=True) as tls:
            tls.sendall(b"* OK ready\r\n")
            self.listen(tls)


class NoStartTls(Listener):
    """Offers no STARTTLS, as somebody in between would have it."""

    greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n"
    upgrade = False

    def talk(self, client):
        client.sendall(self.greeting)
        pending = b""
        while data := client.recv(65536):
            self.heard += data
            pending += data
            while b"\r\n" in pending:
                line, pending = pending.split(b"\r\n", 1)
                self.answer(client, *line.split(b" ", 1))

    def answer(self, client, tag, command):
        if command.upper() == b"CAPABILITY":
            client.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n" + tag + b" OK done\r\n")
        else:
            client.sendall(tag + b" BAD what\r\n")


class PreAuth(NoStartTls):
    greeting = b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n"


class Tls(Case):
    def setUp(self):
        super().setUp()
        self.listeners = []

    def tearDown(self):
        for listener in self.listeners:
            listener.close()
        super().tearDown()

    def listener(self, *arguments):
        kind, *rest = arguments
        self.listeners.append(kind(*rest))
        return self.listeners[-1]

    def refused(self, pattern, **options):
        """One --once that must fail with a clear line, quickly, and without the password in the log."""
        daemon = self.mailbounced()
        daemon.configure(**options)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL, said)
        self.assertIn("FAILED", out)
        self.assertRegex(said, pattern)
        self.assertNotIn(PASSWORD, said)
        return said

    def no_login(self, **options):
        """Dovecot's own word that nobody tried to sign in."""
        before = self.dovecot.log().count("no auth attempts")
        # Somebody of whom nobody else speaks: what Dovecot writes of others may come late.
        user = f"somebody{before}@example.com"
        self.refused(user=user, **options)
        # Dovecot writes its log when it has seen that the connection is gone.
        wait_until(lambda: self.dovecot.log().count("no auth attempts") > before, "Dovecot tells of the connection")
        self.assertNotIn(user, self.dovecot.log())

    def test_whoever_tries_to_sign_in_is_in_the_log(self):
        # What is proved above proves nothing unless Dovecot tells of those who try.
        self.refused("sign in", user="nobody@example.com")
        wait_until(lambda: "nobody@example.com" in self.dovecot.log(), "Dovecot tells of the user")

    def test_an_unknown_authority_is_refused(self):
        self.no_login(
            pattern=r"test/INBOX: .*127\.0\.0\.1.*certificate.*(issuer|authorit|signer|not trusted|unknown)",
            ca_file=self.dovecot.env["OTHER_CA"],
        )

    def test_the_systems_authorities_do_not_know_a_private_one(self):
        self.no_login(pattern=r"test/INBOX: .*certificate", ca_file=None)

    def test_an_expired_certificate_is_refused(self):
        self.no_login(pattern=r"test/INBOX: .*certificate.*expired", host=self.dovecot.env["EXPIRED_HOST"])

    def test_a_certificate_for_another_host_is_refused(self):
        self.no_login(
            pattern=r"test/INBOX: .*certificate.*(name|127\.0\.0\.3)", host=self.dovecot.env["MISNAMED_HOST"]
        )

    def test_the_name_in_the_configuration_is_the_one_that_counts(self):
        daemon = self.mailbounced()
        daemon.configure(host=self.dovecot.env["MISNAMED_HOST"], tls_name="mail.example.net")
        self.assertEqual(daemon.once()[0], EX_OK)
        self.no_login(pattern=r"certificate.*other\.example\.net", tls_name="other.example.net")

    def test_a_wrong_certificate_gets_not_one_byte(self):
        for certificate, ca in (("good", "other-ca"), ("expired", "ca"), ("misnamed", "ca")):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(certificate=certificate, version=version.name):
                    server = self.listener(WrongTls, self.dovecot.dir, certificate, version)
                    self.refused(
                        "certificate", port=server.port,
                        ca_file=os.path.join(self.dovecot.dir, "tls", ca + ".pem"),
                    )
                    self.assertGreater(server.connections, 0)
                    self.assertEqual(server.heard, b"")

    def test_the_server_that_listens_would_hear(self):
        # The proof above proves nothing unless this server hears what a client sends.
        server = self.listener(WrongTls, self.dovecot.dir, "good", ssl.TLSVersion.TLSv1_3)
        daemon = self.mailbounced()
        daemon.configure(port=server.port, command_timeout="3s")
        daemon.once()
        wait_until(lambda: re.search(rb"CAPABILITY|AUTHENTICATE|LOGIN", server.heard), "it hears")

    def test_a_wrong_password_is_told_once_and_touches_nothing(self):
        self.dovecot.fill([bounce("untouched@example.com")])
        before = self.dovecot.mailboxes()
        daemon = self.mailbounced()
        daemon.configure()
        with open(os.path.join(daemon.dir, "password"), "w") as f:
            f.write("wrong horse\n")
        mark = len(self.dovecot.log())
        status, _, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertRegex(said, r"test/INBOX: .*sign in bounces@example\.com: .*Authentication failed")
        self.assertNotIn("wrong horse", said)
        self.assertEqual(daemon.sql("SELECT count(*) FROM message"), [(0,)])
        self.assertEqual(self.dovecot.mailboxes(), before)
        # Trying again and again would lock the account.
        wait_until(lambda: "Password mismatch" in self.dovecot.log()[mark:], "Dovecot tells of the refusal")
        self.assertEqual(len(re.findall("Password mismatch", self.dovecot.log()[mark:])), 1)

    def test_both_ways_to_sign_in_work(self):
        for auth in ("plain", "login"):
            with self.subTest(auth=auth):
                daemon = self.mailbounced()
                daemon.configure(auth=auth)
                status, _, said = daemon.once()
                self.assertEqual(status, EX_OK, said)

    def test_starttls_works_and_verifies(self):
        port = self.dovecot.imap_port
        daemon = self.mailbounced()
        daemon.configure(port=port, tls="starttls")
        mark = len(self.dovecot.log())
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        login = re.compile(r"Login: user=<bounces@example\.com>.*TLS")
        wait_until(lambda: login.search(self.dovecot.log()[mark:]), "Dovecot tells of the login")
        self.no_login(
            pattern=r"test/INBOX: .*certificate", port=port, tls="starttls", ca_file=self.dovecot.env["OTHER_CA"]
        )
        self.no_login(
            pattern=r"test/INBOX: .*certificate.*expired", port=port, tls="starttls",
            host=self.dovecot.env["EXPIRED_HOST"],
        )

    def test_a_server_without_starttls_gets_no_password(self):
        for kind in (NoStartTls, PreAuth):
            with self.subTest(kind=kind.__name__):
                server = self.listener(kind)
                self.refused(r"(?i)test/INBOX: .*(STARTTLS|TLS)", port=server.port, tls="starttls")
                self.assertGreater(server.connections, 0)
                self.assertNotRegex(server.heard.upper(), rb"LOGIN|AUTHENTICATE|SELECT")

    def test_plain_text_to_loopback_works_when_asked_for(self):
        daemon = self.mailbounced()
        daemon.configure(port=self.dovecot.imap_port, tls="none")
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)

    def test_plain_text_to_elsewhere_is_refused_without_a_connection(self):
        daemon = self.mailbounced()
        daemon.configure(host="192.0.2.1", tls="none")
        status, _, said = daemon.once()
        # The configuration itself is refused: nothing was started that could connect.
        self.assertEqual(status, EX_CONFIG)
        self.assertRegex(said, r"mailbounced\.conf:\d+: .*in clear.*192\.0\.2\.1")

    def test_a_server_that_forbids_plain_passwords_gets_none(self):
        # From 127.0.0.1 to 127.0.0.2 is not the same host for Dovecot: LOGINDISABLED.
        self.no_login(
            pattern=r"(?i)LOGINDISABLED|without TLS|sign in", host="127.0.0.2",
            port=self.dovecot.imap_port, tls="none",
        )


if __name__ == "__main__":
    main()
