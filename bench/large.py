#!/usr/bin/python3
"""What mails with large attachments cost: mailbounced beside a bare libetpan client that fetches the beginning of each,
message-bytes long, in one run. Time, and bytes that the server sent.
usage: large.py BIN [--mails N] [--attachment BYTES] [--place behind|before]... [--also BIN]
BIN has mailbounced, bouncectl and bench_fetch_and_move (see large.sh); --also names another build of mailbounced. The
attachment stands behind the status part, in the returned message, or before it. The server is a private Dovecot with its
defaults and maildir; a mailbox of 2,000 mails of 5 MB takes 10 GB of disk while it is measured."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "integration"))

from common import PASSWORD, Dovecot, Mailbounced, bounce  # noqa: E402

USER = "bounces@example.com"
LINE = b"TmVpdGhlciBib3VuY2Ugbm9yIHJlcG9ydCwganVzdCBhIGxhcmdlIGF0dGFjaG1lbnQgdGhhdCBub2Jv\r\n"
MESSAGE_BYTES = 1024 * 1024


def attachment(size):
    head = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + LINE * (size // len(LINE)) + b"\r\n"


def mail(number, place, pdf):
    report = bounce(f"reader{number}@example.com", number=number)
    line = f"--b{number}\r\n".encode()
    start, text, status, returned = report.split(line)
    if place == "before":
        return line.join([start, text, pdf, status, returned])
    returned = b"Content-Type: message/rfc822\r\n\r\n" + returned.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[0]
    inner = b"\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nHello.\r\n--in\r\n" + pdf + b"--in--\r\n"
    return line.join([start, text, status, returned + inner]) + line[:-2] + b"--\r\n"


class Server(Dovecot):
    """Fills its maildir once, and puts everything back before each run."""

    def __init__(self, place, arguments):
        super().__init__((USER,), ("--format", "maildir"))
        self.maildir = os.path.join(self.dir, "mail", USER, "Maildir")
        self.uids = arguments.mails
        new = os.path.join(self.maildir, "new")
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir, part))
        pdf = attachment(arguments.attachment)
        for number in range(arguments.mails):
            data = mail(number, place, pdf)
            name = f"{1772433600 + number}.M{number}P1.test,S={len(data)},W={len(data)}"
            with open(os.path.join(new, name), "wb") as f:
                f.write(data)
        self._chown()

    def _chown(self):
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{self.uid}:{self.gid}", os.path.join(self.dir, "mail")], check=True)

    def restore(self):
        shutil.move(self.maildir, self.maildir + ".before")
        new = os.path.join(self.maildir, "new")
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir, part))
        for folder, _, files in os.walk(self.maildir + ".before"):
            for name in files if os.path.basename(folder) in ("cur", "new") else ():
                os.rename(os.path.join(folder, name), os.path.join(new, name.partition(":")[0]))
        shutil.rmtree(self.maildir + ".before")
        self._chown()

    def sent(self):
        time.sleep(0.5)  # until the session's end is logged
        return sum(int(out) for out in re.findall(r" out=(\d+)", self.log()))


def run_bare(server, binaries, batch):
    command = [os.path.join(binaries, "bench_fetch_and_move"), server.imap_port, USER, PASSWORD, "Processed", batch, 500, MESSAGE_BYTES]
    began = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def run_daemon(server, binaries, mails):
    daemon = Mailbounced(server, binaries)
    # one copy of each build
    daemon.program, daemon.bouncectl = (os.path.join(binaries, name) for name in ("mailbounced", "bouncectl"))
    daemon.configure(log_level="info", port=server.imap_port, tls="none", ca_file=None, message_bytes=f"{MESSAGE_BYTES // 1024}K")
    began = time.monotonic()
    status, _, said = daemon.once()
    took = time.monotonic() - began
    assert status == 0, said[-2000:]
    return took, daemon.sql("SELECT count(DISTINCT address) FROM event")[0][0]


def measure(arguments, place):
    server = Server(place, arguments)
    try:
        mails = arguments.mails
        print(f"{mails} mails, {arguments.attachment} bytes of attachment {place} the status part:")
        runs = [("bare client, one by one", 1), ("bare client, 50 at once", 50), ("mailbounced", arguments.binaries)]
        if arguments.also:
            runs.append(("the other mailbounced", arguments.also))
        for name, how in runs:
            server.restore()
            before = server.sent()
            took, told = (run_bare(server, arguments.binaries, how), "") if isinstance(how, int) else run_daemon(server, how, mails)
            sent = server.sent() - before
            told = f"; recipients found: {told}" if told != "" else ""
            print(f"  {name:<24}{took:8.2f} s, {took / mails * 1000:6.2f} ms a mail, {sent / 1e6:8.1f} MB sent, {sent / mails / 1000:7.1f} KB a mail{told}", flush=True)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--attachment", type=int, default=5000000)
    parser.add_argument("--place", action="append", choices=("behind", "before"))
    parser.add_argument("--also")
    arguments = parser.parse_args()
    arguments.binaries = os.path.abspath(arguments.binaries)
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    for place in arguments.place or ("behind", "before"):
        measure(arguments, place)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
