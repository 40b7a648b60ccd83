"""Guided workflows: hosts, OSDs, placement groups and versions of a Ceph cluster."""

from __future__ import annotations

from hsops.plugins.ceph.workflows.declared import WORKFLOWS

__all__ = ["WORKFLOWS"]
