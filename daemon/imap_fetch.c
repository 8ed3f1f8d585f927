/* imap_fetch */
