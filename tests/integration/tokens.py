# tokens - mail is signed, its report comes back, and a forged one beside it changes nothing
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import signal

from common import EX_CONFIG, EX_OK, Case, bounce, main, wait_until

LIST = "gardeners.lists.example.org"
BASE = "gardeners-bounces@lists.example.org"


def returned(address, envelope=None, field=None, number=0):
    """A report about mail to the address, sent to that envelope sender, with that field in the mail."""
    report = bounce(address, number=number)
    if envelope:
        report = report.replace(f"To: {BASE}".encode(), f"To: {envelope}".encode(), 1)
    if field:
        mail = b"From: Ingrid"
        report = report.replace(mail, f"X-Mailbounced-Token: {field}\r\n".encode() + mail, 1)
    return report


class Tokens(Case):
    users = tuple(f"user{n}@example.com" for n in range(4))

    def daemon_with(self, number, keys):
        """A daemon on a user of its own that knows these keys and signs with the last one."""
        self.user = self.users[number]
        daemon = self.mailbounced()
        for key in keys:
            self.write_key(daemon, key)
        self.write_config(daemon, keys)
        return daemon

    def write_key(self, daemon, key):
        path = os.path.join(daemon.dir, key)
        with open(path, "w") as f:
            f.write(f"the secret of the key {key}, long enough\n")
        os.chmod(path, 0o600)
        daemon.dovecot.own(path)

    def write_config(self, daemon, keys):
        names = "".join(
            f'\tkey "{key}" {{ secret-file = "{os.path.join(daemon.dir, key)}" }}\n' for key in keys
        )
        daemon.configure(
            user=self.user,
            poll_interval="1s",
            extra=f'list "{LIST}" {{ bounce-address = "{BASE}" }}\n'
            f'tokens {{\n\tsign-with = "{keys[-1]}"\n{names}}}\n',
        )

    def sign(self, daemon, address):
        """Envelope sender and field for a copy to the address."""
        line = daemon.ask("sign", "--list", LIST, "--mailing", "spring", address)
        _, envelope, field = line.rstrip("\n").split("\t")
        return envelope, field

    def causes(self, daemon):
        return daemon.sql("SELECT address, cause FROM transition ORDER BY id")

    def test_only_what_was_signed_counts(self):
        daemon = self.daemon_with(0, ["k1"])
        ann, _ = self.sign(daemon, "ann@example.com")
        _, bob = self.sign(daemon, "bob@example.com")
        self.dovecot.fill(
            [
                returned("ann@example.com", envelope=ann, number=1),
                returned("bob@example.com", field=bob, number=2),
                returned("cy@example.com", number=3),
                returned("dot@example.com", envelope=ann, number=4),
                returned("eve@example.com", field=bob.replace("bob", "eve"), number=5),
            ],
            user=self.user,
        )
        status, _, log = daemon.once()
        self.assertEqual(status, EX_OK, log)
        self.assertIn(f"list {LIST}: no token of its mail came back yet", log)
        self.assertIn(f"list {LIST}: a valid token came back", log)
        # Of so long an address there is no room for Ann in it, so the report must name her.
        self.assertNotIn("=", ann)
        self.assertEqual(
            daemon.states(),
            {"ann@example.com": "dead", "bob@example.com": "dead",
             "cy@example.com": "ok", "dot@example.com": "ok", "eve@example.com": "ok"},
        )
        for name in ("cy", "dot", "eve"):
            self.assertIn((f"{name}@example.com", "untrusted"), self.causes(daemon))
        # What is known of a list's tokens outlives the process.
        self.dovecot.fill([returned("fay@example.com", number=6)], user=self.user)
        status, _, log = daemon.once()
        self.assertEqual(status, EX_OK, log)
        self.assertNotIn("no token of its mail came back yet", log)
        self.assertEqual(daemon.states()["fay@example.com"], "ok")

    def test_keys_change_at_a_reload(self):
        daemon = self.daemon_with(1, ["k1"])
        old, _ = self.sign(daemon, "ann@example.com")
        older, _ = self.sign(daemon, "bob@example.com")
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        self.write_key(daemon, "k2")
        self.write_config(daemon, ["k1", "k2"])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration read again" in daemon.log(), "it read the keys")
        new, _ = self.sign(daemon, "cy@example.com")
        self.assertIn("+bk2", new)
        self.dovecot.fill(
            [
                returned("cy@example.com", envelope=new, number=1),
                returned("ann@example.com", envelope=old, number=2),
            ],
            user=self.user,
        )
        wait_until(lambda: daemon.known().get("ann@example.com") == "dead", "the old key counts")
        self.assertEqual(daemon.states()["cy@example.com"], "dead")
        self.write_config(daemon, ["k2"])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: daemon.log().count("configuration read again") == 2, "it forgot one")
        self.dovecot.fill([returned("bob@example.com", envelope=older, number=3)], user=self.user)
        wait_until(lambda: "bob@example.com" in daemon.known(), "the report was recorded")
        self.assertEqual(daemon.states()["bob@example.com"], "ok")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_secret_that_cannot_be_read_changes_nothing(self):
        daemon = self.daemon_with(2, ["k1"])
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        self.write_config(daemon, ["k1", "k9"])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration not changed" in daemon.log(), "it told of the key")
        self.assertIn('key "k9"', daemon.log())
        self.assertEqual(daemon.stop(), EX_OK)
        status, _, log = daemon.once()
        self.assertEqual(status, EX_CONFIG)
        self.assertIn('key "k9"', log)

    def test_without_keys_the_operator_is_told(self):
        self.user = self.users[3]
        daemon = self.mailbounced()
        daemon.configure(user=self.user)
        self.dovecot.fill([returned("ann@example.com", number=1)], user=self.user)
        status, _, log = daemon.once()
        self.assertEqual(status, EX_OK, log)
        self.assertEqual(log.count("no key of tokens"), 1)
        self.assertEqual(daemon.states(), {"ann@example.com": "dead"})


if __name__ == "__main__":
    main()
