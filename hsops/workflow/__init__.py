"""Guided workflows: planned, approved, durable, reversible. The engine stands on DBOS Transact.

::

    values      what the rest of hsops sees: Plan, RunInfo, StepInfo, Event
    inputs      the values of a form or command line, converted by their declared types
    systems     the connections a run needs
    planning    the Run that only writes down; makes the Plan
    engine      start, close, submit, list, abort, resume, decide
    execute     one run from its first step to its end
    run         the durable Run; settle, fanout, waiting, compensate are its parts
    book        what is known of a run: states of steps and items, events; journal writes it
    lease       who works on what: heartbeat, guard, takeover
    store       the database: SQLite or PostgreSQL
    transact    the only module that touches DBOS
"""

import logging

logging.getLogger(__name__).addHandler(logging.NullHandler())  # nothing of it on the terminal by default
