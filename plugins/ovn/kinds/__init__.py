"""The rows that the plugin shows: one module a kind."""
