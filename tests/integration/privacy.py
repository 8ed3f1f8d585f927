# privacy - addresses are forgotten beside the daemon that works, and mail about them comes all the same
#
# SPDX-License-Identifier: BSD-2-Clause

import json

from common import EX_OK, Case, bounce, main, wait_until

MAILS = 300
ANN = "ann.lovelace@example.com"
BOB = "bob.b@example.com"


class Privacy(Case):
    def files(self, daemon):
        data = b""
        for ending in ("", "-wal"):
            with open(daemon.state_path + ending, "rb") as f:
                data += f.read().lower()
        return data

    def test_who_is_forgotten_while_the_daemon_works_is_named_nowhere_and_stays_suppressed(self):
        daemon = self.mailbounced()
        daemon.configure(extra="incident { hold = false }", batch_messages=10)
        self.dovecot.fill_fast(
            [bounce(ANN, number=1), bounce(BOB, "4.2.2", "452", f"Over quota, ask {ANN}", 2)], self.dovecot.users[0]
        )
        daemon.start()
        wait_until(lambda: daemon.known().get(ANN) == "dead", "Ann is dead")
        self.dovecot.fill(
            (bounce(f"gone{n}@example.com" if n % 3 else ANN, number=n + 10) for n in range(MAILS))
        )
        wait_until(lambda: len(daemon.known()) > 5, "the daemon is at work")
        self.assertIn("the suppression is kept", daemon.ask("forget", ANN, "--vacuum", "--why", "her letter"))
        # Of whom nothing is kept, mail that comes later names him again: Bob's has come.
        daemon.ask("forget", BOB, "--vacuum")
        wait_until(
            lambda: daemon.sql("SELECT count(*), sum(moved_at > 0) FROM message") == [(MAILS + 2, MAILS + 2)], "all is filed"
        )
        self.assertEqual(daemon.stop(), EX_OK)
        for name in (ANN, BOB):
            self.assertNotIn(name.encode(), self.files(daemon))
        states = daemon.states()
        self.assertEqual({s for a, s in states.items() if a.endswith("@forgotten.invalid")}, {"dead"})
        self.assertEqual(len(states), 1 + sum(n % 3 > 0 for n in range(MAILS)))
        with open(daemon.dir + "/list", "w") as f:
            f.write(f"{ANN}\n{BOB}\ngone1@example.com\n")
        self.assertEqual(daemon.ask("suppressed", "--among", daemon.dir + "/list"), f"{ANN}\ngone1@example.com\n")
        self.assertIn('"forgotten":"2', daemon.ask("export-subject", ANN))

    def test_what_is_exported_is_what_was_recorded(self):
        daemon = self.mailbounced()
        told = daemon.dir + "/told"
        daemon.configure(extra=f'hook "list" {{ command = {{"/bin/sh", "-c", "cat >>{told}"}} states = {{dead}} }}')
        self.dovecot.fill_fast([bounce(ANN, number=1)], self.dovecot.users[0])
        self.assertEqual(daemon.once()[0], EX_OK)
        document = daemon.ask("export-subject", ANN.upper())
        document = json.loads(document)
        self.assertEqual(
            {name: len(rows) for name, rows in document.items() if isinstance(rows, list)},
            {"standings": 1, "dropped": 0, "history": 1, "held": 0, "operations": 0, "hooks": 1, "mentions": 0, "messages": 1},
        )


if __name__ == "__main__":
    main()
