"""What a site file says about an OVN."""

from __future__ import annotations

from hsops.api import Options


class OvnOptions(Options, kw_only=True):
    """Settings of the plugin ``ovn``.

    An address is what ``ovn-nbctl --db`` takes: ``tcp:10.0.0.1:6641``, ``ssl:…``, ``unix:/path``; the members of a
    raft cluster with commas between.
    """

    northbound: str
    southbound: str
    ca: str = ""
    """With ssl: certificate authority of the servers."""
    certificate: str = ""
    """With ssl: our own certificate, which OVN's servers usually demand."""
    private_key: str = ""
