"""The lab's fixtures for whole journeys over real servers."""

from tests.lab.fixtures import (  # noqa: F401 - fixtures
    lab,
    lab_ceph,
    lab_ceph_mended,
    lab_linux,
    lab_linux_mended,
    lab_openstack,
    lab_openstack_mended,
    lab_prometheus,
    need_lab,
)
