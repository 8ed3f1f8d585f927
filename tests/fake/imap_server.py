# imap_server - an IMAP server that misbehaves on demand
#
# A real server shows how things go; this one shows what must not go wrong: it refuses, forgets,
# hangs up. One folder, plain text on a free loopback port, a thread a connection.
#
# SPDX-License-Identifier: BSD-2-Clause

import re
import socket
import threading

CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS"


class Server:
    """mails is {uid: bytes}; tests change it, and the hooks below, while the server runs."""

    def __init__(self, mails=(), capabilities=CAPABILITIES):
        self.mails = dict(enumerate(mails, 1))
        self.moved = {}  # {uid: folder}
        self.capabilities = capabilities
        self.refuse = lambda command, uids: None  # "NO ..." or "BAD ..." instead of an answer
        self.hidden = set()  # uids that are listed, but whose bytes never come
        self.commands = []  # what was asked, in order
        self.connections = set()
        self.listener = None
        self.port = 0
        self.up()

    # tests call these

    def up(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=50)
        self.port = self.listener.getsockname()[1]
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
        self.commands.append(rest if name != "LOGIN" else name)
        uids = self._uids(words[2]) if words[0] == "UID" else []
        refusal = self.refuse(rest, uids)
        if refusal is not None:
            self._say(stream, f"{tag} {refusal}")
            return True
        handler = getattr(self, "_" + name.lower().replace(" ", "_"), None)
        if handler is not None:
            handler(stream, rest, uids)
        self._say(stream, f"{tag} OK done" if handler or name in ("NOOP", "LOGIN", "SUBSCRIBE", "CREATE") else f"{tag} BAD what?")
        return name != "LOGOUT"

    def _uids(self, text):
        found = set()
        for part in text.split(","):
            first, _, last = part.partition(":")
            last = last or first
            top = max(self.mails, default=0)
            low, high = (top if end == "*" else int(end) for end in (first, last))
            found.update(uid for uid in list(self.mails) if min(low, high) <= uid <= max(low, high))
        return sorted(found)

    def _capability(self, stream, rest, uids):
        self._say(stream, "* CAPABILITY " + self.capabilities)

    def _select(self, stream, rest, uids):
        self._say(
            stream,
            f"* {len(self.mails)} EXISTS", "* 0 RECENT", "* FLAGS (\\Seen \\Deleted)",
            "* OK [UIDVALIDITY 7] it is",
            f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] it is",
        )

    def _uid_fetch(self, stream, rest, uids):
        numbers = {uid: number for number, uid in enumerate(sorted(self.mails), 1)}
        most = re.search(r"<0\.(\d+)>", rest)
        for uid in uids:
            mail = self.mails.get(uid)
            if mail is None or (most and uid in self.hidden):
                continue
            if most:
                mail = mail[: int(most[1])]
                stream.write(f"* {numbers[uid]} FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}\r\n".encode())
                stream.write(mail + b")\r\n")
            else:
                self._say(stream, f"* {numbers[uid]} FETCH (UID {uid} RFC822.SIZE {len(mail)})")

    def _uid_move(self, stream, rest, uids):
        for uid in uids:
            number = sorted(self.mails).index(uid) + 1
            del self.mails[uid]
            self.moved[uid] = rest.split(" ", 3)[3].strip('"')
            self._say(stream, f"* {number} EXPUNGE")

    def _idle(self, stream, rest, uids):
        count = len(self.mails)
        self._say(stream, "+ idling")
        stop = threading.Event()

        def tell():
            while not stop.wait(0.05):
                if len(self.mails) != count:
                    self._say(stream, f"* {len(self.mails)} EXISTS")
                    return

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        stream.readline()
        stop.set()
        teller.join()

    def _logout(self, stream, rest, uids):
        self._say(stream, "* BYE so long")
