# soak - mailbounced for a long time among faults; exact at the end, or this fails
#
#	python3 -B soak.py BIN [--minutes M] [--messages N] [--seed S] [--without-move]
#
# In the first half the daemon itself is killed and ended as well. In the second half its process
# lives on, so that it can be seen whether it grows.
#
# SPDX-License-Identifier: BSD-2-Clause

import argparse
import collections
import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

import common  # noqa: E402
from common import EX_OK, WITHOUT_MOVE, Dovecot, Mailbounced, quoted, sanitized, wait_until  # noqa: E402
from faults import Disk, Faults, Proxy  # noqa: E402
from service import memory  # noqa: E402
from traffic import Deliverer, Generator, Maildir  # noqa: E402
from verdict import Verdict  # noqa: E402

USERS = tuple(f"list{n}@example.com" for n in range(1, 5))
CALM = "calm@example.com"  # whose mailbox nothing happens to
FOLDERS = ("INBOX", "Lists/Garden", "Lists/Roof")
TARGETS = {"bounce": "Filed/Bounces", "delayed": "Filed/Delayed", "complaint": "Filed/Complaints", "auto-reply": "Replies"}
RATE = 31 * 60  # messages a minute: more than 50,000 in 30 minutes
PAUSE = 3.0  # seconds between two faults, on the average, and less in a short run
FAULTS_LEAST = 24
# A state of 4 KiB a message, and room for what SQLite writes beside it.
DISK_LEAST, DISK_PER_MESSAGE = 64, 4 / 1024  # MiB
SETTLED = 2  # seconds in which nothing is opened or closed
STUCK = 120  # seconds without any progress
WARM_UP = 0.25  # of the second half: caches fill
# What a process may grow after that, SQLite's cache not counted. Resident: the share by which samples scatter, and
# KiB. Allocated: KiB, what most samples show.
GROWTH, GROWTH_LEAST = 1.05, 2048
HEAP_GROWTH = 512
HEAP_SAMPLES = 50  # with fewer it still grows, for a session's buffers come with its first mails
SQLITE_MOST = 19 * 1024  # KiB: its cache of 16 MiB, and what it needs beside that

OPTIONS = {
    "folders": list(FOLDERS), "connect_timeout": "2s", "tls_timeout": "2s", "progress_timeout": "2s",
    "command_timeout": "10s", "transfer_timeout": "20s", "idle_renew": "10s", "retry_least": "1s", "retry_most": "2s",
    "move_retry": "2s", "target": TARGETS,
}


class Daemon(Mailbounced):
    """Tells what it has allocated, unless a sanitizer allocates for it."""

    def prepare(self, binaries):
        self.heap_path = os.path.join(self.dir, "heap")
        self.preload = {}
        if not sanitized(binaries):
            library = shutil.copy(os.path.join(binaries, "soak_heap.so"), self.dir)  # where its user may read
            self.preload = {"LD_PRELOAD": library, "SOAK_HEAP": self.heap_path}

    def start(self, env=None):
        return super().start({**self.preload, **(env or {})})

    def heap(self, pid):
        """Allocated KiB, and how many of them are SQLite's."""
        with open(f"{self.heap_path}.{pid}") as f:
            return tuple(map(int, f.read().split()))


# KiB: resident, and allocated, both without what SQLite holds; and that. Also how many files and sockets are open.
Sample = collections.namedtuple("Sample", "time pid resident heap sqlite open")


class Sampler(threading.Thread):
    """Memory of the daemon's process, twice a second."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_of = daemon
        self.samples = []
        self.start()

    def run(self):
        while True:
            pid = self.daemon_of.process.pid
            try:
                heap, sqlite = self.daemon_of.heap(pid)
                sample = Sample(
                    time.monotonic(), pid, memory(pid)[0] - sqlite, heap - sqlite, sqlite, len(descriptors(pid))
                )
                self.samples.append(sample)
            except (OSError, TypeError, ValueError):
                pass  # between two processes
            time.sleep(0.5)

    def of(self, pid, since):
        return [sample for sample in self.samples if sample.pid == pid and sample.time >= since]


def descriptors(pid):
    """What a process has open, by kind and name."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        name = os.readlink(f"/proc/{pid}/fd/{fd}")
        if not name.endswith(f"/heap.{pid}"):  # ours
            found.append(name.partition(":")[0] if ":" in name else os.path.basename(name))
    return sorted(found)


class Soak:
    def __init__(self, options):
        self.options = options
        self.wrong = []
        self.seconds = options.minutes * 60
        self.pause = min(PAUSE, self.seconds / FAULTS_LEAST)
        self.count = options.messages or int(options.minutes * RATE)

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def prepare(self):
        lines = ("mail_max_userip_connections = 10000",) + ((WITHOUT_MOVE,) if self.options.without_move else ())
        self.server = Dovecot(USERS + (CALM,), lines=lines)
        self.make_folders()
        self.proxy = Proxy(int(self.server.imaps_port))
        size = DISK_LEAST + int(self.count * DISK_PER_MESSAGE)
        self.disk = Disk(os.path.join(self.server.dir, "disk"), size, self.server)
        self.daemon = Daemon(self.server, self.options.binaries)
        self.daemon.prepare(self.options.binaries)
        self.daemon.state_path = os.path.join(self.disk.path, "state.db")
        self.daemon.configure(
            {user.partition("@")[0]: {"user": user, "port": str(self.proxy.port), **OPTIONS} for user in USERS},
            log_level="info",
        )
        self.faults = Faults(self.options.seed, self.server, self.proxy, self.disk, self.daemon, self.options.kill_server)

    def make_folders(self):
        """Those that mail is delivered to. Those that it is filed in the daemon makes."""
        for user in USERS + (CALM,):
            imap = self.server.connect(user)
            for folder in FOLDERS[1:]:
                imap.create(quoted(folder))
            imap.append("INBOX", None, None, b"Subject: makes the folder\r\n\r\n")
            imap.select("INBOX")
            imap.store("1", "+FLAGS", "\\Deleted")
            imap.expunge()
            imap.logout()

    # The run

    def alive(self):
        if self.daemon.process.poll() is not None:
            raise AssertionError(f"the daemon ended by itself: {self.daemon.process.returncode}")
        if self.deliverer.error is not None:
            raise self.deliverer.error

    def settled(self):
        """What the daemon has open once it watches every folder and nothing goes on."""
        wait_until(lambda: self.folders() == len(USERS) * len(FOLDERS), "every folder was opened")
        now, since = None, time.monotonic()
        while time.monotonic() - since < SETTLED:
            before, now = now, descriptors(self.daemon.process.pid)
            if now != before:
                since = time.monotonic()
            time.sleep(0.1)
        return now

    def folders(self):
        try:
            return self.daemon.sql("SELECT count(*) FROM folder")[0][0]
        except sqlite3.Error:
            return 0

    def half(self, end, process_too):
        while time.monotonic() < end:
            pause = min(self.faults.rng.expovariate(1 / self.pause), 4 * self.pause)
            time.sleep(max(0, min(pause, end - time.monotonic())))
            self.alive()
            if time.monotonic() < end:
                self.faults.one(process_too)

    def run(self):
        self.faults.start()
        self.deliverer = Deliverer(
            Generator(self.options.seed, [(user, folder) for user in USERS for folder in FOLDERS]),
            Maildir(self.server), self.count, self.seconds,
        )
        self.fresh = self.settled()
        self.say(f"{self.count} mails to deliver to {len(USERS) * len(FOLDERS)} folders; state on {self.disk.kind()}")
        self.sampler = Sampler(self.daemon)
        start = time.monotonic()
        self.deliverer.start()
        self.half(start + self.seconds / 2, True)
        self.daemon_pid = self.daemon.process.pid
        self.say(f"{len(self.deliverer.delivered)} delivered, {self.progress()[0]} recorded; from here on no kill")
        second = time.monotonic()
        self.half(start + self.seconds, False)
        self.warm = second + WARM_UP * (time.monotonic() - second)
        self.say(f"{len(self.deliverer.delivered)} delivered, {self.progress()[0]} recorded; no fault any more")

    def progress(self):
        try:
            return self.daemon.sql("SELECT count(*), count(moved_at), count(target) FROM message")[0]
        except sqlite3.Error:
            return (0, 0, 0)

    def quiet(self):
        """Everything is well again, and the daemon has done what it has to."""
        self.proxy.heal()
        self.deliverer.join()
        self.alive()
        last, since = None, time.monotonic()
        while True:
            now = self.progress()
            if now[0] == self.count and now[1] == now[2]:
                break
            if now != last:
                last, since = now, time.monotonic()
            if time.monotonic() - since > STUCK:
                self.wrong.append(f"stuck: {self.count} delivered, {now[0]} recorded, {now[1]} of {now[2]} moved")
                return
            time.sleep(0.2)
            self.alive()
        end = time.monotonic() + STUCK
        while descriptors(self.daemon.process.pid) != self.fresh and time.monotonic() < end:
            time.sleep(0.2)
        self.say("all is quiet")

    # What came of it

    def check_process(self):
        if self.daemon.process.pid != self.daemon_pid:
            self.wrong.append("the process of the second half is another one now")
        now = descriptors(self.daemon_pid)
        if now != self.fresh:
            self.wrong.append(f"descriptors: {now} and not {self.fresh}")
        self.say(f"{len(now)} descriptors as at the beginning: {now == self.fresh}")
        if not sanitized(self.options.binaries):
            self.check_memory(self.sampler.of(self.daemon_pid, self.warm))
        if self.daemon.stop() != EX_OK:
            self.wrong.append("TERM at the end: not status 0")

    def check_memory(self, samples):
        tenth = max(1, len(samples) // 10)
        ends = samples[:tenth], samples[-tenth:]
        first, last = (statistics.median(sample.resident for sample in some) for some in ends)
        if last > first * GROWTH + GROWTH_LEAST:
            self.wrong.append(f"resident memory without SQLite's grew from {first:.0f} to {last:.0f} KiB")
        # Sessions have buffers: compared is what is allocated while there are all of them. A sample may be as old as
        # the one before it.
        whole = [
            sample.heap for last, sample in zip(samples, samples[1:]) if last.open == sample.open == len(self.fresh)
        ]
        allocated = f"of {len(whole)} samples with all sessions, too few to tell"
        if len(whole) >= HEAP_SAMPLES:
            fifth = len(whole) // 5
            before, after = statistics.median(whole[:fifth]), statistics.median(whole[-fifth:])
            allocated = f"{before:.0f}, {after:.0f} with all sessions"
            if after > before + HEAP_GROWTH:
                self.wrong.append(f"what is allocated without SQLite's grew from {before:.0f} to {after:.0f} KiB")
        most = max(sample.sqlite for sample in samples)
        if most > SQLITE_MOST:
            self.wrong.append(f"SQLite holds {most} KiB, more than its cache")
        self.say(
            f"KiB after the warm-up, first and last of {len(samples)} samples, without SQLite's: resident {first:.0f},"
            f" {last:.0f}; allocated {allocated}. SQLite: {samples[0].sqlite}, {samples[-1].sqlite}"
        )

    def calm_run(self):
        """The same mails in the same order, in one folder, with nobody to disturb."""
        self.server.fill_fast((mail.data for mail in self.deliverer.delivered), CALM)
        calm = Mailbounced(self.server, self.options.binaries)
        calm.configure(user=CALM, target={kind: "leave" for kind in TARGETS}, log_level="error")
        common.PATIENCE = max(common.PATIENCE, self.count // 100)
        status, _, said = calm.once()
        if status != EX_OK:
            self.wrong.append(f"the undisturbed run failed: {said}")
        return calm

    def judge(self):
        delivered = self.deliverer.delivered
        verdict = Verdict(self.daemon, delivered)
        verdict.integrity()
        verdict.rows()
        events = verdict.events()
        self.say(f"{len(delivered)} mails, {events} events: compared with what was delivered")
        verdict.mailboxes(self.server, USERS, TARGETS)
        self.say("every mail compared with where it belongs")
        addresses, nights = verdict.standings(self.calm_run())
        self.say(f"{addresses} standings compared with an undisturbed run, {nights} left out for midnight")
        self.wrong += verdict.wrong + self.faults.wrong

    def close(self):
        if self.daemon.process is not None and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait()
        print(*self.wrong, sep="\n", end="\n" if self.wrong else "", flush=True)
        if self.wrong and not os.environ.get("KEEP"):
            complaints = [line for line in self.daemon.log().splitlines() if " info: " not in line]
            print("--- what the daemon complained of last", *complaints[-20:], sep="\n")
        self.disk.release()
        self.server.stop()

    def main(self):
        self.began = time.monotonic()
        self.prepare()
        try:
            self.run()
            self.quiet()
            self.say("faults: " + ", ".join(f"{count} {name}" for name, count in sorted(self.faults.done.items())))
            if not self.wrong:
                self.check_process()
            self.judge()
        except BaseException as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            self.close()
        self.say("FAILED" if self.wrong else "everything is exactly as it must be")
        return 1 if self.wrong else 0


def with_mounts():
    """Begins anew where this process may mount a small file system that nobody else sees."""
    if "SOAK_MAY_MOUNT" in os.environ:
        return
    how = ["--mount"] if os.getuid() == 0 else ["--user", "--map-current-user", "--keep-caps", "--mount"]
    os.environ["SOAK_MAY_MOUNT"] = "1" if os.system(f"unshare {' '.join(how)} true 2>/dev/null") == 0 else "0"
    if os.environ["SOAK_MAY_MOUNT"] == "1":
        os.execvp("unshare", ["unshare", *how, sys.executable, "-B", *sys.argv])


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=os.path.abspath)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--messages", type=int)
    parser.add_argument("--without-move", action="store_true", help="the server offers no MOVE")
    parser.add_argument("--kill-server", action="store_true", help="SIGKILL for the server's processes, see HACKING.md")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    return parser.parse_args()


if __name__ == "__main__":
    with_mounts()
    options = arguments()
    print(f"seed {options.seed}", flush=True)
    sys.exit(Soak(options).main())
