# rights - a real server's access control lists
#
# SPDX-License-Identifier: BSD-2-Clause

import os

from common import EX_OK, Case, bounce, main

ACL = (
    "mail_plugins = acl",
    "protocol imap {\n  mail_plugins = acl imap_acl\n}",
    "plugin {\n  acl = vfile\n}",
)


class Rights(Case):
    users = tuple(f"user{n}@example.com" for n in range(4))
    lines = ACL

    def prepare(self, user, folder, rights):
        """The owner's rights in a folder: l see, r read, s mark as read, w mark, i insert, t delete, e expunge, k make."""
        self.dovecot.fill([bounce(f"right{n}@example.com", number=n) for n in range(3)], user=user)
        maildir = os.path.join(self.dovecot.dir, "mail", user, "Maildir", folder)
        imap = self.dovecot.connect(user)
        if folder:
            imap.create(folder.lstrip("."))
        imap.logout()
        path = os.path.join(maildir, "dovecot-acl")
        with open(path, "w") as f:
            f.write(f"owner {rights}\n")
        self.dovecot.own(path)
        daemon = self.mailbounced()
        daemon.configure(user=user)
        return daemon

    def twice(self, daemon):
        """Runs it twice; what the first run said."""
        status, _, said = daemon.once()
        self.assertEqual(status, EX_OK, said)
        self.assertEqual(daemon.once()[0], EX_OK)
        self.assertEqual(daemon.sql("SELECT address, count(*) FROM event GROUP BY address"),
                         [(f"right{n}@example.com", 1) for n in range(3)])
        return said

    def count(self, user):
        return {folder: len(found) for folder, found in self.dovecot.mailboxes(user).items()}

    def test_without_the_right_to_expunge_nothing_is_copied_again_and_again(self):
        daemon = self.prepare(self.users[0], "", "lrswi")
        self.assertIn("may not take mail out of the folder", self.twice(daemon))
        self.assertEqual(self.count(self.users[0]), {"INBOX": 3})

    def test_a_folder_that_may_only_be_read_is_read(self):
        daemon = self.prepare(self.users[1], "", "lr")
        said = self.twice(daemon)
        self.assertRegex(said, "read-only|may not take mail out")
        self.assertEqual(self.count(self.users[1]), {"INBOX": 3})

    def test_a_target_that_may_not_be_written_takes_nothing_and_is_told_of(self):
        daemon = self.prepare(self.users[2], ".Processed", "lr")
        said = self.twice(daemon)
        self.assertIn('recorded but not moved to "Processed"', said)
        self.assertIn("the rights to insert there", said)
        self.assertEqual(self.count(self.users[2]), {"INBOX": 3})

    def test_with_all_rights_mail_moves(self):
        daemon = self.prepare(self.users[3], "", "lrwstipekxa")
        self.twice(daemon)
        self.assertEqual(self.count(self.users[3]), {"Processed": 3})


if __name__ == "__main__":
    main()
