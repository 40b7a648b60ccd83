"""Where the rows come from: one module a source, each with a ``poll(client, cursor)``."""
