# verdict - is the database what it must be, and is every mail in its place?
#
# Three measures. What was delivered: each mail is one row, each address in it one event, and each
# mail lies in exactly one folder. What mailbounced makes of the same mails when nothing goes wrong:
# every standing and every step to it. And the mailboxes, byte by byte.
#
# SPDX-License-Identifier: BSD-2-Clause

import collections
import imaplib

from common import folder_names, quoted
from traffic import digest

MOST_TOLD = 10  # differences of one kind
SCORE_FADES = 2  # hundredths of a point that a strike loses in the time of a soak
UNTIL = 2  # seconds by which rounding may set an end off

STANDINGS = """
    SELECT recipient.address, state, recipient.reason, level, gone_at IS NOT NULL, confirmed_at IS NOT NULL,
        score, until - since
    FROM recipient"""
TRANSITIONS = """
    SELECT transition.address, cause, from_state, to_state, strike, mailing, transition.why, event.reason,
        event.action, event.status, event.smtp, event.diagnostic, event.rule, event.disposition, message.kind
    FROM transition LEFT JOIN event ON event.id = event LEFT JOIN message ON message.id = message
    ORDER BY transition.id"""
SUMS = {
    "alerts": "SELECT reason, domain, sum(count) FROM alert GROUP BY reason, domain",
    "days": "SELECT domain, reason, sum(events), sum(hard), sum(soft) FROM daily GROUP BY domain, reason",
    "tallies": "SELECT kind, sum(messages), sum(duplicates) FROM tally GROUP BY kind",
}


class Verdict:
    def __init__(self, daemon, delivered):
        self.daemon, self.delivered = daemon, delivered
        self.wrong = []

    def differ(self, what, found, wanted):
        """Two Counters."""
        if found == wanted:
            return
        more, less = found - wanted, wanted - found
        self.wrong.append(f"{what}: {sum(more.values())} too many, {sum(less.values())} missing")
        for name, some in (("too many", more), ("missing", less)):
            self.wrong += [f"  {name}: {key} {count} times" for key, count in list(some.items())[:MOST_TOLD]]

    def integrity(self):
        for check in ("integrity_check", "foreign_key_check"):
            found = self.daemon.sql(f"PRAGMA {check}")
            if found not in ([("ok",)], []):
                self.wrong.append(f"{check}: {found[:MOST_TOLD]}")
        unreplayed = self.daemon.unreplayed()
        if unreplayed:
            self.wrong.append(f"the ledger gives other standings: {unreplayed[:1000]}")

    def rows(self):
        """Each mail one row, as what it is, and of each that came twice one is the first."""
        sql = "SELECT kind, count(*) FROM message GROUP BY kind"
        wanted = collections.Counter(mail.kind for mail in self.delivered)
        self.differ("messages by kind", collections.Counter(dict(self.daemon.sql(sql))), wanted)
        sql = """SELECT fingerprint, count(*), sum(duplicate_of IS NULL), count(DISTINCT duplicate_of)
            FROM message GROUP BY fingerprint"""
        rows = self.daemon.sql(sql)
        copies = collections.Counter(collections.Counter(digest(mail.data) for mail in self.delivered).values())
        self.differ("mails that came so many times", collections.Counter(row[1] for row in rows), copies)
        bad = [row for row in rows if row[2] != 1 or row[3] != (row[1] > 1)]
        if bad:
            self.wrong.append(f"mails that were taken for new ones twice, or never: {len(bad)}")
        pending = "SELECT count(*) FROM message WHERE target IS NOT NULL AND moved_at IS NULL"
        if self.daemon.sql(pending) != [(0,)]:
            self.wrong.append(f"{self.daemon.sql(pending)[0][0]} moves are not ticked off")

    def events(self):
        """Each address of each mail one event, however often the mail came."""
        wanted = collections.Counter()
        for mail in {digest(mail.data): mail for mail in self.delivered}.values():
            wanted.update(mail.addresses)
        found = dict(self.daemon.sql("SELECT address, count(*) FROM event GROUP BY address"))
        self.differ("events by address", collections.Counter(found), wanted)
        return sum(wanted.values())

    def standings(self, calm):
        """Against a database that the same mails made in peace, but for whom midnight came between."""
        nights = {
            row[0] for row in
            self.daemon.sql("SELECT address FROM event GROUP BY address HAVING min(time) / 86400 <> max(time) / 86400")
        }
        here, there = ({row[0]: row[1:] for row in daemon.sql(STANDINGS)} for daemon in (self.daemon, calm))
        different = [
            f"  {address}: {here.get(address)} and not {there.get(address)}"
            for address in sorted(here.keys() | there.keys())
            if address not in nights and not self.alike(here.get(address), there.get(address))
        ]
        if different:
            self.wrong += [f"{len(different)} standings differ from those of an undisturbed run", *different[:MOST_TOLD]]
        steps, calm_steps = (self.steps(daemon, nights) for daemon in (self.daemon, calm))
        self.differ("histories of addresses", steps, calm_steps)
        if not nights:
            for what, sql in SUMS.items():
                self.differ(what, collections.Counter(self.daemon.sql(sql)), collections.Counter(calm.sql(sql)))
        return len(here), len(nights)

    @staticmethod
    def alike(one, other):
        if one is None or other is None or one[:-2] != other[:-2]:
            return False
        (score, until), (other_score, other_until) = one[-2:], other[-2:]
        if (until is None) != (other_until is None):
            return False
        return abs(score - other_score) <= SCORE_FADES and abs((until or 0) - (other_until or 0)) <= UNTIL

    @staticmethod
    def steps(daemon, nights):
        """Each address with all that happened to it, in order."""
        history = collections.defaultdict(list)
        for row in daemon.sql(TRANSITIONS):
            if row[0] not in nights:
                history[row[0]].append(row[1:])
        return collections.Counter((address, *steps) for address, steps in history.items())

    def mailboxes(self, server, users, targets):
        """Every byte of every mail, once, where it belongs; what stays is as it came."""
        wanted = collections.Counter(
            (mail.folder[0], targets.get(mail.kind, mail.folder[1]), digest(mail.data)) for mail in self.delivered
        )
        found = collections.Counter()
        for user in users:
            for folder, data, flags in everything(server, user):
                found[user, folder, digest(data)] += 1
                if flags:
                    self.wrong.append(f"{user}: a mail in {folder} has the flags {flags}")
        self.differ("mails by folder", found, wanted)


def everything(server, user):
    """(folder, bytes, flags) of every mail of a user; flags but \\Recent."""
    imap = server.connect(user)
    for folder in folder_names(imap):
        count = int(imap.select(quoted(folder), readonly=True)[1][0])
        for first in range(1, count + 1, 500):
            for item in imap.fetch(f"{first}:{min(first + 499, count)}", "(FLAGS BODY.PEEK[])")[1]:
                if isinstance(item, tuple):
                    flags = [flag for flag in imaplib.ParseFlags(item[0]) if flag != b"\\Recent"]
                    yield folder, item[1], flags
    imap.logout()
