#!/usr/bin/python3
"""How fast a full mailbox is taken in: mailbounced beside a bare libetpan client and beside Python, in one run.
usage: drain.py BIN [--mails N] [--rounds N] [--format maildir|sdbox|mdbox]... [--python N]
BIN has mailbounced, bouncectl and bench_fetch_and_move (see drain.sh). Each run finds the same mailbox: a snapshot
is restored before it. Times are from SELECT to the end for the others, and of the whole process, with signing in and
all, for mailbounced; of several rounds the median. The server is a private Dovecot with its defaults. CPU is what client
and server used together; on a busy machine its ratio tells more than that of the times."""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "integration"))

from common import PASSWORD, PRIVATE_DOVECOT, Dovecot, Mailbounced, bounce  # noqa: E402

USER = "bounces@example.com"
TARGET = "Processed"
MAIL_SIZE = 4500  # bytes; what bounces have in the middle
DOMAINS = 500
REAPED = 1.0  # seconds until Dovecot has noticed that a session's process ended
BATCHES = ((50, 500), (500, 500))  # messages of one FETCH, of one MOVE


def mail(number):
    report = bounce(f"reader{number}@d{number % DOMAINS}.example.com", number=number)
    end = report.rindex(b"\r\n--b")
    text = b"What the list wrote this week, line by line, as far as it came back.\r\n"
    return report[:end] + text * ((MAIL_SIZE - len(report)) // len(text)) + report[end:]


class Server(Dovecot):
    def __init__(self, form, mails):
        super().__init__((USER,), ("--format", form))
        self.maildir = os.path.join(self.dir, "source")
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir, part))
        for number in range(mails):
            data = mail(number)
            name = f"{1772433600 + number}.M{number}P1.test,S={len(data)},W={len(data)}"
            with open(os.path.join(self.maildir, "new", name), "wb") as f:
                f.write(data)
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{self.uid}:{self.gid}", self.maildir], check=True)
        subprocess.run(
            [PRIVATE_DOVECOT, "doveadm", self.dir, "import", "-u", USER, "maildir:" + self.maildir, "", "ALL"], check=True
        )
        shutil.rmtree(self.maildir)
        # There, as in any mailbox but on the first day: making it is not what is measured.
        subprocess.run([PRIVATE_DOVECOT, "doveadm", self.dir, "mailbox", "create", "-u", USER, TARGET], check=True)
        self.mail, self.snapshot = (os.path.join(self.dir, name) for name in ("mail", "snapshot"))
        subprocess.run(["cp", "-a", self.mail, self.snapshot], check=True)

    def restore(self):
        shutil.rmtree(self.mail)
        subprocess.run(["cp", "-a", self.snapshot, self.mail], check=True)
        os.sync()

    def left(self):
        """Messages in INBOX."""
        imap = self.connect()
        count = int(imap.select("INBOX", readonly=True)[1][0])
        imap.logout()
        return count


class Took:
    """Seconds, and processor time of the client and of the server's ended sessions."""

    def __init__(self, server):
        self.server = server
        self.began, self.client_before, self.served_before = time.monotonic(), self._client(), self._served()

    @staticmethod
    def _client():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def _served(self):
        with open(f"/proc/{self.server.env['PID']}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def end(self, seconds=None):
        self.seconds = seconds or time.monotonic() - self.began
        self.client = self._client() - self.client_before
        time.sleep(REAPED)
        self.served = self._served() - self.served_before
        return self


def run_other(server, *command):
    server.restore()
    took = Took(server)
    answer = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE).stdout.decode()
    return took.end(float(answer.split()[0]))


def run_bare(server, binaries, batch, set_size):
    program = os.path.join(binaries, "bench_fetch_and_move")
    took = run_other(server, program, server.imap_port, USER, PASSWORD, TARGET, batch, set_size, 1024 * 1024)
    assert server.left() == 0
    return took


def run_python(server, mails, batch):
    database = os.path.join(server.dir, "python.db")
    took = run_other(
        server, "/usr/bin/python3", os.path.join(HERE, "drain_with_imaplib.py"), server.imap_port, USER, PASSWORD,
        TARGET, database, mails, batch,
    )
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(database + suffix):
            os.unlink(database + suffix)
    return took


# Every address of the run begins to fail: counted as everywhere, but never too many.
COUNTED = "incident { domain-addresses = 1000000 list-addresses = 1000000 text-addresses = 1000000 }\n"


def run_ours(server, binaries, mails, batch, set_size):
    server.restore()
    daemon = Mailbounced(server, binaries)
    daemon.configure(
        extra=COUNTED, log_level="info", port=server.imap_port, tls="none", ca_file=None, batch_messages=batch, move_messages=set_size
    )
    took = Took(server)
    status, out, said = daemon.once()
    took.end()
    assert status == 0, said[-2000:]
    assert server.left() == 0, out
    assert daemon.sql("SELECT count(DISTINCT address) FROM event") == [(mails,)]
    assert daemon.sql("SELECT count(*) FROM message WHERE moved_at IS NULL") == [(0,)]
    shutil.rmtree(daemon.dir)
    return took


def show(name, mails, runs, more=""):
    times = [run.seconds for run in runs]
    took = statistics.median(times)
    client, served = (statistics.median(getattr(run, part) for run in runs) / mails * 1e6 for part in ("client", "served"))
    print(
        f"  {name:<24}{took:8.2f} s {mails / took:8.0f} mails/s ({min(times):.2f} to {max(times):.2f} s), "
        f"CPU a mail: client {client:.0f} us, server {served:.0f} us {more}", flush=True,
    )
    return took, client + served


def measure(arguments, form):
    server = Server(form, arguments.mails)
    try:
        for batch, set_size in BATCHES:
            bare, ours = [], []
            for _ in range(arguments.rounds):
                bare.append(run_bare(server, arguments.binaries, batch, set_size))
                ours.append(run_ours(server, arguments.binaries, arguments.mails, batch, set_size))
            print(f"{form}, {batch} mails a FETCH and {set_size} a MOVE:")
            least, least_cpu = show("bare libetpan client", arguments.mails, bare)
            took, cpu = show("mailbounced", arguments.mails, ours)
            print(f"  mailbounced needs {took / least:.2f} times the time, {cpu / least_cpu:.2f} times the CPU", flush=True)
        for batch, mails in ((1, min(arguments.python, arguments.mails)), (500, arguments.mails)):
            name = "Python, one by one" if batch == 1 else f"Python, {batch} at once"
            theirs, their_cpu = show(name, mails, [run_python(server, mails, batch)], f"({mails} mails)")
            print(
                f"  mailbounced is {theirs / mails * arguments.mails / took:.1f} times as fast, "
                f"their CPU {their_cpu / cpu:.1f} times ours", flush=True,
            )
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--mails", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", type=int, default=1000, help="mails that Python takes one by one")
    parser.add_argument("--format", action="append", choices=("maildir", "sdbox", "mdbox"))
    arguments = parser.parse_args()
    arguments.binaries = os.path.abspath(arguments.binaries)
    print(f"{arguments.mails} mails of {MAIL_SIZE} bytes; load of the machine before: {os.getloadavg()[0]:.1f}")
    for form in arguments.format or ("maildir", "sdbox", "mdbox"):
        measure(arguments, form)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
