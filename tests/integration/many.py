# many - more folders than connections, wildcards, and servers that take few connections
#
# SPDX-License-Identifier: BSD-2-Clause

import base64
import re
import os
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fake"))

from imap_server import CAPABILITIES, Server  # noqa: E402
from common import EX_OK, EX_TEMPFAIL, PRIVATE_DOVECOT, Case, bounce, main, quoted, wait_until  # noqa: E402


def wire(name):
    """In modified UTF-7."""
    return re.sub(
        "[^ -~]+",
        lambda run: "&" + base64.b64encode(run[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",").decode() + "-",
        name.replace("&", "&-"),
    )


def plain(name):
    """Out of modified UTF-7."""
    return re.sub(
        "&([^-]*)-",
        lambda run: base64.b64decode(run[1].replace(",", "/") + "===").decode("utf-16-be") or "&",
        name,
    )


class Many(Case):
    def folders_of(self, user):
        """{folder: how many mails}"""
        return {plain(name): len(mails) for name, mails in self.dovecot.mailboxes(user).items()}

    def fill(self, user, folder, *numbers):
        mails = [bounce(f"b{number}@example.com", number=number) for number in numbers]
        self.dovecot.fill(mails, folder=wire(folder), user=user)

    def known(self, daemon):
        try:
            return set(daemon.states())
        except sqlite3.OperationalError:  # not made yet
            return set()

    def knows(self, daemon, numbers):
        wait_until(lambda: {f"b{n}@example.com" for n in numbers} <= self.known(daemon), f"{numbers} are known")

    def filed(self, user, count, **others):
        want = {"Processed": count, **others}
        wait_until(lambda: self.folders_of(user) == want, f"all {count} were filed")

    def counted_once(self, daemon, count):
        self.assertEqual(
            daemon.sql("SELECT count(*), count(DISTINCT address) FROM event"), [(count, count)]
        )

    def connections(self, user):
        out = subprocess.run(
            [PRIVATE_DOVECOT, "doveadm", self.dovecot.dir, "-f", "flow", "who", "-1", user],
            check=True, stdout=subprocess.PIPE,
        ).stdout.decode()
        return len([line for line in out.splitlines() if line])


class Wildcards(Many):
    users = tuple(f"wild{n}@example.com" for n in range(12))
    lines = (
        "namespace inbox {",
        "  mailbox Trash {", "    special_use = \\Trash", "    auto = create", "  }",
        "  mailbox Spam {", "    special_use = \\Junk", "    auto = create", "  }",
        "}",
    )

    def test_a_wildcard_takes_what_is_there_and_what_comes(self):
        user = self.users[0]
        self.fill(user, "Lists/München/Rückläufer", 1)
        self.fill(user, "Lists/日本", 2)
        self.fill(user, "Other", 3)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Lists/*"], list_interval="1s")
        daemon.start()
        self.knows(daemon, [1, 2])
        self.fill(user, "Lists/Später/été & hiver", 4)
        self.fill(user, 'Lists/a "b" c', 5)
        self.knows(daemon, [4, 5])
        self.filed(user, 4, Other=1)
        # IDLE, or else a poll, tells of what comes later
        self.fill(user, "Lists/Später/été & hiver", 6)
        self.knows(daemon, [6])
        self.filed(user, 5, Other=1)
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 5)
        self.assertIn("test/Lists/Später/été & hiver: watched by a wildcard", daemon.log())
        self.assertNotIn("test/Other", daemon.log())

    def test_percent_stays_on_its_level(self):
        user = self.users[1]
        self.fill(user, "Lists/a", 1)
        self.fill(user, "Lists/a/deep", 2)
        self.fill(user, "Lists/b", 3)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Lists/%"])
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": 2, "Lists/a/deep": 1})
        self.assertIn("test/Lists/a: drained", out)
        self.assertNotIn("deep", out)

    def test_targets_and_folders_for_another_use_are_left_alone(self):
        user = self.users[2]
        self.fill(user, "INBOX", 1)
        for number, folder in enumerate(["Trash", "Spam", "Review", "Processed", "Inner/Filed"], 2):
            self.fill(user, folder, number)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["*"], target={"delayed": "Inner/Filed", "other": "\\Junk"}, list_interval="1s")
        daemon.start()
        self.knows(daemon, [1])
        # the list is read again, with the folder for mail that was filed in it
        wait_until(lambda: self.folders_of(user)["Processed"] == 2, "it was filed")
        self.fill(user, "New", 9)
        self.knows(daemon, [9])
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 2)
        self.assertEqual(self.folders_of(user), {"Processed": 3, "Trash": 1, "Spam": 1, "Review": 1, "Inner/Filed": 1})
        self.assertRegex(daemon.log(), r"the wildcards in folders mean \d+ folders; left out: 4 that mail is filed to, 1 for another use")

    def test_a_folder_for_another_use_is_watched_when_it_is_named(self):
        user = self.users[3]
        self.fill(user, "Trash", 1)
        self.fill(user, "Lists/x", 2)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Trash", "*"])
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": 2})
        self.assertEqual(out.count("test/Trash"), 1)

    def test_a_folder_that_goes_is_let_go_and_one_that_comes_back_taken_up(self):
        user = self.users[4]
        self.fill(user, "Lists/a", 1)
        self.fill(user, "Lists/b", 2)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Lists/*"], list_interval="1s")
        daemon.start()
        self.knows(daemon, [1, 2])
        self.filed(user, 2)
        imap = self.dovecot.connect(user)
        imap.delete(quoted("Lists/a"))
        imap.logout()
        wait_until(lambda: "test/Lists/a: not watched any more" in daemon.log(), "it let go")
        self.fill(user, "Lists/a", 3)
        self.knows(daemon, [3])
        self.filed(user, 3)
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 3)

    def test_more_folders_than_max_folders_are_told_of(self):
        user = self.users[5]
        for number in range(3):
            self.fill(user, f"Lists/{number}", number)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Lists/%"], max_folders=2)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("mean 3 folders, of which only the first 2 are watched", said)
        self.assertEqual(sum(count for name, count in self.folders_of(user).items() if name != "Processed"), 1)

        other = self.mailbounced()
        other.configure(user=user, folders=["Lists/%"], max_folders=3)
        status, _, said = other.once()
        self.assertEqual(status, EX_OK, said)
        self.assertNotIn("only the first", said)
        self.filed(user, 3)

    def test_two_accounts_of_one_login_do_not_take_the_same_folder(self):
        user = self.users[6]
        self.fill(user, "Lists/a", 1)
        self.fill(user, "Lists/b", 2)
        self.fill(user, "Lists/c", 3)
        daemon = self.mailbounced()
        daemon.configure(
            accounts={
                "first": {"user": user, "folders": ["Lists/*"], "max_connections": 2},
                "second": {"user": user, "folders": ["Lists/b", "*"], "max_connections": 2, "target": {"bounce": "Second"}},
            }
        )
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": 2, "Second": 1})
        self.assertIn("second/Lists/b: drained", out)
        self.counted_once(daemon, 3)

    def test_wildcards_that_mean_nothing_are_told_of(self):
        user = self.users[7]
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=["Lists.*"])
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertIn("mean no folder; to act", said)

    def test_an_account_that_cannot_sign_in_fails_although_no_folder_is_known(self):
        daemon = self.mailbounced()
        daemon.configure(user="nobody@example.com", folders=["*"])
        status, out, _ = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn("test: FAILED", out)


class FewConnections(Many):
    users = tuple(f"few{n}@example.com" for n in range(8))
    COUNT = 12

    def watch(self, user, program="mailbounced", **options):
        self.names = [f"Box{number:02}" for number in range(self.COUNT)]
        for number, name in enumerate(self.names):
            self.fill(user, name, number)
        daemon = self.mailbounced(program)
        daemon.configure(
            user=user, folders=self.names, **{"max_connections": 3, "poll_interval": "1s", **options}
        )
        return daemon

    def test_twelve_folders_on_three_connections_are_all_emptied(self):
        user = self.users[0]
        daemon = self.watch(user)
        daemon.start()
        self.filed(user, self.COUNT)
        self.assertEqual(self.connections(user), 3)
        for number, name in enumerate(self.names, 100):
            self.fill(user, name, number)
        self.filed(user, 2 * self.COUNT)
        self.assertEqual(self.connections(user), 3)
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count(": signed in to"), 3)
        self.counted_once(daemon, 2 * self.COUNT)

    def test_one_connection_is_enough(self):
        user = self.users[1]
        daemon = self.watch(user, max_connections=1)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": self.COUNT})
        self.assertEqual(said.count(": signed in to"), 1)
        self.assertEqual(out.count(": drained: 1 messages"), self.COUNT)

    def test_a_backlog_in_one_folder_does_not_keep_the_others_waiting(self):
        user = self.users[2]
        # INBOX is the last of the folders, and shares a connection with the others.
        self.dovecot.fill_fast([bounce(f"b{number}@example.com", number=number) for number in range(1000, 3000)], user)
        self.names = [f"Box{number:02}" for number in range(self.COUNT)]
        for number, name in enumerate(self.names):
            self.fill(user, name, number)
        daemon = self.mailbounced()
        daemon.configure(
            user=user, folders=["INBOX", *self.names], max_connections=1, batch_messages=10, move_messages=20
        )
        daemon.start()
        self.filed(user, 2000 + self.COUNT)
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 2000 + self.COUNT)
        # A turn is 20 messages: a round later each of the others had its own.
        rows = daemon.sql("SELECT f.name FROM message m JOIN folder f ON f.id = m.folder ORDER BY m.id")
        others = [at for at, (name,) in enumerate(rows) if name != "INBOX"]
        self.assertEqual(len(others), self.COUNT)
        self.assertLess(others[-1], 20 + self.COUNT)

    def test_killed_in_the_middle_nothing_is_lost_or_counted_twice(self):
        user = self.users[3]
        daemon = self.watch(user, "mailbounced_crash", max_connections=2)
        for place in ("after-fetch", "in-transaction", "before-commit", "after-commit", "after-list", "after-tick"):
            status, _, said = daemon.once({"MAILBOUNCED_CRASH_AT": place, "MAILBOUNCED_CRASH_SKIP": "1"})
            self.assertEqual(status, -signal.SIGKILL, place + "\n" + said)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": self.COUNT})
        self.counted_once(daemon, self.COUNT)

    def test_killed_again_and_again_while_it_goes_round_nothing_is_lost_or_counted_twice(self):
        user, each = self.users[5], 15
        self.names = [f"Box{number:02}" for number in range(self.COUNT)]
        for number, name in enumerate(self.names):
            self.fill(user, name, *range(number * each, number * each + each))
        count = self.COUNT * each
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=self.names, max_connections=2, batch_messages=3, move_messages=5)
        for part in range(1, 7):
            daemon.start()
            wait_until(lambda: len(self.known(daemon)) >= part * count // 8, "it is at work")
            daemon.stop(signal.SIGKILL)
        self.assertLess(len(self.known(daemon)), count)
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(self.folders_of(user), {"Processed": count})
        self.counted_once(daemon, count)

    def test_a_folder_that_cannot_be_opened_keeps_no_other_waiting(self):
        user = self.users[4]
        daemon = self.watch(user, max_connections=1)
        daemon.configure(user=user, folders=["Missing", *self.names], max_connections=1, poll_interval="1s")
        daemon.start()
        self.filed(user, self.COUNT)
        self.assertEqual(daemon.log().count("test/Missing: cannot open the folder"), 1)
        self.fill(user, "Missing", 77)
        self.knows(daemon, [77])
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count(": signed in to"), 1)

    def test_a_reload_disturbs_only_the_account_that_changed(self):
        one, two = self.users[6], self.users[7]
        daemon = self.mailbounced()
        accounts = {"one": {"user": one}, "two": {"user": two}}
        daemon.configure(accounts=accounts)
        daemon.start()
        wait_until(lambda: daemon.log().count(": signed in to") == 2, "both signed in")
        accounts["two"]["folders"] = ["INBOX", "Extra"]
        self.fill(two, "Extra", 2)
        daemon.configure(accounts=accounts)
        daemon.process.send_signal(signal.SIGHUP)
        self.knows(daemon, [2])
        self.assertIn("1 logins go on as they are, 1 begin anew", daemon.log())
        self.assertEqual(len(re.findall(r"one/INBOX: signed in to", daemon.log())), 1)
        self.fill(one, "INBOX", 1)
        self.knows(daemon, [1])
        # what all accounts use has changed: all begin anew
        daemon.configure(accounts=accounts, extra='policy {\n\tthreshold = 2.0\n}\n')
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "0 logins go on as they are, 2 begin anew" in daemon.log(), "it was read again")
        self.assertEqual(daemon.stop(), EX_OK)


class CrowdedServer(Many):
    users = tuple(f"crowd{n}@example.com" for n in range(3))
    lines = ("mail_max_userip_connections = 2",)

    def test_a_server_that_takes_few_connections_gets_few(self):
        user = self.users[0]
        names = [f"Box{number}" for number in range(6)]
        for number, name in enumerate(names):
            self.fill(user, name, number)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=names, poll_interval="1s")
        daemon.start()
        self.knows(daemon, range(6))
        pending = "SELECT count(*) FROM message WHERE moved_at IS NULL"
        wait_until(lambda: daemon.sql(pending) == [(0,)], "all were filed")
        told = "takes no more than ([1-5]) connections"
        wait_until(lambda: re.search(told, daemon.log()) or daemon.log().count(": signed in to") >= 6, "it was told")
        if not re.search(told, daemon.log()):
            # Dovecot counts what it let in, a moment later.
            self.skipTest("the server let all of them in at once")
        self.assertEqual(self.connections(user), int(re.search(told, daemon.log())[1]))
        refusals = self.dovecot.log().count("Maximum number of connections")
        self.assertEqual(daemon.stop(), EX_OK)
        wait_until(lambda: self.connections(user) == 0, "its connections are gone")
        self.assertEqual(self.folders_of(user), {"Processed": 6})
        self.counted_once(daemon, 6)
        print(f"{refusals} refusals", daemon.log().count("next attempt"), "retries", end=" ", flush=True)

    def test_with_once_it_drains_all_the_same(self):
        user = self.users[1]
        names = [f"Box{number}" for number in range(6)]
        for number, name in enumerate(names):
            self.fill(user, name, number)
        daemon = self.mailbounced()
        daemon.configure(user=user, folders=names)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(out.count(": drained: 1 messages"), 6)
        self.counted_once(daemon, 6)


class FakeServer(Many):
    """What only a server shows that does as it is told."""

    NAMES = [f"Box{number}" for number in range(5)]

    def serve(self, capabilities=CAPABILITIES):
        server = Server(capabilities=capabilities)
        for number, name in enumerate(self.NAMES):
            server.folders[name] = {1: bounce(f"b{number}@example.com", number=number)}
        self.addCleanup(server.down)
        return server

    def emptied(self, server):
        wait_until(lambda: not any(server.folders[name] for name in self.NAMES), "all were emptied")

    def watch(self, server, **options):
        daemon = self.mailbounced()
        daemon.configure(**server.options(), folders=self.NAMES, **{"poll_interval": "1s", **options})
        daemon.start()
        return daemon

    def opened(self, server):
        """Folders that were opened, in order."""
        return [command.split()[1] for command in list(server.commands) if command.startswith("SELECT")]

    def news_are_asked_for(self, capabilities, command, times):
        server = self.serve(capabilities)
        daemon = self.watch(server, max_connections=1)
        self.emptied(server)
        # They come in step first.
        wait_until(lambda: server.asked(command) >= 5 * times, "it asked a few times what is new")
        before, asked = len(self.opened(server)), server.asked(command)
        wait_until(lambda: server.asked(command) >= asked + 3 * times, "it asked three more times")
        server.folders["Box2"][9] = bounce("b9@example.com", number=9)
        self.knows(daemon, [9])
        self.emptied(server)
        self.assertEqual(daemon.stop(), EX_OK)
        # Besides the one with the mail only the folder that is open anyway is opened again.
        opened = self.opened(server)[before:]
        rounds = (server.asked(command) - asked) / times
        self.assertIn("Box2", opened)
        self.assertLessEqual(len(opened), rounds + 2)
        self.counted_once(daemon, 6)

    def test_folders_with_nothing_new_are_not_opened(self):
        self.news_are_asked_for(CAPABILITIES, "STATUS", 4)

    def test_one_command_asks_for_the_news_of_all(self):
        self.news_are_asked_for(CAPABILITIES + " LIST-EXTENDED LIST-STATUS", 'LIST "" ("Box', 1)

    def test_a_folder_that_breaks_the_session_keeps_no_other_waiting(self):
        server = self.serve()
        server.before = lambda command, uids: "hang up" if command.startswith("SELECT Box0") else None
        daemon = self.watch(server, max_connections=1)
        wait_until(lambda: not any(server.folders[name] for name in self.NAMES[1:]), "the others were emptied")
        server.before = lambda command, uids: None
        self.emptied(server)
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 5)

    def test_with_once_a_folder_that_breaks_the_session_fails_alone(self):
        server = self.serve()
        server.before = lambda command, uids: "hang up" if command.startswith("SELECT Box0") else None
        daemon = self.mailbounced()
        daemon.configure(**server.options(), folders=self.NAMES, max_connections=1)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL, said)
        self.assertEqual(out.count(": drained: 1 messages"), 4, out)
        self.assertIn("test/Box0: FAILED", out)

    def crowded(self, refusal):
        server = self.serve()

        def refuse(command, uids):
            return refusal if command.startswith("LOGIN") and len(server.connections) > 2 else None

        server.refuse = refuse
        daemon = self.watch(server, retry_most="1h")
        self.emptied(server)
        wait_until(lambda: "takes no more than" in daemon.log(), "it was told")
        server.folders["Box4"][9] = bounce("b9@example.com", number=9)
        self.knows(daemon, [9])
        self.emptied(server)
        before = server.asked("LOGIN")
        server.folders["Box3"][9] = bounce("b10@example.com", number=10)
        self.knows(daemon, [10])
        self.emptied(server)
        self.assertEqual(server.asked("LOGIN"), before)
        self.assertNotIn("check user", daemon.log())
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 7)

    def test_a_server_that_says_limit_is_believed(self):
        self.crowded("NO [LIMIT] no more")

    def test_a_server_that_says_unavailable_is_believed(self):
        self.crowded("NO [UNAVAILABLE] not now")

    def test_a_server_that_says_it_in_words_is_believed(self):
        self.crowded("NO [ALERT] Too many simultaneous connections. (Failure)")

    def test_when_the_server_takes_more_connections_again_they_are_used(self):
        server = self.serve()
        most = 2
        server.refuse = lambda command, uids: (
            "NO [LIMIT] no more" if command.startswith("LOGIN") and len(server.connections) > most else None
        )
        daemon = self.watch(server, retry_most="1s")
        self.emptied(server)
        wait_until(lambda: "takes no more than 2 connections" in daemon.log(), "it was told")
        most = 5
        wait_until(lambda: len(server.connections) == 5, "each folder has its own")
        for number, name in enumerate(self.NAMES, 100):
            server.folders[name][9] = bounce(f"b{number}@example.com", number=number)
        self.emptied(server)
        self.knows(daemon, range(100, 105))
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.log().count("takes no more than 2 connections"), 1)
        self.assertEqual(daemon.log().count("takes enough connections again"), 1)
        self.counted_once(daemon, 10)

    def test_a_server_that_refuses_to_list_is_told_of(self):
        server = self.serve()
        server.refuse = lambda command, uids: "NO not for you" if command.startswith("LIST") else None
        daemon = self.mailbounced()
        daemon.configure(**server.options(), folders=["INBOX", "Box*"])
        server.mails[1] = bounce("b20@example.com", number=20)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn("does not list its folders: LIST: the server said: NO not for you", said)
        self.assertIn("what its wildcards mean is not known", out)
        self.assertIn("test/INBOX: drained: 1 messages", out)

    def test_a_list_that_breaks_each_session_keeps_no_known_folder_waiting(self):
        server = self.serve()
        server.before = lambda command, uids: "hang up" if command.startswith("LIST") else None
        daemon = self.mailbounced()
        daemon.configure(**server.options(), folders=[*self.NAMES, "*"], max_connections=2)
        status, out, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL, said)
        self.assertEqual(out.count(": drained: 1 messages"), 5, out)
        self.assertIn("what its wildcards mean is not known", out)

    def test_a_list_that_breaks_off_takes_no_folder_away(self):
        server = self.serve()
        server.listed = {name: "" for name in self.NAMES}
        daemon = self.mailbounced()
        daemon.configure(**server.options(), folders=["Box*"], list_interval="1s", poll_interval="1s")
        daemon.start()
        self.emptied(server)
        lists = server.asked("LIST")
        server.listed = {}
        server.after = lambda command, uids: "hang up" if command.startswith("LIST") else None
        wait_until(lambda: server.asked("LIST") > lists + 2, "it asked again")
        self.assertNotIn("not watched any more", daemon.log())
        server.listed = {name: "" for name in self.NAMES}
        server.after = lambda command, uids: None
        for number, name in enumerate(self.NAMES, 100):
            server.folders[name][9] = bounce(f"b{number}@example.com", number=number)
        self.emptied(server)
        self.knows(daemon, range(100, 105))
        self.assertEqual(daemon.stop(), EX_OK)
        self.counted_once(daemon, 10)


if __name__ == "__main__":
    main()
