# faults - what goes wrong in a soak: a line that is cut, a server that hangs, a disk that is full
#
# SPDX-License-Identifier: BSD-2-Clause

import collections
import errno
import os
import queue
import random
import selectors
import signal
import socket
import subprocess
import threading
import time

from common import wait_until

MOST_PENDING = 256 * 1024  # bytes that wait for one side before the other is not read any more


class Proxy(threading.Thread):
    """Stands between the daemon and the server; sees only TLS."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.upstream = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.other = {}  # socket: the socket on the other side
        self.pending = {}  # socket: bytes for it
        self.left = {}  # socket: bytes that it may still send
        self.orders = queue.SimpleQueue()
        self.refuses = self.stalls = self.drips = 0  # until then
        self.start()

    # faults, from other threads

    def cut(self, choose):
        """choose(sockets of the daemon's side): those to cut."""
        self.orders.put(lambda: [self._close(s) for s in choose(self._clients())])

    def cut_within(self, left):
        """All, after so many bytes more that the server sends."""

        def order():
            for client in self._clients():
                self.left[self.other[client]] = left

        self.orders.put(order)

    def refuse(self, seconds):
        self.refuses = time.monotonic() + seconds

    def stall(self, seconds):
        self.stalls = time.monotonic() + seconds

    def drip(self, seconds):
        self.drips = time.monotonic() + seconds

    def heal(self):
        self.refuses = self.stalls = self.drips = 0
        self.orders.put(self.left.clear)

    # the thread

    def _clients(self):
        return [s for s in self.other if s.getsockname()[1] == self.port]

    def run(self):
        while True:
            while not self.orders.empty():
                self.orders.get()()
            now = time.monotonic()
            if now < self.stalls:
                time.sleep(0.02)
                continue
            for key, mask in self.selector.select(0.05):
                if key.fileobj is self.listener:
                    self._accept(now < self.refuses)
                elif key.fileobj in self.other:
                    self._serve(key.fileobj, mask, 100 if now < self.drips else 65536)
            if now < self.drips:
                time.sleep(0.05)

    def _accept(self, refuse):
        client, _ = self.listener.accept()
        try:
            if refuse:
                raise OSError
            server = socket.create_connection(self.upstream, timeout=2)
        except OSError:
            client.close()
            return
        for here, there in ((client, server), (server, client)):
            here.setblocking(False)
            self.other[here] = there
            self.pending[here] = bytearray()
            self.selector.register(here, selectors.EVENT_READ)

    def _serve(self, here, mask, most):
        there = self.other[here]
        try:
            if mask & selectors.EVENT_READ:
                data = here.recv(min(most, self.left.get(here, most)))
                if not data:
                    raise OSError("the end")
                self.pending[there] += data
                if here in self.left:
                    self.left[here] -= len(data)
            for side in (here, there):
                self._send(side)
            if self.left.get(here, 1) <= 0:
                raise OSError("cut")
        except OSError:
            self._close(here)
            return
        for side in (here, there):
            self._watch(side)

    def _send(self, side):
        if not self.pending[side]:
            return
        try:
            del self.pending[side][: side.send(self.pending[side])]
        except BlockingIOError:
            pass

    def _watch(self, side):
        events = selectors.EVENT_WRITE if self.pending[side] else 0
        if len(self.pending[self.other[side]]) < MOST_PENDING:
            events |= selectors.EVENT_READ
        self.selector.modify(side, events or selectors.EVENT_WRITE)

    def _close(self, side):
        for s in (side, self.other.get(side)):
            if s in self.other:
                self.selector.unregister(s)
                s.close()
                self.left.pop(s, None)
                del self.other[s], self.pending[s]


class Disk:
    """The file system that the state lies on. A small one of its own, where this process may mount one: then it is
    really full. Elsewhere the daemon's files are kept from growing, which its writes are told in other words."""

    def __init__(self, path, megabytes, dovecot):
        self.path, self.dovecot = path, dovecot
        os.mkdir(path)
        self.mounted = os.environ.get("SOAK_MAY_MOUNT") == "1" and self._mount(megabytes)
        dovecot.own(path)

    def _mount(self, megabytes):
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "soak", self.path]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    def _limit(self, pid, size):
        """Bytes of a file; the process's own user may say so."""
        self.dovecot.tell("run", "prlimit", "--pid", str(pid), f"--fsize={size}:")

    def kind(self):
        return "a full file system (ENOSPC)" if self.mounted else "files that may not grow (EFBIG)"

    def fill(self, pid):
        if not self.mounted:
            self._limit(pid, 4096)
            return
        with open(os.path.join(self.path, "filler"), "ab", buffering=0) as f:
            block = bytes(1 << 20)
            while block:
                try:
                    f.write(block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    block = block[: len(block) // 2]

    def free(self, pid):
        if not self.mounted:
            self._limit(pid, "unlimited")
        elif os.path.exists(os.path.join(self.path, "filler")):
            os.unlink(os.path.join(self.path, "filler"))

    def release(self):
        if self.mounted:
            subprocess.run(["umount", self.path], check=False)


class Faults:
    """One fault after the other, chosen by the seed."""

    def __init__(self, seed, server, proxy, disk, daemon, kill_server=False):
        self.rng = random.Random(f"{seed}/faults")
        self.server, self.proxy, self.disk, self.daemon = server, proxy, disk, daemon
        self.how = signal.SIGKILL if kill_server else signal.SIGTERM
        self.done = collections.Counter()
        self.wrong = []  # what the daemon did that no fault asked for
        self.everywhere = (
            self.cut_all, self.cut_one, self.cut_within_an_answer, self.refused_connections, self.server_hangs,
            self.server_drips, self.server_restarts, self.server_loses_a_process, self.disk_full, self.hup,
        )
        self.to_the_process = (self.kill, self.term)
        self.bag = [self.kill]  # what comes next is its last one; a short run has a kill as well

    def one(self, process_too):
        """Each comes once before any comes again."""
        if not self.bag:
            faults = self.everywhere + (self.to_the_process if process_too else ())
            self.bag = self.rng.sample(faults, len(faults))
        fault = self.bag.pop()
        if fault in self.to_the_process and not process_too:
            return self.one(process_too)
        self.done[fault.__name__.replace("_", " ")] += 1
        return fault()

    def one_of(self):
        """Chooses one of whatever there is then, or none; the seed is asked now."""
        share = self.rng.random()
        return lambda things: things[int(share * len(things)):][:1]

    def cut_all(self):
        self.proxy.cut(lambda sockets: sockets)

    def cut_one(self):
        self.proxy.cut(self.one_of())

    def cut_within_an_answer(self):
        self.proxy.cut_within(self.rng.randrange(1, 20000))

    def refused_connections(self):
        self.proxy.refuse(self.rng.uniform(1, 4))
        self.proxy.cut(self.one_of())

    def server_hangs(self):
        """Longer than progress-timeout, or not."""
        self.proxy.stall(self.rng.uniform(0.5, 5))

    def server_drips(self):
        self.proxy.drip(self.rng.uniform(1, 5))

    def server_restarts(self):
        self.server.tell("stop")
        time.sleep(self.rng.uniform(0, 2))
        self.server.again()

    def server_loses_a_process(self):
        """One of Dovecot's that serve a session."""
        children = subprocess.run(
            ["ps", "--ppid", self.server.env["PID"], "-o", "pid=,comm="], stdout=subprocess.PIPE, text=True
        ).stdout.split("\n")
        sessions = [int(line.split()[0]) for line in children if line.split()[1:] == ["imap"]]
        for pid in self.one_of()(sessions):
            try:
                os.kill(pid, self.how)
            except ProcessLookupError:
                pass

    def disk_full(self):
        self.disk.fill(self.daemon.process.pid)
        time.sleep(self.rng.uniform(1, 4))
        self.disk.free(self.daemon.process.pid)

    def hup(self):
        self.daemon.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.start()

    def term(self):
        status = self.daemon.stop()
        if status != 0:
            self.wrong.append(f"TERM ended the daemon with {status}")
        self.start()

    def start(self):
        """A service manager sends no signal before the daemon said that it is ready."""
        self.daemon.start()
        ready = f"mailbounced[{self.daemon.process.pid}] info: watching"
        wait_until(lambda: ready in self.daemon.log(), "the daemon is ready")
