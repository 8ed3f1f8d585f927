# cyrus - another real server: Cyrus IMAP, with its names, its refusals and its ways to tell of news
#
# Skipped, with the reason, where scripts/unpack-cyrus cannot get it.
#
# SPDX-License-Identifier: BSD-2-Clause

import signal
import sqlite3

from common import (
    AS_CYRUS_RECOMMENDS, CYRUS_WITHOUT_MOVE, EX_OK, EX_TEMPFAIL, PASSWORD, Case, Cyrus, bounce, golden, main, message_id, ordinary,
    quoted, wait_until,
)
from restore import Restoring


def mails(who, count):
    return [bounce(f"{who}{n}@example.com", number=n) for n in range(1, count + 1)]


class OnCyrus(Case):
    """What the tests on every kind of Cyrus need."""

    server_kind = Cyrus

    def once(self, daemon):
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        return said

    def configured(self, user, program="mailbounced", **options):
        daemon = self.mailbounced(program)
        daemon.configure(user=user, **options)
        return daemon

    def counts(self, user):
        return {folder: len(found) for folder, found in self.host.mailboxes(user).items()}

    def known(self, daemon):
        try:
            return daemon.states()
        except sqlite3.OperationalError:  # not made yet
            return {}

    def folders(self, user):
        imap = self.host.connect(user)
        names = {line.decode().split()[-1].strip('"') for line in imap.list()[1]}
        imap.logout()
        return names


class AsDebianShipsIt(OnCyrus):
    """Folders below INBOX, parted by dots."""

    users = tuple(f"user{n}" for n in range(16))

    def test_every_way_to_sign_in(self):
        for number, way in enumerate(("scram-sha-256", "plain", "login", "auto")):
            with self.subTest(way):
                user = self.users[0]
                self.host.fill(mails(way, 1), user=user)
                daemon = self.configured(user, auth=way)
                self.once(daemon)
                self.assertEqual(daemon.states(), {f"{way}1@example.com": "dead"})
                self.assertEqual(self.counts(user), {"INBOX.Processed": number + 1})

    def test_signing_in_over_starttls(self):
        user = self.users[1]
        self.host.fill(mails("starttls", 1), user=user)
        self.once(self.configured(user, port=self.host.imap_port, tls="starttls"))
        self.assertEqual(self.counts(user), {"INBOX.Processed": 1})

    def test_a_wrong_password_is_told_of(self):
        daemon = self.configured("somebody")
        status, _, said = daemon.once()
        self.assertEqual(status, EX_TEMPFAIL)
        self.assertIn("authentication failure", said)
        self.assertNotIn(PASSWORD, said)

    def test_a_folder_is_drained_and_the_rest_stays_unread(self):
        user = self.users[2]
        samples = ["postfix-three-verdicts", "exchange-online-banned-ip", "sendmail-mixed", "auto-reply-out-of-office"]
        sent = [golden(name) for name in samples]
        self.host.fill([*sent, ordinary(1), *mails("drain", 120)], user=user)
        daemon = self.configured(user)
        self.once(daemon)
        self.assertEqual(
            daemon.sql("SELECT kind, count(*) FROM message GROUP BY kind ORDER BY kind"),
            [("auto-reply", 1), ("bounce", 123), ("other", 1)],
        )
        self.assertEqual(self.states_of(daemon, "drain%"), {"dead": 120})
        self.assertEqual(self.counts(user), {"INBOX": 2, "INBOX.Processed": 123})
        stayed = sorted([message_id(sent[3]), message_id(ordinary(1))])
        self.assertEqual(self.host.mailboxes(user)["INBOX"], [(mid, ()) for mid in stayed])
        # each knows where its copy is
        self.assertEqual(
            daemon.sql("SELECT DISTINCT filed_to, filed_uid IS NOT NULL FROM message WHERE kind = 'bounce'"),
            [("INBOX.Processed", 1)],
        )

    def states_of(self, daemon, pattern):
        return dict(daemon.sql("SELECT state, count(*) FROM recipient WHERE address LIKE ? GROUP BY state", pattern))

    def test_idle_tells_of_new_mail(self):
        user = self.users[3]
        daemon = self.configured(user, poll_interval="1h", idle_renew="20m")
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        for number in range(1, 4):
            self.host.fill([bounce(f"idle{number}@example.com", number=number)], user=user)
            wait_until(lambda: f"idle{number}@example.com" in self.known(daemon), "IDLE told of the mail")
        wait_until(lambda: self.counts(user) == {"INBOX.Processed": 3}, "all were filed")
        self.assertEqual(daemon.stop(), EX_OK)

    # Names

    def test_a_nested_folder_is_made_whole(self):
        user = self.users[4]
        self.host.fill(mails("nested", 2), user=user)
        self.once(self.configured(user, target={"bounce": "INBOX.Lists.Garden.Filed"}))
        self.assertEqual(self.counts(user), {"INBOX.Lists.Garden.Filed": 2})

    def test_a_name_from_elsewhere_is_taken_below_inbox(self):
        user = self.users[5]
        self.host.fill([*mails("below", 2), ordinary(1)], user=user)
        daemon = self.configured(user, target={"bounce": "Lists.Filed", "other": "Z\u00fcrich & more"})
        self.once(daemon)
        self.assertEqual(self.counts(user), {"INBOX.Lists.Filed": 2, "INBOX.Z&APw-rich &- more": 1})

    def test_a_shared_folder_is_not_taken_below_inbox(self):
        user = self.users[6]
        admin = self.host.connect("cyrus")
        admin.create("returned")
        admin.deleteacl("returned", "anyone")
        admin.setacl("returned", user, "lrswipkxte")
        admin.logout()
        self.host.fill(mails("shared", 2), user=user)
        self.once(self.configured(user, target={"bounce": "returned"}))
        self.assertEqual(self.counts(user), {"returned": 2})

    def test_a_name_that_the_server_does_not_take_is_told_of(self):
        user = self.users[7]
        self.host.fill(mails("slash", 20), user=user)
        daemon = self.configured(user, target={"bounce": "Lists/Filed"})
        said = self.once(daemon)
        self.assertEqual(self.counts(user), {"INBOX": 20})
        self.assertEqual(said.count("stay where they are"), 1, said)
        self.assertIn("name another in the section target", said)
        self.assertNotIn("stays where it is", said, "a message was blamed")
        self.assertEqual(len(daemon.states()), 20)

    def test_the_folder_for_a_use_is_found(self):
        user = self.users[8]
        imap = self.host.connect(user)
        self.assertEqual(imap.xatom("CREATE", quoted("INBOX.Old mail"), "(USE (\\Archive))")[0], "OK")
        imap.logout()
        self.host.fill(mails("use", 2), user=user)
        daemon = self.configured(user, target={"bounce": "\\Archive"})
        self.once(daemon)
        self.assertEqual(self.counts(user), {"INBOX.Old mail": 2})

    def test_a_folder_for_a_use_is_made_below_inbox(self):
        user = self.users[9]
        self.host.fill(mails("junk", 2), user=user)
        self.once(self.configured(user, target={"bounce": "\\Junk"}))
        self.assertEqual(self.counts(user), {"INBOX.Junk": 2})
        imap = self.host.connect(user)
        imap._simple_command("LIST", "(SPECIAL-USE)", '""', '"*"')
        listed = imap.response("LIST")[1]
        imap.logout()
        self.assertRegex(listed[0].decode(), r"\\Junk.*INBOX\.Junk")

    def test_several_folders_of_one_user(self):
        user = self.users[10]
        folders = [f"INBOX.Lists.{name}" for name in ("Garden", "Roof")]
        for number, folder in enumerate(folders):
            self.host.fill([bounce(f"many{number}@example.com", number=number)], folder, user)
        daemon = self.configured(user, folders=folders)
        self.once(daemon)
        self.assertEqual(daemon.states(), {f"many{n}@example.com": "dead" for n in range(2)})
        self.assertEqual(self.counts(user), {"INBOX.Processed": 2})

    # Trouble

    def test_a_full_target_pauses_moves_and_nothing_else(self):
        user = self.users[11]
        self.host.fill(mails("full", 60), user=user)
        admin = self.host.connect("cyrus")
        admin.create(f"user.{user}.Small")
        self.assertEqual(admin.setquota(f"user.{user}.Small", "(STORAGE 1)")[0], "OK")
        daemon = self.configured(user, target={"bounce": "INBOX.Small"}, move_retry="1s")
        daemon.start()
        wait_until(lambda: len(self.known(daemon)) == 60, "all were recorded")
        wait_until(lambda: "stay where they are" in daemon.log(), "it told of the quota")
        self.host.fill([bounce("more@example.com", number=1000)], user=user)
        wait_until(lambda: "more@example.com" in self.known(daemon), "it reads on")
        admin.setquota(f"user.{user}.Small", "(STORAGE 100000)")
        admin.logout()
        wait_until(lambda: self.counts(user) == {"INBOX.Small": 61}, "all were filed")
        self.assertEqual(daemon.stop(), EX_OK)
        said = daemon.log()
        self.assertEqual(said.count("stay where they are"), 1)
        self.assertIn("make room there", said)
        self.assertNotIn("stays where it is", said, "a message was blamed")
        self.assertEqual(daemon.sql("SELECT count(*), count(DISTINCT address) FROM event"), [(61, 61)])

    def test_a_folder_made_anew_with_the_same_mails_counts_nothing_twice(self):
        user = self.users[12]
        sent = [*mails("anew", 3), ordinary(2)]
        self.host.fill(sent, folder="INBOX.Watched", user=user)
        daemon = self.configured(user, folders=["INBOX.Watched"])
        self.once(daemon)
        imap = self.host.connect(user)
        imap.delete("INBOX.Watched")
        imap.logout()
        self.host.fill(sent, folder="INBOX.Watched", user=user)
        _, out, said = daemon.once()
        self.assertIn("4 seen before under another uid", out)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(3,)])
        self.assertEqual(self.counts(user), {"INBOX.Processed": 6, "INBOX.Watched": 1})

    def test_a_folder_made_anew_between_record_and_move_loses_nothing(self):
        user = self.users[13]
        self.host.fill(mails("life", 3), folder="INBOX.Watched", user=user)
        daemon = self.configured(user, "mailbounced_crash", folders=["INBOX.Watched"])
        status, _, said = daemon.once({"MAILBOUNCED_CRASH_AT": "after-commit"})
        self.assertEqual(status, -signal.SIGKILL, said)
        imap = self.host.connect(user)
        imap.delete("INBOX.Watched")
        imap.logout()
        self.host.fill(mails("life", 3), folder="INBOX.Watched", user=user)
        self.assertIn("3 messages of its old life are not moved", self.once(daemon))
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(3,)])
        self.assertEqual(self.counts(user), {"INBOX.Processed": 3})

    def test_a_server_that_is_started_again_is_found_again(self):
        user = self.users[14]
        daemon = self.configured(user)
        daemon.start()
        self.host.fill(mails("first", 2), user=user)
        wait_until(lambda: self.counts(user) == {"INBOX.Processed": 2}, "the first were filed")
        self.host.tell("stop")
        self.host.again()
        self.host.fill(mails("second", 2), user=user)
        wait_until(lambda: self.counts(user) == {"INBOX.Processed": 4}, "the others were filed")
        self.assertEqual(daemon.stop(), EX_OK)
        self.assertEqual(daemon.sql("SELECT count(*) FROM event"), [(4,)])

    def test_without_the_right_to_delete_mail_is_recorded_and_stays(self):
        user = self.users[15]
        self.host.fill(mails("right", 2), user=user)
        admin = self.host.connect("cyrus")
        admin.setacl(f"user.{user}", user, "lrsi")
        admin.logout()
        daemon = self.configured(user)
        self.assertIn("may not take mail out of the folder", self.once(daemon))
        self.assertEqual(self.counts(user), {"INBOX": 2})
        self.assertEqual(len(daemon.states()), 2)


class AsCyrusRecommendsIt(OnCyrus):
    """Folders beside INBOX, parted by slashes; and no idled: an imapd looks for news itself, once a minute unless told."""

    users = tuple(f"user{n}" for n in range(3))
    server_options = ("--without-idled",)
    lines = AS_CYRUS_RECOMMENDS + ("imapidlepoll: 1",)

    def test_folders_are_where_they_are_named(self):
        user = self.users[0]
        self.host.fill([*mails("slash", 2), ordinary(1)], user=user)
        daemon = self.configured(user, target={"bounce": "Lists/Filed", "other": "\\Archive"})
        self.once(daemon)
        self.assertEqual(self.counts(user), {"Lists/Filed": 2, "Archive": 1})

    def test_news_come_without_idled_as_well(self):
        user = self.users[1]
        daemon = self.configured(user, poll_interval="1h", idle_renew="20m")
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        self.host.fill(mails("idle", 2), user=user)
        wait_until(lambda: self.counts(user) == {"Processed": 2}, "they were filed")
        self.assertEqual(daemon.stop(), EX_OK)

    def test_polling_picks_up_new_mail(self):
        user = self.users[2]
        daemon = self.configured(user, idle=False, poll_interval="1s")
        daemon.start()
        wait_until(lambda: "signed in" in daemon.log(), "it signed in")
        self.host.fill(mails("poll", 2), user=user)
        wait_until(lambda: self.counts(user) == {"Processed": 2}, "they were filed")
        self.assertEqual(daemon.stop(), EX_OK)


class RestoringOnCyrus(Restoring, OnCyrus):
    users = tuple(f"user{n}" for n in range(5))
    lines = AS_CYRUS_RECOMMENDS


class RestoringWithoutMove(RestoringOnCyrus):
    lines = AS_CYRUS_RECOMMENDS + (CYRUS_WITHOUT_MOVE,)


if __name__ == "__main__":
    main()
