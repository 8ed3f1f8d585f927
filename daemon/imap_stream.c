/* imap_stream */
