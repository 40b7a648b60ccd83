"""How commands reach a cluster: three ways behind one small interface.

`rados` (librados in this process), `agent` (librados in a helper process, here or behind SSH: no new process for a
command) and `cli` (a ``ceph`` process for every command).
"""
