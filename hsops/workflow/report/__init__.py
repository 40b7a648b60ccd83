"""The maintenance report of a run, from the store only: it can be made days later, on another bastion.

::

    values      what a report says
    gather      from the run's state, steps and events to a report
    moves       what went from where to where, as far as the outcomes tell
    paper       a report as sections of paragraphs, facts, tables and commands
    markdown    the sections as Markdown that no name can break out of
    text        the sections for a terminal
"""

from hsops.workflow.report.gather import make_report
from hsops.workflow.report.values import Report

__all__ = ["Report", "make_report"]
