"""The command line: one module a command group. stdout is data only, everything else goes to stderr.

Modules with commands import typer and little else at their top: `hsops --help` pays for all of them.
"""
