# service - the running daemon: new mail, reload, stop, what it tells the service manager
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

from common import EX_CONFIG, EX_OK, PRIVATE_DOVECOT, Case, bounce, main, ordinary, wait_until


def memory(pid):
    """Resident KiB now and at most."""
    with open(f"/proc/{pid}/status") as f:
        text = f.read()
    return tuple(int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1]) for key in ("VmRSS", "VmHWM"))


class Service(Case):
    users = tuple(f"user{n}@example.com" for n in range(11))

    def running(self, number, **options):
        """A daemon on a user of its own that waits for new mail."""
        self.user = self.users[number]
        daemon = self.mailbounced()
        daemon.configure(user=self.user, **options)
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        return daemon

    def arrive(self, *mails):
        self.dovecot.fill(mails, user=self.user)

    def test_idle_picks_up_new_mail(self):
        daemon = self.running(0, poll_interval="1h", idle_renew="20m")
        for number in range(3):
            self.arrive(bounce(f"idle{number}@example.com", number=number))
            wait_until(
                lambda: f"idle{number}@example.com" in self.known(daemon), "IDLE told of the mail", 20
            )
        wait_until(lambda: "INBOX" not in self.dovecot.mailboxes(self.user), "it was filed")
        self.assertEqual(daemon.stop(), EX_OK)

    def known(self, daemon):
        try:
            return daemon.states()
        except sqlite3.OperationalError:  # not made yet
            return {}

    def test_polling_picks_up_new_mail(self):
        daemon = self.running(1, idle=False, poll_interval="1s")
        for number in range(2):
            self.arrive(bounce(f"poll{number}@example.com", number=number))
            wait_until(
                lambda: f"poll{number}@example.com" in self.known(daemon), "a poll found the mail", 20
            )
        self.assertNotIn("IDLE", daemon.log())
        self.assertEqual(daemon.stop(), EX_OK)

    def test_hup_reads_the_configuration_again(self):
        daemon = self.running(2)
        other = self.users[3]
        self.dovecot.fill([bounce("reload@example.com")], user=other)
        daemon.configure(user=other)
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload@example.com" in self.known(daemon), "the new account was drained")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_hup_keeps_the_old_configuration_when_the_new_one_is_wrong(self):
        daemon = self.running(4)
        with open(daemon.config_path, "a") as f:
            f.write('no-such-option = "x"\n')
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration not changed" in daemon.log(), "it refused the configuration")
        self.assertRegex(daemon.log(), r"mailbounced\.conf:\d+: .*no-such-option")
        self.arrive(bounce("kept@example.com"))
        wait_until(lambda: "kept@example.com" in self.known(daemon), "it went on with the old one")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_wrong_configuration_is_told_and_exits_78(self):
        daemon = self.mailbounced()
        daemon.configure(user=self.users[0], tls="sometimes")
        status, _, said = daemon.once()
        self.assertEqual(status, EX_CONFIG)
        self.assertRegex(said, r"mailbounced\.conf:\d+: .*sometimes")

    def test_term_finishes_the_batch_and_loses_nothing(self):
        user = self.users[5]
        mails = [bounce(f"term{n}@example.com", number=n) for n in range(400)]
        self.dovecot.fill_fast(mails, user)
        daemon = self.mailbounced()
        daemon.configure(user=user, batch_messages=10, move_messages=40)
        daemon.start()
        wait_until(lambda: len(self.known(daemon)) >= 20, "it is at work")
        self.assertEqual(daemon.stop(), EX_OK)
        first = len(daemon.states())
        # A whole number of batches, and what was recorded is also filed or will be.
        self.assertEqual(first % 10, 0)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(len(daemon.states()), 400)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(400,)])
        self.assertEqual(
            {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()}, {"Processed": 400}
        )
        print(f"stopped after {first} of 400", end=" ", flush=True)

    def test_the_service_manager_hears_of_ready_watchdog_and_stopping(self):
        path = os.path.join(self.dovecot.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            os.chmod(path, 0o777)
            manager.settimeout(30)
            daemon = self.mailbounced()
            daemon.configure(user=self.users[6])
            daemon.start({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            self.assertEqual(manager.recv(1000), b"READY=1")
            began = time.monotonic()
            for _ in range(4):
                self.assertEqual(manager.recv(1000), b"WATCHDOG=1")
            self.assertLess(time.monotonic() - began, 1.6, "the watchdog would have bitten")
            daemon.process.send_signal(signal.SIGTERM)
            heard = b""
            while heard != b"STOPPING=1":
                heard = manager.recv(1000)
            self.assertEqual(daemon.stop(), EX_OK)

    def test_a_lost_connection_is_made_again(self):
        daemon = self.running(7)
        self.arrive(bounce("before@example.com", number=1))
        wait_until(lambda: "before@example.com" in self.known(daemon), "the first mail was seen")
        self.kick()
        self.arrive(bounce("after@example.com", number=2))
        wait_until(lambda: "after@example.com" in self.known(daemon), "the second mail was seen")
        self.assertEqual(daemon.stop(), EX_OK)

    def kick(self):
        subprocess.run(
            [PRIVATE_DOVECOT, "doveadm", self.dovecot.dir, "kick", self.user],
            check=True, stdout=subprocess.DEVNULL,
        )

    def test_a_locked_database_only_delays(self):
        daemon = self.running(10)
        lock = sqlite3.connect(daemon.state_path, isolation_level=None)
        try:
            lock.execute("BEGIN IMMEDIATE")
            self.arrive(bounce("locked@example.com"))
            wait_until(lambda: "state database is in trouble" in daemon.log(), "it told of the trouble")
            self.assertIn("INBOX", self.dovecot.mailboxes(self.user))
        finally:
            lock.rollback()
            lock.close()
        wait_until(lambda: "locked@example.com" in self.known(daemon), "it went on")
        wait_until(lambda: "Processed" in self.dovecot.mailboxes(self.user), "it was filed")
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(1,)])
        self.assertEqual(daemon.stop(), EX_OK)

    def test_only_one_daemon_works_on_a_state(self):
        daemon = self.running(8)
        status, _, said = daemon.once()
        self.assertNotEqual(status, EX_OK)
        self.assertIn(daemon.state_path, said)
        self.assertEqual(daemon.stop(), EX_OK)

    def test_ordinary_mail_is_still_unread_after_the_service_ran(self):
        daemon = self.running(9)
        self.arrive(ordinary(1), bounce("mixed@example.com"))
        wait_until(lambda: "mixed@example.com" in self.known(daemon), "it was drained")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(
            self.dovecot.mailboxes(self.user)["INBOX"], [("<question-1@smtp.example.org>", ())]
        )


if __name__ == "__main__":
    main()
