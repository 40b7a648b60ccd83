"""How commands reach a cluster: two ways behind one small interface, here or on a host behind SSH.

`agent` (librados in a helper process that stays: no new process for a command) and `cli` (a ``ceph`` process for every
command). librados never runs in the console's own process: see `agent_program.Cluster`.
"""
