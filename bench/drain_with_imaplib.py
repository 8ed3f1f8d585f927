#!/usr/bin/python3
"""The job of mailbounced as people write it: imaplib, flufl.bounce, sqlite3; one mail after the other, or in batches.
usage: drain_with_imaplib.py PORT USER PASSWORD TARGET DATABASE MAILS BATCH     (BATCH 1: one by one)
Prints the seconds from the first FETCH to the last MOVE."""
import email
import imaplib
import sqlite3
import sys
import time

from flufl.bounce import all_failures

port, user, password, target, database, mails, batch = sys.argv[1:]
mails, batch = int(mails), int(batch)

store = sqlite3.connect(database)
store.execute("PRAGMA journal_mode = WAL")
store.execute("PRAGMA synchronous = FULL")
store.execute("CREATE TABLE event (uid INTEGER, message_id TEXT, address TEXT, hard INTEGER)")
store.execute("CREATE TABLE recipient (address TEXT PRIMARY KEY, hard INTEGER, soft INTEGER)")

imap = imaplib.IMAP4("127.0.0.1", int(port))
imap.login(user, password)
imap.create(target)
imap.select("INBOX")
uids = imap.uid("SEARCH", None, "ALL")[1][0].split()[:mails]


def record(uid, data):
    message = email.message_from_bytes(data)
    temporary, permanent = all_failures(message)
    for hard, addresses in ((0, temporary), (1, permanent)):
        for address in addresses:
            address = address.decode()
            store.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (int(uid), message["Message-ID"], address, hard))
            store.execute(
                "INSERT INTO recipient VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET hard = hard + excluded.hard, soft = soft + excluded.soft",
                (address, hard, 1 - hard),
            )


began = time.monotonic()
for first in range(0, len(uids), batch):
    part = b",".join(uids[first : first + batch])
    for item in imap.uid("FETCH", part, "(UID BODY.PEEK[])")[1]:
        if isinstance(item, tuple):
            record(item[0].split()[2], item[1])
    store.commit()
    status, answer = imap.uid("MOVE", part, target)
    assert status == "OK", answer
took = time.monotonic() - began
found = store.execute("SELECT count(*) FROM recipient").fetchone()[0]
print(f"{took:.6f} {len(uids)} messages, {found} addresses")
imap.logout()
