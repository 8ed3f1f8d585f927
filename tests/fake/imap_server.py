# imap_server - an IMAP server that misbehaves on demand
#
# A real server shows how things go; this one shows what must not go wrong: it refuses, forgets,
# hangs up. Plain text on a free loopback port, a thread a connection. Folders are there as soon as
# they are named.
#
# SPDX-License-Identifier: BSD-2-Clause

import re
import socket
import threading

CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS"


class Server:
    """mails is {uid: bytes}; tests change it, and the hooks below, while the server runs."""

    def __init__(self, mails=(), capabilities=CAPABILITIES):
        self.mails = dict(enumerate(mails, 1))  # of INBOX
        self.folders = {}  # the others: {name: {uid: bytes}}
        self.top = {}  # {folder: highest uid that it ever had}
        self.moved = {}  # {uid in INBOX: folder}, also of those that were copied
        self.flags = {}  # {uid in INBOX: set of flags}
        self.uidvalidity = 7
        self.uidnext = None  # what SELECT claims; None: the truth
        self.read_only = False
        self.copyuid = True  # tell which copy is which
        self.expunges = True  # else it says that it has taken mail away, and has not
        self.copies = True  # else it says that it has copied, and has not
        self.size = len  # what it claims of a mail
        self.listed = {"INBOX": ""}  # {name: flags} for LIST
        self.rights = "lrswipkxtecda"
        self.before = lambda command, uids: None  # hang up before obeying: "hang up"
        self.after = lambda command, uids: None  # hang up after obeying: "hang up"; or a line to say
        self.within_move = lambda: None  # the copies are made, the originals still there: "hang up"
        self.capabilities = capabilities
        self.refuse = lambda command, uids: None  # "NO ..." or "BAD ..." instead of an answer
        self.hidden = set()  # uids that are listed, but whose bytes never come
        self.commands = []  # what was asked, in order
        self.connections = set()
        self.listener = None
        # Bound for good, so that nobody else gets the port while we are down.
        self.keeper = socket.socket()
        self.keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.keeper.bind(("127.0.0.1", 0))
        self.port = self.keeper.getsockname()[1]
        self.up()

    # tests call these

    def up(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=50)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def down(self):
        """Hangs up on everybody and listens no more."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def options(self):
        """For an account of mailbounced."""
        return {"host": "127.0.0.1", "port": str(self.port), "tls": "none", "ca_file": None, "user": "somebody"}

    def asked(self, word):
        return sum(word in command for command in list(self.commands))

    # one connection

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rwb") as stream:
                stream.box = "INBOX"
                self._say(stream, "* OK ready")
                while line := stream.readline():
                    if not self._command(stream, line.decode().rstrip("\r\n")):
                        break
        except (OSError, ValueError):
            pass  # the other side, or down(), hung up
        finally:
            self.connections.discard(connection)

    def _say(self, stream, *lines):
        for line in lines:
            stream.write(line.encode() + b"\r\n")
        stream.flush()

    def _command(self, stream, line):
        """False when the connection is over."""
        tag, _, rest = line.partition(" ")
        words = rest.upper().split()
        name = " ".join(words[:2]) if words[0] == "UID" else words[0]
        self.commands.append(rest if name not in ("LOGIN", "AUTHENTICATE") else name)
        uids = self._uids(words[2], self._box(stream)) if words[0] == "UID" and name != "UID SEARCH" else []
        if self.before(rest, uids) == "hang up":
            return False
        uids = [uid for uid in uids if uid in self._box(stream)]
        refusal = self.refuse(rest, uids)
        if refusal is not None:
            self._say(stream, f"{tag} {refusal}")
            return True
        handler = getattr(self, "_" + name.lower().replace(" ", "_"), None)
        if handler is not None:
            handler(stream, rest, uids)
        after = self.after(rest, uids)
        if after == "hang up":
            return False
        if after is not None:
            self._say(stream, after)
            return not after.startswith("* BYE")
        done = "OK [READ-ONLY] done" if name in ("SELECT", "EXAMINE") and self.read_only else "OK done"
        known = handler or name in ("NOOP", "LOGIN", "AUTHENTICATE", "SUBSCRIBE", "CREATE")
        self._say(stream, f"{tag} {done}" if known else f"{tag} BAD what?")
        return name != "LOGOUT"

    def _folder(self, name):
        """The mails of a folder, and the uid that the next one gets."""
        box = self.mails if name == "INBOX" else self.folders.setdefault(name, {})
        self.top[name] = max([self.top.get(name, 0), *box])
        return box, self.top[name] + 1

    def _life(self, name):
        return self.uidvalidity if name == "INBOX" else 77

    def _box(self, stream):
        return self._folder(stream.box)[0]

    def _uids(self, text, box):
        found = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            last = last or first
            top = max(box, default=0)
            low, high = (top if end == "*" else int(end) for end in (first, last))
            found.update(uid for uid in list(box) if min(low, high) <= uid <= max(low, high))
        return sorted(found)

    def _capability(self, stream, rest, uids):
        self._say(stream, "* CAPABILITY " + self.capabilities)

    def _select(self, stream, rest, uids):
        stream.box = rest.split(" ", 1)[1].strip('"')
        box, uidnext = self._folder(stream.box)
        stream.told = len(box)  # so many messages the client knows of
        if self.uidnext and stream.box == "INBOX":
            uidnext = self.uidnext
        self._say(
            stream,
            f"* {len(box)} EXISTS", "* 0 RECENT", "* FLAGS (\\Seen \\Deleted)",
            f"* OK [UIDVALIDITY {self._life(stream.box)}] it is",
            f"* OK [UIDNEXT {uidnext}] it is",
        )

    _examine = _select

    def _uid_fetch(self, stream, rest, uids):
        box = self._box(stream)
        numbers = {uid: number for number, uid in enumerate(sorted(box), 1)}
        pieces = re.findall(r"BODY\.PEEK\[([^]]*)\]<(\d+)\.(\d+)>", rest)
        for uid in uids:
            mail = box.get(uid)
            if mail is None or (pieces and uid in self.hidden):
                continue
            stream.write(f"* {numbers[uid]} FETCH (UID {uid}".encode())
            for section, offset, most in pieces:
                data = self.section(mail, section, int(offset), int(most))
                stream.write(f" BODY[{section}]<{offset}> ".encode())
                stream.write(b"NIL" if data is None else f"{{{len(data)}}}\r\n".encode() + data)
            self._say(stream, ")" if pieces else f" RFC822.SIZE {self.size(mail)})")

    def section(self, mail, section, offset, most):
        """None for NIL. Knows of no parts; tests that need some have their own."""
        return b"" if section else mail[offset : offset + most]

    def _uid_copy(self, stream, rest, uids):
        target = rest.split(" ", 3)[3].strip('"')
        copies = []
        for uid in uids if self.copies else []:
            to, copy = self._folder(target)
            to[copy] = self._box(stream)[uid]
            copies.append(copy)
            if stream.box == "INBOX":
                self.moved[uid] = target
        if copies and self.copyuid:
            sets = ",".join(map(str, uids)), ",".join(map(str, copies))
            self._say(stream, f"* OK [COPYUID 77 {sets[0]} {sets[1]}] copied")

    def _take_away(self, stream, uids):
        box = self._box(stream)
        for uid in uids if self.expunges else []:
            number = sorted(box).index(uid) + 1
            del box[uid]
            stream.told -= 1
            self._say(stream, f"* {number} EXPUNGE")

    def _uid_move(self, stream, rest, uids):
        self._uid_copy(stream, rest, uids)
        if self.within_move() == "hang up":
            raise OSError
        self._take_away(stream, uids)

    def _uid_store(self, stream, rest, uids):
        flag = re.search(r"\((.*)\)", rest)[1]
        for uid in uids:
            self.flags.setdefault(uid, set()).add(flag)

    def _uid_expunge(self, stream, rest, uids):
        self._take_away(stream, [uid for uid in uids if "\\Deleted" in self.flags.get(uid, ())])

    def found(self, stream, rest):
        asked = re.search(r'HEADER MESSAGE-ID "(.*)"', rest)
        size = re.search(r"SMALLER (\d+)", rest)
        return [
            uid for uid, mail in sorted(self._box(stream).items())
            if (asked and asked[1].encode() in mail) or (size and self.size(mail) == int(size[1]) - 1)
        ]

    def _uid_search(self, stream, rest, uids):
        self._say(stream, " ".join(["* SEARCH", *map(str, self.found(stream, rest))]))

    def _status(self, stream, rest, uids):
        self._tell_status(stream, [re.search(r'"(.*)"', rest)[1]])

    def _tell_status(self, stream, names):
        for name in names:
            self._say(stream, f'* STATUS "{name}" (UIDNEXT {self._folder(name)[1]} UIDVALIDITY {self._life(name)})')

    def _list(self, stream, rest, uids):
        if "RETURN (STATUS" in rest:
            self._tell_status(stream, re.findall(r'"([^"]*)"', rest)[1:])
            return
        self._say(stream, *(f'* LIST ({flags}) "/" "{name}"' for name, flags in self.listed.items()))

    def _myrights(self, stream, rest, uids):
        self._say(stream, f"* MYRIGHTS INBOX {self.rights}")

    def _idle(self, stream, rest, uids):
        box = self._box(stream)
        self._say(stream, "+ idling")
        stop = threading.Event()

        def tell():
            # also of what came before IDLE and after the client looked
            while not stop.wait(0.05):
                if len(box) != stream.told:
                    stream.told = len(box)
                    self._say(stream, f"* {stream.told} EXISTS")
                    return

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        stream.readline()
        stop.set()
        teller.join()

    def _logout(self, stream, rest, uids):
        self._say(stream, "* BYE so long")
