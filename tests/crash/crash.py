# crash - killed at every step and started again, mailbounced ends where it would have ended anyway
#
#	python3 -B crash.py BIN [copy] [cyrus] [random]
#
# Every place in turn, or with "random" kill -9 of the unchanged program at random moments; with "copy"
# on a server without MOVE; with "cyrus" on Cyrus.
#
# An undisturbed run is the measure: same messages, events, transitions, standings and mailboxes.
# All of a case must happen within one day, or what counts once a day counts twice.
#
# SPDX-License-Identifier: BSD-2-Clause

import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from common import (  # noqa: E402
    AS_CYRUS_RECOMMENDS, CYRUS_WITHOUT_MOVE, EX_OK, PATIENCE, WITHOUT_MOVE, Case, Cyrus, Dovecot, bounce, golden, main,
    ordinary, stay_within_a_day,
)

# As crash.h names them. Those that a run passes once are killed at once only.
PLACES = {
    "after-list": 2,
    "after-fetch": 3,
    "in-transaction": 8,
    "after-message-row": 8,
    "after-event": 10,
    "before-commit": 3,
    "after-commit": 3,
    "move-posted": 1,
    "before-move": 2,
    "in-move": 2,
    "after-move": 2,
    "after-tick": 1,
}
# The steps that take the place of a move on a server without MOVE; and deleting has two of them.
COPY_PLACES = {
    "after-commit": 3,
    "before-copy": 2,
    "in-copy": 2,
    "after-copy": 2,
    "after-mark": 2,
    "in-expunge": 2,
    "before-delete": 1,
}
WORDS = sys.argv[2:]
COPIES, ON_CYRUS, AT_RANDOM = (word in WORDS for word in ("copy", "cyrus", "random"))
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "12"))
MOST_STARTS = 60
ONE_CASE = 300  # seconds of a day that a case may need

# On the server without MOVE one kind is deleted.
DELETES = {"allow_delete": True, "target": {"auto-reply": "delete"}}

# Small, so that a few mails make several batches and several moves.
LIMITS = {"batch_messages": 4, "move_messages": 3}


def mails():
    """Every way to change a state, several recipients, repeats, and what must be left alone."""
    yield bounce("gone@example.com", number=1)
    yield ordinary(1)
    yield bounce("full@example.com", "4.2.2", "452", "Over quota", 2)
    yield golden("postfix-three-verdicts")
    yield bounce("struck@example.com", "5.2.1", text="Mailbox disabled", number=3)
    yield bounce("struck@example.com", "5.2.1", text="Mailbox disabled", number=4)
    yield bounce("late@example.com", "4.4.1", "451", "No answer", 5, "delayed")
    yield ordinary(2)
    yield bounce("full@example.com", "4.2.2", "452", "Over quota", 6)
    yield golden("exchange-online-banned-ip")
    yield golden("sendmail-mixed")
    yield bounce("gone@example.com", number=7)
    yield bounce("gone@example.com", number=1)  # the same bytes again
    yield golden("auto-reply-out-of-office")
    yield bounce("last@example.com", number=8)


# Times and row numbers differ from run to run; what they mean does not. A pause is one of days: the
# hours of it are the same however long a case takes.
DUMP = {
    "messages": """
        SELECT hex(fingerprint), uid, kind, format, message_id, original_message_id, target,
            moved_at IS NOT NULL, lost_at IS NOT NULL, duplicate_of IS NOT NULL
        FROM message ORDER BY folder, uid""",
    "events": """
        SELECT message.uid, number, address, original, final, action, status, smtp, diagnostic,
            remote_mta, reason, severity, bad, effect, fixer, disposition, rule, why
        FROM event JOIN message ON message.id = message ORDER BY uid, number""",
    "transitions": """
        SELECT message.uid, event.number, transition.address, mailing, cause, from_state, to_state,
            strike, round(score / 10.0), round((until - transition.time) / 3600.0), operator_rule, transition.why
        FROM transition LEFT JOIN event ON event.id = event LEFT JOIN message ON message.id = message
        ORDER BY uid, number""",
    "recipients": """
        SELECT recipient.address, recipient.domain, state, recipient.reason, level, round(score / 10.0),
            strike_day IS NOT NULL, gone_at IS NOT NULL, confirmed_at IS NOT NULL,
            round((until - event.time) / 3600.0), message.uid, event.number
        FROM recipient LEFT JOIN event ON event.id = last_event
            LEFT JOIN message ON message.id = event.message
        ORDER BY recipient.address""",
    "alerts": "SELECT reason, domain, count FROM alert ORDER BY reason, domain",
    "told": """
        SELECT hook, message.uid, event.number, done_at IS NOT NULL
        FROM outbox LEFT JOIN event ON event.id = event LEFT JOIN message ON message.id = message
        ORDER BY hook, uid, number""",
    "folders": "SELECT account, name, last_uid FROM folder ORDER BY account, name",
    "tallies": "SELECT kind, messages, duplicates FROM tally ORDER BY kind",
    "days": "SELECT domain, reason, events, hard, soft FROM daily ORDER BY domain, reason",
}


class Crash(Case):
    places = COPY_PLACES if COPIES else PLACES
    cases = [f"{place}:{n}" for place, last in places.items() for n in sorted({1, last})]
    server_kind = Cyrus if ON_CYRUS else Dovecot
    lines = AS_CYRUS_RECOMMENDS if ON_CYRUS else ()
    if COPIES:
        lines += (CYRUS_WITHOUT_MOVE if ON_CYRUS else WITHOUT_MOVE,)
    users = tuple(f"case{n}" for n in range(len(cases) + ROUNDS + 1))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.next_user = iter(cls.users)
        case = cls("setUp")
        case.setUp()
        case.maxDiff = None
        user, daemon = case.prepare("mailbounced")
        began = time.monotonic()
        status, out, said = daemon.once()
        cls.usual = time.monotonic() - began  # seconds of a run that nobody disturbs
        assert status == EX_OK, said
        cls.wanted = case.outcome(user, daemon)
        # The measure itself must hold something, or all comparisons are empty.
        assert len(cls.wanted["messages"]) == len(list(mails())), cls.wanted
        assert {"dead", "backoff"} <= {row[2] for row in cls.wanted["recipients"]}
        assert len(cls.wanted["told"]) > 0, "the hook was never told"
        assert {"INBOX", "Processed"} == set(cls.wanted["mailboxes"])
        assert COPIES == (case.copied(daemon) > 0)

    def setUp(self):
        super().setUp()
        self.maxDiff = None

    def prepare(self, program):
        stay_within_a_day(ONE_CASE)
        user = next(self.next_user)
        self.dovecot.fill(mails(), user=user)
        daemon = self.mailbounced(program)
        daemon.told = os.path.join(daemon.dir, "told")
        hook = f"""hook "note" {{
	command = {{"/bin/sh", "-c", "echo $MAILBOUNCED_ID >>{daemon.told}"}}
	states = {{ok, backoff, suspended, dead, complained}}
}}
"""
        daemon.configure(extra=hook, user=user, **LIMITS, **(DELETES if COPIES else {}))
        return user, daemon

    def copied(self, daemon):
        return daemon.sql("SELECT count(*) FROM message WHERE copied_at IS NOT NULL")[0][0]

    def outcome(self, user, daemon):
        result = {name: daemon.sql(statement) for name, statement in DUMP.items()}
        result["mailboxes"] = self.dovecot.mailboxes(user)
        # The program behind the hook heard of each entry at least once.
        with open(daemon.told) as f:
            heard = set(map(int, f.read().split()))
        self.assertEqual(heard, {row[0] for row in daemon.sql("SELECT id FROM outbox")})
        self.assertEqual(daemon.sql("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(daemon.sql("PRAGMA foreign_key_check"), [])
        return result

    def compare(self, user, daemon):
        found = self.outcome(user, daemon)
        for name, wanted in self.wanted.items():
            self.assertEqual(found[name], wanted, name)

    def crash_at(self, place):
        user, daemon = self.prepare("mailbounced_crash")
        status, out, said = daemon.once({"MAILBOUNCED_CRASH_AT": place})
        self.assertEqual(status, -signal.SIGKILL, f"{place} was never passed:\n{said}")
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.compare(user, daemon)

    def random_kills(self):
        user, daemon = self.prepare("mailbounced")
        starts = kills = 0
        while True:
            starts += 1
            self.assertLess(starts, MOST_STARTS, "it never comes to an end")
            with open(daemon.log_path, "ab") as log:
                process = daemon._run(*daemon.command("--once"), stdout=log, stderr=log)
            # Longer and longer, so that the job gets done, however busy the machine has become since it was measured.
            time.sleep(random.uniform(0, self.usual * 0.2 * 1.15**starts))
            if process.poll() is None:
                process.kill()
            if process.wait(timeout=PATIENCE) == EX_OK:
                break
            kills += 1
        self.compare(user, daemon)
        return kills


def claim(place):
    def test(self):
        self.crash_at(place)

    test.__name__ = "test_killed_" + place.replace("-", "_").replace(":", "_pass_")
    return test


def random_claim(number):
    def test(self):
        print(f"{self.random_kills()} kills", end=" ", flush=True)

    test.__name__ = f"test_killed_at_random_{number:02}"
    return test


def add_tests():
    tests = map(random_claim, range(ROUNDS)) if AT_RANDOM else map(claim, Crash.cases)
    for test in tests:
        setattr(Crash, test.__name__, test)


if __name__ == "__main__":
    add_tests()
    del sys.argv[2:]  # the words are no wrapper
    main()
