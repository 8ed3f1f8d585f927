# incident - a provider forgets its accounts: nobody is lost, one warning, and the operator decides
#
# SPDX-License-Identifier: BSD-2-Clause

from common import EX_OK, Case, bounce, main, stay_within_a_day, wait_until

GUARDED = "incident { hold = true }"


def crowd(first, count):
    """Reports that accounts of one provider do not exist."""
    return [
        bounce(f"reader{i}@provider.example", "5.1.1", "550", "User unknown", i)
        for i in range(first, first + count)
    ]


class Incident(Case):
    def dead(self, daemon):
        return daemon.sql("SELECT count(*) FROM recipient WHERE state = 'dead'")[0][0]

    def outage(self):
        stay_within_a_day(60)
        daemon = self.mailbounced()
        daemon.configure(extra=GUARDED)
        self.dovecot.fill(crowd(0, 40))
        self.assertEqual(daemon.once()[0], EX_OK, daemon.log())
        self.assertEqual(self.dead(daemon), 0)
        self.assertEqual(daemon.log().count("incident 1:"), 1, daemon.log())
        self.assertIn("40 addresses held", daemon.ask("incident", "list"))
        return daemon

    def test_what_follows_is_held_until_it_is_dropped_and_after(self):
        daemon = self.outage()
        for first in 40, 50:
            self.dovecot.fill(crowd(first, 10))
            self.assertEqual(daemon.once()[0], EX_OK, daemon.log())
            self.assertEqual(self.dead(daemon), 0)
            daemon.ask("incident", "rollback", "1", "--why", "their outage")
        self.assertIn("60 addresses held", daemon.ask("incident", "list"))

    def test_what_is_released_does_what_it_said_and_so_does_what_follows(self):
        daemon = self.outage()
        daemon.ask("incident", "release", "1", "--why", "they closed")
        self.assertEqual(self.dead(daemon), 40)
        self.dovecot.fill(crowd(40, 30))
        self.assertEqual(daemon.once()[0], EX_OK, daemon.log())
        self.assertEqual(self.dead(daemon), 70)
        self.assertEqual(len(daemon.sql("SELECT id FROM incident")), 1)

    def test_a_running_daemon_heeds_the_word_at_once(self):
        daemon = self.outage()
        daemon.start()
        daemon.ask("incident", "release", "1", "--why", "they closed")
        self.dovecot.fill(crowd(40, 10))
        wait_until(lambda: self.dead(daemon) == 50, "what came after the word is dead as well")
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    main()
