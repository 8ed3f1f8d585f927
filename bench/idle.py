#!/usr/bin/python3
"""What many waiting mailboxes cost, and what one of them feels of the others.
usage: idle.py BIN [memory] [latency] [hung] [--tls N] [--plain N] [--seconds N] [--probes N] [--rounds N]
memory: resident memory and processor time of N mailboxes in IDLE, over TLS and in clear.
latency: from the server's word of new mail to the MOVE that follows its commit, while N wait and one drains a backlog;
    then the same without the time in which daemon and server stood in line for a processor that others had.
hung: 99 mailboxes drain with and without a hundredth whose server answers no FETCH.
The server is idle_server.py; run it with `ulimit -n 20000`."""
import argparse
import asyncio
import os
import random
import resource
import ssl
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "integration"))

from common import Dovecot, Mailbounced, bounce  # noqa: E402
from idle_server import Box, Server, serve_backlog  # noqa: E402
from service import memory  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PAUSE = 0.05  # seconds between two probes
WARM = 2.0  # seconds of draining before the first probe
CROWD, CROWD_MAILS = 100, 200
ACCOUNTS = 10  # that share ten thousand folders: a configuration may have a mebibyte


MARK = 90000000
TEMPLATE = bounce(f"reader{MARK}@d{MARK}.example.com", number=MARK).replace(b"%", b"%%").replace(b"%d" % MARK, b"%(n)08d")


def mail(number):
    return TEMPLATE % {b"n": number}


def cpu(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def in_line(*pids):
    """Seconds in which processes could run and had no processor."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat") as f:
            total += int(f.read().split()[1]) / 1e9
    return total


def quantiles(took):
    cuts = statistics.quantiles(took, n=100)
    p50, p90, p99, worst = (1000 * seconds for seconds in (cuts[49], cuts[89], cuts[98], max(took)))
    return f"p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms, worst {worst:.1f} ms"


async def until(condition, what, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain until {what}")
        await asyncio.sleep(0.02)


class World:
    """A place for the daemon, with certificates; its Dovecot is not asked anything."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.home = Dovecot()
        self.started = []  # processes that must not outlive us

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        good = os.path.join(self.home.dir, "tls", "good")
        context.load_cert_chain(good + ".pem", good + ".key")
        return context

    def daemon(self, accounts):
        daemon = Mailbounced(self.home, self.arguments.binaries)
        daemon.configure(accounts, log_level="warn")
        self.started.append(daemon.start())
        return daemon

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.home.stop()

    def accounts(self, server, tls=False):
        """One a user; without TLS each with all its folders."""
        accounts = {}
        for name in server.boxes:
            user, _, folder = name.partition("/")
            account = accounts.setdefault(user, {"port": str(server.port), "user": user, "folders": [], "max_connections": 10000})
            account["folders"].append(folder)
            if not tls:
                account.update(tls="none", ca_file=None)
        return accounts

    async def waiting(self, count, tls):
        """A daemon with so many mailboxes in IDLE, and their server."""
        names = [f"box{n}/INBOX" if tls else f"box{n % ACCOUNTS}/folder{n}" for n in range(count)]
        server = Server({name: Box() for name in names})
        await server.start(self.context() if tls else None)
        daemon = self.daemon(self.accounts(server, tls))
        began = time.monotonic()
        await until(lambda: server.idle == count, f"{count} wait", 900)
        return daemon, server, time.monotonic() - began


async def measure_memory(world, count, tls):
    daemon, server, _ = await world.waiting(1, tls)
    alone = memory(daemon.process.pid)[0]
    daemon.stop()
    daemon, server, took = await world.waiting(count, tls)
    await asyncio.sleep(2)
    pid = daemon.process.pid
    now = memory(pid)[0]
    before = cpu(pid)
    await asyncio.sleep(world.arguments.seconds)
    used = (cpu(pid) - before) / world.arguments.seconds
    lost = daemon.log().count("next attempt")
    print(
        f"{count} mailboxes in IDLE, {'TLS' if tls else 'plain'}: all waited after {took:.1f} s; resident {now} KiB, "
        f"{(now - alone) / (count - 1):.1f} KiB each; {100 * used:.3f} % of a core; {lost} connections lost", flush=True,
    )
    daemon.stop()


async def measure_latency(world, count, probes):
    command = [sys.executable, "-B", os.path.abspath(__file__), world.arguments.binaries, "backlog"]
    backlog = subprocess.Popen(command, stdout=subprocess.PIPE)
    world.started.append(backlog)
    port = int(backlog.stdout.readline())
    took, alone = [], []
    server = Server({f"box{n}/INBOX": Box() for n in range(count)})

    def on_move(box, uids):
        seconds = time.monotonic() - box.told_at
        took.append(seconds)
        alone.append(max(0, seconds - (in_line(daemon.process.pid, os.getpid()) - box.line_before)))

    server.on_move = on_move
    await server.start(world.context())
    accounts = world.accounts(server, True)
    for busy in (False, True):
        took.clear()
        alone.clear()
        if busy:
            accounts["backlog"] = {"port": str(port), "user": "backlog", "tls": "none", "ca_file": None}
        daemon = world.daemon(accounts)
        await until(lambda: server.idle == count, f"{count} wait")
        await asyncio.sleep(WARM)
        drained, began = daemon.sql("SELECT count(*) FROM message")[0][0], time.monotonic()
        for number in range(probes):
            box = random.choice([box for box in server.boxes.values() if box.session is not None and not box.mails])
            box.line_before = in_line(daemon.process.pid, os.getpid())
            box.put(mail(10**7 * (1 + busy) + number))
            await asyncio.sleep(PAUSE)
        await until(lambda: len(took) == probes, "all probes were committed", 60)
        rate = (daemon.sql("SELECT count(*) FROM message")[0][0] - drained - probes) / (time.monotonic() - began)
        daemon.stop()
        await until(lambda: server.idle == 0, "the server has noticed")
        print(
            f"new mail to committed and moved, {count} others wait{f', one drains {rate:.0f} mails/s' if busy else ''}, "
            f"{probes} probes:\n  {quantiles(took)}\n  not in line for a processor: {quantiles(alone)}", flush=True,
        )


async def drain_crowd(world, hung):
    boxes = {f"box{n}/INBOX": Box() for n in range(CROWD)}
    for number, box in enumerate(boxes.values()):
        for k in range(CROWD_MAILS):
            box.put(mail(number * CROWD_MAILS + k))
    boxes["box0/INBOX"].hung = True
    server = Server(boxes)
    await server.start()
    accounts = world.accounts(server)
    if not hung:
        del accounts["box0"]
    daemon = world.daemon(accounts)
    began = time.monotonic()
    rest = list(boxes.values())[1:]
    await until(lambda: all(box.moved == CROWD_MAILS for box in rest), "the others are done")
    took = time.monotonic() - began, cpu(daemon.process.pid)
    daemon.process.kill()
    daemon.process.wait()
    server.listener.close()
    return took


async def measure_hung(world, rounds):
    with_it, without = [], []
    for _ in range(rounds):
        without.append(await drain_crowd(world, False))
        with_it.append(await drain_crowd(world, True))
    mails = (CROWD - 1) * CROWD_MAILS
    for name, runs in (("without the hung one", without), ("with it", with_it)):
        took, used = (statistics.median(run[i] for run in runs) for i in (0, 1))
        print(f"{CROWD - 1} mailboxes, {name}: {took:.2f} s, {mails / took:.0f} mails/s, {used:.2f} s of CPU")
    wall, used = (
        statistics.median(a[i] for a in with_it) / statistics.median(b[i] for b in without) - 1 for i in (0, 1)
    )
    print(f"one hung server among {CROWD} costs the others {100 * wall:+.1f} % of time, {100 * used:+.1f} % of CPU")


async def run(arguments):
    world = World(arguments)
    every = not arguments.what
    try:
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
        if every or "memory" in arguments.what:
            await measure_memory(world, arguments.tls, True)
            await measure_memory(world, arguments.plain, False)
        if every or "latency" in arguments.what:
            await measure_latency(world, arguments.tls, arguments.probes)
        if every or "hung" in arguments.what:
            await measure_hung(world, arguments.rounds)
        print(f"load of the machine after: {os.getloadavg()[0]:.1f}")
    finally:
        world.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("what", nargs="*", choices=("memory", "latency", "hung", "backlog", []))
    parser.add_argument("--tls", type=int, default=1000)
    parser.add_argument("--plain", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.binaries = os.path.abspath(arguments.binaries)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve_backlog(mail) if arguments.what == ["backlog"] else run(arguments))


if __name__ == "__main__":
    main()
