"""The fixtures of the lab, for the tests in this folder."""

from tests.lab.fixtures import (
    lab,
    lab_ceph,
    lab_ceph_mended,
    lab_openstack,
    lab_openstack_mended,
    lab_postgres,
    lab_prometheus,
    lab_ssh,
    need_lab,
)

__all__ = [
    "lab",
    "lab_ceph",
    "lab_ceph_mended",
    "lab_openstack",
    "lab_openstack_mended",
    "lab_postgres",
    "lab_prometheus",
    "lab_ssh",
    "need_lab",
]
