# incident - a provider forgets its accounts: nobody is lost, one warning, and the operator decides
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import signal

from common import EX_OK, Case, bounce, main, stay_within_a_day, wait_until

GUARDED = "incident { hold = true }"
ONLY_DOMAINS = "incident { hold = true domain-addresses = 500 list-addresses = 9999 text-addresses = 9999 }"


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

    def test_what_many_did_is_taken_back_in_several_transactions_also_after_a_kill(self):
        stay_within_a_day(120)
        daemon = self.mailbounced()
        daemon.configure(extra=ONLY_DOMAINS)
        self.dovecot.fill_fast((mail for mail in crowd(0, 500)), self.dovecot.users[0])
        daemon.start()
        wait_until(daemon.known, "it began")
        wait_until(lambda: self.dead(daemon) == 500, "all are dead")
        self.dovecot.fill(crowd(500, 1))
        wait_until(lambda: self.dead(daemon) < 500, "the first ones are good again")
        daemon.stop(signal.SIGKILL)
        self.assertIn("(200 changes taken back so far)", daemon.log())
        self.dovecot.fill(crowd(501, 5))
        daemon.start()
        wait_until(lambda: self.dead(daemon) == 0, "so are the others")
        wait_until(lambda: "506 addresses held" in daemon.ask("incident", "list"), "new ones are held")
        self.assertEqual(daemon.sql("SELECT count(*) FROM incident_taking"), [(0,)])
        self.assertEqual(daemon.stop(), 0)

    def test_an_operator_gets_a_mail_of_its_beginning_and_of_each_decision(self):
        stay_within_a_day(60)
        daemon = self.mailbounced()
        sent = os.path.join(daemon.dir, "sent")
        sendmail = os.path.join(daemon.dir, "sendmail")
        with open(sendmail, "w") as f:
            f.write(f'#!/bin/sh\n{{ echo "to $*"; cat; echo "end"; }} >>{sent}\n')
        os.chmod(sendmail, 0o755)
        program = os.path.join(os.path.dirname(__file__), "../../etc/examples/tell-incident")
        daemon.configure(
            extra=GUARDED + f'''
            hook "operator" {{
                command = {{"/usr/bin/env", "SENDMAIL={sendmail}", "{os.path.abspath(program)}", "root@example.org"}}
                states = {{}}
                incidents = true
            }}'''
        )
        hostile = "User unknown\x1b[31m `touch x` $(touch x) \"; who: root"
        self.dovecot.fill(
            bounce(f"reader{i}@provider.example", "5.1.1", "550", hostile, i) for i in range(40)
        )
        daemon.start()

        def mails():
            if not os.path.exists(sent):
                return []
            with open(sent) as f:
                return f.read().split("end\n")[:-1]

        wait_until(lambda: len(mails()) == 1, "its beginning is told")
        self.assertIn("to -i -- root@example.org\nTo: root@example.org\n", mails()[0])
        self.assertIn("Subject: mailbounced: incident 1: many addresses fail alike", mails()[0])
        self.assertIn("\ndomain     provider.example\naddresses  21\n", mails()[0])
        self.assertIn("`touch x` $(touch x) \"; who: root", mails()[0])
        self.assertIn("\nwho        mailbounced\nwhy        21 addresses within 24 h", mails()[0])
        self.assertNotIn("\x1b", mails()[0])
        wait_until(lambda: "40 addresses held" in daemon.ask("incident", "list"), "all is held")
        daemon.ask("incident", "rollback", "1", "--who", "ada", "--why", "their outage")
        wait_until(lambda: len(mails()) == 2, "the decision is told")
        self.assertIn("incident 1: was dropped\n", mails()[1])
        self.assertIn("\nheld       40\n", mails()[1])
        self.assertIn("\nwho        ada\nwhy        their outage\n", mails()[1])
        daemon.ask("incident", "rollback", "1", "--why", "once more")
        daemon.ask("incident", "release", "1", "--why", "they closed")
        wait_until(lambda: len(mails()) == 3, "the next decision is told")
        self.assertIn("incident 1: was released\n", mails()[2])
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.sql("SELECT count(*) FROM outbox"), [(3,)])
        self.assertFalse(os.path.exists(os.path.join(daemon.dir, "x")))


if __name__ == "__main__":
    main()
