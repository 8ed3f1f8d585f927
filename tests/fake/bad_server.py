# bad_server - a server that is in trouble, and gets well again
#
# A trouble is one row of what can go wrong: at which moment of a session (a connection, the greeting,
# or a command by its name), and what the server does from there on instead of answering. As long as
# `trouble` is set every connection meets it; when it is None the server is as good as its parent.
#
# SPDX-License-Identifier: BSD-2-Clause

import random
import select
import socket
import ssl
import time

from imap_server import Server


def hang(connection, tag):
    """Hears everything and says nothing, until the other side has enough."""
    while connection.recv(65536):
        pass


def send_for_ever(connection, piece, pause=0):
    while True:
        connection.sendall(piece)
        time.sleep(pause)


def drip(connection, tag):
    send_for_ever(connection, b"*", pause=0.5)


def garbage(connection, tag):
    noise = random.Random(7)
    send_for_ever(connection, noise.randbytes(1000).replace(b"\0", b"\n"))


def zeros(connection, tag):
    send_for_ever(connection, bytes(1000))


def endless_line(connection, tag):
    connection.sendall(b"* OK ")
    send_for_ever(connection, b"a" * 65536)


def huge_literal(connection, tag):
    connection.sendall(b"* 1 FETCH (UID 1 BODY[]<0> {2147483647}\r\n")
    send_for_ever(connection, b"x" * 65536)


def nested(connection, tag):
    connection.sendall(b"* 1 FETCH (UID 1 BODYSTRUCTURE ")
    send_for_ever(connection, b"(" * 65536)


def flood(connection, tag):
    send_for_ever(connection, b"* OK still here, and so is everybody else\r\n" * 1000)


def lying_flood(connection, tag):
    """More than four thousand million messages, says the folder, and begins to list them."""
    connection.sendall(
        b"* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7] it is\r\n* OK [UIDNEXT 4294967295] it is\r\n"
        + tag.encode() + b" OK [READ-WRITE] done\r\n"
    )
    connection.recv(65536)
    send_for_ever(connection, b"* 7 FETCH (UID 7 RFC822.SIZE 4000)\r\n" * 1000)


def flood_in_idle(connection, tag):
    connection.sendall(b"+ idling\r\n")
    flood(connection, tag)


def silent_idle(connection, tag):
    """As if the other end of the line were gone: the connection is up, and nothing comes."""
    connection.sendall(b"+ idling\r\n")
    hang(connection, tag)


def inject(connection, tag):
    """CVE-2020-15953: what stands behind the answer must not be read as if it came through TLS."""
    connection.sendall(
        f"{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\n{int(tag) + 1} OK injected\r\n".encode()
    )
    hang(connection, tag)


def inject_preauth(connection, tag):
    connection.sendall(b"* PREAUTH who needs TLS\r\n")
    hang(connection, tag)


class Cut:
    """A stream that hangs up at its nth piece: behind it, or in the middle of it."""

    def __init__(self, stream, connection, nth, within):
        self.stream, self.connection, self.left, self.within = stream, connection, nth, within

    def write(self, data):
        self.left -= 1
        if self.left > 0:
            return self.stream.write(data)
        self.stream.write(data[: len(data) // 2] if self.within else data)
        self.stream.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        raise OSError("cut")

    def flush(self):
        self.stream.flush()

    def readline(self):
        return self.stream.readline()


class BadServer(Server):
    """trouble is (moment, what to do) or None; moment is connection, greeting, or a command."""

    def __init__(self, mails=(), tls="none", certificate=None, **options):
        self.tls, self.trouble, self.cut = tls, None, None
        self.visits = 0
        self.pieces = 0  # that the last connection got
        self.heard = b""  # after STARTTLS, in clear
        if tls != "none":
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate + ".pem", certificate + ".key")
        super().__init__(mails, **options)

    def options(self):
        return {**super().options(), "tls": self.tls}

    def close_the_door(self):
        """Nobody accepts: the kernel drops each SYN once the queue is full, as a firewall would."""
        self.down()
        hole = socket.socket()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind(("127.0.0.1", self.port))
        hole.listen(0)
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", self.port))
        # The queue has room for one, who is in it when somebody could be accepted.
        select.select([hole], [], [], 10)
        self.hole = [hole, waiting]

    def open_the_door(self):
        for end in self.hole:
            end.close()
        self.up()

    def _serve(self, connection):
        self.visits += 1
        try:
            with connection:
                if self._meets_trouble(connection, "connection", ""):
                    return
                if self.tls == "implicit":
                    connection = self.context.wrap_socket(connection, server_side=True)
                self._session(connection)
        except (OSError, ValueError):
            pass  # one of the two hung up
        finally:
            self.connections.discard(connection)

    def _meets_trouble(self, connection, moment, tag):
        trouble = self.trouble
        if trouble is None or trouble[0] != moment:
            return False
        trouble[1](connection, tag)
        return True

    def _stream(self, connection):
        stream = connection.makefile("rwb")
        if self.cut is not None:
            stream = Cut(stream, connection, *self.cut)
            self.cut = None  # the next connection gets everything
        stream.box = "INBOX"
        return stream

    def _session(self, connection):
        stream = self._stream(connection)
        if self._meets_trouble(connection, "greeting", ""):
            return
        self._say(stream, "* OK ready")
        while line := stream.readline().decode().rstrip("\r\n"):
            tag, _, rest = line.partition(" ")
            words = rest.upper().split()
            name = " ".join(words[:2]) if words[:1] == ["UID"] else words[0]
            if self._meets_trouble(connection, name, tag):
                return
            if name == "STARTTLS":
                self._say(stream, f"{tag} OK begin")
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = self._stream(connection)
            elif not self._command(stream, line):
                return
