# operate - operators at work beside the running daemon
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import time

from common import EX_OK, Case, bounce, main, wait_until

MAILS = 600
PINNED = "gone0@example.com"


class Operate(Case):
    def test_nothing_is_lost_while_operators_change_what_the_daemon_writes(self):
        self.dovecot.fill_fast(
            (bounce(f"gone{n}@d{n % 3}.example.com", number=n) for n in range(1, MAILS)), self.dovecot.users[0]
        )
        daemon = self.mailbounced()
        daemon.configure(batch_messages=20)
        daemon.start()
        wait_until(daemon.known, "it began")
        rounds = 0
        while len(daemon.known()) < MAILS - 1 or rounds < 5:
            daemon.ask("pin", PINNED, "--ok", "--why", "our own")
            daemon.ask("undo", "--domain", "d1.example.com", "--quiet", "--why", "their outage")
            daemon.ask("kill", PINNED, "--why", "a pin is stronger")
            rounds += 1
        wait_until(
            lambda: len(self.dovecot.mailboxes(self.dovecot.users[0]).get("Processed", [])) == MAILS - 1,
            "all is filed",
        )
        daemon.ask("undo", "--domain", "d1.example.com", "--quiet", "--why", "their outage")
        self.assertEqual(daemon.stop(), EX_OK)
        states = daemon.states()
        self.assertEqual(states.pop(PINNED), "pinned-ok")
        self.assertEqual({s for a, s in states.items() if a.endswith("@d1.example.com")}, {"ok"})
        self.assertEqual({s for a, s in states.items() if not a.endswith("@d1.example.com")}, {"dead"})
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(MAILS - 1,)])
        self.assertEqual(daemon.sql("SELECT DISTINCT what FROM operation ORDER BY what"), [("kill",), ("pin",), ("undo",)])
        self.assertNotIn("locked", daemon.log())
        print(f"{rounds} rounds", end=" ", flush=True)

    def test_the_daemon_tells_hooks_what_an_operator_did(self):
        daemon = self.mailbounced()
        told = daemon.dir + "/told"
        daemon.configure(
            extra=f'hook "list" {{ command = {{"/bin/sh", "-c", "echo $MAILBOUNCED_ADDRESS $MAILBOUNCED_PREVIOUS '
            f'$MAILBOUNCED_STATE $MAILBOUNCED_WHO $MAILBOUNCED_WHY >>{told}"}} states = {{ok, pinned-dead}} }}'
        )
        daemon.once()  # makes the database
        daemon.ask("pin", "jane@example.com", "--dead", "--who", "ada", "--why", "her letter")
        daemon.once()
        with open(told) as f:
            self.assertEqual(f.read(), "jane@example.com ok pinned-dead ada her letter\n")

    def test_a_running_daemon_tells_hooks_at_once_what_an_operator_did(self):
        daemon = self.mailbounced()
        told = daemon.dir + "/told"
        daemon.configure(
            extra=f'hook "list" {{ command = {{"/bin/sh", "-c", "echo $MAILBOUNCED_STATE >>{told}"}} '
            "states = {ok, pinned-dead} }"
        )
        daemon.start()
        wait_until(lambda: "watching" in daemon.log() and os.path.exists(daemon.state_path), "it runs")
        # By its own look each half minute it would find each of them nearly that late.
        words = [("pin", "--dead"), ("unpin",), ("revive",), ("pin", "--dead")]
        states = ["pinned-dead", "dead", "ok", "pinned-dead"]
        waited = []
        for n, word in enumerate(words):
            daemon.ask(word[0], "jane@example.com", *word[1:], "--why", "test")
            begin = time.monotonic()
            wanted = [state for state in states[: n + 1] if state != "dead"]
            wait_until(lambda: self.words_of(told) == wanted, f"{word} is told")
            if states[n] != "dead":
                waited.append(time.monotonic() - begin)
        self.assertLess(min(waited), 15)
        self.assertEqual(daemon.stop(), EX_OK)

    def words_of(self, path):
        if not os.path.exists(path):
            return []
        with open(path) as f:
            return f.read().split()


if __name__ == "__main__":
    main()
