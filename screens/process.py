"""What the console asks of its own process: a quick start, and silence on stderr while it has the terminal."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Not None: logging then says "No handlers could be found" on stderr, once a process.
_NOWHERE: Any = logging.NullHandler()


@contextmanager
def quick_start() -> Iterator[Callable[[], None]]:
    """No garbage collection until the given function is called: it would take a tenth of the time to the first paint.

    What was imported until then stays for ever, so later collections need not look at it.
    """

    def started() -> None:
        gc.collect()
        gc.freeze()
        gc.enable()

    gc.disable()
    try:
        yield started
    finally:
        gc.enable()


@contextmanager
def nothing_on_stderr() -> Iterator[None]:
    """While the console has the terminal, what is logged goes to files only: a line on stderr would tear the screen."""
    loggers = [logging.getLogger(), logging.getLogger("hsops")]
    taken = [(logger, handler) for logger in loggers for handler in logger.handlers if _writes_to_terminal(handler)]
    before, logging.lastResort = logging.lastResort, _NOWHERE
    logging.captureWarnings(True)
    for logger, handler in taken:
        logger.removeHandler(handler)
    try:
        yield
    finally:
        logging.lastResort = before
        logging.captureWarnings(False)
        for logger, handler in taken:
            logger.addHandler(handler)


def _writes_to_terminal(handler: logging.Handler) -> bool:
    return isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler)
