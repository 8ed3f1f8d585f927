# mailing - what the sender of a list tells of its mailings clears addresses, unless mail lies unread
#
# SPDX-License-Identifier: BSD-2-Clause

import time

from common import EX_OK, Case, bounce, closed_port, main, wait_until

LIST = "gardeners.example.org"
ADDRESS = "kari@example.com"
GRACE = "policy { grace = 1s }"


def report(address, number):
    mail = bounce(address, "5.2.1", "550", "mailbox switched off", number)
    return mail.replace(b"To: gardeners@", f"List-Id: <{LIST}>\r\nTo: gardeners@".encode())


class Mailing(Case):
    def score(self, daemon):
        return daemon.sql("SELECT score FROM recipient WHERE address = ?", ADDRESS)[0][0]

    def told_of(self, daemon):
        """One report about the address, and a mailing after it whose grace is over."""
        self.dovecot.fill([report(ADDRESS, 1)])
        self.assertEqual(daemon.once()[0], EX_OK, daemon.log())
        self.assertEqual(self.score(daemon), 200)
        reported = daemon.sql("SELECT max(time) FROM event")[0][0]
        wait_until(lambda: int(time.time()) > reported, "the clock goes on")
        daemon.ask("sent", "--list", LIST)
        sent = daemon.sql("SELECT max(sent_at) FROM mailing")[0][0]
        wait_until(lambda: time.time() > sent + 3, "the grace is over")

    def test_silence_clears_an_address_and_nobody_else_s_word_is_needed(self):
        daemon = self.mailbounced()
        daemon.configure(extra=GRACE)
        self.told_of(daemon)
        wait_until(lambda: daemon.once()[0] == EX_OK and self.score(daemon) == 0, "proof")
        self.assertEqual(
            daemon.sql("SELECT t.cause, o.what FROM transition t JOIN operation o ON o.id = t.operation"),
            [("proof", "sent")],
        )
        daemon.ask("undo", "--operation", "1", "--why", "it was not sent after all")
        self.assertEqual(self.score(daemon), 200)

    def test_silence_proves_nothing_while_a_folder_cannot_be_read(self):
        port, keeper = closed_port()
        daemon = self.mailbounced()
        daemon.configure(extra=GRACE)
        self.told_of(daemon)
        daemon.configure(extra=GRACE, accounts={"test": {}, "away": {"port": port}})
        daemon.once()
        self.assertEqual(self.score(daemon), 200)
        keeper.close()
        daemon.configure(extra=GRACE)
        wait_until(lambda: daemon.once()[0] == EX_OK and self.score(daemon) == 0, "proof")

    def test_the_running_daemon_looks_for_it(self):
        daemon = self.mailbounced()
        daemon.configure(extra=GRACE, idle_renew="1s")
        self.told_of(daemon)
        daemon.start()
        wait_until(lambda: self.score(daemon) == 0, "proof")
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    main()
