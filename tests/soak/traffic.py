# traffic - the mail of a soak: made by a seed, delivered as a mail server would, remembered
#
# SPDX-License-Identifier: BSD-2-Clause

import collections
import hashlib
import os
import random
import re
import threading
import time

from common import bounce, golden, ordinary

# So many mails lie at least between two about the same address. The second is then in no batch with
# the first, and a folder that is read while both arrive cannot show them in the wrong order. Two folders can, as long
# as one of them is held up: what is told of an address later comes to the folder that told of it first.
GAP = 100
# Of so many mails before, one may come again.
MEMORY = 2000

GARBAGE = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")

Mail = collections.namedtuple("Mail", "data kind addresses folder")
# kind: what the mail is; addresses: of whom it tells something; folder: (user, folder) it comes to


def digest(data):
    return hashlib.sha256(data).hexdigest()


def rewritten(name, number, addresses):
    """A golden mail with a Message-ID of its own, and about others."""
    data = golden(name)
    data = re.sub(rb"(?mi)^(Message-ID:) .*\r$", b"\\1 <soak-%d@mail.example.org>\r" % number, data, count=1)
    for old, new in addresses.items():
        data = data.replace(old.encode(), new.encode())
    return data


def garbage(rng, number):
    """No mail at all; the number makes sure that there are no two alike. Of the 256 bytes all that IMAP hands on as they are."""
    lines = [bytes(rng.choice(GARBAGE) for _ in range(rng.randrange(200))) for _ in range(rng.randrange(1, 20))]
    return b"%d\xff" % number + b"\r\n".join(lines)


class Generator:
    """Endless mails for the folders; the same for the same seed."""

    def __init__(self, seed, folders):
        self.rng = random.Random(f"{seed}/traffic")
        self.folders = folders
        self.number = 0
        self.past = collections.deque(maxlen=MEMORY)
        self.first = {}  # address: the mail that told of it first
        # about one address
        self.failures = {
            "gone": ("5.1.1", "550", "User unknown", "failed"),
            "full": ("4.2.2", "452", "Over quota", "failed"),
            "disabled": ("5.2.1", "550", "Mailbox disabled", "failed"),
            "policy": ("5.7.1", "550", "Message rejected due to content", "failed"),
            "late": ("4.4.1", "451", "No answer from host", "delayed"),
        }
        # what comes, and how often among 100
        self.shares = {
            "gone": 32, "full": 16, "disabled": 9, "policy": 4, "late": 10, "again": 6, "several": 5, "exchange": 4,
            "complaint": 3, "reply": 3, "question": 3, "truncated": 2, "garbage": 1, "double": 2,
        }
        assert sum(self.shares.values()) == 100

    def address(self, what):
        return f"{what}.{self.number}@{self.rng.choice(('example.com', 'example.net', 'contoso.com'))}"

    def failure(self, what, address, folder):
        code, reply, text, action = self.failures[what]
        data = bounce(address, code, reply, text, self.number, action)
        return Mail(data, "delayed" if action == "delayed" else "bounce", (address,), folder)

    def next(self):
        self.number += 1
        what = self.rng.choices(list(self.shares), self.shares.values())[0]
        folder = self.rng.choice(self.folders)
        if len(self.past) <= GAP and what in ("again", "double"):
            what = "gone"
        mail = self.make(what, folder)
        self.past.append(mail)
        for address in mail.addresses:
            self.first.setdefault(address, mail)
        return mail

    def earlier(self):
        """One that tells of somebody, from long enough ago, and of whom nobody has told again since."""
        past = list(self.past)
        recent = {address for mail in past[-GAP:] for address in mail.addresses}
        known = [mail for mail in past[:-GAP] if mail.addresses and not recent.intersection(mail.addresses)]
        return self.rng.choice(known)

    def make(self, what, folder):
        number, rng = self.number, self.rng
        if what in self.failures:
            return self.failure(what, self.address(what), folder)
        if what == "again":
            address = rng.choice(self.earlier().addresses)
            return self.failure(rng.choice(list(self.failures)), address, self.first[address].folder)
        if what == "double":
            before = self.earlier()
            is_first = all(self.first[address].data is before.data for address in before.addresses)
            return before._replace(folder=rng.choice((before.folder, folder))) if is_first else before
        if what == "several":
            people = [f"{n}.{number}@example.com" for n in ("one", "two", "three")]
            old = ("jan@example.com", "kaja@example.net", "leif@contoso.com")
            data = rewritten("postfix-three-verdicts", number, dict(zip(old, people)))
            return Mail(data, "bounce", tuple(people), folder)
        if what == "exchange":
            who = self.address("moved")
            data = rewritten("exchange-online-unknown", number, {"kari.moved@contoso.com": who})
            return Mail(data, "bounce", (who,), folder)
        if what == "truncated":
            who = self.address("cut")
            data = rewritten("truncated-in-the-status-part", number, {"yngve@contoso.com": who})
            return Mail(data, "bounce", (who,), folder)
        if what == "complaint":
            who = self.address("annoyed")
            return Mail(rewritten("complaint-arf", number, {"freya@example.net": who}), "complaint", (who,), folder)
        if what == "reply":
            return Mail(rewritten("auto-reply-out-of-office", number, {}), "auto-reply", (), folder)
        if what == "question":
            return Mail(ordinary(number), "other", (), folder)
        assert what == "garbage"
        return Mail(garbage(rng, number), "other", (), folder)


class Maildir:
    """Puts mail into folders of a private Dovecot that keeps maildirs, whether it runs or not."""

    def __init__(self, dovecot):
        self.dovecot = dovecot
        self.count = 0

    def path(self, user, folder):
        home = os.path.join(self.dovecot.dir, "mail", user, "Maildir")
        return home if folder == "INBOX" else os.path.join(home, "." + folder.replace("/", "."))

    def deliver(self, mail):
        """The names of files tell Dovecot the order."""
        self.count += 1
        maildir = self.path(*mail.folder)
        now = time.time()
        name = f"{int(now)}.M{int(now % 1 * 1e6):06}P{os.getpid()}Q{self.count}.soak"
        with open(os.path.join(maildir, "tmp", name), "wb") as f:
            f.write(mail.data)
        self.dovecot.own(f.name)
        os.rename(f.name, os.path.join(maildir, "new", name))


class Deliverer(threading.Thread):
    """Delivers a number of mails over so many seconds, in bursts."""

    def __init__(self, generator, maildir, count, seconds):
        super().__init__(daemon=True)
        self.generator, self.maildir = generator, maildir
        self.count, self.seconds = count, seconds
        self.delivered = []
        self.error = None

    def run(self):
        rng = random.Random()
        began = time.monotonic()
        try:
            while len(self.delivered) < self.count:
                due = min(self.count, self.count * (time.monotonic() - began) / self.seconds)
                while len(self.delivered) < due:
                    mail = self.generator.next()
                    self.maildir.deliver(mail)
                    self.delivered.append(mail)
                time.sleep(rng.uniform(0, 0.5))
        except BaseException as error:  # told by the main thread
            self.error = error
