"""What Ceph answers, as far as it is shown: structs decoded straight from the bytes of a command's JSON.

Shapes as of Ceph 16 (pacific). A field that Ceph leaves out when there is nothing to say has a default.
"""
