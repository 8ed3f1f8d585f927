# service - the running daemon: new mail, reload, stop, what it tells the service manager
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import re
import signal
import socket
import sqlite3
import time

from common import EX_CONFIG, EX_OK, PATIENCE, Case, bounce, main, ordinary, wait_until


def status(pid, *keys):
    with open(f"/proc/{pid}/status") as f:
        text = f.read()
    return tuple(int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1]) for key in keys)


def memory(pid):
    """Resident KiB now and at most."""
    return status(pid, "VmRSS", "VmHWM")


def own_memory(pid):
    """KiB of its own, whether or not the kernel has need of the room just now."""
    return sum(status(pid, "RssAnon", "VmSwap"))


class Service(Case):
    users = tuple(f"user{n}@example.com" for n in range(14))

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
                lambda: f"idle{number}@example.com" in daemon.known(), "IDLE told of the mail"
            )
        wait_until(lambda: "INBOX" not in self.dovecot.mailboxes(self.user), "it was filed")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_polling_picks_up_new_mail(self):
        daemon = self.running(1, idle=False, poll_interval="1s")
        for number in range(2):
            self.arrive(bounce(f"poll{number}@example.com", number=number))
            wait_until(
                lambda: f"poll{number}@example.com" in daemon.known(), "a poll found the mail"
            )
        self.assertNotIn("IDLE", daemon.log())
        self.assertEqual(daemon.stop(), EX_OK)

    def test_hup_reads_the_configuration_again(self):
        daemon = self.running(2)
        other = self.users[3]
        self.dovecot.fill([bounce("reload@example.com")], user=other)
        daemon.configure(user=other)
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload@example.com" in daemon.known(), "the new account was drained")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_hup_keeps_the_old_configuration_when_the_new_one_is_wrong(self):
        daemon = self.running(4)
        with open(daemon.config_path, "a") as f:
            f.write('no-such-option = "x"\n')
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "configuration not changed" in daemon.log(), "it refused the configuration")
        self.assertRegex(daemon.log(), r"mailbounced\.conf:\d+: .*no-such-option")
        self.arrive(bounce("kept@example.com"))
        wait_until(lambda: "kept@example.com" in daemon.known(), "it went on with the old one")
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
        wait_until(lambda: len(daemon.known()) >= 20, "it is at work")
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
            manager.settimeout(PATIENCE)
            daemon = self.mailbounced()
            daemon.configure(user=self.users[6])
            daemon.start({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            self.assertEqual(manager.recv(1000), b"READY=1")

            def told_in_time():
                """Whoever means to be in time is so once; a busy machine may be late as often as it likes."""
                began = time.monotonic()
                self.assertEqual(manager.recv(1000), b"WATCHDOG=1")
                return time.monotonic() - began < 0.4

            self.assertEqual(manager.recv(1000), b"WATCHDOG=1")
            wait_until(told_in_time, "the watchdog would not bite")
            daemon.process.send_signal(signal.SIGTERM)
            heard = b""
            while heard != b"STOPPING=1":
                heard = manager.recv(1000)
            self.assertEqual(daemon.stop(), EX_OK)

    def test_a_lost_connection_is_made_again(self):
        daemon = self.running(7)
        self.arrive(bounce("before@example.com", number=1))
        wait_until(lambda: "before@example.com" in daemon.known(), "the first mail was seen")
        self.kick(daemon, self.user)
        self.arrive(bounce("after@example.com", number=2))
        wait_until(lambda: "after@example.com" in daemon.known(), "the second mail was seen")
        self.assertEqual(daemon.stop(), EX_OK)

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
        wait_until(lambda: "locked@example.com" in daemon.known(), "it went on")
        wait_until(lambda: "Processed" in self.dovecot.mailboxes(self.user), "it was filed")
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(1,)])
        self.assertEqual(daemon.stop(), EX_OK)

    def test_a_locked_database_does_not_hold_up_the_loop(self):
        user = self.users[11]
        folders = [f"Locked{n}" for n in range(6)]
        for number, folder in enumerate(folders):
            self.dovecot.fill([bounce(f"stall{number}@example.com", number=number)], folder, user)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=folders)
        daemon.once()  # makes the database
        path = os.path.join(self.dovecot.dir, "notify-locked")
        lock = sqlite3.connect(daemon.state_path, isolation_level=None)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            os.chmod(path, 0o777)
            manager.settimeout(PATIENCE)
            lock.execute("BEGIN IMMEDIATE")
            daemon.start({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            heard, gap, last = b"", 0, None
            while daemon.log().count("state database is in trouble") < len(folders):
                heard = manager.recv(1000)
                now = time.monotonic()
                gap = max(gap, now - last) if last else 0
                last = now
            lock.rollback()
            lock.close()
        # Whoever waits for a lock as bouncectl does waits for 5 s.
        self.assertLess(gap, 4.5, "the loop stood still")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_many_hups_in_a_row_end_with_one_configuration(self):
        user = self.users[12]
        mails = [bounce(f"hup{n}@example.com", number=n) for n in range(300)]
        self.dovecot.fill_fast(mails, user)
        daemon = self.mailbounced()
        daemon.configure(user=user, batch_messages=5, move_messages=20)
        daemon.start()
        wait_until(lambda: "watching" in daemon.log(), "it handles signals")
        for number in range(30):
            daemon.configure(user=user, batch_messages=5 + number % 2, move_messages=20)
            daemon.process.send_signal(signal.SIGHUP)
            time.sleep(0.03)
        wait_until(lambda: len(daemon.known()) == 300, "all were read")
        wait_until(lambda: len(self.dovecot.mailboxes(user).get("Processed", [])) == 300, "all were filed")
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(300,)])
        self.assertEqual(daemon.stop(), EX_OK)

    def test_term_ends_a_run_that_is_busy_with_its_programs(self):
        user = self.users[13]
        self.dovecot.fill([bounce("slow@example.com")], user=user)
        daemon = self.mailbounced()
        hook = 'hook "slow" {\n\tcommand = {"/bin/sh", "-c", "touch begun; sleep 1000"}\n\tstates = {dead}\n\ttimeout = "10m"\n}\n'
        daemon.configure(extra=hook, user=user)
        with open(daemon.log_path, "ab") as log:
            daemon.process = daemon._run(*daemon.command("--once"), stdout=log, stderr=log)
        wait_until(lambda: os.path.exists(os.path.join(daemon.dir, "begun")), "the program runs")
        daemon.stop()
        self.assertNotIn("did not finish", daemon.log(), "the end waited for the program")
        self.assertEqual(daemon.sql("SELECT done_at, attempts FROM outbox"), [(None, 0)])

    def test_only_one_daemon_works_on_a_state(self):
        daemon = self.running(8)
        status, _, said = daemon.once()
        self.assertNotEqual(status, EX_OK)
        self.assertIn(daemon.state_path, said)
        self.assertEqual(daemon.stop(), EX_OK)

    def test_ordinary_mail_is_still_unread_after_the_service_ran(self):
        daemon = self.running(9)
        self.arrive(ordinary(1), bounce("mixed@example.com"))
        wait_until(lambda: "mixed@example.com" in daemon.known(), "it was drained")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(
            self.dovecot.mailboxes(self.user)["INBOX"], [("<question-1@smtp.example.org>", ())]
        )


if __name__ == "__main__":
    main()
