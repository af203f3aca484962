"""Mail: mailboxes, folders of messages, archives, programs' own formats."""
