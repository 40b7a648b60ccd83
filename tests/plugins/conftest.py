"""The lab's fixtures for the plugins' tests against real servers."""

from tests.lab.fixtures import (  # noqa: F401 - fixtures
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
