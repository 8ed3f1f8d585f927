#!/usr/bin/python3
"""Mails a second of flufl.bounce over the .eml files of folders, bytes in memory, CPU time of one process."""
import email
import os
import sys
import time

from flufl.bounce import all_failures

seconds = float(sys.argv[1])
mails = []
for top in sys.argv[2:]:
    for folder, _, names in os.walk(top):
        for name in names:
            if name.endswith(".eml"):
                with open(os.path.join(folder, name), "rb") as f:
                    mails.append(f.read())
done = failed = 0
began = time.process_time()
while (took := time.process_time() - began) < seconds:
    for mail in mails:
        try:
            all_failures(email.message_from_bytes(mail))
        except Exception:
            failed += 1
    done += len(mails)
print(f"{done / took:.0f} {failed * len(mails) // done}")
