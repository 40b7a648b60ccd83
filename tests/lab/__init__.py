"""The lab: the real servers hsops talks to, started on loopback as ordinary processes.

``python -m tests.lab up`` starts them, ``down`` stops them, ``check`` asks each for one real operation.  Debian 12,
root, standard library only; all state lies under one folder (:mod:`tests.lab.place`).  Tests use :mod:`tests.lab.env`
for the addresses and :mod:`tests.lab.fixtures` for the fixtures.
"""
