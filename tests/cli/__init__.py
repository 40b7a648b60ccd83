"""The command line, end to end over a small outside plugin."""
