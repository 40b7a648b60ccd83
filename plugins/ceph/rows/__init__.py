"""The kinds of the plugin: what a row holds, how it is, what hangs on it and which columns it has."""
