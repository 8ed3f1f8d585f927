"""An IMAP server for measurements: ten thousand sessions in one process, a folder each: boxes is {user/folder: Box}.

It knows what mailbounced asks and no more. A box of Endless always holds more mail; a box that is hung answers no FETCH.
`on_move(box, uids)` is told of each MOVE, which the daemon sends after its transaction has committed."""
import asyncio
import time

END = b"\r\n"


class Box:
    def __init__(self):
        self.mails = {}
        self.uidnext = 1
        self.session = None  # that waits in IDLE
        self.hung = False
        self.told_at = None
        self.moved = 0  # and so many are in the target

    def put(self, mail):
        self.mails[self.uidnext] = mail
        self.uidnext += 1
        if self.session is not None:
            self.session.transport.write(b"* %d EXISTS\r\n" % len(self.mails))
            self.told_at = time.monotonic()

    def exists(self):
        return len(self.mails)

    def within(self, low, high):
        return [uid for uid in sorted(self.mails) if low <= uid <= high]

    def get(self, uid):
        return self.mails[uid]

    def size(self, uid):
        return len(self.mails[uid])

    def move(self, uids):
        for uid in uids:
            del self.mails[uid]
        self.moved += len(uids)


class Endless(Box):
    """A backlog without end, of mails that are all of one size."""

    def __init__(self, make, count=10**6):
        super().__init__()
        self.make, self.count, self.first = make, count, 1
        self.each = len(make(1))
        self.uidnext = count + 1

    def exists(self):
        return self.count - self.first + 1

    def within(self, low, high):
        return range(max(low, self.first), min(high, self.count) + 1)

    def get(self, uid):
        return self.make(uid)

    def size(self, uid):
        return self.each

    def move(self, uids):
        self.first = max(uids) + 1
        self.moved += len(uids)


class Session(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.user, self.box, self.pending, self.idle_tag = server, None, None, b"", None

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"* OK ready\r\n")

    def data_received(self, data):
        self.pending += data
        while END in self.pending:
            line, self.pending = self.pending.split(END, 1)
            self.line(line)

    def connection_lost(self, error):
        if self.box is not None and self.box.session is self:
            self.box.session = None
            self.server.idle -= 1

    def line(self, line):
        if self.idle_tag is not None:
            self.transport.write(self.idle_tag + b" OK idled\r\n")
            self.idle_tag = None
            self.box.session = None
            self.server.idle -= 1
            return
        tag, _, rest = line.partition(b" ")
        words = rest.split()
        name = b" ".join(words[:2] if words[0] == b"UID" else words[:1]).decode().lower().replace(" ", "_")
        handler = getattr(self, "do_" + name, None)
        if handler is not None and handler(tag, words):
            return
        self.transport.write(tag + b" OK done\r\n")

    def do_capability(self, tag, words):
        self.transport.write(b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n")

    def do_login(self, tag, words):
        self.user = words[1].strip(b'"').decode()

    def do_select(self, tag, words):
        self.box = self.server.boxes[self.user + "/" + words[1].strip(b'"').decode()]
        self.transport.write(
            b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] it is\r\n* OK [UIDNEXT %d] it is\r\n"
            % (self.box.exists(), self.box.uidnext)
        )

    def uids(self, text):
        for part in text.split(b","):
            low, _, high = part.partition(b":")
            yield from self.box.within(int(low), 2**32 if high == b"*" else int(high or low))

    def do_uid_fetch(self, tag, words):
        if self.box.hung:
            return True
        whole = b"BODY.PEEK" in b" ".join(words)
        out = []
        for uid in self.uids(words[2]):
            if whole:
                mail = self.box.get(uid)
                out.append(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, uid, len(mail), mail))
            else:
                out.append(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, self.box.size(uid)))
        self.transport.write(b"".join(out))

    def do_uid_move(self, tag, words):
        uids = list(self.uids(words[2]))
        self.server.on_move(self.box, uids)
        first = self.box.moved + 1
        self.box.move(uids)
        if uids:
            moved = b",".join(b"%d" % uid for uid in uids)
            self.transport.write(b"* OK [COPYUID 9 %s %d:%d] moved\r\n" % (moved, first, self.box.moved))
        self.transport.write(b"* 1 EXPUNGE\r\n" * len(uids))

    def do_idle(self, tag, words):
        self.transport.write(b"+ idling\r\n")
        self.idle_tag = tag
        self.box.session = self
        self.server.idle += 1
        return True

    def do_logout(self, tag, words):
        self.transport.write(b"* BYE so long\r\n" + tag + b" OK done\r\n")
        self.transport.close()
        return True


class Server:
    def __init__(self, boxes, on_move=lambda box, uids: None):
        self.boxes, self.on_move, self.idle = boxes, on_move, 0

    async def start(self, context=None):
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(
            lambda: Session(self), "127.0.0.1", 0, ssl=context, backlog=1000
        )
        self.port = self.listener.sockets[0].getsockname()[1]


async def serve_backlog(make):
    """A process of its own: prints its port, and serves one backlog without end."""
    server = Server({"backlog/INBOX": Endless(make)})
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()
